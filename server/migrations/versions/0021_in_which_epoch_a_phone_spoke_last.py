"""In which epoch each incarnation spoke last."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Of those that are known nobody can tell, and each is let in once more."""
    with op.batch_alter_table("incarnation") as table:
        table.add_column(sa.Column("epoch", sa.String(), nullable=False, server_default=""))

"""How many bytes of files a phone still has to send."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column that is empty in every row there is."""
    with op.batch_alter_table("device") as table:
        table.add_column(sa.Column("unsent_bytes", sa.BigInteger(), nullable=True))

"""Who gave out a phone's code and where it came from, and the second who gives up unsent work."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns. Phones that are in use are let in already; work is given up anew, by two."""
    with op.batch_alter_table("device") as table:
        table.add_column(sa.Column("issued_by", sa.String(), nullable=True))
        table.add_column(sa.Column("address", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("wipe") as table:
        table.add_column(sa.Column("given_up_with", sa.String(), nullable=True))
    op.execute("UPDATE device SET confirmed_at = created_at WHERE confirmed_at IS NULL")

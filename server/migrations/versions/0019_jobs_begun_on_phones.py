"""Jobs that were begun on phones: their provisional number, and beside which job."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BEGUN = "provisional IS NOT NULL"


def upgrade() -> None:
    """Add columns and an index. No job was begun on a phone before."""
    with op.batch_alter_table("work_order") as table:
        table.add_column(sa.Column("provisional", sa.String(), nullable=True))
        table.add_column(sa.Column("beside_id", sa.String(), nullable=True))
        table.add_column(
            sa.Column("orphan", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    op.create_index(
        "ix_work_order_provisional",
        "work_order",
        ["provisional"],
        sqlite_where=sa.text(BEGUN),
        postgresql_where=sa.text(BEGUN),
    )

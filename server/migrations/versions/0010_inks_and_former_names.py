"""Whose ink a signature was first, and what customers and people were called before."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NESTED = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Add a table, and a column that is empty in every row there is."""
    for name in ("customer", "person"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("former_names", NESTED, nullable=False, server_default="[]"))
        with op.batch_alter_table(name) as table:
            table.alter_column("former_names", server_default=None)
    op.create_table(
        "ink_claim",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("work_order_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("group_id", sqlmodel.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )

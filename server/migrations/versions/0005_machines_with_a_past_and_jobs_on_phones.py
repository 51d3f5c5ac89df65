"""What machines remember, when jobs got to phones, and what phones still hold."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two tables, and columns that are empty in every row there is."""
    op.create_table(
        "asset_history",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("asset_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("visits", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_asset_history_site_id", "asset_history", ["site_id"])
    op.create_index("ix_asset_history_asset_id", "asset_history", ["asset_id"])
    op.create_table(
        "delivery",
        sa.Column("assignment_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("device_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("assignment_id"),
    )
    with op.batch_alter_table("device") as table:
        for column in ("unsent", "unsent_since", "free_bytes"):
            table.add_column(sa.Column(column, sa.BigInteger(), nullable=True))

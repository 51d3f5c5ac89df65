"""What revoked phones still hand in, and orders to empty them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns that are empty in every row there is, and a table."""
    with op.batch_alter_table("device") as table:
        for column in ("unsent_files", "drain_closed_at"):
            table.add_column(sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_table(
        "wipe",
        sa.Column("id", sqlmodel.AutoString(), nullable=False),
        sa.Column("device_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("asked_by", sqlmodel.AutoString(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sqlmodel.AutoString(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("given_up_by", sqlmodel.AutoString(), nullable=True),
        sa.Column("ops", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_by", sqlmodel.AutoString(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_wipe_device_id", "wipe", ["device_id"])
    op.create_index(
        "ix_wipe_standing",
        "wipe",
        ["device_id"],
        unique=True,
        sqlite_where=sa.text("cancelled_at IS NULL"),
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )

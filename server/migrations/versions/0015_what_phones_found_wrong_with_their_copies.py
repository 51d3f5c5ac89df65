"""When phones last agreed with the server, and what they found wrong with their copies."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns that are empty in every row there is, and a table."""
    with op.batch_alter_table("device") as table:
        table.add_column(sa.Column("agreed_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("examined_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "divergence",
        sa.Column("device_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("stream", sqlmodel.AutoString(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("what", sqlmodel.AutoString(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"]),
        sa.PrimaryKeyConstraint("device_id", "stream", "found_at"),
    )

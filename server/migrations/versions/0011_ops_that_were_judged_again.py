"""Which ops a later release could not judge either, so that it does not try them again."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "judged_again",
        sa.Column("op_id", sqlmodel.AutoString(), nullable=False),
        sa.Column("app", sqlmodel.AutoString(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("op_id"),
    )

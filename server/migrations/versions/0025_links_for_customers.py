"""Links by which customers follow their requests, and how often each was taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. A ticket that is not in it has a link of the first edition."""
    op.create_table(
        "ticket_link",
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id"),
    )

"""Open tickets are found in the order in which they press; what nobody asks for by now is dropped.

Until the timekeeper has looked at a ticket again it stands among those of which nothing is due.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0032"
branch_labels = None
depends_on = None

PRESSES = sa.text("pressing IS NOT NULL")


def upgrade() -> None:
    """A number to sort by, and every open ticket to be looked at anew."""
    op.add_column("clock_watch", sa.Column("pressing", sa.BigInteger, nullable=True))
    op.execute(
        "UPDATE clock_watch SET pressing = 4000000000000000, next_at = 0 WHERE ticket_id IN "
        "(SELECT id FROM ticket WHERE status IN ('new', 'planned', 'in_progress'))"
    )
    op.create_index(
        "ix_clock_watch_pressing",
        "clock_watch",
        ["pressing", "ticket_id"],
        sqlite_where=PRESSES,
        postgresql_where=PRESSES,
    )
    op.drop_index("ix_clock_due", table_name="clock")

"""An index by which the queue of tickets finds the newest of each status."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tickets by status and time, in place of those by status alone."""
    op.create_index("ix_ticket_queue", "ticket", ["status", "opened_at", "id"])
    op.drop_index("ix_ticket_status", "ticket")

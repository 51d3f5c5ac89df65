"""What customers say of tickets that are over, and what they give back, is found by how it presses.

The timekeeper looks anew at the tickets of which something goes on.
"""

from alembic import op

revision = "0034"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every ticket with open feedback, or with a return that is under way."""
    op.execute(
        "UPDATE clock_watch SET next_at = 0 WHERE ticket_id IN "
        "(SELECT ticket_id FROM feedback WHERE state = 'open') OR ticket_id IN "
        "(SELECT ticket_id FROM return_case WHERE done_at IS NULL AND step <> 'refused')"
    )

"""What customers say of requests, with clocks of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

OPEN = "state = 'open'"


def upgrade() -> None:
    """Add the table; how tickets stand is found out anew, each feedback apart.

    Nothing was kept apart before: what a line of a story is about is the request.
    """
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.String(), sa.ForeignKey("ticket.id"), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "means", "text")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("said_by", "contact")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("type", "grade")),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("aspects", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("solved", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("work_order_id", sa.String(), nullable=True),
        sa.Column("follows", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("taken", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("confirmed", sa.JSON(none_as_null=True), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("cause", "measure")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("compensation", "outcome")),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_feedback_ticket_id", "feedback", ["ticket_id"])
    op.create_index("ix_feedback_kind", "feedback", ["kind", "at", "id"])
    op.create_index(
        "ix_feedback_open",
        "feedback",
        ["at", "id"],
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    for name in ("about", "grade"):
        op.add_column(
            "ticket_event", sa.Column(name, sa.String(), nullable=False, server_default="")
        )
    op.add_column("message", sa.Column("feedback_id", sa.String(), nullable=True))
    _clocks()


def _clocks() -> None:
    """Of one step there may be several clocks. What was in the table comes back by itself."""
    op.drop_index("ix_clock_due", "clock")
    op.drop_table("clock")
    op.create_table(
        "clock",
        sa.Column("ticket_id", sa.String(), primary_key=True),
        sa.Column("node", sa.String(), primary_key=True),
        sa.Column("about", sa.String(), primary_key=True),
        sa.Column("limit_id", sa.String(), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("warn_at", sa.BigInteger(), nullable=True),
        sa.Column("stopped", sa.BigInteger(), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
    )
    op.create_index("ix_clock_due", "clock", ["state", "due", "ticket_id"])
    op.execute(sa.text("UPDATE clock_watch SET next_at = 0"))

"""The clocks' tables: how tickets stand with their limits, as reckoned last from their rows.

They are never the truth: whatever is in them can be dropped, and is found out again.
"""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from server.tables.domain import whole


class Clock(SQLModel, table=True):
    """How one step of a ticket stands with its strictest limit (`shared.clocks.Clock`); in ms."""

    __tablename__ = "clock"
    __table_args__ = (Index("ix_clock_due", "state", "due", "ticket_id"),)

    ticket_id: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    limit_id: str
    policy_id: str
    state: str
    reason: str
    start_at: int | None = whole()
    due: int | None = whole()
    warn_at: int | None = whole()
    stopped: int | None = whole()
    received: int | None = whole()
    rounds: int
    missed: int


class ClockWatch(SQLModel, table=True):
    """When a ticket is to be looked at again (ms): zero and below is at once, and nothing never by
    itself.

    `looked_at` is when it was last.
    """

    __tablename__ = "clock_watch"
    __table_args__ = (Index("ix_clock_watch_next", "next_at", "ticket_id"),)

    ticket_id: str = Field(primary_key=True)
    next_at: int | None = whole()
    looked_at: int | None = whole()

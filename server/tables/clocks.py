"""The clocks' tables: how tickets stand with their limits, as reckoned last from their rows.

They are never the truth: whatever is in them can be dropped, and is found out again.
"""

from typing import Final

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from server.tables.domain import whole

PRESSES: Final = "pressing IS NOT NULL"


class Clock(SQLModel, table=True):
    """How one step of a ticket stands with its strictest limit (`shared.clocks.Clock`); in ms.

    `about` is the feedback whose step it is, or empty.
    """

    __tablename__ = "clock"

    ticket_id: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
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

    `looked_at` is when it was last. `pressing` sorts open tickets by how much they press
    (`server.queries.pressing`); others have none.
    """

    __tablename__ = "clock_watch"
    __table_args__ = (
        Index("ix_clock_watch_next", "next_at", "ticket_id"),
        Index(
            "ix_clock_watch_pressing",
            "pressing",
            "ticket_id",
            sqlite_where=text(PRESSES),
            postgresql_where=text(PRESSES),
        ),
    )

    ticket_id: str = Field(primary_key=True)
    next_at: int | None = whole()
    looked_at: int | None = whole()
    pressing: int | None = whole()

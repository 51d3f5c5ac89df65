"""Clocks of tickets in the weeks: as the server reckons them from its books, and as a phone does
by its own queries from what it has and shows.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from mobile.queries import clocks as on_a_phone
from shared.calendars import WorkingCalendar
from shared.casework import moment
from shared.clocks import Clock
from shared.kinds import write_row
from shared.policy import CHOICE, PolicyChoice, ServicePolicy
from shared.prices import Contract, PriceList
from shared.records import Record, table
from shared.site import Asset, Customer, Site
from shared.standing import Grounds, Rules
from shared.story import Pause
from shared.teams import Team
from shared.ticket import Ticket, TicketEvent
from shared.timetable import laid_out
from shared.work_order import WorkOrder

Rows = Mapping[tuple[type[Record], str], Record]
R = TypeVar("R", bound=Record)
_laid_out = lru_cache(maxsize=200)(laid_out)  # that is dear, and few hours are ever set
# What the clocks of a phone are read from.
READ = (
    *(Ticket, TicketEvent, ServicePolicy, PolicyChoice, WorkingCalendar),
    *(Contract, PriceList, Customer, Team),
)
_SHOWN = "CREATE TABLE shown (tbl, id, body, home_noun, home_id, stream)"


def every(rows: Rows, kind: type[R]) -> list[R]:
    """All rows of a type."""
    return [row for row in rows.values() if isinstance(row, kind)]


def one(rows: Rows, kind: type[R], identity: str | None) -> R | None:
    """The row of this type and id, if it is there."""
    found = rows.get((kind, identity or ""))
    return found if isinstance(found, kind) else None


def story(rows: Rows) -> dict[str, list[TicketEvent]]:
    """The lines of each ticket."""
    told: dict[str, list[TicketEvent]] = {}
    for line in every(rows, TicketEvent):
        told.setdefault(line.ticket_id, []).append(line)
    return told


class Books:
    """The server's books at one moment, laid out so that clocks can be read off."""

    def __init__(self, rows: Rows) -> None:
        rules = Rules(
            choice=one(rows, PolicyChoice, CHOICE) or PolicyChoice(id=CHOICE),
            policies={row.id: row for row in every(rows, ServicePolicy)},
            calendars=tuple(every(rows, WorkingCalendar)),
            prices=tuple(every(rows, PriceList)),
        )
        self._grounds = Grounds(rules, rows.values(), _laid_out(rules.calendars))

    def clocks(self, ticket: Ticket, now: int) -> tuple[Clock, ...]:
        """How a ticket stands with the policy that it was opened under."""
        return self._grounds.standing(ticket, now).clocks


def end_of_minute(now: int) -> int:
    """The moment to ask at: a phone reckons once in a minute, and here that is its end."""
    return now - now % on_a_phone.MINUTE_MS + on_a_phone.MINUTE_MS - 1


def of_the_field(told: Iterable[Clock]) -> tuple[Clock, ...]:
    """Those that a phone reckons, too."""
    return tuple(clock for clock in told if clock.node in on_a_phone.FIELD)


def shown_on(rows: Rows, tickets: Collection[str], now: int) -> dict[str, tuple[Clock, ...]]:
    """What a phone that shows these rows says of the clocks of these tickets."""
    jobs = [row for row in every(rows, WorkOrder) if row.ticket_id in tickets]
    if not jobs:
        return {}
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(_SHOWN)
        told: list[Any] = [
            (table(type(row)), row.id, write_row(row))
            for row in rows.values()
            if isinstance(row, READ)
        ]
        connection.executemany("INSERT INTO shown (tbl, id, body) VALUES (?, ?, ?)", told)
        places = (
            {row.id: row for row in every(rows, Site)},
            {row.id: row for row in every(rows, Asset)},
        )
        found = on_a_phone.of_orders(connection, jobs, places)
        timed = {job.ticket_id: found[job.id] for job in jobs if job.id in found}
        return {ticket: one.clocks(now) for ticket, one in timed.items()}
    finally:
        connection.close()


def lasts(pause: Pause, at: int) -> bool:
    """Whether it stands still at a moment."""
    return pause.start <= at and (pause.end is None or at < pause.end)


def waited_for(lines: Iterable[TicketEvent], at: int, zone: str) -> set[str]:
    """What was waited for at a moment, as somebody would tell who reads a story line by line."""
    standing: dict[str, int | None] = {}
    for line in lines:
        if line.at > at:
            break
        standing = _without_what_is_over(standing, line.at)
        if line.resume:
            standing = {} if line.resume == "all" else {**standing}
            standing.pop(line.resume, None)
        if line.pause:
            standing.setdefault(line.pause, None)
        for reason in {"customer_date", "customer_absent"} & standing.keys() if line.until else ():
            standing[reason] = moment(line.until or "", zone)
    return set(_without_what_is_over(standing, at))


def _without_what_is_over(standing: dict[str, int | None], at: int) -> dict[str, int | None]:
    return {why: until for why, until in standing.items() if until is None or at < until}

"""Mistakes about tickets, their clocks and what customers are told, each planted by itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from msgspec import structs

from mobile.queries import clocks as on_a_phone, rows
from shared import casework, messages, opening, ticket
from shared.calendars import WorkingCalendar
from shared.enquiry import Enquiry
from shared.policy import ServicePolicy
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable, laid_out
from sync import overlay
from sync.memory.books import MemoryBooks
from tests.simulation.planting import Plant, instead, says


def _when_heard_of(right: Any, story: Any) -> Any:
    heard = [structs.replace(line, at=line.received or line.at) for line in story]
    return right(heard)


def _by_arrival(right: Any, story: Any, zone: str) -> Any:
    return right(sorted(story, key=lambda line: line.received or line.at), zone)


def _lost_if_late(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    """A line that comes behind later ones of its ticket tells of no pause."""
    for key, row in list(state.changed.items()):
        if isinstance(row, TicketEvent) and any(
            isinstance(line, TicketEvent) and line.ticket_id == row.ticket_id and line.at > row.at
            for line in kept.pages.rows.values()
        ):
            state.changed[key] = structs.replace(row, pause="", resume="")
    return right(kept, entries, state)


def _published(state: Any) -> list[ServicePolicy]:
    return [row for row in state.changed.values() if isinstance(row, ServicePolicy)]


def _in_its_place(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    at = right(kept, entries, state)
    for new in _published(state):
        for key, row in kept.pages.rows.items():
            if isinstance(row, ServicePolicy) and row.name == new.name:
                kept.pages.rows[key] = structs.replace(row, limits=new.limits)
    return at


def _open_ones_too(right: Any, kept: MemoryBooks, entries: Any, state: Any) -> Any:
    for new in _published(state):
        for key, row in kept.pages.rows.items():
            if isinstance(row, Ticket) and row.policy_id != new.id:
                state.changed[key] = structs.replace(row, policy_id=new.id)
    return right(kept, entries, state)


def _the_newest(right: Any, connection: Any, kind: Any, ids: Any) -> Any:
    found: Mapping[str, Any] = right(connection, kind, ids)
    if kind is not ServicePolicy:
        return found
    every = rows.every(connection, ServicePolicy)
    newest = {one.name: one for one in sorted(every, key=lambda one: one.number)}
    return {name: newest[one.name] for name, one in found.items()}


def _hours_there_were(_right: Any, calendars: tuple[WorkingCalendar, ...]) -> Timetable:
    known = on_a_phone._timetables.setdefault("", (calendars, laid_out(calendars)))
    return known[1]


@contextmanager
def _told_each_time() -> Iterator[None]:
    nothing: dict[str, frozenset[str]] = dict.fromkeys(messages.OVER, frozenset())
    with patch.object(messages, "OVER", nothing), patch.object(messages, "TOLD", frozenset()):
        yield


BROKEN: Final[dict[str, Plant]] = {
    "a clock stops when it was heard of": instead(casework, "happened", _when_heard_of),
    "clocks rest in the order in which acts came": instead(casework, "pauses_of", _by_arrival),
    "a pause that is heard of late is lost": instead(MemoryBooks, "enter", _lost_if_late),
    "a date that has passed goes on": says(casework, "_passed", set()),
    "a version is written over those before": instead(MemoryBooks, "enter", _in_its_place),
    "a version takes the tickets that are open": instead(MemoryBooks, "enter", _open_ones_too),
    "a phone goes by the newest version": instead(rows, "several", _the_newest),
    "a phone goes by the hours there were": instead(on_a_phone, "_timetable", _hours_there_were),
    "what is heard of last is agreed on": instead(
        ticket,
        "agreed_on",
        lambda right, asked, visit, at: right(asked, visit, max(at, asked.agreed_at or 0)),
    ),
    "what came in becomes two tickets": instead(
        opening, "unsettled", lambda _right, state, identity, _field: state.find(Enquiry, identity)
    ),
    "a message is told each time": _told_each_time,
    "what became of a message is not laid anew": says(overlay, "_lay_with", None),
}

"""What was done on a machine before: visits that ended, newest first, with their readings."""

import sqlite3
from collections.abc import Iterable

from msgspec import Struct

from mobile.queries import rows
from shared.checklist import Checklist, Item
from shared.history import AssetHistory, PastReading, PastVisit, history_id
from shared.people import Person


class Read(Struct, frozen=True, kw_only=True):
    """A reading of an earlier visit: when that ended (ms), and the item, where it is known."""

    reading: PastReading
    at: int
    item: Item | None = None


class Past(Struct, frozen=True, kw_only=True):
    """One visit that ended, the name of who was there, and what was read."""

    visit: PastVisit
    person: str
    readings: tuple[Read, ...] = ()


def of_machine(
    connection: sqlite3.Connection, asset_id: str, *, but: str | None = None
) -> tuple[Past, ...]:
    """The last visits to a machine, newest first; `but` leaves those of one job out."""
    known = rows.one(connection, AssetHistory, history_id(asset_id))
    visits = [one for one in known.visits if one.work_order_id != but] if known is not None else []
    people = rows.several(connection, Person, {one.person_id for one in visits})
    lists = rows.several(connection, Checklist, {one.checklist_id for one in visits})
    return tuple(_past(visit, people, lists) for visit in visits)


def last_of_each(past: Iterable[Past]) -> dict[str, Read]:
    """The newest reading of each item over all these visits, by the item's code."""
    newest: dict[str, Read] = {}
    for visit in past:
        for read in visit.readings:
            newest.setdefault(read.reading.item, read)
    return newest


def _past(visit: PastVisit, people: dict[str, Person], lists: dict[str, Checklist]) -> Past:
    person = people.get(visit.person_id)
    checklist = lists.get(visit.checklist_id or "")
    items = {item.code: item for item in checklist.items} if checklist is not None else {}
    return Past(
        visit=visit,
        person=person.name if person is not None else "",
        readings=tuple(
            Read(reading=one, at=visit.ended_at, item=items.get(one.item)) for one in visit.readings
        ),
    )

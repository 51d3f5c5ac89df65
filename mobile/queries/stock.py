"""Parts and what one's own van holds of them, found by number, bar code or name."""

import sqlite3
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from mobile.queries import rows
from shared.amounts import quantity_text
from shared.parts import Balance, Location, Part, balance_id, recount_id
from shared.people import Person
from shared.tasks import Task

FOUND_MAX: Final = 50

# The words of a part are `number|bar code|en|zh`; SQLite's own text search needs three characters.
_MENTIONED: Final = """SELECT id, words FROM row INDEXED BY row_words
    WHERE tbl = 'part' AND instr(words, lower(?1)) ORDER BY instr(words, lower(?1)), words
    LIMIT ?2"""
_NAMED: Final = """SELECT tbl, body FROM shown WHERE tbl = 'part' AND id IN (
    SELECT id FROM row INDEXED BY row_words WHERE tbl = 'part' AND instr(words, lower(?) || '|'))
    ORDER BY id"""
_LOWER: Final = "SELECT lower(?)"


class Stocked(Struct, frozen=True, kw_only=True):
    """A part, and how much of it one's own van holds; `recount` when somebody is to count it."""

    part: Part
    amount: int
    quantity: str
    recount: bool = False


class Van(Struct, frozen=True, kw_only=True):
    """One's own van and what is in it, by part number."""

    location: Location
    lines: tuple[Stocked, ...]


def van(connection: sqlite3.Connection) -> Van | None:
    """This person's own van, or None where they have none."""
    place = own_van(connection)
    if place is None:
        return None
    state = rows.at_home(connection, ("location", place.id))
    held = list(state.of(Balance, place.id))
    open_counts = {task.id for task in state.of(Task, place.id) if not task.done}
    parts = rows.several(connection, Part, {one.part_id for one in held})
    lines = [
        _stocked(parts[one.part_id], one.amount, place, open_counts)
        for one in held
        if one.part_id in parts
    ]
    return Van(location=place, lines=tuple(sorted(lines, key=lambda line: line.part.number)))


def own_van(connection: sqlite3.Connection) -> Location | None:
    """Where this person's parts are."""
    me = rows.one(connection, Person, rows.identity(connection).person)
    return rows.one(connection, Location, me.van_id) if me is not None else None


def part_named(connection: sqlite3.Connection, text: str) -> Part | None:
    """The part with this number or bar code."""
    likely = rows.found(connection, Part, _NAMED, (text,))
    return next((one for one in likely if text and text in (one.number, one.barcode)), None)


def mentioning(connection: sqlite3.Connection, text: str) -> tuple[Stocked, ...]:
    """The parts whose number, bar code or name holds all of these words, best first."""
    wanted = connection.execute(_LOWER, (text,)).fetchone()[0].split()
    if not wanted:
        return ()
    first = max(wanted, key=len)
    ids: list[str] = []
    # Of one word no more than are shown need to be sorted; of several all are looked through.
    limit = FOUND_MAX if len(wanted) == 1 else -1
    for identity, words in connection.execute(_MENTIONED, (first, limit)):
        if all(word in words for word in wanted):
            ids.append(identity)
        if len(ids) == FOUND_MAX:
            break
    return _as_stocked(connection, ids)


def _as_stocked(connection: sqlite3.Connection, ids: Iterable[str]) -> tuple[Stocked, ...]:
    ordered = list(dict.fromkeys(ids))
    parts = rows.several(connection, Part, ordered)
    place = own_van(connection)
    balances: dict[str, Balance] = {}
    if place is not None:
        keys = {balance_id(place.id, one) for one in ordered}
        kept = rows.several(connection, Balance, keys).values()
        balances = {one.part_id: one for one in kept}
    return tuple(
        _stocked(parts[one], balances[one].amount if one in balances else 0, place, ())
        for one in ordered
        if one in parts
    )


def _stocked(
    part: Part, amount: int, place: Location | None, open_counts: Iterable[str]
) -> Stocked:
    return Stocked(
        part=part,
        amount=amount,
        quantity=quantity_text(amount),
        recount=place is not None and recount_id(place.id, part.id) in open_counts,
    )

"""Rows as they are shown, by type and id, over a connection that one thread owns."""

import sqlite3
from collections.abc import Collection, Iterable
from typing import Any, Final, TypeVar

import msgspec

from mobile import database
from shared.kinds import read_row
from shared.records import Aggregate, Record, State, table
from sync.ports import Identity

_BY_ID: Final = "SELECT tbl, body FROM shown WHERE tbl = ? AND id = ?"
_AS_SENT: Final = "SELECT tbl, body FROM sent WHERE tbl = ? AND id = ?"
_BY_IDS: Final = """SELECT tbl, body FROM json_each(?) AS key
    CROSS JOIN shown ON tbl = ? AND shown.id = key.value"""
_EVERY: Final = "SELECT tbl, body FROM shown WHERE tbl = ? ORDER BY id"
_AT_HOME: Final = "SELECT tbl, body FROM shown WHERE home_noun = ? AND home_id = ? ORDER BY id"

R = TypeVar("R", bound=Record)


def identity(connection: sqlite3.Connection) -> Identity:
    """Who this installation is and where it stands."""
    known = database.identity(connection)
    assert known is not None
    return known


def one(connection: sqlite3.Connection, kind: type[R], identity: str | None) -> R | None:
    """The row of this type and id, if it is on this phone."""
    if identity is None:
        return None
    return next(iter(found(connection, kind, _BY_ID, (table(kind), identity))), None)


def as_sent(connection: sqlite3.Connection, kind: type[R], identity: str) -> R | None:
    """The row as the server last sent it, without what was changed here since."""
    return next(iter(found(connection, kind, _AS_SENT, (table(kind), identity))), None)


def several(
    connection: sqlite3.Connection, kind: type[R], ids: Collection[str | None]
) -> dict[str, R]:
    """Those of these rows that are on this phone, by id: one statement for all."""
    wanted = msgspec.json.encode(sorted({one for one in ids if one is not None})).decode()
    return {row.id: row for row in found(connection, kind, _BY_IDS, (wanted, table(kind)))}


def every(connection: sqlite3.Connection, kind: type[R]) -> list[R]:
    """Every row of this type, by id."""
    return found(connection, kind, _EVERY, (table(kind),))


def at_home(connection: sqlite3.Connection, place: Aggregate) -> State:
    """Everything that lives with a thing."""
    return State(living(connection, place))


def living(connection: sqlite3.Connection, place: Aggregate) -> list[Record]:
    """The rows that live with a thing."""
    kept = connection.execute(_AT_HOME, place).fetchall()
    return [read_row(kind, body) for kind, body in kept]


def found(
    connection: sqlite3.Connection, kind: type[R], statement: str, values: Iterable[Any]
) -> list[R]:
    """The rows of this type that a statement finds (it selects table and body)."""
    rows = [read_row(*columns) for columns in connection.execute(statement, tuple(values))]
    return [row for row in rows if isinstance(row, kind)]

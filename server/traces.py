"""Traces: whether the rows there are, are those that the log says its ops wrote.

A leaf holds the hash of what its op wrote, and beside it stands the list: table, id, version and
hash of each row. So a row that was changed, added or taken away past the log is found, also where
the feed and every checksum were made to agree with it.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection, select, tuple_

from server import rows
from server.tables import METADATA
from server.tally import Difference
from shared.audit import Leaf, Trace, Traced, row_hash, rows_digest
from shared.kinds import REMOVABLE, TABLES, write_row
from shared.records import Record

LEAVES_READ_MAX: Final = 4_096
ROWS_READ_MAX: Final = 2_000

LEAF: Final = METADATA.tables["leaf"]

# Per row the versions that the log knows of it, as (version, salt, hash): of most only the newest.
Known = dict[tuple[str, str], list[tuple[int, str, str | None]]]


def fault(told: Leaf, wrote: str | None) -> str | None:
    """What is amiss between a leaf and the list beside it of what its op wrote."""
    if wrote is None:
        return None if told.rows is None else "trace_missing"
    try:
        trace = msgspec.json.decode(wrote, type=Trace)
    except msgspec.DecodeError:
        return "trace_changed"
    return None if told.rows == rows_digest(trace.rows) else "trace_changed"


def rewritten(connection: Connection, wrote: str | None) -> Traced | None:
    """A row that one op wrote last and that is no longer as it wrote it."""
    trace = msgspec.json.decode(wrote, type=Trace) if wrote is not None else None
    for one in trace.rows if trace is not None else ():
        found = _record(connection, one)
        same_version = found is not None and found.version == one.version
        if found is not None and same_version and _hashed(trace, one.table, found) != one.hash:
            return one
    return None


def differences(connection: Connection) -> Iterator[Difference]:
    """Every row that is not what the log says; to be read after the leaves have been checked."""
    known = _known(connection)
    for name in TABLES:
        seen: set[str] = set()
        for record in _records(connection, name):
            seen.add(record.id)
            what = _differs(known.get((name, record.id)), name, record)
            if what is not None:
                yield Difference(what=what, table=name, row=record.id)
        for (table, identity), versions in known.items():
            if table == name and identity not in seen and not _may_be_gone(versions):
                yield Difference(what="row_missing", table=name, row=identity)


def _known(connection: Connection) -> Known:
    known: Known = {}
    for wrote in _lists(connection):
        trace = msgspec.json.decode(wrote, type=Trace)
        for one in trace.rows:
            versions = known.setdefault((one.table, one.id), [])
            version = one.version or 0
            if one.table not in REMOVABLE and versions:
                if version < versions[0][0]:
                    continue
                if version > versions[0][0]:
                    versions.clear()
            versions.append((version, trace.salt, one.hash))
    return known


def _lists(connection: Connection) -> Iterator[str]:
    """What ops wrote, a few thousand leaves at a time."""
    place = (LEAF.c.op_id, LEAF.c.n, LEAF.c.epoch)
    wanted = select(*place, LEAF.c.wrote).where(LEAF.c.wrote.is_not(None))
    wanted = wanted.order_by(*place).limit(LEAVES_READ_MAX)
    piece = connection.execute(wanted).all()
    while piece:
        yield from (one.wrote for one in piece)
        last = tuple_(piece[-1].op_id, piece[-1].n, piece[-1].epoch)
        piece = connection.execute(wanted.where(tuple_(*place) > last)).all()


def _records(connection: Connection, name: str) -> Iterator[Record]:
    """All rows of a table that can be read as what they are."""
    column = METADATA.tables[name].c.id
    ids = connection.scalars(select(column).order_by(column)).all()
    for start in range(0, len(ids), ROWS_READ_MAX):
        yield from _readable(connection, name, set(ids[start : start + ROWS_READ_MAX]))


def _readable(connection: Connection, name: str, ids: set[str]) -> list[Record]:
    try:
        return rows.fetch(connection, name, "id", ids)
    except msgspec.ValidationError:
        if len(ids) == 1:
            return []
        return [row for one in sorted(ids) for row in _readable(connection, name, {one})]


def _record(connection: Connection, one: Traced) -> Record | None:
    found = _readable(connection, one.table, {one.id}) if one.table in TABLES else []
    return found[0] if found else None


def _hashed(trace: Trace | None, name: str, record: Record) -> str:
    return row_hash(trace.salt if trace else "", (name, record.id), write_row(record))


def _differs(
    versions: list[tuple[int, str, str | None]] | None, name: str, record: Record
) -> str | None:
    if versions is None:
        return "row_unwritten"
    data = write_row(record)
    for version, salt, hashed in versions:
        if version == record.version and row_hash(salt, (name, record.id), data) == hashed:
            return None
    return "row_changed"


def _may_be_gone(versions: list[tuple[int, str, str | None]]) -> bool:
    return any(hashed is None for _, _, hashed in versions)

"""The tally: whether the rows people work on and the feed that phones read say the same.

Both are written in one transaction, so whoever changes one of them alone is found out. Neither is
in the audit log: this does not find out who changes both alike.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, case, exists, literal, select, tuple_

from server import rows
from server.tables import METADATA
from shared.kinds import TABLES, write_row
from shared.records import CATALOG, STREAM_PREFIX, Record, stream_for
from sync.digest import NO_ROWS, Sums, plus, row_sums

ROWS_READ_MAX: Final = 2_000

FEED: Final = METADATA.tables["feed"]
HEAD: Final = METADATA.tables["stream_head"]


class Difference(Struct, frozen=True, kw_only=True):
    """What differs: a row (table and id), or a whole stream."""

    what: str
    stream: str | None = None
    table: str | None = None
    row: str | None = None


class Count(Struct, kw_only=True):
    """What a stream's entries come to: its last position, their checksum, and their number."""

    seq: int = 0
    sums: Sums = NO_ROWS
    entries: int = 0


def differences(connection: Connection) -> Iterator[Difference]:
    """Everything in which rows, feed and stream heads do not agree."""
    counts: dict[str, Count] = {}
    for piece in _pieces(connection):
        yield from _compared(connection, piece)
        for entry in piece:
            count = counts.setdefault(entry.stream, Count())
            count.seq = max(count.seq, entry.seq)
            count.sums = plus(count.sums, (entry.sum_a, entry.sum_b))
            count.entries += 1
    yield from _unpublished(connection)
    yield from _headed(connection, counts)


def _unpublished(connection: Connection) -> Iterator[Difference]:
    """Rows that are not in the stream in which they should be."""
    for name, kind in TABLES.items():
        if kind.home[0] == "":
            continue
        table = METADATA.tables[name]
        published = exists().where(
            FEED.c.stream == _stream(name),
            FEED.c.pk == table.c.id,
            FEED.c.table == name,
            FEED.c.body.is_not(None),
        )
        wanted = select(table.c.id).where(~published).order_by(table.c.id)
        for row in _not_apart(connection, name, list(connection.scalars(wanted))):
            yield Difference(what="feed_missing", table=name, row=row)


def _not_apart(connection: Connection, name: str, ids: list[str]) -> Iterator[str]:
    """Of rows that are not in the stream of their home, those that no other one has either."""
    for place in range(0, len(ids), ROWS_READ_MAX):
        piece = ids[place : place + ROWS_READ_MAX]
        records = _records(connection, name, set(piece))
        entries = (FEED.c.table == name, FEED.c.pk.in_(piece), FEED.c.body.is_not(None))
        there = {
            tuple(row)
            for row in connection.execute(select(FEED.c.stream, FEED.c.pk).where(*entries))
        }
        for one in piece:
            if one not in records or not _is_where_it_belongs(records[one], there):
                yield one


def _is_where_it_belongs(record: Record, there: set[tuple[str, str]]) -> bool:
    try:
        stream = stream_for(record)
    except KeyError:  # a noun that no stream carries
        return False
    return stream is None or (stream, record.id) in there


def _stream(name: str) -> ColumnElement[str]:
    """The stream that the rows of a table live in, as the database puts it together."""
    columns, (noun, field) = METADATA.tables[name].c, TABLES[name].home
    if noun == CATALOG:
        return literal(CATALOG)
    if noun != "*":
        return literal(f"{STREAM_PREFIX[noun]}:") + columns[field]
    prefixes = {one: f"{prefix}:" for one, prefix in STREAM_PREFIX.items() if one != CATALOG}
    own = case(prefixes, value=columns.home_noun) + columns.home_id
    return case((columns.home_noun == CATALOG, CATALOG), else_=own)


def _pieces(connection: Connection) -> Iterator[Sequence[Any]]:
    """The whole feed, by stream and position, a few thousand entries at a time."""
    place = (FEED.c.stream, FEED.c.seq)
    wanted = select(*FEED.c).order_by(*place).limit(ROWS_READ_MAX)
    piece = connection.execute(wanted).all()
    while piece:
        yield piece
        last = tuple_(piece[-1].stream, piece[-1].seq)
        piece = connection.execute(wanted.where(tuple_(*place) > last)).all()


def _compared(connection: Connection, piece: Sequence[Any]) -> Iterator[Difference]:
    by_table = sorted(piece, key=lambda entry: str(entry.table))
    for name, found in groupby(by_table, key=lambda entry: str(entry.table)):
        entries = list(found)
        records = _records(connection, name, {one.pk for one in entries if one.body is not None})
        for entry in entries:
            what = _differs(entry, records.get(entry.pk))
            if what is not None:
                yield Difference(what=what, stream=entry.stream, table=name, row=entry.pk)


def _records(connection: Connection, name: str, ids: set[str]) -> dict[str, Record]:
    """The records with these ids, without those that can no longer be read as what they are."""
    if name not in TABLES:
        return {}
    try:
        return {row.id: row for row in rows.fetch(connection, name, "id", ids)}
    except msgspec.ValidationError:
        return {} if len(ids) == 1 else _one_by_one(connection, name, ids)


def _one_by_one(connection: Connection, name: str, ids: set[str]) -> dict[str, Record]:
    return {key: row for one in ids for key, row in _records(connection, name, {one}).items()}


def _differs(entry: Any, record: Record | None) -> str | None:
    """What is wrong with one entry of the feed, beside the row it is about."""
    if entry.body is None:
        return None if (entry.sum_a, entry.sum_b) == NO_ROWS else "feed_differs"
    if row_sums(entry.table, entry.pk, entry.body) != (entry.sum_a, entry.sum_b):
        return "feed_differs"
    if record is None:
        return "row_missing"
    return None if _said(record) == (entry.stream, entry.body) else "row_differs"


def _said(record: Record) -> tuple[str, bytes] | None:
    """The stream a row belongs to, and its bytes there."""
    try:
        stream = stream_for(record)
        return None if stream is None else (stream, write_row(record))
    except KeyError:  # a noun that no stream carries
        return None


def _headed(connection: Connection, counts: dict[str, Count]) -> Iterator[Difference]:
    """Streams whose head is not what their entries come to."""
    heads = {
        head.stream: Count(seq=head.seq, sums=(head.sum_a, head.sum_b), entries=head.entries)
        for head in connection.execute(select(*HEAD.c))
    }
    for stream in sorted(heads.keys() | counts.keys()):
        if heads.get(stream, Count()) != counts.get(stream, Count()):
            yield Difference(what="stream_differs", stream=stream)

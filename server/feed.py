"""The feed: per stream the newest bytes of every row, in the order in which they were committed.

A stream's head is locked at the end of the writing transaction, so that commit order is the order
of positions, without gaps, on both databases.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final

from msgspec import Raw, Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Delete,
    Executable,
    Select,
    String,
    bindparam,
    collate,
    delete,
    func,
    or_,
    select,
    text,
)

from server.database import dumped, is_sqlite
from server.rows import add, among, listed, upsert, write
from server.tables import METADATA
from server.tables.books import GONE as GONE_ENTRY
from shared.kinds import write_row
from shared.records import State, home, stream_of, table
from sync.digest import NO_ROWS, Sums, minus, plus, row_sums
from sync.library import Head, Piece
from sync.protocol import GONE, Row

ROWS_READ_MAX: Final = 500  # what is read beyond the end of a page is read in vain
STREAMS_AT_ONCE: Final = 200
BY_SEQ: Final = itemgetter(1)

FEED: Final = METADATA.tables["feed"]
HEAD: Final = METADATA.tables["stream_head"]
SUBSCRIPTION: Final = METADATA.tables["subscription"]

Key = tuple[str, str, str]  # id, table, stream


class Mark(Struct):
    """Where a stream stands while a batch is written to it."""

    stream: str
    seq: int = 0
    sums: Sums = NO_ROWS
    min_seq: int = 0
    entries: int = 0


class Known(Struct, frozen=True):
    """What the feed already says of a row."""

    body: bytes | None
    sums: Sums


def publish(connection: Connection, state: State) -> None:
    """Tell the streams what a batch changed. The last thing a transaction does but for its ops.

    Bytes that are already there keep their position. A row that is gone, or that lives elsewhere
    now, leaves an entry without bytes where it was.
    """
    news = _news(state)
    homes = {(pk, table): stream for pk, table, stream in news}
    gone = {(row.id, table(type(row))) for row in state.deleted.values()}
    streams = {*homes.values(), *_left(state)}
    if not streams:
        return
    marks = _lock(connection, streams)
    known = _known(connection, {pk for pk, _ in (*homes, *gone)})
    left = [
        key
        for key, one in known.items()
        if one.body is not None and (key[:2] in gone or homes.get(key[:2], key[2]) != key[2])
    ]
    marks |= _lock(connection, {stream for _, _, stream in left} - set(marks))
    entries: list[tuple[Any, ...]] = []
    for key, body in (*news.items(), *((key, None) for key in left)):
        entries += _entered(marks[key[2]], key, body, known.get(key))
    upsert(connection, "feed", ("pk", "table", "stream"), entries)
    moved = {entry[2] for entry in entries}
    upsert(connection, "stream_head", ("stream",), [_as_row(marks[one]) for one in sorted(moved)])


def forget(connection: Connection, gone: Collection[tuple[str, int]]) -> int:
    """Let go of entries without bytes, by stream and position; returns how many there were.

    Whoever has not read as far as the last of them has to read that stream anew. The last entry of
    a stream stays, whatever it is.
    """
    streams = {stream for stream, _ in gone}
    marks = _lock(connection, streams)
    there = connection.execute(
        _without_bytes(connection.dialect.name), {"streams": listed(connection, streams)}
    ).all()
    over = [(stream, seq) for stream, seq in there if seq < marks[stream].seq]
    over = sorted({*over} & {*gone})
    for stream, seq in over:
        marks[stream].min_seq = max(marks[stream].min_seq, seq)
        marks[stream].entries -= 1
    write(connection, ("forget",), _forgetting, over)
    moved = sorted({stream for stream, _ in over})
    upsert(connection, "stream_head", ("stream",), [_as_row(marks[one]) for one in moved])
    return len(over)


def _news(state: State) -> dict[Key, bytes]:
    news = {}
    for row in state.changed.values():
        place = home(row)
        if place is not None:
            news[(row.id, table(type(row)), stream_of(place))] = write_row(row)
    return news


def _left(state: State) -> set[str]:
    """Where rows are gone from: known before any head is locked, so that all are in one order."""
    places = (*map(home, state.deleted.values()), *state.left)
    return {stream_of(place) for place in places if place is not None}


def _entered(
    mark: Mark, key: Key, body: bytes | None, known: Known | None
) -> Iterator[tuple[Any, ...]]:
    """The entry for a row, with the stream moved on; nothing where it is there already."""
    if known is not None and known.body == body:
        return
    pk, table, stream = key
    sums = NO_ROWS if body is None else row_sums(table, pk, body)
    mark.seq += 1
    mark.sums = plus(minus(mark.sums, known.sums if known else NO_ROWS), sums)
    mark.entries += known is None
    yield (pk, table, stream, mark.seq, body, *sums)


def _as_row(mark: Mark) -> tuple[Any, ...]:
    return (mark.stream, mark.seq, *mark.sums, mark.min_seq, mark.entries)


def _lock(connection: Connection, streams: Collection[str]) -> dict[str, Mark]:
    """The streams' heads, held until the transaction ends; new ones begin at nothing."""
    if not streams:
        return {}
    if not is_sqlite(connection):
        fresh = [_as_row(Mark(stream)) for stream in sorted(streams)]
        add(connection, "stream_head", ("stream",), fresh)
    marks = {stream: Mark(stream) for stream in streams}
    found = connection.execute(
        _heads(connection.dialect.name, held=True), {"streams": listed(connection, streams)}
    ).all()
    for stream, seq, a, b, min_seq, entries in found:
        marks[stream] = Mark(stream, seq, (a, b), min_seq, entries)
    return marks


def _known(connection: Connection, pks: Collection[str]) -> dict[Key, Known]:
    found = connection.execute(
        _entries(connection.dialect.name), {"pks": listed(connection, pks)}
    ).all()
    return {(pk, table, stream): Known(body, (a, b)) for pk, table, stream, body, a, b in found}


def heads(connection: Connection, streams: Collection[str]) -> dict[str, Head]:
    """Where streams end; one that never had a row is left out."""
    found = connection.execute(
        _heads(connection.dialect.name, held=False), {"streams": listed(connection, streams)}
    ).all()
    return {
        stream: Head(seq=seq, sums=(a, b), min_seq=min_seq)
        for stream, seq, a, b, min_seq, _ in found
        if seq > 0
    }


def pages(
    connection: Connection, wants: Sequence[tuple[str, int]], bytes_max: int
) -> dict[str, Piece]:
    """Rows past each (stream, cursor), stream after stream, until their bodies pass `bytes_max`.

    Streams that were not come to are left out. For a cursor of 0 rows that are gone are left out.
    """
    pieces: dict[str, Piece] = {}
    size = 0
    for stream, found in _found(connection, wants):
        taken: list[tuple[int, Row]] = []
        complete = True
        for _, seq, name, pk, body in found:
            if size and size >= bytes_max:
                complete = False
                break
            row = Row(name, pk, GONE if body is None else Raw(body))
            size += len(row.body)
            taken.append((seq, row))
        if taken or complete:
            pieces[stream] = Piece(rows=taken, complete=complete)
        if not complete:
            break
    return pieces


def _found(
    connection: Connection, wants: Sequence[tuple[str, int]]
) -> Iterator[tuple[str, Iterable[Any]]]:
    """The rows of stream after stream. Where those end that nobody comes to is not asked."""
    for start in range(0, len(wants), STREAMS_AT_ONCE):
        yield from _found_among(connection, wants[start : start + STREAMS_AT_ONCE])


def _found_among(
    connection: Connection, wants: Sequence[tuple[str, int]]
) -> Iterator[tuple[str, Iterable[Any]]]:
    """The same of a few streams, read as few rows at a time as the heads foretell."""
    asked = listed(connection, (stream for stream, _ in wants))
    ends = {
        stream: (seq, entries)
        for stream, seq, _, _, _, entries in connection.execute(
            _heads(connection.dialect.name, held=False), {"streams": asked}
        ).all()
    }
    expected = {
        stream: max(0, min(ends[stream][0] - since, ends[stream][1])) if stream in ends else 0
        for stream, since in wants
    }
    for few in _bundles(wants, expected):
        stream, since = few[0]
        if expected[stream] > ROWS_READ_MAX:
            yield stream, _long_stream(connection, stream, since)
        else:
            yield from _short_streams(connection, few)


def _bundles(
    wants: Sequence[tuple[str, int]], expected: Mapping[str, int]
) -> Iterator[list[tuple[str, int]]]:
    """As many streams at a time, in order, as together hold no more rows than are read at once."""
    few: list[tuple[str, int]] = []
    rows = 0
    for stream, since in wants:
        if few and rows + expected[stream] > ROWS_READ_MAX:
            yield few
            few, rows = [], 0
        few.append((stream, since))
        rows += expected[stream]
    if few:
        yield few


def _short_streams(
    connection: Connection, wants: Sequence[tuple[str, int]]
) -> Iterator[tuple[str, list[Any]]]:
    """The rows of several streams, by one statement."""
    arguments: dict[str, Any]
    if is_sqlite(connection):
        arguments = {"wants": dumped(dict(wants))}
    else:
        arguments = {"streams": [one for one, _ in wants], "since": [seq for _, seq in wants]}
    found: dict[str, list[Any]] = {stream: [] for stream, _ in wants}
    for row in connection.execute(_past(connection.dialect.name), arguments).all():
        found[row[0]].append(row)
    for stream, rows in found.items():
        yield stream, sorted(rows, key=BY_SEQ)


def _long_stream(connection: Connection, stream: str, since: int) -> Iterator[Any]:
    """The rows of one long stream, a piece at a time."""
    statement = _long(fresh=since == 0)
    while True:
        arguments = {"stream": stream, "since": since, "rows": ROWS_READ_MAX}
        piece = connection.execute(statement, arguments).all()
        yield from piece
        if len(piece) < ROWS_READ_MAX:
            return
        since = piece[-1].seq


def followed(connection: Connection, person: str) -> set[str]:
    """The streams that a person's devices may follow, the person's own included."""
    found = connection.scalars(_FOLLOWED, {"person": person}).all()
    return {*found, stream_of(("person", person))}


_FOLLOWED: Final = (
    select(SUBSCRIPTION.c.stream).where(SUBSCRIPTION.c.person_id == bindparam("person")).distinct()
)


@cache
def _heads(dialect: str, *, held: bool) -> Executable:
    chosen = select(*HEAD.c).where(among(HEAD.c.stream, "streams", dialect))
    if not held or dialect == "sqlite":
        return chosen
    return chosen.order_by(collate(HEAD.c.stream, "C")).with_for_update()


@cache
def _entries(dialect: str) -> Executable:
    columns = (FEED.c.pk, FEED.c.table, FEED.c.stream, FEED.c.body, FEED.c.sum_a, FEED.c.sum_b)
    return select(*columns).where(among(FEED.c.pk, "pks", dialect))


@cache
def _without_bytes(dialect: str) -> Executable:
    chosen = select(FEED.c.stream, FEED.c.seq).where(among(FEED.c.stream, "streams", dialect))
    return chosen.where(text(GONE_ENTRY))


def _forgetting() -> Delete:
    return delete(FEED).where(
        FEED.c.stream == bindparam("its_stream"), FEED.c.seq == bindparam("its_seq")
    )


def _page_columns() -> Select[Any]:
    return select(FEED.c.stream, FEED.c.seq, FEED.c.table, FEED.c.pk, FEED.c.body)


@cache
def _past(dialect: str) -> Executable:
    if dialect == "sqlite":
        given = func.json_each(bindparam("wants", type_=String)).table_valued("key", "value")
        stream, since = given.c.key, given.c.value
    else:
        arrays = (
            bindparam("streams", type_=ARRAY(String)),
            bindparam("since", type_=ARRAY(BigInteger)),
        )
        unnested = func.unnest(*arrays).table_valued("stream", "since").render_derived()
        stream, since = unnested.c.stream, unnested.c.since
    return _page_columns().where(
        FEED.c.stream == stream,
        FEED.c.seq > since,
        or_(since > 0, FEED.c.body.is_not(None)),
    )


@cache
def _long(*, fresh: bool) -> Executable:
    chosen = _page_columns().where(
        FEED.c.stream == bindparam("stream"), FEED.c.seq > bindparam("since")
    )
    if fresh:
        chosen = chosen.where(FEED.c.body.is_not(None))
    return chosen.order_by(FEED.c.seq).limit(bindparam("rows"))

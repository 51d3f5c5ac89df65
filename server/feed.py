"""The feed: per stream the newest bytes of every row, in the order in which they were committed.

A stream's head is locked at the end of the writing transaction, so that commit order is the order
of positions, without gaps, on both databases.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Delete,
    Executable,
    FromClause,
    Select,
    String,
    bindparam,
    cast as sql_cast,
    delete,
    func,
    literal,
    select,
    text,
    union,
)

from server.database import is_sqlite
from server.questions import Question, dumped
from server.rows import Insert, add, among, insert_all, listed, upsert, write
from server.tables import METADATA
from server.tables.books import GONE as GONE_ENTRY
from shared.records import RowKey, State, stream_for, stream_of, table
from sync.digest import NO_ROWS, Sums, minus, plus, row_sums
from sync.leaves import written
from sync.library import Head

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


class News(Struct, frozen=True):
    """What the streams are to be told, and where those end then that were locked for it."""

    inserts: tuple[Insert, ...] = ()
    ends: Mapping[str, int] = {}


def publish(connection: Connection, state: State) -> None:
    """Tell the streams what a batch changed."""
    insert_all(connection, told(connection, state, written(state)).inserts)


def told(connection: Connection, state: State, bytes_of: Mapping[RowKey, bytes]) -> News:
    """What is to be written to tell the streams what a batch changed, in these bytes.

    The last thing a transaction does but for its ops. Bytes that are already there keep their
    position. A row that is gone, or that lives elsewhere now, leaves an entry without bytes where
    it was.
    """
    news = _news(state, bytes_of)
    homes = {(pk, table): stream for pk, table, stream in news}
    named = (*state.deleted.values(), *state.changed.values())
    gone = {(row.id, table(type(row))) for row in named} - homes.keys()
    streams = {*homes.values(), *_left(state)}
    if not streams:
        return News()
    marks = _lock(connection, streams)
    known = _known(connection, _places(state, news))
    left = [
        key
        for key, one in known.items()
        if one.body is not None and (key[:2] in gone or homes.get(key[:2], key[2]) != key[2])
    ]
    marks |= _lock(connection, {stream for _, _, stream in left} - set(marks))
    entries: list[tuple[Any, ...]] = []
    for key, body in (*news.items(), *((key, None) for key in left)):
        entries += _entered(marks[key[2]], key, body, known.get(key))
    moved = [_as_row(marks[one]) for one in sorted({entry[2] for entry in entries})]
    return News(
        (
            Insert("feed", ("pk", "table", "stream"), entries, renews=True),
            Insert("stream_head", ("stream",), moved, renews=True),
        ),
        {mark.stream: mark.seq for mark in marks.values()},
    )


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


def _news(state: State, bytes_of: Mapping[RowKey, bytes]) -> dict[Key, bytes]:
    news = {}
    for key, row in state.changed.items():
        stream = stream_for(row)
        if stream is not None:
            news[(row.id, table(type(row)), stream)] = bytes_of[key]
    return news


def _left(state: State) -> set[str]:
    """Where rows are gone from: known before any head is locked, so that all are in one order."""
    gone = {stream_for(row) for row in state.deleted.values()} - {None}
    return {*map(str, gone), *map(stream_of, state.left)}


def _entered(
    mark: Mark, key: Key, body: bytes | None, known: Known | None
) -> Iterator[tuple[Any, ...]]:
    """The entry for a row, with the stream moved on; nothing where it is there already."""
    if known is not None and known.body == body:
        return
    pk, table, stream = key
    sums = NO_ROWS if body is None else row_sums(table, pk, body)
    mark.seq += 1
    mark.sums = plus(minus(mark.sums, known.sums) if known else mark.sums, sums)
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
    asked = _heads(connection.dialect.name, held=True)
    found = asked.ask(connection, streams=listed(connection, streams))
    for stream, seq, a, b, min_seq, entries in found:
        marks[stream] = Mark(stream, seq, (a, b), min_seq, entries)
    return marks


def _places(state: State, news: Collection[Key]) -> set[tuple[str, str]]:
    """Where entries may be of what a batch changed, as (stream, id)."""
    places = {(stream, pk) for pk, _, stream in news}
    for row in state.deleted.values():
        stream = stream_for(row)
        if stream is not None:
            places.add((stream, row.id))
    left = {stream_of(place) for place in state.left}
    moved = (*state.changed.values(), *state.deleted.values())
    return places | {(stream, row.id) for stream in left for row in moved}


def _known(connection: Connection, places: Collection[tuple[str, str]]) -> dict[Key, Known]:
    if not places:
        return {}
    found = _entries(connection.dialect.name).ask(connection, **_given(connection, places))
    return {(pk, table, stream): Known(body, (a, b)) for pk, table, stream, body, a, b in found}


def _given(connection: Connection, places: Collection[tuple[str, str]]) -> dict[str, Any]:
    if is_sqlite(connection):
        return {"places": dumped(sorted(places))}
    streams, pks = zip(*sorted(places), strict=True)
    return {"streams": list(streams), "pks": list(pks)}


def heads(connection: Connection, streams: Collection[str]) -> dict[str, Head]:
    """Where streams end; one that never had a row is left out."""
    asked = _heads(connection.dialect.name, held=False)
    found = asked.ask(connection, streams=listed(connection, streams))
    return {
        stream: Head(seq=seq, sums=(a, b), min_seq=min_seq, entries=entries)
        for stream, seq, a, b, min_seq, entries in found
        if seq > 0
    }


def followed(connection: Connection, person: str) -> dict[str, Head | None]:
    """The streams that a person's devices may follow, the person's own included, and their ends.

    One that never had a row has none.
    """
    return _ends(_FOLLOWED.ask(connection, person=person))


def followed_in(text: str | bytes) -> dict[str, Head | None]:
    """The same of what `following` found."""
    return _ends(msgspec.json.decode(text))


def _ends(found: Iterable[Sequence[Any]]) -> dict[str, Head | None]:
    return {
        stream: Head(seq=seq, sums=(a, b), min_seq=min_seq, entries=entries) if seq else None
        for stream, seq, a, b, min_seq, entries in found
    }


def _followed(person: ColumnElement[str], of: FromClause | None = None) -> Select[Any]:
    """The streams of a person, with where they end; `of` is the table around it that knows them."""
    its = literal(stream_of(("person", ""))).concat(person).label("stream")
    subscribed = select(SUBSCRIPTION.c.stream).where(SUBSCRIPTION.c.person_id == person)
    streams = union(subscribed.correlate(of), select(its).correlate(of)).subquery()
    ends = [column for column in HEAD.c if column.name != "stream"]
    return select(streams.c.stream, *ends).select_from(
        streams.outerjoin(HEAD, HEAD.c.stream == streams.c.stream)
    )


_FOLLOWED: Final = Question(_followed(bindparam("person", type_=String)))


def following(person: Column[str], dialect: str) -> ColumnElement[Any]:
    """What `followed` finds, as the text of one cell of a question about more; see `followed_in`.

    `person` is the column of that question by which it knows them.
    """
    found = _followed(person, person.table).subquery()
    if dialect == "sqlite":
        cells: Any = func.json_group_array(func.json_array(*found.c))
    else:
        cells = sql_cast(func.json_agg(func.json_build_array(*found.c)), String)
    return select(cells).scalar_subquery()


@cache
def _heads(dialect: str, *, held: bool) -> Question:
    chosen = select(*HEAD.c).where(among(HEAD.c.stream, "streams", dialect))
    if not held or dialect == "sqlite":
        return Question(chosen)
    return Question(chosen.order_by(HEAD.c.stream).with_for_update())


@cache
def _entries(dialect: str) -> Question:
    """Entries by stream and id, each looked up by itself."""
    columns = (FEED.c.pk, FEED.c.table, FEED.c.stream, FEED.c.body, FEED.c.sum_a, FEED.c.sum_b)
    stream: ColumnElement[Any]
    pk: ColumnElement[Any]
    if dialect == "sqlite":
        given: Any = func.json_each(bindparam("places", type_=String)).table_valued("value")
        pair = given.c.value
        stream, pk = func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")
    else:
        lists = (bindparam(name, type_=ARRAY(String)) for name in ("streams", "pks"))
        given = func.unnest(*lists).table_valued("stream", "pk").render_derived()
        stream, pk = given.c.stream, given.c.pk
    joined = given.join(FEED, (FEED.c.stream == stream) & (FEED.c.pk == pk))
    return Question(select(*columns).select_from(joined))


@cache
def _without_bytes(dialect: str) -> Executable:
    chosen = select(FEED.c.stream, FEED.c.seq).where(among(FEED.c.stream, "streams", dialect))
    return chosen.where(text(GONE_ENTRY))


def _forgetting() -> Delete:
    return delete(FEED).where(
        FEED.c.stream == bindparam("its_stream"), FEED.c.seq == bindparam("its_seq")
    )

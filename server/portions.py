"""Portions: pieces of streams as phones get them, read from the feed and kept for the next one.

The rows of a stream at one place never change, so a portion is right for as long as the stream
stands there, and is not asked for afterwards. Who may read a stream is asked before, each time.
"""

from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate, islice
from operator import itemgetter
from sys import intern
from threading import Lock
from typing import Any, Final, NamedTuple

from msgspec import Raw, Struct, field
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Select,
    String,
    bindparam,
    func,
    select,
)

from server.database import is_sqlite
from server.feed import FEED
from server.questions import Question, dumped
from sync.digest import NO_ROWS, Sums
from sync.library import Head, Piece
from sync.protocol import GONE, Row

ROWS_READ_MAX: Final = 500  # at once, of one long stream or of several short ones
STREAMS_AT_ONCE: Final = 200
BY_SEQ: Final = itemgetter(1)
KEPT_BYTES_MAX: Final = 48_000_000  # in one process
ROW_BYTES: Final = 250  # what a row takes in memory beside its own bytes

Edition = tuple[str, int, Sums, int]  # epoch, and of a stream its end, its checksum and its floor
Placed = tuple[int, Row]


class Portion(Struct, frozen=True):
    """The entries of a stream past one position, up to another (`end`), those of gone rows too."""

    rows: list[Placed]
    end: int

    def past(self, since: int, *, fresh: bool) -> list[Placed]:
        """What somebody gets who has read so far; who is new gets nothing that is gone."""
        return [one for one in self.rows if one[0] > since and not (fresh and one[1].body is GONE)]


class Place(NamedTuple):
    """A position in a stream, and where that ends."""

    stream: str
    since: int
    head: Head

    @property
    def expected(self) -> int:
        """How many entries there may be past it."""
        return max(0, min(self.head.seq - self.since, self.head.entries))


NOWHERE: Final = Head(seq=0, sums=NO_ROWS)


class _Kept(Struct):
    """The portions of a stream as it stood at one place, by the position that they begin after."""

    edition: Edition
    portions: dict[int, Portion] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    bytes: int = 0


class Portions:
    """Portions that were read lately, in the memory of one process; those longest not asked for go.

    `bytes_max` is how much of it they may take. Of a stream only one place is kept.
    """

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._lock = Lock()
        self._streams: OrderedDict[str, _Kept] = OrderedDict()
        self.bytes = 0

    def find(self, stream: str, edition: Edition, since: int) -> Portion | None:
        """A portion in which a stream goes on past a position, if one is kept."""
        with self._lock:
            kept = self._streams.get(stream)
            if kept is None or kept.edition != edition:
                return None
            place = bisect_right(kept.starts, since) - 1
            if place < 0:
                return None
            start = kept.starts[place]
            portion = kept.portions[start]
            if start != since and portion.end <= since:
                return None
            self._streams.move_to_end(stream)
            return portion

    def keep(self, stream: str, edition: Edition, since: int, portion: Portion) -> None:
        """Keep what was just read, in place of what is known of the stream at another place."""
        size = sum(len(row.body) + ROW_BYTES for _, row in portion.rows) + ROW_BYTES
        with self._lock:
            kept = self._streams.get(stream)
            if kept is None or kept.edition != edition:
                self._drop(stream)
                kept = self._streams[stream] = _Kept(edition)
            if since in kept.portions:
                return
            kept.portions[since] = portion
            insort(kept.starts, since)
            kept.bytes += size
            self.bytes += size
            self._streams.move_to_end(stream)
            while self.bytes > self._bytes_max:
                self._drop(next(iter(self._streams)))

    def _drop(self, stream: str) -> None:
        kept = self._streams.pop(stream, None)
        self.bytes -= 0 if kept is None else kept.bytes


class Reading(Struct, frozen=True):
    """What is read by: the connection, the epoch, what knows where streams end, what is kept."""

    connection: Connection
    epoch: str
    heads: Callable[[Collection[str]], Mapping[str, Head]]
    portions: Portions

    def find(self, place: Place) -> Portion | None:
        """A portion that is kept of a stream and goes on past a position."""
        return self.portions.find(place.stream, self._edition(place.head), place.since)

    def rest(self, place: Place) -> Portion | None:
        """All of a stream past a position, if it is kept as one portion, or there is nothing."""
        if place.head.seq <= place.since:
            return Portion([], place.since)
        portion = self.find(place)
        return portion if portion is not None and portion.end == place.head.seq else None

    def keep(self, place: Place, rows: list[Placed], end: int) -> Portion:
        """What was read of a stream past a position, as a portion that is kept."""
        portion = Portion(rows, end)
        self.portions.keep(place.stream, self._edition(place.head), place.since, portion)
        return portion

    def _edition(self, head: Head) -> Edition:
        return (self.epoch, head.seq, head.sums, head.min_seq)


def pages(reading: Reading, wants: Iterable[tuple[str, int]], bytes_max: int) -> dict[str, Piece]:
    """Rows past each (stream, cursor), stream after stream, until their bodies pass `bytes_max`.

    Streams that were not come to are left out. For a cursor of 0 rows that are gone are left out.
    """
    pieces: dict[str, Piece] = {}
    size = 0
    for stream, found in _found(reading, wants):
        taken: list[Placed] = []
        complete = True
        for rows in found:
            sizes = list(accumulate([len(row.body) for _, row in rows]))
            fits = len(rows)
            if rows and size + sizes[-1] > bytes_max:
                fits = _fitting(sizes, bytes_max - size, begun=size > 0)
            taken += rows[:fits]
            size += sizes[fits - 1] if fits else 0
            complete = fits == len(rows)
            if not complete:
                break
        if taken or complete:
            pieces[stream] = Piece(rows=taken, complete=complete)
        if not complete:
            break
    return pieces


def _fitting(sizes: Sequence[int], room: int, *, begun: bool) -> int:
    """How many rows are taken until there is no room left; one at least of the first there are."""
    if room <= 0:
        return 0 if begun else 1
    return next((place for place, size in enumerate(sizes, 1) if size >= room), len(sizes))


def _found(
    reading: Reading, wants: Iterable[tuple[str, int]]
) -> Iterator[tuple[str, Iterable[list[Placed]]]]:
    """The rows of stream after stream. Where those end that nobody comes to is not asked."""
    left = iter(wants)
    while few := list(islice(left, STREAMS_AT_ONCE)):
        heads = reading.heads([stream for stream, _ in few])
        places = [Place(stream, since, heads.get(stream, NOWHERE)) for stream, since in few]
        for bundle in _bundles(places):
            yield from _found_among(reading, bundle)


def _found_among(
    reading: Reading, places: list[Place]
) -> Iterator[tuple[str, Iterable[list[Placed]]]]:
    """The same of one long stream, or of several that are read at once."""
    first = places[0]
    if first.expected > ROWS_READ_MAX:
        yield first.stream, _long_stream(reading, first)
        return
    rest = {place.stream: reading.rest(place) for place in places}
    missing = [place for place in places if rest[place.stream] is None]
    rest |= _short_streams(reading, missing) if missing else {}
    for place in places:
        portion = rest[place.stream]
        assert portion is not None
        yield place.stream, [portion.past(place.since, fresh=not place.since)]


def _bundles(places: Iterable[Place]) -> Iterator[list[Place]]:
    """As many streams at a time, in order, as together hold no more rows than are read at once."""
    few: list[Place] = []
    rows = 0
    for place in places:
        if few and rows + place.expected > ROWS_READ_MAX:
            yield few
            few, rows = [], 0
        few.append(place)
        rows += place.expected
    if few:
        yield few


def _short_streams(reading: Reading, places: list[Place]) -> dict[str, Portion]:
    """What several streams hold past a position, by one statement."""
    connection = reading.connection
    arguments: dict[str, Any]
    streams, since = [one.stream for one in places], [one.since for one in places]
    if is_sqlite(connection):
        arguments = {"wants": dumped(dict(zip(streams, since, strict=True)))}
    else:
        arguments = {"streams": streams, "since": since}
    found: dict[str, list[Placed]] = {stream: [] for stream in streams}
    rows = _past(connection.dialect.name).ask(connection, **arguments)
    for stream, *entry in sorted(rows, key=BY_SEQ):
        found[stream].append(_placed(entry))
    return {
        place.stream: reading.keep(place, found[place.stream], place.head.seq) for place in places
    }


def _long_stream(reading: Reading, first: Place) -> Iterator[list[Placed]]:
    """The rows of one long stream, a portion at a time."""
    place = first
    while place.since < place.head.seq:
        portion = reading.find(place) or _read_on(reading, place)
        yield portion.past(place.since, fresh=not first.since)
        place = Place(place.stream, portion.end, place.head)


def _read_on(reading: Reading, place: Place) -> Portion:
    found = _LONG.ask(
        reading.connection, stream=place.stream, since=place.since, rows=ROWS_READ_MAX
    )
    rows = [_placed(entry) for _, *entry in found]
    is_last = len(rows) < ROWS_READ_MAX
    return reading.keep(place, rows, place.head.seq if is_last else rows[-1][0])


def _placed(entry: Sequence[Any]) -> Placed:
    seq, table, pk, body = entry
    return seq, Row(intern(table), pk, GONE if body is None else Raw(body))


def _columns() -> Select[Any]:
    return select(FEED.c.stream, FEED.c.seq, FEED.c.table, FEED.c.pk, FEED.c.body)


_LONG: Final = Question(
    _columns()
    .where(FEED.c.stream == bindparam("stream"), FEED.c.seq > bindparam("since"))
    .order_by(FEED.c.seq)
    .limit(bindparam("rows"))
)


@cache
def _past(dialect: str) -> Question:
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
    return Question(_columns().where(FEED.c.stream == stream, FEED.c.seq > since))

"""On PostgreSQL a follower misses nothing that anybody commits; three simpler cursors would.

A rule in the database notes every position that a stream's feed has ever had. In each snapshot
these have to be all positions up to the head: then the order of commits is that of positions.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct, field
from sqlalchemy import Engine, event, select, text

from server import feed
from server.database import open_engine, reading, writing
from server.ledger import Ledger
from server.portions import Portions
from server.tables import METADATA
from shared.ops import SYSTEM
from shared.records import Aggregate
from sync.desk import Parcel
from sync.digest import NO_ROWS, Sums, row_sums, total
from sync.intake import receive
from sync.library import Head
from sync.protocol import Result, WireOp
from tests.contracts.servers import BookServer
from tests.server.samples import pages
from tests.world import ANN, ASSET, BOB, CUSTOMER, FILTER, SITE, VAN_ANN, VAN_BOB, World, known

ZONE: Final = ZoneInfo("Asia/Shanghai")
WRITERS: Final = 16
OPS_EACH: Final = 5
POLLERS: Final = 3
SITES: Final = (SITE, known("other site"))
PATIENCE_MS: Final = 60_000  # so that nothing but a deadlock ends a wait for a lock
SEEN_S: Final = 30.0
EVERYTHING: Final = 2**40  # bytes

NOTED: Final = (
    "CREATE TABLE noted (stream text, seq bigint)",
    "INSERT INTO noted SELECT stream, generate_series(1, seq) FROM stream_head",
    """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO noted VALUES (NEW.stream, NEW.seq); RETURN NULL; END'""",
    "CREATE TRIGGER note AFTER INSERT OR UPDATE ON feed FOR EACH ROW EXECUTE FUNCTION note()",
)
STREAM_HEAD: Final = METADATA.tables["stream_head"]
FEED: Final = METADATA.tables["feed"]


class Follower(Struct):
    """Somebody who keeps every stream as a phone does: by its cursor, and row by row."""

    engine: Engine
    cursors: dict[str, int] = field(default_factory=dict)
    rows: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    kept: Portions = field(default_factory=Portions)

    def poll(self) -> None:
        """Read on, in one snapshot, and hold it against the heads and what was noted."""
        with reading(self.engine) as connection:
            streams = list(connection.scalars(select(STREAM_HEAD.c.stream)))
            heads = feed.heads(connection, streams)
            wants = [(stream, self.cursors.get(stream, 0)) for stream in sorted(heads)]
            noted: dict[str, list[int]] = {stream: [] for stream in heads}
            for stream, seq in connection.execute(text("SELECT * FROM noted ORDER BY seq")):
                noted[stream].append(seq)
            pieces = pages(connection, wants, EVERYTHING, self.kept)
        for stream, since in wants:
            self._take(stream, since, pieces[stream].rows)
            self._compare(stream, heads[stream], noted[stream])
            self.cursors[stream] = heads[stream].seq

    def _take(self, stream: str, since: int, rows: Sequence[tuple[int, Any]]) -> None:
        for seq, row in rows:
            if seq <= since:
                self.wrong.append(f"{stream} {seq} was read already")
            if row.data is None:
                self.rows.pop((stream, row.table, row.id), None)
            else:
                self.rows[(stream, row.table, row.id)] = row.data

    def _compare(self, stream: str, head: Head, noted: list[int]) -> None:
        if noted != list(range(1, head.seq + 1)):
            self.wrong.append(f"{stream} at {head.seq} has the positions {noted}")
        if self._sums(stream) != head.sums:
            self.wrong.append(f"{stream} at {head.seq} lacks a row")

    def _sums(self, stream: str) -> Sums:
        mine = [(key, data) for key, data in self.rows.items() if key[0] == stream]
        return total(row_sums(name, pk, data) for (_, name, pk), data in mine) if mine else NO_ROWS


@pytest.fixture
def world(postgres_copy: str) -> Iterator[World]:
    """The small company with a second site, in a PostgreSQL that notes all positions."""
    with closing(BookServer(postgres_copy)) as server:
        world = World(server)
        row = {"customer_id": CUSTOMER, "address": "Side Street 2", "time_zone": "UTC"}
        world.must(world.office("master.put", ("site", SITES[1]), {"row": row}, by=SYSTEM))
        with server.engine.begin() as connection:
            for statement in NOTED:
                connection.execute(text(statement))
        yield world


@pytest.fixture
def engine(postgres_copy: str, world: World) -> Iterator[Engine]:
    """The same database for many at once, who wait for each other as long as it takes."""
    del world
    engine = open_engine(postgres_copy, connections=WRITERS + POLLERS + 1, patience_ms=PATIENCE_MS)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("parcels_each", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_followers_miss_nothing_of_what_sixteen_write_at_once(
    world: World, engine: Engine, parcels_each: int
) -> None:
    """Every parcel comes twice at the same time, as after a reply that was lost."""
    parcels = shuffled(world, Random(7), parcels_each)
    followers = [Follower(engine) for _ in range(POLLERS)]
    crashed: list[str] = []
    start, over = threading.Barrier(WRITERS), threading.Event()

    def write(writer: int) -> list[list[Result]]:
        start.wait()
        return [hand_in(engine, ops, crashed) for ops in parcels[writer // 2]]

    def follow(follower: Follower) -> None:
        while not over.is_set():
            follower.poll()
        follower.poll()

    with ThreadPoolExecutor(WRITERS + POLLERS) as hands:
        followed = [hands.submit(follow, follower) for follower in followers]
        try:
            told = list(hands.map(write, range(WRITERS)))
        finally:
            over.set()
        for one in followed:
            one.result()
    assert crashed == []
    assert [follower.wrong for follower in followers] == [[]] * POLLERS
    assert told[0::2] == told[1::2]
    verdicts = [result.verdict for half in told[0::2] for one in half for result in one]
    assert len(verdicts) == WRITERS // 2 * parcels_each * OPS_EACH
    assert set(verdicts) <= {"applied", "conflict", "merged"}
    for follower in followers:
        assert follower.rows == live(engine)
    assert deadlocks(engine) == 0


def shuffled(world: World, dice: Random, parcels_each: int) -> list[list[list[WireOp]]]:
    """For each pair of writers its parcels, over the same few things in every order."""
    orders = [world.job(ANN) for _ in range(4)]
    return [
        [
            [world.op(*said(orders, dice, world.name()), by=SYSTEM) for _ in range(OPS_EACH)]
            for _ in range(parcels_each)
        ]
        for _ in range(WRITERS // 2)
    ]


def said(orders: Sequence[str], dice: Random, fresh: str) -> tuple[str, Aggregate, Any]:
    """Something the office says: a new row, a row that many change, or one that moves."""
    order = ("work_order", dice.choice(orders))
    row = {"number": fresh, "en": fresh, "zh": fresh, "type": "generic", "unit": "piece"}
    moved = {"site_id": dice.choice(SITES), "name": "Heat pump", "model": fresh}
    van = ("location", dice.choice((VAN_ANN, VAN_BOB)))
    choices: tuple[tuple[str, Aggregate, Any], ...] = (
        ("note.add", order, {"text": fresh, "audience": "internal"}),
        ("edit", order, {"fields": {"job_note": ["", fresh]}}),
        ("master.put", ("part", fresh), {"row": row}),
        ("master.put", ("asset", dice.choice((ASSET, known("second")))), {"row": moved}),
        ("work_order.assign", order, {"person": BOB, "role": "helper"}),
        ("stock.receive", van, {"part": FILTER, "quantity": "1"}),
    )
    return dice.choice(choices)


def hand_in(engine: Engine, ops: Sequence[WireOp], crashed: list[str]) -> list[Result]:
    """One parcel of the office through the one door, in one transaction."""
    with writing(engine) as connection:
        return receive(Ledger(connection, ZONE), parcel(ops, crashed))


def parcel(ops: Sequence[WireOp], crashed: list[str]) -> Parcel:
    """What the office hands in; it is noted where a rule or the database breaks on an op."""
    return Parcel(
        ops=ops,
        origins=frozenset({"console"}),
        person=None,
        received=1_795_100_000_000,
        on_crash=lambda op, broken: crashed.append(f"{op} {broken}"),
    )


def live(engine: Engine) -> dict[tuple[str, str, str], bytes]:
    """Every row that is in a stream."""
    chosen = select(FEED.c.stream, FEED.c.table, FEED.c.pk, FEED.c.body)
    with reading(engine) as connection:
        found = connection.execute(chosen.where(FEED.c.body.is_not(None))).all()
    return {(stream, name, pk): body for stream, name, pk, body in found}


def deadlocks(engine: Engine) -> int:
    """How many PostgreSQL had to break."""
    asked = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    with reading(engine) as connection:
        return int(connection.execute(text(asked)).scalar_one())


def test_rows_that_change_places_at_once_do_not_lock_each_other_out(
    world: World, engine: Engine
) -> None:
    """Each leaves the stream that the other comes to: the heads of both are taken in one order."""
    here, there = SITES
    other = known("other machine")
    world.must(world.office(*move(other, there), by=SYSTEM))
    moves = [[world.op(*move(*one), by=SYSTEM)] for one in ((other, here), (ASSET, there))]
    crashed: list[str] = []
    with ThreadPoolExecutor(2) as hands:
        with engine.connect() as held, held.begin():
            held.execute(head_of(f"site:{here}"))
            told = []
            for waiting, ops in enumerate(moves, start=1):
                told.append(hands.submit(hand_in, engine, ops, crashed))
                until_they_wait(engine, waiting)
        assert [result.verdict for one in told for result in one.result()] == ["applied"] * 2
    assert crashed == []


def until_they_wait(engine: Engine, count: int) -> None:
    """Go on as soon as so many wait for a lock that somebody else has."""
    asked = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    until = time.monotonic() + SEEN_S
    while True:
        with reading(engine) as connection:
            if connection.scalar(text(asked)) == count:
                return
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.01)


def head_of(stream: str) -> Any:
    """A stream's head, held until the transaction ends."""
    return select(STREAM_HEAD).where(STREAM_HEAD.c.stream == stream).with_for_update()


def move(asset: str, site: str) -> tuple[str, Aggregate, Any]:
    """A machine is at this site from now on."""
    row = {"site_id": site, "name": "Heat pump", "model": "HP-9"}
    return ("master.put", ("asset", asset), {"row": row})


# Why streams have heads that are locked: three designs without, each with a table of its own.

SIMPLE: Final = """CREATE TABLE simple (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), name text)"""
DRAWN: Final = """SELECT nextval('simple_id_seq') AS id, clock_timestamp() AS at"""
WRITTEN: Final = "INSERT INTO simple VALUES (:id, :at, :name)"
DESIGNS: Final = {
    "id": "SELECT id, name FROM simple WHERE id > :since ORDER BY id",
    "timestamp": "SELECT at, name FROM simple WHERE at > :since ORDER BY at",
    "id, none that an open writer could precede": """SELECT id, name FROM simple WHERE id > :since
        AND xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        ORDER BY id""",
}
NOTHING_YET: Final = {"timestamp": "-infinity"}


@pytest.mark.parametrize("design", DESIGNS)
def test_a_cursor_over_what_writers_draw_loses_what_is_committed_late(
    fresh_postgres: str, design: str
) -> None:
    """The slow writer draws its place first and commits last: nobody is ever told of its row."""
    with simple(fresh_postgres) as engine, engine.connect() as slow:
        # The first number drawn is logged, which makes a writer of who draws it; the next are not.
        write(engine, "first")
        since, _ = polled(engine, design, NOTHING_YET.get(design, 0))
        with slow.begin():
            place = slow.execute(text(DRAWN)).one()
            write(engine, "quick")
            since, told = polled(engine, design, since)
            assert told == ["quick"]
            slow.execute(text(WRITTEN), {**place._mapping, "name": "slow"})
        write(engine, "next")
        _, told = polled(engine, design, since)
        assert told == ["next"]
        _, everything = polled(engine, design, NOTHING_YET.get(design, 0))
        assert everything == ["first", "slow", "quick", "next"]


@contextmanager
def simple(url: str) -> Iterator[Engine]:
    """A database with nothing in it but the table of the simple designs."""
    engine = open_engine(url)
    try:
        with writing(engine) as connection:
            connection.execute(text(SIMPLE))
        yield engine
    finally:
        engine.dispose()


def write(engine: Engine, name: str) -> None:
    """A row, drawn, written and committed at once."""
    with writing(engine) as connection:
        place = connection.execute(text(DRAWN)).one()
        connection.execute(text(WRITTEN), {**place._mapping, "name": name})


def polled(engine: Engine, design: str, since: Any) -> tuple[Any, list[str]]:
    """What a follower is told past its cursor, and the cursor it has then."""
    with reading(engine) as connection:
        found = connection.execute(text(DESIGNS[design]), {"since": since}).all()
    return (found[-1][0] if found else since), [name for _, name in found]


def test_a_writer_waits_for_the_place_of_one_that_is_not_done(world: World, engine: Engine) -> None:
    """The same day with the real feed. Who writes to another stream does not wait."""
    follower, crashed = Follower(engine), list[str]()
    here, there = SITES
    row = {"number": "N", "en": "N", "zh": "N", "type": "generic", "unit": "piece"}
    slow, quick, elsewhere = (
        [world.op(*told, by=SYSTEM)]
        for told in (
            move(ASSET, there),  # which leaves `here`; nothing else is common to the first two
            move(known("new machine"), here),
            ("master.put", ("part", known("new part")), {"row": row}),
        )
    )
    follower.poll()
    before = dict(follower.cursors)
    with ThreadPoolExecutor(2) as hands, halting(engine, "INSERT INTO feed") as halt:
        told = [hands.submit(hand_in, halt.engine, slow, crashed)]
        assert halt.reached.wait(SEEN_S)
        told.append(hands.submit(hand_in, engine, quick, crashed))
        until_they_wait(engine, 1)
        hand_in(engine, elsewhere, crashed)
        follower.poll()
        assert moved_on(before, follower.cursors) == {"catalog": 1}
        halt.over.set()
        assert [result.verdict for one in told for result in one.result()] == ["applied"] * 2
    follower.poll()
    ends = {"catalog": 1, f"site:{here}": 2, f"site:{there}": 1}
    assert moved_on(before, follower.cursors) == ends
    assert follower.rows == live(engine)
    assert (follower.wrong, crashed) == ([], [])


class Halt(Struct, frozen=True):
    """Writers by this engine stop at a statement until it is over."""

    engine: Engine
    reached: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def halting(engine: Engine, piece: str) -> Iterator[Halt]:
    """The same database by another engine, whose writers halt at a statement that says so."""
    halt = Halt(open_engine(engine.url.render_as_string(hide_password=False)))

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if piece in statement:
            halt.reached.set()
            halt.over.wait(SEEN_S)

    event.listen(halt.engine, "before_cursor_execute", listen)
    try:
        yield halt
    finally:
        halt.over.set()
        halt.engine.dispose()


def moved_on(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """How far each stream went."""
    told = {stream: seq - before.get(stream, 0) for stream, seq in after.items()}
    return {stream: count for stream, count in told.items() if count}

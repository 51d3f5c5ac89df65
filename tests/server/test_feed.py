"""The feed's positions have no gaps, its checksums are right, and a device can follow it."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import structs
from sqlalchemy import Connection, Engine, event, select

from server import feed, portions
from server.database import reading, writing
from server.queries import leaving
from server.tables import METADATA
from shared.ids import derive
from shared.kinds import read_row, write_row
from shared.records import Record, State
from shared.site import Asset, Customer, Site
from shared.tasks import Task
from sync.digest import row_sums, total
from sync.library import Head
from tests.server.samples import begin, entry, ledger, pages, person, put, shown, undone

FEED, HEAD = METADATA.tables["feed"], METADATA.tables["stream_head"]
HOMES = ("one", "two")
SITES = tuple(derive("site", home) for home in HOMES)

# What one transaction does: (row, its home, a text), or no text when the row is taken away.
Step = tuple[int, int, str | None]
Batch = list[Step]
steps = st.tuples(st.integers(0, 3), st.integers(0, 1), st.none() | st.sampled_from(["a", "b"]))
batches = st.lists(st.lists(steps, min_size=1, max_size=5), min_size=1, max_size=6)


def asset(number: int, home: int, name: str, version: int = 1) -> Asset:
    """A machine at one of two sites."""
    return Asset(
        id=derive("asset", number), version=version, site_id=SITES[home], name=name, model="M"
    )


def commit(connection: Connection, batch: Batch) -> None:
    """Publish what one transaction would that knows the rows there are."""
    state = State(read_row(row.table, row.body) for row in fed(connection) if row.body is not None)
    for number, home, name in batch:
        row = asset(number, home, name or "")
        if name is None:
            state.remove(state.find(Asset, row.id) or row)
        else:
            state.put(row)
            state.changed[(Asset, row.id)] = row  # of the same version: it may say nothing new
    feed.publish(connection, state)


def fed(connection: Connection) -> list[Any]:
    """Every entry of the feed, stream by stream, in order."""
    return list(connection.execute(select(*FEED.c).order_by(FEED.c.stream, FEED.c.seq)))


@given(batches=batches)
def test_a_head_is_the_last_position_and_the_sum_of_the_rows(
    memory: Engine, batches: list[Batch]
) -> None:
    """C12."""
    with undone(memory) as connection:
        for batch in batches:
            commit(connection, batch)
            rows = fed(connection)
            for stream, head in feed.heads(connection, {row.stream for row in rows}).items():
                mine = [row for row in rows if row.stream == stream]
                assert head.seq == max(row.seq for row in mine)
                assert len({row.seq for row in mine}) == len(mine)
                assert head.sums == total(
                    row_sums(row.table, row.pk, row.body) for row in mine if row.body is not None
                )
            live = [(row.table, row.pk) for row in rows if row.body is not None]
            assert len(set(live)) == len(live), "a row lives in one stream at a time"


@given(batches=batches, size=st.integers(0, 400))
def test_a_device_that_follows_has_what_a_new_one_gets(
    memory: Engine, batches: list[Batch], size: int
) -> None:
    """C55."""
    streams = [f"site:{site}" for site in SITES]
    cursors, base = dict.fromkeys(streams, 0), {}
    with undone(memory) as connection:
        for batch in [*batches, *([[]] * 40)]:
            commit(connection, batch)
            for stream, piece in pages(connection, list(cursors.items()), size).items():
                for seq, row in piece.rows:
                    cursors[stream] = seq
                    base[(stream, row.id)] = row.data
                if piece.complete:
                    cursors[stream] = max([cursors[stream], *ends(connection, stream)])
        fresh = pages(connection, [(stream, 0) for stream in streams], 10**9)
        assert {key: data for key, data in base.items() if data is not None} == {
            (stream, row.id): row.data for stream, piece in fresh.items() for _, row in piece.rows
        }
        assert {stream: seq for stream, seq in cursors.items() if seq} == {
            stream: head.seq for stream, head in feed.heads(connection, streams).items()
        }


def ends(connection: Connection, stream: str) -> list[int]:
    return [head.seq for head in feed.heads(connection, {stream}).values()]


def test_bytes_that_are_there_already_keep_their_position(memory: Engine) -> None:
    with undone(memory) as connection:
        commit(connection, [(0, 0, "a"), (1, 0, "b")])
        before = fed(connection)
        commit(connection, [(0, 0, "a")])
        assert fed(connection) == before
        commit(connection, [(0, 0, "b")])
        assert [row.seq for row in fed(connection)] == [2, 3]


def test_taking_away_what_was_never_there_leaves_no_trace(memory: Engine) -> None:
    with undone(memory) as connection:
        commit(connection, [(0, 0, None)])
        assert fed(connection) == []
        assert feed.heads(connection, {f"site:{SITES[0]}"}) == {}


def test_a_row_that_moves_leaves_the_stream_where_it_was(engine: Engine) -> None:
    begin(engine)
    put(
        engine,
        Customer(id=derive("customer"), name="Café", type="organisation"),
        *(
            Site(id=site, customer_id=derive("customer"), address="Street 1", time_zone="UTC")
            for site in SITES
        ),
        asset(0, 0, "pump"),
    )
    put(engine, asset(0, 1, "pump"))
    with reading(engine) as connection:
        told = pages(connection, [(f"site:{site}", 1) for site in SITES], 10_000)
        rows = [(row.table, row.data) for one in told.values() for _, row in one.rows]
        assert rows == [("asset", None), ("asset", write_row(asset(0, 1, "pump")))]


def test_what_is_read_from_the_feed_is_the_record_that_was_written(engine: Engine) -> None:
    begin(engine)
    ann = person("ann", name="安 “Ann”", skills=("冷水",))
    put(engine, ann)
    with reading(engine) as connection:
        ((_, row),) = pages(connection, [("catalog", 0)], 1)["catalog"].rows
        assert read_row(row.table, bytes(row.body)) == structs.replace(ann, version=1)


def test_what_is_gone_is_forgotten_but_for_the_last_and_the_head_says_up_to_where(
    engine: Engine,
) -> None:
    """C55."""
    stream = f"site:{SITES[0]}"
    with writing(engine) as connection:
        commit(connection, [(0, 0, "a"), (1, 0, "b"), (2, 0, "c")])
        commit(connection, [(0, 0, None)])
        commit(connection, [(1, 0, None)])
        gone = sorted(leaving.newly_gone(connection))
        assert gone == [(stream, 4), (stream, 5)]
        before = feed.heads(connection, {stream})[stream]
        assert feed.forget(connection, gone) == 1
        assert feed.forget(connection, gone) == 0
        assert [(row.seq, row.body is None) for row in fed(connection)] == [(3, False), (5, True)]
        after = feed.heads(connection, {stream})[stream]
        assert after == structs.replace(before, min_seq=4, entries=2)
        assert connection.scalar(select(HEAD.c.entries).where(HEAD.c.stream == stream)) == 2


def test_a_row_without_a_home_is_in_no_stream(memory: Engine) -> None:
    task = Task(
        id=derive("task"), home_noun="location", home_id="van", code="recount", op_id="op", at=1
    )
    with undone(memory) as connection:
        state = State()
        state.put(task)
        feed.publish(connection, state)
        assert [row.stream for row in fed(connection)] == ["stock:van"]


def test_pages_stop_when_they_are_full_but_never_stay_empty(engine: Engine) -> None:
    people = [person(f"p{number}") for number in range(5)]
    begin(engine)
    put(engine, *people)
    size = len(write_row(structs.replace(people[0], version=1)))
    with reading(engine) as connection:
        for bytes_max, rows in ((0, 1), (1, 1), (size, 1), (size + 1, 2), (10 * size, 5)):
            told = pages(connection, [("catalog", 0), ("never", 0)], bytes_max)
            assert len(told["catalog"].rows) == rows
            assert told["catalog"].complete is (rows == 5)
            assert ("never" in told) is (rows == 5)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_long_and_short_streams_are_read_the_same(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    begin(engine)
    put(engine, *(person(f"p{number}") for number in range(7)))
    wanted = [(f"stock:{count}", 0), ("catalog", 2)]
    with reading(engine) as connection:
        whole = pages(connection, wanted, 10**6)
        monkeypatch.setattr(portions, "ROWS_READ_MAX", count)
        assert [seq for seq, _ in whole["catalog"].rows] == [3, 4, 5, 6, 7]
        assert shown(pages(connection, wanted, 10**6)) == shown(whole)


def test_streams_are_read_the_same_however_many_are_asked_for_at_once(
    memory: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [(f"site:{site}", 0) for site in ("nobody", *SITES)]
    with undone(memory) as connection:
        commit(connection, [(0, 0, "a"), (1, 1, "b"), (2, 1, "c")])
        whole = pages(connection, wanted, 10**6)
        assert [len(whole[stream].rows) for stream, _ in wanted] == [0, 1, 2]
        monkeypatch.setattr(portions, "STREAMS_AT_ONCE", 1)
        assert shown(pages(connection, wanted, 10**6)) == shown(whole)


def test_a_batch_costs_the_same_number_of_statements_whatever_its_size(engine: Engine) -> None:
    begin(engine)
    counts = []
    for size in (1, 50):
        seen: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *told, seen=seen: seen.append(told[2]))
        rows: list[Record] = [person(f"{size}-{number}") for number in range(size)]
        put(engine, *rows, entries=[entry(f"{size}-{number}") for number in range(size)])
        counts.append(len(seen))
    assert counts[0] * 2 == counts[1] + counts[0]


def test_heads_of_streams_that_never_had_a_row_are_left_out(engine: Engine) -> None:
    begin(engine)
    put(engine, person("ann"))
    with reading(engine) as connection:
        heads = feed.heads(connection, {"catalog", "wo:none"})
        body = write_row(person("ann", version=1))
        sums = row_sums("person", derive("ann"), body)
    assert heads == {"catalog": Head(seq=1, sums=sums, entries=1)}


def test_a_savepoint_that_is_undone_moves_no_stream(engine: Engine) -> None:
    begin(engine)
    state = State()
    state.put(person("ann"))
    with writing(engine) as connection:
        with pytest.raises(RuntimeError):
            give_up(ledger(connection), state)
        assert feed.heads(connection, {"catalog"}) == {}


def give_up(books: Any, state: State) -> None:
    with books.savepoint():
        books.enter([entry("a")], state)
        raise RuntimeError

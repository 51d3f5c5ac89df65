"""Portions that are kept say what the feed says, to whoever asks, and take little memory."""

import pytest
from hypothesis import given, strategies as st
from msgspec import Raw
from sqlalchemy import Connection, Engine, event

from server import feed, portions
from server.database import reading, writing
from server.library import ReadingRoom
from server.portions import Place, Portion, Portions
from server.queries import leaving
from shared.ids import derive
from shared.records import State
from sync.library import Head
from sync.protocol import Row
from tests.server.samples import EPOCH, begin, pages, person, put, shown, undone
from tests.server.test_feed import SITES, Batch, batches, commit

STREAMS = [f"site:{site}" for site in SITES]
CATALOG = [("catalog", 0)]
ALL = 10**6


@given(
    batches=batches,
    size=st.integers(0, 400),
    at_once=st.integers(1, 4),
    forgets=st.sets(st.integers(0, 5)),
)
def test_what_is_kept_says_what_the_feed_says(
    memory: Engine, batches: list[Batch], size: int, at_once: int, forgets: set[int]
) -> None:
    """From every place, whatever changed or was forgotten since it was kept."""
    kept = Portions()
    with undone(memory) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(portions, "ROWS_READ_MAX", at_once)
        for number, batch in enumerate(batches):
            commit(connection, batch)
            if number in forgets:
                feed.forget(connection, sorted(leaving.newly_gone(connection)))
            ends = feed.heads(connection, STREAMS)
            last = max((head.seq for head in ends.values()), default=0)
            for since in (0, *range(last + 1)):
                wants = [(stream, since) for stream in STREAMS]
                for bytes_max in (size, ALL):
                    found = pages(connection, wants, bytes_max, kept)
                    assert shown(found) == shown(pages(connection, wants, bytes_max))


def asked(
    connection: Connection, kept: Portions, wants: list[tuple[str, int]], epoch: str = EPOCH
) -> list[str]:
    """The statements that it takes to read these."""
    said: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *told: said.append(told[2]))
    pages(connection, wants, ALL, kept, epoch)
    return [one for one in said if "FROM feed" in one]


def test_rows_are_read_once_for_all_who_get_them_and_anew_when_they_change(engine: Engine) -> None:
    begin(engine)
    kept = Portions()
    put(engine, *(person(f"p{number}") for number in range(3)))
    with reading(engine) as connection:
        assert [len(asked(connection, kept, CATALOG)) for _ in range(3)] == [1, 0, 0]
    put(engine, person("p1", name="Renamed"))
    with reading(engine) as connection:
        assert [len(asked(connection, kept, CATALOG)) for _ in range(3)] == [1, 0, 0]
        found = pages(connection, CATALOG, ALL, kept)["catalog"]
        assert shown({"": found}) == shown({"": pages(connection, CATALOG, ALL)["catalog"]})
        assert b"Renamed" in b"".join(row.data or b"" for _, row in found.rows)


@pytest.mark.parametrize("at_once", [2, 500])
def test_who_reads_on_from_the_middle_gets_the_rest_of_what_others_read(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(portions, "ROWS_READ_MAX", at_once)
    begin(engine)
    put(engine, *(person(f"p{number}") for number in range(7)))
    kept = Portions()
    with reading(engine) as connection:
        pages(connection, CATALOG, ALL, kept)
        for since in range(8):
            wants = [("catalog", since)]
            assert at_once == 2 or asked(connection, kept, wants) == []
            found = shown(pages(connection, wants, ALL, kept))
            assert found == shown(pages(connection, wants, ALL))


def test_a_snapshot_that_is_half_read_goes_on_with_what_came_and_went_meanwhile(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "ROWS_READ_MAX", 2)
    begin(engine)
    kept = Portions()
    put(engine, *(person(f"p{number}") for number in range(5)))
    with reading(engine) as connection:
        half = pages(connection, CATALOG, 1, kept)["catalog"]
        pages(connection, CATALOG, ALL, kept)  # somebody else reads all of it
    ((place, first),) = half.rows
    put(engine, person("p3", name="Renamed"))
    gone = person("p0", version=2)
    with writing(engine) as connection:
        state = State()
        state.remove(gone)
        feed.publish(connection, state)
    with reading(engine) as connection:
        rest = pages(connection, [("catalog", place)], ALL, kept)["catalog"]
        told = {row.id: row.data for _, row in rest.rows}
    assert first.id == gone.id
    assert told[first.id] is None
    assert b"Renamed" in (told[derive("p3")] or b"")
    assert told.keys() == {derive(f"p{number}") for number in range(5)}


def test_each_reader_gets_the_streams_that_are_theirs_whatever_others_read(engine: Engine) -> None:
    begin(engine)
    kept = Portions()
    put(engine, person("ann"), person("bob"))
    with reading(engine) as connection:
        both = {f"tech:{derive(who)}" for who in ("ann", "bob")}
        for _ in range(2):
            for who in ("ann", "bob"):
                room = ReadingRoom(connection, kept)
                scope = room.scope(derive(who))
                found = room.pages([(stream, 0) for stream in sorted(scope)], ALL)
                assert found.keys() == scope
                assert scope & both == {f"tech:{derive(who)}"}


def test_a_new_epoch_finds_nothing_of_the_old_one(engine: Engine) -> None:
    begin(engine)
    kept = Portions()
    put(engine, person("ann"))
    with reading(engine) as connection:
        asked_in = [len(asked(connection, kept, CATALOG, one)) for one in ("a", "a", "b", "b", "a")]
    assert asked_in == [1, 0, 1, 0, 1]


def portion(size: int, *places: int) -> Portion:
    """Rows of so many bytes at these places."""
    body = Raw(b"x" * size)
    return Portion([(place, Row("person", f"p{place}", body)) for place in places], places[-1])


def test_what_is_kept_stays_within_its_bytes_and_the_last_asked_for_stays() -> None:
    edition = ("epoch", 9, (0, 0), 0)
    kept = Portions(10_000)
    for number in range(100):
        kept.keep(f"wo:{number}", edition, 0, portion(1_000, 1, 2))
        assert kept.bytes <= 10_000
        assert number < 1 or kept.find("wo:0", edition, 0) is not None
    assert kept.find("wo:1", edition, 0) is None
    assert kept.find("wo:99", edition, 0) is not None
    kept.keep("wo:0", edition, 0, portion(1_000, 1, 2))
    kept.keep("catalog", edition, 0, portion(20_000, 1))
    assert (kept.bytes, kept.find("catalog", edition, 0)) == (0, None)


def test_of_a_stream_only_the_place_asked_for_last_is_kept() -> None:
    kept = Portions()
    old, new = ("epoch", 2, (0, 0), 0), ("epoch", 3, (1, 1), 0)
    kept.keep("wo:1", old, 0, portion(10, 1, 2))
    size = kept.bytes
    kept.keep("wo:1", new, 0, portion(10, 1, 3))
    assert kept.bytes == size
    assert kept.find("wo:1", old, 0) is None
    for other in (("other", *new[1:]), (*new[:2], (1, 2), 0), (*new[:3], 1)):
        assert kept.find("wo:1", other, 0) is None
    assert kept.find("wo:1", new, 0) is not None


def test_no_more_is_expected_of_a_stream_than_it_holds() -> None:
    head = Head(seq=100, sums=(0, 0), entries=7)
    assert [Place("wo:1", since, head).expected for since in (0, 95, 100, 110)] == [7, 5, 0, 0]

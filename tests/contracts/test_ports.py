"""Both ports keep one contract: in memory, on SQLite and on PostgreSQL the same week ends alike."""

from contextlib import suppress

import pytest
from msgspec import structs

from shared.feedback import Feedback
from shared.ops import SYSTEM
from sync.memory import MemoryPhone
from sync.ports import Entry, Standing, Unwritable, Wanted
from sync.protocol import WireOp
from tests.contracts.servers import BookServer, PhoneShelf
from tests.contracts.story import Told, tell
from tests.world import ANN, FILTER, SITE, VAN_ANN, MemoryServer, Server, World


class Interrupted(Exception):
    """Something went wrong half-way."""


@pytest.fixture(scope="module")
def plainest() -> Told:
    """The week as memory tells it."""
    return tell(World(MemoryServer()), MemoryPhone)


def test_the_same_week_ends_alike_on_sqlite(
    sqlite: BookServer, phones: PhoneShelf, plainest: Told
) -> None:
    """C21."""
    told = tell(World(sqlite), phones)
    for part, expected in plainest.items():
        assert told[part] == expected, part


def test_the_same_week_ends_alike_on_postgresql(
    postgres: BookServer, phones: PhoneShelf, plainest: Told
) -> None:
    told = tell(World(postgres), phones)
    for part, expected in plainest.items():
        assert told[part] == expected, part


def test_an_incarnation_is_known_as_it_was_left(server: Server) -> None:
    left = Standing(
        incarnation="a" * 32,
        device=ANN,
        n=3,
        nonce="x",
        nonce_before="w",
        vector={"catalog": 7},
        lseq_max=12,
        forked_from=None,
    )
    with server.writing() as authority:
        assert authority.standing(left.incarnation) is None
        authority.stand(left)
    with server.writing() as authority:
        assert authority.standing(left.incarnation) == left
    with server.reading() as library:
        assert library.standing(left.incarnation) == left


def test_a_savepoint_that_fails_leaves_nothing(server: Server) -> None:
    world = World(server)
    before = _heads(world)
    order = world.job(ANN)
    left = Standing(incarnation="b" * 32, device=ANN, n=1, nonce="x", nonce_before=None, vector={})
    with world.server.writing() as authority:
        with suppress(Interrupted), authority.savepoint():
            authority.stand(left)
            raise Interrupted
        assert authority.standing("b" * 32) is None
    assert order
    assert before != _heads(world)


def test_an_op_is_entered_once(server: Server) -> None:
    """C32."""
    world = World(server)
    entry = Entry(
        op_id=world.name(),
        fingerprint="f" * 64,
        body="{}",
        verdict="rejected",
        code="too_large",
        received=world.now_ms,
        done_at=world.now_ms,
    )
    with server.writing() as authority:
        state = authority.load(Wanted(aggregates=frozenset(), refs=frozenset()))
        authority.enter([entry], state)
        with pytest.raises(Unwritable), authority.savepoint():
            authority.enter([entry], state)
        assert authority.recall({entry.op_id})[entry.op_id].verdict == "rejected"
        assert authority.bodies({entry.op_id}) == {entry.op_id: "{}"}


def test_a_row_that_leaves_a_stream_and_goes_at_once_is_in_none(server: Server) -> None:
    world = World(server)
    world.job(ANN)
    with server.reading() as library:
        stream = next(one for one in sorted(library.scope(ANN)) if one.startswith("ticket:"))
    found = Feedback(
        id=world.name(),
        ticket_id=stream.removeprefix("ticket:"),
        kind="finding",
        means="in_person",
        by=ANN,
        at=world.now_ms,
        state="open",
    )
    nothing = Wanted(aggregates=frozenset(), refs=frozenset())

    def sums() -> object:
        with server.reading() as library:
            return library.heads({stream})[stream].sums

    before = sums()
    with server.writing() as authority:
        state = authority.load(nothing)
        kept = state.put(found)
        authority.enter([], state)
    assert sums() != before
    with server.writing() as authority:
        state = authority.load(nothing)
        state.know(kept)
        state.remove(state.put(structs.replace(found, kind="complaint")))
        authority.enter([], state)
    assert sums() == before


def test_a_login_is_one_persons_also_within_a_batch(server: Server) -> None:
    world = World(server)
    row = {"login": "ann", "name": "Ann", "roles": ["technician"]}
    new, third = world.name(), world.name()

    def put(who: str, **more: str) -> WireOp:
        return world.op("master.put", ("person", who), {"row": {**row, **more}}, by=SYSTEM)

    (taken,) = world.hand_in([put(new)])
    assert (taken.verdict, taken.code) == ("rejected", "already_exists")
    assert taken.detail == {"field": "args.row.login", "params": {"value": "ann"}}
    told = world.hand_in([put(ANN, login="anna"), put(new), put(third), put(third, login="x=y")])
    assert [(one.verdict, one.code) for one in told] == [
        ("applied", None),
        ("applied", None),
        ("rejected", "already_exists"),
        ("rejected", "wrong_value"),
    ]


def test_numbers_follow_each_other_without_end(server: Server) -> None:
    world = World(server)
    with server.writing() as authority:
        first = authority.numbers("work_order", 2, world.now_ms)
        second = authority.numbers("work_order", 1, world.now_ms)
    assert [*first, *second] == ["WO-26-000001", "WO-26-000002", "WO-26-000003"]


def test_pages_stop_at_the_size_asked_and_go_on_from_there(server: Server) -> None:
    world = World(server)
    with server.reading() as library:
        whole = library.pages([("catalog", 0)], 1_000_000)["catalog"]
        assert whole.complete
        cursor, rows = 0, []
        while True:
            piece = library.pages([("catalog", cursor)], 1)["catalog"]
            rows += piece.rows
            assert len(piece.rows) == 1
            cursor = piece.rows[-1][0]
            if piece.complete:
                break
        assert rows == whole.rows
        assert library.heads({"catalog"})["catalog"].seq == cursor
        assert world.now_ms


def test_a_stream_is_found_by_whoever_follows_it(server: Server) -> None:
    world = World(server)
    order = world.job(ANN)
    with server.reading() as library:
        scope = library.scope(ANN)
    assert {f"tech:{ANN}", "catalog", f"stock:{VAN_ANN}", f"wo:{order}", f"site:{SITE}"} <= scope
    assert FILTER not in scope


def _heads(world: World) -> object:
    with world.server.reading() as library:
        return library.heads({"catalog", f"tech:{ANN}"})

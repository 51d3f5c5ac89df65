"""A job begun on a phone, in memory, on SQLite and on PostgreSQL: in every order, and given up."""

from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import func, select

from server.tables import METADATA
from shared.ids import derive
from shared.kinds import REGISTRY
from shared.registry import Registry
from shared.tasks import Conflict, Task
from shared.visit import Visit
from shared.work_order import WorkOrder
from sync.ports import Outboxed, Replica
from sync.protocol import Request
from sync.session import Surroundings, converse
from tests.contracts.servers import BookServer, PhoneShelf
from tests.contracts.test_verbs import begun, rows
from tests.simulation.smuggling import smuggled
from tests.world import MemoryServer, Server, World

WITHOUT = Registry(
    [kind for kind in REGISTRY.kinds.values() if kind.name != "work_order.begin"],
    REGISTRY.absorbs,
)
HOUR = 3_600_000
GONE = derive("a job that nobody knows")
ORDERS = [(1, 2, 3, 0), (2, 3, 0, 1), (3, 2, 1, 0), (3, 0, 2, 1)]


def visited(world: World, phone: Replica, beside: str) -> str:
    """A job is begun beside another, and three things are said on it; returns its id."""
    said = {"beside": beside, "summary": "Bracket is loose", "service": "repair"}
    order = tap(world, phone, "work_order.begin", "", **said)
    tap(world, phone, "work_order.arrive", order)
    tap(world, phone, "note.add", order, text="Tightened", audience="internal")
    tap(world, phone, "work_order.start", order)
    return order


def tap(world: World, phone: Replica, kind: str, order: str, **args: Any) -> str:
    done = world.tap(phone, kind, ("work_order", order), args)
    assert isinstance(done, Outboxed), done
    return done.op_id


def asking(world: World, phone: Replica) -> Request:
    around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
    return next(converse(phone, around))


def verdicts(phone: Replica) -> list[tuple[str | None, str | None]]:
    return [(one.verdict, one.code) for one in phone.all_ops()]


@pytest.mark.parametrize("at_once", [True, False], ids=["all at once", "one by one"])
@pytest.mark.parametrize("arrival", ORDERS, ids=str)
def test_it_comes_to_the_same_in_every_order(
    server: Server, phones: PhoneShelf, arrival: tuple[int, ...], at_once: bool
) -> None:
    world, phone, beside = begun(server, phones)
    order = visited(world, phone, beside)
    whole = asking(world, phone)
    ops = [whole.ops[which] for which in arrival]
    for some in [ops] if at_once else [[one] for one in ops]:
        world.serve(phone, structs.replace(whole, ops=some))
    world.sync(phone)
    world.sync(phone)
    assert verdicts(phone) == [("applied", None)] * 4
    (kept,) = rows(world, WorkOrder, f"wo:{order}")
    assert (kept.status, kept.number, kept.beside_id) == ("working", "WO-26-000002", beside)
    assert phone.unsettled_on({("work_order", order)}) == []


@pytest.mark.parametrize("at_once", [True, False], ids=["all at once", "one by one"])
@pytest.mark.parametrize("arrival", ORDERS, ids=str)
def test_it_is_dated_when_it_was_done_and_has_a_leaf_for_each_verdict_in_every_order(
    server: Server, phones: PhoneShelf, arrival: tuple[int, ...], at_once: bool
) -> None:
    """Also what came before its beginning, and goes on in the very push that it came with."""
    world, phone, beside = begun(server, phones)
    world.sync(phone)
    order = visited(world, phone, beside)
    done = world.now_ms
    world.tick(HOUR)
    whole = asking(world, phone)
    ops = [whole.ops[which] for which in arrival]
    before = leaves(server)
    for some in [ops] if at_once else [[one] for one in ops]:
        world.serve(phone, structs.replace(whole, ops=some))
    with server.writing() as authority:
        kept = authority.recall({one.id for one in whole.ops})
    assert leaves(server) - before == sum(op.n for op in kept.values())
    assert all(abs(op.done_at - done) < HOUR // 2 for op in kept.values())
    (visit,) = rows(world, Visit, f"wo:{order}")
    assert abs((visit.attendance[0].arrived_at or 0) - done) < HOUR // 2


def test_what_waited_and_came_to_nothing_in_one_push_has_a_leaf_for_each_verdict(
    server: Server, phones: PhoneShelf
) -> None:
    """The last of a push waits behind what the push itself settles."""
    world, phone, beside = begun(server, phones)
    world.sync(phone)
    for order in (beside, GONE, GONE):
        smuggled(world, phone, order, ("note.add", b'{"text":"x","audience":"internal"}'))
    whole = asking(world, phone)
    before = leaves(server)
    for some in (whole.ops[1:2], [whole.ops[0], whole.ops[2]]):
        world.serve(phone, structs.replace(whole, ops=some))
    with server.writing() as authority:
        kept = authority.recall({one.id for one in whole.ops})
    told = [(kept[one.id].verdict, kept[one.id].n) for one in whole.ops]
    assert told == [("applied", 1), ("rejected", 2), ("rejected", 1)]
    assert leaves(server) - before == 4


def leaves(server: Server) -> int:
    """How many verdicts have been written into the audit log."""
    if isinstance(server, MemoryServer):
        return len(server.books.pages.leaves)
    assert isinstance(server, BookServer)
    with server.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(METADATA.tables["leaf"])) or 0


@pytest.mark.parametrize("before", range(4))
def test_given_up_its_facts_are_kept_and_its_steps_are_conflicts(
    server: Server, phones: PhoneShelf, before: int
) -> None:
    """However much of it comes only afterwards."""
    world, phone, beside = begun(server, phones)
    order = visited(world, phone, beside)
    whole = asking(world, phone)
    world.server_registry = WITHOUT
    world.serve(phone, structs.replace(whole, ops=whole.ops[: 1 + before]))
    world.server_registry = REGISTRY
    said = {"of": order, "reason": "by mistake"}
    world.must(world.office("op.discard", ("op", order), said))
    world.sync(phone)
    world.sync(phone)
    applied, conflict = ("applied", None), ("conflict", "orphan")
    assert verdicts(phone) == [("rejected", "discarded"), applied, applied, conflict]
    (stub,) = rows(world, WorkOrder, f"wo:{order}")
    assert (stub.orphan, stub.number) == (True, "WO-26-000002")
    assert [one.code for one in rows(world, Task, f"wo:{order}")] == ["orphan"]
    assert [one.rule for one in rows(world, Conflict, f"wo:{order}")] == ["orphan"]


def test_two_called_the_same_are_found_out(server: Server, phones: PhoneShelf) -> None:
    world, phone, beside = begun(server, phones)
    first = visited(world, phone, beside)
    world.sync(phone)
    with phone.transaction():
        phone.identify(structs.replace(phone.identity(), begun=0))
    second = visited(world, phone, beside)
    world.sync(phone)
    one, other = (rows(world, WorkOrder, f"wo:{which}")[0] for which in (first, second))
    assert one.provisional == other.provisional
    assert [task.code for task in rows(world, Task, f"wo:{second}")] == ["alias_twice"]

"""No statement per op: a push of two hundred ops costs as many as one of twenty."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Engine, event

from shared.ids import derive
from sync.ports import Outboxed, Replica
from sync.protocol import OPS_PER_PUSH_MAX
from tests.contracts.servers import BookServer
from tests.world import ANN, FILTER, VAN_ANN, World

OPS_PER_JOB = 10


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is said to a database meanwhile; one statement for many rows is one."""
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def work(world: World, phone: Replica, order: str) -> None:
    """Ten acts on a job, of every class."""
    world.taps(phone, order, "accept", "arrive", "start")
    on = ("work_order", order)
    used = {"part": FILTER, "location": VAN_ANN, "quantity": "0.1"}
    for number in range(OPS_PER_JOB - 9):
        world.tap(phone, "note.add", on, {"text": f"Note {number}", "audience": "internal"})
    world.tap(phone, "work_order.see", on)
    world.tap(phone, "parts.plan", on, {"part": FILTER, "quantity": "1"})
    booked = world.tap(phone, "parts.use", on, used)
    assert isinstance(booked, Outboxed)
    world.tap(phone, "parts.return", on, {"use": derive(booked.op_id, "part")})
    world.tap(phone, "edit", on, {"fields": {"job_note": ["", "Behind the door"]}})
    world.taps(phone, order, "complete")


def test_a_push_costs_the_same_number_of_statements_whatever_its_size(database_url: str) -> None:
    with closing(BookServer(database_url)) as server:
        world = World(server)
        counts: dict[int, int] = {}
        for size in (OPS_PER_JOB * 2, OPS_PER_PUSH_MAX):
            orders = [world.job(ANN) for _ in range(size // OPS_PER_JOB)]
            phone = world.phone(ANN)
            world.sync(phone)
            for order in orders:
                work(world, phone, order)
            with statements(server.engine) as said:
                summary = world.sync(phone, ops_only=True)
            assert (summary.rounds, summary.verdicts) == (1, {"applied": size})
            counts[size] = len(said)
    assert len(set(counts.values())) == 1, counts
    assert max(counts.values()) < OPS_PER_PUSH_MAX / 2

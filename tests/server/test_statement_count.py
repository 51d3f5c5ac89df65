"""No statement per op: a push of two hundred ops costs as many as one of twenty."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Engine, event

from shared.ids import derive
from sync.ports import Outboxed, Replica
from sync.protocol import OPS_PER_PUSH_MAX
from tests.contracts.servers import BookServer
from tests.proof import picture, sign
from tests.world import ANN, FILTER, VAN_ANN, World

OPS_PER_JOB = 10
# Of a push with acts of every class, and the answer to it; some are said for each table written.
STATEMENTS_MAX = {"sqlite": 37, "postgresql": 20}
AROUND = {"BEGIN", "PRAGMA"}  # what is said around questions


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
        for jobs in (2, OPS_PER_PUSH_MAX // OPS_PER_JOB):
            orders, size = [world.job(ANN) for _ in range(jobs)], jobs * OPS_PER_JOB
            phone = world.phone(ANN)
            world.sync(phone)
            for order in orders:
                work(world, phone, order)
            with statements(server.engine) as said:
                summary = world.sync(phone, ops_only=True)
            assert (summary.rounds, summary.verdicts) == (1, {"applied": size})
            counts[size] = len(said)
    assert len(set(counts.values())) == 1, counts
    assert max(counts.values()) <= STATEMENTS_MAX[server.engine.dialect.name], counts


def test_an_exchange_without_news_asks_little_and_writes_nothing(database_url: str) -> None:
    with closing(BookServer(database_url)) as server:
        world = World(server)
        world.job(ANN)
        phone = world.phone(ANN)
        for _ in range(2):  # the second tells what the first one brought
            world.sync(phone)
        with statements(server.engine) as said:
            world.sync(phone)
    acts = [one.split()[0] for one in said if one.split()[0] not in AROUND]
    # The incarnation, where the server stands (once for either half), and the scope with its heads.
    assert acts == ["SELECT"] * 4, said


def test_what_was_signed_is_not_read_again_by_what_is_done_afterwards(database_url: str) -> None:
    """A sign-off is small and is asked for with its job; document and ink are long and are not."""
    with closing(BookServer(database_url)) as server:
        world = World(server)
        order, phone = world.job(ANN), world.phone(ANN)
        world.sync(phone)
        world.taps(phone, order, "accept", "depart", "arrive", "start", "complete")
        assert isinstance(sign(world, phone, order), Outboxed)
        world.sync(phone)
        later = world.tap(phone, "photo.add", ("work_order", order), picture("later"))
        assert isinstance(later, Outboxed)
        with statements(server.engine) as said:
            world.sync(phone, ops_only=True)
    asked = [re.findall(r"FROM (sign_off|signed_document)\b", one) for one in said]
    assert [name for names in asked for name in names] == ["sign_off"]

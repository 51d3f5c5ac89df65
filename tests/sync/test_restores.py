"""Disks that go back in time: a restored server, a restored phone, and a phone that is two."""

from sync.memory import MemoryPhone
from sync.memory.books import copied as books_copied
from sync.memory.phone import copied
from sync.ports import Outboxed
from tests.world import ANN, MemoryServer, World


def note(world: World, phone: MemoryPhone, order: str, text: str) -> Outboxed:
    said = {"text": text, "audience": "internal"}
    done = world.tap(phone, "note.add", ("work_order", order), said)
    assert isinstance(done, Outboxed)
    return done


def begun() -> tuple[World, MemoryServer, MemoryPhone, str]:
    world = World()
    assert isinstance(world.server, MemoryServer)
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    return world, world.server, phone, order


def put_back(server: MemoryServer, backup: object) -> None:
    """Nobody is told: the database is simply the one of yesterday."""
    epoch = server.books.epoch
    server.books.pages = books_copied(backup)  # type: ignore[arg-type]
    server.books.pages.epoch = epoch


def test_a_server_that_was_silently_put_back_is_found_out_and_gets_everything_again() -> None:
    """C66, S1."""
    world, server, phone, order = begun()
    world.sync(phone)
    backup = books_copied(server.books.pages)
    op = note(world, phone, order, "after the backup")
    world.sync(phone)
    put_back(server, backup)
    before = server.books.epoch
    world.sync(phone)
    assert server.books.epoch != before
    assert server.books.pages.ops[op.op_id].verdict == "applied"


def test_it_is_found_out_even_when_the_first_answer_was_lost() -> None:
    """C66: the retry carries a new op under the old token; it must not go unnoticed."""
    world, server, phone, order = begun()
    world.sync(phone)
    request_before = phone.identity().token
    note(world, phone, order, "the answer to this one is lost")
    world.sync(phone, ["no reply"] * 6)
    assert phone.identity().token == request_before
    backup = books_copied(server.books.pages)
    op = note(world, phone, order, "new, under the same old token")
    world.sync(phone)
    put_back(server, backup)
    world.sync(phone)
    assert server.books.pages.ops[op.op_id].verdict == "applied"


def test_it_is_found_out_even_on_first_contact() -> None:
    """S1."""
    world, server, phone, order = begun()
    world.sync(phone, ["no reply"] * 6)
    assert phone.identity().token is None
    backup = books_copied(server.books.pages)
    other = world.phone(ANN)
    assert isinstance(other, MemoryPhone)
    world.sync(other)
    phone.disk.base = other.disk.base.copy()  # it knows the job from elsewhere
    op = note(world, phone, order, "on the second first contact")
    world.sync(phone)
    put_back(server, backup)
    world.sync(phone)
    assert server.books.pages.ops[op.op_id].verdict == "applied"


def test_two_living_copies_of_one_phone_lose_nothing_and_part_ways() -> None:
    """S11."""
    world, server, phone, order = begun()
    world.sync(phone)
    twin = MemoryPhone(phone.identity())
    twin.disk = copied(phone.disk)
    world.callers[id(twin)] = world.callers[id(phone)]
    ops = []
    forks = 0
    for round_ in range(4):
        for one in (phone, twin):
            ops.append(note(world, one, order, f"round {round_}").op_id)
            forks += world.sync(one).forked
    assert forks == 1
    assert phone.identity().incarnation != twin.identity().incarnation
    assert {op: server.books.pages.ops[op].verdict for op in ops} == dict.fromkeys(ops, "applied")
    for one in (phone, twin):
        assert world.sync(one).checksum_ok
        assert one.outgoing(1, 1) == []

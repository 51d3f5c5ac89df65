"""Disks that go back in time: a restored server, a restored phone, and a phone that is two."""

from sync.memory import MemoryPhone
from sync.memory.books import copied as books_copied
from sync.memory.phone import copied
from sync.ports import Outboxed
from sync.shelf import OTHER, File
from sync.transfer import Around, Create, Pace, Reached, transfer
from tests.world import ANN, MemoryServer, World

PICTURE = "a" * 64
PICTURE_BYTES = 900


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


def file_waits(phone: MemoryPhone, order: str) -> None:
    on = ("work_order", order)
    with phone.transaction():
        phone.hold([File(sha256=PICTURE, size=PICTURE_BYTES, rank=OTHER, on=on, recorded=1)])


def file_arrives(server: MemoryServer, phone: MemoryPhone) -> None:
    """All of it, by the lane of the files, which has no tokens."""
    lane = transfer(phone, Around(ops_wait=lambda: False), Pace())
    assert next(lane) == Create(PICTURE, PICTURE_BYTES, PICTURE_BYTES)
    server.books.stored.add(PICTURE)
    try:
        lane.send(Reached(offset=PICTURE_BYTES, upload="/evidence/1"))
    except StopIteration:
        return
    raise AssertionError("there was one file")


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


def test_a_file_that_came_just_before_a_silent_restore_is_sent_again() -> None:
    """C66: nobody spoke between the file and the restore, so that no token can prove it."""
    world, server, phone, order = begun()
    file_waits(phone, order)
    world.sync(phone)
    world.sync(phone)
    backup = books_copied(server.books.pages)
    file_arrives(server, phone)
    put_back(server, backup)
    server.books.stored.clear()
    world.sync(phone)
    file = phone.disk.files[PICTURE]
    assert (file.state, file.safe_by) == ("waiting", None)


def test_a_file_that_the_server_confirmed_before_a_silent_restore_is_sent_again() -> None:
    """C66: there was no news but the question about the file."""
    world, server, phone, order = begun()
    file_waits(phone, order)
    world.sync(phone)
    world.sync(phone)
    backup = books_copied(server.books.pages)
    file_arrives(server, phone)
    world.sync(phone)
    file = phone.disk.files[PICTURE]
    assert (file.state, file.safe_by) == ("safe", world.now_ms)
    put_back(server, backup)
    server.books.stored.clear()
    world.sync(phone)
    assert phone.disk.files[PICTURE].state == "waiting"


def test_a_file_is_not_confirmed_under_a_token_whose_answer_was_lost() -> None:
    """C66: a repeated request gets the same token again, and that would not prove the file."""
    world, server, phone, order = begun()
    file_waits(phone, order)
    world.sync(phone)
    note(world, phone, order, "the answer to this one is lost")
    world.sync(phone, ["no reply"] * 6)
    backup = books_copied(server.books.pages)
    file_arrives(server, phone)
    world.sync(phone)
    assert phone.disk.files[PICTURE].state == "safe"
    put_back(server, backup)
    server.books.stored.clear()
    world.sync(phone)
    assert phone.disk.files[PICTURE].state == "waiting"


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

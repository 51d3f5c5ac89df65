"""Whose a job is: two who share one, a team from whom it is taken, and joining on a bad line."""

from collections import Counter

from msgspec import structs

from shared.checklist import Reading
from shared.records import Record
from shared.tasks import Conflict
from shared.visit import Visit
from shared.work_order import WorkOrder
from sync.exchange import Caller
from sync.memory import MemoryPhone
from sync.ports import Outboxed
from sync.prints import Doubted
from sync.protocol import Reply
from tests.world import ANN, BOB, CHECKLIST, MemoryServer, World


def shared_job() -> tuple[World, MemoryServer, tuple[MemoryPhone, MemoryPhone], str]:
    """Ann leads and Bob helps; both have the job on their phones."""
    world = World()
    order = world.job(ANN, BOB, checklist=CHECKLIST)
    phones = (world.phone(ANN), world.phone(BOB))
    for phone in phones:
        world.sync(phone)
    assert isinstance(world.server, MemoryServer)
    assert isinstance(phones[0], MemoryPhone)
    assert isinstance(phones[1], MemoryPhone)
    return world, world.server, (phones[0], phones[1]), order


def kept(server: MemoryServer, kind: type[Record]) -> list[Record]:
    return [row for row in server.books.pages.rows.values() if isinstance(row, kind)]


def answer(world: World, phone: MemoryPhone, order: str, item: str, value: str) -> None:
    said = {"item": item, "value": value}
    assert isinstance(world.tap(phone, "checklist.answer", ("work_order", order), said), Outboxed)


def test_two_on_one_job_have_lines_of_their_own_and_one_checklist() -> None:
    world, server, (ann, bob), order = shared_job()
    world.taps(ann, order, "accept", "depart", "arrive", "start")
    world.taps(bob, order, "accept", "depart", "arrive")
    answer(world, ann, order, "leaks", "pass")
    answer(world, bob, order, "pressure", "1.25")
    for phone in (ann, bob, ann):
        assert "rejected" not in world.sync(phone).verdicts
    attendance = [
        (one.person_id, one.departed_at is not None, one.arrived_at is not None)
        for visit in kept(server, Visit)
        if isinstance(visit, Visit)
        for one in visit.attendance
    ]
    assert sorted(attendance) == sorted([(ANN, True, True), (BOB, True, True)])
    for phone in (ann, bob):
        shown = {one.item: one.person_id for one in phone.living(("work_order", order), Reading)}
        assert shown == {"leaks": ANN, "pressure": BOB}
    assert kept(server, Conflict) == []


def test_a_whole_team_is_taken_off_in_the_middle_and_nothing_of_theirs_is_lost() -> None:
    world, server, phones, order = shared_job()
    for phone in phones:
        world.taps(phone, order, "accept", "depart", "arrive")
    answer(world, phones[0], order, "leaks", "pass")
    answer(world, phones[1], order, "pressure", "1.25")
    world.must(world.office("work_order.unassign", ("work_order", order), {}))
    for phone in phones:
        told = Counter(world.sync(phone).verdicts)
        assert told == {"conflict": 1, "applied": 3}  # the steps of accepting; facts are kept
        flags = {flag.code for one in phone.all_ops() for flag in one.flags}
        assert "by_former_assignee" in flags
        assert f"wo:{order}" not in phone.marks()
        assert all(one.verdict is not None for one in phone.all_ops())
    readings = [
        (one.item, one.person_id) for one in kept(server, Reading) if isinstance(one, Reading)
    ]
    assert sorted(readings) == sorted([("leaks", ANN), ("pressure", BOB)])
    job = server.books.pages.rows[(WorkOrder, order)]
    assert isinstance(job, WorkOrder)
    assert job.status == "created"


def test_whoever_lost_a_job_is_sent_nothing_of_it_from_then_on() -> None:
    """S15: also where the phone says that it follows it, doubts it, or reads everything anew."""
    world, server, (ann, bob), order = shared_job()
    said = {"person": ANN, "reason": "ill"}
    world.must(world.office("work_order.unassign", ("work_order", order), said))
    told = {"text": "the key is under the mat", "audience": "internal"}
    world.must(world.office("note.add", ("work_order", order), told))
    sent: list[tuple[str, str]] = []

    def hear(caller: Caller, reply: Reply) -> None:
        assert reply.differences is None or reply.differences.stream != f"wo:{order}"
        sent.extend((caller.person, page.stream) for page in reply.streams)

    world.answered = hear
    care = structs.replace(ann.identity().care, doubts={f"wo:{order}": Doubted(found=1)})
    ann.identify(structs.replace(ann.identity(), care=care))
    for phone in (ann, bob):
        world.sync(phone)
    assert {person for person, stream in sent if stream == f"wo:{order}"} == {BOB}
    server.renew()  # everything is read anew
    for phone in (ann, bob):
        world.sync(phone)
    assert {person for person, stream in sent if stream == f"wo:{order}"} == {BOB}
    assert f"wo:{order}" not in ann.marks()


def rows_until_joined(world: World, phone: MemoryPhone) -> int:
    """How many rows came until a conversation ended, on a line that gives up all the time."""
    rows = 0
    for _ in range(200):
        summary = world.sync(phone, ["ok", "no reply", "no request", "no request"], want_bytes=1)
        rows += summary.pulled_rows
        if not summary.timed_out:
            return rows
    raise AssertionError("it never came to an end")


def test_what_is_joined_comes_page_by_page_through_every_timeout_and_goes_on_where_it_was() -> None:
    world = World()
    for _ in range(3):
        world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    assert isinstance(world.server, MemoryServer)
    rows = rows_until_joined(world, phone)
    wanted = world.server.books.scope(ANN) & world.server.books.pages.heads.keys()
    assert phone.marks().keys() == wanted
    feed = world.server.books.pages.feed
    held = sum(one.body is not None for stream in wanted for one in feed[stream].values())
    assert rows == held  # what was there already is not read again

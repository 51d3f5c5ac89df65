"""What happened to users of other offline apps, tried here on a phone and a server in memory."""

from itertools import permutations

import msgspec
import pytest
from msgspec import structs

from shared.clock import At
from shared.ids import fingerprint
from shared.ops import Op, encode
from shared.parts import Balance, balance_id
from shared.site import Site
from shared.tasks import Conflict
from shared.work_order import Assignment, WorkOrder
from sync.memory import MemoryPhone
from sync.memory.phone import copied
from sync.ports import Outboxed, Replica
from sync.protocol import Request, WireOp
from sync.session import Surroundings, converse
from tests.world import ANN, BOB, FILTER, SITE, START_MS, VAN_ANN, MemoryServer, World

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
KNOWN = "13800005678"


def begun(*people: str) -> tuple[World, MemoryServer, MemoryPhone, str]:
    """Ann's phone in step with a server, with one job on it."""
    world = World()
    order = world.job(*(people or (ANN,)))
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    assert isinstance(world.server, MemoryServer)
    world.sync(phone)
    return world, world.server, phone, order


def note(world: World, phone: MemoryPhone, order: str, text: str) -> Outboxed:
    said = {"text": text, "audience": "internal"}
    done = world.tap(phone, "note.add", ("work_order", order), said)
    assert isinstance(done, Outboxed)
    return done


def slip_in(world: World, phone: MemoryPhone, order: str) -> Outboxed:
    """A note without words, as only a faulty app would hand it in."""
    op = Op(
        id=world.name(),
        kind="note.add",
        v=1,
        on=("work_order", order),
        by=ANN,
        origin="device",
        at=world.clock(phone),
        salt="3" * 32,
        args=msgspec.Raw(b'{"text":"","audience":"internal"}'),
    )
    body = encode(op)
    entry = Outboxed(
        lseq=phone.next_lseq(),
        op_id=op.id,
        fingerprint=fingerprint(body),
        body=body,
        kind=op.kind,
        on=op.on,
        by=op.by,
        recorded=world.now_ms,
        incarnation=phone.identity().incarnation,
    )
    phone.append(entry)
    return entry


def asking(world: World, phone: MemoryPhone) -> Request:
    """What the phone would send now."""
    around = Surroundings(now=lambda: world.clock(phone), name=world.random_name, app="test")
    return next(converse(phone, around))


def only(request: Request, op: WireOp) -> Request:
    return structs.replace(request, ops=[op])


def conflicts(server: MemoryServer) -> list[Conflict]:
    return [row for row in server.books.pages.rows.values() if isinstance(row, Conflict)]


def job_of(server: MemoryServer, order: str) -> WorkOrder:
    row = server.books.pages.rows[(WorkOrder, order)]
    assert isinstance(row, WorkOrder)
    return row


def filters_of(server: MemoryServer) -> int:
    """How many thousandths of a filter lie in Ann's van."""
    row = server.books.pages.rows[(Balance, balance_id(VAN_ANN, FILTER))]
    assert isinstance(row, Balance)
    return row.amount


def test_one_wrong_act_among_four_hundred_is_named_and_keeps_none_of_them() -> None:
    """C01, C05."""
    world, _, phone, order = begun()
    for number in range(200):
        note(world, phone, order, f"before {number}")
    wrong = slip_in(world, phone, order)
    for number in range(200):
        note(world, phone, order, f"after {number}")
    assert world.sync(phone).verdicts == {"applied": 400, "rejected": 1}
    (told,) = [one for one in phone.all_ops() if one.verdict != "applied"]
    assert (told.op_id, told.kind, told.code) == (wrong.op_id, "note.add", "out_of_range")
    assert told.detail["field"] == "args.text"


def test_what_was_refused_for_good_is_not_sent_again() -> None:
    """C07."""
    world, _, phone, order = begun()
    slip_in(world, phone, order)
    assert world.sync(phone).verdicts == {"rejected": 1}
    for _ in range(3):
        assert asking(world, phone).ops == []
        assert world.sync(phone).pushed == 0
    assert len(phone.all_ops()) == 1


def test_what_arrives_a_second_time_has_its_first_answer() -> None:
    """C21, C35, C37."""
    world, server, phone, order = begun()
    use = {"part": FILTER, "location": VAN_ANN, "quantity": "2"}
    world.tap(phone, "parts.use", ("work_order", order), use)
    note(world, phone, order, "once")
    request = asking(world, phone)
    first = world.serve(phone, request).results
    heads = dict(server.books.pages.heads)
    for _ in range(5):
        assert world.serve(phone, request).results == first
    assert server.books.pages.heads == heads  # no row got another place, or another version
    assert {one.verdict for one in first} == {"applied"}
    assert filters_of(server) == 8_000
    assert not world.sync(phone).forked


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(3))), ids=str)
def test_in_whatever_order_old_requests_arrive_again_the_last_word_stands(
    order_of_arrival: tuple[int, int, int],
) -> None:
    """C54."""
    world, server, phone, order = begun()
    sent: list[Request] = []
    for seen, said in ((KNOWN, "111"), ("111", "222"), ("222", "333")):
        edit = {"fields": {"contact_phone": [seen, said]}, "work_order": order}
        world.tap(phone, "edit", ("site", SITE), edit)
        sent.append(asking(world, phone))
        assert world.sync(phone).verdicts == {"applied": 1}
    for which in order_of_arrival:
        world.serve(phone, sent[which])
    assert not world.sync(phone).forked
    site = server.books.pages.rows[(Site, SITE)]
    assert isinstance(site, Site)
    assert site.contact_phone == "333"
    assert conflicts(server) == []
    assert phone.shown(base=False)[(Site, SITE)] == site


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(3))), ids=str)
def test_acts_of_one_job_that_overtake_each_other_are_each_entered_once(
    order_of_arrival: tuple[int, int, int],
) -> None:
    """C54: nobody waits for a gap, and what fills it is neither ignored nor entered twice."""
    world, server, phone, order = begun()
    use = {"part": FILTER, "location": VAN_ANN, "quantity": "1"}
    for _ in range(3):
        world.tap(phone, "parts.use", ("work_order", order), use)
    whole = asking(world, phone)
    for which in order_of_arrival:
        (result,) = world.serve(phone, only(whole, whole.ops[which])).results
        assert result.verdict == "applied"
    assert filters_of(server) == 7_000
    assert world.sync(phone).verdicts == {"applied": 3}
    assert filters_of(server) == 7_000


def test_a_step_that_came_too_late_is_not_taken_when_the_job_comes_back() -> None:
    """C48."""
    world, server, phone, order = begun()
    on = ("work_order", order)
    world.taps(phone, order, "accept", "depart")
    world.must(world.office("work_order.reassign", on, {"person": BOB}))
    assert world.sync(phone).verdicts == {"conflict": 1, "applied": 1}
    assert job_of(server, order).status == "assigned"
    world.must(world.office("work_order.reassign", on, {"person": ANN}))
    for _ in range(3):
        world.sync(phone)
    assert job_of(server, order).status == "assigned"
    world.taps(phone, order, "accept")
    world.sync(phone)
    assert job_of(server, order).status == "accepted"


def test_a_hundred_conflicts_are_settled_one_by_one_and_none_is_left() -> None:
    """C52."""
    world, server, phone, _ = begun()
    orders = [world.job(ANN) for _ in range(100)]
    world.sync(phone)
    for order in orders:
        on = ("work_order", order)
        world.must(world.office("edit", on, {"fields": {"priority": ["normal", "urgent"]}}))
        world.tap(phone, "edit", on, {"fields": {"priority": ["normal", "low"]}})
    assert world.sync(phone).verdicts == {"conflict": 100}
    opened = conflicts(server)
    assert len(opened) == 100
    for index, one in enumerate(opened):
        choice = "swap" if index % 2 else "keep"
        settle = {"conflict": one.id, "choice": choice}
        world.must(world.office("conflict.settle", (one.home_noun, one.home_id), settle))
    assert [one for one in conflicts(server) if one.settled_at is None] == []
    assert world.sync(phone).checksum_ok
    stands = sorted(job_of(server, order).priority for order in orders)
    assert stands == ["low"] * 50 + ["urgent"] * 50


def test_an_open_conflict_outlives_later_conversations_and_a_kill() -> None:
    """C27."""
    world, server, phone, order = begun()
    office = {"fields": {"contact_phone": [KNOWN, "111"]}}
    world.must(world.office("edit", ("site", SITE), office))
    said = {"fields": {"contact_phone": [KNOWN, "222"]}, "work_order": order}
    world.tap(phone, "edit", ("site", SITE), said)
    world.sync(phone)
    (before,) = conflicts(server)
    for number in range(3):
        note(world, phone, order, f"later {number}")
        assert world.sync(phone).verdicts == {"applied": 1}
    again = MemoryPhone(phone.identity())
    again.disk = copied(phone.disk)
    world.callers[id(again)] = world.callers[id(phone)]
    world.sync(again)
    assert conflicts(server) == [before]
    assert again.shown(base=False)[(Conflict, before.id)] == before


def test_a_phone_that_was_away_for_months_brings_nothing_back_that_is_gone() -> None:
    """C55."""
    world, server, phone, order = begun()
    gone = [world.job(ANN) for _ in range(60)]
    world.sync(phone)
    note(world, phone, order, "written before the long silence")
    for one in gone:
        on = ("work_order", one)
        world.must(world.office("work_order.reassign", on, {"person": BOB}))
    world.tick(400 * DAY_MS)
    assert world.sync(phone).verdicts == {"applied": 1}
    world.sync(phone)
    shown = {key[1] for key in phone.shown(base=False) if key[0] is WorkOrder}
    assert shown == {order}
    rows = server.books.pages.rows.values()
    held = [row for row in rows if isinstance(row, Assignment) and row.until_ms is None]
    whose = {row.work_order_id: row.person_id for row in held}
    assert whose == {order: ANN, **dict.fromkeys(gone, BOB)}


WRONG_BY = {
    "an hour behind": -HOUR_MS,
    "an hour ahead": HOUR_MS,
    "a day behind": -DAY_MS,
    "a day ahead": DAY_MS,
    "in 1970": -1_795_000_000_000,
    "ten years ahead": 3_650 * DAY_MS,
}


@pytest.mark.parametrize("wrong", WRONG_BY.values(), ids=WRONG_BY.keys())
@pytest.mark.parametrize("writer", ["office", "field"])
def test_no_clock_wins_or_loses_an_edit(wrong: int, writer: str) -> None:
    """C57, C58: who wrote last, and by which clock, changes nothing about whose word counts."""
    world, server, phone, order = begun()
    world.clock_error_ms[id(phone)] = wrong
    office = {"fields": {"contact_phone": [KNOWN, "111"]}}
    field = {"fields": {"contact_phone": [KNOWN, "222"]}, "work_order": order}
    if writer == "office":
        world.tap(phone, "edit", ("site", SITE), field)
        world.must(world.office("edit", ("site", SITE), office))
    else:
        world.must(world.office("edit", ("site", SITE), office))
        world.tap(phone, "edit", ("site", SITE), field)
    assert world.sync(phone).verdicts == {"conflict": 1}
    site = server.books.pages.rows[(Site, SITE)]
    assert isinstance(site, Site)
    assert site.contact_phone == "222"
    (conflict,) = conflicts(server)
    assert [loser.value for loser in conflict.losers] == ["111"]


class Restarting(World):
    """Phones that are switched off and on again, and may not know the date then."""

    boots = 1

    def restart(self, phone: MemoryPhone, wrong: int = 0) -> None:
        self.boots += 1
        self.clock_error_ms[id(phone)] = wrong

    def clock(self, phone: Replica) -> At:
        return structs.replace(super().clock(phone), boot=f"boot-{self.boots}")


@pytest.mark.parametrize("is_genuine", [True, False])
def test_what_is_done_in_1970_was_done_after_the_last_answer_where_that_is_proven(
    *, is_genuine: bool
) -> None:
    """C57, S4: a flat battery loses the date; what the server sealed into its answer is kept."""
    world = Restarting()
    order = world.job(ANN)
    phone = world.phone(ANN)
    assert isinstance(phone, MemoryPhone)
    assert isinstance(world.server, MemoryServer)
    world.sync(phone)
    stamp = phone.identity().stamp
    assert stamp is not None
    if not is_genuine:
        stamp = structs.replace(stamp, server_ms=stamp.server_ms + DAY_MS)
        phone.identify(structs.replace(phone.identity(), stamp=stamp))
    world.restart(phone, wrong=-START_MS)
    done = note(world, phone, order, "the battery was flat")
    assert done.recorded == stamp.server_ms
    world.tick(2 * DAY_MS)
    world.restart(phone)
    assert world.sync(phone).verdicts == {"applied": 1}
    known = world.server.books.pages.ops[done.op_id]
    assert {flag.code for flag in known.flags} == {
        "clock_uncertain",
        *(() if is_genuine else ("no_evidence",)),
    }
    assert (known.done_at == stamp.server_ms) == is_genuine
    assert (known.done_at < DAY_MS) == (not is_genuine)


def test_a_clock_that_is_set_in_the_middle_of_a_job_stops_nothing() -> None:
    """C57."""
    world, server, phone, order = begun()
    for wrong, verb in zip(
        (0, 3_650 * DAY_MS, -1_795_000_000_000, -HOUR_MS, DAY_MS),
        ("accept", "depart", "arrive", "start", "complete"),
        strict=True,
    ):
        world.clock_error_ms[id(phone)] = wrong
        world.taps(phone, order, verb)
    assert world.sync(phone).verdicts == {"applied": 5}
    assert job_of(server, order).status == "done"

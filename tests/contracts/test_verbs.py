"""What a verb reaches is there before it is judged: in memory, on SQLite and on PostgreSQL."""

from typing import Any, TypeVar

from shared.calendars import COMPANY, WorkingCalendar
from shared.ids import derive
from shared.kinds import read_row
from shared.ops import SYSTEM
from shared.parts import Balance, PartUse, PlannedPart
from shared.people import Subscription
from shared.policy import CHOICE, PolicyChoice, ServicePolicy
from shared.prices import Contract
from shared.provision import OrderedPart
from shared.records import Record, table
from shared.serials import SerialClaim
from shared.site import Asset, Site
from shared.tasks import Conflict, Task
from shared.work_order import Assignment, WorkOrder
from sync.ports import Outboxed, Replica
from tests.contracts.servers import PhoneShelf
from tests.golden.messages import ARGS
from tests.world import (
    ANN,
    ASSET,
    BOARD,
    BOB,
    CUSTOMER,
    DORA,
    FILTER,
    SITE,
    VAN_ANN,
    VAN_BOB,
    WEN,
    Server,
    World,
)

R = TypeVar("R", bound=Record)


def rows(world: World, kind: type[R], stream: str) -> list[R]:
    """The rows of a type that a stream holds, as the server sends them."""
    with world.server.reading() as library:
        piece = library.pages([(stream, 0)], 10_000_000)[stream]
    sent = [(row.table, row.data) for _, row in piece.rows if row.table == table(kind)]
    found = [read_row(name, data) for name, data in sent if data is not None]
    return [row for row in found if isinstance(row, kind)]


def begun(server: Server, phones: PhoneShelf) -> tuple[World, Replica, str]:
    world = World(server)
    order = world.job(ANN)
    phone = world.phone(ANN, phones)
    world.sync(phone)
    return world, phone, order


def said(world: World, phone: Replica, kind: str, order: str, **args: Any) -> str:
    """An act on a job that the phone takes; returns its op's id."""
    done = world.tap(phone, kind, ("work_order", order), args)
    assert isinstance(done, Outboxed), done
    return done.op_id


def held(world: World, part: str = FILTER, van: str = VAN_ANN) -> int:
    (balance,) = [one for one in rows(world, Balance, f"stock:{van}") if one.part_id == part]
    return balance.amount


def test_a_booking_is_taken_back_in_the_same_push_and_in_a_later_one(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order = begun(server, phones)
    board = {"part": BOARD, "location": VAN_ANN, "quantity": "1", "serial": "S1"}
    for at_once in (True, False):
        used = [
            said(world, phone, "parts.use", order, part=FILTER, location=VAN_ANN, quantity="2"),
            said(world, phone, "parts.use", order, **board),
        ]
        if not at_once:
            world.sync(phone)
            assert (held(world), held(world, BOARD)) == (8000, 1000)
        for op in used:
            said(world, phone, "parts.return", order, use=derive(op, "part"))
        summary = world.sync(phone)
        assert (set(summary.verdicts), summary.checksum_ok) == ({"applied"}, True)
        assert (held(world), held(world, BOARD)) == (10_000, 2000)
        assert rows(world, SerialClaim, f"stock:{VAN_ANN}") == []
    back = {one.amount: one.returned for one in rows(world, PartUse, f"wo:{order}")}
    assert back == {2000: 2000, 1000: 1000}


def test_a_numbered_part_taken_back_and_used_from_another_van_at_once_is_known_in_that_one_alone(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order = begun(server, phones)
    assigned = {"person": BOB, "role": "helper"}
    world.must(world.office("work_order.assign", ("work_order", order), assigned))
    other = world.phone(BOB, phones)
    board = {"part": BOARD, "quantity": "1", "serial": "S1"}
    used = said(world, phone, "parts.use", order, **board, location=VAN_ANN)
    world.sync(phone)
    world.sync(other)
    said(world, other, "parts.return", order, use=derive(used, "part"))
    again = said(world, other, "parts.use", order, **board, location=VAN_BOB)
    summary = world.sync(other)
    assert (set(summary.verdicts), summary.checksum_ok) == ({"applied"}, True)
    assert rows(world, SerialClaim, f"stock:{VAN_ANN}") == []
    assert [one.op_id for one in rows(world, SerialClaim, f"stock:{VAN_BOB}")] == [again]
    assert world.sync(phone).checksum_ok


def test_what_is_planned_is_used_and_what_is_ordered_is_supplied(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order = begun(server, phones)
    on = ("work_order", order)
    world.must(world.office("parts.plan", on, {"part": FILTER, "quantity": "3"}))
    world.sync(phone)
    (line,) = rows(world, PlannedPart, f"wo:{order}")
    use = {"part": FILTER, "location": VAN_ANN, "quantity": "3"}
    said(world, phone, "parts.use", order, **use, planned=line.id, old_part="returned")
    asked = said(world, phone, "parts.order", order, text="排水泵", quantity="1")
    said(world, phone, "parts.unplan", order, planned=line.id)
    assert world.sync(phone).verdicts == {"applied": 3}
    (used,) = rows(world, PartUse, f"wo:{order}")
    assert (used.planned_id, used.old_part) == (line.id, "returned")
    come = {"ordered": derive(asked, "ordered")}
    world.must(world.office("parts.supply", on, come, by=WEN))
    (ordered,), (task,) = rows(world, OrderedPart, f"wo:{order}"), rows(world, Task, f"wo:{order}")
    assert (ordered.supplied_by, task.code, task.closed_by) == (WEN, "order_part", WEN)
    assert world.office("parts.supply", on, come).verdict == "merged"
    assert world.sync(phone).checksum_ok


def test_a_job_is_seen_accepted_and_declined_and_given_to_another(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order = begun(server, phones)
    on = ("work_order", order)
    said(world, phone, "work_order.see", order)
    said(world, phone, "work_order.accept", order)
    world.sync(phone)
    (lead,) = rows(world, Assignment, f"wo:{order}")
    assert lead.accepted_at is not None
    assert lead.seen_at is not None
    assert lead.from_ms < lead.seen_at < lead.accepted_at
    said(world, phone, "work_order.decline", order, reason="车坏了")
    assert world.sync(phone).verdicts == {"applied": 1}
    (job,), (task,) = rows(world, WorkOrder, f"wo:{order}"), rows(world, Task, f"wo:{order}")
    assert (job.status, task.code, task.params["reason"]) == ("created", "declined", "车坏了")
    reasons = {one.reason for one in rows(world, Subscription, f"tech:{ANN}")}
    assert f"wo:{order}" not in reasons
    assert f"wo:{order}" not in phone.marks()
    world.must(world.office("work_order.assign", on, {"person": BOB, "role": "lead"}))
    world.must(world.office("work_order.unassign", on, {}))
    (job,) = rows(world, WorkOrder, f"wo:{order}")
    assert job.status == "created"


def test_declining_what_was_taken_back_meanwhile_needs_nobody(
    server: Server, phones: PhoneShelf
) -> None:
    world, phone, order = begun(server, phones)
    world.must(world.office("work_order.unassign", ("work_order", order), {}))
    said(world, phone, "work_order.decline", order, reason="车坏了")
    assert world.sync(phone).verdicts == {"merged": 1}
    assert rows(world, Conflict, f"wo:{order}") == []
    assert rows(world, Task, f"wo:{order}") == []


def test_stock_is_moved_counted_and_its_recount_closed(server: Server) -> None:
    world = World(server)
    van, other = ("location", VAN_ANN), ("location", VAN_BOB)
    move = {"part": FILTER, "quantity": "12", "to": VAN_BOB}
    assert [
        one.code for one in world.must(world.office("stock.move", van, move, by=WEN)).flags
    ] == ["short"]
    assert (held(world), held(world, van=VAN_BOB)) == (-2000, 15_000)
    (task,) = rows(world, Task, f"stock:{VAN_ANN}")
    world.must(world.office("stock.count", van, {"part": FILTER, "counted": "1.5"}, by=WEN))
    assert held(world) == 1500
    (done,) = rows(world, Task, f"stock:{VAN_ANN}")
    assert (done.id, done.done, done.closed_by) == (task.id, True, WEN)
    same = world.office("stock.count", other, {"part": FILTER, "counted": "15"}, by=WEN)
    assert same.verdict == "merged"


def test_a_task_is_closed_where_it_lives(server: Server) -> None:
    world = World(server)
    move = {"part": FILTER, "quantity": "12", "to": VAN_BOB}
    world.must(world.office("stock.move", ("location", VAN_ANN), move, by=WEN))
    (task,) = rows(world, Task, f"stock:{VAN_ANN}")
    told = {"note": "当面点过"}
    world.must(world.office("task.close", ("task", task.id), told, by=WEN))
    (closed,) = rows(world, Task, f"stock:{VAN_ANN}")
    assert (closed.done, closed.note, closed.closed_by) == (True, "当面点过", WEN)
    assert world.office("task.close", ("task", task.id), told, by=DORA).verdict == "merged"
    unknown = world.office("task.close", ("task", derive("none")), {}, by=DORA)
    assert (unknown.verdict, unknown.code) == ("rejected", "unknown_subject")


def test_a_contract_and_the_papers_of_a_machine_are_put_right(server: Server) -> None:
    world = World(server)
    bought = {
        "customer": CUSTOMER,
        "number": "HT-7",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "covers": ["visit"],
    }
    contract = world.must(world.office("contract.add", ("contract", ""), bought, by=SYSTEM)).id
    again = world.office("contract.add", ("contract", ""), bought, by=SYSTEM)
    assert (again.verdict, again.code) == ("rejected", "on_file")
    end = ("contract", contract)
    world.must(world.office("contract.end", end, {"last_day": "2026-06-30"}, by=SYSTEM))
    papers = {"model": "KF-35", "invoiced_on": "2026-02-03"}
    world.must(world.office("asset.correct", ("asset", ASSET), papers))
    assert world.office("asset.correct", ("asset", ASSET), papers).verdict == "merged"
    (kept,) = rows(world, Contract, f"customer:{CUSTOMER}")
    assert (kept.id, kept.valid_to) == (contract, "2026-06-30")
    (machine,) = (one for one in rows(world, Asset, f"site:{SITE}") if one.id == ASSET)
    assert (machine.model, machine.invoiced_on) == ("KF-35", "2026-02-03")
    for kind, on in (("contract.end", "contract"), ("asset.correct", "asset")):
        args = {"last_day": "2026-06-30"} if on == "contract" else papers
        lost = world.office(kind, (on, derive("none")), args, by=SYSTEM)
        assert (lost.verdict, lost.code) == ("rejected", "unknown_subject"), kind


def test_a_caller_is_written_down_with_a_place_and_a_machine_once(server: Server) -> None:
    world = World(server)
    person = {"name": "沈岚", "type": "person", "phone": "138 0013 8000"}
    place = {"address": "桂月路 9 号", "time_zone": "Asia/Shanghai"}
    customer = world.must(world.office("customer.add", ("customer", ""), person)).id
    site = world.must(world.office("site.add", ("site", ""), {**place, "customer": customer})).id
    machine = {"site": site, "model": "KF-35", "serial": "S-77"}
    asset = world.must(world.office("asset.add", ("asset", ""), machine)).id
    assert [one.address for one in rows(world, Site, f"site:{site}")] == ["桂月路 9 号"]
    assert [one.id for one in rows(world, Asset, f"site:{site}")] == [asset]
    again = {
        "customer": ({**person, "phone": "13800138000"}, customer),
        "site": ({**place, "address": " 桂月路9号", "customer": customer}, site),
        "asset": ({**machine, "site": SITE}, asset),
    }
    for noun, (args, known) in again.items():
        told = world.office(f"{noun}.add", (noun, ""), args)
        assert (told.verdict, told.code) == ("rejected", "on_file"), noun
        assert told.detail["params"]["id"] == known
    ours = world.op("customer.add", ("customer", ""), {**person, "name": "沈建国"}, by=DORA)
    twice = [
        world.op("asset.add", ("asset", ""), {**machine, "serial": "S-78"}, by=DORA) for _ in "ab"
    ]
    answers = world.hand_in([ours, *twice])
    assert [one.code for one in answers] == [None, None, "on_file"]


def test_a_policy_is_published_chosen_and_followed_by_every_phone(server: Server) -> None:
    world = World(server)
    told = {**ARGS["policy.publish"], "after": 0}
    policy = world.must(world.office("policy.publish", ("service_policy", ""), told, by=SYSTEM)).id
    again = world.office("policy.publish", ("service_policy", ""), told, by=SYSTEM)
    assert (again.verdict, again.code) == ("rejected", "changed_meanwhile")
    on = ("policy_choice", CHOICE)
    world.must(world.office("policy.choose", on, ARGS["policy.choose"], by=SYSTEM))
    hours = ARGS["calendar.set"]
    world.must(world.office("calendar.set", ("working_calendar", COMPANY), hours, by=SYSTEM))
    (kept,) = rows(world, ServicePolicy, "catalog")
    (choice,) = rows(world, PolicyChoice, "catalog")
    (calendar,) = rows(world, WorkingCalendar, "catalog")
    assert (kept.id, kept.number, kept.limits[0].agreed_max) == (policy, 1, 24)
    assert (choice.editions[0].policy_id, choice.zones) == (policy, {"North": "urban"})
    assert (calendar.week[0][0].start, calendar.days[0].works) == ("09:00", False)
    refused = world.office("policy.publish", ("service_policy", ""), {**told, "after": 1}, by=DORA)
    assert (refused.verdict, refused.code) == ("rejected", "not_permitted")

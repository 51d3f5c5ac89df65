"""The parts a job will need and those ordered for it, and bookings that are taken back."""

from typing import Any

import pytest
from msgspec import structs

from shared.parts import (
    INSTALLED,
    OLD_PARTS,
    Balance,
    Movement,
    PartUse,
    PlannedPart,
    balance_id,
)
from shared.provision import OrderedPart
from shared.records import State
from shared.serials import SerialClaim, claim_id
from shared.tasks import Task
from tests.shared.company import (
    ANN,
    BOARD,
    DORA,
    FILTER,
    NOW,
    ORDER,
    VAN,
    VISIT,
    WILL,
    act,
    done,
    flags,
    ident,
    land,
    only,
    refusal,
    state,
    stock,
    tables,
)

OTHER = structs.replace(ORDER, id=ident("other order"))
ON_OTHER = ("work_order", OTHER.id)
PLAN = {"part": FILTER.id, "quantity": "2", "note": " 备用 "}
WORDS = {"text": "排水泵 PSB-12", "quantity": "1"}


def using(**more: Any) -> Any:
    op = more.pop("op", "use")
    args = {"part": FILTER.id, "location": VAN.id, "quantity": "2", **more}
    return act("parts.use", args, op=op, visit=VISIT.id)


def planned() -> tuple[State, PlannedPart]:
    rows = state(OTHER, stock(FILTER, 5000))
    land(rows, done(rows, act("parts.plan", PLAN, op="plan")))
    (line,) = rows.all(PlannedPart)
    return rows, line


def used(**more: Any) -> tuple[State, PartUse]:
    rows = state(OTHER, stock(FILTER, 5000), stock(BOARD, 1000))
    land(rows, done(rows, using(**more)), "use")
    (use,) = rows.all(PartUse)
    return rows, use


def held(rows: State, part: str = FILTER.id) -> int:
    balance = rows.find(Balance, balance_id(VAN.id, part))
    assert balance is not None
    return balance.amount


@pytest.mark.parametrize("who", [ANN, DORA])
def test_a_part_is_planned_from_the_field_and_from_the_office(who: Any) -> None:
    line = only(done(state(), act("parts.plan", PLAN, by=who)), PlannedPart)
    assert line == PlannedPart(
        id=line.id,
        work_order_id=ORDER.id,
        part_id=FILTER.id,
        amount=2000,
        note="备用",
        person_id=who.id,
        at=NOW + 1000,
    )


def test_a_line_of_the_plan_is_dropped_once() -> None:
    rows, line = planned()
    drop = {"planned": line.id}
    outcome = done(rows, act("parts.unplan", drop, op="drop"))
    assert outcome.rows == (structs.replace(line, dropped_at=NOW + 1000),)
    land(rows, outcome)
    assert done(rows, act("parts.unplan", drop, op="again")).merged


def test_a_used_part_says_which_line_it_fulfils_and_what_became_of_the_old_one() -> None:
    rows, line = planned()
    use = only(done(rows, using(planned=line.id, old_part="with_customer")), PartUse)
    assert (use.planned_id, use.old_part, use.returned) == (line.id, "with_customer", None)


@pytest.mark.parametrize("where", OLD_PARTS)
def test_an_old_part_is_somewhere(where: str) -> None:
    """S4."""
    assert only(done(state(), using(old_part=where)), PartUse).old_part == where


def test_a_line_that_is_not_of_this_job_stops_no_fact() -> None:
    """C04."""
    rows, line = planned()
    rows.put(structs.replace(line, work_order_id=OTHER.id))
    assert only(done(rows, using(planned=line.id)), PartUse).planned_id is None
    assert only(done(rows, using(planned=ident("none"))), PartUse).planned_id is None


def test_a_booking_that_was_wrong_is_taken_back_by_the_opposite_movement() -> None:
    rows, use = used()
    assert held(rows) == 3000
    outcome = done(rows, act("parts.return", {"use": use.id}, op="back"))
    assert outcome.rows == (structs.replace(use, returned=2000),)
    (landing,) = land(rows, outcome, "back")
    movement = only(landing, Movement)
    assert (movement.source_id, movement.target_id, movement.amount) == (INSTALLED, VAN.id, 2000)
    assert held(rows) == 5000
    assert done(rows, act("parts.return", {"use": use.id}, op="again")).merged


def test_a_part_of_a_booking_is_taken_back_and_never_more_than_is_left() -> None:
    rows, use = used()
    land(rows, done(rows, act("parts.return", {"use": use.id, "quantity": "0.5"}, op="1")), "1")
    assert held(rows) == 3500
    much = act("parts.return", {"use": use.id, "quantity": "1.501"}, op="2")
    assert refusal(rows, much) == ("wrong_quantity", "args.quantity")
    rest = done(rows, act("parts.return", {"use": use.id}, op="3"))
    assert only(rest, PartUse).returned == 2000
    land(rows, rest, "3")
    assert held(rows) == 5000


def test_a_serial_number_booked_by_mistake_is_free_again() -> None:
    rows, use = used(part=BOARD.id, quantity="1", serial="S1")
    assert rows.find(SerialClaim, claim_id(BOARD.id, "S1")) is not None
    half = act("parts.return", {"use": use.id, "quantity": "0.5"}, op="half")
    land(rows, done(rows, half), "half")
    assert rows.find(SerialClaim, claim_id(BOARD.id, "S1")) is not None
    land(rows, done(rows, act("parts.return", {"use": use.id}, op="back")), "back")
    assert rows.find(SerialClaim, claim_id(BOARD.id, "S1")) is None


def test_taking_back_the_second_use_of_a_number_leaves_the_first_its_claim() -> None:
    rows, _ = used(part=BOARD.id, quantity="1", serial="S1")
    second = done(rows, using(part=BOARD.id, quantity="1", serial="S1", op="second"))
    land(rows, second, "second")
    back = {"use": only(second, PartUse).id}
    land(rows, done(rows, act("parts.return", back, op="back")), "back")
    assert rows.find(SerialClaim, claim_id(BOARD.id, "S1")) is not None


def test_a_part_is_ordered_by_its_id_or_in_words_and_somebody_is_asked() -> None:
    outcome = done(state(), act("parts.order", WORDS, visit=VISIT.id))
    ordered = only(outcome, OrderedPart)
    assert ordered == OrderedPart(
        id=ordered.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        text="排水泵 PSB-12",
        amount=1000,
        person_id=ANN.id,
        at=NOW + 1000,
    )
    task = only(outcome, Task)
    assert (task.code, task.params) == (
        "order_part",
        {"ordered": ordered.id, "part": "排水泵 PSB-12", "quantity": "1", "number": None},
    )
    known = only(done(state(), act("parts.order", {"part": FILTER.id, "quantity": "1"})), Task)
    assert known.params["part"] == FILTER.id


@pytest.mark.parametrize("who", [WILL, DORA])
def test_an_order_that_has_come_closes_its_task_and_no_other(who: Any) -> None:
    rows = state()
    land(rows, done(rows, act("parts.order", WORDS, op="1")))
    land(rows, done(rows, act("parts.order", {**WORDS, "quantity": "3"}, op="2")))
    ordered = next(one for one in rows.all(OrderedPart) if one.amount == 3000)
    come = {"ordered": ordered.id}
    outcome = done(rows, act("parts.supply", come, by=who, op="come"))
    supplied = only(outcome, OrderedPart)
    assert supplied == structs.replace(ordered, supplied_at=NOW + 1000, supplied_by=who.id)
    task = only(outcome, Task)
    assert (task.params["ordered"], task.done, task.closed_by) == (ordered.id, True, who.id)
    land(rows, outcome)
    assert done(rows, act("parts.supply", come, by=who, op="again")).merged


@pytest.mark.parametrize(
    ("kind", "args", "code", "field"),
    [
        ("parts.plan", {**PLAN, "part": ident("none")}, "unknown_subject", "args.part"),
        ("parts.plan", {**PLAN, "quantity": "0"}, "wrong_quantity", "args.quantity"),
        ("parts.plan", {**PLAN, "quantity": "100000.001"}, "wrong_quantity", "args.quantity"),
        ("parts.plan", {**PLAN, "note": "\u202e"}, "not_text", "args.note"),
        ("parts.unplan", {"planned": ident("none")}, "unknown_subject", "args.planned"),
        ("parts.order", {"quantity": "1"}, "missing_field", "args.part"),
        ("parts.order", {"quantity": "1", "text": "  "}, "missing_field", "args.part"),
        ("parts.order", {"quantity": "1", "text": "\u202e x"}, "not_text", "args.text"),
        (
            "parts.order",
            {"quantity": "1", "part": ident("none")},
            "unknown_subject",
            "args.part",
        ),
        ("parts.order", {**WORDS, "quantity": "0.000"}, "wrong_quantity", "args.quantity"),
        ("parts.supply", {"ordered": ident("none")}, "unknown_subject", "args.ordered"),
        ("parts.return", {"use": ident("none")}, "unknown_subject", "args.use"),
    ],
)
def test_what_cannot_be_says_why(kind: str, args: dict[str, Any], code: str, field: str) -> None:
    assert refusal(state(), act(kind, args)) == (code, field)
    nowhere = act(kind, args, on=("work_order", ident("none")))
    assert refusal(state(), nowhere) == ("unknown_subject", "on")


def test_the_lines_of_another_job_are_not_this_ones() -> None:
    rows, line = planned()
    land(rows, done(rows, using()), "use")
    land(rows, done(rows, act("parts.order", WORDS, op="order")))
    (use,), (ordered,) = rows.all(PartUse), rows.all(OrderedPart)
    told = {
        "parts.unplan": {"planned": line.id},
        "parts.return": {"use": use.id},
        "parts.supply": {"ordered": ordered.id},
    }
    for kind, args in told.items():
        assert refusal(rows, act(kind, args, on=ON_OTHER, op="x"))[0] == "unknown_subject"


@pytest.mark.parametrize(("kind", "args"), [("parts.plan", PLAN), ("parts.order", WORDS)])
def test_what_comes_after_the_end_is_kept_and_marked_late(kind: str, args: Any) -> None:
    rows = state(structs.replace(ORDER, status="done"))
    outcome = done(rows, act(kind, args))
    assert flags(outcome) == ["late"]
    assert tables(outcome)[0] in ("PlannedPart", "OrderedPart")

"""Giving a job to somebody and taking it back, and what the technician answers."""

from typing import Any

import pytest
from msgspec import structs

from shared.people import Subscription
from shared.records import State
from shared.tasks import Task
from shared.visit import Attendance, Visit
from shared.work_order import OPEN, STATUSES, Assignment, StatusChange, WorkOrder
from tests.shared.company import (
    ANN,
    BEN,
    DORA,
    LEAD,
    NOW,
    ORDER,
    VISIT,
    act,
    done,
    ident,
    land,
    only,
    refusal,
    refused,
    state,
    tables,
)

HELPER = Assignment(
    id=ident("helper"), work_order_id=ORDER.id, person_id=BEN.id, role="helper", from_ms=NOW
)
FORMER = structs.replace(LEAD, id=ident("former"), from_ms=NOW - 9, until_ms=NOW - 1)
DECLINE = {"reason": "车坏了", "note": " 拖车已叫 "}


def office(kind: str, args: dict[str, Any] | None = None, **more: Any) -> Any:
    return act(kind, args, by=DORA, **more)


def at(status: str, *more: Any) -> State:
    return state(structs.replace(ORDER, status=status), *more)


def ended(outcome: Any) -> list[tuple[str, int | None]]:
    return [(one.person_id, one.until_ms) for one in outcome.rows if isinstance(one, Assignment)]


def left_streams(outcome: Any) -> set[tuple[str, str]]:
    return {(emit.on[1], emit.name) for emit in outcome.emits}


@pytest.mark.parametrize("status", STATUSES)
def test_the_office_takes_back_a_job_that_is_open(status: str) -> None:
    rows, asked = at(status), office("work_order.unassign", {"reason": "wrong one"})
    if status not in OPEN:
        assert refused(rows, asked).code == "illegal_status"
        return
    outcome = done(rows, asked)
    assert ended(outcome) == [(ANN.id, NOW + 1000)]
    assert left_streams(outcome) == {(ANN.id, "unsubscribe")}
    steps = [one.after for one in outcome.rows if isinstance(one, StatusChange)]
    assert steps == ([] if status == "created" else ["created"])


def test_taking_back_undoes_assigning() -> None:
    rows = state(structs.replace(ORDER, status="created"), without=LEAD)
    before = rows.find(WorkOrder, ORDER.id)
    land(rows, done(rows, office("work_order.assign", {"person": BEN.id, "role": "lead"})))
    assert list(rows.of(Subscription, BEN.id)) != []
    land(rows, done(rows, office("work_order.unassign", op="undo")))
    after = rows.find(WorkOrder, ORDER.id)
    assert after is not None
    assert structs.replace(after, version=None) == before
    assert list(rows.of(Subscription, BEN.id)) == []


def test_taking_back_from_a_helper_leaves_the_job_with_its_lead() -> None:
    outcome = done(at("working", HELPER), office("work_order.unassign", {"person": BEN.id}))
    assert ended(outcome) == [(BEN.id, NOW + 1000)]
    assert tables(outcome) == ["Assignment"]


@pytest.mark.parametrize("args", [{}, {"person": BEN.id}])
def test_taking_back_what_nobody_has_changes_nothing(args: dict[str, str]) -> None:
    rows = state(without=LEAD) if not args else state()
    outcome = done(rows, office("work_order.unassign", args))
    assert (outcome.merged, outcome.rows, outcome.emits) == (True, (), ())


def test_a_planned_visit_waits_for_the_next_lead() -> None:
    rows = at("accepted")
    land(rows, done(rows, office("work_order.unassign", op="back")))
    assert rows.find(Visit, VISIT.id) == VISIT
    given = done(rows, office("work_order.assign", {"person": BEN.id, "role": "lead"}))
    assert only(given, Visit) == structs.replace(VISIT, person_id=BEN.id)


@pytest.mark.parametrize(
    ("visit", "role", "new"),
    [
        (structs.replace(VISIT, attendance=(Attendance(person_id=ANN.id),)), "lead", BEN.id),
        (structs.replace(VISIT, ended_at=NOW), "lead", BEN.id),
        (structs.replace(VISIT, person_id=DORA.id), "lead", BEN.id),
        (VISIT, "helper", BEN.id),
        (VISIT, "lead", ANN.id),
    ],
)
def test_other_visits_stay_whose_they_are(visit: Visit, role: str, new: str) -> None:
    rows = at("accepted", visit)
    land(rows, done(rows, office("work_order.unassign", op="back")))
    given = done(rows, office("work_order.assign", {"person": new, "role": role}))
    assert "Visit" not in tables(given)


def test_the_first_look_at_a_job_counts() -> None:
    rows = state()
    first = done(rows, act("work_order.see"))
    assert first.rows == (structs.replace(LEAD, seen_at=NOW + 1000),)
    land(rows, first)
    again = done(rows, act("work_order.see", op="again", at=NOW + 9000))
    assert (again.merged, again.rows) == (True, ())


@pytest.mark.parametrize("status", STATUSES)
def test_a_look_is_a_fact_in_every_status_and_moves_nothing(status: str) -> None:
    outcome = done(at(status), act("work_order.see"))
    assert (tables(outcome), outcome.flags, outcome.emits) == (["Assignment"], (), ())


def test_a_look_belongs_to_the_assignment_that_holds() -> None:
    seen = only(done(state(FORMER), act("work_order.see")), Assignment)
    assert seen.id == LEAD.id
    late = structs.replace(LEAD, until_ms=NOW)
    seen = only(done(state(FORMER, late), act("work_order.see")), Assignment)
    assert seen == structs.replace(late, seen_at=NOW + 1000)
    assert done(state(), act("work_order.see", by=BEN)).merged


def test_accepting_says_when() -> None:
    outcome = done(state(), act("work_order.accept"))
    assert only(outcome, WorkOrder).status == "accepted"
    assert only(outcome, Assignment) == structs.replace(LEAD, accepted_at=NOW + 1000)


@pytest.mark.parametrize("status", [one for one in OPEN if one not in ("created", "assigned")])
def test_a_helper_accepts_beside_the_lead_whatever_the_job_has_come_to(status: str) -> None:
    outcome = done(at(status, HELPER), act("work_order.accept", by=BEN))
    assert outcome.rows == (structs.replace(HELPER, accepted_at=NOW + 1000),)
    assert not outcome.merged


def test_whoever_declines_gives_the_job_back_with_a_reason() -> None:
    rows = at("accepted")
    outcome = done(rows, act("work_order.decline", DECLINE))
    assert tables(outcome) == ["Assignment", "StatusChange", "Task", "WorkOrder"]
    assert ended(outcome) == [(ANN.id, NOW + 1000)]
    assert only(outcome, WorkOrder).status == "created"
    task = only(outcome, Task)
    assert (task.code, task.home_noun, task.home_id, task.done) == (
        "declined",
        "work_order",
        ORDER.id,
        False,
    )
    assert task.params == {"name": "Ann", "reason": "车坏了", "note": "拖车已叫"}
    assert left_streams(outcome) == {(ANN.id, "unsubscribe")}


def test_a_helper_who_declines_leaves_the_lead_his_job() -> None:
    outcome = done(at("assigned", HELPER), act("work_order.decline", DECLINE, by=BEN))
    assert ended(outcome) == [(BEN.id, NOW + 1000)]
    assert tables(outcome) == ["Assignment", "Task"]


@pytest.mark.parametrize("status", STATUSES)
def test_a_job_is_declined_before_setting_off_or_not_at_all(status: str) -> None:
    rows, asked = at(status), act("work_order.decline", DECLINE)
    if status in ("assigned", "accepted"):
        assert not done(rows, asked).merged
    elif status in OPEN:
        answer = refused(rows, asked)
        assert (answer.code, answer.grounds) == ("illegal_status", "state")
        assert answer.params["wanted"] == "created"
    else:
        assert done(rows, asked).merged


def test_declining_what_one_no_longer_has_changes_nothing() -> None:
    outcome = done(state(structs.replace(LEAD, until_ms=NOW)), act("work_order.decline", DECLINE))
    assert (outcome.merged, outcome.rows) == (True, ())


def test_declining_needs_a_reason_in_words() -> None:
    asked = act("work_order.decline", {"reason": " \u200b"})
    assert refusal(state(), asked) == ("not_text", "args.reason")


@pytest.mark.parametrize("verb", ["see", "accept", "decline", "unassign"])
def test_a_job_nobody_knows_is_neither_taken_nor_given_back(verb: str) -> None:
    args = DECLINE if verb == "decline" else {}
    asked = act(f"work_order.{verb}", args, on=("work_order", ident("nothing")))
    assert refusal(state(), asked) == ("unknown_subject", "on")


@pytest.mark.parametrize("status", STATUSES)
def test_a_closed_job_leaves_the_phones_of_all_who_are_on_it_and_stays_theirs(status: str) -> None:
    rows, asked = at(status, HELPER, FORMER), office("work_order.put_away")
    if status in OPEN:
        assert refused(rows, asked).code == "illegal_status"
        return
    outcome = done(rows, asked)
    assert (outcome.rows, outcome.merged) == ((), False)
    assert left_streams(outcome) == {(ANN.id, "unsubscribe"), (BEN.id, "unsubscribe")}
    land(rows, outcome)
    assert [one.until_ms for one in rows.of(Assignment, ORDER.id)].count(None) == 2
    assert [*rows.of(Subscription, ANN.id), *rows.of(Subscription, BEN.id)] == []

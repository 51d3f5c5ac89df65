"""The life of a work order: every verb in every status, and what a visit leaves behind."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from shared.errors import Refused
from shared.records import State
from shared.registry import Outcome
from shared.tasks import Task
from shared.ticket import Ticket
from shared.visit import AT_THE_DOOR, OUTCOMES, Attendance, Visit
from shared.work_order import (
    STATUSES,
    Assignment,
    Completion,
    StatusChange,
    WorkOrder,
    standing,
)
from tests.shared.company import (
    ANN,
    BEN,
    LEAD,
    NOW,
    ORDER,
    TICKET,
    VISIT,
    act,
    done,
    flags,
    ident,
    judge,
    land,
    only,
    refusal,
    refused,
    state,
    tables,
)

ARGS = {
    "work_order.pause": {"reason": "lunch"},
    "work_order.complete": {"outcome": "done"},
}
# Written out by hand: from -> to. Everything else is refused, or already so.
STEPS = {
    "work_order.accept": {"assigned": "accepted"},
    "work_order.start": {"accepted": "working", "en_route": "working", "on_site": "working"},
    "work_order.pause": {"working": "paused"},
    "work_order.resume": {"paused": "working"},
    "work_order.complete": {"working": "done", "paused": "done"},
}
ALREADY = {
    "work_order.accept": "accepted",
    "work_order.start": "working",
    "work_order.pause": "paused",
    "work_order.resume": "working",
    "work_order.complete": "done",
}
FACTS = {
    "work_order.depart": {"assigned": "en_route", "accepted": "en_route"},
    "work_order.arrive": {"assigned": "on_site", "accepted": "on_site", "en_route": "on_site"},
}
OVER = ("done", "handed_in", "cancelled")


def at(status: str, *more: Visit) -> State:
    outcome = "done" if status == "done" else None
    lead = structs.replace(LEAD, accepted_at=None if status in ("created", "assigned") else NOW)
    return state(structs.replace(ORDER, status=status, outcome=outcome), lead, *more)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("verb", STEPS)
def test_a_verb_does_in_each_status_what_the_table_says(verb: str, status: str) -> None:
    rows, asked = at(status), act(verb, ARGS.get(verb))
    if status in STEPS[verb]:
        outcome = done(rows, asked)
        after = STEPS[verb][status]
        assert only(outcome, WorkOrder).status == after
        step = only(outcome, StatusChange)
        assert (step.verb, step.before, step.after, step.at) == (verb, status, after, NOW + 1000)
    elif status == ALREADY[verb]:
        outcome = done(rows, asked)
        assert (outcome.merged, outcome.emits, outcome.flags) == (True, (), ())
        assert tables(outcome) == (["Completion"] if verb == "work_order.complete" else [])
    else:
        answer = refused(rows, asked)
        cancelled = status == "cancelled"
        assert answer.code == ("cancelled_meanwhile" if cancelled else "illegal_status")
        assert answer.grounds == "state"
        assert answer.params == {"status": status, "verb": verb, "wanted": ALREADY[verb]}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("verb", FACTS)
def test_setting_off_and_arriving_are_facts_in_every_status(verb: str, status: str) -> None:
    outcome = done(at(status), act(verb))
    moved = [row for row in outcome.rows if isinstance(row, WorkOrder)]
    assert [row.status for row in moved] == [
        after for before, after in FACTS[verb].items() if before == status
    ]
    (mine,) = only(outcome, Visit).attendance
    happened = mine.departed_at if verb == "work_order.depart" else mine.arrived_at
    assert (mine.person_id, happened) == (ANN.id, NOW + 1000)
    expected = ["not_accepted"] if status in ("created", "assigned") else []
    assert flags(outcome) == [*expected, *(["late"] if status in OVER else [])]


@given(st.lists(st.sampled_from([*STEPS, *FACTS]), max_size=12), st.sampled_from(STATUSES))
def test_no_sequence_of_verbs_leaves_the_machine(verbs: list[str], status: str) -> None:
    rows = at(status)
    for number, verb in enumerate(verbs):
        asked = act(verb, ARGS.get(verb), op=f"op {number}", at=NOW + number)
        outcome = judge(rows, asked)
        if isinstance(outcome, Refused):
            continue
        land(rows, outcome, f"op {number}")
        order = rows.find(WorkOrder, ORDER.id)
        assert order is not None
        steps = sorted(rows.of(StatusChange, ORDER.id), key=lambda step: step.at)
        assert order.status == (steps[-1].after if steps else status)
        for one, other in pairwise(steps):
            assert one.after == other.before
    if status in OVER:
        assert list(rows.of(StatusChange, ORDER.id)) == []


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("before", ["working", "paused"])
def test_a_visit_ends_with_its_outcome_and_perhaps_the_job_with_it(
    before: str, outcome: str
) -> None:
    args = {"outcome": outcome, "diagnosis": "worn", "work_done": "replaced", "remark": "ok"}
    ended = done(at(before), act("work_order.complete", args, visit=VISIT.id))
    order, visit = only(ended, WorkOrder), only(ended, Visit)
    ends = OUTCOMES[outcome]
    assert (order.status, order.outcome, order.done_at) == (
        ("done", outcome, NOW + 1000) if ends else ("accepted", outcome, None)
    )
    assert visit == structs.replace(VISIT, ended_at=NOW + 1000, outcome=outcome, remark="ok")
    report = only(ended, Completion)
    assert report == Completion(
        id=report.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        person_id=ANN.id,
        at=NOW + 1000,
        outcome=outcome,
        diagnosis="worn",
        work_done="replaced",
        remark="ok",
    )
    tasks = [(row.code, row.params) for row in ended.rows if isinstance(row, Task)]
    assert tasks == ([] if ends else [("plan_next_visit", {"outcome": outcome})])
    progress, past = ended.emits
    assert progress.args["status"] == ("resolved" if ends else "in_progress")
    assert (past.on, past.name) == (("site", ORDER.site_id), "asset.visited")


@pytest.mark.parametrize("status", ["on_site", "en_route"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_at_the_door_only_some_outcomes_are_possible(outcome: str, status: str) -> None:
    answer = judge(at(status), act("work_order.complete", {"outcome": outcome}))
    assert isinstance(answer, Outcome) == (outcome in AT_THE_DOOR)


def test_a_job_without_its_required_answers_is_done_and_flagged() -> None:
    outcome = done(at("working"), act("work_order.complete", {"outcome": "done"}))
    assert [(flag.code, flag.params) for flag in outcome.flags] == [
        ("incomplete", {"items": "leaks, pressure"})
    ]
    unfixed = done(at("working"), act("work_order.complete", {"outcome": "price_refused"}))
    assert flags(unfixed) == []


def test_a_second_visit_needs_no_new_acceptance() -> None:
    rows = at("working")
    land(rows, done(rows, act("work_order.complete", {"outcome": "waits_for_part"}, op="first")))
    for number, verb in enumerate(["depart", "arrive", "start"]):
        land(rows, done(rows, act(f"work_order.{verb}", op=f"again {number}")))
    land(rows, done(rows, act("work_order.complete", {"outcome": "done"}, op="second")))
    order = rows.find(WorkOrder, ORDER.id)
    assert order is not None
    assert (order.status, order.outcome) == ("done", "done")
    outcomes = {visit.outcome for visit in rows.of(Visit, ORDER.id)}
    assert outcomes == {"waits_for_part", "done"}


def test_work_done_after_a_cancellation_is_kept_for_a_person() -> None:
    answer = refused(at("cancelled"), act("work_order.complete", {"outcome": "done"}))
    assert answer.code == "cancelled_meanwhile"
    assert tables(answer.keep) == ["Completion", "Task"]
    assert only(answer.keep, Task).code == "work_done_after_cancel"
    assert flags(answer.keep) == ["done_after_cancel"]


def test_a_mere_step_after_a_cancellation_leaves_nothing() -> None:
    assert refused(at("cancelled"), act("work_order.start")).keep == Outcome()


def test_a_report_in_the_wrong_status_is_kept() -> None:
    answer = refused(at("assigned"), act("work_order.complete", {"outcome": "done"}))
    assert answer.code == "illegal_status"
    assert tables(answer.keep) == ["Completion"]


def test_finishing_again_with_another_outcome_is_a_contradiction() -> None:
    answer = refused(at("done"), act("work_order.complete", {"outcome": "no_fault_found"}))
    assert answer.code == "illegal_status"


def test_an_outcome_that_leaves_the_job_open_does_not_want_it_done() -> None:
    asked = act("work_order.complete", {"outcome": "customer_not_in"})
    assert refused(at("paused"), act("work_order.accept")).params["wanted"] == "accepted"
    assert refused(at("assigned"), asked).params["wanted"] == "accepted"
    again = state(structs.replace(ORDER, status="accepted", outcome="customer_not_in"))
    assert refused(again, asked).code == "illegal_status"


def test_a_second_report_of_the_same_end_is_kept() -> None:
    args = {"outcome": "done", "work_done": "held the ladder"}
    outcome = done(at("done"), act("work_order.complete", args, by=BEN))
    assert outcome.merged
    assert only(outcome, Completion).work_done == "held the ladder"
    assert tables(outcome) == ["Completion"]


def test_beginning_without_having_arrived_is_flagged() -> None:
    here = structs.replace(VISIT, attendance=(Attendance(person_id=ANN.id, arrived_at=NOW),))
    assert flags(done(at("accepted"), act("work_order.start"))) == ["not_arrived"]
    assert flags(done(at("accepted", here), act("work_order.start"))) == []


def test_two_people_share_a_visit_each_with_their_own_times() -> None:
    rows = at("accepted")
    for op, person, verb in [("1", ANN, "depart"), ("2", BEN, "depart"), ("3", ANN, "arrive")]:
        asked = act(f"work_order.{verb}", by=person, op=op, visit=VISIT.id, at=NOW + int(op))
        land(rows, done(rows, asked))
    visit = rows.find(Visit, VISIT.id)
    assert visit is not None
    assert set(visit.attendance) == {
        Attendance(person_id=ANN.id, departed_at=NOW + 1, arrived_at=NOW + 3),
        Attendance(person_id=BEN.id, departed_at=NOW + 2),
    }


@pytest.mark.parametrize("verb", [*STEPS, *FACTS])
def test_a_job_nobody_knows_has_no_life(verb: str) -> None:
    asked = act(verb, ARGS.get(verb), on=("work_order", ident("nothing")))
    assert refusal(state(), asked) == ("unknown_subject", "on")


def test_an_act_belongs_to_the_persons_open_visit_or_makes_a_new_one() -> None:
    rows = at("accepted")
    assert only(done(rows, act("work_order.depart")), Visit).id == VISIT.id
    others = only(done(rows, act("work_order.depart", by=BEN)), Visit)
    assert (others.id == VISIT.id, others.person_id) == (False, BEN.id)
    elsewhere = ident("a visit of another job")
    made = only(done(rows, act("work_order.depart", visit=elsewhere)), Visit)
    assert made.id not in (elsewhere, VISIT.id)
    rows.put(made)
    assert only(done(rows, act("work_order.arrive", visit=elsewhere)), Visit).id == made.id
    over = at("accepted", structs.replace(VISIT, ended_at=NOW))
    assert only(done(over, act("work_order.depart")), Visit).id != VISIT.id


def test_arriving_brings_the_ticket_into_progress() -> None:
    rows = at("accepted")
    land(rows, done(rows, act("work_order.arrive")))
    ticket = rows.find(Ticket, TICKET.id)
    assert ticket is not None
    assert ticket.status == "in_progress"


def test_whoever_once_had_a_job_is_no_stranger_to_it() -> None:
    ended = structs.replace(LEAD, until_ms=NOW)
    again = Assignment(
        id=ident("again"), work_order_id=ORDER.id, person_id=ANN.id, role="helper", from_ms=NOW
    )
    assert standing(state(), ORDER.id, ANN.id) == "assignee"
    assert standing(state(ended), ORDER.id, ANN.id) == "former_assignee"
    assert standing(state(ended, again), ORDER.id, ANN.id) == "assignee"
    assert standing(state(), ORDER.id, BEN.id) == "stranger"

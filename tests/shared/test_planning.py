"""What the office does with a job: create, assign, reassign, cancel, plan and move."""

from typing import Any

import pytest
from msgspec import structs

from shared.people import Person, Subscription
from shared.records import State
from shared.ticket import Ticket
from shared.visit import Attendance, Visit
from shared.work_order import OPEN, STATUSES, Assignment, StatusChange, WorkOrder
from tests.shared.company import (
    ANN,
    ASSET,
    BEN,
    CHECKLIST,
    CUSTOMER,
    DORA,
    GONE,
    LEAD,
    NOW,
    ORDER,
    OTHER_ASSET,
    SITE,
    TICKET,
    VISIT,
    WILL,
    act,
    done,
    ident,
    judge,
    land,
    only,
    refusal,
    refused,
    state,
    tables,
)

MADE: dict[str, Any] = {
    "ticket": TICKET.id,
    "summary": "Leak",
    "category": "A",
    "service": "repair",
    "priority": "normal",
}
NEW = ("work_order", ident("new"))
WINDOW = {"planned_from": "2026-11-22T09:00", "planned_to": "2026-11-22T11:00"}
UNFIT = {"a stranger": ident("nobody"), "somebody who left": GONE.id, "the warehouse": WILL.id}


def office(kind: str, args: dict[str, Any] | None = None, **more: Any) -> Any:
    return act(kind, args, by=DORA, **more)


def at(status: str, *more: Any) -> State:
    return state(structs.replace(ORDER, status=status), *more)


def creating(**changes: Any) -> Any:
    return office("work_order.create", {**MADE, **changes}, on=NEW, op="new")


def test_a_ticket_becomes_a_job() -> None:
    outcome = done(state(), creating(checklist=CHECKLIST.id, skill="pump", **WINDOW))
    assert outcome.rows == (
        WorkOrder(
            id=NEW[1],
            ticket_id=TICKET.id,
            customer_id=CUSTOMER.id,
            site_id=SITE.id,
            asset_id=ASSET.id,
            checklist_id=CHECKLIST.id,
            category="A",
            service="repair",
            priority="normal",
            summary="Leak",
            skill="pump",
            planned_from=WINDOW["planned_from"],
            planned_to=WINDOW["planned_to"],
            status="created",
            created_at=NOW + 1000,
        ),
    )
    (emit,) = outcome.emits
    assert (emit.on, emit.name, emit.args["status"]) == (
        ("ticket", TICKET.id),
        "ticket.progress",
        "planned",
    )


def test_a_new_plan_reopens_a_resolved_ticket() -> None:
    rows = state(structs.replace(TICKET, status="resolved"))
    land(rows, done(rows, creating()))
    found = rows.find(Ticket, TICKET.id)
    assert found is not None
    assert found.status == "planned"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"ticket": ident("none")}, "unknown_subject", "args.ticket"),
        ({"asset": ident("none")}, "unknown_subject", "args.asset"),
        ({"asset": OTHER_ASSET.id}, "unknown_subject", "args.asset"),
        ({"checklist": ident("none")}, "unknown_subject", "args.checklist"),
        ({**WINDOW, "planned_to": "2026-11-22T09:00"}, "out_of_range", "args.planned_to"),
    ],
)
def test_a_job_about_something_unknown_is_not_created(
    changes: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(state(), creating(**changes)) == (code, field)


def test_a_job_may_know_only_when_it_begins() -> None:
    assert (
        only(done(state(), creating(planned_from="2026-11-22T09:00")), WorkOrder).planned_to is None
    )


def test_the_first_to_be_assigned_moves_the_job_on_and_gets_all_about_it() -> None:
    rows = state(structs.replace(ORDER, status="created"), without=LEAD)
    outcome = done(rows, office("work_order.assign", {"person": BEN.id, "role": "lead"}))
    assignment = only(outcome, Assignment)
    assert (assignment.person_id, assignment.role, assignment.from_ms, assignment.until_ms) == (
        BEN.id,
        "lead",
        NOW + 1000,
        None,
    )
    step = only(outcome, StatusChange)
    assert (step.before, step.after, step.verb) == ("created", "assigned", "work_order.assign")
    assert only(outcome, WorkOrder).status == "assigned"
    assert [(emit.on, emit.name, emit.args["stream"]) for emit in outcome.emits[:-1]] == [
        (("person", BEN.id), "subscribe", f"wo:{ORDER.id}"),
        (("person", BEN.id), "subscribe", f"ticket:{TICKET.id}"),
        (("person", BEN.id), "subscribe", f"site:{SITE.id}"),
        (("person", BEN.id), "subscribe", f"customer:{CUSTOMER.id}"),
    ]


def test_a_helper_joins_without_moving_the_job() -> None:
    outcome = done(at("working"), office("work_order.assign", {"person": BEN.id, "role": "helper"}))
    assert tables(outcome) == ["Assignment"]


def test_a_job_has_one_lead() -> None:
    args = {"person": BEN.id, "role": "lead"}
    assert refused(state(), office("work_order.assign", args)).code == "illegal_status"


@pytest.mark.parametrize("role", ["lead", "helper"])
def test_assigning_somebody_twice_changes_nothing(role: str) -> None:
    outcome = done(state(), office("work_order.assign", {"person": ANN.id, "role": role}))
    assert (outcome.merged, outcome.rows, outcome.emits) == (True, (), ())


@pytest.mark.parametrize("unfit", UNFIT)
@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("work_order.assign", {"role": "lead"}),
        ("work_order.reassign", {}),
        ("visit.plan", WINDOW),
    ],
)
def test_only_somebody_who_works_in_the_field_is_sent(
    kind: str, args: dict[str, str], unfit: str
) -> None:
    asked = office(kind, {"person": UNFIT[unfit], **args})
    assert refusal(state(), asked) == ("unknown_person", "args.person")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("work_order.assign", {"person": BEN.id, "role": "helper"}),
        ("work_order.reassign", {"person": BEN.id}),
        ("work_order.cancel", {"reason": "solved"}),
        ("visit.plan", {"person": BEN.id, **WINDOW}),
        ("visit.move", {"visit": VISIT.id, "fault": "customer", **WINDOW}),
    ],
)
def test_the_office_plans_as_long_as_the_job_is_open(
    kind: str, args: dict[str, str], status: str
) -> None:
    rows, asked = at(status), office(kind, args)
    if status in OPEN:
        assert not done(rows, asked).merged
    elif (kind, status) == ("work_order.cancel", "cancelled"):
        assert done(rows, asked).merged
    else:
        answer = refused(rows, asked)
        assert (answer.code, answer.grounds) == ("illegal_status", "state")
        assert answer.params == {"status": status, "verb": kind}


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("work_order.assign", {"person": BEN.id, "role": "lead"}),
        ("work_order.reassign", {"person": BEN.id}),
        ("work_order.cancel", {"reason": "solved"}),
        ("visit.plan", {"person": BEN.id, **WINDOW}),
        ("visit.move", {"visit": VISIT.id, "fault": "company", **WINDOW}),
    ],
)
def test_a_job_nobody_knows_cannot_be_planned(kind: str, args: dict[str, str]) -> None:
    asked = office(kind, args, on=("work_order", ident("nothing")))
    assert refusal(state(), asked) == ("unknown_subject", "on")


def test_reassigning_ends_what_was_and_hands_the_planned_visit_over() -> None:
    rows = at("accepted")
    outcome = done(rows, office("work_order.reassign", {"person": BEN.id, "reason": "ill"}))
    assert only(outcome, WorkOrder).status == "assigned"
    assert only(outcome, Visit) == structs.replace(VISIT, person_id=BEN.id)
    assert [
        (row.person_id, row.role, row.until_ms)
        for row in outcome.rows
        if isinstance(row, Assignment)
    ] == [(ANN.id, "lead", NOW + 1000), (BEN.id, "lead", None)]
    assert [(emit.on[1], emit.name) for emit in outcome.emits] == [
        *[(ANN.id, "unsubscribe")] * 4,
        *[(BEN.id, "subscribe")] * 4,
        (TICKET.id, "ticket.progress"),
    ]


@pytest.mark.parametrize(
    "begun",
    [
        {"attendance": (Attendance(person_id=ANN.id, departed_at=NOW),)},
        {"ended_at": NOW},
        {"person_id": DORA.id},
    ],
)
def test_a_visit_that_has_begun_or_is_somebody_elses_is_not_handed_over(
    begun: dict[str, Any],
) -> None:
    rows = at("accepted", structs.replace(VISIT, **begun))
    outcome = done(rows, office("work_order.reassign", {"person": BEN.id}))
    assert "Visit" not in tables(outcome)


def test_reassigning_to_the_only_one_who_has_it_changes_nothing() -> None:
    assert done(state(), office("work_order.reassign", {"person": ANN.id})).merged


def test_a_helper_to_whom_the_job_is_given_becomes_its_lead() -> None:
    helper = Assignment(
        id=ident("helper"), work_order_id=ORDER.id, person_id=BEN.id, role="helper", from_ms=NOW
    )
    outcome = done(at("working", helper), office("work_order.reassign", {"person": BEN.id}))
    assert {
        (row.person_id, row.role, row.until_ms)
        for row in outcome.rows
        if isinstance(row, Assignment)
    } == {
        (ANN.id, "lead", NOW + 1000),
        (BEN.id, "lead", None),
    }


def test_cancelling_says_why() -> None:
    outcome = done(at("working"), office("work_order.cancel", {"reason": "solved"}))
    changed = only(outcome, WorkOrder)
    assert (changed.status, changed.cancel_reason) == ("cancelled", "solved")
    assert only(outcome, StatusChange).after == "cancelled"


def test_a_visit_is_planned_at_wall_times_of_its_site() -> None:
    outcome = done(state(), office("visit.plan", {"person": BEN.id, **WINDOW}))
    visit = only(outcome, Visit)
    assert visit == Visit(
        id=visit.id,
        work_order_id=ORDER.id,
        person_id=BEN.id,
        planned_from=WINDOW["planned_from"],
        planned_to=WINDOW["planned_to"],
    )


def test_a_moved_visit_says_at_whose_wish() -> None:
    args = {"visit": VISIT.id, "fault": "customer", **WINDOW}
    moved = only(done(state(), office("visit.move", args)), Visit)
    assert moved == structs.replace(VISIT, moved=True, fault="customer", **WINDOW)


@pytest.mark.parametrize("kind", ["visit.plan", "visit.move"])
def test_a_visit_does_not_end_before_it_begins(kind: str) -> None:
    window = {"planned_from": WINDOW["planned_to"], "planned_to": WINDOW["planned_from"]}
    whose = {"person": BEN.id} if kind == "visit.plan" else {"visit": VISIT.id, "fault": "company"}
    assert refusal(state(), office(kind, {**whose, **window})) == (
        "out_of_range",
        "args.planned_to",
    )


@pytest.mark.parametrize(
    "strange",
    [
        None,
        structs.replace(VISIT, work_order_id=ident("another")),
        structs.replace(VISIT, ended_at=NOW),
    ],
)
def test_only_an_open_visit_of_the_job_is_moved(strange: Visit | None) -> None:
    rows = state(without=VISIT) if strange is None else state(strange)
    args = {"visit": VISIT.id, "fault": "customer", **WINDOW}
    ended = strange is not None and strange.ended_at is not None
    assert refused(rows, office("visit.move", args)).code == (
        "illegal_status" if ended else "unknown_subject"
    )


def test_a_stream_is_followed_for_as_long_as_one_reason_stands() -> None:
    rows = state(structs.replace(ORDER, status="created"), without=LEAD)
    second = structs.replace(ORDER, id=ident("second"), status="created")
    rows.put(second)
    lead = {"person": BEN.id, "role": "lead"}
    land(rows, done(rows, office("work_order.assign", lead)))
    land(rows, done(rows, office("work_order.assign", lead, on=("work_order", second.id))))
    assert follows(rows, BEN).count(f"site:{SITE.id}") == 2
    land(rows, done(rows, office("work_order.reassign", {"person": ANN.id})))
    assert follows(rows, BEN).count(f"site:{SITE.id}") == 1
    assert follows(rows, BEN).count(f"wo:{ORDER.id}") == 0
    assert follows(rows, ANN).count(f"wo:{ORDER.id}") == 1


def follows(rows: State, person: Person) -> list[str]:
    return [one.stream for one in rows.of(Subscription, person.id)]


def test_the_rules_change_nothing_themselves() -> None:
    rows = state()
    asked = office("work_order.reassign", {"person": BEN.id})
    assert judge(rows, asked) == judge(rows, asked)
    assert (rows.changed, rows.deleted) == ({}, {})

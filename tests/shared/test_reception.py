"""What the desk does with a request: each act is a line of its story, and stops its clocks."""

from typing import Any

import pytest
from msgspec import structs

from shared.priorities import derive_priority, usual_urgency
from shared.records import State
from shared.registry import Outcome
from shared.tag_sets import Tag, TagSet, tag_set_id
from shared.ticket import ENDS, Ticket, TicketEvent
from tests.shared.company import (
    ANN,
    DORA,
    NOW,
    TICKET,
    act,
    done,
    ident,
    only,
    refusal,
    refused,
    state,
)

ON = ("ticket", TICKET.id)
FAULTS = TagSet(
    id=tag_set_id("faults"),
    code="faults",
    en="Faults",
    zh="故障",
    tags=(Tag(code="leak", en="Leak", zh="漏水"), Tag(code="old", en="x", zh="x", retired=True)),
)
CLASSED: dict[str, Any] = {"kind": "fault", "urgency": "urgent", "complexity": "complex"}


def desk(kind: str, args: dict[str, Any] | None = None, **more: Any) -> Any:
    return act(kind, args, on=more.pop("on", ON), by=DORA, **more)


def at(status: str, **told: Any) -> State:
    return state(structs.replace(TICKET, status=status, **told), FAULTS)


def line_of(outcome: Outcome) -> TicketEvent:
    return only(outcome, TicketEvent)


@pytest.mark.parametrize(
    ("kind", "args", "before", "events", "after"),
    [
        ("ticket.acknowledge", {"means": "phone"}, "new", ["acknowledged"], "new"),
        ("ticket.inform", {"means": "sms"}, "in_progress", ["progress_told"], "in_progress"),
        (
            "ticket.propose",
            {"means": "phone", "text": "Restart it"},
            "new",
            ["diagnosed", "proposed"],
            "new",
        ),
        (
            "ticket.resolve",
            {"means": "chat", "text": "Told how"},
            "new",
            ["diagnosed", "proposed", "resolved"],
            "resolved",
        ),
        ("ticket.decide_scope", {"scope": "in"}, "new", [], "new"),
        (
            "ticket.decide_scope",
            {"scope": "out", "reason": "Not our machine", "means": "phone"},
            "new",
            ["acknowledged", "withdrawn", "closed"],
            "refused",
        ),
        ("ticket.withdraw", {"reason": "Solved"}, "planned", ["withdrawn"], "withdrawn"),
        ("ticket.close", {"reason": "All well"}, "resolved", ["closed"], "closed"),
        (
            "ticket.call_back",
            {"means": "phone", "reached": True, "satisfied": True},
            "resolved",
            ["called_back"],
            "resolved",
        ),
        (
            "ticket.call_back",
            {"means": "phone", "reached": True, "satisfied": False},
            "resolved",
            ["called_back", "reopened"],
            "in_progress",
        ),
        (
            "ticket.call_back",
            {"means": "phone", "reached": False},
            "resolved",
            [],
            "resolved",
        ),
        ("ticket.chase", {}, "planned", [], "planned"),
        ("ticket.agree", {"visit": "2026-11-21T09:00"}, "planned", [], "planned"),
    ],
)
def test_what_the_desk_does_is_a_line_of_the_story(
    kind: str, args: dict[str, Any], before: str, events: list[str], after: str
) -> None:
    outcome = done(at(before), desk(kind, args))
    told = line_of(outcome)
    assert (list(told.events), told.status, told.what, told.by) == (events, after, kind, DORA.id)
    assert told.at == NOW + 1000
    changed = [row for row in outcome.rows if isinstance(row, Ticket)]
    assert [row.status for row in changed] in ([], [after])


@pytest.mark.parametrize("status", sorted(ENDS))
@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("ticket.acknowledge", {"means": "phone"}),
        ("ticket.classify", CLASSED),
        ("ticket.decide_scope", {"scope": "in"}),
        ("ticket.propose", {"means": "phone", "text": "x"}),
        ("ticket.agree", {"due": "2026-11-21T09:00"}),
        ("ticket.wait", {"reason": "parts"}),
        ("ticket.go_on", {}),
        ("ticket.chase", {}),
        ("ticket.urge", {}),
        ("ticket.call_back", {"means": "phone", "reached": False}),
    ],
)
def test_nothing_is_done_with_a_request_that_has_come_to_its_end(
    kind: str, args: dict[str, Any], status: str
) -> None:
    assert refusal(at(status), desk(kind, args)) == ("illegal_status", None)


@pytest.mark.parametrize(
    ("kind", "args", "code", "field"),
    [
        ("ticket.decide_scope", {"scope": "out", "reason": "x"}, "missing_field", "args.means"),
        ("ticket.decide_scope", {"scope": "out", "means": "sms"}, "not_text", "args.reason"),
        ("ticket.propose", {"means": "sms", "text": " "}, "not_text", "args.text"),
        ("ticket.agree", {"note": "x"}, "missing_field", "args.visit"),
        ("ticket.agree", {"visit": "2026-02-30T09:00"}, "wrong_value", "args.visit"),
        ("ticket.wait", {"reason": "parts", "until": "2026-02-30T09:00"}, "wrong_value", None),
        ("ticket.excuse", {"limit": "arrive", "reason": "other"}, "missing_field", "args.note"),
        ("ticket.withdraw", {"reason": "\u200b"}, "not_text", "args.reason"),
        ("ticket.link", {"ticket": TICKET.id}, "into_itself", "args.ticket"),
        ("ticket.link", {"ticket": ident("none")}, "unknown_subject", "args.ticket"),
        ("ticket.classify", {**CLASSED, "major": True}, "missing_field", "args.owner"),
        ("ticket.classify", {**CLASSED, "owner": ident("x")}, "unknown_person", "args.owner"),
        ("ticket.classify", {**CLASSED, "tags": ["faults:x"]}, "unknown_subject", "args.tags"),
        ("ticket.classify", {**CLASSED, "tags": ["faults:old"]}, "unknown_subject", "args.tags"),
        ("ticket.acknowledge", {"means": "sms", "note": "\x07"}, "not_text", "args.note"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    kind: str, args: dict[str, Any], code: str, field: str | None
) -> None:
    found = refusal(at("new"), desk(kind, args))
    assert found == (code, field or "args.until")


def test_a_request_of_nobody_is_refused() -> None:
    for kind, args in (
        ("ticket.chase", {}),
        ("ticket.excuse", {"limit": "a", "reason": "weather"}),
    ):
        asked = desk(kind, args, on=("ticket", ident("none")))
        assert refusal(state(), asked) == ("unknown_subject", "on")


def test_urgency_and_complexity_are_apart_and_the_priority_follows() -> None:
    """C-15, R-CLS-11."""
    ticket = only(done(at("new"), desk("ticket.classify", CLASSED)), Ticket)
    assert (ticket.kind, ticket.urgency, ticket.complexity) == ("fault", "urgent", "complex")
    assert ticket.priority == "urgent"
    own = only(done(at("new"), desk("ticket.classify", {**CLASSED, "priority": "low"})), Ticket)
    assert own.priority == "low"


def test_saying_the_same_class_again_changes_nothing() -> None:
    rows = at("new")
    rows.put(only(done(rows, desk("ticket.classify", CLASSED)), Ticket))
    assert done(rows, desk("ticket.classify", CLASSED)).merged


def test_a_major_request_is_tracked_by_somebody() -> None:
    """R-DSP-06."""
    args = {**CLASSED, "major": True, "owner": ANN.id, "tags": ["faults:leak"]}
    ticket = only(done(at("new"), desk("ticket.classify", args)), Ticket)
    assert (ticket.major, ticket.owner_id, ticket.tags) == (True, ANN.id, ("faults:leak",))


def test_a_word_that_is_not_offered_any_more_stays_where_it_was_chosen() -> None:
    """R-CLS-17."""
    rows = at("new", tags=("faults:old",))
    ticket = only(done(rows, desk("ticket.classify", {**CLASSED, "tags": ["faults:old"]})), Ticket)
    assert ticket.tags == ("faults:old",)


@pytest.mark.parametrize(
    ("told", "priority", "because"),
    [
        ({}, "normal", ("general",)),
        ({"urgency": "urgent"}, "urgent", ("urgent",)),
        ({"kind": "advice"}, "low", ("advice",)),
        ({"kind": "advice", "urgency": "urgent"}, "urgent", ("urgent",)),
        ({"impact": "many"}, "urgent", ("general", "many_affected")),
        ({"impact": "key_process"}, "urgent", ("general", "many_affected")),
        ({"impact": "one"}, "normal", ("general",)),
        ({"complaints": "frequent"}, "urgent", ("general", "complaints")),
        (
            {"urgency": "urgent", "impact": "many", "complaints": "frequent"},
            "emergency",
            ("urgent", "many_affected", "complaints"),
        ),
        ({"urgency": "urgent", "handled_by": "external"}, "emergency", ("urgent", "not_ours")),
        ({"handled_by": "external"}, "normal", ("general",)),
    ],
)
def test_a_priority_is_derived_by_the_table_with_its_reasons(
    told: dict[str, str], priority: str, because: tuple[str, ...]
) -> None:
    """R-CLS-10 to R-CLS-16."""
    found = derive_priority(told)
    assert (found.priority, found.because) == (priority, because)


@pytest.mark.parametrize(
    ("told", "tags", "urgency", "because"),
    [
        ({}, (), "general", ()),
        ({}, ("classes:device_damage",), "urgent", ("broken",)),
        ({"warranty": "out", "kind": "fault"}, (), "urgent", ("out_of_warranty",)),
        ({"warranty": "out", "kind": "advice"}, (), "general", ()),
        ({"impact": "key_process"}, ("faults:leak",), "urgent", ("interruption",)),
    ],
)
def test_a_failure_a_repair_out_of_warranty_and_an_interruption_are_urgent_by_default(
    told: dict[str, str], tags: tuple[str, ...], urgency: str, because: tuple[str, ...]
) -> None:
    """R-CLS-12."""
    found = usual_urgency(told, tags)
    assert (found.priority, found.because) == (urgency, because)


def test_a_customer_who_says_that_it_is_urgent_never_makes_it_less_so() -> None:
    ticket = only(done(at("new", priority="emergency"), desk("ticket.urge")), Ticket)
    assert (ticket.urgency, ticket.priority) == ("urgent", "emergency")
    ticket = only(done(at("new", priority="low"), desk("ticket.urge")), Ticket)
    assert ticket.priority == "urgent"


def test_how_often_a_customer_asked_is_counted() -> None:
    rows = at("new")
    for number in (1, 2, 3):
        ticket = only(done(rows, desk("ticket.chase", op=f"op {number}")), Ticket)
        assert ticket.chased == number
        rows.put(ticket)


def test_an_exception_names_reason_and_approver_and_stands_once_for_a_limit() -> None:
    """R-SLA-03."""
    rows = at("new")
    for reason in ("traffic", "weather"):
        said = desk("ticket.excuse", {"limit": "arrive", "reason": reason}, op=reason)
        rows.put(only(done(rows, said), Ticket))
    ticket = rows.find(Ticket, TICKET.id)
    assert ticket is not None
    (made,) = ticket.excused
    assert (made.limit, made.reason, made.by) == ("arrive", "weather", DORA.id)


def test_a_person_says_whether_a_limit_was_kept() -> None:
    rows = at("new")
    for said in ("breached", "met"):
        rows.put(
            only(
                done(rows, desk("ticket.settle_time", {"limit": "a", "said": said}, op=said)),
                Ticket,
            )
        )
    ticket = rows.find(Ticket, TICKET.id)
    assert ticket is not None
    assert [(one.limit, one.said) for one in ticket.settled] == [("a", "met")]


def test_what_was_agreed_before_stands_beside_what_is_agreed_now() -> None:
    rows = at("new", agreed_due="2026-11-25T18:00")
    ticket = only(done(rows, desk("ticket.agree", {"visit": "2026-11-21T09:00"})), Ticket)
    assert (ticket.agreed_visit, ticket.agreed_due) == ("2026-11-21T09:00", "2026-11-25T18:00")


def test_clocks_rest_for_what_is_sent_in_until_it_is_here() -> None:
    told = line_of(done(at("new"), desk("ticket.wait", {"reason": "mail_in"})))
    assert (told.pause, told.resume) == ("mail_in", "")
    told = line_of(done(at("new"), desk("ticket.go_on")))
    assert (told.pause, told.resume) == ("", "all")


def test_a_repeat_is_linked_once_and_never_in_a_ring() -> None:
    other = structs.replace(TICKET, id=ident("earlier"), number="T-26-000001")
    rows = state(TICKET, other)
    said = desk("ticket.link", {"ticket": other.id})
    ticket = only(done(rows, said), Ticket)
    assert (ticket.repeat_of, line_of(done(rows, said)).note) == (other.id, "T-26-000001")
    rows.put(ticket)
    assert done(rows, said).merged
    back = desk("ticket.link", {"ticket": TICKET.id}, on=("ticket", other.id))
    assert refusal(rows, back) == ("into_itself", "args.ticket")


def test_the_visit_that_a_technician_agreed_is_the_tickets() -> None:
    """R-SLA-10."""
    args = {"means": "phone", "reached": True, "visit_at": "2026-11-24T09:30", "note": "After 9"}
    (emit,) = done(state(), act("work_order.contact", args)).emits
    assert (emit.args["events"], emit.args["agreed"]) == ("contacted", "2026-11-24T09:30")
    (emit,) = done(state(), act("work_order.contact", {**args, "reached": False})).emits
    assert ("events" in emit.args, "agreed" in emit.args) == (False, False)
    wrong = act("work_order.contact", {**args, "visit_at": "2026-02-30T09:30"})
    assert refusal(state(), wrong) == ("wrong_value", "args.visit_at")
    lost = act("work_order.contact", args, on=("work_order", ident("none")))
    assert refusal(state(), lost) == ("unknown_subject", "on")
    unreadable = act("work_order.contact", {**args, "note": "\x07"})
    assert refusal(state(), unreadable) == ("not_text", "args.note")


@pytest.mark.parametrize(
    ("kind", "field", "more"),
    [
        ("ticket.agree", "visit", {}),
        ("ticket.agree", "due", {}),
        ("ticket.wait", "until", {"reason": "customer_date"}),
    ],
)
@pytest.mark.parametrize(
    ("local", "code"),
    [
        ("2026-11-23T09:00", None),
        ("2036-11-20T09:00", None),
        ("2036-12-20T09:00", "too_far_off"),
        ("9999-12-31T23:59", "too_far_off"),
        ("0001-01-01T00:00", "too_far_off"),
        ("2026-02-30T09:00", "wrong_value"),
    ],
)
def test_a_time_that_is_ten_years_away_is_a_slip(
    kind: str, field: str, more: dict[str, Any], local: str, code: str | None
) -> None:
    asked = desk(kind, {field: local, **more})
    if code is None:
        assert not done(at("new"), asked).merged
        return
    told = refused(at("new"), asked)
    assert (told.code, told.field) == (code, f"args.{field}")
    assert told.params == ({"day": local[:10]} if code == "too_far_off" else {"reason": local})

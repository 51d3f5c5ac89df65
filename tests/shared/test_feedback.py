"""What customers say is a record of its own: each has its steps, its clocks, and its end."""

from typing import Any

import pytest
from msgspec import structs

from shared.casework import Request, case_of
from shared.clocks import Clock, clocks
from shared.feedback import Feedback, left, task_id, unconfirmed
from shared.kinds import REGISTRY
from shared.messages import Message
from shared.people import Person
from shared.records import Record, stream_for
from shared.registry import Act, Outcome
from shared.tasks import Task
from shared.ticket import Ticket, TicketEvent
from shared.timetable import HOUR_MS
from tests.shared.company import (
    ANN,
    BEN,
    DORA,
    NOW,
    ORDER,
    TICKET,
    act,
    done,
    ident,
    refusal,
    state,
)
from tests.shared.test_clocks import at, policy
from tests.shared.test_thresholds import OFFICE, THEN, limits_of

MINA = Person(id=ident("mina"), login="mina", name="Mina", roles=("service_manager",))
RESOLVED = structs.replace(TICKET, status="resolved")
PLAINT: dict[str, Any] = {
    "ticket": TICKET.id,
    "kind": "complaint",
    "means": "phone",
    "text": "约好九点，十一点才到",
    "said_by": "陈美玲",
}
BY_PHONE = {"means": "phone"}
REACHED = {"means": "phone", "reached": True}
DAY = 24 * HOUR_MS


class Desk:
    """The books of a small company, and what is said of what a customer said."""

    def __init__(self, *more: Record) -> None:
        self.rows = state(MINA, *more)
        self.count = 0
        self.feedback = ""

    def say(self, kind: str, args: dict[str, Any], **more: Any) -> Outcome:
        """Something is said of the feedback that was written down last."""
        said = self.act(kind, args, **more)
        outcome = done(self.rows, said)
        for row in outcome.rows:
            self.rows.put(row)
        for emit in outcome.emits:
            landing = REGISTRY.absorbs[emit.name](self.rows, emit, said.op_id, said.at)
            for row in landing.rows:
                self.rows.put(row)
        return outcome

    def act(self, kind: str, args: dict[str, Any], **more: Any) -> Act:
        self.count += 1
        op = f"said {self.count}"
        creates = kind in ("feedback.record", "feedback.score")
        if creates:
            self.feedback = ident(op)
        on = more.pop("on", ("feedback", self.feedback))
        return act(kind, args, on=on, op=op, **{"by": DORA, "at": NOW + 1000 * self.count, **more})

    @property
    def now(self) -> Feedback:
        found = self.rows.find(Feedback, self.feedback)
        assert found is not None
        return found

    def events(self) -> list[tuple[str, ...]]:
        return [one.events for one in self.lines()]

    def lines(self) -> list[TicketEvent]:
        found = self.rows.of(TicketEvent, TICKET.id)
        return sorted(found, key=lambda one: (one.at, one.id))

    def task(self, code: str) -> Task | None:
        return self.rows.find(Task, task_id(self.feedback, code, TICKET.id))


def refused(desk: Desk, kind: str, args: dict[str, Any], **more: Any) -> tuple[str, str | None]:
    return refusal(desk.rows, desk.act(kind, args, **more))


@pytest.mark.parametrize("kind", ["complaint", "score"])
def test_nobody_writes_down_what_a_customer_says_by_their_link(kind: str) -> None:
    """The server alone says that, for whoever has the link."""
    desk = Desk(RESOLVED)
    by_link = {**PLAINT, "kind": kind, "means": "link", "score": 5}
    assert refused(desk, "feedback.record", by_link) == ("wrong_value", "args.means")


def test_a_complaint_is_kept_as_it_was_said_and_is_a_line_of_the_story() -> None:
    desk = Desk()
    outcome = desk.say("feedback.record", {**PLAINT, "type": "delay", "contact": "138 0013 8000"})
    made = Feedback(
        id=desk.feedback,
        version=1,
        ticket_id=TICKET.id,
        kind="complaint",
        means="phone",
        state="open",
        text="约好九点，十一点才到",
        said_by="陈美玲",
        contact="138 0013 8000",
        type="delay",
        by=DORA.id,
        at=NOW + 1000,
    )
    assert desk.now == made
    assert outcome.rows == (structs.replace(made, version=None),)
    (line,) = desk.lines()
    assert (line.events, line.about, line.note) == (("complained",), desk.feedback, made.text)


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (
            "complaint",
            [
                ("feedback.contact", REACHED, "complainant_contacted"),
                ("feedback.plan", {**BY_PHONE, "text": "组长上门"}, "plan_told"),
                ("feedback.result", {**BY_PHONE, "text": "已处理"}, "result_told"),
            ],
        ),
        (
            "suggestion",
            [
                ("feedback.contact", REACHED, "suggestion_answered"),
                ("feedback.result", {**BY_PHONE, "text": "采纳"}, "suggestion_settled"),
            ],
        ),
        ("issue", [("feedback.put_right", {"measure": "已整改"}, "issue_settled")]),
        ("finding", [("feedback.put_right", {"measure": "已整改"}, "finding_rectified")]),
    ],
)
def test_each_kind_takes_its_steps_and_ends_only_with_the_three_confirmations(
    kind: str, steps: list[tuple[str, dict[str, Any], str]]
) -> None:
    desk = Desk()
    desk.say("feedback.record", {**PLAINT, "kind": kind})
    for name, args, event in steps:
        assert refused(
            desk, "feedback.close", {"confirmations": ["understood", "done", "told"]}
        ) == (
            "step_missing",
            None,
        )
        assert left(desk.now)[0] == name.removeprefix("feedback.")
        desk.say(name, args, by=MINA)
        assert desk.events()[-1] == (event,) or (event,) in desk.events()
    assert left(desk.now) == ()
    assert refused(desk, "feedback.close", {"confirmations": ["done"]}) == (
        "unconfirmed_feedback",
        None,
    )
    desk.say("feedback.confirm", {"what": ["understood", "done"]})
    assert unconfirmed(desk.now) == ("told",)
    desk.say("feedback.close", {"outcome": "满意", "confirmations": ["told"]}, by=MINA)
    ended = desk.now
    assert (ended.state, ended.outcome, ended.closed_by) == ("closed", "满意", MINA.id)
    assert [(one.what, one.by) for one in ended.confirmed] == [
        ("understood", DORA.id),
        ("done", DORA.id),
        ("told", MINA.id),
    ]
    assert done(desk.rows, desk.act("feedback.close", {})).merged
    assert refused(desk, "feedback.sort", {"grade": "serious"}) == ("already_settled", None)


def test_a_call_that_nobody_answers_stops_no_clock() -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT)
    desk.say("feedback.contact", {"means": "phone", "reached": False, "note": "无人接听"})
    assert (desk.now.taken, desk.events()[-1]) == ((), ())
    desk.say("feedback.contact", {**REACHED, "understood": True})
    assert desk.now.taken == ("contact",)
    assert [one.what for one in desk.now.confirmed] == ["understood"]


@pytest.mark.parametrize(
    ("args", "by", "expected"),
    [
        ({"ticket": ident("none")}, DORA, ("unknown_subject", "args.ticket")),
        ({"text": ""}, DORA, ("missing_field", "args.text")),
        ({"text": "\u202e"}, DORA, ("not_text", "args.text")),
        ({"said_by": "\u0007"}, DORA, ("not_text", "args.said_by")),
        ({"follows": ident("none")}, DORA, ("unknown_subject", "args.follows")),
        ({"kind": "score"}, DORA, ("missing_field", "args.score")),
        ({"kind": "score", "score": 5}, DORA, ("not_done_yet", None)),
        ({}, ANN, ("missing_field", "args.work_order")),
        ({"work_order": ident("none")}, ANN, ("unknown_subject", "args.work_order")),
        ({"work_order": ORDER.id}, BEN, ("not_assigned", None)),
        ({"kind": "finding", "work_order": ORDER.id}, ANN, ("not_permitted", None)),
    ],
)
def test_what_cannot_be_written_down_is_refused_with_its_field(
    args: dict[str, Any], by: Person, expected: tuple[str, str | None]
) -> None:
    assert refused(Desk(), "feedback.record", {**PLAINT, **args}, by=by) == expected


def test_a_technician_writes_down_what_they_are_told_on_their_job() -> None:
    desk = Desk()
    desk.say("feedback.record", {**PLAINT, "means": "in_person", "work_order": ORDER.id}, by=ANN)
    assert (desk.now.by, desk.now.work_order_id) == (ANN.id, ORDER.id)


@pytest.mark.parametrize(
    ("more", "by", "streams"),
    [
        ({"grade": "serious"}, DORA, {None}),
        ({"kind": "finding"}, DORA, {None, f"ticket:{TICKET.id}"}),
        ({"work_order": ORDER.id}, ANN, {None, f"tech:{ANN.id}"}),
    ],
)
def test_only_a_finding_and_ones_own_words_go_to_a_phone(
    more: dict[str, Any], by: Person, streams: set[str | None]
) -> None:
    """The line of the story and the task stay in the office whatever it is (0044)."""
    desk = Desk()
    before = {row.id for row in desk.rows.rows()}
    desk.say("feedback.record", {**PLAINT, **more}, by=by)
    assert {stream_for(row) for row in desk.rows.rows() if row.id not in before} == streams


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("feedback.sort", {"type": "manner", "grade": "serious"}),
        ("feedback.contact", {**BY_PHONE, "reached": True}),
        ("feedback.take_back", {"reason": "twice"}),
    ],
)
def test_what_the_office_found_out_does_not_go_to_whoever_wrote_it_down(
    name: str, args: dict[str, Any]
) -> None:
    desk = Desk()
    desk.say("feedback.record", {**PLAINT, "means": "in_person", "work_order": ORDER.id}, by=ANN)
    assert stream_for(desk.now) == f"tech:{ANN.id}"
    desk.say(name, args)
    assert stream_for(desk.now) is None


@pytest.mark.parametrize(
    ("kind", "name", "args"),
    [
        ("suggestion", "feedback.plan", {**BY_PHONE, "text": "x"}),
        ("complaint", "feedback.call", {**REACHED, "cause": "x", "measure": "y"}),
        ("issue", "feedback.contact", REACHED),
        ("complaint", "feedback.put_right", {"measure": "x"}),
    ],
)
def test_a_step_of_another_kind_is_refused(kind: str, name: str, args: dict[str, Any]) -> None:
    desk = Desk()
    desk.say("feedback.record", {**PLAINT, "kind": kind})
    assert refused(desk, name, args, by=MINA) == ("not_its_step", "on")


def test_a_serious_complaint_is_the_manager_s_at_once_until_it_is_through() -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT)
    assert desk.task("serious_complaint") is None
    desk.say("feedback.sort", {"type": "manner", "grade": "serious"})
    assert done(desk.rows, desk.act("feedback.sort", {"type": "manner", "grade": "serious"})).merged
    opened = desk.task("serious_complaint")
    assert opened is not None
    assert (opened.params["role"], opened.home_id, opened.done) == (
        "service_manager",
        TICKET.id,
        False,
    )
    desk.say("feedback.result", {**BY_PHONE, "text": "已处理", "compensation": "免上门费"})
    closed = desk.task("serious_complaint")
    assert closed is not None
    assert (closed.done, desk.now.compensation) == (True, "免上门费")


def test_a_customer_may_take_back_what_they_said_and_nothing_is_asked_any_more() -> None:
    desk = Desk()
    desk.say("feedback.record", {**PLAINT, "grade": "serious"})
    desk.say("feedback.take_back", {"reason": "误会"})
    task = desk.task("serious_complaint")
    assert task is not None
    assert (desk.now.state, desk.events()[-1], task.done) == ("closed", ("withdrawn",), True)


# Messages


@pytest.mark.parametrize("is_open", [True, False])
def test_that_a_customer_was_told_the_plan_by_message_is_that_step(is_open: bool) -> None:
    desk = Desk()
    desk.say("feedback.record", {**PLAINT, "grade": "serious"})
    told = {
        "ticket": TICKET.id,
        "template": "complaint_result",
        "text": "【江州冷暖】处理结果：已改派",
        "language": "zh",
        "params": {"what": "已改派"},
        "feedback": desk.feedback,
    }
    on = ("message", ident("said 2"))
    desk.say("message.queue", told, on=on)
    message = desk.rows.find(Message, on[1])
    assert message is not None
    assert (message.feedback_id, desk.now.taken) == (desk.feedback, ())
    if not is_open:
        desk.say("feedback.take_back", {"reason": "误会"})
    desk.say("message.send", {"channel": "copy"}, on=on)
    assert desk.now.taken == (("result",) if is_open else ())
    line = next(one for one in desk.lines() if "result_told" in one.events)
    assert (line.about, line.note) == (desk.feedback, "已改派")


def test_a_message_about_what_nobody_said_is_refused() -> None:
    told = {"ticket": TICKET.id, "template": "complaint_plan", "text": "x", "language": "zh"}
    wrong = act("message.queue", {**told, "feedback": ident("no")}, on=("message", "m"), by=DORA)
    assert refusal(state(), wrong) == ("unknown_subject", "args.feedback")


# Clocks


def read(desk: Desk, limit: str, now: int, preset: str = "p-default") -> list[Clock]:
    ticket = desk.rows.find(Ticket, TICKET.id)
    assert ticket is not None
    case = case_of(Request(ticket=ticket, events=desk.lines()))
    case = structs.replace(case, zone="Asia/Shanghai")
    return list(clocks(case, policy(limits_of(preset)[limit]), OFFICE, now))


TAKEN: dict[str, dict[str, Any]] = {
    "contact": REACHED,
    "plan": {**BY_PHONE, "text": "x"},
    "result": {**BY_PHONE, "text": "x"},
    "call": {**REACHED, "cause": "x", "measure": "y"},
    "put_right": {"measure": "x"},
}
# Requirement, preset, limit, kind of feedback, step, and when it is due.
ACTS: list[tuple[str, str, str, str, str, str]] = [
    ("R-SLA-41", "p-default", "complaint_contact", "complaint", "contact", "2026-10-08T21:00"),
    ("R-SLA-42", "p-default", "complaint_plan", "complaint", "plan", "2026-10-09T20:00"),
    ("R-SLA-33", "p-default", "complaint_result", "complaint", "result", "2026-10-10T18:00"),
    ("R-SLA-32", "p-2025-product", "complaint_contact", "complaint", "contact", "2026-10-09T20:00"),
    (
        "R-SLA-32",
        "p-2025-product",
        "suggestion_answer",
        "suggestion",
        "contact",
        "2026-10-09T20:00",
    ),
    ("R-SLA-33", "p-default", "suggestion_result", "suggestion", "result", "2026-10-10T18:00"),
    ("R-SLA-15", "p-default", "low_score", "score", "call", "2026-10-10T20:00"),
    ("R-IMP-08", "p-default", "rectify", "finding", "put_right", "2026-11-18T18:00"),
    ("R-IMP-09", "p-default", "issue", "issue", "put_right", "2026-11-08T00:00"),
]


@pytest.mark.parametrize("row", ACTS, ids=lambda row: " ".join(row[:3]))
def test_an_act_starts_the_clock_of_a_figure_and_another_stops_it_exactly_then(row: Any) -> None:
    _, preset, limit, kind, step, expected = row
    due = at(expected)
    for moment, state_ in ((due, "met"), (due + 1, "breached")):
        desk = Desk(structs.replace(RESOLVED, opened_at=at(THEN)))
        told = {**PLAINT, "kind": kind, **({"score": 2} if kind == "score" else {})}
        desk.say("feedback.record", told, at=at(THEN))
        (running,) = read(desk, limit, due, preset)
        assert (running.state, running.due, running.about) == ("running", due, desk.feedback)
        (late,) = read(desk, limit, due + 1, preset)
        assert late.state == "breached"
        desk.say(f"feedback.{step}", TAKEN[step], by=MINA, at=moment)
        (stopped,) = read(desk, limit, due + DAY, preset)
        assert (stopped.state, stopped.stopped) == (state_, moment)


def test_two_complaints_have_two_clocks_that_stop_each_by_its_own_step() -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT, at=NOW)
    first = desk.feedback
    desk.say(
        "feedback.record", {**PLAINT, "text": "还收错了费", "follows": first}, at=NOW + HOUR_MS
    )
    second = desk.feedback
    desk.say("feedback.contact", REACHED, at=NOW + HOUR_MS + 60_000)
    found = read(desk, "complaint_contact", NOW + 2 * HOUR_MS)
    assert [(one.about, one.state, one.start) for one in found] == [
        (first, "breached", NOW),
        (second, "met", NOW + HOUR_MS),
    ]


def test_a_complaint_goes_on_when_its_request_is_withdrawn_and_ends_with_itself() -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT, at=NOW)
    desk.say("ticket.withdraw", {"reason": "不要了"}, on=("ticket", TICKET.id), at=NOW + 1000)
    (clock,) = read(desk, "complaint_contact", NOW + 2000)
    assert clock.state == "running"
    desk.say("feedback.take_back", {"reason": "误会"}, at=NOW + 3000)
    (clock,) = read(desk, "complaint_contact", NOW + 4000)
    assert clock.state == "dropped"


def test_what_happens_to_a_feedback_moves_no_clock_of_the_request() -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT, at=NOW + 1000)
    desk.say("feedback.take_back", {"reason": "误会"}, at=NOW + 2000)
    before = read(Desk(), "first_response", NOW + 3000)
    assert read(desk, "first_response", NOW + 3000) == before
    assert [one.about for one in before] == [""]


def test_a_limit_may_depend_on_how_grave_a_complaint_is() -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT, at=NOW)
    desk.say("feedback.record", {**PLAINT, "grade": "minor"}, at=NOW + 1000)
    desk.say("feedback.sort", {"grade": "serious"}, at=NOW + 2000)
    grave = structs.replace(
        limits_of("p-default")["complaint_contact"], when={"grade": ("serious",)}
    )
    case = case_of(Request(ticket=TICKET, events=desk.lines()))
    found = clocks(case, policy(grave), OFFICE, NOW + 3000)
    assert [(one.about, one.state) for one in found] == [(desk.feedback, "running")]


@pytest.mark.parametrize("kind", ["ticket.settle_time", "ticket.excuse"])
def test_a_word_on_a_limit_of_one_complaint_counts_for_that_one_alone(kind: str) -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT, at=NOW)
    first = desk.feedback
    desk.say("feedback.record", PLAINT, at=NOW + 1000)
    said = {"said": "met"} if kind == "ticket.settle_time" else {"reason": "weather"}
    said["note"] = "He was rude"
    for about in (first, desk.feedback):
        told = {"limit": "complaint_contact", "about": about, **said}
        desk.say(kind, told, on=("ticket", TICKET.id))
    ticket = desk.rows.find(Ticket, TICKET.id)
    assert ticket is not None
    # The row goes to phones, and those lines of the story do not.
    assert {one.note for one in ticket.settled} | {one.note for one in ticket.excused} == {""}
    assert [one.note for one in desk.lines()][-2:] == ["He was rude"] * 2
    case = case_of(Request(ticket=ticket, events=desk.lines()))
    named = {**case.settled, **case.excused}
    assert sorted(named) == sorted(f"complaint_contact {one}" for one in (first, desk.feedback))

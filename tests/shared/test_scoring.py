"""Scores: what customers think of what was done, once, corrected for a while, and followed up."""

from typing import Any

import pytest

from shared.errors import Refused
from shared.feedback import CORRECTED_MS, chain, left
from shared.records import State
from shared.ticket import Ticket
from shared.timetable import HOUR_MS
from tests.shared.company import DORA, NOW, TICKET, act, done, ident, judge, refusal, state
from tests.shared.test_feedback import (
    BY_PHONE,
    MINA,
    PLAINT,
    REACHED,
    RESOLVED,
    Desk,
    read,
    refused,
)


def scoring(score: int, **more: Any) -> dict[str, Any]:
    return {"ticket": TICKET.id, "score": score, **more}


def test_a_score_that_is_fine_is_over_at_once_and_nobody_need_call() -> None:
    desk = Desk(RESOLVED)
    desk.say("feedback.score", scoring(5, text="很好", aspects={"speed": 4}, solved="yes"))
    kept = desk.now
    assert (kept.score, kept.aspects, kept.solved, kept.state) == (5, {"speed": 4}, "yes", "closed")
    assert desk.events() == [("surveyed", "called_back")]
    assert refused(desk, "feedback.contact", REACHED) == ("already_settled", None)


def test_a_score_below_three_is_followed_up_by_the_manager_with_cause_and_measure() -> None:
    desk = Desk(RESOLVED)
    desk.say("feedback.score", scoring(2))
    task = desk.task("low_score")
    assert task is not None
    assert task.params == {"role": "service_manager", "about": desk.feedback, "score": 2}
    assert (desk.events(), chain(desk.now)) == ([("surveyed", "scored_low")], ("call",))
    half = {**REACHED, "cause": "配件到货晚"}
    assert refused(desk, "feedback.call", half, by=MINA) == ("missing_field", "args.measure")
    desk.say("feedback.call", {"means": "phone", "reached": False}, by=MINA)
    assert desk.now.taken == ()
    desk.say("feedback.call", {**half, "measure": "常用件备货"}, by=MINA)
    task = desk.task("low_score")
    assert task is not None
    assert (task.done, desk.now.cause, desk.now.measure) == (True, "配件到货晚", "常用件备货")
    assert desk.events()[-1] == ("manager_called",)
    assert desk.now.state == "open"


@pytest.mark.parametrize("way", ["contact", "take_up"])
def test_not_solved_is_offered_to_be_taken_up_again_and_is_over_once_somebody_saw_to_it(
    way: str,
) -> None:
    desk = Desk(RESOLVED)
    desk.say("feedback.score", scoring(4, solved="no"))
    task = desk.task("not_solved")
    assert task is not None
    assert (task.params["role"], task.done) == ("customer_service", False)
    assert desk.events() == [("surveyed",)]
    if way == "contact":
        desk.say("feedback.contact", REACHED)
    else:
        again = {"reason": "客户说没修好", "feedback": desk.feedback}
        desk.say("ticket.take_up", again, on=("ticket", TICKET.id))
        ticket = desk.rows.find(Ticket, TICKET.id)
        assert ticket is not None
        assert (ticket.status, desk.events()[-1]) == ("in_progress", ("reopened",))
    task = desk.task("not_solved")
    assert task is not None
    assert (task.done, left(desk.now)) == (True, ())


@pytest.mark.parametrize(
    ("ticket", "args", "expected"),
    [
        (TICKET, {"reason": "x"}, ("illegal_status", None)),
        (RESOLVED, {"reason": " "}, ("not_text", "args.reason")),
        (RESOLVED, {"reason": "x", "feedback": ident("no")}, ("unknown_subject", "args.feedback")),
    ],
)
def test_only_what_was_done_is_taken_up_again(
    ticket: Ticket, args: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    on = ("ticket", TICKET.id)
    assert refused(Desk(ticket), "ticket.take_up", args, on=on) == expected
    missing = act("ticket.take_up", {"reason": "x"}, on=("ticket", ident("none")), by=DORA)
    assert refusal(state(), missing) == ("unknown_subject", "on")


def test_a_request_is_taken_up_again_without_anybody_having_scored_it() -> None:
    desk = Desk(RESOLVED)
    desk.say("ticket.take_up", {"reason": "客户来电"}, on=("ticket", TICKET.id))
    assert desk.events() == [("reopened",)]


def test_a_score_is_corrected_for_some_days_and_the_follow_up_with_it() -> None:
    desk = Desk(RESOLVED)
    desk.say("feedback.score", scoring(2))
    fine = {"score": 4, "text": "后来处理得很好", "solved": "yes"}
    desk.say("feedback.correct", fine, at=NOW + CORRECTED_MS)
    task = desk.task("low_score")
    assert task is not None
    assert (desk.now.score, desk.now.state, task.done) == (4, "closed", True)
    assert desk.now.changed_at == NOW + CORRECTED_MS
    assert desk.events()[-1] == ("withdrawn", "called_back")
    assert done(desk.rows, desk.act("feedback.correct", fine)).merged
    desk.say("feedback.correct", {"score": 1, "text": "又坏了"}, at=NOW + CORRECTED_MS + 500)
    task = desk.task("low_score")
    assert task is not None
    assert (desk.now.state, task.done, desk.events()[-1]) == (
        "open",
        False,
        ("reopened", "scored_low"),
    )
    late = {"at": NOW + CORRECTED_MS + 1001}
    assert refused(desk, "feedback.correct", {"score": 5}, **late) == ("corrected_too_late", None)


def test_a_correction_within_the_same_side_changes_the_words_alone() -> None:
    desk = Desk(RESOLVED)
    desk.say("feedback.score", scoring(5, text="好"))
    desk.say("feedback.correct", {"score": 4, "text": "不错"}, at=NOW + 2000)
    assert (desk.now.score, desk.events()[-1]) == (4, ())
    desk.say("feedback.correct", {"score": 4, "solved": "no"}, at=NOW + 3000)
    desk.say("feedback.correct", {"score": 4, "solved": "yes"}, at=NOW + 4000)
    assert (desk.now.state, desk.events()[-1]) == ("closed", ("called_back",))


def test_what_somebody_has_settled_is_corrected_no_more() -> None:
    desk = Desk(RESOLVED)
    desk.say("feedback.score", scoring(2))
    desk.say("feedback.call", {**REACHED, "cause": "x", "measure": "y"}, by=MINA)
    desk.say("feedback.close", {"confirmations": ["understood", "done", "told"]}, by=MINA)
    assert refused(desk, "feedback.correct", {"score": 5}) == ("already_settled", None)
    nothing = act("feedback.correct", {"score": 5}, on=("feedback", ident("none")))
    assert refusal(desk.rows, nothing) == ("unknown_subject", "on")


def test_a_score_by_telephone_is_written_down_by_the_desk_and_counts_alike() -> None:
    desk = Desk(RESOLVED)
    told = {"ticket": TICKET.id, "kind": "score", "means": "phone", "score": 1}
    desk.say("feedback.record", told)
    assert (desk.now.means, desk.now.by, desk.now.state) == ("phone", DORA.id, "open")
    assert desk.task("low_score") is not None
    missing = act("feedback.score", {**scoring(5), "ticket": ident("none")}, by=DORA)
    assert refusal(desk.rows, missing) == ("unknown_subject", "args.ticket")
    early = act("feedback.score", scoring(5), on=("feedback", ident("op")), by=DORA)
    assert refusal(state(), early) == ("not_done_yet", None)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("feedback.sort", {"grade": "minor"}),
        ("feedback.contact", REACHED),
        ("feedback.plan", {**BY_PHONE, "text": "x"}),
        ("feedback.result", {**BY_PHONE, "text": "x"}),
        ("feedback.call", {**REACHED, "cause": "x", "measure": "y"}),
        ("feedback.put_right", {"measure": "x"}),
        ("feedback.confirm", {"what": ["done"]}),
        ("feedback.close", {}),
        ("feedback.take_back", {"reason": "x"}),
    ],
)
def test_nothing_can_be_said_of_what_nobody_said(name: str, args: dict[str, Any]) -> None:
    nothing = act(name, args, on=("feedback", ident("none")), by=MINA)
    assert refusal(state(), nothing) == ("unknown_subject", "on")


@pytest.mark.parametrize(
    ("name", "args", "field"),
    [
        ("feedback.contact", {**REACHED, "note": "\u202e"}, "args.note"),
        ("feedback.plan", {**BY_PHONE, "text": " "}, "args.text"),
        (
            "feedback.result",
            {**BY_PHONE, "text": "x", "compensation": "\u202e"},
            "args.compensation",
        ),
        ("feedback.confirm", {"what": []}, "args.what"),
        ("feedback.take_back", {"reason": " "}, "args.reason"),
    ],
)
def test_what_says_nothing_is_refused(name: str, args: dict[str, Any], field: str) -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT)
    assert refused(desk, name, args)[1] == field


def test_what_is_confirmed_already_is_not_confirmed_anew() -> None:
    desk = Desk()
    desk.say("feedback.record", PLAINT)
    desk.say("feedback.confirm", {"what": ["done"]})
    assert done(desk.rows, desk.act("feedback.confirm", {"what": ["done"]})).merged


def test_a_low_score_that_is_corrected_is_not_asked_for_and_goes_on_where_it_stood() -> None:
    desk = Desk(RESOLVED)
    desk.say("feedback.score", scoring(2), at=NOW)
    desk.say("feedback.correct", {"score": 4}, at=NOW + HOUR_MS)
    (clock,) = read(desk, "low_score", NOW + 2 * HOUR_MS)
    assert clock.state == "dropped"
    desk.say("feedback.correct", {"score": 1}, at=NOW + 5 * HOUR_MS)
    (clock,) = read(desk, "low_score", NOW + 6 * HOUR_MS)
    assert (clock.state, clock.due) == ("running", NOW + 52 * HOUR_MS)


def test_a_refusal_of_the_form_of_a_score_is_kept_from_the_clocks() -> None:
    found = judge(state(RESOLVED), act("feedback.score", scoring(3, text="\u202e"), by=DORA))
    assert isinstance(found, Refused)
    assert found.code == "not_text"


def test_the_rows_of_a_feedback_live_with_their_ticket() -> None:
    rows: State = state(RESOLVED)
    outcome = done(rows, act("feedback.score", scoring(5), on=("feedback", ident("op")), by=DORA))
    (row,) = outcome.rows
    assert (row.home, getattr(row, "ticket_id")) == (("ticket", "ticket_id"), TICKET.id)  # noqa: B009

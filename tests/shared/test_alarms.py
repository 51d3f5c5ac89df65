"""Alarms follow from how the clocks stand, under ids of their own, and say when the next is due."""

from typing import Any, Final

import pytest
from msgspec import structs

from shared.alarms import (
    CODES,
    OVER,
    Alarm,
    Given,
    Moment,
    Patience,
    escalation,
    of_clocks,
    of_orders,
    why_over,
)
from shared.calendars import PLAIN
from shared.clocks import Clock
from shared.ids import derive
from shared.ops import SYSTEM
from shared.policy import Escalation, Limit
from shared.registry import Outcome
from shared.tasks import Task
from shared.timetable import ALWAYS, Timetable
from shared.work_order import Assignment
from tests.shared.company import (
    ANN,
    DORA,
    LEAD,
    NOW,
    ORDER,
    TICKET,
    act,
    done,
    ident,
    judge,
    refusal,
    state,
)

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
COME: Final = Limit(
    id="come", node="arrive", start="received", stop="arrived", amount=4, role="technician"
)
TOLD_EVERY: Final = 24  # hours
TELL: Final = Limit(
    id="tell",
    node="progress",
    start="recorded",
    stop="progress_told",
    amount=TOLD_EVERY,
    every=True,
)
LIMITS: Final = {"come": COME, "tell": TELL}
RUNNING: Final = Clock(
    limit="come",
    node="arrive",
    state="running",
    reason="running",
    start=NOW,
    due=NOW + 4 * HOUR,
    warn_at=NOW + 3 * HOUR,
    next_at=NOW + 3 * HOUR,
)
OVERDUE: Final = structs.replace(RUNNING, state="breached", reason="overdue", next_at=None)
PATIENCE: Final = Patience(minutes=30, urgent_minutes=10)


def told(clock: Clock, at: int, since: int = 0) -> tuple[list[tuple[str, str]], int | None]:
    """Code and role of the alarms of one clock at a moment, and when to look again."""
    found = of_clocks(TICKET.id, [clock], LIMITS, ALWAYS, Moment(now=at, since=since))
    return [(one.code, str(one.params["role"])) for one in found.alarms], found.next_at


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW + 3 * HOUR - 1, []),
        (NOW + 3 * HOUR, [("clock_warns", "technician")]),
        (NOW + 4 * HOUR, [("clock_warns", "technician")]),
        (NOW + 4 * HOUR + 1, []),  # from then on the clock says that it is breached
    ],
)
def test_somebody_is_warned_from_a_share_of_the_time_until_it_is_over(
    at: int, expected: list[tuple[str, str]]
) -> None:
    assert told(RUNNING, at)[0] == expected


def test_a_clock_that_stands_still_or_has_stopped_warns_nobody() -> None:
    for state_ in ("paused", "met", "waiting", "dropped", "excused"):
        assert told(structs.replace(RUNNING, state=state_), NOW + 3 * HOUR)[0] == []
    late = structs.replace(OVERDUE, reason="late", stopped=NOW + 5 * HOUR)
    assert told(late, NOW + 9 * HOUR) == ([], None)
    bare = structs.replace(RUNNING, warn_at=None, due=None)
    assert told(bare, NOW + 9 * HOUR) == ([], RUNNING.next_at)


def test_what_is_missed_goes_from_one_to_the_next() -> None:
    half, whole = NOW + 6 * HOUR + 1, NOW + 8 * HOUR + 1
    first = ("clock_overdue", "technician")
    second, third = ("clock_overdue", "team_leader"), ("clock_overdue", "service_manager")
    assert told(OVERDUE, NOW + 4 * HOUR + 1) == ([first], half)
    assert told(OVERDUE, half - 1) == ([first], half)
    assert sorted(told(OVERDUE, half)[0]) == sorted([first, second])
    assert told(OVERDUE, half)[1] == whole
    assert sorted(told(OVERDUE, whole)[0]) == sorted([first, second, third])
    assert told(OVERDUE, whole)[1] is None


def test_the_chain_is_what_the_policy_says() -> None:
    chain = (Escalation(0, "dispatcher"), Escalation(25), Escalation(0, "administrator"))
    limit = structs.replace(COME, escalation=chain)
    due = NOW + 4 * HOUR + 1
    assert escalation(OVERDUE, limit, ALWAYS) == [
        ("dispatcher", due),
        ("technician", due + HOUR),
        ("administrator", due),
    ]
    assert escalation(OVERDUE, structs.replace(COME, escalation=()), ALWAYS) == []
    assert escalation(structs.replace(OVERDUE, due=None), COME, ALWAYS) == []
    nobody = structs.replace(COME, role="", escalation=(Escalation(0),))
    assert escalation(OVERDUE, nobody, ALWAYS) == [("dispatcher", due)]


def test_what_is_due_again_and_again_goes_on_after_shares_of_each_time() -> None:
    clock = structs.replace(OVERDUE, limit="tell", node="progress", stopped=NOW + 2 * HOUR)
    shares = [at - NOW - 4 * HOUR - 1 for _, at in escalation(clock, TELL, ALWAYS)]
    assert shares == [0, TOLD_EVERY * HOUR // 2, TOLD_EVERY * HOUR]
    soon = structs.replace(RUNNING, limit="tell", node="progress")
    assert told(soon, NOW + 3 * HOUR)[0] == [("progress_due", "dispatcher")]


def test_what_nobody_can_tell_is_for_a_person_to_settle() -> None:
    doubt = structs.replace(OVERDUE, state="uncertain", reason="stop_uncertain")
    assert told(doubt, NOW + 5 * HOUR)[0] == [("clock_uncertain", "technician")]


def test_what_was_due_before_time_was_kept_is_told_nobody() -> None:
    assert told(OVERDUE, NOW + 9 * HOUR, since=NOW + 4 * HOUR + 1) == ([], None)
    assert len(told(OVERDUE, NOW + 9 * HOUR, since=NOW + 4 * HOUR)[0]) == 3


def test_each_role_hears_of_the_limit_that_was_due_first() -> None:
    second = structs.replace(COME, id="later")
    limits = {**LIMITS, "later": second}
    clocks = [
        structs.replace(OVERDUE, limit="later", node="diagnose", due=NOW + 5 * HOUR),
        OVERDUE,
        structs.replace(RUNNING, limit="tell", node="progress", due=NOW + 9 * HOUR),
    ]
    found = of_clocks(TICKET.id, clocks, limits, ALWAYS, Moment(now=NOW + 5 * HOUR + 1))
    assert sorted((one.code, one.params["limit"]) for one in found.alarms) == [
        ("clock_overdue", "come"),
        ("progress_due", "tell"),
    ]


def test_somebody_hears_of_one_limit_of_a_ticket_at_a_time_whatever_it_is_about() -> None:
    tell = structs.replace(RUNNING, limit="tell", node="progress", due=NOW + 9 * HOUR)
    limits = {**LIMITS, "tell": structs.replace(TELL, role="technician")}
    at = Moment(now=NOW + 4 * HOUR + 1)
    (first,) = of_clocks(TICKET.id, [tell, OVERDUE], limits, ALWAYS, at).alarms
    assert (first.code, first.params["limit"]) == ("clock_overdue", "come")
    (then,) = of_clocks(TICKET.id, [tell], limits, ALWAYS, at).alarms
    assert (then.code, then.params["limit"]) == ("progress_due", "tell")


def test_in_working_hours_the_next_one_is_told_in_working_hours() -> None:
    working = structs.replace(COME, calendar="working")
    hours = Timetable(PLAIN).hours("Asia/Shanghai")
    friday = 1_795_168_800_000  # 2026-11-20, 18:00 in Shanghai, when work is over
    late = structs.replace(OVERDUE, due=friday)
    monday = friday + 63 * HOUR  # 09:00
    assert escalation(late, working, hours) == [
        ("technician", friday + 1),
        ("team_leader", monday + 2 * HOUR),
        ("service_manager", monday + 5 * HOUR),
    ]
    night = [friday + 1 + hours_ * HOUR for hours_ in (0, 2, 4)]
    assert [at for _, at in escalation(late, COME, hours)] == night


@pytest.mark.parametrize(
    ("amount", "unit", "span", "whole"),
    [
        (4, "h", 14 * MINUTE, 4 * HOUR),  # a time was agreed: soon, but nobody is told at once
        (4, "h", 30 * HOUR, 4 * HOUR),
        (3, "day", 50 * HOUR, 50 * HOUR),
        (None, "h", 6 * HOUR, 6 * HOUR),
        (None, "h", None, MINUTE),
    ],
)
def test_shares_are_of_the_time_a_limit_gives_else_of_what_there_was(
    amount: int | None, unit: Any, span: int | None, whole: int
) -> None:
    limit = structs.replace(COME, amount=amount, unit=unit)
    told = escalation(structs.replace(OVERDUE, span=span), limit, ALWAYS)
    over = NOW + 4 * HOUR + 1
    assert [at - over for _, at in told] == [0, whole // 2, whole]


def test_an_alarm_has_the_same_id_whoever_asks_and_another_for_another_time() -> None:
    (one,) = of_clocks(TICKET.id, [OVERDUE], LIMITS, ALWAYS, Moment(now=NOW + 5 * HOUR)).alarms
    (again,) = of_clocks(
        TICKET.id, [OVERDUE], LIMITS, ALWAYS, Moment(now=NOW + 5 * HOUR + 9)
    ).alarms
    moved = structs.replace(OVERDUE, due=OVERDUE.due and OVERDUE.due + 1)
    (other,) = of_clocks(TICKET.id, [moved], LIMITS, ALWAYS, Moment(now=NOW + 5 * HOUR)).alarms
    assert one == again
    assert one.op_id != other.op_id
    assert one.task_id == derive(one.op_id, "task", one.code, TICKET.id)


def ringing(assignment: Assignment, at: int, **order: Any) -> tuple[list[Alarm], int | None]:
    job = structs.replace(ORDER, **{"status": "assigned", **order})
    given = Given(order=job, assignments=(assignment,), names={ANN.id: "Ann"})
    found = of_orders([given], PATIENCE, ALWAYS, Moment(now=at))
    return list(found.alarms), found.next_at


def test_who_takes_no_job_on_is_to_be_rung_up_and_of_an_urgent_one_sooner() -> None:
    waiting = structs.replace(LEAD, from_ms=NOW, accepted_at=None, until_ms=None)
    assert ringing(waiting, NOW) == ([], NOW + 30 * MINUTE)
    assert ringing(waiting, NOW, priority="urgent") == ([], NOW + 10 * MINUTE)
    (alarm,), then = ringing(waiting, NOW + 30 * MINUTE)
    assert (alarm.on, alarm.code, alarm.params["name"], then) == (
        ("work_order", ORDER.id),
        "unaccepted",
        "Ann",
        None,
    )
    for over in (
        {"accepted_at": NOW},
        {"until_ms": NOW},
        {"role": "helper"},
    ):
        assert ringing(structs.replace(waiting, **over), NOW + HOUR) == ([], None)
    assert ringing(waiting, NOW + HOUR, status="accepted") == ([], None)
    job = structs.replace(ORDER, status="assigned")
    given = Given(order=job, assignments=(waiting,))
    late = Moment(now=NOW + HOUR, since=NOW + HOUR)
    assert of_orders([given], PATIENCE, ALWAYS, late).alarms == ()


RAISED: Final = {
    "code": "clock_overdue",
    "params": {"limit": "come", "node": "arrive", "due": NOW, "role": "technician"},
}
ON: Final = ("ticket", TICKET.id)
OPEN: Final = Task(
    id=derive(ident("op"), "task", "clock_overdue", TICKET.id),
    home_noun="ticket",
    home_id=TICKET.id,
    code="clock_overdue",
    params=RAISED["params"],  # type: ignore[arg-type]
    op_id=ident("op"),
    at=NOW + 1000,
)


def test_an_alarm_is_a_task_of_its_ticket_or_job() -> None:
    raised = act("task.raise", RAISED, on=ON)
    assert done(state(), raised).rows == (OPEN,)
    on_job = act("task.raise", {**RAISED, "code": "unaccepted"}, on=("work_order", ORDER.id))
    assert done(state(), on_job).rows[0].home_id == ORDER.id  # type: ignore[attr-defined]
    nowhere = act("task.raise", RAISED, on=("ticket", ident("none")))
    assert refusal(state(), nowhere) == ("unknown_subject", "on")


def test_what_is_over_is_closed_with_the_reason_once() -> None:
    settled = act("task.settle", {"reason": "met", "task": OPEN.id}, on=ON)
    (row,) = done(state(OPEN), settled).rows
    assert row == structs.replace(
        OPEN, done=True, closed_at=settled.at, closed_by=ANN.id, note="met"
    )
    again = structs.replace(OPEN, done=True)
    assert judge(state(again), settled) == Outcome(merged=True)


def test_only_what_the_server_raised_is_closed_that_way() -> None:
    settled = act("task.settle", {"reason": "met", "task": OPEN.id}, on=ON)
    for wrong in (structs.replace(OPEN, code="recount"), structs.replace(OPEN, home_id=ORDER.id)):
        assert refusal(state(wrong), settled) == ("unknown_subject", "args.task")
    assert refusal(state(), settled) == ("unknown_subject", "args.task")


@pytest.mark.parametrize(
    ("clock", "why"),
    [
        (structs.replace(RUNNING, state="met", reason="in_time"), "met"),
        (OVERDUE, "overdue"),
        (structs.replace(OVERDUE, reason="late"), "late"),
        (structs.replace(RUNNING, due=NOW + 9 * HOUR), "moved"),
        (structs.replace(RUNNING, due=NOW), "in_turn"),
        (structs.replace(RUNNING, state="dropped"), "not_needed"),
        (structs.replace(RUNNING, state="excused"), "not_needed"),
        (structs.replace(RUNNING, limit="another"), "not_needed"),
    ],
)
def test_why_it_is_over_is_said_in_a_word(clock: Clock, why: str) -> None:
    assert why_over(OPEN, [clock]) == why
    assert why in OVER


def test_a_job_that_was_not_taken_on_is_over_once_it_is_anothers() -> None:
    assert why_over(structs.replace(OPEN, code="unaccepted"), []) == "accepted"
    assert {DORA.id, SYSTEM}.isdisjoint(CODES)

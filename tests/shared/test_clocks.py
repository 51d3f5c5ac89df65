"""How a ticket stands with its limits: what starts, stops, pauses and excuses a clock."""

import datetime

from shared.calendars import COMPANY, PLAIN, WorkingCalendar
from shared.clocks import Case, Clock, clocks
from shared.ids import derive
from shared.policy import Limit, ServicePolicy
from shared.story import Happened, Pause
from shared.timetable import Timetable

OFFICE = Timetable(WorkingCalendar(id=COMPANY, time_zone="Asia/Shanghai", week=PLAIN.week))


def at(told: str) -> int:
    """A wall time in Shanghai in milliseconds."""
    return int(datetime.datetime.fromisoformat(f"{told}+08:00").timestamp() * 1000)


def happened(event: str, told: str, **more: int) -> Happened:
    return Happened(event=event, at=at(told), **more)


def policy(*limits: Limit) -> ServicePolicy:
    return ServicePolicy(
        id=derive("policy"),
        name="p-test",
        number=1,
        valid_from="2026-01-01",
        en="Test",
        zh="测试",
        limits=limits,
        by=derive("somebody"),
        at=0,
    )


def read(limit: Limit, case: Case, now: str) -> Clock:
    (clock,) = clocks(case, policy(limit), OFFICE, at(now))
    return clock


RESPOND = Limit(id="respond", node="respond", start="received", stop="acknowledged", amount=1)
REPAIR = Limit(
    id="repair",
    node="repair",
    start="received",
    stop="resolved",
    amount=3,
    unit="working_day",
    calendar="working",
    pauses=("parts",),
)
CALLED = Case(events=(happened("received", "2026-11-27T17:30"),))  # a Friday


def test_a_limit_that_has_begun_runs_until_the_moment_it_is_due() -> None:
    clock = read(RESPOND, CALLED, "2026-11-27T18:30")
    assert (clock.state, clock.due, clock.remaining) == ("running", at("2026-11-27T18:30"), 0)
    later = read(RESPOND, CALLED, "2026-11-27T18:31")
    assert (later.state, later.reason) == ("breached", "overdue")


def test_three_working_days_end_with_the_hours_of_the_third_day_after() -> None:
    assert read(REPAIR, CALLED, "2026-11-28T10:00").due == at("2026-12-02T18:00")


def test_time_that_a_part_was_waited_for_is_added_again() -> None:
    wait = Pause(reason="parts", start=at("2026-11-30T10:00"), end=at("2026-12-01T10:00"))
    case = Case(events=CALLED.events, pauses=(wait,))
    assert read(REPAIR, case, "2026-12-01T12:00").due == at("2026-12-03T18:00")

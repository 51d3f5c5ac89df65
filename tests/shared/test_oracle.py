"""Clocks agree with an oracle that counts minutes, on nights when clocks are set as on others."""

import datetime
import random
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from shared.calendars import COMPANY, Day, Span, WorkingCalendar
from shared.clocks import Case, Clock, clocks
from shared.policy import Limit
from shared.story import Happened, Pause
from shared.timetable import Timetable
from tests.shared import oracle
from tests.shared.oracle import MINUTE, Plan, Question, Stretch
from tests.shared.test_clocks import policy

DAYS = 62
# A zone, and a day from which on something odd happens within a fortnight.
PLACES = [
    ("Asia/Shanghai", "2026-01-25"),  # Spring Festival
    ("Asia/Shanghai", "2026-12-20"),  # the end of the year
    ("Europe/Berlin", "2026-03-22"),  # forward at 2
    ("Europe/Berlin", "2026-10-18"),  # back at 3
    ("America/New_York", "2026-03-01"),
    ("America/New_York", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-03-29"),  # by half an hour
    ("America/Santiago", "2026-08-30"),  # forward at midnight: a day that begins at 1
    ("America/Santiago", "2026-03-28"),  # back at midnight: a day that comes twice
    ("Asia/Kathmandu", "2026-12-24"),
]
# The make-up working days of China in 2026 and the holidays around them.
CHINA = {
    **{f"2026-02-{day}": False for day in range(16, 24)},
    "2026-02-14": True,
    "2026-02-28": True,
    "2026-01-04": True,
}


def _hhmm(minute: int) -> str:
    minute = minute if minute <= 1440 else minute - 1440
    return f"{minute // 60:02}:{minute % 60:02}"


def calendar_of(plan: Plan, zone: str) -> WorkingCalendar:
    """The same hours, as the product has them."""

    def spans(told: tuple[tuple[int, int], ...]) -> tuple[Span, ...]:
        return tuple(Span(_hhmm(start), _hhmm(end)) for start, end in told)

    days = tuple(
        Day(date=date.isoformat(), works=one.works, spans=spans(one.spans))
        for date, one in plan.days.items()
    )
    week = tuple(spans(one) for one in plan.week)
    return WorkingCalendar(id=COMPANY, time_zone=zone, week=week, days=days)


def answered(asked: Question, timetable: Timetable) -> Clock:
    """What the product says of a question."""
    limit = Limit(
        id="limit",
        node="solve",
        start="received",
        stop="resolved",
        amount=asked.amount,
        unit=asked.unit,  # type: ignore[arg-type]
        calendar="working" if asked.working else "always",
        pauses=("parts",),
        agreed="may" if asked.agreed is not None else "",
        agreed_max=asked.cap,
    )
    events = [_happened("received", asked.start)]
    if asked.stop is not None:
        events.append(_happened("resolved", asked.stop))
    pauses = tuple(
        Pause(reason="parts", start=begin * MINUTE, end=None if end is None else end * MINUTE)
        for begin, end in asked.pauses
    )
    agreed = {} if asked.agreed is None else {"solve": asked.agreed * MINUTE}
    case = Case(events=tuple(events), pauses=pauses, agreed=agreed)
    (clock,) = clocks(case, policy(limit), timetable, asked.now * MINUTE)
    return clock


def _happened(event: str, told: tuple[int, int, int]) -> Happened:
    likely, early, late = (one * MINUTE for one in told)
    if early == late:
        return Happened(event=event, at=likely)
    return Happened(event=event, at=likely, earliest=early, latest=late)


def worlds(dice: random.Random, count: int) -> Iterator[tuple[Stretch, Timetable]]:
    """Stretches of the places, each with hours of its own."""
    for number in range(count):
        zone, begins = PLACES[number % len(PLACES)]
        first = datetime.date.fromisoformat(begins)
        plan = oracle.some_plan(dice, first - datetime.timedelta(days=4), DAYS)
        if begins == "2026-01-25":
            law = {datetime.date.fromisoformat(day): works for day, works in CHINA.items()}
            plan = plan._replace(days={day: oracle.Special(law[day], ()) for day in law})
        yield Stretch(plan, zone, first, DAYS), Timetable(calendar_of(plan, zone))


def compare(seed: int, stretches: int, each: int) -> dict[str, int]:
    """Ask both; how many cases ended in which state."""
    dice, told = random.Random(seed), dict.fromkeys(("waiting", "running", "paused"), 0)
    for stretch, timetable in worlds(dice, stretches):
        for _ in range(each):
            asked = oracle.some_question(dice, stretch)
            clock, expected = answered(asked, timetable), oracle.answer(stretch, asked)
            found = None if clock.due is None else clock.due / MINUTE
            assert (clock.state, found) == tuple(expected), (asked, timetable.calendar)
            told[clock.state] = told.get(clock.state, 0) + 1
    return told


def test_clocks_agree_with_an_oracle_that_counts_minutes() -> None:
    told = compare(seed=2026, stretches=len(PLACES), each=25)
    assert sum(told.values()) == 250
    assert min(told.values()) >= 5, told


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_clocks_agree_with_the_oracle_ten_thousand_times() -> None:
    told = compare(seed=27, stretches=5 * len(PLACES), each=200)
    assert sum(told.values()) == 10_000
    assert min(told.values()) >= 100, told


def test_the_oracle_knows_that_a_night_in_spring_is_an_hour_short() -> None:
    night = Plan((((1320, 1800),),) * 7, {})
    stretch = Stretch(night, "Europe/Berlin", datetime.date(2026, 3, 27), 4)
    owners = [one for one in stretch.owner if one == datetime.date(2026, 3, 28).toordinal()]
    assert len(owners) == 7 * 60
    berlin = Timetable(calendar_of(night, "Europe/Berlin")).hours("")
    begins = datetime.datetime(2026, 3, 28, 22, tzinfo=ZoneInfo("Europe/Berlin"))
    start = int(begins.timestamp() * 1000)
    assert berlin.between(start, start + 12 * 60 * MINUTE) == 7 * 60 * MINUTE

"""What is true of every clock, whatever the story: pauses give time, strictness takes it."""

import datetime
from itertools import pairwise
from typing import Any

from hypothesis import given, settings, strategies as st
from msgspec import structs

from shared.calendars import COMPANY, Day, Span, WorkingCalendar
from shared.clocks import REASONS, Case, Clock, clocks
from shared.policy import Limit
from shared.story import Happened, Pause
from shared.timetable import Timetable, merged
from tests.shared.test_clocks import at, policy

MINUTE = 60_000
BEGIN = at("2026-02-10T00:00")  # a week before Spring Festival
SPAN = 20 * 24 * 60  # minutes
TABLES = [
    Timetable(WorkingCalendar(id=COMPANY, time_zone=zone, week=week, days=days))
    for zone, week, days in (
        ("Asia/Shanghai", ((Span("09:00", "12:00"), Span("13:00", "18:00")),) * 5 + ((),) * 2, ()),
        (
            "Europe/Berlin",
            ((Span("22:00", "06:00"),),) * 6 + ((),),
            (Day(date="2026-02-14", works=True), Day(date="2026-02-17", works=False)),
        ),
    )
]
minutes = st.integers(0, SPAN)


@st.composite
def limits(draw: Any) -> Limit:
    """A limit of any unit, that a part may pause."""
    unit = draw(st.sampled_from(["min", "h", "day", "working_day"]))
    amount = draw(st.integers(1, {"min": 3_000, "h": 90}.get(unit, 8)))
    by_hours = unit in ("min", "h") and draw(st.booleans())
    return Limit(
        id="limit",
        node="solve",
        start="received",
        stop="resolved",
        amount=amount,
        unit=unit,
        calendar="working" if unit == "working_day" or by_hours else "always",
        pauses=("parts",),
    )


spans = st.tuples(minutes, minutes).map(lambda one: tuple(sorted(one)))
stories = st.fixed_dictionaries(
    {
        "limit": limits(),
        "start": minutes,
        "pauses": st.lists(spans, max_size=4),
        "table": st.sampled_from(TABLES),
    }
)


def read(
    limit: Limit,
    start: int,
    pauses: list[tuple[int, int]],
    table: Timetable,
    *,
    now: int = 2 * SPAN,
    stop: Happened | None = None,
) -> Clock:
    events = [Happened(event="received", at=BEGIN + start * MINUTE), *([stop] if stop else [])]
    told = tuple(
        Pause(reason="parts", start=BEGIN + one * MINUTE, end=BEGIN + other * MINUTE)
        for one, other in pauses
    )
    case = Case(events=tuple(events), pauses=told)
    (clock,) = clocks(case, policy(limit), table, BEGIN + now * MINUTE)
    return clock


def due(story: dict[str, Any], **changes: Any) -> int:
    found = read(**{**story, **changes}).due
    assert found is not None
    return found


@given(stories, spans)
def test_another_pause_never_makes_it_due_earlier(
    story: dict[str, Any], more: tuple[int, int]
) -> None:
    assert due(story, pauses=[*story["pauses"], more]) >= due(story)


@given(stories, minutes)
def test_a_pause_that_is_told_in_two_pieces_is_one_pause(story: dict[str, Any], cut: int) -> None:
    pieces = [
        piece
        for one, other in story["pauses"]
        for piece in ([(one, cut), (cut, other)] if one < cut < other else [(one, other)])
    ]
    assert due(story, pauses=pieces) == due(story)
    assert due(story, pauses=story["pauses"] * 2) == due(story)
    assert due(story, pauses=story["pauses"][::-1]) == due(story)


@given(stories)
def test_a_pause_outside_the_time_that_counts_changes_nothing(story: dict[str, Any]) -> None:
    start, found = story["start"], due(story)
    after = (found - BEGIN) // MINUTE + 1
    outside = [*story["pauses"], (0, start), (after, after + 500)]
    assert due(story, pauses=outside) == found


@given(stories)
def test_a_limit_that_is_stricter_is_never_due_later(story: dict[str, Any]) -> None:
    longer = structs.replace(story["limit"], amount=story["limit"].amount + 1)
    assert due(story) <= due(story, limit=longer)


@given(stories, minutes)
def test_a_later_start_is_never_due_earlier(story: dict[str, Any], more: int) -> None:
    """But for days with a pause in the first of them, which is given back to the minute."""
    if story["limit"].unit in ("day", "working_day"):
        story = {**story, "pauses": []}
    assert due(story, start=story["start"] + more) >= due(story)


@given(stories)
def test_the_shorter_of_two_limits_of_a_step_counts(story: dict[str, Any]) -> None:
    limit = story["limit"]
    other = structs.replace(limit, id="other", amount=limit.amount + 1)
    case = Case(events=(Happened(event="received", at=BEGIN),))
    for order in ((limit, other), (other, limit)):
        (clock,) = clocks(case, policy(*order), story["table"], BEGIN)
        alone = [clocks(case, policy(one), story["table"], BEGIN)[0].due for one in order]
        assert clock.due == min(one for one in alone if one is not None)
        assert {clock.limit, *clock.over} == {"limit", "other"}


@given(stories, minutes, st.integers(0, 600), st.integers(0, 600))
def test_an_uncertain_time_is_judged_only_where_every_moment_says_the_same(
    story: dict[str, Any], stop: int, before: int, after: int
) -> None:
    moments = [BEGIN + (stop + one) * MINUTE for one in (-before, 0, after)]
    low, likely, high = moments
    event = Happened(event="resolved", at=likely, earliest=low, latest=high)
    clock = read(**story, stop=event)
    said = {
        read(**story, stop=Happened(event="resolved", at=likely, earliest=one, latest=one)).state
        for one in (low, high)
    }
    assert clock.state == (said.pop() if len(said) == 1 else "uncertain")


@given(stories, minutes, minutes, st.booleans())
@settings(max_examples=60)
def test_a_clock_changes_when_it_says_and_not_before(
    story: dict[str, Any], now: int, stop: int, stops: bool
) -> None:
    at_stop = Happened(event="resolved", at=BEGIN + stop * MINUTE)
    given_ = {**story, "stop": at_stop if stops else None}
    clock = read(**given_, now=now)
    horizon = BEGIN + (now + 1_500) * MINUTE
    until = horizon if clock.next_at is None else min(clock.next_at - 1, horizon)
    last = (until - BEGIN) // MINUTE
    for moment in {now, (now + last) // 2, last} - {now}:
        later = read(**given_, now=moment)
        assert (later.state, later.warn_at) == (clock.state, clock.warn_at), moment


@given(stories, minutes)
def test_a_reason_is_one_that_has_words(story: dict[str, Any], now: int) -> None:
    assert read(**story, now=now).reason in REASONS


@given(stories)
def test_the_warning_comes_before_it_is_due_and_what_is_left_then_is_its_share(
    story: dict[str, Any],
) -> None:
    clock = read(**story, now=story["start"])
    if clock.state == "running":
        assert clock.start is not None
        assert clock.due is not None
        assert clock.warn_at is not None
        assert clock.start <= clock.warn_at <= clock.due


@given(st.lists(spans, max_size=8))
def test_merged_intervals_are_apart_and_cover_the_same(told: list[tuple[int, int]]) -> None:
    found = merged(told)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    points = {point for one in told for point in (*one, one[0] + 1)}
    for point in points:
        among = any(start <= point < end for start, end in told)
        assert any(start <= point < end for start, end in found) == among


@given(minutes, minutes)
def test_open_time_adds_up(one: int, other: int) -> None:
    low, high = sorted((BEGIN + one * MINUTE, BEGIN + other * MINUTE))
    middle = (low + high) // 2
    for table in TABLES:
        hours = table.hours("")
        assert hours.between(low, high) == hours.between(low, middle) + hours.between(middle, high)
        for amount in (1, 3_600_000):
            reached = hours.advance(low, amount)
            assert hours.between(low, reached) == amount
            assert hours.between(low, reached - 1) < amount


@given(st.dates(datetime.date(2000, 1, 1), datetime.date(2060, 1, 1)))
@settings(max_examples=20)
def test_any_day_can_be_asked_for_in_any_order(date: datetime.date) -> None:
    hours = Timetable(TABLES[0].calendar).hours("")
    now = at("2026-06-01T12:00")
    hours.between(now, now + 1)
    other = int(datetime.datetime.combine(date, datetime.time(), datetime.UTC).timestamp()) * 1000
    fresh = Timetable(TABLES[0].calendar).hours("")
    assert hours.advance(other, MINUTE) == fresh.advance(other, MINUTE)
    assert hours.opens(other) == fresh.opens(other)

"""How a ticket stands with its limits: what starts, stops, pauses and excuses a clock."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from shared.calendars import COMPANY, PLAIN, Span, WorkingCalendar
from shared.clocks import Case, Clock, clocks
from shared.ids import derive
from shared.policy import Limit, ServicePolicy
from shared.story import Happened, Pause
from shared.timetable import BEYOND_DAYS, BEYOND_MS, HOUR_MS, MINUTE_MS, Timetable, moment_of

OFFICE = Timetable(WorkingCalendar(id=COMPANY, time_zone="Asia/Shanghai", week=PLAIN.week))


def at(told: str) -> int:
    """A wall time in Shanghai in milliseconds."""
    return int(datetime.datetime.fromisoformat(f"{told}+08:00").timestamp() * 1000)


def happened(event: str, told: str, **more: Any) -> Happened:
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


ARRIVE = Limit(
    id="arrive",
    node="arrive",
    start="assigned",
    stop="arrived",
    amount=2,
    until="resolved",
    pauses=("customer_date",),
)
PROGRESS = Limit(
    id="progress",
    node="progress",
    start="assigned",
    stop="progress_told",
    amount=24,
    every=True,
    until="resolved",
)
CALL_BACK = Limit(id="call_back", node="call_back", start="resolved", stop="called_back", amount=12)
NINE = "2026-11-27T09:00"


def story(*told: tuple[str, str]) -> Case:
    return Case(events=tuple(happened(event, when) for event, when in told))


@pytest.mark.parametrize("unit", ["working_day", "h"])
def test_a_limit_that_is_longer_than_anybody_waits_is_due_in_a_century(unit: str) -> None:
    minute = ((Span("09:00", "09:01"),), *((),) * 6)
    timetable = Timetable(structs.replace(PLAIN, week=minute))
    hours = timetable.hours("UTC")
    ends = hours.end_of_working_day if unit == "working_day" else hours.advance
    weeks = BEYOND_DAYS // 7 + 500
    amount = weeks if unit == "working_day" else weeks * MINUTE_MS
    assert ends(HOUR_MS, amount) == HOUR_MS + BEYOND_MS
    hours.between(HOUR_MS, 2 * BEYOND_MS)  # more is laid out now
    assert ends(HOUR_MS, amount) == HOUR_MS + BEYOND_MS


def test_a_limit_whose_start_has_not_happened_waits_and_says_for_what() -> None:
    clock = read(ARRIVE, CALLED, "2026-11-28T10:00")
    assert (clock.state, clock.reason, clock.params) == (
        "waiting",
        "not_started",
        {"event": "assigned"},
    )
    assert (clock.due, clock.remaining, clock.next_at) == (None, None, None)


def test_what_was_done_before_it_had_to_begin_is_done_in_time() -> None:
    case = story(("contacted", NINE), ("assigned", "2026-11-27T10:00"))
    limit = Limit(id="c", node="contact", start="assigned", stop="contacted", amount=1)
    assert read(limit, case, "2026-11-27T12:00").state == "met"
    alone = read(limit, story(("contacted", NINE)), "2026-11-27T12:00")
    assert (alone.state, alone.reason, alone.stopped) == ("met", "before_start", at(NINE))


def test_a_limit_that_never_began_is_dropped_with_what_it_was_for() -> None:
    case = story(("received", NINE), ("resolved", "2026-11-27T10:00"))
    clock = read(ARRIVE, case, "2026-11-27T12:00")
    assert (clock.state, clock.reason) == ("dropped", "never_started")


def test_a_problem_solved_by_telephone_needs_no_visit_but_one_that_is_late_stays_late() -> None:
    early = story(("assigned", NINE), ("resolved", "2026-11-27T10:59"))
    clock = read(ARRIVE, early, "2026-11-27T12:00")
    assert (clock.state, clock.reason, clock.params) == (
        "dropped",
        "not_needed",
        {"event": "resolved"},
    )
    late = story(("assigned", NINE), ("resolved", "2026-11-27T11:01"))
    assert read(ARRIVE, late, "2026-11-27T12:00").reason == "not_done"


def test_what_the_customer_withdraws_asks_for_nothing_any_more() -> None:
    case = story(("received", NINE), ("withdrawn", "2026-11-27T09:30"))
    assert read(RESPOND, case, "2026-11-27T12:00").state == "dropped"


def test_who_arrived_has_answered_and_was_assigned_and_the_first_of_them_counts() -> None:
    case = story(("received", NINE), ("arrived", "2026-11-27T09:40"))
    clock = read(RESPOND, case, "2026-11-27T12:00")
    assert (clock.state, clock.stopped_by) == ("met", "arrived")
    assert read(ARRIVE, case, "2026-11-27T12:00").state == "met"


def test_events_that_come_in_any_order_and_twice_are_one_story() -> None:
    told = [("received", NINE), ("acknowledged", "2026-11-27T09:20")]
    again = [*told, ("acknowledged", "2026-11-27T11:00"), ("received", "2026-11-27T09:10")]
    clocks_ = [read(RESPOND, story(*one), "2026-11-28T10:00") for one in (told, again, again[::-1])]
    assert clocks_[0] == clocks_[1] == clocks_[2]
    assert clocks_[0].stopped == at("2026-11-27T09:20")


def test_an_act_offline_counts_at_its_own_time_and_says_when_it_was_received() -> None:
    stop = happened("acknowledged", "2026-11-27T09:40", received=at("2026-11-27T18:30"))
    case = Case(events=(happened("received", NINE), stop))
    clock = read(RESPOND, case, "2026-11-27T19:00")
    assert (clock.state, clock.stopped, clock.received) == (
        "met",
        at("2026-11-27T09:40"),
        at("2026-11-27T18:30"),
    )


def uncertain(earliest: str, likely: str, latest: str, **more: Any) -> Case:
    bounds = {"earliest": at(earliest), "latest": at(latest)}
    stop = happened("acknowledged", likely, **bounds)
    return Case(events=(happened("received", NINE), stop), **more)


def test_an_uncertain_time_is_in_time_or_late_only_if_all_of_it_is() -> None:
    before = uncertain("2026-11-27T09:10", "2026-11-27T09:30", "2026-11-27T10:00")
    after = uncertain("2026-11-27T10:01", "2026-11-27T10:30", "2026-11-27T11:00")
    across = uncertain("2026-11-27T09:59", "2026-11-27T10:30", "2026-11-27T11:00")
    now = "2026-11-27T18:00"
    assert [read(RESPOND, one, now).state for one in (before, after, across)] == [
        "met",
        "breached",
        "uncertain",
    ]
    clock = read(RESPOND, across, now)
    assert (clock.stopped_earliest, clock.stopped_latest) == (
        at("2026-11-27T09:59"),
        at("2026-11-27T11:00"),
    )


def test_a_person_settles_what_is_uncertain_and_nothing_else() -> None:
    times = ("2026-11-27T09:59", "2026-11-27T10:30", "2026-11-27T11:00")
    for said in ("met", "breached"):
        clock = read(RESPOND, uncertain(*times, settled={"respond": said}), "2026-11-27T18:00")
        assert (clock.state, clock.reason) == (said, "settled")
    late = ("2026-11-27T10:01", "2026-11-27T10:30", "2026-11-27T11:00")
    clock = read(RESPOND, uncertain(*late, settled={"respond": "met"}), "2026-11-27T18:00")
    assert clock.state == "breached"


def test_an_uncertain_start_may_be_overdue_before_it_surely_is() -> None:
    start = happened("received", NINE, earliest=at("2026-11-27T08:30"), latest=at(NINE))
    case = Case(events=(start,))
    clock = read(RESPOND, case, "2026-11-27T09:45")
    assert (clock.state, clock.reason) == ("uncertain", "start_uncertain")
    assert (clock.due_earliest, clock.due_latest) == (at("2026-11-27T09:30"), clock.due)
    assert clock.next_at == at("2026-11-27T10:00") + 1
    assert read(RESPOND, case, "2026-11-27T10:01").state == "breached"


def test_an_event_of_the_future_has_not_happened_yet() -> None:
    case = story(("received", NINE), ("acknowledged", "2026-11-27T09:50"))
    clock = read(RESPOND, case, "2026-11-27T09:30")
    assert (clock.state, clock.next_at) == ("running", at("2026-11-27T09:45"))
    assert read(RESPOND, case, "2026-11-27T09:46").next_at == at("2026-11-27T09:50")


def test_an_exception_excuses_a_breach_and_nothing_that_still_runs() -> None:
    limit = structs.replace(RESPOND, excusable=True)
    case = Case(events=(happened("received", NINE),), excused={"respond": "typhoon"})
    assert read(limit, case, "2026-11-27T09:30").state == "running"
    clock = read(limit, case, "2026-11-27T12:00")
    assert (clock.state, clock.params) == ("excused", {"code": "typhoon"})


def paused(start: str, end: str | None) -> Case:
    pause = Pause(reason="customer_date", start=at(start), end=None if end is None else at(end))
    return Case(events=(happened("assigned", NINE),), pauses=(pause,))


def test_a_pause_without_an_end_leaves_open_when_it_is_due_but_not_how_much_is_left() -> None:
    clock = read(ARRIVE, paused("2026-11-27T09:30", None), "2026-11-28T09:00")
    assert (clock.state, clock.reason, clock.due) == ("paused", "paused_customer_date", None)
    assert (clock.remaining, clock.next_at) == (90 * 60_000, None)
    assert clock.params == {"since": at("2026-11-27T09:30")}


def test_a_pause_until_a_date_says_when_it_goes_on() -> None:
    clock = read(ARRIVE, paused("2026-11-27T09:30", "2026-11-28T14:00"), "2026-11-28T09:00")
    assert (clock.reason, clock.due) == ("paused_customer_date_until", at("2026-11-28T15:30"))
    assert clock.next_at == at("2026-11-28T14:00")


def test_a_reason_that_a_limit_does_not_name_is_no_pause() -> None:
    limit = structs.replace(ARRIVE, pauses=("parts",))
    case = paused("2026-11-27T09:30", None)
    assert read(limit, case, "2026-11-28T09:00").state == "breached"


def test_the_customer_is_told_every_day_and_what_was_missed_is_counted() -> None:
    """R-SLA-13."""
    told = (("assigned", NINE), ("progress_told", "2026-11-28T08:00"))
    clock = read(PROGRESS, story(*told), "2026-11-28T09:00")
    assert (clock.state, clock.due) == ("running", at("2026-11-29T08:00"))
    assert (clock.rounds, clock.missed) == (1, 0)
    late = (*told, ("progress_told", "2026-11-29T10:00"))
    clock = read(PROGRESS, story(*late), "2026-11-29T11:00")
    assert (clock.state, clock.due) == ("running", at("2026-11-30T10:00"))
    assert (clock.rounds, clock.missed) == (2, 1)
    over = read(PROGRESS, story(*told), "2026-11-29T09:00")
    assert (over.state, over.reason, over.missed) == ("breached", "overdue", 1)


def test_progress_ends_with_the_solution_and_one_time_missed_counts() -> None:
    kept = (("assigned", NINE), ("progress_told", "2026-11-28T08:00"))
    end = ("resolved", "2026-11-28T12:00")
    after = ("progress_told", "2026-12-03T12:00")
    clock = read(PROGRESS, story(*kept, end, after), "2026-12-05T09:00")
    assert (clock.state, clock.reason, clock.rounds) == ("met", "always_in_time", 1)
    missed = read(PROGRESS, story(kept[0], ("resolved", "2026-11-29T09:00")), "2026-12-05T09:00")
    assert (missed.state, missed.params) == ("breached", {"count": 1})


def test_a_call_before_the_repair_is_no_call_after_it() -> None:
    case = story(("called_back", NINE), ("resolved", "2026-11-27T10:00"))
    assert read(CALL_BACK, case, "2026-11-27T11:00").state == "running"
    again = story(("called_back", NINE), ("resolved", NINE), ("called_back", "2026-11-27T12:00"))
    assert read(CALL_BACK, again, "2026-11-27T13:00").stopped == at(NINE)


def test_a_repair_that_did_not_hold_has_not_been_one_and_its_time_stood_still() -> None:
    case = story(
        ("received", NINE),
        ("resolved", "2026-11-27T11:00"),
        ("called_back", "2026-11-27T11:30"),
        ("reopened", "2026-12-07T09:00"),
    )
    solve = Limit(id="s", node="solve", start="received", stop="resolved", amount=4)
    clock = read(solve, case, "2026-12-07T09:30")
    assert (clock.state, clock.due) == ("running", at("2026-12-07T11:00"))
    assert read(CALL_BACK, case, "2026-12-07T09:30").state == "waiting"
    done = structs.replace(case, events=(*case.events, happened("resolved", "2026-12-07T11:00")))
    assert read(solve, done, "2026-12-08T09:30").state == "met"
    assert read(CALL_BACK, done, "2026-12-07T12:00").due == at("2026-12-07T23:00")


def test_outside_working_hours_the_clock_says_when_it_goes_on() -> None:
    clock = read(REPAIR, CALLED, "2026-11-27T20:00")
    assert (clock.reason, clock.params) == ("closed", {"opens": at("2026-11-30T09:00")})


def test_hours_are_those_of_the_company_or_of_the_site_where_it_says_so() -> None:
    limit = Limit(
        id="r", node="respond", start="received", stop="acknowledged", amount=1, calendar="working"
    )
    case = structs.replace(CALLED, zone="Europe/Berlin")  # 17:30 in Shanghai is 10:30 there
    own = Timetable(WorkingCalendar(id=COMPANY, week=PLAIN.week))
    (company,) = clocks(case, policy(limit), OFFICE, at("2026-11-27T17:31"))
    (site,) = clocks(case, policy(limit), own, at("2026-11-27T17:31"))
    assert (company.due, site.due) == (at("2026-11-30T09:30"), at("2026-11-27T18:30"))
    lost = structs.replace(case, zone="Atlantis/Poseidonis")
    (utc,) = clocks(lost, policy(limit), own, at("2026-11-27T17:31"))
    assert utc.due == at("2026-11-27T18:30")  # 9:30 by UTC is an hour like any other


def test_a_due_time_in_a_year_whose_holidays_are_open_is_provisional() -> None:
    calendar = WorkingCalendar(
        id=COMPANY, time_zone="Asia/Shanghai", week=PLAIN.week, open_years=(2027,)
    )
    case = story(("received", "2026-12-30T10:00"))
    (clock,) = clocks(case, policy(REPAIR), Timetable(calendar), at("2026-12-30T11:00"))
    assert clock.provisional
    (before,) = clocks(CALLED, policy(REPAIR), Timetable(calendar), at("2026-12-30T11:00"))
    assert not before.provisional


def test_a_time_agreed_before_the_start_is_a_promise_all_the_same() -> None:
    limit = structs.replace(ARRIVE, agreed="may", agreed_max=24)
    case = Case(events=(happened("assigned", NINE),), agreed={"arrive": at("2026-11-27T08:00")})
    clock = read(limit, case, "2026-11-27T09:00")
    assert (clock.state, clock.due) == ("breached", at("2026-11-27T08:00"))


def test_a_warning_is_due_when_its_share_of_the_time_is_used_up() -> None:
    clock = read(RESPOND, story(("received", NINE)), NINE)
    assert clock.warn_at == clock.next_at == at("2026-11-27T09:45")


def test_a_limit_can_open_after_some_hours() -> None:
    limit = structs.replace(CALL_BACK, opens=2)
    case = story(("resolved", NINE))
    clock = read(limit, case, "2026-11-27T10:00")
    assert (clock.reason, clock.params) == ("not_yet", {"opens": at("2026-11-27T11:00")})
    assert read(limit, case, "2026-11-27T11:00").reason == "running"


def test_hours_that_overlap_the_night_before_are_counted_once() -> None:
    night = ((Span("20:00", "10:00"), Span("11:00", "12:00")),) * 5
    late = ((Span("08:00", "09:00"),), ())
    table = Timetable(WorkingCalendar(id=COMPANY, time_zone="Asia/Shanghai", week=(*night, *late)))
    hours = table.hours("")
    saturday = at("2026-11-28T00:00")
    assert hours.between(saturday, saturday + 24 * 3_600_000) == 10 * 3_600_000
    assert not hours.is_open(at("2026-11-28T12:00"))
    assert hours.end_of_working_day(at("2026-11-27T12:00"), 1) == at("2026-12-01T10:00")


def test_a_ticket_that_is_reopened_before_it_was_solved_loses_nothing() -> None:
    case = story(("received", NINE), ("reopened", "2026-11-27T09:10"))
    assert read(RESPOND, case, "2026-11-27T09:30").due == at("2026-11-27T10:00")


def test_a_ticket_that_was_withdrawn_and_is_wanted_after_all_goes_on_where_it_stood() -> None:
    case = story(
        ("received", NINE),
        ("withdrawn", "2026-11-27T09:20"),
        ("closed", "2026-11-27T09:20"),
        ("reopened", "2026-12-07T09:00"),
    )
    clock = read(RESPOND, case, "2026-12-07T09:10")
    assert (clock.state, clock.due) == ("running", at("2026-12-07T09:40"))
    assert read(RESPOND, case, "2026-11-28T09:10").state == "dropped"


def test_nothing_that_is_not_needed_is_late_however_long_nobody_looks() -> None:
    case = story(("assigned", NINE), ("resolved", "2026-11-27T10:00"))
    soon, years = (read(ARRIVE, case, now) for now in ("2026-11-27T10:00", "2036-11-27T10:00"))
    assert soon == years


def test_a_ticket_is_the_same_whoever_asks_and_whatever_was_asked_before() -> None:
    table = Timetable(OFFICE.calendar)
    told = [
        clocks(CALLED, policy(REPAIR), table, at(now))
        for now in ("2040-01-01T10:00", "2026-11-28T10:00", "2010-01-01T10:00", "2026-11-28T10:00")
    ]
    assert told[1] == told[3] == clocks(CALLED, policy(REPAIR), OFFICE, at("2026-11-28T10:00"))


def test_no_limit_leaves_no_clock_and_a_condition_that_does_not_hold_neither() -> None:
    assert clocks(CALLED, policy(), OFFICE, at(NINE)) == ()
    urban = structs.replace(RESPOND, when={"zone": ("urban",)})
    assert clocks(CALLED, policy(urban), OFFICE, at(NINE)) == ()


def test_the_wall_time_that_a_clock_jumps_over_is_the_moment_of_the_jump() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = datetime.date(2026, 3, 29).toordinal()
    jump = int(datetime.datetime(2026, 3, 29, 1, tzinfo=datetime.UTC).timestamp() * 1000)
    assert [moment_of(berlin, night, minute) for minute in (120, 150, 179, 180)] == [jump] * 4
    assert moment_of(berlin, night, 119) == jump - 60_000
    santiago = ZoneInfo("America/Santiago")  # midnight itself is jumped over there
    day = datetime.date(2026, 9, 6).toordinal()
    assert moment_of(santiago, day, 0) == moment_of(santiago, day, 60)
    assert moment_of(santiago, day, 0) == moment_of(santiago, day - 1, 24 * 60)


def test_the_wall_time_that_a_clock_shows_twice_is_the_first_of_them() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = datetime.date(2026, 10, 25).toordinal()
    first = int(datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC).timestamp() * 1000)
    assert moment_of(berlin, night, 150) == first

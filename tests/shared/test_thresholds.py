"""Every number that the rules of service give for a clock: in the preset, and due exactly then.

A row is a requirement, the preset and its limit, the figure as the document has it, what the
ticket is, and from when to when that is on a certain day. 2026-10-08 is the first working day
after a holiday in China, and the Saturday after it, the 10th, is worked to make up for it.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from server import almanac, presets
from shared.calendars import COMPANY, PLAIN, WorkingCalendar
from shared.clocks import Case, Clock, clocks
from shared.policy import PRESETS, Limit, ServicePolicy, applies
from shared.story import Happened
from shared.timetable import Timetable
from tests.shared.test_clocks import at, policy

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "policies"
LAW = almanac.statutory("CN", (2026,), "zh").days
OFFICE = Timetable(
    WorkingCalendar(id=COMPANY, time_zone="Asia/Shanghai", week=PLAIN.week, days=LAW)
)
URGENT, GENERAL, COMPLEX = {"urgency": "urgent"}, {"urgency": "general"}, {"complexity": "complex"}
URBAN, SUBURB, IN = {"zone": "urban"}, {"zone": "suburb"}, {"warranty": "in"}
FAULT, ADVICE, PLAINT = {"kind": "fault"}, {"kind": "advice"}, {"kind": "complaint"}
HIGH, DAILY = {"product_class": "high_tech"}, {"product_class": "daily"}
# A Thursday evening: what counts in working hours begins the next morning.
THEN = "2026-10-08T20:00"
HOUR_LATER, DAY_LATER, TWO_LATER = "2026-10-08T21:00", "2026-10-09T20:00", "2026-10-10T20:00"

Row = tuple[str, str, str, str, dict[str, str], str]
ROWS: list[Row] = [
    # Response and acknowledgement
    ("R-SLA-01", "p-hotline", "respond", "10 min", {}, "2026-10-08T20:10"),
    ("R-INT-08", "p-process", "record", "10 min", {}, "2026-10-08T20:10"),
    ("R-SLA-02", "p-standard-workday", "respond", "1 h working", {}, "2026-10-09T10:00"),
    ("R-SLA-36", "p-severity", "respond_urgent", "1 h", URGENT, HOUR_LATER),
    ("R-SLA-37", "p-severity", "respond_general", "2 h", GENERAL, "2026-10-08T22:00"),
    ("R-SLA-38", "p-severity", "respond_complex", "4 h", COMPLEX, "2026-10-09T00:00"),
    ("R-SLA-24", "p-2025-service", "respond", "4 h", {}, "2026-10-09T00:00"),
    ("R-SLA-24", "p-2025-service", "respond_urgent", "2 h", URGENT, "2026-10-08T22:00"),
    ("R-SLA-26", "p-2025-service", "respond", "4 h", {}, "2026-10-09T00:00"),
    ("R-SLA-27", "p-2025-techsupport", "respond", "2 h", {}, "2026-10-08T22:00"),
    ("R-SLA-11", "p-process", "respond", "24 h", {}, DAY_LATER),
    ("R-INT-10", "p-process", "respond", "24 h", {}, DAY_LATER),
    ("R-INT-10", "p-default", "first_response", "24 h", {}, DAY_LATER),
    ("R-SLA-16", "p-2025-24h", "respond", "24 h", {}, DAY_LATER),
    ("R-SLA-35", "p-2025-24h", "respond", "24 h", {}, DAY_LATER),
    ("R-SLA-20", "p-2025-product", "respond_high_tech", "24 h", HIGH, DAY_LATER),
    ("R-SLA-21", "p-2025-product", "respond_daily", "48 h", DAILY, TWO_LATER),
    ("R-SLA-18", "p-2025-product", "respond", "48 h", {}, TWO_LATER),
    ("R-SLA-28", "p-2025-assessment", "respond", "48 h", PLAINT, TWO_LATER),
    ("R-SLA-28", "p-2025-assessment", "respond", "48 h", ADVICE, TWO_LATER),
    ("R-SLA-40", "p-common", "respond", "24 h", {}, DAY_LATER),
    # Dispatch, arrival, diagnosis, solution
    ("R-SLA-07", "p-hotline", "assign", "30 min", {}, "2026-10-08T20:30"),
    ("R-SLA-08", "p-hotline", "arrive_urban", "2 h", URBAN, "2026-10-08T22:00"),
    ("R-SLA-09", "p-hotline", "arrive_suburb", "24 h", SUBURB, DAY_LATER),
    ("R-SLA-03", "p-standard-workday", "arrive_urgent", "24 h", URGENT, DAY_LATER),
    ("R-SLA-26", "p-2025-service", "arrive", "2 h", {}, "2026-10-08T22:00"),
    ("R-SLA-27", "p-2025-techsupport", "arrive", "4 h", {}, "2026-10-09T00:00"),
    ("R-SLA-25", "p-2025-service", "diagnose", "24 h", {}, DAY_LATER),
    ("R-SLA-25", "p-2025-service", "propose", "24 h", {}, DAY_LATER),
    ("R-SLA-29", "p-2025-assessment", "propose", "24 h", PLAINT, DAY_LATER),
    ("R-SLA-12", "p-process", "propose", "48 h", {}, TWO_LATER),
    ("R-SLA-30", "p-2025-assessment", "solve", "72 h", PLAINT, "2026-10-11T20:00"),
    ("R-SLA-36", "p-severity", "solve_urgent", "2 h", URGENT, "2026-10-08T22:00"),
    ("R-SLA-37", "p-severity", "solve_general", "4 h", GENERAL, "2026-10-09T00:00"),
    ("R-SLA-38", "p-severity", "solve_complex", "8 h", COMPLEX, "2026-10-09T04:00"),
    ("R-SLA-40", "p-common", "solve", "48 h", {}, TWO_LATER),
    # The Saturday counts: Friday, Saturday, Monday; and four days more.
    ("R-SLA-04", "p-standard-workday", "repair_general", "3 working_day", IN, "2026-10-12T18:00"),
    (
        "R-SLA-05",
        "p-standard-workday",
        "repair_complex",
        "7 working_day",
        {**IN, **COMPLEX},
        "2026-10-16T18:00",
    ),
    # Progress, callback, feedback, complaint, improvement
    ("R-SLA-13", "p-process", "progress", "24 h every", {}, DAY_LATER),
    ("R-SLA-14", "p-process", "call_back", "12 h", {}, "2026-10-09T08:00"),
    ("R-SLA-15", "p-process", "low_score", "48 h", {}, TWO_LATER),
    ("R-SLA-41", "p-hotline", "complaint_contact", "1 h", {}, HOUR_LATER),
    ("R-SLA-42", "p-hotline", "complaint_plan", "24 h", {}, DAY_LATER),
    ("R-SLA-32", "p-2025-product", "complaint_contact", "24 h", {}, DAY_LATER),
    ("R-SLA-32", "p-2025-product", "suggestion_answer", "24 h", {}, DAY_LATER),
    ("R-SLA-33", "p-2025-product", "suggestion_result", "2 working_day", {}, "2026-10-10T18:00"),
    ("R-SLA-33", "p-2025-product", "complaint_result", "2 working_day", {}, "2026-10-10T18:00"),
    ("R-SAT-11", "p-default", "survey", "7 day", {}, "2026-10-16T00:00"),
    ("R-IMP-08", "p-2025-assessment", "rectify", "30 working_day", PLAINT, "2026-11-18T18:00"),
    ("R-SLA-45", "p-default", "return", "7 working_day", {}, "2026-10-16T18:00"),
    ("R-IMP-09", "p-common", "issue", "30 day", {}, "2026-11-08T00:00"),
]
# The recommended mix takes these figures over (§2.4): as there, so here.
MIXED = {
    *("record", "respond", "assign", "arrive_urban", "arrive_suburb", "arrive_urgent", "diagnose"),
    *("propose", "progress", "repair_general", "repair_complex", "call_back", "low_score"),
    *("complaint_contact", "complaint_plan", "suggestion_result", "complaint_result", "rectify"),
    "issue",
}
FROM = {"respond": "p-hotline", "complaint_contact": "p-hotline", "propose": "p-process"}


@cache
def limits_of(name: str) -> dict[str, Limit]:
    return {one.id: one for one in presets.read(FOLDER, name, "2026-01-01").limits}


def told(limit: Limit) -> str:
    """A limit's figure as the table writes it."""
    working = limit.calendar == "working" and limit.unit != "working_day"
    marks = (" working" if working else "", " every" if limit.every else "")
    return f"{limit.amount} {limit.unit}{''.join(marks)}"


def read(limit: Limit, facts: dict[str, str], now: int, *, stop: int | None = None) -> Clock:
    events = [Happened(event=limit.start, at=at(THEN))]
    if stop is not None:
        events.append(Happened(event=limit.stop, at=stop))
    case = Case(facts=facts, events=tuple(events), zone="Asia/Shanghai")
    (clock,) = clocks(case, policy(limit), OFFICE, now)
    return clock


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row[:3]))
def test_a_figure_of_the_rules_is_in_its_preset_and_due_exactly_then(row: Row) -> None:
    source, name, identity, figure, facts, expected = row
    limit = limits_of(name)[identity]
    assert source in limit.source
    assert told(limit) == figure
    assert applies(limit.when, facts)
    due = at(expected)
    running = read(limit, facts, due)
    assert (running.state, running.due, running.limit) == ("running", due, identity)
    late = read(limit, facts, due + 1)
    assert (late.state, late.reason) == ("breached", "overdue")
    if not limit.every:
        assert read(limit, facts, due + 1, stop=due).state == "met"
        assert read(limit, facts, due + 1, stop=due + 1).state == "breached"


@pytest.mark.parametrize("identity", sorted(MIXED))
def test_the_recommended_policy_has_the_figure_of_the_document_it_takes_it_from(
    identity: str,
) -> None:
    mixed = limits_of("p-default")[identity]
    names = [FROM[identity]] if identity in FROM else [one for one in PRESETS if one != "p-default"]
    taken = [
        limits_of(name)[identity]
        for name in names
        if identity in limits_of(name) and set(limits_of(name)[identity].source) & set(mixed.source)
    ]
    assert taken != []
    for one in taken:
        assert (told(one), one.start, one.stop) == (told(mixed), mixed.start, mixed.stop)


def test_every_limit_of_a_preset_stands_in_the_table() -> None:
    rows = {(name, identity) for _, name, identity, *_ in ROWS}
    rows |= {("p-default", identity) for identity in MIXED}
    without = {"contact", "repair_agreed", "respond_complex"}  # no figure: soon, or agreed
    every = {(name, limit) for name in PRESETS for limit in limits_of(name)}
    # What a preset shares with another in the table has the same figure, start and stop there.
    shared = {(name, one) for name, one in every - rows if _same_elsewhere(name, one, rows)}
    assert sorted(one for one in every - rows - shared if one[1] not in without) == []


def _same_elsewhere(name: str, identity: str, rows: set[tuple[str, str]]) -> bool:
    limit = limits_of(name)[identity]
    return any(limits_of(one)[other] == limit for one, other in rows)


def test_as_soon_as_possible_has_no_figure() -> None:
    """R-SLA-10: the technician contacts the customer as soon as possible."""
    limit = limits_of("p-hotline")["contact"]
    clock = read(limit, {}, at(DAY_LATER))
    assert (clock.state, clock.reason, clock.due) == ("running", "soon", None)
    assert read(limit, {}, at(DAY_LATER), stop=at(DAY_LATER)).state == "met"


def test_a_repair_out_of_warranty_is_due_when_it_was_agreed() -> None:
    """R-SLA-06."""
    limit = limits_of("p-standard-workday")["repair_agreed"]
    facts = {"warranty": "out"}
    assert read(limit, facts, at(DAY_LATER)).reason == "not_agreed"
    events = (Happened(event="received", at=at(THEN)),)
    case = Case(facts=facts, events=events, agreed={"repair": at(TWO_LATER)})
    (clock,) = clocks(case, policy(limit), OFFICE, at(DAY_LATER))
    assert (clock.state, clock.due) == ("running", at(TWO_LATER))


@pytest.mark.parametrize(
    ("agreed", "due"),
    [("2026-10-09T09:00", "2026-10-09T09:00"), ("2026-10-12T09:00", DAY_LATER)],
)
@pytest.mark.parametrize(
    ("identity", "facts"), [("arrive_suburb", SUBURB), ("arrive_urban", URBAN)]
)
def test_an_agreed_time_counts_but_never_over_a_day(
    identity: str, facts: dict[str, str], agreed: str, due: str
) -> None:
    """R-SLA-09, R-SLA-48, C-05."""
    limit = limits_of("p-hotline")[identity]
    events = (Happened(event="assigned", at=at(THEN)),)
    case = Case(facts=facts, events=events, agreed={"arrive": at(agreed)})
    (clock,) = clocks(case, policy(limit), OFFICE, at(THEN))
    assert clock.due == at(due)


def whole(name: str) -> ServicePolicy:
    return policy(*limits_of(name).values())


def test_an_urgent_and_complex_problem_has_the_stricter_limit_and_says_which() -> None:
    """C-15."""
    case = Case(
        facts={"urgency": "urgent", "complexity": "complex"},
        events=(Happened(event="received", at=at(THEN)),),
    )
    respond, solve = clocks(case, whole("p-severity"), OFFICE, at(THEN))
    assert (respond.limit, respond.over, respond.due) == (
        "respond_urgent",
        ("respond_complex",),
        at(HOUR_LATER),
    )
    assert (solve.limit, solve.over) == ("solve_urgent", ("solve_complex",))


def test_an_urgent_job_in_town_has_two_hours_and_no_more() -> None:
    """C-05: a matrix by zone and urgency."""
    case = Case(facts={**URGENT, **URBAN}, events=(Happened(event="assigned", at=at(THEN)),))
    told = {one.node: one for one in clocks(case, whole("p-default"), OFFICE, at(THEN))}
    arrive = told["arrive"]
    assert (arrive.limit, arrive.over) == ("arrive_urban", ("arrive_urgent",))
    assert arrive.due == at("2026-10-08T22:00")


def test_an_exception_needs_a_reason_and_only_where_the_rule_allows_one() -> None:
    """R-SLA-03, A-03: special circumstances are excepted; the day of the suburbs is not."""
    urgent, suburb = (limits_of("p-default")[one] for one in ("arrive_urgent", "arrive_suburb"))
    events = (Happened(event="assigned", at=at(THEN)),)
    for limit, facts, state in ((urgent, URGENT, "excused"), (suburb, SUBURB, "breached")):
        case: Any = Case(facts=facts, events=events, excused={limit.id: "typhoon"})
        (clock,) = clocks(case, policy(limit), OFFICE, at(TWO_LATER))
        assert clock.state == state


def test_the_survey_is_not_before_the_third_day() -> None:
    """R-SAT-11."""
    clock = read(limits_of("p-default")["survey"], {}, at(DAY_LATER))
    assert (clock.reason, clock.params) == ("not_yet", {"opens": at("2026-10-11T00:00")})
    assert clock.next_at == at("2026-10-11T00:00")


def test_targets_and_duties_have_the_figures_of_the_documents() -> None:
    process = presets.read(FOLDER, "p-process", "2026-01-01")
    assert {one.id: one.share for one in process.targets} == {
        "first_response": 9_500,
        "one_time_fix": 8_500,
    }
    assert [(one.id, one.share) for one in process.duties] == [("inspection", 1_000)]
    service = presets.read(FOLDER, "p-2025-service", "2026-01-01")
    shares = {"resolution": 9_950, "satisfaction": 9_800, "record_completeness": 10_000}
    assert {one.id: one.share for one in service.targets} == shares

"""Figures: what is kept, missed, and what is told apart because nobody can say."""

import pytest
from hypothesis import given, strategies as st

from shared.calendars import PLAIN
from shared.clocks import Case, clocks
from shared.figures import (
    VERDICTS,
    Rate,
    Verdict,
    changes_at,
    first_response,
    one_time_fix,
    rates,
    resolution,
    verdicts,
)
from shared.policy import Limit
from shared.story import Happened
from shared.timetable import HOUR_MS, Timetable
from tests.shared.test_clocks import policy

DAY = 24 * HOUR_MS
BEGUN = Happened(event="received", at=0)


def case(*events: Happened) -> Case:
    return Case(events=(BEGUN, *events))


def one(event: str, at: int, spread: int = 0) -> Happened:
    if not spread:
        return Happened(event=event, at=at)
    return Happened(event=event, at=at, earliest=at - spread, latest=at + spread)


@pytest.mark.parametrize(
    ("events", "now", "verdict"),
    [
        ((), DAY, "open"),
        ((), DAY + 1, "missed"),
        ((one("acknowledged", DAY),), 9 * DAY, "kept"),
        ((one("acknowledged", DAY + 1),), 9 * DAY, "missed"),
        ((one("acknowledged", DAY, HOUR_MS),), 9 * DAY, "uncertain"),
        ((one("acknowledged", DAY - HOUR_MS, HOUR_MS),), 9 * DAY, "kept"),
        ((one("acknowledged", DAY + 2 * HOUR_MS, HOUR_MS),), 9 * DAY, "missed"),
        ((one("contacted", HOUR_MS),), 9 * DAY, "kept"),
        ((one("assigned", HOUR_MS),), 9 * DAY, "missed"),
    ],
)
def test_a_first_response_is_within_24_hours_of_receipt(
    events: tuple[Happened, ...], now: int, verdict: Verdict
) -> None:
    """R-KPI-01: uncertain ones are no breach."""
    assert first_response(case(*events), now) == verdict


@pytest.mark.parametrize(
    ("events", "once", "solved"),
    [
        ((), "open", "open"),
        ((one("arrived", 5), one("resolved", 9)), "kept", "kept"),
        ((one("resolved", 9),), "kept", "kept"),
        ((one("arrived", 5), one("arrived", 7), one("resolved", 9)), "missed", "kept"),
        ((one("resolved", 9), one("reopened", 10)), "open", "open"),
        ((one("resolved", 9), one("reopened", 10), one("resolved", 12)), "missed", "kept"),
    ],
)
def test_one_time_fix_and_resolution_are_two_figures(
    events: tuple[Happened, ...], once: Verdict, solved: Verdict
) -> None:
    """R-KPI-02, R-KPI-03, C-11."""
    assert one_time_fix(case(*events), 99) == once
    assert resolution(case(*events), "in_progress", 99) == solved


@pytest.mark.parametrize("status", ["withdrawn", "refused"])
def test_what_is_not_to_be_solved_is_in_no_rate(status: str) -> None:
    assert resolution(case(), status, 99) == "excused"


def test_what_was_closed_or_is_old_without_a_solution_was_not_solved() -> None:
    assert resolution(case(), "closed", 99) == "missed"
    assert resolution(case(), "new", 30 * DAY) == "open"
    assert resolution(case(), "new", 30 * DAY + 1) == "missed"


def test_what_comes_again_was_not_solved_the_first_time() -> None:
    assert one_time_fix(case(one("resolved", 9)), 99, repeated=True) == "missed"


def test_a_rate_is_told_from_what_is_known_only() -> None:
    assert Rate(kept=19, missed=1, uncertain=7, excused=3, open=5).share == 9_500
    assert Rate(uncertain=7, open=5).share is None
    assert Rate(kept=2, missed=1).share == 6_666


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.sampled_from(VERDICTS)), max_size=40))
def test_every_verdict_is_counted_once(told: list[dict[str, Verdict]]) -> None:
    counted = rates(told)
    for name in "ab":
        said = [each[name] for each in told if name in each]
        rate = counted.get(name, Rate())
        assert [getattr(rate, verdict) for verdict in VERDICTS] == [
            said.count(verdict) for verdict in VERDICTS
        ]


RULES = policy(
    Limit(id="answer", node="respond", start="received", stop="acknowledged", amount=4),
    Limit(
        id="solve",
        node="solve",
        start="received",
        stop="resolved",
        amount=9,
        calendar="working",
    ),
    Limit(
        id="news",
        node="progress",
        start="received",
        stop="progress_told",
        amount=24,
        every=True,
        until="resolved",
    ),
)
HOURS = Timetable(PLAIN)


def judged(told: Case, now: int) -> tuple[dict[str, Verdict], int | None]:
    """The verdicts at a moment, and from when on they may be others."""
    found = clocks(told, RULES, HOURS, now)
    said = verdicts(told, found, "in_progress", now)
    return said, changes_at(told, found, said, now)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["acknowledged", "arrived", "resolved", "progress_told"]),
            st.integers(0, 20 * DAY),
            st.sampled_from([0, HOUR_MS]),
        ),
        max_size=4,
    ),
    st.integers(0, 40 * DAY),
    st.integers(1, 40 * DAY),
)
def test_until_the_moment_that_is_told_time_alone_changes_no_verdict(
    events: list[tuple[str, int, int]], now: int, later: int
) -> None:
    told = case(*(one(*each) for each in events))
    said, until = judged(told, now)
    moment = now + later if until is None else min(now + later, until - 1)
    assert judged(told, moment)[0] == said


def test_what_is_settled_for_good_is_never_another() -> None:
    told = case(one("acknowledged", HOUR_MS), one("resolved", 2 * HOUR_MS))
    assert judged(told, DAY) == (
        {
            "first_response": "kept",
            "one_time_fix": "kept",
            "resolution": "kept",
            "limit:respond": "kept",
            "limit:solve": "kept",
            "limit:progress": "kept",
        },
        None,
    )
    assert judged(case(), 0)[1] is not None

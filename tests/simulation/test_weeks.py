"""Weeks that seeds decide hold, are the same each time, and find what is planted in them."""

import statistics
import sys
from typing import Final

import pytest

from tests.simulation.broken_promises import BROKEN
from tests.simulation.bugs import BUGS
from tests.simulation.weeks import Week, Wrong, live, shrunk, week_of

SEEDS: Final = 400  # so many weeks a mistake may last
MISTAKES: Final = {**BUGS, **BROKEN}
ROUNDS: Final = 3  # how often each is looked for, from other seeds on


@pytest.mark.parametrize("seed", range(1, 41))
def test_a_week_of_work_and_trouble_loses_and_doubles_nothing(seed: int) -> None:
    live(week_of(seed))


def test_a_seed_is_one_week_and_comes_to_the_same_each_time() -> None:
    assert week_of(7) == week_of(7) != week_of(8)
    assert live(week_of(7)) == live(week_of(7)) != live(week_of(8))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(1_001, 1_501, 100))
def test_a_hundred_weeks_lose_and_double_nothing(first: int) -> None:
    for seed in range(first, first + 100):
        live(week_of(seed))


@pytest.mark.parametrize("name", ["numbers are given twice", "a later verdict has no leaf"])
def test_a_week_that_goes_wrong_is_shrunk_to_what_makes_it_so(name: str) -> None:
    with BUGS[name]():
        week, check = found(1)
        little = shrunk(week, check)
        assert 0 < len(little.happenings) < 8 < len(week.happenings)
        with pytest.raises(Wrong, match=check):
            live(little)
    live(little)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found(name: str) -> None:
    with MISTAKES[name]():
        weeks = [lasted(first) for first in range(1, ROUNDS * SEEDS, SEEDS)]
    sys.stdout.write(f"{name}: found in the {statistics.median(weeks):.0f}th week\n")
    assert max(weeks) <= SEEDS


def lasted(first: int) -> int:
    """In which week from this seed on something went wrong."""
    for seed in range(first, first + SEEDS):
        try:
            live(week_of(seed))
        except Exception:  # noqa: BLE001 - a mistake may also break what drives the week
            return seed - first + 1
    return SEEDS + 1


def found(first: int) -> tuple[Week, str]:
    """The first week that goes wrong, and by which check."""
    for seed in range(first, first + SEEDS):
        try:
            live(week_of(seed))
        except Wrong as wrong:
            return week_of(seed), wrong.check
    raise AssertionError("nothing was found")

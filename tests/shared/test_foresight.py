"""Foresight: where readings go, which machines are due, and the figures that say so."""

from typing import Any

import pytest
from msgspec import structs

from shared.checklist import Item
from shared.foresight import DAY_MS, Drift, Point, drift_of
from shared.foresight_rules import FORESIGHT, USUAL, ForesightRules, Interval, months_of
from tests.shared.company import DORA, NOW, act, done, only, refused, state

PRESSURE = Item(code="p", type="number", en="Pressure", zh="压力", low=500, high=1_600)
ON = ("foresight_rules", FORESIGHT)
FIGURES = {
    name: getattr(USUAL, name)
    for name in ForesightRules.__struct_fields__
    if name not in ("id", "version", "intervals")
}


def points(*amounts: int, every: int = 30) -> list[Point]:
    """Readings so many days apart, the last one now."""
    last = len(amounts) - 1
    return [
        Point(NOW - (last - place) * every * DAY_MS, amount) for place, amount in enumerate(amounts)
    ]


@pytest.mark.parametrize(
    ("amounts", "side", "days"),
    [
        ((1_000, 1_200, 1_400), "high", 30),
        ((1_400, 1_200, 1_000), "low", 75),
        ((900, 1_100, 1_300), "high", 45),
        ((1_000, 1_200, 1_700), "high", None),
        ((600, 550, 499), "low", None),
        ((1_700,), "high", None),
    ],
)
def test_a_reading_that_goes_on_reaches_its_limit(
    amounts: tuple[int, ...], side: str, days: int | None
) -> None:
    told = points(*amounts)
    limit = 1_600 if side == "high" else 500
    expected = Drift(side=side, limit=limit, days=days, first=told[0], last=told[-1])
    assert drift_of(PRESSURE, told, 90, NOW) == expected


@pytest.mark.parametrize(
    "amounts",
    [
        (1_000, 1_000, 1_000),
        (1_000, 1_200),  # two tell nothing yet
        (1_000, 1_010, 1_020),  # not so soon
        (1_300, 1_200, 1_100),  # towards the middle, and far
        (),
    ],
)
def test_a_reading_that_stays_or_takes_long_is_no_sign(amounts: tuple[int, ...]) -> None:
    assert drift_of(PRESSURE, points(*amounts), 45, NOW) is None


def test_a_reading_without_limits_or_read_twice_at_once_is_no_sign() -> None:
    bare = Item(code="p", type="number", en="x", zh="x")
    assert drift_of(bare, points(1, 2, 3), 90, NOW) is None
    at_once = [Point(NOW, 1_000), Point(NOW, 1_200), Point(NOW, 1_400)]
    assert drift_of(PRESSURE, at_once, 90, NOW) is None


def test_a_line_that_was_crossed_in_between_is_due_today() -> None:
    told = [Point(one.at - 60 * DAY_MS, one.amount) for one in points(1_000, 1_200, 1_400)]
    found = drift_of(PRESSURE, told, 90, NOW)
    assert found is not None
    assert found.days == 0


def test_a_class_has_its_own_interval_or_that_of_all_others() -> None:
    told = (Interval(months=12), Interval(product_class="vrf", months=6))
    rules = structs.replace(USUAL, intervals=told)
    assert [months_of(rules, one) for one in ("vrf", "pump", "")] == [6, 12, 12]
    assert months_of(structs.replace(USUAL, intervals=()), "vrf") is None


def test_the_figures_are_set_by_whoever_saw_the_newest() -> None:
    args: dict[str, Any] = {**FIGURES, "repeat_count": 5, "intervals": [{"months": 6}]}
    found = only(done(state(), act("foresight.set", args, on=ON, by=DORA)), ForesightRules)
    assert (found.repeat_count, found.repeat_days) == (5, 90)
    assert found.intervals == (Interval(months=6),)
    assert refused(
        state(found), act("foresight.set", {**args, "seen": 7}, on=ON, by=DORA)
    ).code == ("changed_meanwhile")
    twice = {**FIGURES, "intervals": [{"months": 6}, {"months": 7}]}
    assert refused(state(), act("foresight.set", twice, on=ON, by=DORA)).field == "args.intervals"

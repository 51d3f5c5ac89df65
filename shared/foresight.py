"""Foresight: what figures that were read one after the other come to if they go on as they do."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from shared.checklist import Item

DAY_MS: Final = 24 * 3_600_000
POINTS_MIN: Final = 3  # fewer tell nothing of where it goes


class Point(Struct, frozen=True):
    """What was read (thousandths), and when (ms)."""

    at: int
    amount: int


class Drift(Struct, frozen=True, kw_only=True):
    """A reading on its way to a limit: to the `high` or the `low` one (thousandths), in how many
    days; none where it is outside already.
    """

    side: str
    limit: int
    days: int | None
    first: Point
    last: Point


def drift_of(item: Item, points: Sequence[Point], within: int, now: int) -> Drift | None:
    """Where a reading goes by the straight line through all of it, if that is over a limit soon.

    `points` are the oldest first; `within` is in days from `now` (ms).
    """
    if not points or (item.low is None and item.high is None):
        return None
    first, last = points[0], points[-1]
    for side, limit in (("high", item.high), ("low", item.low)):
        if limit is not None and _is_past(side, last.amount, limit):
            return Drift(side=side, limit=limit, days=None, first=first, last=last)
    slope = _slope(points)
    if len(points) < POINTS_MIN or not slope:
        return None
    side, limit = ("high", item.high) if slope > 0 else ("low", item.low)
    if limit is None:
        return None
    reached = last.at + (limit - last.amount) / slope
    days = int((reached - now) // DAY_MS)
    if days > within:
        return None
    return Drift(side=side, limit=limit, days=max(days, 0), first=first, last=last)


def _is_past(side: str, amount: int, limit: int) -> bool:
    return amount > limit if side == "high" else amount < limit


def _slope(points: Sequence[Point]) -> float:
    """How much a reading changes by the millisecond, by least squares."""
    mean_at = sum(one.at for one in points) / len(points)
    mean = sum(one.amount for one in points) / len(points)
    spread = sum((one.at - mean_at) ** 2 for one in points)
    if not spread:
        return 0.0
    return sum((one.at - mean_at) * (one.amount - mean) for one in points) / spread

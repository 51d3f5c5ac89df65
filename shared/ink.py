"""Ink: a signature as strokes, its hash, whether it is one, and the curves it is drawn as."""

from collections.abc import Iterator
from itertools import pairwise
from math import hypot
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from shared.canonical import digest
from shared.errors import Refused, refuse_value

STROKES_MAX: Final = 300
NUMBERS_MAX: Final = 9_000  # of all strokes together: three a point
SIDE_MAX: Final = 10_000
PATH_MIN: Final = 300  # tenths of a dp: a stroke of 5 mm
SPREAD_MIN: Final = 60  # of the larger side of all strokes: what a resting finger does not reach
_PER_POINT: Final = 3

Stroke = tuple[Annotated[int, Meta(ge=0, le=10_000_000)], ...]
Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]  # a cubic Bezier: from, two handles, to


class Ink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Strokes on a pad of `width` by `height`; each is x, y, t, x, y, t, … from the top left.

    Lengths are in tenths of a dp, `t` in ms since the first point of the first stroke.
    """

    width: Annotated[int, Meta(ge=1, le=SIDE_MAX)]
    height: Annotated[int, Meta(ge=1, le=SIDE_MAX)]
    strokes: Annotated[tuple[Stroke, ...], Meta(max_length=STROKES_MAX)]


def ink_hash(ink: Ink | None) -> str:
    """SHA-256 of the strokes' canonical JSON, in hexadecimal; of nothing where there is no ink."""
    return "" if ink is None else digest(msgspec.to_builtins(ink))


def points(ink: Ink) -> list[list[Point]]:
    """Where each stroke went."""
    return [
        [(float(x), float(y)) for x, y in zip(one[0::_PER_POINT], one[1::_PER_POINT], strict=True)]
        for one in ink.strokes
    ]


def malformed(ink: Ink | None, field: str) -> Refused | None:
    """The refusal of strokes that are no points, or more of them than a hand makes, or None."""
    if ink is None:
        return None
    numbers = sum(len(one) for one in ink.strokes)
    if numbers > NUMBERS_MAX:
        return refuse_value("out_of_range", field, reason=f"{numbers} > {NUMBERS_MAX}")
    if any(len(one) % _PER_POINT for one in ink.strokes):
        return refuse_value("wrong_value", field)
    return None


def is_signature(ink: Ink | None) -> bool:
    """Whether somebody wrote something: not nothing, not a dot, not a slip of the finger."""
    if ink is None:
        return False
    strokes = points(ink)
    path = sum(hypot(x2 - x1, y2 - y1) for one in strokes for (x1, y1), (x2, y2) in pairwise(one))
    spots = [spot for one in strokes for spot in one]
    if path < PATH_MIN:
        return False
    sides = [[spot[axis] for spot in spots] for axis in (0, 1)]
    return any(max(side) - min(side) >= SPREAD_MIN for side in sides)


def paths(ink: Ink) -> list[list[Curve]]:
    """Each stroke as curves that pass through its points; a dot is one curve of no length.

    The curves are those of Catmull and Rom: the handles at a point lie along the line between its
    neighbours. A point that is where the last one was says nothing.
    """
    return [list(_curves(one)) for one in map(_moving, points(ink)) if one]


def _moving(stroke: list[Point]) -> list[Point]:
    return [spot for place, spot in enumerate(stroke) if place == 0 or spot != stroke[place - 1]]


def _curves(stroke: list[Point]) -> Iterator[Curve]:
    if len(stroke) == 1:
        yield (stroke[0],) * 4
    around = [stroke[0], *stroke, stroke[-1]]
    for before, start, end, after in zip(around, around[1:], around[2:], around[3:], strict=False):
        yield (start, _along(start, before, end, 1), _along(end, start, after, -1), end)


def _along(spot: Point, before: Point, after: Point, sign: int) -> Point:
    """The handle of a point: a sixth of the way between its neighbours, onwards or back."""
    return tuple(here + sign * (b - a) / 6 for here, a, b in zip(spot, before, after, strict=True))  # type: ignore[return-value]

"""Ink is a signature only if somebody wrote something, and curves pass through its points."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from shared.canonical import digest
from shared.ink import NUMBERS_MAX, Ink, ink_hash, is_signature, malformed, paths, points
from tests.proof import DOT, EMPTY, INK


def ink(*strokes: tuple[int, ...]) -> Ink:
    return Ink(width=3200, height=1600, strokes=strokes)


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        (None, False),
        (EMPTY, False),
        (DOT, False),
        (ink((10, 10, 0)), False),
        (ink((10, 10, 0), (900, 900, 400)), False),
        (ink((100, 100, 0, 300, 100, 50)), False),
        (ink((100, 100, 0, 120, 100, 9) + (100, 100, 20, 120, 100, 30) * 20), False),
        (ink((100, 100, 0, 400, 100, 50)), True),
        (ink((100, 100, 0, 250, 100, 50), (100, 200, 90, 250, 200, 140)), True),
        (INK, True),
    ],
    ids=[
        *("nothing", "no stroke", "a dot", "a tap", "two taps", "a slip"),
        *("a trembling finger", "a line", "two short lines", "a name"),
    ],
)
def test_a_signature_is_something_that_was_written(written: Ink | None, counts: bool) -> None:
    assert is_signature(written) is counts


def test_the_hash_of_ink_is_that_of_its_canonical_text() -> None:
    told = {"height": 1600, "strokes": [[1, 2, 3]], "width": 3200}
    assert ink_hash(ink((1, 2, 3))) == digest(told)
    assert ink_hash(None) == ""
    assert ink_hash(ink((1, 2, 4))) != ink_hash(ink((1, 2, 3)))


@pytest.mark.parametrize(
    ("strokes", "code"),
    [
        (((1, 2),), "wrong_value"),
        (((1, 2, 3, 4),), "wrong_value"),
        (((1, 2, 3) * (NUMBERS_MAX // 3 + 1),), "out_of_range"),
        (tuple((1, 2, 3) * 11 for _ in range(300)), "out_of_range"),
    ],
)
def test_strokes_that_are_none_are_refused(strokes: tuple[tuple[int, ...], ...], code: str) -> None:
    refused = malformed(ink(*strokes), "args.ink")
    assert refused is not None
    assert (refused.code, refused.field) == (code, "args.ink")


def test_as_many_points_as_a_hand_makes_are_taken() -> None:
    assert malformed(ink((1, 2, 3) * (NUMBERS_MAX // 3)), "args.ink") is None
    assert malformed(None, "args.ink") is None
    assert malformed(ink(), "args.ink") is None


def test_a_straight_line_is_drawn_straight() -> None:
    (curve,) = paths(ink((0, 0, 0, 60, 0, 10)))
    assert curve == [((0.0, 0.0), (10.0, 0.0), (50.0, 0.0), (60.0, 0.0))]


def test_a_dot_is_a_curve_of_no_length() -> None:
    spot = (7.0, 9.0)
    assert paths(ink((7, 9, 0, 7, 9, 30), ())) == [[(spot, spot, spot, spot)]]


strokes_of_a_hand = st.lists(
    st.lists(
        st.tuples(st.integers(0, 3200), st.integers(0, 1600), st.integers(0, 9999)), max_size=9
    ),
    max_size=4,
)


@given(strokes_of_a_hand)
def test_curves_pass_through_every_point_in_order(told: list[list[tuple[int, int, int]]]) -> None:
    written = ink(*(tuple(number for point in stroke for number in point) for stroke in told))
    kept = [stroke for stroke in points(written) if stroke]
    drawn = paths(written)
    assert len(drawn) == len(kept)
    for stroke, curves in zip(kept, drawn, strict=True):
        passed = [curves[0][0], *(curve[3] for curve in curves)]
        moving = [
            spot for place, spot in enumerate(stroke) if not place or spot != stroke[place - 1]
        ]
        assert passed == (moving if len(moving) > 1 else moving * 2)
        assert all(one[3] == other[0] for one, other in pairwise(curves))

"""The true time of an act, as far as the evidence goes; no clock on a phone is believed."""

import pytest
from hypothesis import given, strategies as st

from shared.clock import (
    SKEW_TOLERATED_MS,
    At,
    Corrected,
    Sighting,
    corrected,
    is_skewed,
    skew_ms,
    zone_of,
)

WALL = 1_795_000_000_000
MS = st.integers(min_value=0, max_value=10**12)
BOOTS = st.sampled_from(["a", "b", "c"])
SIGHTINGS = st.lists(
    st.builds(Sighting, boot=BOOTS, mono=MS, wall=st.integers(-(10**14), 10**14), received=MS)
)


def at(boot: str = "a", mono: int = 50_000, wall: int = WALL) -> At:
    return At(wall=wall, boot=boot, mono=mono, src="boottime")


def seen(boot: str = "a", mono: int = 60_000, wall: int = WALL, received: int = WALL) -> Sighting:
    return Sighting(boot=boot, mono=mono, wall=wall, received=received)


def guess(ms: int) -> Corrected:
    """A time that nothing but the wall clock tells, received at `WALL`."""
    return Corrected(ms=ms, uncertain=True, earliest=0, latest=WALL, received=WALL)


def test_in_the_same_boot_time_is_counted_back_from_the_sighting() -> None:
    a_year_fast = at(wall=WALL + 365 * 86_400_000)
    assert corrected(a_year_fast, [seen()], WALL) == Corrected(
        ms=WALL - 10_000, uncertain=False, received=WALL
    )


def test_an_act_after_the_sighting_is_counted_forward_but_not_past_its_receipt() -> None:
    assert corrected(at(mono=65_000), [seen()], WALL + 9_000).ms == WALL + 5_000
    assert corrected(at(mono=90_000), [seen()], WALL + 9_000).ms == WALL + 9_000


def test_the_nearest_sighting_of_the_boot_counts() -> None:
    far, near = seen(mono=10**9, received=WALL + 7), seen(mono=51_000, received=WALL)
    assert corrected(at(), [far, near], 2 * WALL).ms == WALL - 1_000


def test_in_another_boot_the_wall_clock_is_shifted_and_doubted() -> None:
    hour_slow = seen(boot="b", wall=WALL - 3_600_000, received=WALL)
    found = corrected(at(wall=WALL - 3_700_000), [hour_slow], WALL)
    assert found == guess(WALL - 100_000)


def test_without_any_sighting_the_wall_clock_is_all_there_is() -> None:
    assert corrected(at(wall=WALL - 5), [], WALL) == guess(WALL - 5)
    assert corrected(at(wall=WALL + 5), [], WALL) == guess(WALL)


def test_what_is_only_a_guess_was_between_the_last_answer_and_its_receipt() -> None:
    """A range that a person settles, and no breach by itself."""
    found = corrected(at(wall=WALL - 5), [seen(boot="b")], WALL, since=WALL - 60_000)
    assert (found.earliest, found.latest) == (WALL - 60_000, WALL)
    assert found.uncertain
    sure = corrected(at(), [seen()], WALL, since=WALL - 60_000)
    assert (sure.earliest, sure.latest) == (None, None)


@given(SIGHTINGS, BOOTS, MS, st.integers(-(10**14), 10**14), MS)
def test_no_act_is_later_than_its_receipt_or_older_than_all_clocks(
    sightings: list[Sighting], boot: str, mono: int, wall: int, received: int
) -> None:
    """C58, S4."""
    found = corrected(at(boot, mono, wall), sightings, received)
    assert 0 <= found.ms <= received
    assert found.uncertain == all(one.boot != boot for one in sightings)


@given(SIGHTINGS, BOOTS, MS, st.integers(-(10**14), 10**14), MS, MS)
def test_no_act_is_older_than_the_answer_that_was_there_before_it(
    sightings: list[Sighting], boot: str, mono: int, wall: int, one: int, other: int
) -> None:
    """C57, S4."""
    since, received = sorted((one, other))
    found = corrected(at(boot, mono, wall), sightings, received, since=since)
    free = corrected(at(boot, mono, wall), sightings, received)
    assert (found.ms, found.uncertain) == (max(free.ms, since), free.uncertain)
    if found.uncertain:
        assert (found.earliest, found.latest) == (since, received)
    assert corrected(at(boot, mono, wall), sightings, since, since=received).ms == since


@given(SIGHTINGS, MS, st.integers(-(10**14), 10**14), st.integers(-(10**14), 10**14))
def test_setting_the_wall_clock_moves_nothing_within_a_boot(
    sightings: list[Sighting], mono: int, one: int, other: int
) -> None:
    """C57."""
    known = [*sightings, seen()]
    assert corrected(at("a", mono, one), known, WALL) == corrected(
        at("a", mono, other), known, WALL
    )


def test_people_are_told_of_a_clock_that_is_minutes_wrong() -> None:
    fast = seen(wall=WALL + SKEW_TOLERATED_MS + 1)
    assert skew_ms(fast) == SKEW_TOLERATED_MS + 1
    assert is_skewed(fast)
    assert is_skewed(seen(wall=WALL - SKEW_TOLERATED_MS - 1))
    assert not is_skewed(seen(wall=WALL + SKEW_TOLERATED_MS))


@pytest.mark.parametrize("name", ["Asia/Nowhere", "Asia", "Asia/Shanghai/", "../passwd", ""])
def test_a_zone_that_nobody_knows_is_none_and_no_error(name: str) -> None:
    assert zone_of(name) is None


def test_a_zone_is_known_by_its_name() -> None:
    assert str(zone_of("Asia/Shanghai")) == "Asia/Shanghai"

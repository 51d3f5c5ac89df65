"""Clocks: what a device's clocks said, what the true time most likely was, and whose day it is."""

from collections.abc import Iterable
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct, structs

from shared.ids import PLAIN_PATTERN

SKEW_TOLERATED_MS = 5 * 60_000
MS_MAX = 2**53
Ms = Annotated[int, Meta(ge=-MS_MAX, le=MS_MAX)]
Boot = Annotated[str, Meta(min_length=1, max_length=64, pattern=PLAIN_PATTERN)]


class At(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a device says something happened: wall clock, boot clock, and which boot.

    `wall` is Unix time and `mono` the time since boot, both in milliseconds; `src` names the
    boot clock (`boottime`, or `monotonic` where there is none, or `server`).
    """

    wall: Ms
    boot: Boot
    mono: Ms
    src: Literal["boottime", "monotonic", "server"]


class Sighting(Struct, frozen=True, kw_only=True):
    """One exchange with the server: the device's clocks, and the server's time of receipt."""

    boot: str
    mono: int
    wall: int
    received: int


class Absence(Struct, frozen=True, kw_only=True):
    """How long (ms) a device has not reached the server, as far as its clocks told until `seen`.

    `dropped` means that it was too long, and that what the device knew of customers is gone.
    """

    ms: int = 0
    seen: At
    dropped: bool = False


def absent(before: Absence, now: At) -> Absence:
    """The absence that goes on.

    Within one boot it is counted by the clock that nobody can set. Over a restart by the wall
    clock, which is only a hint: setting it back takes nothing away from what was counted.
    """
    same = before.seen.boot == now.boot
    passed = now.mono - before.seen.mono if same else now.wall - before.seen.wall
    return structs.replace(before, ms=before.ms + max(passed, 0), seen=now)


class Corrected(Struct, frozen=True, kw_only=True):
    """The best guess of the true time in ms, and whether it is only a guess.

    What is only a guess was at the `earliest` when the server had answered last, and at the
    `latest` when it came in. `received` is when that was; None on a phone, where it is to come.
    """

    ms: int
    uncertain: bool
    earliest: int | None = None
    latest: int | None = None
    received: int | None = None


def corrected(at: At, sightings: Iterable[Sighting], received: int, *, since: int = 0) -> Corrected:
    """The true time of an act: never later than its receipt, nor before `since`.

    `since` is when the server gave the last answer that the device had by then, if that is proven.
    Same boot as a sighting: counted back by the boot clock, which nobody can set. Other boot: the
    wall clock plus the offset of the nearest sighting. No sighting at all: the wall clock. The last
    two are marked uncertain.
    """
    known = list(sightings)
    same_boot = [one for one in known if one.boot == at.boot]
    if same_boot:
        nearest = min(same_boot, key=lambda one: abs(one.mono - at.mono))
        counted = nearest.received - (nearest.mono - at.mono)
        ms = _within(counted, since, received)
        return Corrected(ms=ms, uncertain=False, received=received)
    guess = at.wall
    if known:
        nearest = min(known, key=lambda one: abs(one.wall - at.wall))
        guess = at.wall + nearest.received - nearest.wall
    return Corrected(
        ms=_within(guess, since, received),
        uncertain=True,
        earliest=_within(since, 0, received),
        latest=received,
        received=received,
    )


def _within(ms: int, since: int, received: int) -> int:
    return min(max(ms, since, 0), received)


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of this name; None where nobody here knows it, and nobody may stumble."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def skew_ms(sighting: Sighting) -> int:
    """How far the device's wall clock is ahead of the server's, in milliseconds."""
    return sighting.wall - sighting.received


def is_skewed(sighting: Sighting) -> bool:
    """Whether the wall clock is so wrong that people should be told."""
    return abs(skew_ms(sighting)) > SKEW_TOLERATED_MS

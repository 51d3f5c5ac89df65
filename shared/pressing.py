"""Pressing: which clocks somebody should look at first, the same for lists, pages and headings."""

from collections.abc import Iterable
from typing import Final

from shared.clocks import Clock
from shared.ticket import STATUSES, Ticket

# The most pressing first: over, for a person to settle, nearly due, due later, at rest.
GROUPS: Final = ("late", "doubt", "near", "later", "rests")
LATE, DOUBT, NEAR, LATER, RESTS = range(len(GROUPS))
OPEN: Final = ("running", "paused", "breached", "uncertain")
# It was not done in time, and cannot be done any more.
PAST: Final = ("not_done", "some_missed")
UNDONE: Final = frozenset(STATUSES[:3])  # of these everything presses
AFTER_ALL: Final = "return"  # the step that goes on when its ticket is filed
FOREVER: Final = 1 << 62
# How much a ticket presses is one number: the place of its group, then when it is due (ms).
GROUP_MS: Final = 10**15
UNKNOWN: Final = RESTS * GROUP_MS  # until somebody has looked for the first time


def is_open(clock: Clock) -> bool:
    """Whether something is still to be done about it; what recurs is, however often it was done."""
    if clock.state not in OPEN or clock.reason in PAST:
        return False
    return clock.stopped is None or clock.rounds > 0 or clock.state == "uncertain"


def is_over(clock: Clock) -> bool:
    """Whether its time is over and it has not been done."""
    return clock.state == "breached" and is_open(clock)


def is_at_risk(clock: Clock, now: int) -> bool:
    """Whether somebody should look: over, uncertain, or so near that it wants a warning."""
    return is_open(clock) and group(clock, now) <= NEAR


def group(clock: Clock, now: int) -> int:
    """The place in `GROUPS` of a clock that is open."""
    if clock.state == "breached":
        return LATE
    if clock.state == "uncertain":
        return DOUBT
    if clock.state != "running" or clock.due is None:
        return RESTS
    return NEAR if clock.warn_at is not None and clock.warn_at <= now else LATER


def rank(clock: Clock, now: int) -> tuple[int, int]:
    """The most pressing first, and of those that press alike what is due first."""
    return (group(clock, now), FOREVER if clock.due is None else clock.due)


def most_pressing(clocks: Iterable[Clock], now: int) -> Clock | None:
    """The clock that somebody should look at first, of those still to be kept by some time."""
    still = [one for one in clocks if is_open(one) and one.due is not None]
    return min(still, key=lambda one: rank(one, now), default=None)


def presses(ticket: Ticket, clocks: Iterable[Clock], now: int) -> Clock | None:
    """The clock of a ticket that somebody should look at first.

    Of one that was done or called off it is what goes on all the same: what customers said of it,
    and what they give back.
    """
    if ticket.status in UNDONE:
        return most_pressing(clocks, now)
    return most_pressing((one for one in clocks if one.about or one.node == AFTER_ALL), now)

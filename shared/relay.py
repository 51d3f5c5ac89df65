"""Relays: the hours of a ticket that passes from one team to another, each for its stretch of time.

Time that has passed is counted by the hours of whoever had it then, and never anew by another
team's: handing a ticket on makes nothing late that was in time, and nothing in time that was late.
What is left of it runs by the hours of who has it now. A limit in days counts the day on which it
was handed on by the hours of who had it that morning.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from msgspec import Struct

from shared.story import FOREVER, Stretch
from shared.timetable import Hours, Running, Timetable


class Worked(Running, Protocol):
    """Time that is worked, by whichever hours."""

    def is_open(self, moment: int) -> bool:
        """Whether work goes on."""

    def opens(self, moment: int) -> int:
        """The moment itself while it is open, else when it opens next."""

    def end_of_working_day(self, start: int, count: int) -> int:
        """When the hours of the n-th working day after that of the start are over."""

    def end_of_day(self, start: int, count: int) -> int:
        """When the n-th day after that of the start is over by the local clock."""

    def start_of_day(self, start: int, count: int) -> int:
        """When the n-th day after that of the start begins by the local clock."""

    def is_provisional(self, moment: int) -> bool:
        """Whether the holidays of its year are not all known yet."""


class Leg(Struct, frozen=True):
    """From when until when (ms) whose hours count."""

    start: int
    end: int
    hours: Hours


class Relay:
    """The hours of one after the other; `legs` follow on each other, and the last has no end."""

    def __init__(self, legs: Sequence[Leg]) -> None:
        self._legs: Final = legs

    def between(self, start: int, end: int) -> int:
        """How much open time passes from one moment to a later one."""
        return sum(
            leg.hours.between(leg.start, min(end, leg.end))
            for leg in self._from(start)
            if leg.start < end
        )

    def advance(self, start: int, amount: int) -> int:
        """The first moment by which that much open time has passed."""
        for leg in self._from(start):
            known = leg.hours.between(leg.start, leg.end) if leg.end != FOREVER else amount
            if known >= amount:
                return leg.hours.advance(leg.start, amount)
            amount -= known
        raise AssertionError("the last leg has an end")

    def opens(self, moment: int) -> int:
        """The moment itself while it is open, else when it opens next."""
        return moment if self.is_open(moment) else self.advance(moment, 1) - 1

    def is_open(self, moment: int) -> bool:
        """Whether work goes on."""
        return self._at(moment).is_open(moment)

    def end_of_working_day(self, start: int, count: int) -> int:
        """When the hours of the n-th working day after that of the start are over."""
        for leg in self._from(start):
            known = leg.hours.working_days(leg.start, leg.end) if leg.end != FOREVER else count
            if known >= count:
                return leg.hours.end_of_working_day(leg.start, count)
            count -= known
        raise AssertionError("the last leg has an end")

    def end_of_day(self, start: int, count: int) -> int:
        """When the n-th day after that of the start is over by the local clock."""
        return self._at(start).end_of_day(start, count)

    def start_of_day(self, start: int, count: int) -> int:
        """When the n-th day after that of the start begins by the local clock."""
        return self._at(start).start_of_day(start, count)

    def is_provisional(self, moment: int) -> bool:
        """Whether the holidays of its year are not all known yet."""
        return self._at(moment).is_provisional(moment)

    def _at(self, moment: int) -> Hours:
        return next(self._from(moment)).hours

    def _from(self, start: int) -> Iterator[Leg]:
        """What is left from a moment on."""
        for leg in self._legs:
            if leg.end > start:
                yield Leg(max(leg.start, start), leg.end, leg.hours)


def relayed(timetable: Timetable, zone: str, stretches: Iterable[Stretch]) -> Worked:
    """The hours that count for a ticket at a site in a zone: the company's before anybody's."""
    legs = [Leg(-FOREVER, FOREVER, timetable.hours(zone))]
    for one in stretches:
        before, hours = legs[-1], timetable.hours(zone, one.team)
        if hours is not before.hours:
            legs[-1:] = [Leg(before.start, one.since, before.hours), Leg(one.since, FOREVER, hours)]
    return legs[0].hours if len(legs) == 1 else Relay(legs)

"""Timetables: arithmetic with the time that is open, in milliseconds, over any number of days.

A calendar is laid out once as a sorted list of the moments at which work begins and ends; after
that each question is answered by two searches in it. A wall time stands for the first moment at
which the local clock has reached it, also on the nights when that clock is set forward or back.
"""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from shared.calendars import PLAIN, Span, WorkingCalendar, calendar_of, minutes
from shared.clock import zone_of

UTC: Final = ZoneInfo("UTC")
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
AHEAD_DAYS: Final = 400
BEYOND_DAYS: Final = 40_000
BEYOND_MS: Final = BEYOND_DAYS * 24 * HOUR_MS  # a due time that is farther off is said to be then
SECOND_MS: Final = 1000

Interval = tuple[int, int]


class Running(Protocol):
    """Time as a limit counts it."""

    def between(self, start: int, end: int) -> int:
        """How much of it passes from one moment to a later one."""

    def advance(self, start: int, amount: int) -> int:
        """The first moment by which that much of it has passed."""


class Around:
    """All the time there is."""

    def between(self, start: int, end: int) -> int:
        """The difference."""
        return end - start

    def advance(self, start: int, amount: int) -> int:
        """The sum."""
        return start + amount


ALWAYS: Final = Around()


class Hours:
    """The open time of a calendar in one zone."""

    def __init__(self, calendar: WorkingCalendar, zone: ZoneInfo) -> None:
        self.zone = zone
        self._open_years = frozenset(calendar.open_years)
        self._week = calendar.week
        self._usual = next((spans for spans in calendar.week if spans), ())
        assert self._usual, "a calendar without any hours"
        days = {one.date: one for one in calendar.days}
        self._days = {datetime.date.fromisoformat(date).toordinal(): days[date] for date in days}
        self._low = self._high = 0  # the local days that are laid out: from, and up to but without
        self._from, self._to = 1, 0  # and the moments that are safely among them: none yet
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._until: list[int] = []  # how much has been open by the end of each span
        self._worked: list[int] = []  # the days that are worked, and when each is over
        self._over: list[int] = []

    def between(self, start: int, end: int) -> int:
        """How much open time passes from one moment to a later one."""
        self._cover(start, end)
        return self._opened(end) - self._opened(start)

    def advance(self, start: int, amount: int) -> int:
        """The first moment by which that much open time has passed."""
        if amount <= 0:
            return start
        self._cover(start, start)
        goal = self._opened(start) + amount
        while not self._until or self._until[-1] < goal:
            if not self._goes_on(start):
                return start + BEYOND_MS
        place = bisect_left(self._until, goal)
        return min(self._ends[place] - (self._until[place] - goal), start + BEYOND_MS)

    def opens(self, moment: int) -> int:
        """The moment itself while it is open, else when it opens next."""
        return moment if self.is_open(moment) else self.advance(moment, 1) - 1

    def is_open(self, moment: int) -> bool:
        """Whether work goes on."""
        self._cover(moment, moment)
        place = bisect_right(self._starts, moment) - 1
        return place >= 0 and moment < self._ends[place]

    def end_of_working_day(self, start: int, count: int) -> int:
        """When the hours of the n-th working day after that of the start are over (R-SLA-04)."""
        self._cover(start, start)
        place = bisect_right(self._worked, self._day(start)) + count - 1
        while len(self._over) <= place:
            if not self._goes_on(start):
                return start + BEYOND_MS
        return min(self._over[place], start + BEYOND_MS)

    def end_of_day(self, start: int, count: int) -> int:
        """When the n-th day after that of the start is over by the local clock."""
        return moment_of(self.zone, self._day(start) + count + 1, 0)

    def start_of_day(self, start: int, count: int) -> int:
        """When the n-th day after that of the start begins by the local clock."""
        return moment_of(self.zone, self._day(start) + count, 0)

    def working_days(self, start: int, end: int) -> int:
        """How many days are worked after that of the start, up to that of the end."""
        self._cover(start, end)
        first, last = (bisect_right(self._worked, self._day(one)) for one in (start, end))
        return last - first

    def is_provisional(self, moment: int) -> bool:
        """Whether the holidays of its year are not all known yet."""
        return bool(self._open_years) and self._local(moment).year in self._open_years

    def _local(self, moment: int) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(moment / SECOND_MS, self.zone)

    def _day(self, moment: int) -> int:
        return self._local(moment).toordinal()

    def _opened(self, moment: int) -> int:
        """How much has been open by a moment since the first day that is laid out."""
        place = bisect_right(self._starts, moment) - 1
        if place < 0:
            return 0
        return self._until[place] - max(self._ends[place] - moment, 0)

    def _cover(self, start: int, end: int) -> None:
        """Lay out the days between two moments, with the one before, whose shift may reach in."""
        if self._from <= start and end <= self._to:
            return
        if start < self._from or not self._high:
            end = max(end, self._to)
            for kept in (self._starts, self._ends, self._until, self._worked, self._over):
                kept.clear()
            self._low = self._high = self._day(start) - AHEAD_DAYS
            self._from = moment_of(self.zone, self._low + 2, 0)
        self._extend(self._day(end) + AHEAD_DAYS)

    def _goes_on(self, start: int) -> bool:
        """Lay out more days, unless that leads too far."""
        if self._high >= self._day(start) + BEYOND_DAYS + AHEAD_DAYS:
            return False
        self._extend(self._high + AHEAD_DAYS)
        return True

    def _extend(self, high: int) -> None:
        for day in range(self._high, high):
            self._lay_out(day)
        self._high = high
        self._to = moment_of(self.zone, high - 2, 0)

    def _lay_out(self, day: int) -> None:
        over = 0
        for span in self._spans(day):
            start, end = minutes(span)
            opens = moment_of(self.zone, day, start)
            closes = moment_of(self.zone, day, end)
            opens = max(opens, self._ends[-1] if self._ends else opens)
            if opens < closes:
                self._starts.append(opens)
                self._ends.append(closes)
                self._until.append((self._until[-1] if self._until else 0) + closes - opens)
                over = closes
        if over:
            self._worked.append(day)
            self._over.append(over)

    def _spans(self, day: int) -> Sequence[Span]:
        special = self._days.get(day)
        if special is None:
            spans = self._week[(day - 1) % 7]  # the first of January of the year 1 was a Monday
        else:
            spans = special.spans or self._usual if special.works else ()
        return sorted(spans, key=lambda one: one.start)


class Timetable:
    """Calendars made ready for questions, in whichever zone they are asked.

    The first is the company's; `others` are those of teams, by the ids of these.
    """

    def __init__(self, calendar: WorkingCalendar, others: Iterable[WorkingCalendar] = ()) -> None:
        self.calendar = calendar
        self._others = {one.id: one for one in others}
        self._hours: dict[tuple[str, str], Hours] = {}

    def hours(self, site_zone: str, team: str = "") -> Hours:
        """The hours of a team as they are counted for a site in that zone, else the company's.

        Of a zone that nobody knows it is UTC.
        """
        calendar = self._others.get(team, self.calendar)
        name = calendar.time_zone or site_zone
        found = self._hours.get((calendar.id, name))
        if found is None:
            zone = (zone_of(name) if name else None) or UTC
            found = self._hours[calendar.id, name] = Hours(calendar, zone)
        return found


def laid_out(calendars: Iterable[WorkingCalendar]) -> Timetable:
    """All calendars of a company, made ready."""
    known = list(calendars)
    return Timetable(calendar_of(known) or PLAIN, known)


def moment_of(zone: ZoneInfo, day: int, minute: int) -> int:
    """The first moment (ms) at which the clock of a zone has reached a minute of a day."""
    wall = datetime.datetime.fromordinal(day) + datetime.timedelta(minutes=minute)
    told = wall.replace(tzinfo=zone)
    seconds = int(told.timestamp())
    shown = datetime.datetime.fromtimestamp(seconds, zone).replace(tzinfo=None)
    return (seconds if shown == wall else _leap(wall, zone)) * SECOND_MS


def _leap(wall: datetime.datetime, zone: ZoneInfo) -> int:
    """When (s) a clock was set forward over a time that it never showed."""
    before = int(wall.replace(tzinfo=zone, fold=1).timestamp())
    after = int(wall.replace(tzinfo=zone, fold=0).timestamp())
    while after - before > 1:
        middle = (before + after) // 2
        shown = datetime.datetime.fromtimestamp(middle, zone).replace(tzinfo=None)
        before, after = (middle, after) if shown < wall else (before, middle)
    return after


def merged(intervals: Sequence[Interval]) -> list[Interval]:
    """Intervals in order, those that touch as one, those of no length left out."""
    told: list[Interval] = []
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if told and start <= told[-1][1]:
            told[-1] = (told[-1][0], max(told[-1][1], end))
        else:
            told.append((start, end))
    return told


def run_out(time: Running, start: int, amount: int, pauses: Sequence[Interval]) -> int:
    """The first moment by which that much time has passed outside the (merged) pauses."""
    for begins, ends in pauses:
        if ends <= start:
            continue
        if begins > start:
            used = time.between(start, begins)
            if used >= amount:
                break
            amount -= used
        start = ends
    return time.advance(start, amount)


def run_between(time: Running, start: int, end: int, pauses: Sequence[Interval]) -> int:
    """How much time passes from one moment to a later one outside the (merged) pauses."""
    total = time.between(start, end)
    for begins, ends in pauses:
        if begins < end and start < ends:
            total -= time.between(max(begins, start), min(ends, end))
    return total

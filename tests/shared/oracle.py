"""Deadlines by counting minutes: another way to say when a limit is due, slow and without tricks.

A `Stretch` is some weeks of one calendar in one zone, told minute by minute: whether work goes on,
to which day's hours the minute belongs, and which day it is. Nothing here is the product's but the
calendar as data; nights when clocks are set are met by looking at every minute's wall time.
"""

import datetime
import random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

MINUTE = 60_000
RUN_UP = 3 * 24 * 60  # minutes before a stretch, whose shifts reach into it


class Special(NamedTuple):
    """A day that is not like its weekday: its hours in minutes, or none."""

    works: bool
    spans: tuple[tuple[int, int], ...]


class Plan(NamedTuple):
    """Hours of the week from Monday, in minutes of the day, and the days that differ."""

    week: tuple[tuple[tuple[int, int], ...], ...]
    days: dict[datetime.date, Special]

    def spans(self, date: datetime.date) -> tuple[tuple[int, int], ...]:
        """The hours of one date; one that is made up for has those of the first day worked."""
        special = self.days.get(date)
        if special is None:
            return self.week[date.weekday()]
        if not special.works:
            return ()
        return special.spans or next(one for one in self.week if one)


class Stretch:
    """Some weeks, minute by minute, from a moment on (in minutes since 1970)."""

    def __init__(self, plan: Plan, zone: str, first: datetime.date, days: int) -> None:
        tz = ZoneInfo(zone)
        begin = datetime.datetime.combine(first, datetime.time(), datetime.UTC)
        self.first = int(begin.timestamp()) // 60
        self.count = days * 24 * 60
        self.owner: list[int] = []  # the day whose hours a minute belongs to, or 0
        self.today: list[int] = []  # the day on the clock
        self.reached: list[int] = []  # the latest day that was on the clock so far
        latest = datetime.datetime(1, 1, 1)  # noqa: DTZ001 - a wall time
        for minute in range(self.first - RUN_UP, self.first + self.count):
            wall = datetime.datetime.fromtimestamp(minute * 60, tz).replace(tzinfo=None)
            latest = max(latest, wall)
            if minute >= self.first:
                self.owner.append(_owner(plan, latest))
                self.today.append(wall.toordinal())
                self.reached.append(latest.toordinal())

    def at(self, minute: int) -> int:
        """A minute's place in the lists."""
        return minute - self.first


def _owner(plan: Plan, latest: datetime.datetime) -> int:
    """The earliest day whose hours cover what the clock has reached."""
    for back in (1, 0):
        date = latest.date() - datetime.timedelta(days=back)
        midnight = datetime.datetime.combine(date, datetime.time())
        minute = int((latest - midnight).total_seconds()) // 60
        if any(start <= minute < end for start, end in plan.spans(date)):
            return date.toordinal()
    return 0


class Question(NamedTuple):
    """One limit and one story, in whole minutes; `pauses` are (from, to or None)."""

    unit: str
    amount: int
    working: bool
    start: tuple[int, int, int]  # likely, earliest, latest
    stop: tuple[int, int, int] | None
    pauses: tuple[tuple[int, int | None], ...]
    agreed: int | None
    cap: int | None
    now: int


class Answer(NamedTuple):
    """How it stands, and when it is due; None while nobody can know."""

    state: str
    due: int | None


def due(stretch: Stretch, asked: Question, start: int, horizon: int) -> int:
    """The minute at whose beginning all the time is used up."""
    paused = {
        minute
        for begin, end in asked.pauses
        if begin < horizon
        for minute in range(max(begin, start), horizon if end is None else end)
    }
    amount = asked.amount
    if asked.agreed is not None:
        if asked.cap is None:
            return asked.agreed
        amount = asked.cap
    if asked.unit in ("min", "h"):
        budget = amount * (60 if asked.unit == "h" else 1)
    else:
        budget = _budget_of_days(stretch, asked, start, amount)
    minute = start
    while budget > 0:
        if minute not in paused and (not asked.working or stretch.owner[stretch.at(minute)]):
            budget -= 1
        minute += 1
    return minute if asked.agreed is None else min(asked.agreed, minute)


def _budget_of_days(stretch: Stretch, asked: Question, start: int, amount: int) -> int:
    """How many minutes there are until the end of the n-th day after the start's."""
    day = stretch.today[stretch.at(start)]
    minute = start
    if asked.unit == "day":
        while stretch.reached[stretch.at(minute)] <= day + amount:
            minute += 1
        return minute - start
    later = sorted({one for one in stretch.owner[stretch.at(start) :] if one > day})
    last = later[amount - 1]
    end = max(place for place, one in enumerate(stretch.owner) if one == last) + 1
    return sum(1 for one in stretch.owner[stretch.at(start) : end] if one)


def answer(stretch: Stretch, asked: Question) -> Answer:
    """What the documents say of it, read off literally."""
    if asked.start[0] > asked.now:
        return Answer("waiting", None)
    stop = asked.stop if asked.stop is not None and asked.stop[0] <= asked.now else None
    known = tuple(one for one in asked.pauses if one[0] <= asked.now)
    asked = asked._replace(pauses=known)
    horizon = asked.now if stop is None else stop[0]
    dues = [due(stretch, asked, one, horizon) for one in asked.start]
    likely, early, late = dues[0], min(dues), max(dues)
    if stop is not None:
        if stop[2] <= early:
            return Answer("met", likely)
        return Answer("breached" if stop[1] > late else "uncertain", likely)
    if asked.now > late:
        return Answer("breached", likely)
    if asked.now > early:
        return Answer("uncertain", likely)
    standing = [
        end for begin, end in known if begin <= asked.now and (end is None or asked.now < end)
    ]
    if not standing:
        return Answer("running", likely)
    return Answer("paused", None if None in standing else likely)


def some_plan(dice: random.Random, first: datetime.date, days: int) -> Plan:
    """Hours as companies have them: with a break, at night, on Saturdays, with days that differ."""
    usual = dice.choice(
        [
            ((540, 720), (780, 1080)),
            ((480, 1020),),
            ((0, 1440),),
            ((1320, 1800),),
            ((360, 840), (840, 1320)),
            ((90, 150), (600, 905)),
        ]
    )
    saturday = dice.choice([(), (), ((540, 720),)])
    sunday = dice.choice([(), (), (), usual])
    special = {}
    for number in range(days):
        if dice.random() < 0.12:
            works = dice.random() < 0.4
            own = ((600, 960),) if works and dice.random() < 0.3 else ()
            special[first + datetime.timedelta(days=number)] = Special(works, own)
    return Plan((usual,) * 5 + (saturday, sunday), special)


def some_question(dice: random.Random, stretch: Stretch) -> Question:
    """A limit and a story anywhere in the first part of a stretch."""
    unit = dice.choice(["min", "h", "h", "working_day", "day"])
    amount = {"min": dice.randrange(1, 600), "h": dice.randrange(1, 60)}.get(unit)
    amount = amount or dice.randrange(1, 6)
    working = unit == "working_day" or (unit in ("min", "h") and dice.random() < 0.5)
    begin = stretch.first + dice.randrange(24 * 60, stretch.count // 3)
    start = _range(dice, begin, 0.15)
    stop = None
    if dice.random() < 0.5:
        stop = _range(dice, begin + int(dice.expovariate(1 / 4000)), 0.35)
    pauses = []
    for _ in range(dice.choice([0, 0, 1, 1, 2, 3])):
        paused = begin + dice.randrange(-600, 5000)
        length = dice.choice([0, 1, 30, 600, 1440, 4000])
        pauses.append((paused, None if dice.random() < 0.2 else paused + length))
    agreed = begin + dice.randrange(0, 6000) if dice.random() < 0.15 and unit == "h" else None
    cap = None if agreed is None or dice.random() < 0.3 else dice.randrange(1, 80)
    now = begin + dice.randrange(-300, 9000)
    told: Any = (unit, amount, working, start, stop, tuple(pauses), agreed, cap, now)
    return Question(*told)


def _range(dice: random.Random, likely: int, chance: float) -> tuple[int, int, int]:
    if dice.random() >= chance:
        return (likely, likely, likely)
    return (likely, likely - dice.randrange(0, 400), likely + dice.randrange(0, 400))

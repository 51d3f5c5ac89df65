"""When the customer wishes the visit: a day and a window, set by steps that a glove can take."""

from datetime import date, timedelta
from typing import Final, Literal

from msgspec import Struct, structs

from mobile.queries import Sheet
from mobile.texts import Words
from shared.amounts import is_real
from shared.visit import open_visits

Part = Literal["day", "begin", "end"]
STEP: Final = 30  # minutes
LENGTH: Final = 120
HOUR: Final = 60
DAY: Final = 24 * HOUR
EARLIEST: Final = 6 * HOUR
LATEST: Final = 22 * HOUR
MORNING: Final = 9 * HOUR
WALL_CHARS: Final = 16  # of 2026-11-23T09:30


class Wish(Struct, frozen=True, kw_only=True):
    """A day, and from when until when, in minutes after midnight at the site."""

    day: date
    begin: int
    end: int


class WishView(Struct, frozen=True, kw_only=True):
    """The three things that are stepped, and the whole in words."""

    day: str
    begin: str
    end: str
    whole: str


def wish_of(sheet: Sheet, today: date) -> Wish:
    """What is planned for a job, else tomorrow morning."""
    begin, end = sheet.job.planned_from, sheet.job.planned_to
    if begin is None:
        return Wish(day=today + timedelta(days=1), begin=MORNING, end=MORNING + LENGTH)
    start = _minutes(begin)
    until = _minutes(end) if end is not None and end[:10] == begin[:10] else start + LENGTH
    return Wish(day=date.fromisoformat(begin[:10]), begin=start, end=min(until, DAY - 1))


def is_planned_by_office(sheet: Sheet, person: str) -> bool:
    """Whether this person has a planned visit there, which only the office moves."""
    visits = open_visits(sheet.visits, person)
    return any(one.planned_from is not None for one in visits)


def stepped(wish: Wish, part: Part, by: int, today: date) -> Wish:
    """A wish one step on or back: never in the past, never ending before it begins."""
    if part == "day":
        return structs.replace(wish, day=max(today, wish.day + timedelta(days=by)))
    if part == "begin":
        length = wish.end - wish.begin
        begin = _within(wish.begin + by * STEP, LATEST - STEP)
        return structs.replace(wish, begin=begin, end=min(LATEST, begin + length))
    return structs.replace(wish, end=max(wish.begin + STEP, _within(wish.end + by * STEP, LATEST)))


def kept(wish: Wish) -> str:
    """A wish as it is kept while it is made."""
    return "/".join(walls(wish))


def restored(text: str | None) -> Wish | None:
    """What `kept` made, or None where it is something else."""
    begin, _, end = (text or "").partition("/")
    if not (len(begin) == len(end) == WALL_CHARS and is_real(begin) and is_real(end)):
        return None
    return Wish(day=date.fromisoformat(begin[:10]), begin=_minutes(begin), end=_minutes(end))


def walls(wish: Wish) -> tuple[str, str]:
    """From when until when, as wall times."""
    return (f"{wish.day}T{_clock(wish.begin)}", f"{wish.day}T{_clock(wish.end)}")


def wish_view(wish: Wish, words: Words, today: date) -> WishView:
    """A wish in words."""
    day = words.near_day(wish.day, today)
    return WishView(
        day=day,
        begin=_clock(wish.begin),
        end=_clock(wish.end),
        whole=words(
            "kit.dates", "day_time", day=words.day(wish.day, today), time=_span(wish, words)
        ),
    )


def _span(wish: Wish, words: Words) -> str:
    return words.span(*walls(wish))


def _minutes(wall: str) -> int:
    return int(wall[11:13]) * HOUR + int(wall[14:16])


def _clock(minutes: int) -> str:
    return f"{minutes // HOUR:02d}:{minutes % HOUR:02d}"


def _within(minutes: int, most: int) -> int:
    """On a step, between the first and the last hour that people come."""
    return max(EARLIEST, min(minutes - minutes % STEP, most))

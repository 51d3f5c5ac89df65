"""The day board's geometry: visits as bars in quarter hours, what overlaps, and who is free."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from shared.clock import zone_of

QUARTER: Final = 15  # minutes
QUARTERS: Final = 48  # how many are shown
HOUR: Final = 60
DAY: Final = 24 * HOUR
STARTS: Final = (0, 4, 8, 12)  # the hours a board may begin with
WORKDAY: Final = (8 * HOUR, 18 * HOUR)  # between these a gap counts as free
FREE_FROM: Final = 30  # shorter gaps are of no use to anybody

Item = Mapping[str, Any]


class Bar(Struct, frozen=True, kw_only=True):
    """One visit on the board. `start` and `end` are minutes after midnight where the site is.

    `x` and `w` are quarter hours from the board's left edge, None where it lies outside. `holding`
    are the ids of those who have the job, with commas between. `planned` are the minutes it was
    planned for, whatever it took: what a day's load is counted in, here and on the start page.
    """

    visit: str
    order: str
    number: str
    title: str
    person: str
    state: str
    start: int
    end: int
    x: int | None
    w: int
    customer: str = ""
    zone: str = ""
    priority: str = "normal"
    can_move: bool = False
    holding: str = ""
    planned: int = HOUR
    clashes: bool = False
    version: int = 0


class Lane(Struct, frozen=True, kw_only=True):
    """One technician's day: bars by time, the quarters where two overlap, and the hours planned."""

    person: Item
    bars: tuple[Bar, ...]
    clashes: tuple[tuple[int, int], ...]
    minutes: int


def bar(visit: Item, first_hour: int, now_ms: int) -> Bar:
    """A visit as it lies on a board that begins with this hour."""
    state = state_of(visit, now_ms)
    start, end = span(visit, now_ms)
    x, w = placed(start, end, first_hour)
    return Bar(
        visit=visit["id"],
        order=visit["order"],
        number=visit["number"] or "",
        title=visit["summary"],
        person=visit["person_id"],
        state=state,
        start=start,
        end=end,
        x=x,
        w=w,
        customer=visit["customer"],
        zone=visit["zone"],
        priority=visit["priority"],
        can_move=state in ("planned", "late"),
        holding=visit.get("holding", visit["person_id"]),
        planned=_length(visit),
        version=visit["version"],
    )


def state_of(visit: Item, now_ms: int) -> str:
    """How far a visit is: planned, late, travel, now, done, or ended without being done."""
    if visit["ended_at"] is not None:
        return "done" if visit["outcome"] == "done" else "ended"
    mine = attendance(visit)
    if mine.get("arrived_at"):
        return "now"
    if mine.get("departed_at"):
        return "travel"
    now = wall(now_ms, visit["time_zone"])
    return "late" if (visit["planned_to"] or visit["planned_from"]) < now else "planned"


def span(visit: Item, now_ms: int) -> tuple[int, int]:
    """From when to when a visit lasts: as it was, as far as it is known, else as planned."""
    day = visit["planned_from"][:10]
    start = minute(visit["planned_from"], day)
    end = minute(visit["planned_to"], day) if visit["planned_to"] else start + HOUR
    arrived = attendance(visit).get("arrived_at")
    if arrived is None:
        return (start, max(end, start + QUARTER))
    zone, length = visit["time_zone"], end - start
    was = minute(wall(arrived, zone), day)
    if visit["ended_at"] is not None:
        return (was, max(minute(wall(visit["ended_at"], zone), day), was + QUARTER))
    return (was, max(was + length, minute(wall(now_ms, zone), day), was + QUARTER))


def _length(visit: Item) -> int:
    """For how many minutes a visit is planned."""
    start, end = visit["planned_from"], visit["planned_to"]
    return minute(end, start[:10]) - minute(start, start[:10]) if end else HOUR


def attendance(visit: Item) -> Item:
    """What is known of the going there of the person a visit is planned for."""
    for one in visit["attendance"]:
        if one["person_id"] == visit["person_id"]:
            return dict(one)
    return {}


def placed(start: int, end: int, first_hour: int) -> tuple[int | None, int]:
    """Where a span lies, to the next quarter hour from the left edge, cut off at both edges."""
    left, right = start - first_hour * HOUR, end - first_hour * HOUR
    if right <= 0 or left >= QUARTERS * QUARTER:
        return None, 0
    x = _nearest(max(left, 0))
    return min(x, QUARTERS - 1), max(_nearest(min(right, QUARTERS * QUARTER)) - x, 1)


def _nearest(minutes: int) -> int:
    """The quarter hour next to a minute, so that what follows on lies beside what went before."""
    return (minutes + QUARTER // 2) // QUARTER


def lanes(people: Sequence[Item], bars: Iterable[Bar], first_hour: int) -> list[Lane]:
    """A lane per person, in their order; bars of nobody there are left out."""
    theirs: dict[str, list[Bar]] = {person["id"]: [] for person in people}
    for one in bars:
        if one.person in theirs:
            theirs[one.person].append(one)
    return [_lane(person, theirs[person["id"]], first_hour) for person in people]


def _lane(person: Item, bars: list[Bar], first_hour: int) -> Lane:
    bars.sort(key=lambda one: (one.start, one.visit))
    marked: set[str] = set()
    zones: list[tuple[int, int]] = []
    for place, one in enumerate(bars):
        for other in bars[place + 1 :]:
            if other.start >= one.end:
                break
            if not {one.state, other.state} & {"done", "ended"}:
                marked |= {one.visit, other.visit}
                x, w = placed(other.start, min(one.end, other.end), first_hour)
                zones += [] if x is None else [(x, w)]
    return Lane(
        person=person,
        bars=tuple(_marked(one, one.visit in marked) for one in bars),
        clashes=tuple(zones),
        minutes=sum(one.planned for one in bars),
    )


def _marked(one: Bar, clashes: bool) -> Bar:  # noqa: FBT001  a fact about the bar
    return structs.replace(one, clashes=clashes)


def free(bars: Sequence[Bar], since: int) -> list[tuple[int, int]]:
    """The gaps of a working day from a minute on that are long enough to be of use."""
    gaps: list[tuple[int, int]] = []
    at = max(since, WORKDAY[0])
    for one in sorted(bars, key=lambda one: one.start):
        if one.start - at >= FREE_FROM:
            gaps.append((at, min(one.start, WORKDAY[1])))
        at = max(at, one.end)
    if WORKDAY[1] - at >= FREE_FROM:
        gaps.append((at, WORKDAY[1]))
    return [gap for gap in gaps if gap[1] - gap[0] >= FREE_FROM]


def overlapping(bars: Iterable[Bar], start: int, end: int, *, but: str = "") -> list[Bar]:
    """The bars of a day that a span would lie over, those that are over left out."""
    return [
        one
        for one in bars
        if one.visit != but
        and one.state not in ("done", "ended")
        and one.start < end
        and one.end > start
    ]


def wall(at_ms: int, zone: str) -> str:
    """The wall time of a moment in a zone, as `2026-11-23T09:30`; UTC where there is no such."""
    moment = datetime.datetime.fromtimestamp(at_ms / 1000, zone_of(zone) or datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M")


def minute(local: str, day: str) -> int:
    """Minutes from the midnight that begins a day to a wall time, on other days beyond it."""
    moment = datetime.datetime.fromisoformat(local)
    midnight = datetime.datetime.fromisoformat(day)
    return int((moment - midnight).total_seconds() // 60)


def clock(minutes: int) -> str:
    """Minutes after midnight as `09:30`; what lies on another day by its own clock."""
    of_day = minutes % DAY
    return f"{of_day // HOUR:02d}:{of_day % HOUR:02d}"


def local(day: str, minutes: int) -> str:
    """A wall time so many minutes after the midnight that begins a day."""
    moment = datetime.datetime.fromisoformat(day) + datetime.timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%dT%H:%M")

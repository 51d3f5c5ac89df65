"""Working calendars: which hours of which days are worked, with holidays and make-up days."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from shared.amounts import LocalDate, OptionalLine
from shared.ids import derive
from shared.records import Record

Clock24 = Annotated[
    str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)", description="08:30")
]
Origin = Literal["statutory", "import", "hand"]
OptionalZone = Annotated[str, Meta(pattern=r"^([A-Za-z_]+(/[A-Za-z0-9_+\-]+)*)?$(?!\n)")]
Country = Annotated[str, Meta(pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$(?!\n)")]
DAYS_MAX: Final = 1500
SPANS_MAX: Final = 6
WEEK: Final = 7
DAY_MINUTES: Final = 24 * 60
Minutes = tuple[int, int]
COMPANY: Final = derive("calendar", "")  # the id of the company's own; a team's has the team's


class Span(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Hours that are worked, by the local clock; one that ends before it starts ends next day."""

    start: Clock24
    end: Clock24


Spans = Annotated[tuple[Span, ...], Meta(max_length=SPANS_MAX)]


class Day(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A day that is not like its weekday: a holiday, or one that is worked to make up for it.

    `spans` are its hours where it is worked; the usual ones where none are told. `provisional`
    means that the authorities have not said the last word on that year.
    """

    date: LocalDate
    works: bool
    name: OptionalLine = ""
    spans: Spans = ()
    origin: Origin = "hand"
    provisional: bool = False


class WorkingCalendar(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The hours of the company, or of one team that keeps its own (`team` is its id).

    `week` begins on Monday. Hours are those of `time_zone`, or by the clock at the site that is
    served where it is empty. `country` says whose statutory holidays are among `days`, and
    `open_years` the years for which they are not all known yet.
    """

    home = ("catalog", "")

    team: OptionalLine = ""
    time_zone: OptionalZone = ""
    week: Annotated[tuple[Spans, ...], Meta(min_length=WEEK, max_length=WEEK)]
    days: Annotated[tuple[Day, ...], Meta(max_length=DAYS_MAX)] = ()
    country: Country = ""
    open_years: tuple[int, ...] = ()


def minutes(span: Span) -> Minutes:
    """From and to which minute of its day hours go; beyond the day's end if they are a night's."""
    start, end = (int(told[:2]) * 60 + int(told[3:]) for told in (span.start, span.end))
    return start, end if end > start else end + DAY_MINUTES


def overlapping(spans: Iterable[Span]) -> bool:
    """Whether two of the hours of one day have a minute in common, or one begins after its end."""
    told = sorted(minutes(one) for one in spans)
    late = any(start >= DAY_MINUTES for start, _ in told)
    return late or any(one[1] > other[0] for one, other in pairwise(told))


def calendar_id(team: str) -> str:
    """The id of a team's calendar, which is the team's; the company's own where there is none."""
    return team or COMPANY


def calendar_of(calendars: Iterable[WorkingCalendar], team: str = "") -> WorkingCalendar | None:
    """The calendar a team (by its id) works by: its own, or else the company's."""
    known = {one.id: one for one in calendars}
    return known.get(calendar_id(team)) or known.get(COMPANY)


OFFICE_HOURS: Final = (Span("09:00", "12:00"), Span("13:00", "18:00"))
# What counts where nobody has said anything: five days a week, no holidays.
PLAIN: Final = WorkingCalendar(id=COMPANY, week=(*(OFFICE_HOURS,) * 5, (), ()))
RANK: Final[dict[Origin, int]] = {"statutory": 0, "import": 1, "hand": 2}


def overlaid(*lists: Iterable[Day]) -> tuple[Day, ...]:
    """Days by date: what a person said stands above what was imported, and that above the law."""
    kept: dict[str, Day] = {}
    for day in (day for days in lists for day in days):
        before = kept.get(day.date)
        if before is None or RANK[day.origin] >= RANK[before.origin]:
            kept[day.date] = day
    return tuple(kept[date] for date in sorted(kept))

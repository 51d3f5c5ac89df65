"""The almanac: statutory holidays of a country with their make-up days, and days of an iCal file.

What is here only proposes days; somebody, or the server at its first start, sets the calendar.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import holidays
import icalendar
from dateutil.rrule import rrulestr
from msgspec import Struct

from shared.amounts import LINE_CHARS_MAX, tidy, without_control_characters
from shared.calendars import DAYS_MAX, Day
from shared.errors import Refused, refuse_value

FILE_BYTES_MAX: Final = 1_000_000
TIMES_MAX: Final = 2_000  # that an event has come until the years that are asked for
EVENT_DAYS_MAX: Final = 60  # an event that lasts longer is no holiday
# Countries that move working days to weekends: until the notice is out, a year has none of them.
MOVING: Final = frozenset({"CN"})
MAKE_UP: Final = {"en": "Make-up working day", "zh": "调休上班"}
LANGUAGES: Final = {"en": "en_US", "zh": "zh_CN"}
RULE_PARTS: Final = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"}
)
WORK_DAYS: Final = ("ALTERNATE-WORKDAY", "WORKDAY")  # how iCal files mark a day that is worked
WORK_WORDS: Final = ("班", "make-up", "makeup", "working day", "workday")


class Statutory(Struct, frozen=True, kw_only=True):
    """The days a country has by law, and the years for which not all of them are known."""

    days: tuple[Day, ...] = ()
    open_years: tuple[int, ...] = ()


def countries() -> tuple[str, ...]:
    """The countries whose holidays are known here."""
    return tuple(sorted(one for one in holidays.list_supported_countries() if len(one) == 2))


def statutory(country: str, years: Sequence[int], language: str) -> Statutory:
    """The days of these years, with names in a language where the country has them in it."""
    code, _, part = country.partition("-")
    if code not in countries():
        return Statutory()
    known = holidays.list_localized_countries().get(code, [])
    spoken = LANGUAGES[language] if LANGUAGES[language] in known else None
    days: list[Day] = []
    open_years: list[int] = []
    for year in years:
        found = holidays.country_holidays(
            code, subdiv=part or None, years=year, language=spoken, expand=False
        )
        worked = sorted(one for one in getattr(found, "weekend_workdays", ()) if one.year == year)
        is_open = code in MOVING and not worked
        if is_open:
            open_years.append(year)
        days += [_day(date, found[date], provisional=is_open) for date in sorted(found)]
        days += [_day(date, MAKE_UP[language], works=True) for date in worked]
    return Statutory(days=tuple(sorted(days, key=lambda one: one.date)), open_years=(*open_years,))


def _day(date: datetime.date, name: str, *, works: bool = False, provisional: bool = False) -> Day:
    return Day(
        date=date.isoformat(),
        works=works,
        name=_short(name),
        origin="statutory",
        provisional=provisional,
    )


def _short(name: str) -> str:
    return tidy(without_control_characters(name).replace("\n", " "))[:LINE_CHARS_MAX]


def read_ical(data: bytes, years: Iterable[int]) -> tuple[Day, ...] | Refused:
    """The days of these years that an iCalendar file (RFC 5545) has: holidays, and worked days.

    An event is a worked day where it is marked or named as one, and a holiday else.
    """
    if len(data) > FILE_BYTES_MAX:
        return refuse_value("too_large", "file")
    try:
        calendar = icalendar.Calendar.from_ical(data)
        found = [
            (date, event)
            for event in calendar.walk("VEVENT")
            for date in islice(_dates(event, frozenset(years)), DAYS_MAX + 1)
        ]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as wrong:
        return refuse_value("not_a_calendar", "file", reason=str(wrong)[:LINE_CHARS_MAX])
    if len(found) > DAYS_MAX:
        return refuse_value("too_many", "file")
    days = {
        (date, works): Day(
            date=date.isoformat(), works=works, name=_short(_name(event)), origin="import"
        )
        for date, event in found
        for works in (_is_worked(event),)
    }
    # A day that is both a festival and marked as worked is worked.
    told = {date: days[date, works] for date, works in sorted(days)}
    return tuple(told[date] for date in sorted(told))


def _dates(event: Any, years: frozenset[int]) -> Iterator[datetime.date]:
    """The days of the asked years that an event covers, also where it comes again."""
    start = _date(event["DTSTART"].dt)
    end = _date(event["DTEND"].dt) if "DTEND" in event else start + datetime.timedelta(days=1)
    length = min(max((end - start).days, 1), EVENT_DAYS_MAX)
    for first in _occurrences(event, start, years):
        for number in range(length):
            date = first + datetime.timedelta(days=number)
            if date.year in years:
                yield date


def _occurrences(
    event: Any, start: datetime.date, years: frozenset[int]
) -> Iterator[datetime.date]:
    if "RRULE" not in event:
        yield start
        return
    rule = dict(event["RRULE"])
    until = rule.pop("UNTIL", [datetime.date.max])[0]
    if rule.get("FREQ") != ["YEARLY"] or not rule.keys() <= RULE_PARTS:
        raise ValueError("RRULE")
    last = min(_date(until), datetime.date(max(years, default=start.year), 12, 31))
    noon = datetime.datetime.combine(start, datetime.time(12))
    text: bytes = icalendar.vRecur(rule).to_ical()  # type: ignore[no-untyped-call]
    for count, one in enumerate(rrulestr(text.decode(), dtstart=noon)):
        if one.date() > last:
            return
        if count == TIMES_MAX:
            raise ValueError("RRULE")
        yield one.date()


def _date(moment: datetime.date) -> datetime.date:
    return moment.date() if isinstance(moment, datetime.datetime) else moment


def _name(event: Any) -> str:
    return str(event.get("SUMMARY", ""))


def _is_worked(event: Any) -> bool:
    marked = str(event.get("X-APPLE-SPECIAL-DAY", event.get("CATEGORIES", ""))).upper()
    name = _name(event).lower()
    return marked in WORK_DAYS or any(word in name for word in WORK_WORDS)

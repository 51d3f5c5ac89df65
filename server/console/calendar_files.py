"""Calendar files: days off and make-up days out of a table or an iCalendar, bad lines by name."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from server import almanac
from shared.amounts import has_control_characters, is_real
from shared.calendars import SPANS_MAX, Day, Span, overlapping
from shared.errors import Refused
from shared.typed import plain

DAYS_MAX: Final = 400  # that one file may say
NAME_CHARS_MAX: Final = 200
SHOWN_CHARS: Final = 60
OFF: Final = frozenset({"off", "holiday", "no", "0", "休", "休息", "放假", "假期"})
WORKS: Final = frozenset({"work", "working", "yes", "1", "班", "上班", "补班", "调休上班"})
HEADS: Final = frozenset({"date", "日期", "day"})
SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–~至]\s*(\d{1,2}):(\d{2})")
SEPARATED: Final = re.compile(r"[,;，；、]")
ICS: Final = "BEGIN:VCALENDAR"
ALONE: Final = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-\r\n{}\r\nEND:VCALENDAR\r\n"
DIGITS: Final = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")


class Fault(Struct, frozen=True, kw_only=True):
    """A line that says no day: its number, how it begins, and what is wrong with it."""

    line: int
    text: str
    code: str


class Said(Struct, frozen=True, kw_only=True):
    """What a file says: its days, and its lines that say none."""

    days: tuple[Day, ...] = ()
    faults: tuple[Fault, ...] = ()


class Unfit(Exception):
    """Why a line says no day."""


def read(text: str, years: Iterable[int]) -> Said:
    """The days of a file: an iCalendar by its first line, anything else as a table.

    Of an iCalendar, which may go on for ever, those of some years.
    """
    told = text.lstrip("\ufeff \r\n\t")
    found = _entries(told, years) if told.upper().startswith(ICS) else _rows(told)
    days: dict[str, Day] = {}
    faults: list[Fault] = []
    for line, shown, said in found:
        if isinstance(said, str):
            faults.append(Fault(line=line, text=shown[:SHOWN_CHARS], code=said))
            continue
        for day in said:
            if day.date in days:
                faults.append(Fault(line=line, text=shown[:SHOWN_CHARS], code="twice"))
            elif len(days) == DAYS_MAX:
                faults.append(Fault(line=line, text=shown[:SHOWN_CHARS], code="too_many"))
            else:
                days[day.date] = day
    return Said(days=tuple(days[date] for date in sorted(days)), faults=tuple(faults))


Entry = tuple[int, str, tuple[Day, ...] | str]


def _rows(text: str) -> Iterator[Entry]:
    """The lines of a table: date, off or working, name, hours; a comma or a tab between."""
    lines = text.splitlines()
    first = lines[0] if lines else ""
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        for cells in reader:
            told = [plain(cell) for cell in cells]
            if not any(told) or told[0].lower() in HEADS or told[0].startswith("#"):
                continue
            shown = separator.join(cells)
            try:
                yield reader.line_num, shown, (_row(told),)
            except Unfit as unfit:
                yield reader.line_num, shown, str(unfit)
    except csv.Error:
        yield reader.line_num, "", "no_table"


def _row(cells: list[str]) -> Day:
    date, kind, name, hours = (*cells, "", "", "", "")[:4]
    day = day_of(date)
    if day is None:
        raise Unfit("no_date")
    word = kind.lower()
    if word not in OFF | WORKS:
        raise Unfit("no_kind")
    spans = spans_of(hours)
    if spans is None or (spans and word in OFF):
        raise Unfit("no_hours")
    return _day(day, name, works=word in WORKS, spans=spans)


def day_of(text: str) -> str | None:
    """A day as people write it, as `2026-10-01`; None for what is none."""
    found = DIGITS.fullmatch(text)
    if found is None:
        return None
    day = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
    return day if is_real(day) else None


def spans_of(text: str) -> tuple[Span, ...] | None:
    """Hours as people write them: `09:00-12:00, 13:00-18:00`; None for what is none."""
    found = []
    for piece in SEPARATED.split(plain(text)):
        told = piece.strip()
        if not told:
            continue
        match = SPAN.fullmatch(told)
        if match is None:
            return None
        start, end = (f"{int(match[one]):02}:{match[one + 1]}" for one in (1, 3))
        if not (start < "24:00" and end <= "24:00" and max(match[2], match[4]) < "60"):
            return None
        found.append(Span(start, end))
    fits = len(found) <= SPANS_MAX and not overlapping(found)
    return tuple(found) if fits else None


def _day(day: str, name: str, *, works: bool, spans: tuple[Span, ...] = ()) -> Day:
    if has_control_characters(name) or len(name) > NAME_CHARS_MAX:
        raise Unfit("no_name")
    return Day(date=day, works=works, name=name, spans=spans, origin="import")


def _entries(text: str, years: Iterable[int]) -> Iterator[Entry]:
    """The events of an iCalendar, each read for itself, so that a bad one stops only itself."""
    begun, lines = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        told = line.strip().upper()
        if told == "BEGIN:VEVENT":
            begun, lines = number, []
        if begun:
            lines.append(line)
        if begun and told == "END:VEVENT":
            found = almanac.read_ical(ALONE.format("\r\n".join(lines)).encode(), years)
            shown = next((one for one in lines if one.upper().startswith("SUMMARY")), lines[1])
            yield begun, shown, "no_event" if isinstance(found, Refused) else found
            begun = 0
    if begun:
        yield begun, lines[0], "no_event"

"""The words of the screens: the texts of one language, with its dates, times and numbers."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

from shared.amounts import is_provisional
from shared.errors import Refused
from shared.texts import Catalogue, Language, explain, has_text, parse, say

ASSETS: Final = Path(__file__).resolve().parents[1] / "assets"
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
MEGABYTE: Final = 1_000_000
GIGABYTE: Final = 1_000_000_000
DATE_CHARS: Final = 10  # of 2026-11-23T09:30
TOO_LONG: Final = "too_long"  # the code of a refusal that only a screen gives
RELATIVE_DAYS: Final = {-1: "yesterday", 0: "today", 1: "tomorrow"}


@lru_cache(maxsize=4)
def catalogue(language: Language, assets: Path = ASSETS) -> Catalogue:
    """Every text of a language."""
    files = sorted((assets / "texts" / language).glob("*.toml"))
    return parse(*(path.read_text(encoding="utf-8") for path in files))


class Called(Protocol):
    """Something with a number, or with one that a phone gave it."""

    @property
    def number(self) -> str | None:
        """The office's."""

    @property
    def provisional(self) -> str | None:
        """The phone's."""


class Words:
    """What a screen says, in one language; `zone` is where the phone is (None: as it is set).

    A wall time is a text such as `2026-11-23T09:30`, at the site; a moment is a number of
    milliseconds since 1970, which the phone's own zone turns into a wall time.
    """

    def __init__(
        self, language: Language, texts: Catalogue | None = None, zone: tzinfo | None = None
    ) -> None:
        self.language = language
        self.catalogue = texts if texts is not None else catalogue(language)
        self._zone = zone

    def __call__(
        self, group: str, code: str, *, count: int | None = None, **params: str | int | None
    ) -> str:
        """The text of a code; the code itself where there is none."""
        return say(self.catalogue, group, code, params, count=count)

    def has(self, group: str, code: str) -> bool:
        """Whether there is a text for a code."""
        return has_text(self.catalogue, group, code)

    def explain(self, refused: Refused) -> str:
        """Why something was not done, and what to do."""
        if refused.code == TOO_LONG:
            return say(self.catalogue, "kit.field", TOO_LONG, refused.params)
        return explain(self.catalogue, refused)

    def join(self, *parts: str | None) -> str:
        """What there is of some parts, with a dot between them."""
        return " · ".join(part for part in parts if part)

    def called(self, job: "Called") -> str:
        """How a job is called: by its number; by that of a phone, which says so, until it has one.

        One that was begun by an app that gave none is called a new job.
        """
        return self.numbered(job.number or job.provisional or "") or self("job", "unnumbered")

    def numbered(self, number: str) -> str:
        """A job's number; one that is not the office's says so."""
        return self("numbers", "provisional", number=number) if is_provisional(number) else number

    def local(self, moment: int) -> datetime:
        """A moment as a wall time on this phone."""
        return datetime.fromtimestamp(moment / 1000, UTC).astimezone(self._zone)

    def wall(self, moment: int) -> str:
        """A moment as a wall time's text."""
        return self.local(moment).strftime("%Y-%m-%dT%H:%M")

    def day(self, when: date | str, today: date | None = None) -> str:
        """A day: `Mon, 23 Nov`, `11月23日 周一`; with its year where that is not this year's."""
        on = _date(when)
        if today is not None and on.year != today.year:
            return self._worded("day_of_year", on)
        return self._worded("day", on)

    def short_day(self, when: date | str) -> str:
        """A day without its weekday: `23 Nov`, `11月23日`."""
        return self._worded("short", _date(when))

    def near_day(self, when: date | str, today: date) -> str:
        """A day, in one word where it is near."""
        on = _date(when)
        near = RELATIVE_DAYS.get((on - today).days)
        return self("kit.dates", near) if near is not None else self.day(on, today)

    def weekday(self, when: date | str, *, short: bool = False) -> str:
        """The name of a day of the week; short: in one or two letters."""
        group = "kit.weekday_letters" if short else "kit.weekdays"
        return self(group, WEEKDAYS[_date(when).weekday()])

    def month(self, when: date | str) -> str:
        """The name of a month."""
        return self("kit.months", f"m{_date(when).month}")

    def time(self, when: str | int) -> str:
        """The hour and minute of a wall time, or of a moment."""
        text = self.wall(when) if isinstance(when, int) else when
        return text[DATE_CHARS + 1 : DATE_CHARS + 6]

    def span(self, begin: str | None, end: str | None) -> str:
        """From one wall time to another on the same day: `09:30–11:00`; empty for none."""
        if begin is None:
            return ""
        if end is None:
            return self.time(begin)
        if begin[:DATE_CHARS] != end[:DATE_CHARS]:
            first, last = self.short_day(begin), self.short_day(end)
            return self("kit.dates", "span_days", begin=first, end=last)
        return self("kit.dates", "span", begin=self.time(begin), end=self.time(end))

    def moment(self, when: int, now: int) -> str:
        """A moment with its day, in words where that is near: `Yesterday, 14:02`."""
        day = self.near_day(self.local(when).date(), self.local(now).date())
        return self("kit.dates", "day_time", day=day, time=self.time(when))

    def ago(self, when: int, now: int) -> str:
        """How long ago a moment was; its day and time where that is more than a few hours."""
        gone = now - when
        if gone < MINUTE_MS:
            return self("kit.dates", "just_now")
        if gone < HOUR_MS:
            return self("kit.dates", "minutes_ago", count=gone // MINUTE_MS)
        if gone < 6 * HOUR_MS:
            return self("kit.dates", "hours_ago", count=gone // HOUR_MS)
        return self.moment(when, now)

    def duration(self, length_ms: int) -> str:
        """A length of time: `40 s`, `26 min`, `1 h 12 min`, `3 days`."""
        length = abs(length_ms)
        if length < MINUTE_MS:
            return self("kit.durations", "seconds", seconds=length // 1000)
        if length >= 2 * DAY_MS:
            return self("kit.durations", "days", count=length // DAY_MS)
        hours, minutes = length // HOUR_MS, length % HOUR_MS // MINUTE_MS
        if not hours:
            return self("kit.durations", "minutes", minutes=minutes)
        code = "hours_minutes" if minutes else "hours"
        return self("kit.durations", code, hours=hours, minutes=minutes)

    def size(self, count: int) -> str:
        """So many bytes: `640 kB`, `12.5 MB`, `3.2 GB`."""
        if count >= GIGABYTE:
            return f"{count / GIGABYTE:.1f} GB"
        if count >= MEGABYTE:
            return f"{count / MEGABYTE:.1f} MB"
        return f"{-(-count // 1000)} kB"

    def today(self, now: int) -> date:
        """Which day it is here."""
        return self.local(now).date()

    def week(self, day: date) -> tuple[date, ...]:
        """The seven days of this day's week, from Monday."""
        monday = day - timedelta(days=day.weekday())
        return tuple(monday + timedelta(days=after) for after in range(len(WEEKDAYS)))

    def _worded(self, code: str, on: date) -> str:
        return self(
            "kit.dates",
            code,
            weekday=self.weekday(on),
            day=on.day,
            month=self.month(on),
            year=on.year,
        )


def _date(when: date | str) -> date:
    return date.fromisoformat(when[:DATE_CHARS]) if isinstance(when, str) else when

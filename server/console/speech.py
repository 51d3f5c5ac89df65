"""How a page speaks: texts, times and numbers in the reader's language and the right zone."""

import re
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from shared.clock import zone_of
from shared.errors import Refused
from shared.texts import Catalogue, Language, explain, has_text, say

MINUTE_MS: Final = 60_000
LAST_MS: Final = 253_402_128_000_000  # the eve of the year 10000; a phone may say any time
HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 24 * 60
NOTHING: Final = "–"
SIZES: Final = ("B", "kB", "MB", "GB", "TB")
SIZE_STEP: Final = 1000
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


class Speech(Struct, frozen=True, kw_only=True):
    """One reader's language, at one moment (ms), in the organisation's zone."""

    catalogue: Catalogue
    language: Language
    zone: ZoneInfo
    now_ms: int

    def text(self, group: str, code: str, /, count: int | None = None, **params: Any) -> str:
        """The text of a code, its placeholders filled."""
        return say(self.catalogue, group, code, params, count=count)

    def knows(self, group: str, code: str) -> bool:
        """Whether there is such a text."""
        return has_text(self.catalogue, group, code)

    def why(self, code: str, detail: dict[str, Any] | None = None) -> str:
        """Why something was refused. `detail` is that of a result: field, params."""
        told = detail or {}
        field, params = told.get("field"), told.get("params", {})
        return explain(
            self.catalogue, Refused(code=code, grounds="value", field=field, params=params)
        )

    def moment(self, at_ms: int, zone: str | None = None) -> datetime:
        """A moment on the wall clock of a place; what no calendar has is its first or last day.

        Where nobody knows the zone it is the organisation's: one misspelt site stops no page.
        """
        place = (zone_of(zone) if zone else None) or self.zone
        return datetime.fromtimestamp(min(max(at_ms, 0), LAST_MS) / 1000, place)

    def time(self, at_ms: int | None, zone: str | None = None) -> str:
        """14:07"""
        return NOTHING if at_ms is None else f"{self.moment(at_ms, zone):%H:%M}"

    def day(self, at: int | date | None, zone: str | None = None) -> str:
        """Mon 23 Nov, 11月23日 周一; with the year where it is not this one."""
        if at is None:
            return NOTHING
        day = self.moment(at, zone).date() if isinstance(at, int) else at
        this_year = self.moment(self.now_ms, zone).year
        return self.text(
            "dates",
            "day" if day.year == this_year else "day_of_year",
            year=day.year,
            month=self.text("dates.months", str(day.month)),
            day=day.day,
            weekday=self.text("dates.weekdays", str(day.isoweekday())),
        )

    def when(self, at_ms: int | None, zone: str | None = None) -> str:
        """The time today; otherwise the day, too."""
        if at_ms is None:
            return NOTHING
        today = self.moment(self.now_ms, zone).date()
        day = self.moment(at_ms, zone).date()
        time = self.time(at_ms, zone)
        if day == today:
            return time
        if day == today - timedelta(days=1):
            return self.text("dates", "yesterday", time=time)
        return self.text("dates", "day_and_time", day=self.day(day), time=time)

    def second(self, at_ms: int | None, zone: str | None = None) -> str:
        """2026-11-23 14:07:05, for what has to be exact."""
        return NOTHING if at_ms is None else f"{self.moment(at_ms, zone):%Y-%m-%d %H:%M:%S}"

    def span(self, ms: int | None) -> str:
        """How long: 4 h 55 min, 38 min, 3 days."""
        if ms is None:
            return NOTHING
        minutes = abs(ms) // MINUTE_MS
        if minutes < 1:
            return self.text("dates", "seconds", count=abs(ms) // 1000)
        if minutes < HOUR_MINUTES:
            return self.text("dates", "minutes", count=minutes)
        if minutes < DAY_MINUTES:
            hours, rest = divmod(minutes, HOUR_MINUTES)
            code = "hours_minutes" if rest else "hours"
            return self.text("dates", code, count=hours, minutes=rest)
        return self.text("dates", "days", count=minutes // DAY_MINUTES)

    def ago(self, at_ms: int | None) -> str:
        """How long ago."""
        if at_ms is None:
            return NOTHING
        past = self.now_ms - at_ms
        if past < MINUTE_MS:
            return self.text("dates", "just_now")
        return self.text("dates", "ago", span=self.span(past))

    def skill(self, code: str) -> str:
        """A skill as people call it; one that the house has named itself stays as it is."""
        return self.text("skills", code) if self.knows("skills", code) else code

    def number(self, value: float | None) -> str:
        """12,345"""
        return NOTHING if value is None else f"{value:,}"

    def size(self, count: int | None) -> str:
        """3.1 GB, of so many bytes."""
        if count is None:
            return NOTHING
        step, left = 0, float(count)
        while left >= SIZE_STEP and step < len(SIZES) - 1:
            step, left = step + 1, left / SIZE_STEP
        return f"{left:.0f} {SIZES[step]}" if step < 2 else f"{left:.1f} {SIZES[step]}"


def initials(name: str | None) -> str:
    """What stands in somebody's circle, in the script of the name: ZL, 朱."""
    words = (name or "").split()
    if not words:
        return "?"
    if _HAN.match(words[0]):
        return words[0][0]
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper()

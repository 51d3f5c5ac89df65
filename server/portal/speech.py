"""Speech: the portal's texts and times, in the reader's language and the place's zone."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import Struct

from server.office import AnyRequest, Office
from shared.clock import zone_of
from shared.texts import LANGUAGES, Catalogue, Language, has_text, say

MS = 1000
DAY_CHARS = 10  # of 2026-11-23T09:30


class Speech(Struct, frozen=True, kw_only=True):
    """The reader's language."""

    catalogue: Catalogue
    language: Language

    def text(self, group: str, code: str, **params: Any) -> str:
        """The text of a code."""
        return say(self.catalogue, group, code, params)

    def text_or_none(self, group: str, code: str, **params: Any) -> str:
        """The text of a code; empty where there is none."""
        return self.text(group, code, **params) if has_text(self.catalogue, group, code) else ""

    @property
    def other(self) -> Language:
        """The language that is offered instead."""
        return next(one for one in LANGUAGES if one != self.language)


class Here(Struct, frozen=True, kw_only=True):
    """A place and a moment (ms) there, from which days are named."""

    zone: str
    now: int

    def local(self, at: int) -> datetime:
        """A moment as the clock there shows it."""
        return datetime.fromtimestamp(at / MS, zone_of(self.zone) or UTC)


def speech_of(request: AnyRequest, office: Office, asked: str) -> Speech:
    """The language asked for; else the first that the browser names."""
    accepted = request.headers.get("accept-language", "")
    language = next((one for one in LANGUAGES if one == asked), office.texts.language_of(accepted))
    return Speech(catalogue=office.texts.catalogues[language], language=language)


def named(house: Mapping[str, Any] | None, office: Office, language: Language) -> str:
    """What the company is called."""
    told = str(house[language] or house["en"]) if house else office.settings.organisation
    return told or "Fieldfare"


def moment(speech: Speech, at_ms: int, zone: str) -> str:
    """23 Nov 2026, 12:41; 2026年11月23日 12:41: at the site."""
    local = datetime.fromtimestamp(at_ms / MS, zone_of(zone) or UTC)
    month = speech.text("dates.months", str(local.month))
    day = speech.text("verify", "day", year=local.year, month=month, day=local.day)
    return f"{day} {local:%H:%M}"


def when(speech: Speech, at: int, here: Here) -> str:
    """today, 14:30; Tue 24 Nov, 09:00: a moment with its day, by the clock of the place."""
    local = here.local(at)
    return speech.text("follow", "when", day=day(speech, local.date(), here), time=f"{local:%H:%M}")


def window(speech: Speech, begin: str, end: str | None, here: Here) -> str:
    """today, 14:00–16:00: wall times of the place."""
    told = day(speech, date.fromisoformat(begin[:DAY_CHARS]), here)
    until = f"–{end[11:16]}" if end and end[:DAY_CHARS] == begin[:DAY_CHARS] else ""
    return speech.text("follow", "when", day=told, time=f"{begin[11:16]}{until}")


def day(speech: Speech, on: date, here: Here) -> str:
    """A day, in one word where it is near."""
    today = here.local(here.now).date()
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((on - today) // timedelta(days=1))
    if near is not None:
        return speech.text("follow", near)
    return speech.text(
        "dates",
        "day" if on.year == today.year else "day_of_year",
        year=on.year,
        month=speech.text("dates.months", str(on.month)),
        day=on.day,
        weekday=speech.text("dates.weekdays", str(on.isoweekday())),
    )

"""The words of a paper: those texts that its content needs, in one language, and no others."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, tzinfo
from typing import Final

from msgspec import Struct

from shared.amounts import is_provisional, quantity_text
from shared.document import Document, Named
from shared.money import written
from shared.texts import Catalogue, Language, Plural, say

OWN: Final = "papers"  # the group of a paper's own words, and what all of its groups begin with
WHOLE: Final = (  # groups that a form to be filled in has in full
    *("kit.months", "categories", "outcomes", "line_kinds", "payment_methods"),
    *("priorities", "units"),
)
BASIS_POINTS: Final = 100  # in a percent

Code = tuple[str, str]


class Words(Struct, frozen=True, kw_only=True):
    """What a paper says in one language; `zone` is where the visit was.

    `texts` holds what `chosen` chose: what stands on the paper is part of its content hash, so
    that nothing else can be said on it.
    """

    language: Language
    zone: tzinfo
    texts: Catalogue

    def __call__(
        self, code: str, group: str = OWN, /, *, count: int | None = None, **given: str | int | None
    ) -> str:
        """The text of a code; the code itself where there is none."""
        return say(self.texts, group, code, given, count=count)

    def named(self, name: Named | None) -> str:
        """A name in this language."""
        return "" if name is None else str(getattr(name, self.language))

    def called(self, number: str) -> str:
        """How a job is called: a number that is not the office's says so."""
        if is_provisional(number):
            return self("provisional", "numbers", number=number)
        return number or "–"

    def pair(self, label: str, value: str) -> str:
        """A label and its value in one line."""
        return self("pair", label=label, value=value)

    def day(self, day: str | date) -> str:
        """A day: `23 Nov 2026`, `2026年11月23日`."""
        on = date.fromisoformat(day[:10]) if isinstance(day, str) else day
        month = self(f"m{on.month}", "kit.months")
        return self("day", day=on.day, month=month, year=on.year)

    def local(self, moment: int) -> datetime:
        """A moment (ms) as a wall time at the site."""
        return datetime.fromtimestamp(moment / 1000, UTC).astimezone(self.zone)

    def on_day(self, moment: int) -> str:
        """The day of a moment."""
        return self.day(self.local(moment).date())

    def time(self, moment: int) -> str:
        """Hour and minute of a moment."""
        return f"{self.local(moment):%H:%M}"

    def moment(self, moment: int) -> str:
        """Day, hour and minute of a moment."""
        return f"{self.on_day(moment)} {self.time(moment)}"

    def span(self, begin: str | None, end: str | None) -> str:
        """From one wall time to another: `23 Nov 2026 13:30–15:30`; empty where none is known."""
        if begin is None:
            return ""
        first = f"{self.day(begin)} {begin[11:16]}"
        if end is None:
            return first
        same = begin[:10] == end[:10]
        return f"{first}–{end[11:16]}" if same else f"{first} – {self.day(end)} {end[11:16]}"

    def duration(self, length_ms: int) -> str:
        """So many hours and minutes."""
        hours, minutes = divmod(max(0, length_ms) // 60_000, 60)
        code = "hours_minutes" if hours and minutes else "hours" if hours else "minutes"
        return self(code, hours=hours, minutes=minutes)

    def money(self, minor: int, currency: str) -> str:
        """An amount in figures."""
        return written(minor, currency)

    def unit(self, code: str) -> str:
        """What is counted."""
        return self(code, "units") if code else ""

    def quantity(self, amount: int, unit: str) -> str:
        """How much of something (thousandths)."""
        return f"{quantity_text(amount)} {self.unit(unit)}".strip()

    def percent(self, basis_points: int) -> str:
        """A rate: `13%`."""
        return f"{quantity_text(basis_points * 1000 // BASIS_POINTS)}%"


def chosen(catalogue: Catalogue, codes: Iterable[Code]) -> Catalogue:
    """A paper's own words with those of some codes; what is not worded is left out."""
    groups: dict[str, dict[str, str | Plural]] = {
        group: dict(texts)
        for group, texts in catalogue.groups.items()
        if group in WHOLE or group == OWN or group.startswith(OWN + ".")
    }
    for group, code in codes:
        text = catalogue.groups.get(group, {}).get(code)
        if text is not None:
            groups.setdefault(group, {})[code] = text
    return Catalogue(groups=groups)


def resolved(texts: Catalogue) -> dict[str, dict[str, str]]:
    """All texts as they are written, the forms of one text beside each other."""
    return {
        group: {
            code: text if isinstance(text, str) else f"{text.one or ''}|{text.other}"
            for code, text in inner.items()
        }
        for group, inner in texts.groups.items()
    }


def codes_of(document: Document) -> Iterator[Code]:
    """The codes in a document that papers word."""
    yield ("declaration", f"{document.purpose}_{document.declaration}")
    for job in document.jobs:
        yield ("services", job.service)
        if is_provisional(job.number):
            yield ("numbers", "provisional")
        for reading in job.readings:
            yield ("answers", reading.value)
        for part in job.parts:
            yield ("old_parts", part.old_part)
        if job.coverage is not None:
            yield ("coverage", job.coverage.code)
            yield ("coverage", "between")
            yield ("bases", job.coverage.basis)

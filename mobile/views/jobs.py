"""All jobs on this phone by their day, and the search of them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Final
from unicodedata import normalize

from msgspec import Struct

from mobile.queries import Job
from mobile.texts import Words
from mobile.views.job_card import day_of, is_begun, is_late, is_open, is_unsigned, job_card
from mobile.views.today import Emptiness, Group, wall_time

CARDS_MAX: Final = 200
TEXT_CHARS_MAX: Final = 80


class JobsView(Struct, frozen=True, kw_only=True):
    """Jobs in groups. `result` says how many were found, `more` that not all of them are shown."""

    groups: tuple[Group, ...]
    result: str
    more: str
    nothing: Emptiness | None


def jobs(
    found: Sequence[Job], words: Words, now: int, *, text: str = "", only_open: bool = True
) -> JobsView:
    """The jobs that were found for a text; without one the open ones, or all."""
    wall = wall_time(found, words, now)
    asked = text.strip()[:TEXT_CHARS_MAX]
    every = bool(asked) or not only_open
    wanted = [job for job in found if every or is_open(job) or is_unsigned(job) or job.leaving]
    shown = wanted[:CARDS_MAX]
    return JobsView(
        groups=tuple(_groups(shown, words, wall)),
        result=words("jobs", "found", count=len(wanted)) if asked else "",
        more=words("jobs", "more", count=CARDS_MAX) if len(wanted) > CARDS_MAX else "",
        nothing=None if wanted else _nothing(found, words, asked),
    )


def folded(text: str) -> str:
    """Text as it is compared in a search: whatever its case and its width."""
    return normalize("NFKC", text).casefold()


def _groups(found: Sequence[Job], words: Words, wall: str) -> Iterator[Group]:
    ranked = sorted(found, key=lambda job: (_rank(job, wall), job.planned_from or ""))
    for key, members in groupby(ranked, key=lambda job: _rank(job, wall)):
        name = key[1]
        cards = tuple(job_card(job, words, wall, with_day=True) for job in members)
        title = _title(name, words, wall)
        yield Group(name=name, title=title, cards=cards, urgent=name == "overdue")


def _rank(job: Job, wall: str) -> tuple[int, str]:
    """Where a job stands in the list, and the name of its group: a word of `today`, or a day."""
    if job.leaving:
        return (5, "office")
    if is_unsigned(job):
        return (2, "unsigned")
    if not is_open(job):
        return (6, "closed")
    if is_begun(job):
        return (0, "now")
    if is_late(job, wall):
        return (1, "overdue")
    day = day_of(job)
    return (4, "unplanned") if day is None else (3, day)


def _title(name: str, words: Words, wall: str) -> str:
    if not name[0].isdigit():
        return words("today", name)
    here = date.fromisoformat(wall[:10])
    if name == here.isoformat():
        return words("jobs", "today")
    if name == (here + timedelta(days=1)).isoformat():
        return words("jobs", "tomorrow")
    return words.day(name, here)


def _nothing(found: Sequence[Job], words: Words, asked: str) -> Emptiness:
    if asked:
        return Emptiness(
            title=words("jobs", "nothing", text=asked),
            text=words("jobs", "nothing_say"),
            action=words("jobs", "clear"),
        )
    code = "none_open" if found else "none"
    return Emptiness(
        title=words("jobs", code),
        text=words("jobs", f"{code}_say"),
        action=words("settings", "sync_now") if code == "none" else "",
    )

"""The notes of a job: what people wrote, for whom, and phrases that save typing."""

from typing import Final

from msgspec import Struct

from mobile.queries import Sheet
from mobile.texts import Words

PHRASES: Final = (
    "tested",
    "dog",
    "customer_told",
    "ladder",
    "parked",
    "key_at_desk",
    "call_before",
    "two_people",
)
AUDIENCES: Final = ("internal", "customer")


class Line(Struct, frozen=True, kw_only=True):
    """One note, with its author and when it was written."""

    text: str
    author: str
    when: str
    audience: str
    is_for_customer: bool


class Phrase(Struct, frozen=True, kw_only=True):
    """A button that adds a few words."""

    code: str
    text: str


class NotesView(Struct, frozen=True, kw_only=True):
    """The notes, the newest first."""

    title: str
    lines: tuple[Line, ...]
    phrases: tuple[Phrase, ...]
    audiences: tuple[tuple[str, str], ...]


def notes(sheet: Sheet, me: str, words: Words, now: int) -> NotesView:
    """What was written on a job; `me` is called so."""
    known = {**sheet.names, me: words("job_notes", "you")}
    unknown = words("job_notes", "somebody")
    return NotesView(
        title=words("job_notes", "title"),
        lines=tuple(
            Line(
                text=one.text,
                author=known.get(one.person_id, unknown),
                when=words.moment(one.at, now),
                audience=words("job_notes", one.audience),
                is_for_customer=one.audience == "customer",
            )
            for one in reversed(sheet.notes)
        ),
        phrases=tuple(Phrase(code=one, text=words("job_phrases", one)) for one in PHRASES),
        audiences=tuple((one, words("job_notes", one)) for one in AUDIENCES),
    )


def with_phrase(text: str, phrase: str, words: Words) -> str:
    """A note with a phrase added, as a sentence of its own."""
    stop = words("job", "stop")
    before = text.rstrip()
    if not before:
        return phrase + stop.rstrip()
    gap = "" if before.endswith((".", "!", "?", "。", "！", "？")) else stop.rstrip()
    return f"{before}{gap}{' ' if stop.endswith(' ') else ''}{phrase}{stop.rstrip()}"

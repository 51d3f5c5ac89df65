"""Ready to go offline, in words: all that a job needs is on this phone, or what is missing."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from mobile.queries import Gap, Sheet
from mobile.texts import Words

# Whoever is on the way or there has left already: nothing can be fetched for that.
BEFORE: Final = ("assigned", "accepted")


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether a job can be done without a network, and in words what is missing if not."""

    text: str
    is_ready: bool


def ready(sheet: Sheet, lacks: tuple[Gap, ...], words: Words) -> Readiness | None:
    """How a job stands before somebody leaves for it. `lacks` is what the phone itself lacks."""
    if sheet.job.leaving or sheet.order.status not in BEFORE:
        return None
    gaps = (*sheet.job.gaps, *lacks)
    if not gaps:
        return Readiness(text=words("ready", "all_here"), is_ready=True)
    told = [words("ready", "missing"), *(words("ready_gaps", gap) for gap in gaps)]
    return Readiness(text="\n".join(told), is_ready=False)


def missing_words(gaps: Iterable[Gap], words: Words) -> str:
    """What is missing, in one breath."""
    return words("job", "comma").join(words("ready_short", gap) for gap in gaps)

"""Figures: rates over many tickets, told from their clocks and stories; never from what was kept.

A rate counts what is known: what is still open, what was excused, and what nobody can be certain of
are told beside it and are in neither of its numbers. One-time fix and resolution are two figures
(C-11): the one asks of what was solved whether once was enough, the other of all whether it was.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

from shared.clocks import Case, Clock
from shared.story import Story
from shared.timetable import HOUR_MS

FIRST_RESPONSE_MS: Final = 24 * HOUR_MS  # R-KPI-01
FIRST_RESPONSE: Final = "first_response"
ONE_TIME_FIX: Final = "one_time_fix"
RESOLUTION: Final = "resolution"
BASIS_POINTS: Final = 10_000
UNSOLVED_MS: Final = 30 * 24 * HOUR_MS  # after which a request counts as not solved
LEFT: Final = ("withdrawn", "refused")  # requests that are not to be solved

Verdict = Literal["kept", "missed", "uncertain", "excused", "open"]
STATES: Final[Mapping[str, Verdict]] = {
    "met": "kept",
    "breached": "missed",
    "uncertain": "uncertain",
    "excused": "excused",
}
VERDICTS: Final[tuple[Verdict, ...]] = ("kept", "missed", "uncertain", "excused", "open")
WORST: Final[tuple[Verdict, ...]] = ("missed", "uncertain", "open", "kept", "excused")


class Rate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many of how many; only `kept` and `missed` are counted in the share."""

    kept: int = 0
    missed: int = 0
    uncertain: int = 0
    excused: int = 0
    open: int = 0

    @property
    def known(self) -> int:
        """How many there is an answer for."""
        return self.kept + self.missed

    @property
    def share(self) -> int | None:
        """The rate in basis points, rounded down; none where there is nothing to tell it from."""
        return self.kept * BASIS_POINTS // self.known if self.known else None


def first_response(case: Case, now: int, story: Story | None = None) -> Verdict:
    """Whether a request was answered within 24 hours of its receipt (R-KPI-01)."""
    story = story or _story(case, now)
    begun, answered = story.first("received"), story.first("acknowledged")
    if begun is None:
        return "open"
    if answered is None:
        return "missed" if now - begun.high > FIRST_RESPONSE_MS else "open"
    if answered.high - begun.low <= FIRST_RESPONSE_MS:
        return "kept"
    return "missed" if answered.low - begun.high > FIRST_RESPONSE_MS else "uncertain"


def one_time_fix(
    case: Case, now: int, story: Story | None = None, *, repeated: bool = False
) -> Verdict:
    """Of what was solved: with one visit at most, not taken up again, no repeat (R-KPI-02)."""
    story = story or _story(case, now)
    if story.first("resolved") is None:
        return "open"
    again = repeated or story.each("reopened") or len(story.each("arrived")) > 1
    return "missed" if again else "kept"


def resolution(case: Case, status: str, now: int, story: Story | None = None) -> Verdict:
    """Whether a request was solved; not, once it is closed or too old without (R-KPI-03)."""
    if status in LEFT:
        return "excused"
    story = story or _story(case, now)
    if story.first("resolved") is not None:
        return "kept"
    begun = story.first("received")
    is_old = begun is not None and now - begun.high > UNSOLVED_MS
    return "missed" if is_old or status == "closed" else "open"


def verdicts(
    case: Case, clocks: Iterable[Clock], status: str, now: int, *, repeated: bool = False
) -> dict[str, Verdict]:
    """What one ticket says to each figure, by its name; those of limits have the node's.

    `repeated` is whether another ticket was linked to it as a repeat.
    """
    limits: dict[str, Verdict] = {}
    for one in clocks:  # of several complaints on one ticket the worst counts
        name, said = f"limit:{one.node}", STATES.get(one.state, "open")
        limits[name] = min(limits.get(name, said), said, key=WORST.index)
    story = _story(case, now)
    return {
        FIRST_RESPONSE: first_response(case, now, story),
        ONE_TIME_FIX: one_time_fix(case, now, story, repeated=repeated),
        RESOLUTION: resolution(case, status, now, story),
        **limits,
    }


def changes_at(
    case: Case, clocks: Iterable[Clock], told: Mapping[str, Verdict], now: int
) -> int | None:
    """From when on (ms) time alone makes these verdicts others; None where nothing but acts do."""
    story = _story(case, now)
    moments = [story.next_at, *(one.next_at for one in clocks)]
    begun = story.first("received")
    for name, limit in ((FIRST_RESPONSE, FIRST_RESPONSE_MS), (RESOLUTION, UNSOLVED_MS)):
        if begun is not None and told[name] == "open":
            moments.append(begun.high + limit + 1)
    return min((one for one in moments if one is not None and one > now), default=None)


def _story(case: Case, now: int) -> Story:
    return Story(case.events, case.pauses, now)


def rates(told: Iterable[Mapping[str, Verdict]]) -> dict[str, Rate]:
    """Every figure over many tickets."""
    counted: dict[str, dict[str, int]] = {}
    for one in told:
        for name, verdict in one.items():
            mine = counted.setdefault(name, dict.fromkeys(VERDICTS, 0))
            mine[verdict] += 1
    return {name: Rate(**counts) for name, counts in counted.items()}

"""The story of a ticket as its clocks read it: what happened, and when they stood still."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from shared.policy import Limit
from shared.timetable import Interval, merged

FOREVER: Final = 1 << 62
# What shows that something has happened, at the latest by then: who arrived has been assigned.
SHOWN_BY: Final[dict[str, tuple[str, ...]]] = {
    "acknowledged": ("acknowledged", "contacted", "arrived", "proposed", "resolved"),
    "assigned": ("assigned", "departed", "arrived"),
    "contacted": ("contacted", "arrived"),
    "diagnosed": ("diagnosed", "proposed", "resolved"),
    "proposed": ("proposed", "planned", "resolved"),
    "planned": ("planned", "resolved"),
    "complainant_contacted": ("complainant_contacted", "plan_told", "result_told"),
    "plan_told": ("plan_told", "result_told"),
    "suggestion_answered": ("suggestion_answered", "suggestion_settled"),
}
# What only counts once the limit has begun: a call before the repair is no call after it. All
# others that come before the start are taken for done in time.
AFTERWARDS: Final = frozenset(
    {
        *("called_back", "surveyed", "progress_told", "manager_called"),
        *("complainant_contacted", "plan_told", "result_told"),
        *("suggestion_answered", "suggestion_settled", "finding_rectified", "issue_settled"),
    }
)
# What a ticket that is taken up again has not had yet (R-SLA-14: the call is after completion).
UNDONE: Final = frozenset({"resolved", "signed", "called_back", "surveyed", "closed"})


class Happened(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event at its corrected time (ms), within bounds where that is uncertain.

    `received` is when the office learnt of it, where that was later. `about` is the feedback that
    it happened to, where a customer complained, suggested or scored: each has a story of its own.
    """

    event: str
    at: int
    earliest: int | None = None
    latest: int | None = None
    received: int | None = None
    about: str = ""

    @property
    def low(self) -> int:
        """The earliest it can have been."""
        return self.at if self.earliest is None else self.earliest

    @property
    def high(self) -> int:
        """The latest it can have been."""
        return self.at if self.latest is None else self.latest


class Pause(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why and from when (ms) clocks stand still; no `end` is not known yet, or still to come."""

    reason: str
    start: int
    end: int | None = None


class Stretch(Struct, frozen=True):
    """Since when (ms) a ticket is with which team; with the company's id it is with none."""

    since: int
    team: str


class Standstill:
    """When something stands still; what has no end yet ends `FOREVER`."""

    def __init__(self, told: list[Interval]) -> None:
        self._told = told
        self._all = merged(told) if told else told
        self._last = max((start for start, _ in told), default=-FOREVER)
        self._is_endless = any(end == FOREVER for _, end in told)

    def by(self, horizon: int) -> list[Interval]:
        """What began before a moment, merged, as if what has no end yet ended then."""
        if not self._is_endless and self._last < horizon:
            return self._all
        return merged(
            [
                (start, horizon if end == FOREVER else end)
                for start, end in self._told
                if start < horizon
            ]
        )

    def at(self, moment: int) -> Interval | None:
        """What stands still at a moment, from when until when."""
        return next((one for one in self._all if one[0] <= moment < one[1]), None)


class Story:
    """What has happened by `now`, in order, without what came undone when it was reopened.

    It is that of a request, or of one feedback, which it is then `about`.
    """

    def __init__(
        self, events: Iterable[Happened], pauses: Iterable[Pause], now: int, *, about: str = ""
    ) -> None:
        self.about = about
        self._now = now
        self._events: dict[str, list[Happened]] = {}
        self._undone: list[Interval] = []
        self._withdrawn: list[Interval] = []
        self._standstills: dict[tuple[tuple[str, ...], bool], Standstill] = {}
        self.next_at: int | None = None
        for one in sorted(events, key=lambda one: one.at):
            if one.about != about:
                continue
            if one.at <= now:
                self._events.setdefault(one.event, []).append(one)
                if one.event == "reopened":
                    self._undo(one.at)
            else:
                self._wait_for(one.at)
        self._pauses = []
        for pause in pauses:
            if pause.start <= now:
                self._pauses.append(pause)
            else:
                self._wait_for(pause.start)

    def first(self, event: str) -> Happened | None:
        """The first that shows it: of what is told twice the first time counts."""
        found: Happened | None = None
        for name in SHOWN_BY.get(event, (event,)):
            told = self._events.get(name)
            if told and (found is None or told[0].at < found.at):
                found = told[0]
        return found

    def each(self, event: str) -> list[Happened]:
        """Every time that it happened."""
        return self._events.get(event, [])

    def stop(self, limit: Limit, start: int) -> Happened | None:
        """What a limit that began at `start` was waiting for."""
        if limit.stop not in AFTERWARDS:
            return self.first(limit.stop)
        names = SHOWN_BY.get(limit.stop, (limit.stop,))
        told = (one for name in names for one in self.each(name) if one.at >= start)
        return min(told, key=lambda one: one.at, default=None)

    def end(self, limit: Limit) -> Happened | None:
        """What a limit asks for nothing any more after: its own end, or the customer's wish."""
        names = ("withdrawn",) if limit.until is None else ("withdrawn", limit.until)
        told = [self._events[name][0] for name in names if self._events.get(name)]
        return min(told, key=lambda one: one.at, default=None)

    def pauses(self, limit: Limit) -> Standstill:
        """When a limit stands still."""
        undone = limit.stop in UNDONE or limit.until in UNDONE
        key = (limit.pauses, undone)
        found = self._standstills.get(key)
        if found is None:
            told = [
                (one.start, FOREVER if one.end is None else one.end)
                for one in self._pauses
                if one.reason in limit.pauses
            ]
            found = Standstill([*told, *self._withdrawn, *(self._undone if undone else ())])
            self._standstills[key] = found
        return found

    def standing(self, limit: Limit) -> Pause | None:
        """Why a limit stands still now: the reason that has lasted longest."""
        told = (
            one
            for one in self._pauses
            if one.reason in limit.pauses and (one.end is None or self._now < one.end)
        )
        return min(told, key=lambda one: (one.start, one.reason), default=None)

    def _undo(self, at: int) -> None:
        told = [one.at for name in UNDONE for one in self._events.pop(name, [])]
        if told:
            self._undone.append((min(told), at))
        gone = [one.at for one in self._events.pop("withdrawn", [])]
        if gone:
            self._withdrawn.append((min(gone), at))

    def _wait_for(self, at: int) -> None:
        self.next_at = at if self.next_at is None else min(self.next_at, at)

"""Clocks: how a ticket stands with each limit of its policy, told from its story alone.

Nothing here is kept, and nothing is ever corrected by hand: whoever learns of another event asks
again. Times are in milliseconds. A moment that is due is still in time; the next one is late.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct, structs

from shared.policy import PAUSES, Limit, ServicePolicy, applies
from shared.relay import Worked, relayed
from shared.story import FOREVER, Happened, Pause, Story, Stretch
from shared.timetable import ALWAYS, Interval, Timetable, run_between, run_out

ClockState = Literal[
    "waiting", "running", "paused", "met", "breached", "uncertain", "excused", "dropped"
]
UNIT_MS: Final = {"min": 60_000, "h": 3_600_000}
PERCENT: Final = 100
# Why a clock stands as it does; a pause that has no end yet, and one that has, for each reason.
STANDING: Final = tuple(f"paused_{why}" for why in PAUSES if why != "resolved")
REASONS: Final = (
    *("not_started", "never_started", "before_start", "running", "closed", "not_yet", "soon"),
    *("not_agreed", "undone", "undone_until", *STANDING, *(f"{one}_until" for one in STANDING)),
    *("done", "in_time", "late", "overdue", "not_done", "not_needed", "always_in_time"),
    *("some_missed", "stop_uncertain", "start_uncertain", "settled", "excused"),
)
Params = dict[str, str | int]


class Case(Struct, frozen=True, kw_only=True):
    """All that the clocks of a ticket depend on.

    `facts` are what conditions ask for (`shared.policy.FACTS`), `zone` the time zone of the site,
    `stretches` which teams had it since when.
    `agreed` are times that were agreed with the customer, by step (`shared.policy.NODES`).
    `excused` are reasons of exceptions that were approved, and `settled` (`met` or `breached`) what
    people said where the time of an act leaves it open; both by limit, and by what that is `about`
    (`named`). `apart` are facts of each feedback by its id, beside those of the ticket.
    """

    facts: Mapping[str, str] = {}
    events: tuple[Happened, ...] = ()
    pauses: tuple[Pause, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    zone: str = ""
    agreed: Mapping[str, int] = {}
    excused: Mapping[str, str] = {}
    settled: Mapping[str, str] = {}
    apart: Mapping[str, Mapping[str, str]] = {}


def named(limit: str, about: str = "") -> str:
    """What a limit is called in what people said of it: one of a feedback is its own."""
    return f"{limit} {about}" if about else limit


class Clock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one step stands with the strictest limit it has.

    `waiting` has not started; `dropped` asks for nothing any more; `uncertain` is for a person to
    settle, and no breach until then. `reason` with `params` says why, as a text of the same code
    does in words. `due` is empty while nobody can know it: nothing is agreed, or a pause has no
    end yet. `due_earliest` and `due_latest` differ from it where the start is uncertain.
    `stopped` is when it happened (`stopped_by` what), within `stopped_earliest` and
    `stopped_latest` where that is uncertain, and `received` when the office learnt of it.
    `remaining` is how much of its time is left (below zero: since how long it is over) of the
    `span` it has in all, `next_at` when it changes or wants a warning by itself. `over` are limits
    of the step that it goes before, because it is stricter. A limit that recurs has been due
    `rounds` times, of which `missed` in vain. `provisional` is a due time in a year whose holidays
    are not all known.
    """

    limit: str
    node: str
    state: ClockState
    reason: str
    params: Params = {}
    start: int | None = None
    due: int | None = None
    due_earliest: int | None = None
    due_latest: int | None = None
    stopped: int | None = None
    stopped_by: str = ""
    stopped_earliest: int | None = None
    stopped_latest: int | None = None
    received: int | None = None
    remaining: int | None = None
    span: int | None = None
    warn_at: int | None = None
    next_at: int | None = None
    over: tuple[str, ...] = ()
    rounds: int = 0
    missed: int = 0
    provisional: bool = False
    about: str = ""


def clocks(case: Case, policy: ServicePolicy, timetable: Timetable, now: int) -> tuple[Clock, ...]:
    """The clock of every step that the policy has a limit for, in the order of the policy.

    An event later than `now` has not happened yet. What customers say is apart from the request and
    from each other (C-07): two complaints have two clocks, and each runs by its own story alone.
    """
    stories = _stories(case, now)
    hours = relayed(timetable, case.zone, case.stretches)
    steps: dict[tuple[str, str], list[Clock]] = {}
    facts = {about: {**case.facts, **case.apart.get(about, {})} for about in stories}
    for limit in policy.every:
        for about in _abouts(case, stories, limit):
            if applies(limit.when, facts[about]):
                clock = Reading(case, stories[about], hours, limit, now).clock()
                steps.setdefault((limit.node, about), []).append(clock)
    return tuple(found[0] if len(found) == 1 else _strictest(found) for found in steps.values())


def _stories(case: Case, now: int) -> dict[str, Story]:
    """The story of the request, and that of each feedback by its id, in order of time."""
    told = sorted((one.at, one.about) for one in case.events if one.about)
    abouts = dict.fromkeys(("", *(about for _, about in told)))
    return {about: Story(case.events, case.pauses, now, about=about) for about in abouts}


def _abouts(case: Case, stories: Mapping[str, Story], limit: Limit) -> tuple[str, ...]:
    """What a limit is reckoned for: each feedback that begins it, else the request itself."""
    if len(stories) == 1:
        return ("",)
    begun = {one.about for one in case.events if one.event == limit.start}
    return tuple(about for about in stories if about in begun) or ("",)


def _strictest(found: list[Clock]) -> Clock:
    """Of competing limits the one that is due first (C-15); one that has begun goes before."""
    ranked = sorted(found, key=_strictness)
    times = [one.next_at for one in ranked if one.next_at is not None]
    over = tuple(one.limit for one in ranked[1:])
    return structs.replace(ranked[0], over=over, next_at=min(times, default=None))


def _strictness(one: Clock) -> tuple[bool, int, int]:
    due = FOREVER if one.due is None else one.due
    return (one.start is None, due, FOREVER if one.remaining is None else one.remaining)


class Due(Struct, frozen=True):
    """When something is due, reckoned from the likely, the earliest and the latest start."""

    likely: int
    earliest: int
    latest: int


class Reading:
    """One limit, read off from one story at one moment."""

    def __init__(self, case: Case, story: Story, hours: Worked, limit: Limit, now: int) -> None:
        self._case = case
        self._story = story
        self._hours = hours
        self._limit = limit
        self._now = now
        self._time = hours if limit.calendar == "working" else ALWAYS
        self._pauses = story.pauses(limit)
        self._told: dict[str, Any] = {"limit": limit.id, "node": limit.node}
        self._name = named(limit.id, story.about)
        if story.about:
            self._told["about"] = story.about

    def clock(self) -> Clock:
        """How it stands."""
        start = self._story.first(self._limit.start)
        if start is None:
            return self._without_start()
        self._told["start"] = start.at
        return self._recurring(start) if self._limit.every else self._once(start)

    def _without_start(self) -> Clock:
        limit = self._limit
        stop = None if limit.every else self._story.stop(limit, -FOREVER)
        if stop is not None and limit.stop != limit.start:
            self._note_stop(stop)
            return self._as("met", "before_start", event=limit.start)
        if self._story.end(limit) is not None:
            return self._as("dropped", "never_started", event=limit.start)
        self._told["next_at"] = self._story.next_at
        return self._as("waiting", "not_started", event=limit.start)

    def _once(self, start: Happened) -> Clock:
        stop = self._story.stop(self._limit, start.at)
        due = self._due(start, self._now if stop is None else stop.at)
        if stop is None:
            return self._unstopped(due)
        self._note_due(due)
        self._note_stop(stop)
        if due is None:
            return self._as("met", "done")
        if stop.high <= due.earliest:
            return self._as("met", "in_time")
        if stop.low > due.latest:
            return self._late("late", by=stop.at - due.likely)
        return self._open_to_doubt("stop_uncertain")

    def _recurring(self, start: Happened) -> Clock:
        """Due again so long after each time; once it is over, one time that was missed counts."""
        end = self._story.end(self._limit)
        last, rounds, missed = start, 0, 0
        for told in self._story.each(self._limit.stop):
            if told.at < start.at or (end is not None and told.at > end.at):
                continue
            due = self._due(last, told.at)
            rounds += 1
            missed += due is not None and told.low > due.latest
            last = told
        if last is not start:
            self._note_stop(last)
        due = self._due(last, self._now if end is None else end.at)
        late = due is not None and due.latest < (self._now if end is None else end.at)
        self._told.update(rounds=rounds + late, missed=missed + late)
        if end is None:
            return self._unstopped(due)
        self._note_due(due)
        if missed + late:
            return self._late("some_missed", count=missed + late)
        return self._as("met", "always_in_time")

    def _unstopped(self, due: Due | None) -> Clock:
        end = self._story.end(self._limit)
        self._note_due(due)
        if end is not None:
            if due is None or end.at <= due.latest:
                return self._as("dropped", "not_needed", event=end.event)
            return self._late("not_done", event=end.event)
        now = self._now
        if due is not None and now > due.earliest:
            self._told["remaining"] = due.likely - now
            self._told["span"] = self._span(due.likely, self._pauses.by(now))
            self._note_next(due.latest + 1)
            if now > due.latest:
                return self._late("overdue")
            return self._open_to_doubt("start_uncertain")
        return self._ticking(due)

    def _ticking(self, due: Due | None) -> Clock:
        now = self._now
        standing = self._pauses.at(now)
        if due is not None:
            pauses = self._pauses.by(now)
            self._told["remaining"] = run_between(self._time, now, due.likely, pauses)
            warn_at = self._warn_at(due.likely, pauses)
            self._told["warn_at"] = warn_at
            self._note_next(warn_at, due.earliest + 1)
        if standing is not None:
            return self._standing_still(standing[1])
        if due is None:
            return self._as("running", "not_agreed" if self._limit.agreed else "soon")
        opens = self._opens()
        if opens is not None and now < opens:
            self._note_next(opens)
            return self._as("running", "not_yet", opens=opens)
        if self._time is self._hours and not self._hours.is_open(now):
            return self._as("running", "closed", opens=self._hours.opens(now))
        return self._as("running", "running")

    def _standing_still(self, end: int) -> Clock:
        why = self._story.standing(self._limit)
        reason = "undone" if why is None else f"paused_{why.reason}"
        since = {} if why is None else {"since": why.start}
        if end == FOREVER:
            for name in ("due", "due_earliest", "due_latest", "warn_at"):
                self._told.pop(name, None)
            self._told["next_at"] = self._story.next_at
            return self._as("paused", reason, **since)
        self._note_next(end)
        return self._as("paused", f"{reason}_until", **since, until=end)

    # When it is due

    def _due(self, start: Happened, horizon: int) -> Due | None:
        likely = self._due_from(start.at, horizon)
        if likely is None or (start.earliest is None and start.latest is None):
            return None if likely is None else Due(likely, likely, likely)
        ends = (self._due_from(one, horizon) for one in (start.low, start.high))
        told = [likely, *(one for one in ends if one is not None)]
        return Due(likely, min(told), max(told))

    def _due_from(self, start: int, horizon: int) -> int | None:
        limit = self._limit
        agreed = self._case.agreed.get(limit.node) if limit.agreed else None
        amount = limit.amount
        if agreed is not None and limit.agreed == "may":
            amount = limit.agreed_max
        last = None if amount is None else self._last_moment(start, amount, horizon)
        if agreed is None or last is None:
            return last if agreed is None else agreed
        return min(agreed, last)

    def _last_moment(self, start: int, amount: int, horizon: int) -> int:
        """When so much time is over; days end with the last of their hours, but for pauses."""
        unit = UNIT_MS.get(self._limit.unit)
        pauses = self._pauses.by(horizon)
        if unit is not None:
            return run_out(self._time, start, amount * unit, pauses)
        working = self._limit.unit == "working_day"
        end = (self._hours.end_of_working_day if working else self._hours.end_of_day)(start, amount)
        if not pauses:
            return end
        return run_out(self._time, start, self._time.between(start, end), pauses)

    def _warn_at(self, due: int, pauses: list[Interval]) -> int:
        span = self._told["span"] = self._span(due, pauses)
        if span <= 0:
            return due
        return run_out(self._time, self._begun(), span * self._limit.warn // PERCENT, pauses)

    def _span(self, due: int, pauses: list[Interval]) -> int:
        """How much time there is, or was, from when it began to count until it is due."""
        begun = self._begun()
        return run_between(self._time, begun, due, pauses) if begun < due else 0

    def _begun(self) -> int:
        """When it began to count: at the start, or at the last time of what recurs."""
        start: int = self._told["start"]
        stopped: int = self._told.get("stopped", start)
        return stopped if self._limit.every else start

    def _opens(self) -> int | None:
        opens = self._limit.opens
        if opens is None:
            return None
        start: int = self._told["start"]
        unit = UNIT_MS.get(self._limit.unit)
        if unit is not None:
            return run_out(self._time, start, opens * unit, self._pauses.by(self._now))
        return self._hours.start_of_day(start, opens)

    # What is told of it

    def _note_due(self, due: Due | None) -> None:
        if due is None:
            return
        self._told["due"] = due.likely
        if due.earliest != due.latest:
            self._told.update(due_earliest=due.earliest, due_latest=due.latest)
        if self._limit.calendar == "working" and self._hours.is_provisional(due.likely):
            self._told["provisional"] = True

    def _note_stop(self, stop: Happened) -> None:
        self._told.update(stopped=stop.at, stopped_by=stop.event, received=stop.received)
        if stop.low != stop.high:
            self._told.update(stopped_earliest=stop.low, stopped_latest=stop.high)

    def _note_next(self, *moments: int) -> None:
        known = (self._told.get("next_at"), self._story.next_at)
        later = [one for one in (*known, *moments) if one is not None and one > self._now]
        self._told["next_at"] = min(later, default=None)

    def _open_to_doubt(self, reason: str) -> Clock:
        said = self._case.settled.get(self._name)
        if said == "met":
            return self._as("met", "settled")
        return self._late("settled") if said == "breached" else self._late(reason, "uncertain")

    def _late(self, reason: str, state: ClockState = "breached", **params: str | int) -> Clock:
        excuse = self._case.excused.get(self._name) if self._limit.excusable else None
        if excuse is not None:
            return self._as("excused", "excused", code=excuse)
        return self._as(state, reason, **params)

    def _as(self, state: ClockState, reason: str, **params: str | int) -> Clock:
        return Clock(state=state, reason=reason, params=params, **self._told)

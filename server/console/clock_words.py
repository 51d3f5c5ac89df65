"""Clocks in words: how each stands, when it is due, when it stopped and when that was learnt of."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from server.console import promises
from server.console.speech import Speech
from shared.clocks import Clock, named
from shared.policy import Limit, ServicePolicy
from shared.pressing import is_at_risk, is_over
from shared.texts import say

MOMENTS: Final = frozenset({"since", "until", "opens"})
LATER_MS: Final = 60_000  # sooner than this nobody has to be told that it was learnt of later
TONES: Final = {
    "met": "success",
    "breached": "danger",
    "uncertain": "warning",
    "paused": "",
    "excused": "info",
}
ICONS: Final = {
    "waiting": "hourglass_top",
    "running": "timer",
    "paused": "pause_circle",
    "met": "check_circle",
    "breached": "error",
    "uncertain": "help",
    "excused": "gavel",
    "dropped": "remove",
}


class Face(Struct, frozen=True, kw_only=True):
    """One clock as people read it. `brief` is what stands where there is little room."""

    limit: str
    node: str
    state: str
    word: str
    tone: str
    icon: str
    brief: str
    due: str
    left: str
    reason: str
    stopped: str
    rule: str
    source: str
    at_risk: bool
    is_over: bool
    excusable: bool
    provisional: bool
    about: str = ""

    @property
    def named(self) -> str:
        """What its limit is called in what people say of it."""
        return named(self.limit, self.about)


def face(s: Speech, clock: Clock, policy: ServicePolicy, zone: str) -> Face:
    """A clock in the reader's language, at the times of the site."""
    limits = {one.id: one for one in policy.every}
    limit = limits[clock.limit]
    risk = is_at_risk(clock, s.now_ms)
    near = risk and clock.state == "running"
    word = s.text("clock_states", clock.state)
    return Face(
        limit=clock.limit,
        node=_node(s, clock, zone),
        state=clock.state,
        word=s.text("console.clocks", "at_risk") if near else word,
        tone="warning" if near else TONES.get(clock.state, ""),
        icon=ICONS[clock.state],
        brief=brief(s, clock),
        due=due(s, clock, zone),
        left=left(s, clock),
        reason=reason(s, clock, zone),
        stopped=stopped(s, clock, zone),
        rule=rule(s, clock, limits),
        source=", ".join(limit.source),
        at_risk=risk,
        is_over=is_over(clock),
        excusable=limit.excusable,
        provisional=clock.provisional,
        about=clock.about,
    )


def _node(s: Speech, clock: Clock, zone: str) -> str:
    """The step; of what a customer said with when that was, since there may be several."""
    node = s.text("limit_nodes", clock.node)
    if not clock.about or clock.start is None:
        return node
    return s.text("console.clocks", "of_feedback", node=node, when=s.when(clock.start, zone))


def brief(s: Speech, clock: Clock) -> str:
    """What a narrow place has room for: 26 min: Arrive; 2 h over: Arrive."""
    node = s.text("limit_nodes", clock.node)
    if clock.remaining is None:
        return s.text(
            "console.clocks", "brief", span=s.text("clock_states", clock.state), node=node
        )
    code = "brief_over" if clock.remaining < 0 else "brief"
    return s.text("console.clocks", code, span=s.span(clock.remaining), node=node)


def due(s: Speech, clock: Clock, zone: str) -> str:
    """When it is due, as a range where nobody can know better."""
    if clock.due is None:
        return ""
    if clock.due_earliest is not None and clock.due_latest is not None:
        return ranged(s, clock.due_earliest, clock.due_latest, zone)
    return s.when(clock.due, zone)


def ranged(s: Speech, earliest: int, latest: int, zone: str) -> str:
    """Between two moments."""
    low, high = s.when(earliest, zone), s.when(latest, zone)
    return s.text("console.clocks", "between", earliest=low, latest=high)


def left(s: Speech, clock: Clock) -> str:
    """How much of its time is left, or since when it is over."""
    if clock.remaining is None or clock.stopped is not None:
        return ""
    code = "over_by" if clock.remaining < 0 else "left"
    return s.text("console.clocks", code, span=s.span(clock.remaining))


def stopped(s: Speech, clock: Clock, zone: str) -> str:
    """When it was done, and when the office learnt of it: stopped 14:02 on site, received 18:30."""
    if clock.stopped is None:
        return ""
    what = s.text("ticket_events", clock.stopped_by)
    if clock.stopped_earliest is not None and clock.stopped_latest is not None:
        at = ranged(s, clock.stopped_earliest, clock.stopped_latest, zone)
    else:
        at = s.when(clock.stopped, zone)
    if clock.received is None or clock.received - clock.stopped < LATER_MS:
        return s.text("console.clocks", "stopped", at=at, what=what)
    received = s.when(clock.received, zone)
    return s.text("console.clocks", "stopped_offline", at=at, received=received, what=what)


def reason(s: Speech, clock: Clock, zone: str) -> str:
    """Why it stands as it does."""
    params: dict[str, str | int | None] = {
        name: _said(s, name, value, zone) for name, value in clock.params.items()
    }
    return say(s.catalogue, "clock_reasons", clock.reason, params)


def _said(s: Speech, name: str, value: str | int, zone: str) -> str | int:
    if name in MOMENTS and isinstance(value, int):
        return s.when(value, zone)
    if name == "by" and isinstance(value, int):
        return s.span(value)
    if name == "code" and s.knows("excuses", str(value)):
        return s.text("excuses", str(value))
    return value


def rule(s: Speech, clock: Clock, limits: Mapping[str, Limit]) -> str:
    """Which limit decided, and which others it goes before."""
    told = promised(s, limits[clock.limit])
    if not clock.over:
        return told
    others = s.text("console.policies", "comma").join(
        promises.time_of(s, limits[one]) for one in clock.over if one in limits
    )
    return s.text("console.clocks", "stricter", rule=told, others=others)


def promised(s: Speech, limit: Limit) -> str:
    """A limit in short: within 2 h (urban)."""
    when = promises.condition(s, limit.when)
    told = promises.time_of(s, limit)
    return f"{told} {s.text('console.policies', 'if', condition=when)}" if when else told


def happenings(s: Speech, events: Iterable[Any], zone: str) -> list[tuple[str, str, str]]:
    """Every event with both its times: what, when it was done, when the office learnt of it."""
    return [
        (
            s.text("ticket_events", one.event),
            s.when(one.at, zone)
            if one.earliest is None and one.latest is None
            else ranged(s, one.low, one.high, zone),
            s.when(one.received, zone)
            if one.received is not None and one.received - one.at >= LATER_MS
            else "",
        )
        for one in sorted(events, key=lambda one: one.at)
    ]

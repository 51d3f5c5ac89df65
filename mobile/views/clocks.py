"""Clocks in words: what is due next on a job, how much time is left, and why it stands so."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from mobile.queries.clocks import Timed
from mobile.texts import Words
from mobile.views.work_order import Tone
from shared.clock import zone_of
from shared.clocks import Clock

MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
FOREVER: Final = 1 << 62
# How much a state presses: what is late before what runs, that before what rests.
PRESSING: Final = {"breached": 0, "running": 1, "uncertain": 1, "paused": 2, "waiting": 3}
ICONS: Final = {
    "breached": "error",
    "running": "timer",
    "uncertain": "help",
    "paused": "pause_circle",
    "waiting": "schedule",
    "met": "check_circle",
    "excused": "check_circle",
    "dropped": "block",
}
# Reasons that say no more than the time that is left, or over, does beside them.
PLAIN: Final = ("running", "overdue")
MOMENTS: Final = ("since", "until", "opens")  # parameters of reasons that are moments


class ClockMark(Struct, frozen=True, kw_only=True):
    """The most pressing clock of a job, short enough for a card; `due` is its time (ms).

    `text` says what is to be done until when, `left` how much time there is, where that is little.
    """

    text: str
    left: str = ""
    tone: Tone
    icon: str
    due: int | None = None


class ClockLine(Struct, frozen=True, kw_only=True):
    """One clock on the sheet of all: its step, how it stands, until when, and why, in words."""

    step: str
    state: str
    tone: Tone
    icon: str
    due: str
    left: str
    told: tuple[str, ...]


def pressing(found: Iterable[Clock]) -> Clock | None:
    """The clock that presses most: late ones first, then by what is due first; else one kept."""
    known = list(found)
    open_ones = [one for one in known if one.state in PRESSING and not _is_done(one)]
    begun = [one for one in open_ones if one.state != "waiting"]
    if begun:
        return min(begun, key=_press)
    kept = [one for one in known if one.state == "met" and one.stopped is not None]
    return max(kept, key=lambda one: one.stopped or 0, default=None)


def _is_done(clock: Clock) -> bool:
    """Whether nothing can be done about it any more: it was stopped, or is asked for no more."""
    return (clock.stopped is not None and not clock.rounds) or clock.reason in (
        "not_done",
        "some_missed",
    )


def _press(clock: Clock) -> tuple[int, int]:
    return (PRESSING[clock.state], FOREVER if clock.due is None else clock.due)


def clock_mark(timed: Timed | None, words: Words, now: int) -> ClockMark | None:
    """The most pressing clock of a job at a moment of the office's time; None where none runs."""
    if timed is None:
        return None
    clock = pressing(timed.clocks(now))
    if clock is None or (clock.due is None and clock.state == "running"):
        return None
    zone = timed.case.zone
    if clock.state == "met":
        text = words("clock_kept", clock.node, when=_when(clock.stopped or now, words, zone, now))
        return ClockMark(text=text, tone="success", icon=ICONS["met"])
    is_far = clock.state == "running" and (clock.remaining or 0) > DAY_MS
    left = "" if is_far else _left(clock, words, now)
    text = _due(clock, words, zone, now)
    return ClockMark(
        text=text, left=left, tone=_tone(clock, now), icon=ICONS[clock.state], due=clock.due
    )


def wants_contact(timed: Timed | None, now: int) -> bool:
    """Whether a call of the technician is still owed to the customer."""
    found = timed.clocks(now) if timed is not None else ()
    owed = [one for one in found if one.node == "contact" and one.state in PRESSING]
    return any(not _is_done(one) for one in owed)


def clock_lines(timed: Timed | None, words: Words, now: int) -> tuple[ClockLine, ...]:
    """Every clock that concerns a technician, what presses most at the top."""
    if timed is None:
        return ()
    zone = timed.case.zone
    ranked = sorted(timed.clocks(now), key=_rank)
    return tuple(_line(one, words, zone, now) for one in ranked if one.state != "dropped")


def whose_hours(timed: Timed | None, words: Words, now: int) -> str:
    """Whose working hours count now, and since when; empty where they are the company's."""
    if timed is None or not timed.team:
        return ""
    since = _when(timed.team_since, words, timed.case.zone, now)
    return words("clock_words", "hours", team=timed.team, since=since)


def _rank(clock: Clock) -> tuple[bool, int, int]:
    done = _is_done(clock) or clock.state not in PRESSING
    return (done, *((0, 0) if done else _press(clock)))


def _line(clock: Clock, words: Words, zone: str, now: int) -> ClockLine:
    done = _is_done(clock)
    return ClockLine(
        step=words("limit_nodes", clock.node),
        state=words("clock_states", clock.state),
        tone=_tone(clock, now),
        icon=ICONS[clock.state],
        due="" if done and clock.due is None else _due_words(clock, words, zone, now),
        left="" if done else _left(clock, words, now),
        told=tuple(_told(clock, words, zone, now)),
    )


def _told(clock: Clock, words: Words, zone: str, now: int) -> Iterator[str]:
    """Why it stands so, when it was stopped and heard of, and what else is worth knowing."""
    params: dict[str, Any] = {
        name: _when(int(value), words, zone, now) if name in MOMENTS else value
        for name, value in clock.params.items()
    }
    if "by" in params:
        params["by"] = words.duration(int(clock.params["by"]))
    if clock.reason not in PLAIN:
        yield words("clock_reasons", clock.reason, **params)
    if clock.stopped is not None:
        yield _stopped(clock, words, zone, now)
    if clock.over:
        yield words("clock_words", "stricter", count=len(clock.over))
    if clock.provisional:
        yield words("clock_words", "provisional")


def _stopped(clock: Clock, words: Words, zone: str, now: int) -> str:
    event = words("ticket_events", clock.stopped_by)
    low, high = clock.stopped_earliest, clock.stopped_latest
    if low is not None and high is not None and low != high:
        span = _span(low, high, words, zone, now)
        stopped = words("clock_words", "stopped_between", event=event, span=span)
    else:
        at = _when(clock.stopped or now, words, zone, now)
        stopped = words("clock_words", "stopped", event=event, when=at)
    if clock.received is None:
        return stopped
    received = words("clock_words", "received", when=_when(clock.received, words, zone, now))
    return words.join(stopped, received)


def _due(clock: Clock, words: Words, zone: str, now: int) -> str:
    """On site by 14:30: what is to be done, and until when."""
    if clock.due is None:
        return words("clock_rests", clock.node)
    return words("clock_steps", clock.node, when=_due_at(clock, words, zone, now))


def _due_words(clock: Clock, words: Words, zone: str, now: int) -> str:
    if clock.due is None:
        return ""
    return words("clock_words", "due", when=_due_at(clock, words, zone, now))


def _due_at(clock: Clock, words: Words, zone: str, now: int) -> str:
    low, high = clock.due_earliest, clock.due_latest
    if low is not None and high is not None and low != high:
        return _span(low, high, words, zone, now)
    return _when(clock.due or now, words, zone, now)


def _left(clock: Clock, words: Words, now: int) -> str:
    """1 h 12 min left; 20 min late; paused, and why."""
    if clock.state == "paused":
        reason = clock.reason.removeprefix("paused_").removesuffix("_until")
        why = "resolved" if reason == "undone" else reason
        return words("clock_words", "paused", why=words("pause_reasons", why))
    if clock.state == "breached" and clock.due is not None:
        return words("clock_words", "over", time=words.duration(_whole(now - clock.due)))
    if clock.state == "uncertain":
        return words("clock_states", "uncertain")
    if clock.remaining is None or clock.state not in ("running", "waiting"):
        return ""
    return words("clock_words", "left", time=words.duration(_whole(clock.remaining)))


def _whole(length: int) -> int:
    """Whole minutes, and one at least: what ticks once a minute tells no seconds."""
    return max(abs(length) // MINUTE_MS, 1) * MINUTE_MS


def _tone(clock: Clock, now: int) -> Tone:
    if clock.state == "breached":
        return "danger"
    if clock.state in ("uncertain", "paused"):
        return "warning" if clock.state == "uncertain" else "neutral"
    if clock.state in ("met", "excused"):
        return "success"
    is_near = clock.warn_at is not None and now >= clock.warn_at
    return "warning" if is_near and clock.state == "running" else "neutral"


def _when(at: int, words: Words, zone: str, now: int) -> str:
    """14:30; Tue, 24 Nov 09:00: a moment by the clock of the site, with its day if not today."""
    there, today = _wall(at, zone), _wall(now, zone)
    time = words.time(there)
    return time if there[:10] == today[:10] else f"{words.short_day(there)} {time}"


def _span(low: int, high: int, words: Words, zone: str, now: int) -> str:
    end = _wall(high, zone)
    same = _wall(low, zone)[:10] == end[:10]
    until = words.time(end) if same else _when(high, words, zone, now)
    return words("kit.dates", "span", begin=_when(low, words, zone, now), end=until)


def _wall(at: int, zone: str) -> str:
    there = datetime.fromtimestamp(at / 1000, zone_of(zone) if zone else UTC)
    return there.strftime("%Y-%m-%dT%H:%M")

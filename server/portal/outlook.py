"""Outlook: what a customer is told of their request: where it stands, who comes, what was promised.

Nothing here knows of other requests, of notes of the office, or of anybody's name but that of the
technician who comes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from server.portal.returning import Back
from server.portal.speech import Here, Speech, when, window
from shared.casework import happened
from shared.clocks import Clock
from shared.masking import masked, masked_in
from shared.standing import Standing
from shared.ticket import ENDS, TicketEvent

Item = Mapping[str, Any]

BOX: Final = "follow.box"
# What happened that is the customer's business. Of one act the last of these is told.
TOLD: Final = (
    *("received", "acknowledged", "assigned", "contacted", "departed", "arrived"),
    *("diagnosed", "proposed", "resolved", "signed", "called_back", "closed"),
    *("progress_told", "reopened", "withdrawn"),
)
PAUSES: Final = ("parts", "customer_date", "customer_absent", "mail_in")
ON_SITE: Final = frozenset({"on_site", "working", "paused"})
OVER: Final = frozenset({"done", "handed_in"})
CALL: Final = "call_back"
ANSWERS: Final = ("first_response", "respond", "contact")  # the promise that is told first
ICONS: Final = {
    "waiting": "hourglass_top",
    "in_progress": "build",
    "callback": "call",
    "done": "check_circle",
    "withdrawn": "cancel",
    "refused": "front_hand",
}


class Box(Struct, frozen=True, kw_only=True):
    """The answer to the question why somebody opened the page, in large letters."""

    lead: str
    main: str
    more: str = ""
    is_late: bool = False


class Promise(Struct, frozen=True, kw_only=True):
    """One thing that was promised, until when, and `kept`, `late`, `open` or `rests`."""

    what: str
    told: str
    state: str


class Moment(Struct, frozen=True, kw_only=True):
    """One thing that happened, and when."""

    what: str
    when: str


class Outlook(Struct, frozen=True, kw_only=True):
    """A request as its customer sees it."""

    number: str
    problem: str
    state: str
    label: str
    icon: str
    box: Box
    advice: str
    phone: str
    promises: tuple[Promise, ...]
    story: tuple[Moment, ...]
    back: Back | None = None


def outlook(speech: Speech, known: Standing, jobs: Sequence[Item], now: int) -> Outlook:
    """What is told of a request. `jobs` are its jobs, the oldest first."""
    here = Here(zone=known.site.time_zone if known.site else "", now=now)
    job = next((one for one in reversed(jobs) if one["status"] != "cancelled"), None)
    state = state_of(known, job)
    phone = (known.site.contact_phone if known.site else "") or (
        known.customer.phone if known.customer else ""
    )
    return Outlook(
        number=known.ticket.number or "",
        problem=masked_in(known.ticket.problem),
        state=state,
        label=speech.text("follow.states", state),
        icon=ICONS[state],
        box=_box(speech, known, (state, job), here),
        advice=speech.text("follow.advice", _advice(known, state, job)),
        phone=masked(phone) if phone else "",
        promises=tuple(_promises(speech, known, here)),
        story=tuple(_story(speech, known, here)),
    )


def state_of(known: Standing, job: Item | None) -> str:
    """Where a request stands, in the four words of SM-1, and two for those that end otherwise."""
    status = known.ticket.status
    if status in ENDS:
        return "done" if status == "closed" else status
    if status == "resolved":
        call = _clock(known, CALL)
        return "callback" if call is not None and _is_open(call) else "done"
    return "in_progress" if job is not None and job["person"] else "waiting"


def _box(speech: Speech, known: Standing, at: tuple[str, Item | None], here: Here) -> Box:
    state, job = at
    if state == "in_progress" and job is not None:
        return _visit(speech, job, here)
    if state == "callback":
        call = _promised(known, CALL)
        if call is not None and call.due is not None and call.due > here.now:
            return _said(speech, "callback", when=when(speech, call.due, here))
        return _said(speech, "callback_soon")
    if state == "waiting":
        return _answer(speech, known, here)
    return _said(speech, state)


def _visit(speech: Speech, job: Item, here: Here) -> Box:
    name, begin = job["person"], job["planned_from"]
    time = window(speech, begin, job["planned_to"], here) if begin else ""
    more = speech.text(BOX, "agreed", when=time) if time else ""
    if job["status"] in OVER:
        return _said(speech, "on_it")
    if job["status"] in ON_SITE:
        return _said(speech, "on_site", name=name)
    if job["status"] == "en_route":
        return Box(
            lead=speech.text(BOX, "en_route_lead"),
            main=speech.text(BOX, "en_route", name=name),
            more=more,
        )
    if not time:
        return _said(speech, "chosen", name=name)
    return _said(speech, "visit", when=time, name=name)


def _answer(speech: Speech, known: Standing, here: Here) -> Box:
    """While nobody comes yet: by when the customer hears of us."""
    told = (_promised(known, node) for node in ANSWERS)
    open_ones = [one for one in told if one is not None and _is_open(one)]
    clock = next((one for one in open_ones if one.due is not None), None)
    if clock is None or clock.due is None:
        return _said(speech, "waiting")
    promised = when(speech, clock.due, here)
    if clock.due < here.now:
        told_late = _said(speech, "answer_late", when=promised)
        return Box(lead=told_late.lead, main=told_late.main, more=told_late.more, is_late=True)
    return _said(speech, "answer", when=promised)


def _said(speech: Speech, code: str, **params: str) -> Box:
    main = speech.text(BOX, code, **params)
    return Box(
        lead=speech.text_or_none(BOX, f"{code}_lead", **params),
        main=f"{main[:1].upper()}{main[1:]}",
        more=speech.text_or_none(BOX, f"{code}_more", **params),
    )


def _advice(known: Standing, state: str, job: Item | None) -> str:
    """What the customer can do now."""
    if state == "in_progress" and any(one.state == "paused" for one in known.clocks):
        reason = next(one.reason for one in known.clocks if one.state == "paused")
        pause = reason.removeprefix("paused_").removesuffix("_until")
        if pause in PAUSES:
            return pause
    if state == "in_progress":
        return _advice_for(job)
    return state


def _advice_for(job: Item | None) -> str:
    status = job["status"] if job is not None else ""
    if status in ON_SITE or status in OVER:
        return "on_site"
    if status == "en_route":
        return "en_route"
    return "visit" if job is not None and job["planned_from"] else "chosen"


def _promises(speech: Speech, known: Standing, here: Here) -> Iterator[Promise]:
    """What was promised, in the order of the policy; what nobody can know yet is left out."""
    promised = _told_of(known)
    for clock in known.clocks:
        if clock.limit not in promised:
            continue
        told = _kept(speech, clock, here)
        if told is not None:
            what = speech.text("follow.promises", clock.node)
            yield Promise(what=what, told=told[0], state=told[1])


def _kept(speech: Speech, clock: Clock, here: Here) -> tuple[str, str] | None:
    due = when(speech, clock.due, here) if clock.due is not None else ""
    if clock.state == "dropped":
        return None
    if clock.stopped is not None and not clock.rounds:
        stopped = when(speech, clock.stopped, here)
        if clock.state in ("breached", "excused"):
            return speech.text("follow.kept", "late", when=stopped, due=due), "late"
        return speech.text("follow.kept", "kept", when=stopped), "kept"
    if clock.state == "paused":
        return speech.text("follow.kept", "rests"), "rests"
    if clock.due is None:
        return None
    if clock.due < here.now:
        return speech.text("follow.kept", "overdue", due=due), "late"
    return speech.text("follow.kept", "open", due=due), "open"


def _story(speech: Speech, known: Standing, here: Here) -> Iterator[Moment]:
    """What has happened so far, the newest first; of what happened twice in a row the last."""
    ticket = known.ticket
    since = ticket.opened_at if ticket.received_at is None else ticket.received_at
    told: list[tuple[str, int]] = [("received", since)]
    for line in known.events:
        happenings = () if line.about else happened([line])  # what they said themselves, they know
        names = [one.event for one in happenings if one.event in TOLD]
        for name in (*names[-1:], *_rests(line)):
            if told and told[-1][0] == name:
                told.pop()
            told.append((name, line.at))
    for name, at in reversed(told):
        yield Moment(what=speech.text("follow.story", name), when=when(speech, at, here))


def _rests(line: TicketEvent) -> Iterator[str]:
    if line.pause in PAUSES:
        yield f"waits_{line.pause}"
    if line.resume == "parts":
        yield "part_came"


def _clock(known: Standing, node: str) -> Clock | None:
    return next((one for one in known.clocks if one.node == node), None)


def _promised(known: Standing, node: str) -> Clock | None:
    """The clock of a step whose time is told to the customer: not what is the office's own."""
    clock = _clock(known, node)
    return clock if clock is not None and clock.limit in _told_of(known) else None


def _told_of(known: Standing) -> set[str]:
    limits = known.policy.every if known.policy is not None else ()
    return {one.id for one in limits if one.promised}


def _is_open(clock: Clock) -> bool:
    return clock.stopped is None and clock.state in ("running", "paused", "breached", "uncertain")

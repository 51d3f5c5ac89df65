"""Beginning a job on the spot: its provisional number, and what stands in where it came to nothing.

What somebody finds beside the job they came for is a job of its own, under the same request. It is
theirs at once, network or not; the office gives it its number when it hears of it.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from shared import ticket
from shared.amounts import (
    LINE_CHARS_MAX,
    Id,
    Line,
    OptionalText,
    Provisional,
    has_control_characters,
    is_provisional,
    is_sayable,
)
from shared.assignment import follows
from shared.errors import Flag, Refused, refuse_value
from shared.ids import derive, is_id
from shared.records import Aggregate, Record, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref, by
from shared.site import Asset
from shared.tasks import Task, task
from shared.work_order import Assignment, Service, StatusChange, WorkOrder, billing_lateness

# No letter or digit that is taken for another one when it is read out.
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
SIGNS: Final = "23456789" + LETTERS


class BeginArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Beside which job, what is to be done, at which machine of the site, and how it is called."""

    beside: Id
    provisional: Provisional
    summary: Line
    service: Service
    asset: Id | None = None
    note: OptionalText = ""


class Begun(Struct, frozen=True, kw_only=True):
    """What is known of an act that began a job and came to nothing: its id, by whom, when (ms).

    `beside` to `summary` are what could be read of its words.
    """

    id: str
    by: str
    at: int
    beside: str | None = None
    asset: str | None = None
    provisional: str | None = None
    summary: str = ""


def phone_code(incarnation: str) -> str:
    """The short code of a phone: another one once it goes on as another incarnation."""
    drawn = int(hashlib.sha256(incarnation.encode()).hexdigest(), 16)
    drawn, letter = divmod(drawn, len(LETTERS))
    drawn, second = divmod(drawn, len(SIGNS))
    return LETTERS[letter] + SIGNS[second] + SIGNS[drawn % len(SIGNS)]


def provisional_number(incarnation: str, count: int) -> str:
    """What the first, second ... job begun on a phone is called until the office knows of it."""
    return f"{phone_code(incarnation)}-{count:04d}"


def begin(state: State, act: Act) -> Outcome | Refused:
    """Begin a job beside the one that somebody is on; it is theirs, and accepted, at once.

    A machine that does not stand at that site is left out: a fact is not refused for it. Laid anew
    over what the office already has of it, on a phone that missed the answer, it changes nothing.
    """
    args: BeginArgs = act.args
    if state.find(WorkOrder, act.on[1]) is not None:
        return Outcome(merged=True)
    if not is_sayable(args.summary):
        return refuse_value("not_text", "args.summary")
    beside = state.find(WorkOrder, args.beside)
    if beside is None:
        return refuse_value("unknown_subject", "args.beside")
    asset = state.find(Asset, args.asset)
    order = WorkOrder(
        id=act.on[1],
        provisional=args.provisional,
        beside_id=beside.id,
        ticket_id=beside.ticket_id,
        customer_id=beside.customer_id,
        site_id=beside.site_id,
        asset_id=asset.id if asset is not None and asset.site_id == beside.site_id else None,
        category=beside.category,
        service=args.service,
        priority=beside.priority,
        summary=args.summary,
        job_note=args.note,
        status="accepted",
        created_at=act.at,
    )
    twice = _called_the_same(state, act, order)
    return Outcome(
        rows=(order, _accepted(act), _given(act), *twice),
        emits=(*ticket.progress(order.ticket_id, "planned", act), *follows(order, act.by.id)),
        flags=(*((Flag(code="alias_twice"),) if twice else ()), *billing_lateness(beside)),
    )


def _accepted(act: Act) -> StatusChange:
    return StatusChange(
        id=derive(act.op_id, "status"),
        work_order_id=act.on[1],
        person_id=act.by.id,
        verb=act.kind,
        before="created",
        after="accepted",
        at=act.at,
    )


def _given(act: Act) -> Assignment:
    return Assignment(
        id=derive(act.op_id, "assignment"),
        work_order_id=act.on[1],
        person_id=act.by.id,
        role="lead",
        from_ms=act.at,
        seen_at=act.at,
        accepted_at=act.at,
    )


def _called_the_same(state: State, act: Act, order: WorkOrder) -> tuple[Task, ...]:
    """The task that two jobs share a provisional number: a person who reads it finds both."""
    others = [one for one in state.all(WorkOrder) if one.provisional == order.provisional]
    other = next((one for one in others if one.id != order.id), None)
    if other is None:
        return ()
    told = {"provisional": order.provisional, "other": other.number}
    return (task(act, "alias_twice", params={**told}),)


def orphan(begun: Begun, beside: WorkOrder) -> tuple[Record, ...]:
    """What stands in for a job whose beginning came to nothing, so that what was done on it stays.

    Nobody is on it: its author once was. The office decides what becomes of it.
    """
    stub = WorkOrder(
        id=begun.id,
        provisional=begun.provisional,
        beside_id=beside.id,
        orphan=True,
        ticket_id=beside.ticket_id,
        customer_id=beside.customer_id,
        site_id=beside.site_id,
        category=beside.category,
        service=beside.service,
        priority=beside.priority,
        summary=begun.summary or beside.summary,
        status="created",
        created_at=begun.at,
    )
    once = Assignment(
        id=derive(begun.id, "assignment"),
        work_order_id=begun.id,
        person_id=begun.by,
        role="lead",
        from_ms=begun.at,
        until_ms=begun.at,
    )
    asked = Task(
        id=derive(begun.id, "task", "orphan", begun.id),
        home_noun="work_order",
        home_id=begun.id,
        code="orphan",
        op_id=begun.id,
        at=begun.at,
    )
    return (stub, once, asked)


def _beside_and_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    linked = reach.links.get("ticket_id")
    return (("work_order", reach.args.beside), *((("ticket", linked),) if linked else ()))


def _for_beginning(reach: Reach) -> tuple[Ref, ...]:
    args: BeginArgs = reach.args
    asset: tuple[Ref, ...] = ((Asset, args.asset),) if args.asset else ()
    return ((WorkOrder, by("provisional", args.provisional)), *asset)


KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        name="work_order.begin",
        cls="fact",
        nouns=frozenset({"work_order"}),
        args=BeginArgs,
        reduce=begin,
        device=True,
        creates=True,
        provisional="provisional",
        names=("work_order", "beside"),
        mentions=(("asset", "asset"),),
        touches=_beside_and_ticket,
        refs=_for_beginning,
    ),
)


def told_of(said: Any) -> dict[str, str]:
    """What can be used of the words of an act that began a job, whatever else is wrong in it."""
    args = said.get("args") if isinstance(said, dict) else None
    found = args if isinstance(args, dict) else {}
    told = {name: one for name in _SOUND if isinstance(one := found.get(name), str)}
    return {name: one for name, one in told.items() if _SOUND[name](one)}


def _is_line(text: str) -> bool:
    return len(text) <= LINE_CHARS_MAX and is_sayable(text) and not has_control_characters(text)


_SOUND: Final[dict[str, Callable[[str], bool]]] = {
    "beside": is_id,
    "asset": is_id,
    "provisional": is_provisional,
    "summary": _is_line,
}

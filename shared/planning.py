"""Planning: what the office does with a work order before and beside the field work."""

from typing import Literal

from msgspec import structs

from shared import ticket
from shared.amounts import Id, Line, LocalTime, OptionalLine, OptionalText, is_sayable
from shared.checklist import Checklist
from shared.errors import Refused, refuse_state, refuse_value
from shared.fields import Priority
from shared.ids import derive
from shared.people import Person, Subscription, may
from shared.records import Aggregate, Record, State, stream_of
from shared.registry import Act, Args, Emit, Kind, Landing, Outcome, Reach, Ref
from shared.site import Asset
from shared.ticket import Ticket
from shared.visit import Visit, unfit_window
from shared.work_order import (
    OPEN,
    Assignment,
    Category,
    Service,
    WorkOrder,
    change,
    current,
    illegal,
    subject,
    to_its_ticket,
)


class CreateArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be done for which ticket, and under which charge category (R-CHG-01)."""

    ticket: Id
    summary: Line
    category: Category
    service: Service
    priority: Priority
    asset: Id | None = None
    checklist: Id | None = None
    skill: OptionalLine = ""
    job_note: OptionalText = ""
    planned_from: LocalTime | None = None
    planned_to: LocalTime | None = None


class AssignArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Who is to do it, and as what."""

    person: Id
    role: Literal["lead", "helper"]


class ReassignArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Who is to do it instead of everybody who was."""

    person: Id
    reason: OptionalLine = ""


class CancelArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why it is not to be done."""

    reason: Line


class PlanArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Who goes there when: wall times at the site."""

    person: Id
    planned_from: LocalTime
    planned_to: LocalTime


class MoveArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The new time of a visit, and whose wish it was."""

    visit: Id
    planned_from: LocalTime
    planned_to: LocalTime
    fault: Literal["customer", "company"]


def create(state: State, act: Act) -> Outcome | Refused:
    """Turn a ticket into a job."""
    args: CreateArgs = act.args
    if not is_sayable(args.summary):
        return refuse_value("not_text", "args.summary")
    asked = state.find(Ticket, args.ticket)
    if asked is None:
        return refuse_value("unknown_subject", "args.ticket")
    asset_id = args.asset or asked.asset_id
    asset = state.find(Asset, asset_id)
    if args.asset is not None and (asset is None or asset.site_id != asked.site_id):
        return refuse_value("unknown_subject", "args.asset")
    if args.checklist is not None and state.find(Checklist, args.checklist) is None:
        return refuse_value("unknown_subject", "args.checklist")
    unfit = unfit_window(args.planned_from, args.planned_to, "args")
    if unfit is not None:
        return unfit
    order = WorkOrder(
        id=act.on[1],
        ticket_id=asked.id,
        customer_id=asked.customer_id,
        site_id=asked.site_id,
        asset_id=asset_id,
        checklist_id=args.checklist,
        category=args.category,
        service=args.service,
        priority=args.priority,
        summary=args.summary,
        job_note=args.job_note,
        skill=args.skill,
        planned_from=args.planned_from,
        planned_to=args.planned_to,
        status="created",
        created_at=act.at,
    )
    return Outcome(rows=(order,), emits=ticket.progress(asked.id, "planned", act))


def assign(state: State, act: Act) -> Outcome | Refused:
    """Give the job to somebody (R-DSP-01)."""
    args: AssignArgs = act.args
    order = _open_to(state, act, args.person)
    if isinstance(order, Refused):
        return order
    holding = list(current(state, order.id))
    if any(one.person_id == args.person for one in holding):
        return Outcome(merged=True)
    if args.role == "lead" and any(one.role == "lead" for one in holding):
        return refuse_state("illegal_status", status="assigned", verb=act.kind)
    rows: list[Record] = [_assignment(act, args.person, args.role)]
    if order.status == "created":
        rows += [structs.replace(order, status="assigned"), change(order, act, "assigned")]
    return Outcome(rows=tuple(rows), emits=_follow(order, args.person, "subscribe"))


def reassign(state: State, act: Act) -> Outcome | Refused:
    """Take the job from whoever has it and give it to somebody else."""
    args: ReassignArgs = act.args
    order = _open_to(state, act, args.person)
    if isinstance(order, Refused):
        return order
    holding = list(current(state, order.id))
    if [one.person_id for one in holding] == [args.person]:
        return Outcome(merged=True)
    leaving = [one for one in holding if one.person_id != args.person]
    ended = [structs.replace(one, until_ms=act.at) for one in leaving]
    kept = [structs.replace(one, role="lead") for one in holding if one.person_id == args.person]
    leading = kept or [_assignment(act, args.person, "lead")]
    emits = [
        *(emit for one in leaving for emit in _follow(order, one.person_id, "unsubscribe")),
        *_follow(order, args.person, "subscribe"),
    ]
    rows: list[Record] = [
        *ended,
        *leading,
        *_handed_over(state, act, {one.person_id for one in leaving}),
    ]
    rows += [structs.replace(order, status="assigned"), change(order, act, "assigned")]
    return Outcome(rows=tuple(rows), emits=tuple(emits))


def cancel(state: State, act: Act) -> Outcome | Refused:
    """Call the job off. Facts that still arrive from the field are kept."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    if order.status == "cancelled":
        return Outcome(merged=True)
    if order.status not in OPEN:
        return illegal(order, act)
    args: CancelArgs = act.args
    if not is_sayable(args.reason):
        return refuse_value("not_text", "args.reason")
    changed = structs.replace(order, status="cancelled", cancel_reason=args.reason)
    return Outcome(
        rows=(changed, change(order, act, "cancelled")),
        emits=ticket.progress(order.ticket_id, "new", act),
    )


def plan(state: State, act: Act) -> Outcome | Refused:
    """Plan a visit (R-DSP-10)."""
    args: PlanArgs = act.args
    order = _open_to(state, act, args.person)
    if isinstance(order, Refused):
        return order
    unfit = unfit_window(args.planned_from, args.planned_to, "args")
    if unfit is not None:
        return unfit
    visit = Visit(
        id=derive(act.op_id, "visit"),
        work_order_id=order.id,
        person_id=args.person,
        planned_from=args.planned_from,
        planned_to=args.planned_to,
    )
    return Outcome(rows=(visit,))


def move(state: State, act: Act) -> Outcome | Refused:
    """Give a visit another time, and say at whose wish: it decides which clocks pause."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: MoveArgs = act.args
    visit = state.find(Visit, args.visit)
    if visit is None or visit.work_order_id != order.id:
        return refuse_value("unknown_subject", "args.visit")
    if order.status not in OPEN or visit.ended_at is not None:
        return illegal(order, act)
    unfit = unfit_window(args.planned_from, args.planned_to, "args")
    if unfit is not None:
        return unfit
    moved = structs.replace(
        visit,
        planned_from=args.planned_from,
        planned_to=args.planned_to,
        moved=True,
        fault=args.fault,
    )
    return Outcome(rows=(moved,))


def followed(_state: State, emit: Emit, _op_id: str, _at: int) -> Landing:
    """Somebody's devices follow a stream for one more reason."""
    return Landing(rows=(subscription(emit),))


def unfollowed(_state: State, emit: Emit, _op_id: str, _at: int) -> Landing:
    """One reason to follow a stream is gone; the stream goes with the last one."""
    return Landing(removed=(subscription(emit),))


def subscription(emit: Emit) -> Subscription:
    """The row that an emitted `subscribe` or `unsubscribe` is about."""
    stream, reason = str(emit.args["stream"]), str(emit.args["reason"])
    return Subscription(
        id=derive("subscription", emit.on[1], stream, reason),
        person_id=emit.on[1],
        stream=stream,
        reason=reason,
    )


def follow(person_id: str, stream: str, reason: str, *, name: str = "subscribe") -> Emit:
    """The fact that somebody's devices follow a stream, or no longer do, for one reason."""
    return Emit(on=("person", person_id), name=name, args={"stream": stream, "reason": reason})


def _follow(order: WorkOrder, person_id: str, name: str) -> tuple[Emit, ...]:
    places = (
        ("work_order", order.id),
        ("ticket", order.ticket_id),
        ("site", order.site_id),
        ("customer", order.customer_id),
    )
    reason = stream_of(("work_order", order.id))
    return tuple(follow(person_id, stream_of(place), reason, name=name) for place in places)


def _open_to(state: State, act: Act, person: str) -> WorkOrder | Refused:
    """The job, if it may still be given to somebody, and this person can take it."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    refused = _unfit(state, person)
    if refused is None and order.status not in OPEN:
        return illegal(order, act)
    return refused or order


def _unfit(state: State, person_id: str) -> Refused | None:
    person = state.find(Person, person_id)
    if person is None or person.disabled or not may(person.roles, "work_order.accept"):
        return refuse_value("unknown_person", "args.person")
    return None


def _assignment(act: Act, person_id: str, role: str) -> Assignment:
    return Assignment(
        id=derive(act.op_id, "assignment"),
        work_order_id=act.on[1],
        person_id=person_id,
        role=role,
        from_ms=act.at,
    )


def _handed_over(state: State, act: Act, leaving: set[str]) -> list[Visit]:
    return [
        structs.replace(visit, person_id=act.args.person)
        for visit in state.of(Visit, act.on[1])
        if visit.ended_at is None and not visit.attendance and visit.person_id in leaving
    ]


def _from_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    return (("ticket", reach.args.ticket),)


def _for_creating(reach: Reach) -> tuple[Ref, ...]:
    args: CreateArgs = reach.args
    asset: tuple[Ref, ...] = ((Asset, args.asset),) if args.asset else ()
    checklist: tuple[Ref, ...] = ((Checklist, args.checklist),) if args.checklist else ()
    return (*asset, *checklist)


def _person(reach: Reach) -> tuple[Ref, ...]:
    return ((Person, reach.args.person),)


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="work_order.create",
        cls="office",
        nouns=_ON,
        args=CreateArgs,
        reduce=create,
        creates=True,
        touches=_from_ticket,
        refs=_for_creating,
    ),
    Kind(
        name="work_order.assign",
        cls="office",
        nouns=_ON,
        args=AssignArgs,
        reduce=assign,
        refs=_person,
    ),
    Kind(
        name="work_order.reassign",
        cls="office",
        nouns=_ON,
        args=ReassignArgs,
        reduce=reassign,
        refs=_person,
    ),
    Kind(
        name="work_order.cancel",
        cls="office",
        nouns=_ON,
        args=CancelArgs,
        reduce=cancel,
        touches=to_its_ticket,
    ),
    Kind(name="visit.plan", cls="office", nouns=_ON, args=PlanArgs, reduce=plan, refs=_person),
    Kind(name="visit.move", cls="office", nouns=_ON, args=MoveArgs, reduce=move),
)
ABSORBS = {"subscribe": followed, "unsubscribe": unfollowed}

"""Planning: what the office does with a work order before and beside the field work."""

from typing import Literal

from msgspec import structs

from shared import milestones, ticket
from shared.amounts import Id, Line, LocalTime, OptionalLine, OptionalText, is_sayable
from shared.assignment import open_to, the_person
from shared.checklist import Checklist
from shared.errors import Refused, refuse_value
from shared.fields import Priority
from shared.ids import derive
from shared.records import Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.site import Asset
from shared.ticket import Ticket
from shared.visit import Visit, unfit_window
from shared.work_order import (
    OPEN,
    Category,
    Service,
    WorkOrder,
    change,
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
    order = open_to(state, act, args.person)
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
    step = milestones.planned(args.planned_from)
    return Outcome(rows=(visit,), emits=ticket.progress(order.ticket_id, "", act, step))


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
    step = milestones.moved(args.planned_from, args.fault)
    return Outcome(rows=(moved,), emits=ticket.progress(order.ticket_id, "", act, step))


def _from_ticket(reach: Reach) -> tuple[Aggregate, ...]:
    return (("ticket", reach.args.ticket),)


def _for_creating(reach: Reach) -> tuple[Ref, ...]:
    args: CreateArgs = reach.args
    asset: tuple[Ref, ...] = ((Asset, args.asset),) if args.asset else ()
    checklist: tuple[Ref, ...] = ((Checklist, args.checklist),) if args.checklist else ()
    return (*asset, *checklist)


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="work_order.create",
        cls="office",
        nouns=_ON,
        args=CreateArgs,
        reduce=create,
        creates=True,
        mentions=(("asset", "asset"),),
        touches=_from_ticket,
        refs=_for_creating,
    ),
    Kind(
        name="work_order.cancel",
        cls="office",
        nouns=_ON,
        args=CancelArgs,
        reduce=cancel,
        touches=to_its_ticket,
    ),
    Kind(
        name="visit.plan",
        cls="office",
        nouns=_ON,
        args=PlanArgs,
        reduce=plan,
        touches=to_its_ticket,
        refs=the_person,
    ),
    Kind(
        name="visit.move",
        cls="office",
        nouns=_ON,
        args=MoveArgs,
        reduce=move,
        touches=to_its_ticket,
    ),
)

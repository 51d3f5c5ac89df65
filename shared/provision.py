"""Provision: the parts a job will need, and those that have to be ordered for it."""

from msgspec import structs

from shared.amounts import (
    Id,
    OptionalLine,
    Quantity,
    has_control_characters,
    is_sayable,
    quantity_text,
    thousandths,
    tidy,
)
from shared.errors import Refused, refuse_value
from shared.ids import derive
from shared.milestones import SUPPLIED
from shared.parts import USED_AT_ONCE_MAX, Part, PlannedPart
from shared.records import Record, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.tasks import Task, closed, task
from shared.ticket import progress
from shared.work_order import lateness, subject, to_its_ticket


class OrderedPart(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A part that has to be ordered for a job: a known one, or what somebody calls it.

    Amount in thousandths; times in milliseconds. Open until the warehouse has supplied it.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    part_id: Id | None = None
    text: OptionalLine = ""
    amount: int
    note: OptionalLine = ""
    person_id: Id
    at: int
    supplied_at: int | None = None
    supplied_by: Id | None = None


class PlanArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which part the job will need, how much of it, and what for."""

    part: Id
    quantity: Quantity
    note: OptionalLine = ""


class UnplanArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which line of the plan is dropped."""

    planned: Id


class OrderArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be ordered, by its id or in words, how much of it, and what for."""

    part: Id | None = None
    text: OptionalLine = ""
    quantity: Quantity
    note: OptionalLine = ""


class SupplyArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which order has come."""

    ordered: Id


def plan(state: State, act: Act) -> Outcome | Refused:
    """Plan a part for a job."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: PlanArgs = act.args
    refused = _unfit(state, args)
    if refused is not None:
        return refused
    planned = PlannedPart(
        id=derive(act.op_id, "planned"),
        work_order_id=order.id,
        part_id=args.part,
        amount=thousandths(args.quantity),
        note=tidy(args.note),
        person_id=act.by.id,
        at=act.at,
    )
    return Outcome(rows=(planned,), flags=lateness(order))


def unplan(state: State, act: Act) -> Outcome | Refused:
    """Drop a line of the plan."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    line = state.find(PlannedPart, act.args.planned)
    if line is None or line.work_order_id != order.id:
        return refuse_value("unknown_subject", "args.planned")
    if line.dropped_at is not None:
        return Outcome(merged=True)
    return Outcome(rows=(structs.replace(line, dropped_at=act.at),), flags=lateness(order))


def order_part(state: State, act: Act) -> Outcome | Refused:
    """Ask the warehouse for a part that is not there."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: OrderArgs = act.args
    if args.part is None and not tidy(args.text):
        return refuse_value("missing_field", "args.part")
    if args.text and not is_sayable(args.text):
        return refuse_value("not_text", "args.text")
    refused = _unfit(state, args)
    if refused is not None:
        return refused
    ordered = OrderedPart(
        id=derive(act.op_id, "ordered"),
        work_order_id=order.id,
        visit_id=act.visit,
        part_id=args.part,
        text=tidy(args.text),
        amount=thousandths(args.quantity),
        note=tidy(args.note),
        person_id=act.by.id,
        at=act.at,
    )
    asked = {
        "ordered": ordered.id,
        "part": args.part or ordered.text,
        "quantity": quantity_text(ordered.amount),
        "number": order.number,
    }
    return Outcome(rows=(ordered, task(act, "order_part", params={**asked})), flags=lateness(order))


def supply(state: State, act: Act) -> Outcome | Refused:
    """Say that an ordered part has come; its task is closed."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    ordered = state.find(OrderedPart, act.args.ordered)
    if ordered is None or ordered.work_order_id != order.id:
        return refuse_value("unknown_subject", "args.ordered")
    if ordered.supplied_at is not None:
        return Outcome(merged=True)
    supplied = structs.replace(ordered, supplied_at=act.at, supplied_by=act.by.id)
    asked = [
        closed(one, act)
        for one in state.of(Task, order.id)
        if one.params.get("ordered") == ordered.id and not one.done
    ]
    emits = progress(order.ticket_id, "", act, SUPPLIED)
    return Outcome(rows=(supplied, *asked), emits=emits)


def _unfit(state: State, args: PlanArgs | OrderArgs) -> Refused | None:
    """The refusal of a part that is not known, of no amount, or of a note nobody can read."""
    if args.part is not None and state.find(Part, args.part) is None:
        return refuse_value("unknown_subject", "args.part")
    if not 0 < thousandths(args.quantity) <= USED_AT_ONCE_MAX:
        return refuse_value("wrong_quantity", "args.quantity", quantity=args.quantity)
    if has_control_characters(args.note):
        return refuse_value("not_text", "args.note")
    return None


def _the_part(reach: Reach) -> tuple[Ref, ...]:
    part: str | None = reach.args.part
    return ((Part, part),) if part else ()


def _the_line(reach: Reach) -> tuple[Ref, ...]:
    return ((PlannedPart, reach.args.planned),)


def _the_order(reach: Reach) -> tuple[Ref, ...]:
    return ((OrderedPart, reach.args.ordered),)


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="parts.plan",
        cls="fact",
        nouns=_ON,
        args=PlanArgs,
        reduce=plan,
        device=True,
        refs=_the_part,
    ),
    Kind(
        name="parts.unplan",
        cls="fact",
        nouns=_ON,
        args=UnplanArgs,
        reduce=unplan,
        device=True,
        refs=_the_line,
    ),
    Kind(
        name="parts.order",
        cls="fact",
        nouns=_ON,
        args=OrderArgs,
        reduce=order_part,
        device=True,
        refs=_the_part,
    ),
    Kind(
        name="parts.supply",
        cls="office",
        nouns=_ON,
        args=SupplyArgs,
        reduce=supply,
        touches=to_its_ticket,
        refs=_the_order,
    ),
)

"""Stock: parts booked in, moved from place to place, and counted."""

from shared.amounts import Id, Quantity, thousandths
from shared.errors import Refused, refuse_value
from shared.parts import (
    COUNTED,
    SUPPLIER,
    USED_AT_ONCE_MAX,
    Balance,
    Location,
    Part,
    balance_id,
    recount_id,
    transfer,
)
from shared.records import Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.tasks import Task, closed


class ReceiveArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which part came in, and how much."""

    part: Id
    quantity: Quantity


class MoveArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which part goes from this place to another one, and how much."""

    part: Id
    quantity: Quantity
    to: Id


class CountArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which part was counted here, and how much there is."""

    part: Id
    counted: Quantity


def receive(state: State, act: Act) -> Outcome | Refused:
    """Book parts in from the supplier (R-PRT-12)."""
    args: ReceiveArgs = act.args
    refused = _unknown(state, act) or _no_amount(args.quantity)
    if refused is not None:
        return refused
    return Outcome(emits=transfer(args.part, (SUPPLIER, act.on[1]), thousandths(args.quantity)))


def move(state: State, act: Act) -> Outcome | Refused:
    """Move parts from this place to another one; what the books did not have is counted again."""
    args: MoveArgs = act.args
    refused = _unknown(state, act) or _no_amount(args.quantity)
    if refused is not None:
        return refused
    if args.to == act.on[1]:
        return refuse_value("wrong_value", "args.to")
    if state.find(Location, args.to) is None:
        return refuse_value("unknown_subject", "args.to")
    return Outcome(emits=transfer(args.part, (act.on[1], args.to), thousandths(args.quantity)))


def count(state: State, act: Act) -> Outcome | Refused:
    """Make the books say what was counted, by one movement, and close the recount."""
    args: CountArgs = act.args
    refused = _unknown(state, act)
    if refused is not None:
        return refused
    place = act.on[1]
    found = thousandths(args.counted)
    if found > USED_AT_ONCE_MAX:
        return refuse_value("wrong_quantity", "args.counted", quantity=args.counted)
    known = state.find(Balance, balance_id(place, args.part))
    more = found - (known.amount if known is not None else 0)
    asked = state.find(Task, recount_id(place, args.part))
    rows = (closed(asked, act),) if asked is not None and not asked.done else ()
    path = (COUNTED, place) if more > 0 else (place, COUNTED)
    emits = transfer(args.part, path, abs(more)) if more else ()
    return Outcome(rows=rows, emits=emits, merged=not rows and not emits)


def _unknown(state: State, act: Act) -> Refused | None:
    if state.find(Location, act.on[1]) is None:
        return refuse_value("unknown_subject", "on")
    if state.find(Part, act.args.part) is None:
        return refuse_value("unknown_subject", "args.part")
    return None


def _no_amount(quantity: str) -> Refused | None:
    if thousandths(quantity) > 0:
        return None
    return refuse_value("wrong_quantity", "args.quantity", quantity=quantity)


def _here(reach: Reach) -> tuple[Ref, ...]:
    place, part = reach.on[1], reach.args.part
    return ((Part, part), (Location, place), (Balance, balance_id(place, part)))


def _counted_here(reach: Reach) -> tuple[Ref, ...]:
    return (*_here(reach), (Task, recount_id(reach.on[1], reach.args.part)))


def _both(reach: Reach) -> tuple[Ref, ...]:
    args: MoveArgs = reach.args
    there = ((Location, args.to), (Balance, balance_id(args.to, args.part)))
    return (*_counted_here(reach), *there)


def _other_place(reach: Reach) -> tuple[Aggregate, ...]:
    return (("location", reach.args.to),)


_ON = frozenset({"location"})

KINDS = (
    Kind(
        name="stock.receive", cls="office", nouns=_ON, args=ReceiveArgs, reduce=receive, refs=_here
    ),
    Kind(
        name="stock.move",
        cls="office",
        nouns=_ON,
        args=MoveArgs,
        reduce=move,
        touches=_other_place,
        refs=_both,
    ),
    Kind(
        name="stock.count",
        cls="office",
        nouns=_ON,
        args=CountArgs,
        reduce=count,
        refs=_counted_here,
    ),
)

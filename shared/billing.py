"""Billing: who pays for a job, the lines of its bill, and the quote before them."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct, structs

from shared.amendments import amendment
from shared.amounts import tidy
from shared.charges import (
    AddArgs,
    Charge,
    CoverageDecision,
    DecideArgs,
    DeclineArgs,
    DropArgs,
    Quote,
    QuoteArgs,
    QuoteLine,
    agreed_of,
)
from shared.coverage import BASES_OF, CODES
from shared.errors import Flag, Refused, refuse_state, refuse_value
from shared.ids import derive
from shared.milestones import PROPOSED
from shared.money import total_of
from shared.parts import PartUse
from shared.prices import PriceList
from shared.pricing import BY_HAND_FLAG, Till, priced, unreadable, unsaid
from shared.records import State
from shared.registry import Act, Kind, Outcome, Reach, Ref, by
from shared.ticket import progress
from shared.work_order import WorkOrder, billing_lateness, subject, to_its_ticket

COVERING: Final = frozenset({"warranty", "contract", "goodwill", "internal"})


class Desk(Struct, frozen=True, kw_only=True):
    """A job, and the edition of the price list that an act on it names."""

    order: WorkOrder
    prices: PriceList


def decide(state: State, act: Act) -> Outcome | Refused:
    """Say who pays for a job, and why (R-WAR-07, R-CHG-01); the category before stays known."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: DecideArgs = act.args
    refused = _undecided(args)
    if refused is not None:
        return refused
    decision = CoverageDecision(
        id=derive(act.op_id, "coverage"),
        work_order_id=order.id,
        visit_id=act.visit,
        category=args.category,
        before=order.category,
        basis=args.basis,
        code=args.code,
        params=args.params,
        covers=args.covers,
        note=tidy(args.note),
        person_id=act.by.id,
        at=act.at,
    )
    changed = decision.category != decision.before
    told = {"before": decision.before, "after": decision.category}
    moved = (structs.replace(order, category=args.category),) if changed else ()
    flags = (Flag(code="category_changed", params=dict(told)),) if changed else ()
    late = amendment(state, act, decision.visit_id, new=decision.id)
    return Outcome(
        rows=(decision, *moved, *late.rows),
        flags=(*flags, *billing_lateness(order), *late.flags),
    )


def _undecided(args: DecideArgs) -> Refused | None:
    """Why a decision cannot be: it explains nothing, or its basis is another category's."""
    if args.code not in CODES:
        return refuse_value("unknown_choice", "args.code")
    if args.basis not in BASES_OF[args.category]:
        return refuse_value("wrong_value", "args.basis", reason=args.basis)
    if args.covers and args.basis not in COVERING:
        return refuse_value("wrong_value", "args.covers")
    return unreadable(args)


def add(state: State, act: Act) -> Outcome | Refused:
    """Put one line on the bill of a job, at the price of the edition that it names."""
    at = _desk(state, act)
    if isinstance(at, Refused):
        return at
    args: AddArgs = act.args
    line = priced(state, Till(order_id=at.order.id, prices=at.prices, path="args.line"), args.line)
    if isinstance(line, Refused):
        return line
    charge = Charge(
        id=derive(act.op_id, "charge"),
        work_order_id=at.order.id,
        visit_id=act.visit,
        **structs.asdict(line),
        note=tidy(args.line.note),
        use_id=args.line.use,
        price_list_id=at.prices.id,
        person_id=act.by.id,
        at=act.at,
    )
    late = amendment(state, act, charge.visit_id, new=charge.id)
    told = (*_told_of(state, charge), *billing_lateness(at.order), *late.flags)
    return Outcome(rows=(charge, *late.rows), flags=told)


def _told_of(state: State, charge: Charge) -> Iterator[Flag]:
    """What somebody may want to know of a new line."""
    if not charge.item:
        yield BY_HAND_FLAG
    lines = charged(state, charge.work_order_id)
    if charge.use_id is not None and any(one.use_id == charge.use_id for one in lines):
        yield Flag(code="charged_twice")
    quote = agreed(state, charge.work_order_id)
    if quote is not None and quote.price_list_id != charge.price_list_id:
        yield Flag(code="other_prices")


def drop(state: State, act: Act) -> Outcome | Refused:
    """Take one line off the bill."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    found = state.find(Charge, act.args.charge)
    if found is None or found.work_order_id != order.id:
        return refuse_value("unknown_subject", "args.charge")
    if found.dropped_at is not None:
        return Outcome(merged=True)
    late = amendment(state, act, found.visit_id)
    return Outcome(
        rows=(structs.replace(found, dropped_at=act.at), *late.rows),
        flags=(*billing_lateness(order), *late.flags),
    )


def quote(state: State, act: Act) -> Outcome | Refused:
    """Write down what the repair would cost, for the customer to agree to."""
    at = _desk(state, act)
    if isinstance(at, Refused):
        return at
    args: QuoteArgs = act.args
    till = Till(order_id=at.order.id, prices=at.prices, path="args.lines")
    lines: list[QuoteLine] = []
    for wish in args.lines:
        line = priced(state, till, wish)
        if isinstance(line, Refused):
            return line
        lines.append(line)
    total = total_of(lines, at.prices)
    made = Quote(
        id=derive(act.op_id, "quote"),
        work_order_id=at.order.id,
        visit_id=act.visit,
        price_list_id=at.prices.id,
        lines=tuple(lines),
        total=total.total,
        tax_total=sum(part.tax for part in total.taxes),
        currency=at.prices.currency,
        person_id=act.by.id,
        at=act.at,
    )
    by_hand = (BY_HAND_FLAG,) if any(not one.item for one in lines) else ()
    return Outcome(
        rows=(made,),
        emits=progress(at.order.ticket_id, "", act, PROPOSED),
        flags=(*by_hand, *billing_lateness(at.order)),
    )


def decline(state: State, act: Act) -> Outcome | Refused:
    """Write down that the customer does not agree to a quote, and why."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: DeclineArgs = act.args
    found = state.find(Quote, args.quote)
    if found is None or found.work_order_id != order.id:
        return refuse_value("unknown_subject", "args.quote")
    refused = unsaid(args, "reason")
    if refused is not None:
        return refused
    if found.agreed_at is not None:
        return refuse_state("already_settled")
    if found.declined_at is not None:
        return Outcome(merged=True)
    said = structs.replace(found, declined_at=act.at, decline_reason=tidy(args.reason))
    return Outcome(rows=(said,), flags=billing_lateness(order))


def charged(state: State, order_id: str) -> list[Charge]:
    """The lines that stand on a job's bill."""
    return [one for one in state.of(Charge, order_id) if one.dropped_at is None]


def agreed(state: State, order_id: str) -> Quote | None:
    """The quote that the customer agreed to last, if to any."""
    return agreed_of(state.of(Quote, order_id))


def _desk(state: State, act: Act) -> Desk | Refused:
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    prices = state.find(PriceList, act.args.price_list)
    if prices is None:
        return refuse_value("unknown_subject", "args.price_list")
    return Desk(order=order, prices=prices)


def _for_a_line(reach: Reach) -> tuple[Ref, ...]:
    args: AddArgs = reach.args
    use: tuple[Ref, ...] = ((PartUse, args.line.use),) if args.line.use is not None else ()
    its = tuple((kind, by("work_order_id", reach.on[1])) for kind in (Charge, Quote))
    return ((PriceList, args.price_list), *use, *its)


def _for_a_quote(reach: Reach) -> tuple[Ref, ...]:
    args: QuoteArgs = reach.args
    uses = sorted({line.use for line in args.lines if line.use is not None})
    return ((PriceList, args.price_list), *((PartUse, one) for one in uses))


def _that_line(reach: Reach) -> tuple[Ref, ...]:
    return ((Charge, reach.args.charge),)


def _that_quote(reach: Reach) -> tuple[Ref, ...]:
    return ((Quote, reach.args.quote),)


def _fact(**given: object) -> Kind:
    fixed = {"cls": "fact", "nouns": frozenset({"work_order"}), "device": True, "belated": True}
    return Kind(**{**fixed, **given})  # type: ignore[arg-type]


KINDS = (
    _fact(name="charge.decide", args=DecideArgs, reduce=decide),
    _fact(name="charge.add", args=AddArgs, reduce=add, refs=_for_a_line),
    _fact(name="charge.drop", args=DropArgs, reduce=drop, refs=_that_line),
    _fact(
        name="quote.make", args=QuoteArgs, reduce=quote, touches=to_its_ticket, refs=_for_a_quote
    ),
    _fact(name="quote.decline", args=DeclineArgs, reduce=decline, refs=_that_quote),
)

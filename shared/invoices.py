"""Invoices (发票): what a customer asks to have on one, and what became of it in the office."""

from collections.abc import Iterator

from msgspec import structs

from shared.amounts import tidy
from shared.billing import charged
from shared.charges import Charge
from shared.errors import Flag, Refused, refuse_state, refuse_value
from shared.ids import derive
from shared.money import total_of
from shared.payments import AskArgs, InvoiceRequest, IssueArgs, ReverseArgs
from shared.prices import PriceList
from shared.pricing import unsaid
from shared.records import State
from shared.registry import Act, Kind, Outcome, Reach, Ref, by
from shared.tax_numbers import fault, plain
from shared.work_order import billing_lateness, subject


def ask(state: State, act: Act) -> Outcome | Refused:
    """Ask for an invoice over all that a job is charged for (R-CHG-08)."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: AskArgs = act.args
    prices = state.find(PriceList, args.price_list)
    if prices is None:
        return refuse_value("unknown_subject", "args.price_list")
    number = plain(args.tax_number)
    refused = unsaid(args, "title") or _incomplete(args, number)
    if refused is not None:
        return refused
    total = total_of(charged(state, order.id), prices)
    asked = InvoiceRequest(
        id=derive(act.op_id, "invoice"),
        work_order_id=order.id,
        visit_id=act.visit,
        type=args.type,
        title=tidy(args.title),
        tax_number=number,
        delivery=args.delivery,
        address=tidy(args.address),
        bank=tidy(args.bank),
        amount=total.total,
        tax_amount=sum(part.tax for part in total.taxes),
        currency=prices.currency,
        state="asked",
        person_id=act.by.id,
        at=act.at,
    )
    nothing = () if total.total else (Flag(code="nothing_charged"),)
    return Outcome(rows=(asked,), flags=(*nothing, *billing_lateness(order)))


def _incomplete(args: AskArgs, number: str) -> Refused | None:
    """What is missing of an invoice: a special one has to say more, a sent one where to."""
    special = args.type == "special"
    needed = {
        "tax_number": special and not number,
        "bank": special and not tidy(args.bank),
        "address": (special or args.delivery == "email") and not tidy(args.address),
    }
    missing = next((name for name, lacks in needed.items() if lacks), None)
    if missing is not None:
        return refuse_value("missing_field", f"args.{missing}")
    wrong = fault(number) if number else ""
    return refuse_value(wrong, field="args.tax_number") if wrong else None


def issue(state: State, act: Act) -> Outcome | Refused:
    """Say which invoice answers a request; its sum is compared with the charges of today."""
    found = _request(state, act)
    if isinstance(found, Refused):
        return found
    args: IssueArgs = act.args
    refused = unsaid(args, "number")
    if refused is not None:
        return refused
    number = tidy(args.number)
    if found.state != "asked":
        same = found.state == "issued" and found.number == number
        return Outcome(merged=True) if same else refuse_state("already_settled")
    issued = structs.replace(
        found, state="issued", number=number, issued_at=act.at, issued_by=act.by.id
    )
    return Outcome(rows=(issued,), flags=tuple(_moved_on(state, found)))


def _moved_on(state: State, asked: InvoiceRequest) -> Iterator[Flag]:
    """Whether the lines come to something else than when the invoice was asked for.

    They hold the tax or do not, as their edition says, which is not at hand here.
    """
    lines = sum(one.net for one in charged(state, asked.work_order_id) if not one.covered)
    if max(lines, 0) not in (asked.amount, asked.amount - asked.tax_amount):
        yield Flag(code="amount_changed")


def reverse(state: State, act: Act) -> Outcome | Refused:
    """Reverse an invoice that was issued, and say why."""
    found = _request(state, act)
    if isinstance(found, Refused):
        return found
    args: ReverseArgs = act.args
    refused = unsaid(args, "reason")
    if refused is not None:
        return refused
    if found.state == "reversed":
        return Outcome(merged=True)
    if found.state != "issued":
        return refuse_state("not_issued")
    reason = tidy(args.reason)
    after = structs.replace(found, state="reversed", reversed_at=act.at, reverse_reason=reason)
    return Outcome(rows=(after,))


def _request(state: State, act: Act) -> InvoiceRequest | Refused:
    found = state.find(InvoiceRequest, act.args.request)
    if found is None or found.work_order_id != act.on[1]:
        return refuse_value("unknown_subject", "args.request")
    return found


def _lines(reach: Reach) -> tuple[Ref, ...]:
    return ((PriceList, reach.args.price_list), (Charge, by("work_order_id", reach.on[1])))


def _that_request(reach: Reach) -> tuple[Ref, ...]:
    return ((InvoiceRequest, reach.args.request),)


def _request_and_lines(reach: Reach) -> tuple[Ref, ...]:
    return (*_that_request(reach), (Charge, by("work_order_id", reach.on[1])))


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="invoice.ask",
        cls="fact",
        nouns=_ON,
        args=AskArgs,
        reduce=ask,
        device=True,
        belated=True,
        refs=_lines,
    ),
    Kind(
        name="invoice.issue",
        cls="office",
        nouns=_ON,
        args=IssueArgs,
        reduce=issue,
        refs=_request_and_lines,
    ),
    Kind(
        name="invoice.reverse",
        cls="office",
        nouns=_ON,
        args=ReverseArgs,
        reduce=reverse,
        refs=_that_request,
    ),
)

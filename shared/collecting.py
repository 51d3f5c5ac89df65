"""Collecting: money that is taken on the spot, handed to finance, or taken down by mistake."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from shared.amendments import amendment, visit_seals
from shared.amounts import tidy
from shared.billing import agreed, charged
from shared.charges import Charge, Quote
from shared.errors import Flag, Params, Refused, refuse_state, refuse_value
from shared.ids import derive
from shared.money import receipt_of, total_of
from shared.payments import ON_ACCOUNT, HandOverArgs, Payment, TakeArgs, VoidArgs
from shared.people import may
from shared.photos import Photo
from shared.prices import PriceList
from shared.pricing import unreadable, unsaid
from shared.records import Record, State
from shared.registry import Act, Kind, Outcome, Reach, Ref, by
from shared.tasks import Task
from shared.work_order import billing_lateness, subject

NOT_COLLECTOR: Final = "not_collector"


def take(state: State, act: Act) -> Outcome | Refused:
    """Take money, or write down that it is owed on account (R-CHG-06); it has a receipt."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: TakeArgs = act.args
    prices = state.find(PriceList, args.price_list)
    if prices is None:
        return refuse_value("unknown_subject", "args.price_list")
    if args.currency != prices.currency:
        return refuse_value("wrong_value", "args.currency", reason=args.currency)
    refused = unreadable(args)
    if refused is not None:
        return refused
    # A picture that is not of this job, or not here yet, keeps no money from being written down.
    photo = state.find(Photo, args.photo)
    shown = photo is not None and photo.work_order_id == order.id
    payment = Payment(
        id=derive(act.op_id, "payment"),
        work_order_id=order.id,
        visit_id=act.visit,
        receipt=receipt_of(act.op_id),
        method=args.method,
        amount=args.amount,
        currency=args.currency,
        payer=tidy(args.payer),
        transaction=tidy(args.transaction),
        photo_id=args.photo if shown else None,
        person_id=act.by.id,
        at=act.at,
    )
    return Outcome(
        rows=(payment,), flags=(*_told_of(state, payment, prices), *billing_lateness(order))
    )


def _told_of(state: State, payment: Payment, prices: PriceList) -> Iterator[Flag]:
    """More than may be taken on the spot, all payments of the job together; more than is due."""
    others = paid(state, payment.work_order_id)
    on_the_spot = sum(one.amount for one in (*others, payment) if one.method != ON_ACCOUNT)
    if payment.method != ON_ACCOUNT and on_the_spot > prices.on_spot_limit:
        yield Flag(code="over_limit", params={"limit": prices.on_spot_limit, "sum": on_the_spot})
    quote = agreed(state, payment.work_order_id)
    bill = total_of(charged(state, payment.work_order_id), prices).total
    asked = max(bill, quote.total if quote is not None else 0)
    over = sum(one.amount for one in (*others, payment)) - asked
    if over > 0:
        yield Flag(code="overpaid", params={"over": over})


def void(state: State, act: Act) -> Outcome | Refused:
    """Take a payment back that was written down by mistake. Finance has the last word on its own.

    A customer who signed for it has to be told, and the office where it was not the collector who
    took it back. On a phone that is refused; here it stays a fact, as all that was recorded does:
    the payment may well have been a mistake, and the money is with whom it was.
    """
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: VoidArgs = act.args
    payment = _its_own(state, order.id, args.payment)
    if isinstance(payment, Refused):
        return payment
    refused = unsaid(args, "reason")
    if refused is not None:
        return refused
    if payment.void_at is not None:
        return Outcome(merged=True)
    if payment.handed_at is not None and not may(act.by.roles, "payment.hand_over"):
        return refuse_state("handed_over")
    gone = structs.replace(payment, void_at=act.at, void_reason=tidy(args.reason))
    signed = any(payment.id in one.listed for one in visit_seals(state, order.id))
    late = amendment(state, act, payment.visit_id) if signed else Outcome()
    others = _of_another(payment, act)
    return Outcome(
        rows=(gone, *late.rows, *others.rows),
        flags=(*billing_lateness(order), *late.flags, *others.flags),
    )


def _of_another(payment: Payment, act: Act) -> Outcome:
    """The flag and the task of a payment that was not collected by whoever takes it back."""
    if act.by.id == payment.person_id or may(act.by.roles, "payment.hand_over"):
        return Outcome()
    params: Params = {"receipt": payment.receipt}
    task = Task(
        id=derive(payment.id, "task", NOT_COLLECTOR),
        home_noun="work_order",
        home_id=payment.work_order_id,
        code=NOT_COLLECTOR,
        params=params,
        op_id=act.op_id,
        at=act.at,
    )
    return Outcome(rows=(task,), flags=(Flag(code=NOT_COLLECTOR, params=params),))


def hand_over(state: State, act: Act) -> Outcome | Refused:
    """Finance has the money now (R-CHG-07)."""
    args: HandOverArgs = act.args
    payment = _its_own(state, act.on[1], args.payment)
    if isinstance(payment, Refused):
        return payment
    if payment.handed_at is not None:
        return Outcome(merged=True)
    if payment.void_at is not None or payment.method == ON_ACCOUNT:
        return refuse_state("no_money")
    return Outcome(rows=(structs.replace(payment, handed_at=act.at, handed_to=act.by.id),))


def paid(state: State, order_id: str) -> list[Payment]:
    """The payments of a job that stand."""
    return [one for one in state.of(Payment, order_id) if one.void_at is None]


def _its_own(state: State, order_id: str, identity: str) -> Payment | Refused:
    payment = state.find(Payment, identity)
    if payment is None or payment.work_order_id != order_id:
        return refuse_value("unknown_subject", "args.payment")
    return payment


def _bill(reach: Reach) -> tuple[Ref, ...]:
    args: TakeArgs = reach.args
    photo: tuple[Ref, ...] = ((Photo, args.photo),) if args.photo is not None else ()
    kinds: tuple[type[Record], ...] = (Charge, Payment, Quote)
    its = tuple((kind, by("work_order_id", reach.on[1])) for kind in kinds)
    return ((PriceList, args.price_list), *photo, *its)


def _that_payment(reach: Reach) -> tuple[Ref, ...]:
    return ((Payment, reach.args.payment),)


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="payment.take",
        cls="fact",
        nouns=_ON,
        args=TakeArgs,
        reduce=take,
        device=True,
        belated=True,
        refs=_bill,
    ),
    Kind(
        name="payment.void",
        cls="fact",
        nouns=_ON,
        args=VoidArgs,
        reduce=void,
        device=True,
        belated=True,
        refs=_that_payment,
    ),
    Kind(
        name="payment.hand_over",
        cls="office",
        nouns=_ON,
        args=HandOverArgs,
        reduce=hand_over,
        refs=_that_payment,
    ),
)

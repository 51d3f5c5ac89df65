"""Taking money on the spot: up to which amount, how, and what has to be known of it."""

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from mobile.darkroom import Slip
from mobile.queries.bill import Bill
from mobile.texts import Words
from mobile.views.bill import paid, total
from shared.money import written as money
from shared.payments import METHODS, ON_ACCOUNT, Payment
from shared.photos import Photo
from shared.prices import PriceList
from shared.typed import minor

SLIP_SLOT: Final = "payment_slip"  # the place of a photo that belongs to a payment


class SlipState(Struct, frozen=True, kw_only=True):
    """How the photo of a payment's slip stands; `photo` is its id once there is one."""

    code: Literal["none", "making", "failed", "there"]
    photo: str = ""


class PaymentView(Struct, frozen=True, kw_only=True):
    """What is asked. `over` says why this amount may not be collected, if so; `beyond`, that it
    is more than is due.
    """

    methods: tuple[tuple[str, str], ...]
    due: int
    currency: str
    amount: int | None
    amount_text: str
    over: str
    beyond: str
    qr: str
    account: str
    told: str
    asks_transaction: bool


def payment(bill: Bill, prices: PriceList, typed: tuple[str, str], words: Words) -> PaymentView:
    """What is asked of a payment; `typed` are the method and the amount as they stand."""
    method, text = typed
    sums = total(bill, prices)
    amount = minor(text, prices.currency)
    company = bill.organisation
    due = sums.due if sums is not None else 0
    spot = (amount or 0) + paid(bill.payments)
    is_over = bool(amount) and spot > prices.on_spot_limit and method != ON_ACCOUNT
    more = max((amount or 0) - due, 0)
    qr = company.pay_text if company is not None and method == "qr" else ""
    account = company.account if company is not None and method == "transfer" else ""
    return PaymentView(
        methods=tuple((one, words("payment_methods", one)) for one in METHODS),
        due=due,
        currency=prices.currency,
        amount=amount,
        amount_text=money(amount or 0, prices.currency),
        over=words("bill_payment", "over", limit=money(prices.on_spot_limit, prices.currency))
        if is_over
        else "",
        beyond=words("bill_payment", "beyond", amount=money(more, prices.currency)) if more else "",
        qr=qr,
        account=account,
        told=_told(method, words, has_qr=bool(qr)),
        asks_transaction=method in ("qr", "transfer"),
    )


def slip_of(
    photos: Iterable[Photo], payments: Iterable[Payment], waiting: Iterable[Slip]
) -> SlipState:
    """The photo of a slip for the payment that is being asked for: one that no other has.

    The newest counts: whoever photographs a slip again does not want the first one.
    """
    taken = {one.photo_id for one in payments}
    pictures = [one for one in waiting if one.slot == SLIP_SLOT]
    if any(not one.fault for one in pictures):
        return SlipState(code="making")
    free = [one for one in photos if one.slot == SLIP_SLOT and one.id not in taken]
    newest = max(free, key=lambda one: (one.at, one.id), default=None)
    if newest is not None:
        return SlipState(code="there", photo=newest.id)
    return SlipState(code="failed" if pictures else "none")


def paid_named(bill: Bill, identity: str) -> Payment | None:
    """The payment with this id."""
    return next((one for one in bill.payments if one.id == identity), None)


def _told(method: str, words: Words, *, has_qr: bool) -> str:
    if method == "qr":
        return words("bill_payment", "scan" if has_qr else "no_code")
    codes = {"transfer": "to_account", ON_ACCOUNT: "account_why"}
    return words("bill_payment", codes[method]) if method in codes else ""

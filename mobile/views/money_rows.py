"""Payments, invoices and items taken away, as the bill lists them."""

from typing import Final

from msgspec import Struct

from mobile.queries.bill import Bill
from mobile.texts import Words
from mobile.views.work_order import Tone
from shared.money import written as money
from shared.payments import ON_ACCOUNT, InvoiceRequest, Payment
from shared.take_away import TakenItem

ICONS: Final = {
    "cash": "payments",
    "qr": "qr_code_2",
    "transfer": "account_balance",
    "account": "pending_actions",
}
INVOICE_TONES: Final[dict[str, Tone]] = {"asked": "info", "issued": "success", "reversed": "danger"}
ITEM_TONES: Final[dict[str, Tone]] = {
    "taken": "warning",
    "handed_in": "info",
    "returned": "success",
}


class PaidRow(Struct, frozen=True, kw_only=True):
    """A payment or an invoice. `zone` is what a tap on it opens, if anything."""

    name: str
    amount: str
    told: str
    icon: str
    tone: Tone
    zone: str = ""


class ItemRow(Struct, frozen=True, kw_only=True):
    """An item of the customer on its way through the workshop."""

    name: str
    under: str
    state: str
    tone: Tone
    zone: str = ""


def paid_rows(bill: Bill, words: Words, now: int) -> tuple[PaidRow, ...]:
    """What was paid, and which invoices were asked for."""
    payments = [_payment(one, words, now) for one in bill.payments]
    return (*payments, *(_invoice(one, words, now) for one in bill.invoices))


def item_rows(bill: Bill, words: Words) -> tuple[ItemRow, ...]:
    """What was taken along."""
    return tuple(item_row(one, bill, words) for one in bill.items)


def _payment(one: Payment, words: Words, now: int) -> PaidRow:
    return PaidRow(
        name=words("payment_methods", one.method),
        amount=money(one.amount, one.currency),
        told=words.join(one.receipt, words.moment(one.at, now), one.payer),
        icon=ICONS[one.method],
        tone="neutral" if one.method == ON_ACCOUNT else "success",
        zone=f"payment:{one.id}",
    )


def _invoice(one: InvoiceRequest, words: Words, now: int) -> PaidRow:
    state = words("invoice_states", one.state)
    return PaidRow(
        name=words("invoice_types", one.type),
        amount=money(one.amount, one.currency),
        told=words.join(state, one.title, one.number or words.moment(one.at, now)),
        icon="article",
        tone=INVOICE_TONES[one.state],
    )


def item_row(one: TakenItem, bill: Bill, words: Words) -> ItemRow:
    """One item, with how it stands; whoever refused to sign for it has not signed."""
    refusal = bill.refusals.get(one.return_sign_off_id or one.sign_off_id or "", "")
    refused = words("bill", "item_refused", reason=refusal) if refusal else ""
    back = words("bill", "back_by", day=words.short_day(one.back_by)) if one.back_by else ""
    unsigned = words("bill", "item_unsigned") if one.sign_off_id is None else ""
    return ItemRow(
        name=one.what,
        under=words.join(one.receipt, one.serial, back, unsigned or refused),
        state=words("item_states", one.state),
        tone=ITEM_TONES[one.state],
        zone=f"item:{one.id}",
    )

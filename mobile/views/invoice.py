"""Asking for an invoice: who it is made out to, and whether the tax number can be one."""

from typing import Final

from msgspec import Struct

from mobile.queries.bill import Bill
from mobile.texts import Words
from mobile.views.work_order import Tone
from shared.payments import INVOICE_TYPES
from shared.tax_numbers import CODE_CHARS, fault, plain

DELIVERIES: Final = ("email", "message", "paper")


class Checked(Struct, frozen=True, kw_only=True):
    """What is known of a tax number while it is being typed."""

    text: str
    tone: Tone
    is_fit: bool


def checked(typed: str, words: Words) -> Checked:
    """Whether a tax number can be one: said only once it is long enough to be judged."""
    number = plain(typed)
    if not number:
        return Checked(text="", tone="neutral", is_fit=True)
    wrong = fault(number)
    if not wrong:
        return Checked(text=words("bill_invoice", "fits"), tone="success", is_fit=True)
    if wrong == "wrong_check_digit" or len(number) >= CODE_CHARS:
        return Checked(text=words("bill_invoice", "unfit"), tone="danger", is_fit=False)
    told = words("bill_invoice", "short", count=len(number))
    return Checked(text=told, tone="neutral", is_fit=False)


def types(words: Words) -> tuple[tuple[str, str], ...]:
    """The kinds of invoice there are."""
    return tuple((one, words("invoice_types", one)) for one in INVOICE_TYPES)


def deliveries(words: Words) -> tuple[tuple[str, str], ...]:
    """The ways an invoice gets to its customer."""
    return tuple((one, words("deliveries", one)) for one in DELIVERIES)


def begun(bill: Bill) -> dict[str, str]:
    """What is known of an invoice before anything is typed: as the last one, else the customer."""
    known = bill.invoices[-1] if bill.invoices else None
    name = bill.customer.name if bill.customer is not None else ""
    if known is None:
        return {"type": "plain", "title": name, "delivery": "email"}
    return {
        "type": known.type,
        "title": known.title,
        "tax_number": known.tax_number,
        "delivery": known.delivery,
        "address": known.address,
        "bank": known.bank,
    }

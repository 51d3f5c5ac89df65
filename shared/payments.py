"""Payments and invoices: money collected on the spot, and what the accountant is asked for."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from shared.amounts import Id, Line, OptionalLine
from shared.charges import Amount
from shared.document import Document
from shared.prices import MINOR_MAX, Currency
from shared.records import Record
from shared.registry import Args

METHODS: Final = ("cash", "qr", "transfer", "account")
Method = Literal["cash", "qr", "transfer", "account"]
ON_ACCOUNT: Final[Method] = "account"  # owed, not collected: a bill is sent
Positive = Annotated[int, Meta(ge=1, le=MINOR_MAX, description="minor units")]
INVOICE_TYPES: Final = ("plain", "special")
InvoiceType = Literal["plain", "special"]
InvoiceState = Literal["asked", "issued", "reversed"]
Delivery = Literal["email", "paper", "message"]


class Payment(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Money that changed hands, or is owed on account. `receipt` is the code on its receipt.

    `handed_at` is when finance had it (R-CHG-07), `void_at` when it was taken back as a mistake.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    receipt: str
    method: Method
    amount: Amount
    currency: Currency
    payer: OptionalLine = ""
    transaction: OptionalLine = ""
    photo_id: Id | None = None
    person_id: Id
    at: int
    handed_at: int | None = None
    handed_to: Id | None = None
    void_at: int | None = None
    void_reason: OptionalLine = ""


class InvoiceRequest(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An invoice (发票) that is asked for the same day (R-CHG-08), and what became of it."""

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    type: InvoiceType
    title: Line
    tax_number: OptionalLine = ""
    delivery: Delivery
    address: OptionalLine = ""
    bank: OptionalLine = ""
    amount: Amount
    tax_amount: Amount
    currency: Currency
    state: InvoiceState
    number: OptionalLine = ""
    person_id: Id
    at: int
    issued_at: int | None = None
    issued_by: Id | None = None
    reversed_at: int | None = None
    reverse_reason: OptionalLine = ""


class TakeArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What was paid, how, by whom; `price_list` is the edition whose limit counts (R-CHG-06)."""

    method: Method
    amount: Positive
    currency: Currency
    price_list: Id
    payer: OptionalLine = ""
    transaction: OptionalLine = ""
    photo: Id | None = None


class VoidArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which payment was written down by mistake, and why."""

    payment: Id
    reason: Line


class HandOverArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which money finance has now."""

    payment: Id


class AskArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What goes on the invoice. The amount is that of the charges then, at that edition's tax."""

    price_list: Id
    type: InvoiceType
    title: Line
    tax_number: OptionalLine = ""
    delivery: Delivery
    address: OptionalLine = ""
    bank: OptionalLine = ""


class IssueArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which request was answered, with which invoice."""

    request: Id
    number: Line


class ReverseArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which invoice was reversed, and why."""

    request: Id
    reason: Line


def paid_of(document: Document) -> int:
    """What was collected already, as a document shows it, in minor units; owed is not collected."""
    paid = (one for job in document.jobs for one in job.payments if one.method != ON_ACCOUNT)
    return sum(one.amount for one in paid)

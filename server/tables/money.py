"""The money's tables: price lists, contracts, charges, quotes, payments, invoices, taken items."""

from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from server.tables.domain import Kept, nested, whole, within


class PriceList(Kept, table=True):
    """One edition of the price list."""

    __tablename__ = "price_list"

    name: str = Field(index=True)
    edition: int = whole()
    valid_from: str
    currency: str
    tax_inclusive: bool
    on_spot_limit: int = whole()
    items: list[dict[str, Any]] = nested()
    warranty: list[dict[str, Any]] = nested()
    warranty_from: str
    guarantee_days: int = whole()
    retired: bool


class Organisation(Kept, table=True):
    """Whose papers these are."""

    __tablename__ = "organisation"

    en: str
    zh: str
    tagline_en: str
    tagline_zh: str
    address_en: str
    address_zh: str
    phone: str
    tax_number: str
    account: str
    pay_text: str
    verify_url: str
    keep_days: int | None = whole(nullable=True)
    away_days: int | None = whole(nullable=True)


class Contract(Kept, table=True):
    """A maintenance contract."""

    __tablename__ = "contract"

    customer_id: str = within("customer")
    site_id: str | None
    number: str
    valid_from: str
    valid_to: str
    covers: list[str] = nested()
    note: str


class CoverageDecision(Kept, table=True):
    """Who pays for a job, and why."""

    __tablename__ = "coverage_decision"

    work_order_id: str = within("work_order")
    visit_id: str | None
    category: str
    before: str
    basis: str
    code: str
    params: dict[str, Any] = nested()
    covers: list[str] = nested()
    note: str
    person_id: str
    at: int = whole()


class Charge(Kept, table=True):
    """One line of a bill."""

    __tablename__ = "charge"

    work_order_id: str = within("work_order")
    visit_id: str | None
    kind: str
    item: str
    en: str
    zh: str
    note: str
    amount: int = whole()
    unit: str
    price: int = whole()
    tax: int = whole()
    net: int = whole()
    covered: bool
    use_id: str | None
    price_list_id: str | None
    person_id: str
    at: int = whole()
    dropped_at: int | None = whole()


class Quote(Kept, table=True):
    """What a repair would cost."""

    __tablename__ = "quote"

    work_order_id: str = within("work_order")
    visit_id: str | None
    price_list_id: str
    lines: list[dict[str, Any]] = nested()
    total: int = whole()
    tax_total: int = whole()
    currency: str
    person_id: str
    at: int = whole()
    agreed_at: int | None = whole()
    sign_off_id: str | None
    declined_at: int | None = whole()
    decline_reason: str


class Payment(Kept, table=True):
    """Money that changed hands, or is owed on account."""

    __tablename__ = "payment"
    __table_args__ = (Index("ix_payment_open", "handed_at", "void_at", "at", "id"),)

    work_order_id: str = within("work_order")
    visit_id: str | None
    receipt: str
    method: str
    amount: int = whole()
    currency: str
    payer: str
    transaction: str
    photo_id: str | None
    person_id: str
    at: int = whole()
    handed_at: int | None = whole()
    handed_to: str | None
    void_at: int | None = whole()
    void_reason: str


class InvoiceRequest(Kept, table=True):
    """An invoice that is asked for, and what became of it."""

    __tablename__ = "invoice_request"
    __table_args__ = (Index("ix_invoice_request_state", "state", "at", "id"),)

    work_order_id: str = within("work_order")
    visit_id: str | None
    type: str
    title: str
    tax_number: str
    delivery: str
    address: str
    bank: str
    amount: int = whole()
    tax_amount: int = whole()
    currency: str
    state: str
    number: str
    person_id: str
    at: int = whole()
    issued_at: int | None = whole()
    issued_by: str | None
    reversed_at: int | None = whole()
    reverse_reason: str


class TakenItem(Kept, table=True):
    """A customer's item on its way through the workshop."""

    __tablename__ = "taken_item"
    __table_args__ = (Index("ix_taken_item_state", "state", "at", "id"),)

    work_order_id: str = within("work_order")
    visit_id: str | None
    asset_id: str | None
    receipt: str
    what: str
    serial: str
    accessories: str
    condition: str
    reason: str
    back_by: str | None
    estimate: int | None = whole()
    state: str
    sign_off_id: str | None
    person_id: str
    at: int = whole()
    handed_in_at: int | None = whole()
    handed_in_by: str | None
    returned_at: int | None = whole()
    returned_by: str | None
    return_sign_off_id: str | None

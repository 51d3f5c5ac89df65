"""The tables of returns and exchanges, and of the company's terms for them."""

from typing import Any

from sqlmodel import Field

from server.tables.domain import Kept, nested, whole, within


class ReturnCase(Kept, table=True):
    """What became of a return or an exchange."""

    __tablename__ = "return_case"

    ticket_id: str = within("ticket")
    asset_id: str | None = Field(index=True)
    wish: str
    reason: str
    step: str
    asked_at: int = whole()
    asked_by: str
    papers: list[str] = nested()
    why: str
    borne_by: str
    fee: int | None = whole()
    currency: str
    decided_at: int | None = whole()
    decided_by: str | None
    way: str
    item_id: str | None
    received_at: int | None = whole()
    received_by: str | None
    confirmed: bool
    finding: str
    inspected_at: int | None = whole()
    inspected_by: str | None
    refund: int | None = whole()
    new_asset_id: str | None
    done_at: int | None = whole()
    done_by: str | None


class ReturnTerms(Kept, table=True):
    """What a company asks of returns."""

    __tablename__ = "return_terms"

    papers: list[str] = nested()
    return_days: int | None = whole()
    exchange_days: int | None = whole()
    costs: list[dict[str, Any]] = nested()
    warranty: str

"""The proof's tables: photos by their hashes, and what was signed, word for word."""

from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from server.tables.domain import Kept, nested, whole, within


class Photo(Kept, table=True):
    """A picture, by the hash of its final bytes."""

    __tablename__ = "photo"
    __table_args__ = (Index("ix_photo_waiting", "arrived_at", "at", "id"),)

    work_order_id: str = within("work_order")
    visit_id: str | None
    asset_id: str | None
    slot: str
    caption: str
    audience: str
    sha256: str = Field(index=True)
    size: int = whole()
    width: int = whole()
    height: int = whole()
    thumb_sha256: str = Field(index=True)
    thumb_size: int = whole()
    drawn_on: str | None
    person_id: str
    at: int = whole()
    arrived_at: int | None = whole()
    fault: str
    dropped_at: int | None = whole()


class SignOff(Kept, table=True):
    """One job signed for, or the signature refused."""

    __tablename__ = "sign_off"
    __table_args__ = (Index("ix_sign_off_state", "state", "at", "id"),)

    work_order_id: str = within("work_order")
    visit_id: str | None
    group_id: str = Field(index=True)
    purpose: str
    subject_id: str | None
    shown_hash: str = Field(index=True)
    code: str
    seal: str = Field(index=True)
    state: str
    faults: list[str] = nested()
    listed: list[str] = nested()
    language: str
    signer: str
    signer_role: str
    relation: str
    rating: int | None = whole()
    refusal: str
    total: int | None = whole()
    currency: str
    outcome: str
    person_id: str
    signed_at: int = whole()
    at: int = whole()


class InkClaim(Kept, table=True):
    """Under whose papers some strokes stood first."""

    __tablename__ = "ink_claim"

    customer_id: str
    work_order_id: str
    group_id: str


class SignedDocument(Kept, table=True):
    """What was shown and the ink under it."""

    __tablename__ = "signed_document"

    work_order_id: str = within("work_order")
    sign_off_id: str = Field(index=True)
    document: str
    ink: dict[str, Any] | None = nested()
    technician_ink: dict[str, Any] | None = nested()
    app: str

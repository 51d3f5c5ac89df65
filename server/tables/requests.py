"""Requests: tickets and their story, what comes in, and the words that classify it."""

from typing import Any, Final

from sqlalchemy import Index, text
from sqlmodel import Field

from server.tables.domain import Kept, nested, whole, within

OPEN: Final = "state = 'open'"
UNSETTLED: Final = "state = 'new'"  # what is still to be looked at by a person


class TagSet(Kept, table=True):
    """One way to classify a request."""

    __tablename__ = "tag_set"

    code: str = Field(unique=True)
    en: str
    zh: str
    several: bool
    source: str
    tags: list[dict[str, Any]] = nested()


class Enquiry(Kept, table=True):
    """What somebody sent in, before a person made a ticket of it."""

    __tablename__ = "enquiry"
    __table_args__ = (
        Index(
            "ix_enquiry_new",
            "received_at",
            "id",
            sqlite_where=text(UNSETTLED),
            postgresql_where=text(UNSETTLED),
        ),
    )

    channel: str
    reference: str
    sender: str
    contact: str
    address: str
    subject: str
    text: str
    language: str
    wish: str
    files: list[dict[str, Any]] = nested()
    site_id: str | None = Field(index=True)
    asset_id: str | None = Field(index=True)
    received_at: int = whole()
    state: str
    ticket_id: str | None
    reason: str
    settled_by: str | None
    settled_at: int | None = whole()


class Ticket(Kept, table=True):
    """A customer's request."""

    __tablename__ = "ticket"
    __table_args__ = (Index("ix_ticket_queue", "status", "opened_at", "id"),)

    number: str | None = Field(unique=True)
    customer_id: str = within("customer")
    site_id: str = within("site")
    asset_id: str | None
    channel: str
    problem: str
    priority: str
    caller: str
    status: str
    opened_by: str
    opened_at: int = whole(index=True)
    policy_id: str | None
    received_at: int | None = whole()
    enquiry_id: str | None
    kind: str
    tags: list[str] = nested()
    urgency: str
    complexity: str
    impact: str
    complaints: str
    service_type: str
    mode: str
    major: bool
    owner_id: str | None
    handled_by: str
    scope: str
    agreed_visit: str | None
    agreed_due: str | None
    agreed_at: int | None = whole()
    repeat_of: str | None
    chased: int | None = whole()
    excused: list[dict[str, Any]] = nested()
    settled: list[dict[str, Any]] = nested()


class TicketEvent(Kept, table=True):
    """One line of a ticket's story."""

    __tablename__ = "ticket_event"

    ticket_id: str = within("ticket")
    what: str
    status: str
    by: str
    at: int = whole()
    events: list[str] = nested()
    earliest: int | None = whole()
    latest: int | None = whole()
    received: int | None = whole()
    pause: str
    resume: str
    until: str | None
    note: str
    team_id: str | None
    about: str
    grade: str


class Feedback(Kept, table=True):
    """What a customer said of a request, and what became of it."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index("ix_feedback_open", "at", "id", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_feedback_kind", "kind", "at", "id"),
    )

    ticket_id: str = within("ticket")
    kind: str
    means: str
    text: str
    said_by: str
    contact: str
    type: str
    grade: str
    score: int | None = whole()
    aspects: dict[str, Any] = nested()
    solved: str
    by: str
    at: int = whole()
    work_order_id: str | None
    follows: str | None
    state: str
    taken: list[str] = nested()
    confirmed: list[dict[str, Any]] = nested()
    cause: str
    measure: str
    compensation: str
    outcome: str
    changed_at: int | None = whole()
    closed_by: str | None
    closed_at: int | None = whole()

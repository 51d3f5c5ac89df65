"""The tables of what customers are told, and of what their gateway was offered."""

from typing import Any, Final

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from server.tables.domain import Kept, nested, whole, within

FOR_THE_GATEWAY: Final = "state = 'queued' AND channel = 'webhook'"


class Message(Kept, table=True):
    """What a customer is to be told, or was."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_state", "state", "at", "id"),
        Index(
            "ix_message_gateway",
            "at",
            sqlite_where=text(FOR_THE_GATEWAY),
            postgresql_where=text(FOR_THE_GATEWAY),
        ),
    )

    ticket_id: str = within("ticket")
    template: str
    language: str
    to: str
    phone: str
    email: str
    params: dict[str, Any] = nested()
    text: str
    channel: str
    state: str
    why: str
    reference: str
    by: str
    at: int = whole()
    changed_by: str
    changed_at: int = whole()
    feedback_id: str | None


class MessageWording(Kept, table=True):
    """How a company words a message to customers."""

    __tablename__ = "message_wording"

    template: str = Field(unique=True)
    number: int = whole()
    en: str
    zh: str
    by: str
    at: int = whole()


class MessageRules(Kept, table=True):
    """Which messages come about by themselves, and which carry the customer's link."""

    __tablename__ = "message_rules"

    automatic: list[str] = nested()
    linked: list[str] = nested()


class GatewayTry(SQLModel, table=True):
    """One try to bring a message to the gateway: from when, until when, and what came of it (ms).

    `next_at` is from when on the next one may be begun, written down with the beginning of this
    one: whatever becomes of the process, there is a next one. `status` is what the gateway
    answered, `fault` why the try came to nothing; both are empty while it is under way.
    """

    __tablename__ = "gateway_try"
    __table_args__ = (Index("ix_gateway_try_begun", "begun_at"),)

    message_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    holder: str
    begun_at: int = whole()
    ended_at: int | None = whole()
    next_at: int = whole()
    status: int | None
    fault: str

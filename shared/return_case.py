"""The return of a machine: what is kept of it, and what the acts on it say."""

from typing import Final, Literal

from shared.amounts import Id, Line, LocalDate, OptionalLine, OptionalText
from shared.ids import derive
from shared.prices import Currency, Minor
from shared.reception import Means
from shared.records import Record
from shared.registry import Act, Args
from shared.return_terms import Papers, Reason
from shared.ticket import Ticket

WISHES: Final = ("return", "exchange")
STEPS: Final = ("asked", "granted", "received", "inspected", "done", "refused", "dropped")
WAYS: Final = ("collected", "handed_in", "sent_in")
SERVICE_TYPE: Final = "exchange"  # the word of the sets for it (R-CLS-07)
# What a caller may ask for, and the word by which the request is classified (R-INT-15).
SERVICE_OF: Final = {
    "repair": "repair",
    "maintenance": "maintenance",
    "return": SERVICE_TYPE,
    "exchange": SERVICE_TYPE,
}
Wish = Literal["return", "exchange"]


class ReturnCase(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a return or an exchange; times in ms, amounts in minor units of `currency`.

    `papers` were there when it was decided, `why` is why it was refused, granted against the terms,
    or dropped. `item_id` is the item that a technician took along, `refund` what is to be paid
    back, `new_asset_id` the machine that stands there instead.
    """

    home = ("ticket", "ticket_id")

    ticket_id: Id
    asset_id: Id | None = None
    wish: Wish
    reason: str = ""
    step: str
    asked_at: int
    asked_by: Id
    papers: tuple[str, ...] = ()
    why: OptionalText = ""
    borne_by: str = ""
    fee: int | None = None
    currency: str = ""
    decided_at: int | None = None
    decided_by: Id | None = None
    way: str = ""
    item_id: Id | None = None
    received_at: int | None = None
    received_by: Id | None = None
    confirmed: bool = False
    finding: OptionalText = ""
    inspected_at: int | None = None
    inspected_by: Id | None = None
    refund: int | None = None
    new_asset_id: Id | None = None
    done_at: int | None = None
    done_by: Id | None = None


class AskArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What the customer wants, and why; of the ticket's machine, unless another is named."""

    wish: Wish
    reason: Literal["", "quality", "damage", "unusable", "other"] = ""
    asset: Id | None = None
    note: OptionalText = ""


class DecideArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Whether it is granted, on which papers, who bears the cost, and how the customer was told.

    `why` is needed where it is refused, or granted against the terms.
    """

    granted: bool
    means: Means
    asset: Id | None = None
    day: LocalDate | None = None
    wish: Literal["", "return", "exchange"] = ""
    reason: Reason | None = None
    papers: Papers = ()
    why: OptionalText = ""
    borne_by: Literal["", "customer", "company"] = ""
    fee: Minor | None = None
    currency: Currency | None = None


class ReceiveArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """How it got here: with a technician (`item` is what they took along), brought, or sent."""

    way: Literal["collected", "handed_in", "sent_in"]
    item: Id | None = None
    note: OptionalText = ""


class InspectArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the fault is there, and what was found."""

    confirmed: bool
    text: OptionalText = ""


class RefundArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be paid back, for the accounts; the machine leaves on that day."""

    amount: Minor
    currency: Currency
    asset: Id | None = None
    day: LocalDate | None = None
    note: OptionalText = ""


class ExchangeArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The machine that stands there instead, and from when on; its warranty as for any other."""

    asset: Id
    model: Line
    serial: OptionalLine = ""
    delivered_on: LocalDate
    warranty_until: LocalDate | None = None
    note: OptionalText = ""


class DropArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why the customer does not want it any more."""

    reason: Line


def case_id(ticket_id: str) -> str:
    """The id of the return of a ticket, if it has one."""
    return derive("return_case", ticket_id)


def asked_for(ticket: Ticket, act: Act, wish: Wish, reason: str = "") -> ReturnCase:
    """A return or an exchange as it is when it was asked for."""
    return ReturnCase(
        id=case_id(ticket.id),
        ticket_id=ticket.id,
        asset_id=ticket.asset_id,
        wish=wish,
        reason=reason,
        step="asked",
        asked_at=act.at,
        asked_by=act.by.id,
    )

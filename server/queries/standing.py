"""How one ticket stands with the limits that it was promised, read from its rows."""

from typing import Final, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, select

from server import rows
from server.queries import money
from server.queries.pages import T
from shared.calendars import PLAIN, WorkingCalendar, calendar_of
from shared.casework import Request, case_of, day_of
from shared.clocks import Clock, clocks
from shared.policy import CHOICE, PolicyChoice, ServicePolicy
from shared.prices import Contract
from shared.records import Record, table
from shared.site import Asset, Customer, Site
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable

CALENDAR: Final = T["working_calendar"]

R = TypeVar("R", bound=Record)


class Standing(Struct, frozen=True, kw_only=True):
    """A ticket with its story and place, its policy, if it has one, and how its clocks stand."""

    ticket: Ticket
    events: tuple[TicketEvent, ...]
    site: Site | None
    customer: Customer | None
    policy: ServicePolicy | None
    clocks: tuple[Clock, ...]


def standing(books: Connection, ticket_id: str, now: int) -> Standing | None:
    """How a ticket stands at a moment; None if there is no such ticket."""
    ticket = _one(books, Ticket, ticket_id)
    if ticket is None:
        return None
    events = tuple(sorted(_living(books, TicketEvent, "ticket_id", ticket.id), key=_in_time))
    site = _one(books, Site, ticket.site_id)
    policy = _one(books, ServicePolicy, ticket.policy_id)
    return Standing(
        ticket=ticket,
        events=events,
        site=site,
        customer=_one(books, Customer, ticket.customer_id),
        policy=policy,
        clocks=_clocks(books, ticket, events, site, (policy, now)),
    )


def _clocks(
    books: Connection,
    ticket: Ticket,
    events: tuple[TicketEvent, ...],
    site: Site | None,
    by: tuple[ServicePolicy | None, int],
) -> tuple[Clock, ...]:
    policy, now = by
    if policy is None:
        return ()
    day = day_of(Request(ticket=ticket, events=events, site=site))
    request = Request(
        ticket=ticket,
        events=events,
        site=site,
        asset=_one(books, Asset, ticket.asset_id),
        contracts=_living(books, Contract, "customer_id", ticket.customer_id),
        prices=money.in_force(books, day),
        choice=_one(books, PolicyChoice, CHOICE),
    )
    return clocks(case_of(request), policy, Timetable(_calendar(books)), now)


def _calendar(books: Connection) -> WorkingCalendar:
    """The company's own: a ticket is no team's."""
    known = books.scalars(select(CALENDAR.c.id)).all()
    found = rows.fetch(books, table(WorkingCalendar), "id", known)
    return calendar_of(one for one in found if isinstance(one, WorkingCalendar)) or PLAIN


def _one(books: Connection, kind: type[R], identity: str | None) -> R | None:
    found = _living(books, kind, "id", identity) if identity is not None else ()
    return next(iter(found), None)


def _living(books: Connection, kind: type[R], column: str, identity: str) -> tuple[R, ...]:
    found = rows.fetch(books, table(kind), column, [identity])
    return tuple(one for one in found if isinstance(one, kind))


def _in_time(event: TicketEvent) -> tuple[int, str]:
    return (event.at, event.id)

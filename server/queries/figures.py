"""Figures as the office reads them: the tickets received in a time, with all that groups them."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, select

from server.queries.pages import Item, T

TICKETS_MAX: Final = 20_000  # that one page reckons with
TICKET, SITE, ASSET, CUSTOMER = T["ticket"], T["site"], T["asset"], T["customer"]
ORDER, ASSIGNMENT, PERSON = T["work_order"], T["assignment"], T["person"]


def received() -> ColumnElement[int]:
    """When a request got here, written down then or later."""
    return func.coalesce(TICKET.c.received_at, TICKET.c.opened_at)


def tickets(connection: Connection, start: int, end: int) -> list[Item]:
    """The tickets received from one moment until before another (ms), the newest first.

    One more than the most means that there are more than that.
    """
    at = received()
    joined = (
        TICKET.join(SITE, SITE.c.id == TICKET.c.site_id)
        .join(CUSTOMER, CUSTOMER.c.id == TICKET.c.customer_id)
        .outerjoin(ASSET, ASSET.c.id == TICKET.c.asset_id)
    )
    wanted = (
        select(
            *(TICKET.c.id, TICKET.c.number, TICKET.c.problem, TICKET.c.status, SITE.c.zone),
            *(at.label("received_at"), ASSET.c.product_class, ASSET.c.model),
            CUSTOMER.c.name.label("customer"),
        )
        .select_from(joined)
        .where(at >= start, at < end)
        .order_by(at.desc(), TICKET.c.id)
        .limit(TICKETS_MAX + 1)
    )
    found = [dict(row._asdict()) for row in connection.execute(wanted)]
    leads = _leads(connection, start, end)
    repeats = select(TICKET.c.repeat_of).where(TICKET.c.repeat_of.is_not(None)).distinct()
    repeated = set(connection.scalars(repeats))
    for one in found:
        one["technician"] = leads.get(one["id"], "")
        one["repeated"] = one["id"] in repeated
    return found


def _leads(connection: Connection, start: int, end: int) -> dict[str, str]:
    """Who leads the newest job of each of these tickets that was not called off, or led it last."""
    at = received()
    wanted = (
        select(TICKET.c.id, PERSON.c.name)
        .join_from(TICKET, ORDER, ORDER.c.ticket_id == TICKET.c.id)
        .join(
            ASSIGNMENT,
            and_(ASSIGNMENT.c.work_order_id == ORDER.c.id, ASSIGNMENT.c.role == "lead"),
        )
        .join(PERSON, PERSON.c.id == ASSIGNMENT.c.person_id)
        .where(at >= start, at < end, ORDER.c.status != "cancelled")
        .order_by(ORDER.c.created_at, ORDER.c.id, ASSIGNMENT.c.from_ms, ASSIGNMENT.c.id)
    )
    return {row.id: row.name for row in connection.execute(wanted)}

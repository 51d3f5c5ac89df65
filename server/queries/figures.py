"""Figures as the office reads them: the tickets received in a time, with all that groups them."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from server.queries.pages import Item, T

TICKETS_MAX: Final = 20_000  # that one page reckons with
TICKET, SITE, ASSET, CUSTOMER = T["ticket"], T["site"], T["asset"], T["customer"]
ORDER, ASSIGNMENT, PERSON = T["work_order"], T["assignment"], T["person"]
EVENT = T["ticket_event"]


# The versions of the rows that a ticket's verdicts are reckoned from, beside its story's.
OF_ROWS: Final = ("version", "of_site", "of_customer", "of_asset")


def received() -> ColumnElement[int]:
    """When a request got here, written down then or later."""
    return func.coalesce(TICKET.c.received_at, TICKET.c.opened_at)


def tickets(connection: Connection, start: int, end: int) -> list[Item]:
    """The tickets received from one moment until before another (ms), the newest first.

    `source` is what their verdicts are reckoned from: while it is the same, so are those rows.
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
            *(TICKET.c.version, SITE.c.version.label("of_site")),
            *(CUSTOMER.c.version.label("of_customer"), ASSET.c.version.label("of_asset")),
        )
        .select_from(joined)
        .where(at >= start, at < end)
        .order_by(at.desc(), TICKET.c.id)
        .limit(TICKETS_MAX + 1)
    )
    found = [dict(row._asdict()) for row in connection.execute(wanted).all()]
    leads = _leads(connection, start, end)
    repeats = select(TICKET.c.repeat_of).where(TICKET.c.repeat_of.is_not(None)).distinct()
    repeated = set(connection.scalars(repeats))
    stories = _stories(connection, start, end)
    for one in found:
        one["technician"] = leads.get(one["id"], "")
        one["repeated"] = one["id"] in repeated
        of_rows = tuple(one.pop(name) for name in OF_ROWS)
        one["source"] = (*of_rows, stories.get(one["id"], 0), one["repeated"])
    return found


def _those(start: int, end: int) -> Select[Any]:
    """The same tickets: as a question within one, it is asked once, and the rest by index."""
    at = received()
    wanted = select(TICKET.c.id).where(at >= start, at < end)
    return wanted.order_by(at.desc(), TICKET.c.id).limit(TICKETS_MAX + 1)


def _stories(connection: Connection, start: int, end: int) -> dict[str, int]:
    """What tells the story of each of these tickets from what it was: its lines never go."""
    wanted = (
        select(EVENT.c.ticket_id, func.sum(EVENT.c.version))
        .where(EVENT.c.ticket_id.in_(_those(start, end)))
        .group_by(EVENT.c.ticket_id)
    )
    return {name: int(total) for name, total in connection.execute(wanted).all()}


def _leads(connection: Connection, start: int, end: int) -> dict[str, str]:
    """Who leads the newest job of each of these tickets that was not called off, or led it last."""
    wanted = (
        select(ORDER.c.ticket_id, PERSON.c.name)
        .join_from(
            ORDER,
            ASSIGNMENT,
            and_(ASSIGNMENT.c.work_order_id == ORDER.c.id, ASSIGNMENT.c.role == "lead"),
        )
        .join(PERSON, PERSON.c.id == ASSIGNMENT.c.person_id)
        .where(ORDER.c.ticket_id.in_(_those(start, end)), ORDER.c.status != "cancelled")
        .order_by(ORDER.c.created_at, ORDER.c.id, ASSIGNMENT.c.from_ms, ASSIGNMENT.c.id)
    )
    return dict(connection.execute(wanted).all())

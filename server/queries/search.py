"""Search: one question to tickets, jobs, customers and machines at once."""

from typing import Any, Final

from sqlalchemy import Connection, Select, or_, select

from server.queries.customers import is_reached_by
from server.queries.pages import Item, T, mentions

FOUND_MAX: Final = 8  # of each sort

CUSTOMER, SITE, ASSET = T["customer"], T["site"], T["asset"]
TICKET, ORDER = T["ticket"], T["work_order"]


def everything(connection: Connection, q: str, limit: int = FOUND_MAX) -> dict[str, list[Item]]:
    """What mentions a number, a name, the last digits of a phone, a serial number or a word.

    One more of each sort than `limit` is found where there are more.
    """
    asked = {"tickets": _tickets(q), "work_orders": _work_orders(q)}
    asked |= {"customers": _customers(q), "machines": _machines(q)}
    return {
        sort: [dict(row._asdict()) for row in connection.execute(wanted.limit(limit + 1))]
        for sort, wanted in asked.items()
    }


def _tickets(q: str) -> Select[Any]:
    return (
        select(
            *(TICKET.c.id, TICKET.c.number, TICKET.c.problem, TICKET.c.status),
            *(TICKET.c.opened_at, CUSTOMER.c.name.label("customer")),
        )
        .join_from(TICKET, CUSTOMER, CUSTOMER.c.id == TICKET.c.customer_id)
        .where(
            or_(
                mentions(q, TICKET.c.number, TICKET.c.problem, TICKET.c.caller),
                TICKET.c.customer_id.in_(_named(q)),
            )
        )
        .order_by(TICKET.c.opened_at.desc())
    )


def _work_orders(q: str) -> Select[Any]:
    return (
        select(
            *(ORDER.c.id, ORDER.c.number, ORDER.c.provisional, ORDER.c.summary, ORDER.c.status),
            *(ORDER.c.planned_from, CUSTOMER.c.name.label("customer")),
        )
        .join_from(ORDER, CUSTOMER, CUSTOMER.c.id == ORDER.c.customer_id)
        .where(
            or_(
                mentions(q, ORDER.c.number, ORDER.c.provisional, ORDER.c.summary),
                ORDER.c.customer_id.in_(_named(q)),
            )
        )
        .order_by(ORDER.c.created_at.desc())
    )


def _named(q: str) -> Select[Any]:
    """Customers by name: asked once, and not beside every ticket or job."""
    return select(CUSTOMER.c.id).where(mentions(q, CUSTOMER.c.name))


def _customers(q: str) -> Select[Any]:
    at = select(SITE.c.customer_id).where(
        mentions(q, SITE.c.name, SITE.c.address, SITE.c.contact_name)
    )
    named = or_(mentions(q, CUSTOMER.c.name), is_reached_by(q), CUSTOMER.c.id.in_(at))
    return (
        select(CUSTOMER.c.id, CUSTOMER.c.name, CUSTOMER.c.type, CUSTOMER.c.phone)
        .where(named)
        .order_by(CUSTOMER.c.name, CUSTOMER.c.id)
    )


def _machines(q: str) -> Select[Any]:
    return (
        select(
            *(ASSET.c.id, ASSET.c.name, ASSET.c.model, ASSET.c.serial),
            *(SITE.c.customer_id, SITE.c.name.label("site"), CUSTOMER.c.name.label("customer")),
        )
        .join_from(ASSET, SITE, SITE.c.id == ASSET.c.site_id)
        .join(CUSTOMER, CUSTOMER.c.id == SITE.c.customer_id)
        .where(mentions(q, ASSET.c.serial, ASSET.c.model, ASSET.c.name))
        .order_by(ASSET.c.name, ASSET.c.id)
    )

"""Intake: who is calling, which machines stand there, and what is known of them already."""

from typing import Any, Final

from sqlalchemy import Connection, Select, or_, select

from server.queries.customers import rings, was_known_by
from server.queries.pages import Item, T, by_id, mentions
from server.queries.queue import OPEN_TICKETS, REPEAT_MS, standing_jobs

CALLERS_MAX: Final = 8

CUSTOMER, SITE, ASSET = T["customer"], T["site"], T["asset"]
TICKET, VISIT, ORDER = T["ticket"], T["visit"], T["work_order"]


def callers(connection: Connection, q: str, limit: int = CALLERS_MAX) -> list[Item]:
    """Sites that a phone number, its last four digits, a name or a serial number leads to."""
    machine = select(ASSET.c.site_id).where(mentions(q, ASSET.c.serial))
    wanted = _sites().where(
        or_(
            rings(CUSTOMER.c.phone, q),
            rings(SITE.c.contact_phone, q),
            mentions(q, CUSTOMER.c.name, SITE.c.name, SITE.c.contact_name, SITE.c.address),
            SITE.c.id.in_(machine),
            was_known_by(q),
        )
    )
    ordered = wanted.order_by(CUSTOMER.c.name, SITE.c.name, SITE.c.id).limit(limit)
    return [dict(row._asdict()) for row in connection.execute(ordered)]


def caller(connection: Connection, site_id: str) -> list[Item]:
    """One site with its customer, as `callers` tells them; none if there is no such site."""
    rows = connection.execute(_sites().where(SITE.c.id == site_id))
    return [dict(row._asdict()) for row in rows]


def _sites() -> Select[Any]:
    return select(
        *(CUSTOMER.c.id.label("customer_id"), CUSTOMER.c.name.label("customer")),
        *(CUSTOMER.c.type, CUSTOMER.c.phone, CUSTOMER.c.tier),
        *(SITE.c.id.label("site_id"), SITE.c.name.label("site"), SITE.c.address),
        *(SITE.c.contact_name, SITE.c.contact_phone, SITE.c.zone),
    ).select_from(CUSTOMER.join(SITE, SITE.c.customer_id == CUSTOMER.c.id))


def place(connection: Connection, site_id: str, now_ms: int) -> Item | None:
    """A site with its customer and machines, what is open there, and what is a repeat."""
    site = by_id(connection, "site", site_id)
    if site is None:
        return None
    tickets = _tickets(connection, site_id, now_ms)
    return {
        "site": site,
        "customer": by_id(connection, "customer", site["customer_id"]),
        "machines": _machines(connection, site_id, tickets),
        "open": [one for one in tickets if one["status"] in OPEN_TICKETS],
    }


def _machines(connection: Connection, site_id: str, tickets: list[Item]) -> list[Item]:
    """The machines that are at a site, with their tickets of thirty days and their last visit."""
    rows = connection.execute(
        select(ASSET)
        .where(ASSET.c.site_id == site_id, ASSET.c.gone == "")
        .order_by(ASSET.c.name, ASSET.c.id)
    )
    last = _last_visits(connection, site_id)
    return [
        {
            **row._asdict(),
            "repeats": [one for one in tickets if one["asset_id"] == row.id and one["is_recent"]],
            "last_visit": last.get(row.id),
        }
        for row in rows
    ]


def _tickets(connection: Connection, site_id: str, now_ms: int) -> list[Item]:
    """Tickets of a site that are open or were opened within thirty days, newest first."""
    since = now_ms - REPEAT_MS
    wanted = select(TICKET).where(
        TICKET.c.site_id == site_id,
        or_(TICKET.c.opened_at > since, TICKET.c.status.in_(OPEN_TICKETS)),
    )
    rows = connection.execute(wanted.order_by(TICKET.c.opened_at.desc(), TICKET.c.id))
    found = [dict(row._asdict()) for row in rows]
    jobs = standing_jobs(connection, [one["id"] for one in found])
    return [
        {**one, "job": jobs.get(one["id"]), "is_recent": one["opened_at"] > since} for one in found
    ]


def _last_visits(connection: Connection, site_id: str) -> dict[str, Item]:
    """The last visit that ended, by machine."""
    rows = connection.execute(
        select(ORDER.c.asset_id, ORDER.c.number, VISIT.c.ended_at, VISIT.c.outcome)
        .join_from(ORDER, VISIT, VISIT.c.work_order_id == ORDER.c.id)
        .where(ORDER.c.site_id == site_id, VISIT.c.ended_at.is_not(None))
        .order_by(VISIT.c.ended_at)
    )
    return {row.asset_id: dict(row._asdict()) for row in rows if row.asset_id is not None}

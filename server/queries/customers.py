"""Customers: the list, one of them with places and machines, and what was done on a machine."""

import re
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select

from server.queries.pages import Item, Listed, T, Window, by_id, mentions, page
from server.queries.queue import OPEN_TICKETS, standing_jobs

RECENT_MAX: Final = 12
LAST_DIGITS: Final = 4

CUSTOMER, SITE, ASSET, ALIAS = T["customer"], T["site"], T["asset"], T["alias"]
TICKET, ORDER, VISIT = T["ticket"], T["work_order"], T["visit"]
COMPLETION, PERSON = T["completion"], T["person"]
_PUNCTUATION: Final = " -()./"
_DIALLED: Final = re.compile(r"\+?[0-9][0-9 ()\-./]*")


def customers(connection: Connection, window: Window, q: str) -> Listed:
    """Customers by name, each with how many places, machines and open tickets it has."""
    wanted = select(*CUSTOMER.c, *_sizes())
    if q:
        wanted = wanted.where(or_(mentions(q, CUSTOMER.c.name), is_reached_by(q), _is_at(q)))
    return page(connection, wanted, window, (CUSTOMER.c.name, CUSTOMER.c.id), newest_first=False)


def customer(connection: Connection, identity: str) -> Item | None:
    """One customer with its sites and their machines, and its newest tickets."""
    found = by_id(connection, "customer", identity)
    if found is None:
        return None
    sites = _rows(connection, select(SITE).where(SITE.c.customer_id == identity), SITE)
    machines = _rows(
        connection, select(ASSET).where(ASSET.c.site_id.in_([one["id"] for one in sites])), ASSET
    )
    for site in sites:
        site["machines"] = [one for one in machines if one["site_id"] == site["id"]]
    return {**found, "sites": sites, "tickets": recent_tickets(connection, identity)}


def recent_tickets(connection: Connection, customer_id: str) -> list[Item]:
    """A customer's newest tickets, each with the job that stands for it."""
    rows = connection.execute(
        select(TICKET, SITE.c.name.label("site"), SITE.c.address)
        .join_from(TICKET, SITE, SITE.c.id == TICKET.c.site_id)
        .where(TICKET.c.customer_id == customer_id)
        .order_by(TICKET.c.opened_at.desc(), TICKET.c.id)
        .limit(RECENT_MAX)
    )
    found = [dict(row._asdict()) for row in rows]
    jobs = standing_jobs(connection, [one["id"] for one in found])
    return [{**one, "job": jobs.get(one["id"])} for one in found]


def machine(connection: Connection, identity: str) -> Item | None:
    """One machine with its place and its customer."""
    found = by_id(connection, "asset", identity)
    if found is None:
        return None
    site = by_id(connection, "site", found["site_id"])
    assert site is not None
    return {**found, "site": site, "customer": by_id(connection, "customer", site["customer_id"])}


def machines(connection: Connection, site_id: str) -> list[Item]:
    """The machines of a site, by name."""
    return _rows(connection, select(ASSET).where(ASSET.c.site_id == site_id), ASSET)


def standing(connection: Connection, site_id: str) -> list[Item]:
    """Those of them that stand there still."""
    return [one for one in machines(connection, site_id) if not one["gone"]]


def history(connection: Connection, asset: Item, limit: int = RECENT_MAX) -> list[Item]:
    """What was done on a machine, newest first: each visit that ended, and its report."""
    joined = (
        ORDER.join(VISIT, VISIT.c.work_order_id == ORDER.c.id)
        .join(PERSON, PERSON.c.id == VISIT.c.person_id)
        # A report has an index by its job only.
        .outerjoin(
            COMPLETION,
            and_(COMPLETION.c.work_order_id == ORDER.c.id, COMPLETION.c.visit_id == VISIT.c.id),
        )
    )
    rows = connection.execute(
        select(
            *(ORDER.c.id.label("order"), ORDER.c.number, ORDER.c.summary),
            *(VISIT.c.ended_at, VISIT.c.outcome, PERSON.c.name.label("person")),
            *(COMPLETION.c.diagnosis, COMPLETION.c.work_done),
        )
        .select_from(joined)
        # The site has an index, and a machine stands at one site only.
        .where(
            ORDER.c.site_id == asset["site_id"],
            ORDER.c.asset_id == asset["id"],
            VISIT.c.ended_at.is_not(None),
        )
        .order_by(VISIT.c.ended_at.desc(), VISIT.c.id)
        .limit(limit)
    )
    return [dict(row._asdict()) for row in rows]


def is_reached_by(q: str) -> ColumnElement[bool]:
    """Whether a customer, or somebody at a site of theirs, has this telephone number."""
    return or_(
        rings(CUSTOMER.c.phone, q),
        CUSTOMER.c.id.in_(select(SITE.c.customer_id).where(rings(SITE.c.contact_phone, q))),
        was_known_by(q),
    )


def was_known_by(q: str) -> ColumnElement[bool]:
    """Whether what was merged into a customer, or a site of theirs, had this name or number."""
    by_then = or_(mentions(q, ALIAS.c.name), rings(ALIAS.c.phone, q))
    gone = select(ALIAS.c.into_id).where(ALIAS.c.noun == "customer", by_then)
    there = select(ALIAS.c.into_id).where(ALIAS.c.noun == "site", by_then)
    places = select(SITE.c.customer_id).where(SITE.c.id.in_(there))
    return or_(CUSTOMER.c.id.in_(gone), CUSTOMER.c.id.in_(places))


def rings(column: ColumnElement[Any], q: str) -> ColumnElement[bool]:
    """Whether a telephone number has these digits; four or less are its last ones.

    An extension is not part of the number's last digits, and an area code is not either.
    """
    if not _DIALLED.fullmatch(q.strip()):
        return column.is_(None)
    digits = re.sub(r"[^0-9]", "", q)
    closed: ColumnElement[Any] = column
    for sign in _PUNCTUATION:
        closed = func.replace(closed, sign, "")
    if len(digits) > LAST_DIGITS:
        return closed.contains(digits, autoescape=True)
    spaceless = func.replace(column, " ", "")
    return or_(closed.like(f"%{digits}"), spaceless.like(f"%____{digits}-%"))


def _is_at(q: str) -> ColumnElement[bool]:
    places = select(SITE.c.customer_id).where(
        mentions(q, SITE.c.name, SITE.c.address, SITE.c.contact_name)
    )
    return CUSTOMER.c.id.in_(places)


def _sizes() -> tuple[ColumnElement[Any], ...]:
    sites = select(func.count()).where(SITE.c.customer_id == CUSTOMER.c.id)
    machines = (
        select(func.count())
        .select_from(SITE.join(ASSET, ASSET.c.site_id == SITE.c.id))
        .where(SITE.c.customer_id == CUSTOMER.c.id)
    )
    open_tickets = select(func.count()).where(
        TICKET.c.customer_id == CUSTOMER.c.id, TICKET.c.status.in_(OPEN_TICKETS)
    )
    # An address to know the customer by, for the list.
    address = select(func.min(SITE.c.address)).where(SITE.c.customer_id == CUSTOMER.c.id)
    return (
        sites.scalar_subquery().label("sites"),
        machines.scalar_subquery().label("machines"),
        open_tickets.scalar_subquery().label("open_tickets"),
        address.scalar_subquery().label("address"),
    )


def _rows(connection: Connection, wanted: Select[Any], table: Table) -> list[Item]:
    rows = connection.execute(wanted.order_by(table.c.name, table.c.id))
    return [dict(row._asdict()) for row in rows]

"""Jobs: tickets and work orders, and everything that lives with one."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, select

from server.queries.books import story
from server.queries.pages import (
    Item,
    Listed,
    T,
    Window,
    by_id,
    by_number,
    living_with,
    mentions,
    page,
)
from shared.amounts import quantity_text

CUSTOMER: Final = T["customer"]
SITE: Final = T["site"]


def tickets(connection: Connection, window: Window, *, status: str | None, q: str | None) -> Listed:
    """Tickets, newest first."""
    ticket = T["ticket"]
    wanted = _with_place(ticket)
    if status is not None:
        wanted = wanted.where(ticket.c.status == status)
    if q:
        wanted = wanted.where(mentions(q, ticket.c.number, ticket.c.problem, CUSTOMER.c.name))
    return page(connection, wanted, window, (ticket.c.opened_at, ticket.c.id))


def ticket(connection: Connection, number: str) -> Item | None:
    """One ticket by number or id, with its story and its work orders."""
    found = by_number(connection, "ticket", number)
    if found is None:
        return None
    return {
        **found,
        "customer": by_id(connection, "customer", found["customer_id"]),
        "site": by_id(connection, "site", found["site_id"]),
        "events": living_with(connection, "ticket_event", "ticket_id", found["id"], order="at"),
        "work_orders": living_with(
            connection, "work_order", "ticket_id", found["id"], order="created_at"
        ),
    }


def work_orders(
    connection: Connection,
    window: Window,
    *,
    status: str | None,
    assignee: str | None,
    q: str | None,
) -> Listed:
    """Work orders, newest first, each with the people it is assigned to. `assignee` is a login."""
    order = T["work_order"]
    wanted = _with_place(order)
    if status is not None:
        wanted = wanted.where(order.c.status == status)
    if assignee is not None:
        wanted = wanted.where(order.c.id.in_(_assigned_to(assignee)))
    if q:
        wanted = wanted.where(
            mentions(q, order.c.number, order.c.provisional, order.c.summary, CUSTOMER.c.name)
        )
    listed = page(connection, wanted, window, (order.c.created_at, order.c.id))
    people = _assignees(connection, [item["id"] for item in listed.items])
    for item in listed.items:
        item["assignees"] = people.get(item["id"], [])
    return listed


def work_order(connection: Connection, number: str) -> Item | None:
    """One work order by number or id, with everything that lives with it and its story."""
    found = by_number(connection, "work_order", number)
    if found is None:
        return None
    own = found["id"]
    uses = living_with(connection, "part_use", "work_order_id", own, order="at")
    return {
        **found,
        "customer": by_id(connection, "customer", found["customer_id"]),
        "site": by_id(connection, "site", found["site_id"]),
        "asset": by_id(connection, "asset", found["asset_id"]),
        "ticket": by_id(connection, "ticket", found["ticket_id"]),
        "assignments": living_with(connection, "assignment", "work_order_id", own, order="from_ms"),
        "visits": living_with(connection, "visit", "work_order_id", own, order="id"),
        "completions": living_with(connection, "completion", "work_order_id", own, order="at"),
        "readings": living_with(connection, "reading", "work_order_id", own, order="at"),
        "notes": living_with(connection, "note", "work_order_id", own, order="at"),
        "parts": [{**use, "quantity": quantity_text(use["amount"])} for use in uses],
        "tasks": living_with(connection, "task", "home_id", own, order="at"),
        "conflicts": living_with(connection, "conflict", "home_id", own, order="at"),
        "story": story(connection, ("work_order", own)),
    }


def _assigned_to(login: str) -> Select[Any]:
    assignment, person = T["assignment"], T["person"]
    return (
        select(assignment.c.work_order_id)
        .join(person, person.c.id == assignment.c.person_id)
        .where(person.c.login == login, assignment.c.until_ms.is_(None))
    )


def _assignees(connection: Connection, orders: Sequence[str]) -> dict[str, list[Item]]:
    assignment, person = T["assignment"], T["person"]
    rows = connection.execute(
        select(
            assignment.c.work_order_id,
            assignment.c.role,
            person.c.id,
            person.c.login,
            person.c.name,
        )
        .join(person, person.c.id == assignment.c.person_id)
        .where(assignment.c.work_order_id.in_(orders), assignment.c.until_ms.is_(None))
        .order_by(assignment.c.from_ms, assignment.c.id)
    )
    found: dict[str, list[Item]] = {}
    for row in rows:
        told = {"id": row.id, "login": row.login, "name": row.name, "role": row.role}
        found.setdefault(row.work_order_id, []).append(told)
    return found


def _with_place(table: Table) -> Select[Any]:
    """Rows of a table, each with the names of its customer and site, and the address."""
    at_site = table.join(CUSTOMER, CUSTOMER.c.id == table.c.customer_id).join(
        SITE, SITE.c.id == table.c.site_id
    )
    place = (CUSTOMER.c.name.label("customer"), SITE.c.name.label("site"), SITE.c.address)
    return select(*table.c, *place).select_from(at_site)

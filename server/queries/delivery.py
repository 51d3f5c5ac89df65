"""Delivery: how far each assignment has got, from the office to the eyes of whoever it is for."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, and_, bindparam, select

from server.queries.pages import Item, T
from server.questions import Question
from server.rows import add, among, listed
from shared.records import STREAM_PREFIX

PREFIX: Final = STREAM_PREFIX["work_order"] + ":"


class Confirmed(Struct, frozen=True, kw_only=True):
    """The cursors that a device of a person has just told, and when (ms)."""

    person: str
    device: str
    at: int
    cursors: Mapping[str, int]


def confirm(connection: Connection, told: Confirmed) -> None:
    """Write down which assignments have got to a phone: its cursor is at or past their rows.

    For a transaction that writes anyway. The first time stands.
    """
    cursors = {
        stream.removeprefix(PREFIX): seq
        for stream, seq in told.cursors.items()
        if stream.startswith(PREFIX)
    }
    if not cursors:
        return
    asked = _undelivered(connection.dialect.name)
    found = asked.ask(connection, person=told.person, orders=listed(connection, cursors))
    rows = [
        (assignment, told.device, told.at)
        for assignment, order, seq in found
        if seq <= cursors[order]
    ]
    add(connection, "delivery", ("assignment_id",), sorted(rows))


@cache
def _undelivered(dialect: str) -> Question:
    assignment, feed, delivery = T["assignment"], T["feed"], T["delivery"]
    row = and_(
        feed.c.pk == assignment.c.id,
        feed.c.table == "assignment",
        feed.c.stream == PREFIX + assignment.c.work_order_id,
    )
    joined = assignment.join(feed, row).outerjoin(
        delivery, delivery.c.assignment_id == assignment.c.id
    )
    return Question(
        select(assignment.c.id, assignment.c.work_order_id, feed.c.seq)
        .select_from(joined)
        .where(
            assignment.c.person_id == bindparam("person"),
            among(assignment.c.work_order_id, "orders", dialect),
            delivery.c.assignment_id.is_(None),
        )
    )


def delivery(connection: Connection, work_order_id: str) -> list[Item]:
    """How far the assignments that hold have got, the lead's first."""
    return deliveries(connection, [work_order_id]).get(work_order_id, [])


def deliveries(connection: Connection, work_order_ids: Collection[str]) -> dict[str, list[Item]]:
    """The same of many work orders, by one statement.

    Each has `person`, `role`, and when it was sent (assigned), on a phone, seen and accepted (ms
    or None). Whoever saw or accepted a job had it on a phone by then, whatever is known of cursors.
    """
    assignment, person, arrived = T["assignment"], T["person"], T["delivery"]
    joined = assignment.join(person, person.c.id == assignment.c.person_id).outerjoin(
        arrived, arrived.c.assignment_id == assignment.c.id
    )
    rows = connection.execute(
        select(
            *(assignment.c.id, assignment.c.work_order_id, assignment.c.role),
            *(assignment.c.from_ms, assignment.c.seen_at, assignment.c.accepted_at),
            *(person.c.id.label("person_id"), person.c.login, person.c.name),
            *(arrived.c.at.label("arrived_at"), arrived.c.device_id),
        )
        .select_from(joined)
        .where(
            among(assignment.c.work_order_id, "orders", connection.dialect.name),
            assignment.c.until_ms.is_(None),
        )
        .order_by(assignment.c.role.desc(), assignment.c.from_ms, assignment.c.id),
        {"orders": listed(connection, work_order_ids)},
    )
    found: dict[str, list[Item]] = {}
    for row in rows:
        seen = _first(row.seen_at, row.accepted_at)
        found.setdefault(row.work_order_id, []).append(
            {
                "assignment": row.id,
                "person": {"id": row.person_id, "login": row.login, "name": row.name},
                "role": row.role,
                "device": row.device_id,
                "sent_at": row.from_ms,
                "on_phone_at": _first(row.arrived_at, seen),
                "seen_at": seen,
                "accepted_at": row.accepted_at,
            }
        )
    return found


def _first(*times: int | None) -> int | None:
    """The earliest of the times that are known."""
    return min((one for one in times if one is not None), default=None)

"""The day board: who is out, what each has that day, and what still has nobody or no time."""

import datetime
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, or_, select

from server.queries.pages import Item, T
from shared.fields import PRIORITIES
from shared.people import may
from shared.work_order import OPEN

WAITING_MAX: Final = 60
FIELD: Final = "work_order.accept"

ORDER, VISIT, ASSIGNMENT = T["work_order"], T["visit"], T["assignment"]
SITE, CUSTOMER, PERSON = T["site"], T["customer"], T["person"]

_URGENCY: Final = case(
    {name: place for place, name in enumerate(reversed(PRIORITIES))}, value=ORDER.c.priority
)
_OF_ORDER: Final = (
    *(ORDER.c.id.label("order"), ORDER.c.number, ORDER.c.provisional, ORDER.c.orphan),
    *(ORDER.c.summary, ORDER.c.status),
    *(ORDER.c.priority, ORDER.c.skill, ORDER.c.version.label("order_version")),
    *(SITE.c.name.label("site"), SITE.c.address, SITE.c.zone, SITE.c.time_zone),
    CUSTOMER.c.name.label("customer"),
)
_PLACED: Final = ORDER.join(SITE, SITE.c.id == ORDER.c.site_id).join(
    CUSTOMER, CUSTOMER.c.id == ORDER.c.customer_id
)
_OPEN_VISIT: Final = exists().where(VISIT.c.work_order_id == ORDER.c.id, VISIT.c.ended_at.is_(None))
_HELD: Final = exists().where(
    ASSIGNMENT.c.work_order_id == ORDER.c.id, ASSIGNMENT.c.until_ms.is_(None)
)


def technicians(connection: Connection) -> list[Item]:
    """Everybody who may be sent out, by name."""
    wanted = select(
        *(PERSON.c.id, PERSON.c.login, PERSON.c.name, PERSON.c.code, PERSON.c.roles),
        *(PERSON.c.skills, PERSON.c.zones, PERSON.c.van_id, PERSON.c.team_id),
    ).where(PERSON.c.disabled.is_(False))
    rows = connection.execute(wanted.order_by(PERSON.c.name, PERSON.c.id))
    return [dict(row._asdict()) for row in rows if may(tuple(row.roles), FIELD)]


def visits(connection: Connection, day: str, person: str | None = None) -> list[Item]:
    """The visits planned for a day (`2026-11-23`, where the site is), by person and time."""
    wanted = (
        select(*VISIT.c, *_OF_ORDER)
        .select_from(VISIT.join(_PLACED, ORDER.c.id == VISIT.c.work_order_id))
        .where(
            *_within(VISIT.c.planned_from, day),
            ORDER.c.status != "cancelled",
            # What nobody has waits in the column, with the time it had.
            or_(ORDER.c.status != "created", VISIT.c.ended_at.is_not(None)),
        )
    )
    if person is not None:
        wanted = wanted.where(VISIT.c.person_id == person)
    return _items(connection, wanted.order_by(VISIT.c.planned_from, VISIT.c.id))


def dated(connection: Connection, day: str) -> list[Item]:
    """Jobs that somebody has, promised for a day, without a visit that is still to come."""
    wanted = (
        select(*_OF_ORDER, ORDER.c.planned_from, ORDER.c.planned_to, ASSIGNMENT.c.person_id)
        .select_from(_PLACED.join(ASSIGNMENT, ASSIGNMENT.c.work_order_id == ORDER.c.id))
        .where(
            *_within(ORDER.c.planned_from, day),
            ORDER.c.status.in_(OPEN),
            ASSIGNMENT.c.until_ms.is_(None),
            ASSIGNMENT.c.role == "lead",
            ~_OPEN_VISIT,
            ~_visit_on(day),
        )
    )
    return _items(connection, wanted.order_by(ORDER.c.planned_from, ORDER.c.id))


def held(connection: Connection, orders: Collection[str]) -> dict[str, str]:
    """Who has each of some jobs: their ids in order, with commas between."""
    wanted = (
        select(ASSIGNMENT.c.work_order_id, ASSIGNMENT.c.person_id)
        .where(ASSIGNMENT.c.work_order_id.in_(orders), ASSIGNMENT.c.until_ms.is_(None))
        .order_by(ASSIGNMENT.c.work_order_id, ASSIGNMENT.c.person_id)
    )
    found: dict[str, str] = {}
    for order, person in connection.execute(wanted):
        found[order] = f"{found[order]},{person}" if order in found else person
    return found


def unassigned(connection: Connection, limit: int = WAITING_MAX) -> list[Item]:
    """Jobs that nobody has: the most pressing first, then by when they are wanted."""
    wanted = (
        select(*_OF_ORDER, ORDER.c.planned_from, ORDER.c.planned_to, ORDER.c.created_at)
        .select_from(_PLACED)
        .where(_nobodys())
    )
    wanted = wanted.order_by(
        _URGENCY, ORDER.c.planned_from.is_(None), ORDER.c.planned_from, ORDER.c.created_at
    )
    return _items(connection, wanted.limit(limit))


def undated(connection: Connection, limit: int = WAITING_MAX) -> list[Item]:
    """Jobs that somebody has, with neither a visit to come nor a promised time."""
    wanted = (
        select(
            *(*_OF_ORDER, ORDER.c.outcome, ASSIGNMENT.c.person_id),
            PERSON.c.name.label("person"),
        )
        .select_from(
            _PLACED.join(ASSIGNMENT, ASSIGNMENT.c.work_order_id == ORDER.c.id).join(
                PERSON, PERSON.c.id == ASSIGNMENT.c.person_id
            )
        )
        .where(_timeless(), ASSIGNMENT.c.until_ms.is_(None), ASSIGNMENT.c.role == "lead")
    )
    return _items(connection, wanted.order_by(_URGENCY, ORDER.c.created_at).limit(limit))


def counts(connection: Connection) -> Item:
    """How many jobs nobody has, and how many have no time."""
    found = select(func.count()).select_from(ORDER)
    return {
        "unassigned": connection.scalar(found.where(_nobodys())) or 0,
        "undated": connection.scalar(found.where(_timeless(), _HELD)) or 0,
    }


def loads(connection: Connection) -> dict[str, int]:
    """How many open jobs each person has."""
    wanted = (
        select(ASSIGNMENT.c.person_id, func.count())
        .select_from(ORDER.join(ASSIGNMENT, ASSIGNMENT.c.work_order_id == ORDER.c.id))
        .where(ORDER.c.status.in_(OPEN), ASSIGNMENT.c.until_ms.is_(None))
        .group_by(ASSIGNMENT.c.person_id)
    )
    return dict(connection.execute(wanted).all())


def acquainted(connection: Connection, asset: str | None) -> dict[str, int]:
    """Who has worked on a machine before, and when last (ms)."""
    if asset is None:
        return {}
    wanted = (
        select(VISIT.c.person_id, func.max(VISIT.c.ended_at))
        .select_from(ORDER.join(VISIT, VISIT.c.work_order_id == ORDER.c.id))
        .where(ORDER.c.asset_id == asset, VISIT.c.ended_at.is_not(None))
        .group_by(VISIT.c.person_id)
    )
    return dict(connection.execute(wanted).all())


def heard_of(connection: Connection) -> dict[str, int | None]:
    """When a phone of each person was last heard of (ms); who has none is left out."""
    device = T["device"]
    wanted = (
        select(device.c.person_id, func.max(device.c.contact_at))
        .where(device.c.revoked_at.is_(None))
        .group_by(device.c.person_id)
    )
    return dict(connection.execute(wanted).all())


def owners(connection: Connection, devices: Collection[str]) -> dict[str, str]:
    """Whose some devices are."""
    device = T["device"]
    wanted = select(device.c.id, device.c.person_id).where(device.c.id.in_(devices))
    return dict(connection.execute(wanted).all())


def carried(
    connection: Connection, parts: Collection[str], vans: Collection[str]
) -> dict[tuple[str, str], int]:
    """How much of each of some parts some vans hold: (van, part) -> thousandths."""
    balance = T["balance"]
    if not parts or not vans:
        return {}
    wanted = select(balance.c.location_id, balance.c.part_id, balance.c.amount).where(
        balance.c.part_id.in_(parts), balance.c.location_id.in_(vans)
    )
    return {(van, part): amount for van, part, amount in connection.execute(wanted)}


def day_after(day: str, days: int = 1) -> str:
    """The day so many days later."""
    later = datetime.date.fromisoformat(day) + datetime.timedelta(days=days)
    return later.isoformat()


def _within(column: ColumnElement[Any], day: str) -> tuple[ColumnElement[bool], ...]:
    return (column >= day, column < day_after(day))


def _visit_on(day: str) -> ColumnElement[bool]:
    return exists().where(VISIT.c.work_order_id == ORDER.c.id, *_within(VISIT.c.planned_from, day))


def _nobodys() -> ColumnElement[bool]:
    return ORDER.c.status == "created"


def _timeless() -> ColumnElement[bool]:
    """Open, but with no visit to come: none was planned, or the last one ended without an end."""
    never = and_(ORDER.c.planned_from.is_(None), ~_OPEN_VISIT)
    again = and_(ORDER.c.outcome.is_not(None), ~_OPEN_VISIT)
    return and_(ORDER.c.status.in_(OPEN[1:]), or_(never, again))


def _items(connection: Connection, wanted: Select[Any]) -> list[Item]:
    return [dict(row._asdict()) for row in connection.execute(wanted)]

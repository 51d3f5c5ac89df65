"""What the office keeps an eye on: stock, conflicts, and the fleet."""

from sqlalchemy import Connection, and_, func, or_, select

from server.queries.pages import Listed, T, Window, mentions, page
from shared.amounts import quantity_text
from shared.ops import PROVISIONAL


def stock(connection: Connection, window: Window, *, location: str | None, q: str | None) -> Listed:
    """What the places hold, by part number. `location` is a code or an id."""
    balance, part, place = T["balance"], T["part"], T["location"]
    wanted = select(
        balance.c.id,
        balance.c.amount,
        place.c.id.label("location_id"),
        place.c.code.label("location"),
        part.c.id.label("part_id"),
        part.c.number,
        part.c.en,
        part.c.zh,
        part.c.unit,
    ).select_from(
        balance.join(part, part.c.id == balance.c.part_id).join(
            place, place.c.id == balance.c.location_id
        )
    )
    if location is not None:
        wanted = wanted.where(or_(place.c.code == location, place.c.id == location))
    if q:
        wanted = wanted.where(mentions(q, part.c.number, part.c.en, part.c.zh))
    listed = page(connection, wanted, window, (part.c.number, balance.c.id), newest_first=False)
    for item in listed.items:
        item["quantity"] = quantity_text(item["amount"])
    return listed


def conflicts(
    connection: Connection, window: Window, *, is_open: bool | None, work_order: str | None
) -> Listed:
    """Conflicts, newest first, with the number of the work order they are about."""
    conflict, order, person = T["conflict"], T["work_order"], T["person"]
    joined = conflict.outerjoin(
        order, and_(conflict.c.home_noun == "work_order", order.c.id == conflict.c.home_id)
    ).outerjoin(person, person.c.id == conflict.c.winner_by)
    wanted = select(
        conflict, order.c.number.label("work_order"), person.c.name.label("winner_by_name")
    ).select_from(joined)
    if is_open is not None:
        settled = conflict.c.settled_at
        wanted = wanted.where(settled.is_(None) if is_open else settled.is_not(None))
    if work_order is not None:
        wanted = wanted.where(or_(order.c.number == work_order, order.c.id == work_order))
    return page(connection, wanted, window, (conflict.c.at, conflict.c.id))


def devices(connection: Connection, window: Window) -> Listed:
    """Devices, newest first: whose, how current, and how many of their ops wait for a person."""
    device, person, op = T["device"], T["person"], T["op"]
    waiting = (
        select(func.count())
        .where(op.c.device == device.c.id, op.c.verdict.in_([str(one) for one in PROVISIONAL]))
        .scalar_subquery()
    )
    wanted = select(
        *(one for one in device.c if one.name != "public_key"),
        person.c.name.label("person"),
        person.c.login,
        waiting.label("waiting"),
    ).select_from(device.join(person, person.c.id == device.c.person_id))
    return page(connection, wanted, window, (device.c.created_at, device.c.id))

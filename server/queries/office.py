"""What the office keeps an eye on: stock, conflicts, ops that wait for a person, and the fleet."""

from sqlalchemy import Connection, and_, func, or_, select, text

from server.queries.pages import Item, Listed, T, Window, mentions, page
from server.tables.books import WAITS
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


def waiting(connection: Connection, window: Window, *, verdict: str | None) -> Listed:
    """Ops without a final verdict, newest first, each with its body: all it takes to mend one."""
    op, person, device = T["op"], T["person"], T["device"]
    order, ticket = T["work_order"], T["ticket"]
    joined = (
        op.outerjoin(person, person.c.id == op.c.by_id)
        .outerjoin(device, device.c.id == op.c.device)
        .outerjoin(order, and_(op.c.noun == "work_order", order.c.id == op.c.on_id))
        .outerjoin(ticket, and_(op.c.noun == "ticket", ticket.c.id == op.c.on_id))
    )
    wanted = select(
        op.c.op_id.label("id"),
        *(op.c.kind, op.c.noun, op.c.on_id, op.c.by_id, op.c.device, op.c.verdict, op.c.code),
        *(op.c.detail, op.c.received, op.c.fingerprint, op.c.body),
        func.coalesce(order.c.number, ticket.c.number).label("number"),
        person.c.name.label("by_name"),
        device.c.name.label("device_name"),
    ).select_from(joined)
    wanted = wanted.where(text(WAITS) if verdict is None else op.c.verdict == verdict)
    listed = page(connection, wanted, window, (op.c.received, op.c.op_id))
    for item in listed.items:
        _reshape(item)
    return listed


def _reshape(item: Item) -> None:
    """Names beside ids, and the body as text; what in it is no text is marked as such."""
    body, noun, on_id = item["body"], item.pop("noun"), item.pop("on_id")
    by, by_name = item.pop("by_id"), item.pop("by_name")
    device, device_name = item["device"], item.pop("device_name")
    item["by"] = None if by is None else {"id": by, "name": by_name}
    item["device"] = None if device is None else {"id": device, "name": device_name}
    item["on"] = None if noun is None else [noun, on_id]
    item["body"] = None if body is None else bytes(body).decode("utf-8", "replace")


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

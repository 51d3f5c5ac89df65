"""Stock as the warehouse reads it: places, what lies there, and every movement of a part."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, tuple_

from server.queries.pages import Item, Listed, T, Window, by_id, mentions, page
from shared.amounts import quantity_text
from shared.parts import COUNTED, INSTALLED, SUPPLIER

BALANCE, PART, PLACE = T["balance"], T["part"], T["location"]
MOVEMENT, TASK, PERSON = T["movement"], T["task"], T["person"]
OUTSIDE: Final = {SUPPLIER: "supplier", INSTALLED: "installed", COUNTED: "counted"}
TYPES: Final = ("warehouse", "transit", "defective", "van", "scrap")

_RECOUNT: Final = (
    select(func.count())
    .where(
        TASK.c.home_noun == "location",
        TASK.c.home_id == PLACE.c.id,
        TASK.c.code == "recount",
        TASK.c.done.is_(False),
    )
    .scalar_subquery()
)


def places(connection: Connection) -> list[Item]:
    """Every place that holds parts: how many kinds it has, how many are short or to be counted."""
    held = (
        select(
            BALANCE.c.location_id,
            func.count().label("lines"),
            func.sum(case((BALANCE.c.amount < 0, 1), else_=0)).label("short"),
        )
        .group_by(BALANCE.c.location_id)
        .subquery()
    )
    wanted = (
        select(
            *PLACE.c,
            PERSON.c.name.label("person"),
            func.coalesce(held.c.lines, 0).label("lines"),
            func.coalesce(held.c.short, 0).label("short"),
            _RECOUNT.label("recount"),
        )
        .select_from(
            PLACE.outerjoin(held, held.c.location_id == PLACE.c.id).outerjoin(
                PERSON, PERSON.c.id == PLACE.c.person_id
            )
        )
        .order_by(PLACE.c.code, PLACE.c.id)
    )
    found = [dict(row._asdict()) for row in connection.execute(wanted)]
    return sorted(found, key=lambda one: TYPES.index(one["type"]))


def lines(
    connection: Connection, window: Window, *, place: str, q: str | None, short: bool
) -> Listed:
    """What lies at a place, by part number."""
    wanted = (
        select(
            BALANCE.c.id,
            BALANCE.c.amount,
            BALANCE.c.part_id,
            *(PART.c.number, PART.c.en, PART.c.zh, PART.c.unit, PART.c.serialised),
        )
        .select_from(BALANCE.join(PART, PART.c.id == BALANCE.c.part_id))
        .where(BALANCE.c.location_id == place)
    )
    if q:
        wanted = wanted.where(mentions(q, PART.c.number, PART.c.en, PART.c.zh, PART.c.barcode))
    if short:
        wanted = wanted.where(BALANCE.c.amount < 0)
    listed = page(connection, wanted, window, (PART.c.number, BALANCE.c.id), newest_first=False)
    waiting = _recounts(connection, place)
    for item in listed.items:
        item["quantity"] = quantity_text(item["amount"])
        item["recount"] = item["part_id"] in waiting
    return listed


def part(connection: Connection, number: str) -> Item | None:
    """A part by number or id, with how much of it each place holds."""
    row = connection.execute(
        select(PART).where(or_(PART.c.number == number, PART.c.id == number)).limit(1)
    ).one_or_none()
    if row is None:
        return None
    held = connection.execute(
        select(BALANCE.c.amount, PLACE.c.id, PLACE.c.code, PLACE.c.en, PLACE.c.zh, PLACE.c.type)
        .select_from(BALANCE.join(PLACE, PLACE.c.id == BALANCE.c.location_id))
        .where(BALANCE.c.part_id == row.id)
        .order_by(PLACE.c.type.desc(), PLACE.c.code)
    )
    return {**row._asdict(), "held": [dict(one._asdict()) for one in held]}


def movements(
    connection: Connection, window: Window, *, part: str | None, place: str | None
) -> Listed:
    """Movements, newest first: of a part, at a place, or both; the job one was for.

    For a part at a place each says how much was left there after it (`left`, in thousandths).
    """
    op, order, source, target = T["op"], T["work_order"], PLACE.alias("s"), PLACE.alias("t")
    joined = (
        MOVEMENT.join(PART, PART.c.id == MOVEMENT.c.part_id)
        .outerjoin(source, source.c.id == MOVEMENT.c.source_id)
        .outerjoin(target, target.c.id == MOVEMENT.c.target_id)
        .outerjoin(op, op.c.op_id == MOVEMENT.c.op_id)
        .outerjoin(order, and_(op.c.noun == "work_order", order.c.id == op.c.on_id))
        .outerjoin(PERSON, PERSON.c.id == op.c.by_id)
    )
    wanted = select(
        *MOVEMENT.c,
        *(PART.c.number.label("part"), PART.c.en, PART.c.zh, PART.c.unit),
        *(source.c.code.label("source"), target.c.code.label("target")),
        *(order.c.number.label("work_order"), PERSON.c.name.label("by_name")),
        *(op.c.kind, op.c.origin, op.c.received, op.c.done_at, op.c.uncertain),
    ).select_from(joined)
    wanted = wanted.where(*_of(part, place))
    listed = page(connection, wanted, window, (MOVEMENT.c.at, MOVEMENT.c.id))
    for item in listed.items:
        item["quantity"] = quantity_text(item["amount"])
        item["source"] = item["source"] or OUTSIDE.get(item["source_id"])
        item["target"] = item["target"] or OUTSIDE.get(item["target_id"])
    if part is not None and place is not None:
        _run_back(connection, listed, (part, place), window)
    return listed


def place(connection: Connection, code: str) -> Item | None:
    """A place by its code or id."""
    identity = connection.scalar(
        select(PLACE.c.id).where(or_(PLACE.c.code == code, PLACE.c.id == code)).limit(1)
    )
    return by_id(connection, "location", identity)


def amount(connection: Connection, place: str, part: str) -> int:
    """How much of a part a place holds, in thousandths."""
    wanted = select(BALANCE.c.amount).where(
        BALANCE.c.location_id == place, BALANCE.c.part_id == part
    )
    return connection.scalar(wanted) or 0


def find_parts(connection: Connection, q: str, limit: int = 20) -> list[Item]:
    """Parts whose number, name or barcode holds a text."""
    wanted = select(PART).where(mentions(q, PART.c.number, PART.c.en, PART.c.zh, PART.c.barcode))
    rows = connection.execute(wanted.order_by(PART.c.number).limit(limit))
    return [dict(row._asdict()) for row in rows]


def _of(part: str | None, place: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if part is not None:
        conditions.append(MOVEMENT.c.part_id == part)
    if place is not None:
        conditions.append(or_(MOVEMENT.c.source_id == place, MOVEMENT.c.target_id == place))
    return conditions


def _signed(place: str) -> Any:
    return func.sum(case((MOVEMENT.c.target_id == place, 1), else_=-1) * MOVEMENT.c.amount)


def _run_back(
    connection: Connection, listed: Listed, what: tuple[str, str], window: Window
) -> None:
    """Say what was left after each movement, back from what there is now."""
    part, place = what
    left = amount(connection, place, part)
    if window.after is not None:
        newer = tuple_(MOVEMENT.c.at, MOVEMENT.c.id) >= tuple_(*window.after)
        left -= int(connection.scalar(select(_signed(place)).where(*_of(part, place), newer)) or 0)
    for item in listed.items:
        item["left"] = quantity_text(left)
        left -= item["amount"] if item["target_id"] == place else -item["amount"]


def _recounts(connection: Connection, place: str) -> set[str]:
    rows = connection.scalars(
        select(TASK.c.params).where(
            TASK.c.home_noun == "location",
            TASK.c.home_id == place,
            TASK.c.code == "recount",
            TASK.c.done.is_(False),
        )
    )
    return {str(params.get("part")) for params in rows}

"""A job as the office reads it: everything that lives with it, by name, and its story by op."""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, and_, or_, select

from server.queries.books import provable, signed
from server.queries.pages import LOOKS, Item, T, by_id, by_number, living_with
from shared.amounts import quantity_text

STORY_MAX: Final = 400
NAMED: Final = ("person", "part", "location")


def job(connection: Connection, number: str) -> Item | None:
    """A work order by number or id, with what lives with it, and without its story."""
    found = by_number(connection, "work_order", number)
    if found is None:
        return None
    own = found["id"]
    of_order = ("work_order_id", own)
    return {
        **found,
        "customer": by_id(connection, "customer", found["customer_id"]),
        "site": by_id(connection, "site", found["site_id"]),
        "asset": by_id(connection, "asset", found["asset_id"]),
        "ticket": by_id(connection, "ticket", found["ticket_id"]),
        "checklist": by_id(connection, "checklist", found["checklist_id"]),
        "beside": by_id(connection, "work_order", found["beside_id"]),
        "assignments": living_with(connection, "assignment", *of_order, order="from_ms"),
        "visits": living_with(connection, "visit", *of_order, order="planned_from"),
        "completions": living_with(connection, "completion", *of_order, order="at"),
        "readings": living_with(connection, "reading", *of_order, order="at"),
        "notes": living_with(connection, "note", *of_order, order="at"),
        "used": _parts(connection, "part_use", own),
        "planned": _parts(connection, "planned_part", own),
        "ordered": _parts(connection, "ordered_part", own),
        "tasks": living_with(connection, "task", "home_id", own, order="at"),
        "conflicts": living_with(connection, "conflict", "home_id", own, order="at"),
    }


def told(connection: Connection, on: tuple[str, str], site: str | None = None) -> list[Item]:
    """The newest ops on a thing or mending one, by when they were done, each with what it says.

    With a site, also what was written of it in the course of this job. That somebody looked at it
    is told in the audit log, and not here.
    """
    op, leaf, person, device = (T[n] for n in ("op", "leaf", "person", "device"))
    joined = (
        op.outerjoin(
            leaf,
            and_(leaf.c.op_id == op.c.op_id, leaf.c.n == op.c.n, leaf.c.epoch == op.c.epoch),
        )
        .outerjoin(person, person.c.id == op.c.by_id)
        .outerjoin(device, device.c.id == op.c.device)
    )
    mended = op.alias("mended")
    ours = select(mended.c.op_id).where(mended.c.noun == on[0], mended.c.on_id == on[1])
    places = [
        and_(op.c.noun == on[0], op.c.on_id == on[1]),
        and_(op.c.noun == "op", op.c.on_id.in_(ours)),
    ]
    if site is not None:
        places.append(and_(op.c.noun == "site", op.c.on_id == site))
    wanted = (
        select(
            op,
            person.c.name.label("by_name"),
            device.c.name.label("device_name"),
            leaf.c.hash.label("leaf_hash"),
            leaf.c.number.label("leaf_number"),
            signed(op.c.epoch).label("signed"),
        )
        .select_from(joined)
        .where(or_(*places), or_(op.c.kind.is_(None), op.c.kind.not_in(LOOKS)))
        .order_by(op.c.received.desc(), op.c.lseq.desc(), op.c.op_id.desc())
        .limit(STORY_MAX)
    )
    lines = [_line(row) for row in connection.execute(wanted)]
    if site is not None:
        lines = [one for one in lines if one["noun"] != "site" or _is_of(one, on[1])]
    return sorted(lines, key=lambda one: (one["done_at"], one["received"]), reverse=True)


def names(connection: Connection, ids: Collection[str]) -> dict[str, Item]:
    """The people, parts and places among these ids, each with its table."""
    found: dict[str, Item] = {}
    for name in NAMED:
        table = T[name]
        for row in connection.execute(select(table).where(table.c.id.in_(ids))):
            found[row.id] = {**row._asdict(), "table": name}
    return found


def _parts(connection: Connection, table: str, order: str) -> list[Item]:
    """Parts of a job, each with what the catalogue says of it."""
    line, part = T[table], T["part"]
    said = (part.c.number, part.c.en, part.c.zh, part.c.unit)
    rows = connection.execute(
        select(line, *(one.label(f"part_{one.name}") for one in said))
        .select_from(line.outerjoin(part, part.c.id == line.c.part_id))
        .where(line.c.work_order_id == order)
        .order_by(line.c.at, line.c.id)
    )
    return [{**row._asdict(), "quantity": quantity_text(row.amount)} for row in rows]


def _is_of(line: Item, order: str) -> bool:
    return isinstance(line["args"], dict) and line["args"].get("work_order") == order


def _line(row: Row[Any]) -> Item:
    body = _read(row.body)
    leaf = None
    if row.leaf_hash is not None:
        leaf = {
            "n": row.n,
            "number": row.leaf_number,
            "hash": bytes(row.leaf_hash).hex(),
            "provable": provable(row.leaf_number, row.signed),
        }
    kept = ("op_id", "kind", "noun", "on_id", "by_id", "by_name", "origin", "device_name")
    judged = ("done_at", "uncertain", "received", "verdict", "code", "detail", "flags")
    return {
        **{name: getattr(row, name) for name in (*kept, *judged)},
        "args": body.get("args"),
        "visit": body.get("visit"),
        "clock": body.get("at"),
        "leaf": leaf,
    }


def _read(body: bytes | None) -> Item:
    """What an op says, as far as it can be read."""
    try:
        said = msgspec.json.decode(body or b"{}")
    except msgspec.DecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def is_said(connection: Connection, op_id: str) -> bool:
    """Whether the books have an op with this id."""
    return connection.scalar(select(T["op"].c.op_id).where(T["op"].c.op_id == op_id)) is not None


def holders(connection: Connection, order: str) -> list[Item]:
    """Who has a job now: the lead first."""
    held, person = T["assignment"], T["person"]
    rows = connection.execute(
        select(held, person.c.name)
        .join(person, person.c.id == held.c.person_id)
        .where(held.c.work_order_id == order, held.c.until_ms.is_(None))
        .order_by(held.c.role.desc(), held.c.from_ms, held.c.id)
    )
    return [dict(row._asdict()) for row in rows]


def visit(connection: Connection, identity: str) -> Item | None:
    """One visit with what it is for: number, status and zone, and who has the job."""
    own, order, site, person = (T[n] for n in ("visit", "work_order", "site", "person"))
    row = connection.execute(
        select(
            *(*own.c, order.c.number, order.c.summary, order.c.status, site.c.time_zone),
            person.c.name.label("person"),
        )
        .select_from(
            own.join(order, order.c.id == own.c.work_order_id)
            .join(site, site.c.id == order.c.site_id)
            .join(person, person.c.id == own.c.person_id)
        )
        .where(own.c.id == identity)
    ).one_or_none()
    return None if row is None else dict(row._asdict())

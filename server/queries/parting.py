"""Parting: what a lost phone held, what it handed in since, and how far its wiping is."""

from typing import Final

from sqlalchemy import Connection, and_, func, select, text

from server.queries.pages import Item, T
from server.tables.books import WAITS
from shared.work_order import OPEN

SHOWN_MAX: Final = 200

OP, ORDER, PERSON = T["op"], T["work_order"], T["person"]
ASSIGNMENT, WIPE = T["assignment"], T["wipe"]


def handed_in(connection: Connection, device: str, limit: int = SHOWN_MAX) -> list[Item]:
    """What a device handed in that waits for a person, in the order in which it was done."""
    joined = OP.outerjoin(ORDER, and_(OP.c.noun == "work_order", ORDER.c.id == OP.c.on_id))
    wanted = (
        select(
            *(OP.c.op_id, OP.c.kind, OP.c.verdict, OP.c.code, OP.c.detail, OP.c.fingerprint),
            *(OP.c.done_at, OP.c.received, ORDER.c.number),
        )
        .select_from(joined)
        .where(OP.c.device == device, text(WAITS))
        .order_by(OP.c.incarnation, OP.c.lseq, OP.c.op_id)
        .limit(limit)
    )
    return [dict(row._asdict()) for row in connection.execute(wanted)]


def waiting(connection: Connection, device: str) -> tuple[int, int]:
    """How much a device handed in that waits for a person, and when the last of it came (ms)."""
    wanted = select(func.count(), func.coalesce(func.max(OP.c.received), 0))
    count, last = connection.execute(wanted.where(OP.c.device == device, text(WAITS))).one()
    return count, last


def jobs(connection: Connection, person: str) -> list[Item]:
    """The jobs that somebody has and has not ended: a phone of theirs shows their customers."""
    joined = ASSIGNMENT.join(ORDER, ORDER.c.id == ASSIGNMENT.c.work_order_id)
    wanted = (
        select(ORDER.c.number, ORDER.c.status)
        .select_from(joined)
        .where(
            ASSIGNMENT.c.person_id == person,
            ASSIGNMENT.c.until_ms.is_(None),
            ORDER.c.status.in_(OPEN),
        )
        .order_by(ORDER.c.number)
        .distinct()
        .limit(SHOWN_MAX)
    )
    return [dict(row._asdict()) for row in connection.execute(wanted)]


def wipe(connection: Connection, device: str) -> Item | None:
    """The order for a device that was not cancelled, with the names of who wanted it."""
    row = connection.execute(
        select(*WIPE.c).where(WIPE.c.device_id == device, WIPE.c.cancelled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    found = dict(row._asdict())
    said = ("asked_by", "confirmed_by", "given_up_by", "given_up_with")
    people = {found[name] for name in said} - {None}
    named = select(PERSON.c.id, PERSON.c.name).where(PERSON.c.id.in_(people))
    return {**found, "people": dict(connection.execute(named).all())}

"""The start page's figures: what needs a person now, and how full each technician's day is."""

import datetime
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    text,
)

from server.queries import fleet, queue
from server.queries.exceptions import HEARD
from server.queries.money import IS_OUT
from server.queries.pages import Item, T
from server.queries.queue import OPEN_TICKETS, is_late, waits_for_parts
from server.tables.books import WAITS
from shared.amounts import quantity_text
from shared.clock import SKEW_TOLERATED_MS
from shared.fields import PRIORITIES
from shared.people import may
from shared.work_order import OPEN

ROWS_MAX: Final = 6  # of each group; the rest is behind the group's link
DAY_MS: Final = 24 * 3_600_000
ARRIVALS_MAX: Final = 2_000
ON_SITE: Final = ("on_site", "working", "paused")
HOUR_MINUTES: Final = 60  # of a visit that is planned without an end

TICKET, ORDER, VISIT = T["ticket"], T["work_order"], T["visit"]
CUSTOMER, SITE, PERSON = T["customer"], T["site"], T["person"]
ASSIGNMENT, DEVICE, OP = T["assignment"], T["device"], T["op"]
CONFLICT, TASK, PART = T["conflict"], T["task"], T["part"]
BALANCE, PLACE = T["balance"], T["location"]
PHOTO, PAYMENT = T["photo"], T["payment"]
# What of a signature a person has to look at, the worst first.
SIGNED: Final = ("ink_reused", "seal_diverged", "unsigned_addition")

_PLACE: Final = (CUSTOMER.c.name.label("customer"), SITE.c.zone, SITE.c.time_zone)
Group = tuple[int, list[Item]]  # how many there are, and the worst of them


def urgency(column: ColumnElement[Any]) -> ColumnElement[int]:
    """The most pressing first."""
    ranks = {name: place for place, name in enumerate(reversed(PRIORITIES))}
    return case(ranks, value=column)


def unassigned(connection: Connection) -> Group:
    """Open tickets that nobody has: the most pressing first, then the oldest."""
    by_need = (urgency(TICKET.c.priority), TICKET.c.opened_at, TICKET.c.id)
    # All that wait are looked through once; who and where is looked up for the few that are shown.
    first = connection.execute(queue.unassigned().order_by(*by_need).limit(ROWS_MAX)).all()
    job = (
        select(ORDER.c.number)
        .where(ORDER.c.ticket_id == TICKET.c.id, ORDER.c.status == "created")
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        select(
            *(TICKET.c.id, TICKET.c.number, TICKET.c.problem, TICKET.c.priority),
            *(TICKET.c.opened_at, job.label("work_order"), *_PLACE),
        )
        .select_from(queue.joined(TICKET))
        .where(TICKET.c.id.in_([one.id for one in first]))
        .order_by(*by_need)
    )
    rows = [dict(row._asdict()) for row in connection.execute(wanted)]
    return (first[0].total if first else 0), rows


def late(connection: Connection, clocks: Mapping[str, str]) -> Group:
    """Jobs whose promised time is over and that nobody has begun, the longest over first."""
    joined = (
        ORDER.join(CUSTOMER, CUSTOMER.c.id == ORDER.c.customer_id)
        .join(SITE, SITE.c.id == ORDER.c.site_id)
        .outerjoin(
            ASSIGNMENT,
            and_(
                ASSIGNMENT.c.work_order_id == ORDER.c.id,
                ASSIGNMENT.c.until_ms.is_(None),
                ASSIGNMENT.c.role == "lead",
            ),
        )
        .outerjoin(PERSON, PERSON.c.id == ASSIGNMENT.c.person_id)
    )
    end = func.coalesce(
        select(func.max(VISIT.c.planned_to))
        .where(VISIT.c.work_order_id == ORDER.c.id, VISIT.c.ended_at.is_(None))
        .scalar_subquery(),
        ORDER.c.planned_to,
    )
    wanted = (
        select(
            *(ORDER.c.id, ORDER.c.number, ORDER.c.summary, ORDER.c.priority, ORDER.c.status),
            *(end.label("planned_to"), PERSON.c.name.label("person"), *_PLACE),
        )
        .select_from(joined)
        .where(is_late(clocks))
    )
    return _group(connection, wanted, end, urgency(ORDER.c.priority), ORDER.c.id)


def conflicts(connection: Connection) -> Group:
    """Open conflicts, the oldest first."""
    joined = (
        CONFLICT.outerjoin(
            ORDER, and_(CONFLICT.c.home_noun == "work_order", ORDER.c.id == CONFLICT.c.home_id)
        )
        .outerjoin(
            SITE,
            or_(
                SITE.c.id == ORDER.c.site_id,
                and_(CONFLICT.c.home_noun == "site", SITE.c.id == CONFLICT.c.home_id),
            ),
        )
        .outerjoin(CUSTOMER, CUSTOMER.c.id == SITE.c.customer_id)
    )
    wanted = (
        select(
            *(CONFLICT.c.id, CONFLICT.c.field, CONFLICT.c.rule, CONFLICT.c.at),
            *(ORDER.c.number, CUSTOMER.c.name.label("customer")),
        )
        .select_from(joined)
        .where(CONFLICT.c.settled_at.is_(None))
    )
    return _group(connection, wanted, CONFLICT.c.at, CONFLICT.c.id)


def set_aside(connection: Connection) -> Group:
    """Ops that wait for a person or behind one that does, the oldest first."""
    waiting = OP.alias("waiting")
    joined = OP.outerjoin(PERSON, PERSON.c.id == OP.c.by_id).outerjoin(
        ORDER, and_(OP.c.noun == "work_order", ORDER.c.id == OP.c.on_id)
    )
    wanted = (
        select(
            *(OP.c.op_id.label("id"), OP.c.kind, OP.c.verdict, OP.c.code, OP.c.detail),
            *(OP.c.received, PERSON.c.name.label("person"), ORDER.c.number),
        )
        .select_from(joined)
        # Apart, or the order would keep the database from the index of what waits.
        .where(OP.c.op_id.in_(select(waiting.c.op_id).where(text(WAITS))))
    )
    return _group(connection, wanted, OP.c.received, OP.c.op_id)


def seals(connection: Connection) -> Group:
    """Jobs that were signed otherwise than the records say, then those not wholly signed."""
    worst = case({code: place for place, code in enumerate(SIGNED)}, value=TASK.c.code)
    return _tasks(connection, TASK.c.code.in_(SIGNED), worst)


def tasks(connection: Connection, *, hears: bool) -> Group:
    """Open tasks about anything else, the oldest first, with what they are about.

    Those about feedback are for one who `hears`.
    """
    others = TASK.c.code.not_in(SIGNED)
    return _tasks(connection, others if hears else others & ~HEARD, TASK.c.at)


def _tasks(connection: Connection, which: ColumnElement[bool], worst: ColumnElement[Any]) -> Group:
    joined = TASK.outerjoin(
        ORDER, and_(TASK.c.home_noun == "work_order", ORDER.c.id == TASK.c.home_id)
    ).outerjoin(CUSTOMER, CUSTOMER.c.id == ORDER.c.customer_id)
    wanted = (
        select(
            *(TASK.c.id, TASK.c.code, TASK.c.params, TASK.c.at, TASK.c.home_noun, TASK.c.home_id),
            *(ORDER.c.number, ORDER.c.summary, CUSTOMER.c.name.label("customer")),
        )
        .select_from(joined)
        .where(TASK.c.done.is_(False), which)
    )
    count, found = _group(connection, wanted, worst, TASK.c.at, TASK.c.id)
    named = {str(one["params"].get("part")) for one in found}
    known = connection.execute(
        select(PART.c.id, PART.c.number, PART.c.en, PART.c.zh).where(PART.c.id.in_(named))
    )
    parts = {row.id: dict(row._asdict()) for row in known}
    return count, [{**one, "part": parts.get(str(one["params"].get("part")))} for one in found]


def lost_photos(connection: Connection) -> Group:
    """Photos of which the server has no picture, and that nobody has taken back."""
    joined = (
        PHOTO.join(ORDER, ORDER.c.id == PHOTO.c.work_order_id)
        .join(CUSTOMER, CUSTOMER.c.id == ORDER.c.customer_id)
        .outerjoin(PERSON, PERSON.c.id == PHOTO.c.person_id)
    )
    wanted = (
        select(
            *(PHOTO.c.id, PHOTO.c.fault, PHOTO.c.caption, PHOTO.c.at, ORDER.c.number),
            *(CUSTOMER.c.name.label("customer"), PERSON.c.name.label("person")),
        )
        .select_from(joined)
        .where(PHOTO.c.fault != "", PHOTO.c.dropped_at.is_(None))
    )
    return _group(connection, wanted, PHOTO.c.at.desc(), PHOTO.c.id)


def over_limit(connection: Connection, limit: int) -> list[Item]:
    """Jobs on which more was collected than may be (minor units), and that nobody has yet."""
    amount = func.sum(PAYMENT.c.amount)
    joined = PAYMENT.join(ORDER, ORDER.c.id == PAYMENT.c.work_order_id).join(
        PERSON, PERSON.c.id == PAYMENT.c.person_id
    )
    rows = connection.execute(
        select(
            *(ORDER.c.id, ORDER.c.number, PERSON.c.name.label("person"), PAYMENT.c.currency),
            *(amount.label("amount"), func.min(PAYMENT.c.at).label("at")),
        )
        .select_from(joined)
        .where(*IS_OUT)
        .group_by(ORDER.c.id, ORDER.c.number, PERSON.c.name, PAYMENT.c.currency)
        .having(amount > limit)
        .order_by(amount.desc(), ORDER.c.id)
    )
    return [{**row._asdict(), "amount": int(row.amount)} for row in rows]


def short_stock(connection: Connection) -> Group:
    """Parts of which more was used than the books show, the farthest below first."""
    wanted = (
        select(
            *(BALANCE.c.id, BALANCE.c.amount, PART.c.number, PART.c.en, PART.c.zh, PART.c.unit),
            *(PLACE.c.code, PLACE.c.en.label("place_en"), PLACE.c.zh.label("place_zh")),
            PLACE.c.id.label("place_id"),
        )
        .select_from(
            BALANCE.join(PART, PART.c.id == BALANCE.c.part_id).join(
                PLACE, PLACE.c.id == BALANCE.c.location_id
            )
        )
        .where(BALANCE.c.amount < 0)
    )
    count, found = _group(connection, wanted, BALANCE.c.amount, BALANCE.c.id)
    return count, [{**one, "quantity": quantity_text(one["amount"])} for one in found]


def unconfirmed(connection: Connection) -> Group:
    """Phones that wait to be let in, the last first."""
    found = fleet.unconfirmed(connection)
    return len(found), found[:ROWS_MAX]


def phones(
    connection: Connection, heard: Mapping[str, tuple[int, int]], day: str, silent_since: int
) -> Group:
    """Phones that are silent or whose clock is wrong, worst first: of people who are out today, and
    those that hold what nobody else has. Silent is who was not heard of since `silent_since` (ms).

    `heard` is what is newer than the books: device -> (when, how far its clock is ahead), in ms.
    """
    out = exists().where(VISIT.c.person_id == DEVICE.c.person_id, *_on(VISIT.c.planned_from, day))
    rows = connection.execute(
        select(
            *(DEVICE.c.id, DEVICE.c.name, DEVICE.c.app, DEVICE.c.contact_at),
            *(DEVICE.c.created_at, DEVICE.c.clock_ms, DEVICE.c.unsent, DEVICE.c.unsent_files),
            PERSON.c.name.label("person"),
        )
        .join_from(DEVICE, PERSON, PERSON.c.id == DEVICE.c.person_id)
        .where(
            DEVICE.c.revoked_at.is_(None),
            DEVICE.c.confirmed_at.is_not(None),
            PERSON.c.disabled.is_(False),
            or_(out, DEVICE.c.unsent > 0, DEVICE.c.unsent_files > 0),
        )
    )
    found = []
    for row in rows:
        at, clock_ms = heard.get(row.id, (row.contact_at or row.created_at, row.clock_ms))
        item = {**row._asdict(), "contact_at": at, "clock_ms": clock_ms}
        item["is_silent"] = at < silent_since
        if item["is_silent"] or abs(clock_ms) > SKEW_TOLERATED_MS:
            found.append(item)
    found.sort(key=_badness)
    return len(found), found[:ROWS_MAX]


def _badness(phone: Item) -> tuple[bool, bool, int]:
    holds = phone["unsent"] or phone["unsent_files"]
    return (not phone["is_silent"], not holds, phone["contact_at"])


def figures(connection: Connection, day: str, now_ms: int) -> dict[str, int | None]:
    """The summary strip: counts of today, and how long acts took to arrive (ms)."""
    asked = {
        "visits": _count(
            VISIT.join(ORDER, ORDER.c.id == VISIT.c.work_order_id),
            *_on(VISIT.c.planned_from, day),
            _takes_place(),
        ),
        "visits_done": _count(
            VISIT, *_on(VISIT.c.planned_from, day), VISIT.c.ended_at.is_not(None)
        ),
        "open_tickets": _count(TICKET, TICKET.c.status.in_(OPEN_TICKETS)),
        "on_site": select(func.count(ASSIGNMENT.c.person_id.distinct()))
        .join_from(ORDER, ASSIGNMENT, ASSIGNMENT.c.work_order_id == ORDER.c.id)
        .where(ORDER.c.status.in_(ON_SITE), ASSIGNMENT.c.until_ms.is_(None)),
        "waiting_for_parts": _count(ORDER, waits_for_parts()),
    }
    found: dict[str, int | None] = {
        name: connection.scalar(wanted) or 0 for name, wanted in asked.items()
    }
    return {**found, **_arrivals(connection, now_ms)}


def loads(connection: Connection, day: str) -> list[Item]:
    """Each technician's day by name, in minutes: what is done, on now, and still planned."""
    people = connection.execute(
        select(PERSON.c.id, PERSON.c.name, PERSON.c.roles)
        .where(PERSON.c.disabled.is_(False))
        .order_by(PERSON.c.name, PERSON.c.id)
    )
    rows = connection.execute(
        select(
            *(VISIT.c.person_id, VISIT.c.planned_from, VISIT.c.planned_to, VISIT.c.ended_at),
            ORDER.c.status,
        )
        .join_from(VISIT, ORDER, ORDER.c.id == VISIT.c.work_order_id)
        .where(*_on(VISIT.c.planned_from, day), _takes_place())
    )
    minutes: dict[str, dict[str, int]] = {}
    for row in rows:
        mine = minutes.setdefault(row.person_id, {"done": 0, "now": 0, "planned": 0, "visits": 0})
        mine[_share(row.ended_at, row.status)] += _minutes(row.planned_from, row.planned_to)
        mine["visits"] += 1
    none = {"done": 0, "now": 0, "planned": 0, "visits": 0}
    return [
        {"id": one.id, "name": one.name, **minutes.get(one.id, none)}
        for one in people
        if may(tuple(one.roles), "work_order.accept")
    ]


def _takes_place() -> ColumnElement[bool]:
    """A visit that took place, or is to: not one of a job that was called off or nobody has."""
    return or_(VISIT.c.ended_at.is_not(None), ORDER.c.status.not_in(("cancelled", "created")))


def _share(ended_at: int | None, status: str) -> str:
    if ended_at is not None or status not in OPEN:
        return "done"
    return "now" if status in ON_SITE else "planned"


def _minutes(start: str, end: str | None) -> int:
    if end is None:
        return HOUR_MINUTES
    length = datetime.datetime.fromisoformat(end) - datetime.datetime.fromisoformat(start)
    return int(length.total_seconds()) // 60


def _arrivals(connection: Connection, now_ms: int) -> dict[str, int | None]:
    """How long what was done in the field took to be safe here: the middle and the 95th of 100."""
    delay = OP.c.received - OP.c.done_at
    rows = connection.scalars(
        select(delay)
        .where(OP.c.received > now_ms - DAY_MS, OP.c.origin == "device", OP.c.uncertain.is_(False))
        .order_by(OP.c.received.desc())
        .limit(ARRIVALS_MAX)
    )
    took = sorted(max(0, one) for one in rows)
    if not took:
        return {"arrivals": 0, "arrival_ms": None, "arrival_p95_ms": None}
    last = len(took) - 1
    return {
        "arrivals": len(took),
        "arrival_ms": took[last // 2],
        "arrival_p95_ms": took[last * 95 // 100],
    }


def _on(column: ColumnElement[Any], day: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    after = datetime.date.fromisoformat(day) + datetime.timedelta(days=1)
    return (column >= day, column < after.isoformat())


def _count(table: Any, *wanted: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(table).where(*wanted)


def _group(connection: Connection, wanted: Select[Any], *sorted_by: ColumnElement[Any]) -> Group:
    """How many there are, and the first few."""
    few = wanted.order_by(*sorted_by).limit(ROWS_MAX + 1)
    found = [dict(row._asdict()) for row in connection.execute(few)]
    if len(found) <= ROWS_MAX:
        return len(found), found
    counted = wanted.with_only_columns(func.count()).order_by(None)
    return connection.scalar(counted) or 0, found[:ROWS_MAX]

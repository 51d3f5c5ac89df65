"""The queue of tickets as dispatchers work it: saved filters with counts, and who has what."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
)

from server.queries.pages import Item, Listed, T, Window, mentions, page
from shared.work_order import OPEN

TABS: Final = (
    "open",
    "at_risk",
    "unassigned",
    "late",
    "mine",
    "parts",
    "repeats",
    "resolved",
    "all",
)
COUNTED: Final = TABS[:7]
OF_OPEN: Final = frozenset(COUNTED) - {
    "at_risk"
}  # a complaint is at risk when its ticket is closed
OPEN_TICKETS: Final = ("new", "planned", "in_progress")
NOT_BEGUN: Final = ("created", "assigned", "accepted", "en_route")
REPEAT_MS: Final = 30 * 24 * 3_600_000  # R-CRM: the same machine again within thirty days

TICKET, ORDER, VISIT = T["ticket"], T["work_order"], T["visit"]
CUSTOMER, SITE, ASSET = T["customer"], T["site"], T["asset"]
ASSIGNMENT, PERSON, ORDERED = T["assignment"], T["person"], T["ordered_part"]


class Sieve(Struct, frozen=True, kw_only=True):
    """What of the queue is wanted; `me` is who looks.

    `clocks` is the wall time now per time zone.
    """

    tab: str = "open"
    q: str = ""
    priority: str = ""
    zone: str = ""
    me: str = ""
    clocks: Mapping[str, str] = {}


def time_zones(connection: Connection) -> list[str]:
    """The time zones that sites lie in."""
    return list(connection.scalars(select(SITE.c.time_zone).distinct()))


def zones(connection: Connection) -> list[str]:
    """The dispatcher's zones that sites lie in, by name."""
    named = select(SITE.c.zone).where(SITE.c.zone != "").distinct()
    return sorted(connection.scalars(named))


def tickets(connection: Connection, window: Window, sieve: Sieve) -> Listed:
    """Tickets, newest first, each with its place and the job that stands for it."""
    wanted = sifted(select(*listed_columns()).select_from(joined(TICKET)), sieve)
    listed = page(connection, wanted, window, (TICKET.c.opened_at, TICKET.c.id))
    with_jobs(connection, listed.items)
    return listed


def listed_columns() -> tuple[ColumnElement[Any], ...]:
    """What a list says of a ticket and its place."""
    place = (SITE.c.address, SITE.c.zone, SITE.c.time_zone)
    who = (CUSTOMER.c.name.label("customer"), CUSTOMER.c.tier)
    return (*TICKET.c, *who, SITE.c.name.label("site"), *place)


def joined(tickets: FromClause) -> FromClause:
    """Tickets with their customers and places."""
    with_customers = tickets.join(CUSTOMER, CUSTOMER.c.id == TICKET.c.customer_id)
    return with_customers.join(SITE, SITE.c.id == TICKET.c.site_id)


def with_jobs(connection: Connection, items: Iterable[Item]) -> None:
    """Put to each ticket the job that stands for it."""
    found = list(items)
    jobs = standing_jobs(connection, [item["id"] for item in found])
    for item in found:
        item["job"] = jobs.get(item["id"])


def counts(connection: Connection, sieve: Sieve) -> dict[str, int]:
    """How many tickets each saved filter of open ones holds, but for those at risk."""
    asked = [tab for tab in COUNTED[1:] if tab not in ("at_risk", "repeats")]
    columns = [func.sum(case((_in_tab(tab, sieve), 1), else_=0)).label(tab) for tab in asked]
    # The place is needed for its time zone only.
    placed = TICKET.join(SITE, SITE.c.id == TICKET.c.site_id)
    wanted = select(func.count().label("open"), *columns).select_from(placed)
    row = connection.execute(wanted.where(TICKET.c.status.in_(OPEN_TICKETS))).one()
    told = {tab: getattr(row, tab) or 0 for tab in ("open", *asked)}
    return {**told, "repeats": connection.scalar(_repeats()) or 0}


def _repeats() -> Select[Any]:
    """How many open tickets `_is_repeat` is true of, by one walk through those that may be meant.

    To look beside each of them would take the square of how many a machine has.
    """
    oldest = select(func.min(TICKET.c.opened_at)).where(TICKET.c.status.in_(OPEN_TICKETS))
    recent = TICKET.c.opened_at > oldest.scalar_subquery() - REPEAT_MS
    machine = (TICKET.c.site_id, TICKET.c.asset_id)
    by_age = (TICKET.c.opened_at, TICKET.c.id)
    walked = (
        select(
            *(TICKET.c.status, TICKET.c.opened_at),
            func.lag(TICKET.c.opened_at).over(partition_by=machine, order_by=by_age).label("last"),
            func.lead(TICKET.c.opened_at).over(partition_by=machine, order_by=by_age).label("next"),
        )
        .where(TICKET.c.asset_id.is_not(None), recent)
        .subquery()
    )
    is_again = or_(
        walked.c.last > walked.c.opened_at - REPEAT_MS,
        walked.c.next == walked.c.opened_at,  # written down in the same moment
    )
    wanted = select(func.count()).select_from(walked)
    return wanted.where(walked.c.status.in_(OPEN_TICKETS), is_again)


def standing_jobs(connection: Connection, tickets: Collection[str]) -> dict[str, Item]:
    """The newest job of each ticket that was not called off, with who leads it and its time."""
    if not tickets:
        return {}
    wanted = _jobs().where(ORDER.c.ticket_id.in_(tickets), ORDER.c.status != "cancelled")
    return {row.ticket_id: dict(row._asdict()) for row in connection.execute(wanted)}


def _jobs() -> Select[Any]:
    """Jobs by age; one with several visits to come is told several times, the next one last."""
    joined = (
        ORDER.outerjoin(
            ASSIGNMENT,
            and_(
                ASSIGNMENT.c.work_order_id == ORDER.c.id,
                ASSIGNMENT.c.until_ms.is_(None),
                ASSIGNMENT.c.role == "lead",
            ),
        )
        .outerjoin(PERSON, PERSON.c.id == ASSIGNMENT.c.person_id)
        .outerjoin(VISIT, and_(VISIT.c.work_order_id == ORDER.c.id, VISIT.c.ended_at.is_(None)))
    )
    return (
        select(
            *(ORDER.c.id, ORDER.c.number, ORDER.c.ticket_id, ORDER.c.status, ORDER.c.outcome),
            *(ORDER.c.summary, ORDER.c.category, ORDER.c.done_at, ORDER.c.orphan),
            func.coalesce(VISIT.c.planned_from, ORDER.c.planned_from).label("planned_from"),
            func.coalesce(VISIT.c.planned_to, ORDER.c.planned_to).label("planned_to"),
            PERSON.c.name.label("person"),
        )
        .select_from(joined)
        .order_by(ORDER.c.created_at, ORDER.c.id, VISIT.c.planned_from.desc())
    )


def jobs_of(connection: Connection, ticket_id: str) -> list[Item]:
    """Every job of a ticket, the oldest first, with who leads it and its time."""
    rows = connection.execute(_jobs().where(ORDER.c.ticket_id == ticket_id))
    return list({row.id: dict(row._asdict()) for row in rows}.values())


def repeats(connection: Connection, ticket: Item) -> list[Item]:
    """Tickets about the same machine within thirty days before this one, the newest first."""
    if ticket["asset_id"] is None:
        return []
    wanted = select(TICKET.c.id, TICKET.c.number, TICKET.c.problem, TICKET.c.opened_at).where(
        TICKET.c.site_id == ticket["site_id"],
        TICKET.c.asset_id == ticket["asset_id"],
        TICKET.c.id != ticket["id"],
        TICKET.c.opened_at <= ticket["opened_at"],
        TICKET.c.opened_at > ticket["opened_at"] - REPEAT_MS,
    )
    rows = connection.execute(wanted.order_by(TICKET.c.opened_at.desc(), TICKET.c.id))
    return [dict(row._asdict()) for row in rows]


def checklists(connection: Connection) -> list[Item]:
    """Every checklist there is, by name."""
    checklist = T["checklist"]
    wanted = select(checklist.c.id, checklist.c.en, checklist.c.zh)
    rows = connection.execute(wanted.order_by(checklist.c.en, checklist.c.id))
    return [dict(row._asdict()) for row in rows]


def skills(connection: Connection) -> list[str]:
    """Every skill that somebody has."""
    held = connection.scalars(select(PERSON.c.skills).where(PERSON.c.disabled.is_(False)))
    return sorted({skill for one in held for skill in one})


def is_late(clocks: Mapping[str, str]) -> ColumnElement[bool]:
    """Whether a job's promised time is over at its site and nobody has begun."""
    over = [and_(SITE.c.time_zone == zone, _end() < now) for zone, now in clocks.items()]
    return and_(ORDER.c.status.in_(NOT_BEGUN), or_(false(), *over))


def is_open() -> ColumnElement[bool]:
    """Whether a ticket is open, asked so that no index of states is taken for its order."""
    return func.coalesce(TICKET.c.status, "").in_(OPEN_TICKETS)


def is_unassigned() -> ColumnElement[bool]:
    """Whether nobody has the job of a ticket."""
    held = exists().where(ORDER.c.ticket_id == TICKET.c.id, ORDER.c.status.in_(OPEN[1:]))
    return ~held


def unassigned() -> Select[Any]:
    """The open tickets whose job nobody has, each with how many there are."""
    wanted = select(TICKET.c.id, func.count().over().label("total"))
    return wanted.where(TICKET.c.status.in_(OPEN_TICKETS), is_unassigned())


def waits_for_parts() -> ColumnElement[bool]:
    """Whether a job's last visit ended for want of a part, or one is ordered and has not come."""
    ordered = select(ORDERED.c.work_order_id).where(ORDERED.c.supplied_at.is_(None))
    return and_(
        ORDER.c.status.in_(OPEN),
        or_(ORDER.c.outcome == "waits_for_part", ORDER.c.id.in_(ordered)),
    )


def _end() -> ColumnElement[Any]:
    """When a job was to be over: by its open visit if it has one, else as it was promised."""
    planned = (
        select(func.max(VISIT.c.planned_to))
        .where(VISIT.c.work_order_id == ORDER.c.id, VISIT.c.ended_at.is_(None))
        .scalar_subquery()
    )
    return func.coalesce(planned, ORDER.c.planned_to)


def sifted(wanted: Select[Any], sieve: Sieve) -> Select[Any]:
    """Those tickets of a list that are wanted."""
    wanted = wanted.where(_in_tab(sieve.tab, sieve))
    if sieve.tab in OF_OPEN:
        wanted = wanted.where(is_open())
    if sieve.priority:
        wanted = wanted.where(TICKET.c.priority == sieve.priority)
    if sieve.zone:
        wanted = wanted.where(SITE.c.zone == sieve.zone)
    if sieve.q:
        named = select(CUSTOMER.c.id).where(mentions(sieve.q, CUSTOMER.c.name))
        placed = select(SITE.c.id).where(mentions(sieve.q, SITE.c.address))
        told = mentions(sieve.q, TICKET.c.number, TICKET.c.problem)
        there = or_(TICKET.c.customer_id.in_(named), TICKET.c.site_id.in_(placed))
        wanted = wanted.where(or_(told, there))
    return wanted


def _in_tab(tab: str, sieve: Sieve) -> ColumnElement[bool]:
    mine = ORDER.c.ticket_id == TICKET.c.id
    tests: dict[str, ColumnElement[bool]] = {
        "unassigned": is_unassigned(),
        "late": exists().where(mine, is_late(sieve.clocks)),
        "mine": TICKET.c.opened_by == sieve.me,
        "parts": exists().where(mine, waits_for_parts()),
        "repeats": _is_repeat(),
        "resolved": TICKET.c.status == "resolved",
    }
    return tests.get(tab, TICKET.c.id.is_not(None))


def _is_repeat() -> ColumnElement[bool]:
    before = TICKET.alias("before")
    again = exists().where(
        before.c.site_id == TICKET.c.site_id,
        before.c.asset_id == TICKET.c.asset_id,
        before.c.id != TICKET.c.id,
        before.c.opened_at <= TICKET.c.opened_at,
        before.c.opened_at > TICKET.c.opened_at - REPEAT_MS,
    )
    # Said first, for then nobody looks for what cannot be there.
    return and_(TICKET.c.asset_id.is_not(None), again)

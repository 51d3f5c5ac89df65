"""What the rules could not settle alone: conflicts, ops set aside, and tasks for the office."""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Select, and_, func, select, text

from server.queries.pages import Item, Listed, T, Window, page
from server.tables.books import WAITS
from shared.amounts import quantity_text

CONFLICT, TASK, OP = T["conflict"], T["task"], T["op"]
ORDER, SITE, LOCATION, PERSON = T["work_order"], T["site"], T["location"], T["person"]
CUSTOMER, TICKET = T["customer"], T["ticket"]
ROLE = TASK.c.params["role"].as_string()  # whom a task concerns, where it says so
# What is to be done about feedback is for who may read that (0044).
HEARD: Final = TASK.c.params["about"].as_string().is_not(None)


def counts(connection: Connection, *, hears: bool) -> dict[str, int]:
    """How many of each kind wait for a person; tasks about feedback only for one who `hears`."""
    found = {
        "conflicts": select(func.count()).where(CONFLICT.c.settled_at.is_(None)),
        "waiting": select(func.count()).select_from(OP).where(text(WAITS)),
        "tasks": told(select(func.count()).where(TASK.c.done.is_(False)), hears=hears),
    }
    return {name: connection.scalar(wanted) or 0 for name, wanted in found.items()}


def told(wanted: Select[Any], *, hears: bool) -> Select[Any]:
    """Of tasks that are asked for, those that somebody may be told who reads feedback, or not."""
    return wanted if hears else wanted.where(~HEARD)


def conflict(connection: Connection, identity: str) -> Item | None:
    """One conflict, with the names of those it is between and what it is about."""
    row = connection.execute(select(CONFLICT).where(CONFLICT.c.id == identity)).one_or_none()
    if row is None:
        return None
    found = dict(row._asdict())
    people = {found["winner_by"], found["settled_by"], *(one["by"] for one in found["losers"])}
    named = select(PERSON.c.id, PERSON.c.name).where(PERSON.c.id.in_(people - {None, ""}))
    return {**found, "people": dict(connection.execute(named).all())}


def about(connection: Connection, home: tuple[str, str]) -> Item | None:
    """What a conflict or a task is about: a job or a site, with customer and address."""
    noun, identity = home
    named = CUSTOMER.c.name.label("customer")
    if noun == "work_order":
        joined = ORDER.join(SITE, SITE.c.id == ORDER.c.site_id)
        wanted = select(*ORDER.c, SITE.c.address, SITE.c.time_zone, named).select_from(
            joined.join(CUSTOMER, CUSTOMER.c.id == ORDER.c.customer_id)
        )
        wanted = wanted.where(ORDER.c.id == identity)
    elif noun == "site":
        at_site = SITE.join(CUSTOMER, CUSTOMER.c.id == SITE.c.customer_id)
        wanted = select(*SITE.c, named).select_from(at_site).where(SITE.c.id == identity)
    else:
        return None
    row = connection.execute(wanted).one_or_none()
    return None if row is None else dict(row._asdict())


class Wanted(Struct, frozen=True, kw_only=True):
    """Which tasks are asked for: open or closed ones, of one kind, for one of some roles.

    `hears` is whether whoever asks may read feedback.
    """

    hears: bool
    is_open: bool = True
    code: str = ""
    roles: tuple[str, ...] = ()


def tasks(connection: Connection, window: Window, which: Wanted) -> Listed:
    """Tasks, newest first, with what they are about and whose act opened them."""
    part = T["part"]
    joined = (
        TASK.outerjoin(ORDER, and_(TASK.c.home_noun == "work_order", ORDER.c.id == TASK.c.home_id))
        .outerjoin(LOCATION, and_(TASK.c.home_noun == "location", LOCATION.c.id == TASK.c.home_id))
        .outerjoin(TICKET, and_(TASK.c.home_noun == "ticket", TICKET.c.id == TASK.c.home_id))
        .outerjoin(OP, OP.c.op_id == TASK.c.op_id)
        .outerjoin(PERSON, PERSON.c.id == OP.c.by_id)
    )
    wanted = (
        select(
            TASK,
            ORDER.c.number,
            ORDER.c.summary,
            ORDER.c.status,
            TICKET.c.number.label("ticket"),
            TICKET.c.problem,
            LOCATION.c.code.label("place"),
            LOCATION.c.en.label("place_en"),
            LOCATION.c.zh.label("place_zh"),
            PERSON.c.name.label("by_name"),
        )
        .select_from(joined)
        .where(TASK.c.done.is_(not which.is_open))
    )
    if which.code:
        wanted = wanted.where(TASK.c.code == which.code)
    if which.roles:
        wanted = wanted.where(ROLE.in_(which.roles))
    wanted = told(wanted, hears=which.hears)
    listed = page(connection, wanted, window, (TASK.c.at, TASK.c.id))
    ids = {str(one["params"].get("part")) for one in listed.items}
    known = connection.execute(select(part).where(part.c.id.in_(ids)))
    parts = {row.id: dict(row._asdict()) for row in known}
    firsts = _first_jobs(connection, listed)
    for item in listed.items:
        item["part"] = parts.get(str(item["params"].get("part")))
        item["first"] = firsts.get(str(item["params"].get("first")))
        item["balance"] = _balance(connection, item) if item["code"] == "recount" else None
    return listed


def task_counts(connection: Connection, *, hears: bool) -> dict[tuple[str, str], int]:
    """How many open tasks there are of each kind for each role; none is for whoever looks."""
    role = func.coalesce(ROLE, "").label("role")
    known = told(select(TASK.c.code, role).where(TASK.c.done.is_(False)), hears=hears).subquery()
    kinds = (known.c.code, known.c.role)
    rows = connection.execute(select(*kinds, func.count()).group_by(*kinds))
    return {(code, whose): count for code, whose, count in rows}


def task(connection: Connection, identity: str) -> Item | None:
    """One task by its id."""
    row = connection.execute(select(TASK).where(TASK.c.id == identity)).one_or_none()
    return None if row is None else dict(row._asdict())


def set_aside(connection: Connection, op_id: str) -> Item | None:
    """An op that waits for a person, with its body as it came."""
    device = T["device"]
    joined = (
        OP.outerjoin(PERSON, PERSON.c.id == OP.c.by_id)
        .outerjoin(device, device.c.id == OP.c.device)
        .outerjoin(ORDER, and_(OP.c.noun == "work_order", ORDER.c.id == OP.c.on_id))
    )
    wanted = (
        select(
            *OP.c,
            PERSON.c.name.label("by_name"),
            device.c.name.label("device_name"),
            ORDER.c.number,
        )
        .select_from(joined)
        .where(OP.c.op_id == op_id)
    )
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    body = None if row.body is None else bytes(row.body).decode("utf-8", "replace")
    return {**row._asdict(), "body": body}


def behind(connection: Connection, op: Item) -> int:
    """How many ops of the same phone wait behind this one."""
    wanted = select(func.count()).where(
        OP.c.incarnation == op["incarnation"], text(WAITS), OP.c.lseq > (op["lseq"] or 0)
    )
    return connection.scalar(wanted) or 0


def _first_jobs(connection: Connection, listed: Listed) -> dict[str, str | None]:
    """The numbers of the jobs on which serial numbers were used first."""
    ids = {str(one["params"].get("first")) for one in listed.items}
    wanted = select(ORDER.c.id, ORDER.c.number).where(ORDER.c.id.in_(ids))
    return dict(connection.execute(wanted).all())


def _balance(connection: Connection, item: Item) -> str | None:
    """What the books say a place holds now of the part to recount."""
    balance = T["balance"]
    found = connection.scalar(
        select(balance.c.amount).where(
            balance.c.location_id == item["home_id"],
            balance.c.part_id == str(item["params"].get("part")),
        )
    )
    return None if found is None else quantity_text(found)


def id_of(connection: Connection, noun: str, number: str) -> str | None:
    """The id of a job or a ticket by the number people call it by."""
    if noun not in ("work_order", "ticket"):
        return None
    own = T[noun]
    found: str | None = connection.scalar(select(own.c.id).where(own.c.number == number))
    return found

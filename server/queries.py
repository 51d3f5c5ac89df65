"""Questions people ask: lists page by page, and one thing with everything about it.

Every question costs the same number of statements, however long the answer is.
"""

from collections.abc import Sequence
from typing import Any, Final

from alembic.script import ScriptDirectory
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Table,
    and_,
    column,
    func,
    or_,
    select,
    table,
    tuple_,
)

from server import migrations, tree
from server.tables import METADATA
from shared.amounts import quantity_text
from shared.ops import PROVISIONAL

PAGE_MAX: Final = 200
PARTING: Final = "_"

T = METADATA.tables
VERSION: Final = table("alembic_version", column("version_num", String))
Item = dict[str, Any]


class Window(Struct, frozen=True, kw_only=True):
    """Which part of a list: so many items past a mark, which is None for the first."""

    limit: int
    after: tuple[Any, str] | None = None


class Listed(Struct, frozen=True, kw_only=True):
    """One page of a list, and the mark to ask for the next with, if there is one."""

    items: list[Item]
    next: str | None = None


def tickets(connection: Connection, window: Window, *, status: str | None, q: str | None) -> Listed:
    """Tickets, newest first."""
    ticket, customer, site = T["ticket"], T["customer"], T["site"]
    wanted = select(
        *ticket.c, customer.c.name.label("customer"), site.c.name.label("site"), site.c.address
    ).select_from(
        ticket.join(customer, customer.c.id == ticket.c.customer_id).join(
            site, site.c.id == ticket.c.site_id
        )
    )
    if status is not None:
        wanted = wanted.where(ticket.c.status == status)
    if q:
        wanted = wanted.where(_mentions(q, ticket.c.number, ticket.c.problem, customer.c.name))
    return _page(connection, wanted, window, (ticket.c.opened_at, ticket.c.id))


def ticket(connection: Connection, number: str) -> Item | None:
    """One ticket by number or id, with its story and its work orders."""
    found = _one(connection, "ticket", number)
    if found is None:
        return None
    return {
        **found,
        "customer": _by_id(connection, "customer", found["customer_id"]),
        "site": _by_id(connection, "site", found["site_id"]),
        "events": _of(connection, "ticket_event", "ticket_id", found["id"], order="at"),
        "work_orders": _of(connection, "work_order", "ticket_id", found["id"], order="created_at"),
    }


def work_orders(
    connection: Connection,
    window: Window,
    *,
    status: str | None,
    assignee: str | None,
    q: str | None,
) -> Listed:
    """Work orders, newest first, each with the people it is assigned to. `assignee` is a login."""
    order, customer, site = T["work_order"], T["customer"], T["site"]
    wanted = select(
        *order.c, customer.c.name.label("customer"), site.c.name.label("site"), site.c.address
    ).select_from(
        order.join(customer, customer.c.id == order.c.customer_id).join(
            site, site.c.id == order.c.site_id
        )
    )
    if status is not None:
        wanted = wanted.where(order.c.status == status)
    if assignee is not None:
        wanted = wanted.where(order.c.id.in_(_assigned_to(assignee)))
    if q:
        wanted = wanted.where(_mentions(q, order.c.number, order.c.summary, customer.c.name))
    page = _page(connection, wanted, window, (order.c.created_at, order.c.id))
    people = _assignees(connection, [item["id"] for item in page.items])
    for item in page.items:
        item["assignees"] = people.get(item["id"], [])
    return page


def work_order(connection: Connection, number: str) -> Item | None:
    """One work order by number or id, with everything that lives with it and its story."""
    found = _one(connection, "work_order", number)
    if found is None:
        return None
    own = found["id"]
    uses = _of(connection, "part_use", "work_order_id", own, order="at")
    return {
        **found,
        "customer": _by_id(connection, "customer", found["customer_id"]),
        "site": _by_id(connection, "site", found["site_id"]),
        "asset": _by_id(connection, "asset", found["asset_id"]),
        "ticket": _by_id(connection, "ticket", found["ticket_id"]),
        "assignments": _of(connection, "assignment", "work_order_id", own, order="from_ms"),
        "visits": _of(connection, "visit", "work_order_id", own, order="id"),
        "completions": _of(connection, "completion", "work_order_id", own, order="at"),
        "readings": _of(connection, "reading", "work_order_id", own, order="at"),
        "notes": _of(connection, "note", "work_order_id", own, order="at"),
        "parts": [{**use, "quantity": quantity_text(use["amount"])} for use in uses],
        "tasks": _of(connection, "task", "home_id", own, order="at"),
        "conflicts": _of(connection, "conflict", "home_id", own, order="at"),
        "story": story(connection, ("work_order", own)),
    }


def story(connection: Connection, on: tuple[str, str]) -> list[Item]:
    """Every op on a thing, or mending one, in the order they came, with verdict and audit leaf."""
    op, leaf, person, device = T["op"], T["leaf"], T["person"], T["device"]
    joined = (
        op.outerjoin(
            leaf,
            and_(leaf.c.op_id == op.c.op_id, leaf.c.n == op.c.n, leaf.c.epoch == op.c.epoch),
        )
        .outerjoin(person, person.c.id == op.c.by_id)
        .outerjoin(device, device.c.id == op.c.device)
    )
    here = and_(op.c.noun == on[0], op.c.on_id == on[1])
    mended = T["op"].alias("mended")
    told = select(mended.c.op_id).where(mended.c.noun == on[0], mended.c.on_id == on[1])
    rows = connection.execute(
        select(
            op,
            person.c.name.label("by_name"),
            device.c.name.label("device_name"),
            leaf.c.hash.label("leaf_hash"),
            leaf.c.number.label("leaf_number"),
            _signed(op.c.epoch).label("signed"),
        )
        .select_from(joined)
        .where(or_(here, and_(op.c.noun == "op", op.c.on_id.in_(told))))
        .order_by(op.c.received, op.c.lseq, op.c.done_at, op.c.op_id)
    )
    return [_told(row) for row in rows]


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
        wanted = wanted.where(_mentions(q, part.c.number, part.c.en, part.c.zh))
    page = _page(connection, wanted, window, (part.c.number, balance.c.id), newest_first=False)
    for item in page.items:
        item["quantity"] = quantity_text(item["amount"])
    return page


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
    return _page(connection, wanted, window, (conflict.c.at, conflict.c.id))


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
    return _page(connection, wanted, window, (device.c.created_at, device.c.id))


def leaves(connection: Connection, window: Window, *, work_order: str) -> Listed:
    """The audit leaves of a work order, newest first, with the canonical bytes they hash."""
    leaf, op, order = T["leaf"], T["op"], T["work_order"]
    joined = leaf.join(op, op.c.op_id == leaf.c.op_id).join(
        order, and_(op.c.noun == "work_order", order.c.id == op.c.on_id)
    )
    n = leaf.c.n.cast(op.c.op_id.type)
    identity = leaf.c.op_id + ":" + n + ":" + leaf.c.epoch
    wanted = (
        select(
            identity.label("id"),
            leaf.c.op_id.label("op"),
            leaf.c.n,
            leaf.c.epoch,
            leaf.c.number,
            leaf.c.hash,
            leaf.c.data,
            leaf.c.received,
            op.c.kind,
            _signed(leaf.c.epoch).label("signed"),
        )
        .select_from(joined)
        .where(or_(order.c.number == work_order, order.c.id == work_order))
    )
    page = _page(connection, wanted, window, (leaf.c.received, identity))
    for item in page.items:
        item["provable"] = _provable(item["number"], item.pop("signed"))
        item["hash"] = bytes(item["hash"]).hex()
        item["data"] = bytes(item["data"]).decode()
    return page


def proof(connection: Connection, op_id: str) -> Item | None:
    """The proof that the newest verdict on an op is in the signed log, once it is."""
    place = tree.inclusion(connection, op_id)
    if place is None:
        return None
    return {
        "op": op_id,
        "number": place.number,
        "leaf": place.leaf.decode(),
        "path": place.path,
        "head": place.head,
    }


def epoch(connection: Connection) -> str | None:
    """The server's epoch; none in an empty database."""
    return tree.current_epoch(connection)


def revision(connection: Connection) -> str | None:
    """The migration a database is at."""
    found: str | None = connection.scalar(select(VERSION.c.version_num))
    return found


def newest_revision() -> str | None:
    """The migration this version of the server is at."""
    return ScriptDirectory.from_config(migrations.config()).get_current_head()


def is_known(connection: Connection, table: str, number: str) -> bool:
    """Whether there is a thing with this number or id."""
    return _one(connection, table, number) is not None


def _page(
    connection: Connection,
    wanted: Select[Any],
    window: Window,
    key: tuple[ColumnElement[Any], ColumnElement[Any]],
    *,
    newest_first: bool = True,
) -> Listed:
    """A page by a key that every row has one of its own of; one row more tells if there is more."""
    if window.after is not None:
        here, mark = tuple_(*key), tuple_(*window.after)
        wanted = wanted.where(here < mark if newest_first else here > mark)
    wanted = wanted.add_columns(key[0].label("page_key"))
    sorted_by = [one.desc() for one in key] if newest_first else [one.asc() for one in key]
    rows = connection.execute(wanted.order_by(*sorted_by).limit(window.limit + 1)).all()
    items = [dict(row._asdict()) for row in rows[: window.limit]]
    marks = [f"{item.pop('page_key')}{PARTING}{item['id']}" for item in items]
    return Listed(items=items, next=marks[-1] if len(rows) > window.limit else None)


def _mentions(q: str, *columns: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(*(one.icontains(q, autoescape=True) for one in columns))


def _one(connection: Connection, table: str, number: str) -> Item | None:
    """A thing by the number people call it by, or by its id."""
    columns = T[table].c
    row = connection.execute(
        select(T[table]).where(or_(columns.number == number, columns.id == number)).limit(1)
    ).one_or_none()
    return None if row is None else dict(row._asdict())


def _by_id(connection: Connection, table: str, identity: str | None) -> Item | None:
    row = connection.execute(select(T[table]).where(T[table].c.id == identity)).one_or_none()
    return None if row is None else dict(row._asdict())


def _of(
    connection: Connection, table: str, column: str, identity: str, *, order: str
) -> list[Item]:
    """The rows that live with a thing."""
    own = T[table]
    rows = connection.execute(
        select(own).where(own.c[column] == identity).order_by(own.c[order], own.c.id)
    )
    return [dict(row._asdict()) for row in rows]


def _assigned_to(login: str) -> Select[Any]:
    assignment, person = T["assignment"], T["person"]
    return (
        select(assignment.c.work_order_id)
        .join(person, person.c.id == assignment.c.person_id)
        .where(person.c.login == login, assignment.c.until_ms.is_(None))
    )


def _assignees(connection: Connection, orders: Sequence[str]) -> dict[str, list[Item]]:
    assignment, person = T["assignment"], T["person"]
    rows = connection.execute(
        select(
            assignment.c.work_order_id,
            assignment.c.role,
            person.c.id,
            person.c.login,
            person.c.name,
        )
        .join(person, person.c.id == assignment.c.person_id)
        .where(assignment.c.work_order_id.in_(orders), assignment.c.until_ms.is_(None))
        .order_by(assignment.c.from_ms, assignment.c.id)
    )
    found: dict[str, list[Item]] = {}
    for row in rows:
        told = {"id": row.id, "login": row.login, "name": row.name, "role": row.role}
        found.setdefault(row.work_order_id, []).append(told)
    return found


def _signed(epoch: ColumnElement[Any]) -> Any:
    """The size of the newest signed head of an epoch."""
    head: Table = T["tree_head"]
    newest = select(func.max(head.c.size)).where(head.c.epoch == epoch)
    return newest.scalar_subquery()


def _provable(number: int | None, signed: int | None) -> bool:
    return number is not None and signed is not None and number < signed


def _told(row: Row[Any]) -> Item:
    leaf = None
    if row.leaf_hash is not None:
        leaf = {
            "n": row.n,
            "number": row.leaf_number,
            "hash": bytes(row.leaf_hash).hex(),
            "provable": _provable(row.leaf_number, row.signed),
        }
    by = None if row.by_id is None else {"id": row.by_id, "name": row.by_name}
    device = None if row.device is None else {"id": row.device, "name": row.device_name}
    return {
        "op": row.op_id,
        "kind": row.kind,
        "by": by,
        "origin": row.origin,
        "device": device,
        "done_at": row.done_at,
        "uncertain": row.uncertain,
        "received": row.received,
        "verdict": row.verdict,
        "code": row.code,
        "detail": row.detail,
        "flags": row.flags,
        "leaf": leaf,
    }

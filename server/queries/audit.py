"""The audit log as people look at it: entries by person, thing, kind and time."""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from server.queries.books import provable, signed
from server.queries.pages import Item, Listed, T, Window, page

OP: Final = T["op"]
LEAF: Final = T["leaf"]
PERSON: Final = T["person"]
DEVICE: Final = T["device"]
TASK: Final = T["task"]
# Things that people call by a name of their own, by the noun of the acts on them.
NAMED: Final = {
    "work_order": T["work_order"].c.number,
    "ticket": T["ticket"].c.number,
    "customer": T["customer"].c.name,
    "site": T["site"].c.name,
    "asset": T["asset"].c.serial,
    "part": T["part"].c.number,
    "location": T["location"].c.code,
    "person": PERSON.c.login,
    "device": DEVICE.c.name,
}


class Sieve(Struct, frozen=True, kw_only=True):
    """Which entries are wanted; what is empty does not matter. Times in ms, `until` excluded."""

    person: str = ""
    thing: str = ""
    kind: str = ""
    since: int | None = None
    until: int | None = None


def entries(connection: Connection, window: Window, sieve: Sieve) -> Listed:
    """Entries, newest first, each with its newest leaf and what the thing is called."""
    wanted = _entries().where(*_wanted(sieve))
    listed = page(connection, wanted, window, (OP.c.received, OP.c.op_id))
    return Listed(items=_told(connection, listed.items), next=listed.next)


def entry(connection: Connection, op_id: str) -> Item | None:
    """One entry with the bytes of its leaf and of its act."""
    wanted = _entries().add_columns(LEAF.c.data, OP.c.body).where(OP.c.op_id == op_id)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    (item,) = _told(connection, [dict(row._asdict())])
    for name in ("data", "body"):
        item[name] = None if item[name] is None else bytes(item[name]).decode("utf-8", "replace")
    return item


def authors(connection: Connection) -> list[tuple[str, str]]:
    """Everybody who may have said something: login and name."""
    rows = connection.execute(select(PERSON.c.login, PERSON.c.name).order_by(PERSON.c.login))
    return [(row.login, row.name) for row in rows]


def log_state(connection: Connection) -> Item:
    """How many leaves there are, how many wait for a signature, and the newest signed head."""
    head, epoch = T["tree_head"], T["epoch"]
    newest = select(epoch.c.id).order_by(epoch.c.ordinal.desc()).limit(1).scalar_subquery()
    row = connection.execute(
        select(
            func.coalesce(
                select(func.max(LEAF.c.number)).where(LEAF.c.epoch == newest).scalar_subquery() + 1,
                0,
            ).label("numbered"),
            select(func.count()).where(LEAF.c.number.is_(None)).scalar_subquery().label("waiting"),
        )
    ).one()
    signed_head = connection.execute(
        select(head).where(head.c.epoch == newest).order_by(head.c.size.desc()).limit(1)
    ).one_or_none()
    return {
        **row._asdict(),
        "head": None if signed_head is None else dict(signed_head._asdict()),
    }


def _entries() -> Select[Any]:
    joined = (
        OP.outerjoin(
            LEAF,
            and_(LEAF.c.op_id == OP.c.op_id, LEAF.c.n == OP.c.n, LEAF.c.epoch == OP.c.epoch),
        )
        .outerjoin(PERSON, PERSON.c.id == OP.c.by_id)
        .outerjoin(DEVICE, DEVICE.c.id == OP.c.device)
    )
    return select(
        OP.c.op_id.label("id"),
        *(OP.c.kind, OP.c.noun, OP.c.on_id, OP.c.by_id, OP.c.origin, OP.c.verdict, OP.c.code),
        *(OP.c.detail, OP.c.done_at, OP.c.uncertain, OP.c.received, OP.c.n, OP.c.epoch),
        PERSON.c.name.label("by"),
        PERSON.c.login,
        DEVICE.c.name.label("device"),
        LEAF.c.number,
        LEAF.c.hash,
        signed(OP.c.epoch).label("signed"),
    ).select_from(joined)


def _wanted(sieve: Sieve) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if sieve.person:
        wanted.append(PERSON.c.login == sieve.person)
    if sieve.kind:
        wanted.append(OP.c.kind == sieve.kind)
    if sieve.thing:
        wanted.append(_is_on(sieve.thing))
    if sieve.since is not None:
        wanted.append(OP.c.received >= sieve.since)
    if sieve.until is not None:
        wanted.append(OP.c.received < sieve.until)
    return wanted


def _is_on(thing: str) -> ColumnElement[bool]:
    """Whether an act is on a thing with this name or id, or is this very act."""
    named = [
        and_(OP.c.noun == noun, OP.c.on_id.in_(select(T[noun].c.id).where(name == thing)))
        for noun, name in NAMED.items()
    ]
    tasks = [
        and_(
            TASK.c.home_noun == noun, TASK.c.home_id.in_(select(T[noun].c.id).where(name == thing))
        )
        for noun, name in NAMED.items()
    ]
    of_task = and_(OP.c.noun == "task", OP.c.on_id.in_(select(TASK.c.id).where(or_(*tasks))))
    return or_(OP.c.on_id == thing, OP.c.op_id == thing, *named, of_task)


def _told(connection: Connection, items: list[Item]) -> list[Item]:
    homes = _homes(connection, items)
    about = [homes.get(item["on_id"], (item["noun"], item["on_id"])) for item in items]
    names = _names(connection, about)
    for item, thing in zip(items, about, strict=True):
        item["called"] = names.get(thing)
        item["provable"] = provable(item["number"], item.pop("signed"))
        item["hash"] = None if item["hash"] is None else bytes(item["hash"]).hex()
    return items


def _homes(connection: Connection, items: list[Item]) -> dict[str, tuple[str, str]]:
    """What the tasks of a page are about: nobody knows a task by a name of its own."""
    ids = {item["on_id"] for item in items if item["noun"] == "task"}
    if not ids:
        return {}
    wanted = select(TASK.c.id, TASK.c.home_noun, TASK.c.home_id).where(TASK.c.id.in_(ids))
    return {row.id: (row.home_noun, row.home_id) for row in connection.execute(wanted)}


def _names(connection: Connection, things: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What the things of a page are called; one question for each noun on it."""
    names: dict[tuple[str, str], str] = {}
    for noun, name in NAMED.items():
        ids = {identity for its_noun, identity in things if its_noun == noun}
        if ids:
            own = T[noun]
            found = connection.execute(
                select(own.c.id, name.label("name")).where(own.c.id.in_(ids))
            )
            names |= {(noun, row.id): row.name for row in found if row.name}
    return names

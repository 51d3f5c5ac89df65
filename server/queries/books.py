"""The books themselves: the story of a thing, the audit log's leaves, and where a server stands."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    String,
    Table,
    and_,
    column,
    func,
    or_,
    select,
    table,
)

from server import migrations, tree
from server.queries.pages import QUIET, Item, Listed, T, Window, page

VERSION: Final = table("alembic_version", column("version_num", String))


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
            signed(op.c.epoch).label("signed"),
        )
        .select_from(joined)
        .where(or_(here, and_(op.c.noun == "op", op.c.on_id.in_(told))))
        .order_by(op.c.received, op.c.lseq.nulls_first(), op.c.done_at, op.c.op_id)
    )
    return [_told(row) for row in rows]


def acts_on(connection: Connection, on: tuple[str, str]) -> int:
    """How many acts a thing has seen, with the mending of such; what was refused did nothing.

    Nor did a look at it, or the arrival of a photo.
    """
    op = T["op"]
    mended = op.alias("mended")
    told = select(mended.c.op_id).where(mended.c.noun == on[0], mended.c.on_id == on[1])
    here = or_(
        and_(op.c.noun == on[0], op.c.on_id == on[1]),
        and_(op.c.noun == "op", op.c.on_id.in_(told)),
    )
    counts = and_(op.c.verdict != "rejected", or_(op.c.kind.is_(None), op.c.kind.not_in(QUIET)))
    counted = select(func.count()).select_from(op).where(here, counts)
    return connection.scalar(counted) or 0


def has_looked(connection: Connection, look: str, who: tuple[str, str], since_ms: int) -> bool:
    """Whether the log says already, since then, that (work order, person) had such a look."""
    op = T["op"]
    work_order, person = who
    wanted = select(op.c.op_id).where(
        op.c.noun == "work_order",
        op.c.on_id == work_order,
        op.c.kind == look,
        op.c.by_id == person,
        op.c.received > since_ms,
    )
    return connection.execute(wanted.limit(1)).first() is not None


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
            signed(leaf.c.epoch).label("signed"),
        )
        .select_from(joined)
        .where(or_(order.c.number == work_order, order.c.id == work_order))
    )
    listed = page(connection, wanted, window, (leaf.c.received, identity))
    for item in listed.items:
        item["provable"] = provable(item["number"], item.pop("signed"))
        item["hash"] = bytes(item["hash"]).hex()
        item["data"] = bytes(item["data"]).decode()
    return listed


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
    return migrations.newest()


def signed(epoch: ColumnElement[Any]) -> Any:
    """The size of the newest signed head of an epoch."""
    head: Table = T["tree_head"]
    newest = select(func.max(head.c.size)).where(head.c.epoch == epoch)
    return newest.scalar_subquery()


def provable(number: int | None, signed: int | None) -> bool:
    return number is not None and signed is not None and number < signed


def _told(row: Row[Any]) -> Item:
    leaf = None
    if row.leaf_hash is not None:
        leaf = {
            "n": row.n,
            "number": row.leaf_number,
            "hash": bytes(row.leaf_hash).hex(),
            "provable": provable(row.leaf_number, row.signed),
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

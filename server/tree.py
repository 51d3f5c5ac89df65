"""The audit tree as it is stored: heads, and proofs that read a number of nodes like log n.

Stored are the leaves and the complete subtrees above them; whatever else a proof needs is put
together from those.
"""

import hashlib
from collections.abc import Collection
from functools import cache
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    String,
    bindparam,
    case,
    func,
    select,
)

from server.database import is_sqlite
from server.questions import Question, dumped
from server.tables import METADATA
from shared.audit import (
    Node,
    Range,
    consistency_ranges,
    inclusion_ranges,
    peaks_of,
    root_of_peaks,
)
from sync.protocol import SignedHead

EPOCH: Final = METADATA.tables["epoch"]
LEAF: Final = METADATA.tables["leaf"]
NODE: Final = METADATA.tables["tree_node"]
HEAD: Final = METADATA.tables["tree_head"]

_NEWEST_EPOCH: Final = select(EPOCH.c.id).order_by(EPOCH.c.ordinal.desc()).limit(1)
_EPOCH: Final = Question(_NEWEST_EPOCH)
_NEWEST_HEAD: Final = Question(
    select(*HEAD.c)
    .where(HEAD.c.epoch == _NEWEST_EPOCH.scalar_subquery())
    .order_by(HEAD.c.size.desc())
    .limit(1)
)
_NAMES: Final = HEAD.c.keys()
_LARGEST: Final = Question(
    select(func.max(LEAF.c.number)).where(LEAF.c.epoch == bindparam("epoch"))
)
_largest_of_its: Final = select(func.max(LEAF.c.number)).where(LEAF.c.epoch == EPOCH.c.id)
_LOG: Final = Question(_NEWEST_EPOCH.add_columns(_largest_of_its.scalar_subquery()))


class Place(Struct, frozen=True, kw_only=True):
    """Where an entry stands in the log, and the path (hexadecimal) to the root of a signed head."""

    number: int
    leaf: bytes
    head: SignedHead
    path: list[str]


def current_epoch(connection: Connection) -> str | None:
    """The newest epoch; none in an empty database."""
    found = _EPOCH.ask(connection)
    return found[0][0] if found else None


def size(connection: Connection, epoch: str) -> int:
    """How many leaves of an epoch have a number."""
    ((found,),) = _LARGEST.ask(connection, epoch=epoch)
    return _count(found)


def log_size(connection: Connection) -> tuple[str, int] | None:
    """The newest epoch, and how many leaves of it have a number; None in an empty database."""
    for epoch, largest in _LOG.ask(connection):
        return epoch, _count(largest)
    return None


def _count(largest: int | None) -> int:
    """How many there are up to the largest number."""
    return 0 if largest is None else largest + 1


def surviving(connection: Connection, epoch: str) -> dict[str, Any]:
    """What is there of an epoch that ends: its tree, and the leaves that never got into it."""
    unnumbered = select(LEAF.c.hash).where(LEAF.c.epoch == epoch, LEAF.c.number.is_(None))
    tail = list(connection.scalars(unnumbered))
    numbered = size(connection, epoch)
    return {
        "previous": epoch,
        "size": numbered,
        "root": root(connection, epoch, numbered).hex(),
        "tail": tail_digest(tail),
        "tail_size": len(tail),
    }


def tail_digest(hashes: Collection[bytes]) -> str:
    """SHA-256, in hexadecimal, of the hashes of unnumbered leaves in sorted order."""
    return hashlib.sha256(b"".join(sorted(hashes))).hexdigest()


def head(connection: Connection) -> SignedHead | None:
    """The newest signed head of the current epoch."""
    found = _NEWEST_HEAD.ask(connection)
    return SignedHead(**dict(zip(_NAMES, found[0], strict=True))) if found else None


def root(connection: Connection, epoch: str, leaves: int) -> bytes:
    """The root of the tree of an epoch's first leaves."""
    return root_of_peaks(peak_hashes(connection, epoch, leaves))


def peak_hashes(connection: Connection, epoch: str, leaves: int) -> list[tuple[int, bytes]]:
    """The complete subtrees (level, hash) of an epoch's first leaves, largest first."""
    parts = peaks_of((0, leaves))
    known = _nodes(connection, epoch, parts)
    return [(level, known[(level, place)]) for level, place in parts]


def inclusion(connection: Connection, op_id: str) -> Place | None:
    """Proof that the newest verdict on an op is in the signed log; None while it is not."""
    signed = head(connection)
    if signed is None:
        return None
    latest = select(*LEAF.c).where(LEAF.c.op_id == op_id).order_by(LEAF.c.n.desc())
    for found in connection.execute(latest).all():
        if found.epoch == signed.epoch and found.number is not None and found.number < signed.size:
            break
    else:
        return None
    path = _hashes(connection, signed.epoch, inclusion_ranges((0, signed.size), found.number))
    return Place(number=found.number, leaf=found.data, head=signed, path=path)


def consistency(connection: Connection, older: int, newer: int) -> list[str]:
    """Proof, in hexadecimal, that the current epoch's log of one size begins with a smaller one."""
    epoch = current_epoch(connection) if 0 < older < newer else None
    if epoch is None:
        return []
    return _hashes(connection, epoch, consistency_ranges((0, newer), older, whole=True))


def _hashes(connection: Connection, epoch: str, ranges: list[Range]) -> list[str]:
    parts = [peaks_of(one) for one in ranges]
    known = _nodes(connection, epoch, [node for nodes in parts for node in nodes])
    return [
        root_of_peaks([(level, known[(level, place)]) for level, place in nodes]).hex()
        for nodes in parts
    ]


def _nodes(connection: Connection, epoch: str, nodes: Collection[Node]) -> dict[Node, bytes]:
    """The hashes of subtrees: level 0 from the leaves, all others from the nodes."""
    if not nodes:
        return {}
    arguments: dict[str, Any]
    if is_sqlite(connection):
        arguments = {"nodes": dumped(nodes)}
    else:
        levels, places = zip(*nodes, strict=True)
        arguments = {"levels": list(levels), "places": list(places)}
    found = _hash_of(connection.dialect.name).ask(connection, epoch=epoch, **arguments)
    return {(level, place): known for level, place, known in found if known is not None}


@cache
def _hash_of(dialect: str) -> Question:
    """Nodes travel as lists, so that it is always the same statement. A query of its own for each:
    SQLite would go through all nodes of the epoch for a join.
    """
    level: ColumnElement[Any]
    place: ColumnElement[Any]
    if dialect == "sqlite":
        pair = func.json_each(bindparam("nodes", type_=String)).table_valued("value").c.value
        level, place = func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")
    else:
        lists = (bindparam(name, type_=ARRAY(BigInteger)) for name in ("levels", "places"))
        given = func.unnest(*lists).table_valued("level", "place").render_derived().c
        level, place = given.level, given.place
    epoch: BindParameter[str] = bindparam("epoch")
    leaf = select(LEAF.c.hash).where(LEAF.c.epoch == epoch, LEAF.c.number == place)
    node = select(NODE.c.hash).where(
        NODE.c.epoch == epoch, NODE.c.level == level, NODE.c.place == place
    )
    known = case((level == 0, leaf.scalar_subquery()), else_=node.scalar_subquery())
    return Question(select(level, place, known))

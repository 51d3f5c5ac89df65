"""What is odd about a phone that was just heard: a fork, a gap, a broken chain, a torn copy."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, select

from server.tables import METADATA
from sync.chain import Link, link_of, links_of
from sync.exchange import Heard
from sync.protocol import Finding, Request

FORK: Final = "device.fork"
GAP: Final = "device.gap"
TEAR: Final = "device.tear"
UNLINKED: Final = "device.unlinked"
BRANCHED: Final = "device.branched"
DISTRUST: Final = "device.distrust"
DAMAGE: Final = "device.damage"
KINDS: Final = (FORK, GAP, TEAR, UNLINKED, BRANCHED, DISTRUST, DAMAGE)
OF_THE_LOG: Final = "log_"  # how findings about the audit log begin
OF_THE_FILE: Final = "file_damaged"
ASKED_MAX: Final = 20  # links that the books are asked about at once

Trouble = tuple[str, dict[str, Any]]
Place = tuple[str | None, int | None]  # an incarnation, and a place in it

DEVICE: Final = METADATA.tables["device"]
STANDING: Final = METADATA.tables["incarnation"]


def of(connection: Connection, request: Request, heard: Heard, since_ms: int) -> Iterator[Trouble]:
    """Kinds of events and their facts, once each, however often a request is repeated.

    Asked in the transaction that took the request. A copy that is torn again and again is told
    once after `since_ms`.
    """
    before = heard.before
    if heard.standing is None:
        return
    if before is None and request.forked_from:
        yield FORK, {"from": request.forked_from, "to": request.incarnation}
    gap = _gap(connection, request, before.lseq_max if before is not None else 0)
    if gap is not None:
        yield GAP, gap
    yield from _broken(connection, request, heard)
    if request.torn and not _is_told(connection, request.device, since_ms):
        yield TEAR, {"incarnation": request.incarnation}


def of_findings(findings: Sequence[Finding]) -> Iterator[Trouble]:
    """Those of a phone's findings that a person has to see to."""
    for one in findings:
        if one.what.startswith(OF_THE_LOG):
            yield DISTRUST, {"what": one.what}
        elif one.what == OF_THE_FILE:
            yield DAMAGE, {}


def _broken(connection: Connection, request: Request, heard: Heard) -> Iterator[Trouble]:
    """Where the chain of a phone's ops breaks: their predecessor is missing, or has two followers.

    The books are asked only where what came does not follow by itself, as after a fork.
    """
    if not request.ops:
        return
    links = links_of(heard.links, heard.known)
    loose, doubled = list(links.loose), list(links.doubled)
    asked = links.asked[:ASKED_MAX]
    places = _places_of(connection, request.device, {link.prev or "" for link in asked})
    for link in asked:
        before = places.get(link.prev or "")
        if before is None:
            loose.append(link)
        elif _is_followed(connection, before, link):
            doubled.append(link)
    for kind, found in ((UNLINKED, loose), (BRANCHED, doubled)):
        if found:
            first = min(one.lseq for one in found)
            yield kind, {"incarnation": request.incarnation, "count": len(found), "first": first}


class _Said(Struct):
    id: str = ""


def _places_of(connection: Connection, device: str, prints: Collection[str]) -> dict[str, Place]:
    """The places of the ops with these prints that came from any phone of a device's person.

    Looked through are that person's ops: an index of all prints would make every act dearer, and a
    phone's database may go on under another device. Not found by what reused an id.
    """
    if not prints:
        return {}
    op, owner = METADATA.tables["op"], DEVICE.alias("owner")
    theirs = (
        select(STANDING.c.id)
        .join(DEVICE, DEVICE.c.id == STANDING.c.device)
        .join(owner, owner.c.person_id == DEVICE.c.person_id)
        .where(owner.c.id == device)
    )
    found = connection.execute(
        select(op.c.fingerprint, op.c.op_id, op.c.incarnation, op.c.lseq, op.c.body).where(
            op.c.incarnation.in_(theirs), op.c.fingerprint.in_(sorted(prints))
        )
    )
    return {row.fingerprint: _place_of(connection, row) for row in found if row.body is not None}


def _place_of(connection: Connection, row: Any) -> Place:
    """Where an op is in the end that was found by its print."""
    try:
        identity = msgspec.json.decode(row.body, type=_Said).id
    except msgspec.DecodeError:
        identity = ""
    if identity == row.op_id:
        return (row.incarnation, row.lseq)
    op = METADATA.tables["op"]
    named = connection.execute(
        select(op.c.incarnation, op.c.lseq).where(op.c.op_id == identity)
    ).first()
    return (None, None) if named is None else (named.incarnation, named.lseq)


def _is_followed(connection: Connection, before: Place, one: Link) -> bool:
    """Whether what was recorded next after an op is another one than this."""
    incarnation, lseq = before
    if incarnation is None or lseq is None:
        return False
    op = METADATA.tables["op"]
    bodies = connection.scalars(
        select(op.c.body).where(
            op.c.incarnation == incarnation,
            op.c.lseq == lseq + 1,
            op.c.fingerprint != one.print,
        )
    )
    followers = [
        link_of(lseq + 1, body.decode("utf-8", "surrogatepass")) for body in bodies if body
    ]
    return any(link is not None and link.prev == one.prev for link in followers)


def _is_told(connection: Connection, device: str, since_ms: int) -> bool:
    """Whether a device was said to be torn after a time (ms)."""
    op = METADATA.tables["op"]
    told = select(op.c.op_id).where(
        op.c.noun == "device", op.c.on_id == device, op.c.kind == TEAR, op.c.received > since_ms
    )
    return connection.execute(told.limit(1)).first() is not None


def _gap(connection: Connection, request: Request, reached: int) -> dict[str, Any] | None:
    """The places between those taken before and the newest at which nothing is known.

    What came another way, as by a rescue file, has a place as well; so the books are asked, but
    only where the request alone leaves a hole.
    """
    pushed = sorted({op.lseq for op in request.ops if op.lseq > reached})
    if not pushed or pushed[-1] - reached == len(pushed):
        return None
    op = METADATA.tables["op"]
    known = connection.scalar(
        select(func.count(op.c.lseq.distinct())).where(
            op.c.incarnation == request.incarnation,
            op.c.lseq > reached,
            op.c.lseq < pushed[-1],
            op.c.lseq.not_in(pushed),
        )
    )
    missing = pushed[-1] - reached - len(pushed) - (known or 0)
    if missing <= 0:
        return None
    told = {"incarnation": request.incarnation, "missing": missing}
    return {**told, "first": reached + 1, "last": pushed[-1] - 1}

"""The auditor: recomputes the whole audit log from a database, and names the first thing amiss.

Checked are, leaf by leaf: its number, its bytes, the op and the body it speaks of, and the list of
what it wrote; the tree above the leaves as it is stored; every signed head on the way; that each
epoch begins with what was left of the one before, and that nothing names an epoch there is not;
that the rows and the feed say the same, and that the rows are those that the log says were written.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from msgspec import Struct
from sqlalchemy import Connection, Select, and_, or_, select

from server import rows, tally, traces, tree
from server.entries import as_read, event_read, with_today
from server.keys import LANE_BYTES
from server.notary import PUBLIC_KEYS
from server.tables import METADATA
from server.tree import EPOCH, HEAD, LEAF, NODE
from shared.audit import Growth, Leaf, grow, includes, leaf_bytes, leaf_hash, root_of_peaks
from shared.kinds import REGISTRY
from sync.arrival import read
from sync.leaves import detail_hash
from sync.protocol import SignedHead, WireOp
from sync.witness import signed_bytes

LEAVES_READ_MAX: Final = 512  # each with a body of up to 200 kB
LEVELS_MAX: Final = 53

OP: Final = METADATA.tables["op"]

Publics = Mapping[str, ec.EllipticCurvePublicKey]


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is amiss, and with which leaf, row or stream; a leaf that waits has no number."""

    what: str
    epoch: str | None = None
    number: int | None = None
    op_id: str | None = None
    stream: str | None = None
    table: str | None = None
    row: str | None = None


class Report(Struct, frozen=True, kw_only=True):
    """What was looked at, and the first fault found.

    `leaves` are those with a number, `unnumbered` those that wait for the notary (or, in an epoch
    that has ended, never met it). `head` is the newest.
    """

    leaves: int
    unnumbered: int
    head: SignedHead | None
    fault: Fault | None


class Finding(Struct, frozen=True, kw_only=True):
    """What was found of one op's newest leaf: its number, and the signed head it is proven in.

    With neither fault nor head it waits for the notary, or only a check of everything proves it.
    """

    op_id: str
    number: int | None
    head: SignedHead | None = None
    fault: str | None = None


class Wrong(Exception):
    """A fault was found."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


class Audit(Struct, kw_only=True):
    """An audit under way."""

    connection: Connection
    publics: Publics
    leaves: int = 0
    unnumbered: int = 0
    survived: dict[str, Any] = {}


def verify(connection: Connection, publics: Publics) -> Report:
    """Check everything in the database of this connection against these public keys by id."""
    audit, fault = Audit(connection=connection, publics=publics), None
    try:
        epochs = connection.execute(select(*EPOCH.c).order_by(EPOCH.c.ordinal)).all()
        _check_epochs(audit, epochs)
        for epoch in epochs:
            _check_epoch(audit, epoch)
        _check_every_op_has_its_leaf(audit)
        _check_rows(audit)
    except Wrong as wrong:
        fault = wrong.fault
    head = tree.head(connection)
    return Report(leaves=audit.leaves, unnumbered=audit.unnumbered, head=head, fault=fault)


def examine(connection: Connection, publics: Publics, op_ids: Collection[str]) -> list[Finding]:
    """Check the leaves of some ops: bytes, body, verdict, and the way up to the signed head."""
    rows = connection.execute(
        _told().where(LEAF.c.op_id.in_(op_ids)).order_by(LEAF.c.op_id, LEAF.c.received, LEAF.c.n)
    ).all()
    faults: dict[str, str] = {}
    newest: dict[str, Any] = {}
    for leaf in rows:
        newest[leaf.op_id] = leaf
        fault = _fault_of(connection, leaf) or (
            "row_changed" if traces.rewritten(connection, leaf.wrote) else None
        )
        if fault is not None:
            faults.setdefault(leaf.op_id, fault)
    found = [
        Finding(op_id=one.op_id, number=one.number, fault=faults[one.op_id])
        if one.op_id in faults
        else _proven(connection, publics, one)
        for one in newest.values()
    ]
    missing = [one for one in op_ids if one not in newest]
    return [*found, *(Finding(op_id=one, number=None, fault="leaf_missing") for one in missing)]


def _proven(connection: Connection, publics: Publics, leaf: Any) -> Finding:
    """Whether a leaf is under the newest signed head, by its own hash and the stored nodes."""
    place = tree.inclusion(connection, leaf.op_id)
    if place is None or place.number != leaf.number:
        return Finding(op_id=leaf.op_id, number=leaf.number)
    head, public = place.head, publics.get(place.head.key)
    path = [bytes.fromhex(one) for one in place.path]
    wrong = None
    if not includes(
        leaf_hash(leaf.data), place.number, path, (head.size, bytes.fromhex(head.root))
    ):
        wrong = "tree_differs"
    elif public is None:
        wrong = "key_unknown"
    elif not is_signed(head, public):
        wrong = "signature_wrong"
    return Finding(op_id=leaf.op_id, number=leaf.number, head=head, fault=wrong)


def kept_keys(connection: Connection) -> Publics:
    """The public keys that are kept beside the log (see `notary.publish_keys`)."""
    keys: dict[str, ec.EllipticCurvePublicKey] = {}
    for key, words in (rows.setting(connection, PUBLIC_KEYS) or {}).items():
        public = load_pem_public_key(words.encode())
        assert isinstance(public, ec.EllipticCurvePublicKey)
        keys[key] = public
    return keys


def is_signed(head: SignedHead, public: ec.EllipticCurvePublicKey) -> bool:
    """Whether the signature of a head is by this key."""
    try:
        signature = bytes.fromhex(head.signature)
        r, s = (int.from_bytes(signature[at : at + LANE_BYTES], "big") for at in (0, LANE_BYTES))
        public.verify(encode_dss_signature(r, s), signed_bytes(head), ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return len(signature) == 2 * LANE_BYTES


def _check_epochs(audit: Audit, epochs: Sequence[Any]) -> None:
    """They are numbered without gaps from 1, and nothing belongs to another one."""
    known = [epoch.id for epoch in epochs]
    for table in (LEAF, HEAD, NODE, OP):
        named = select(table.c.epoch).where(table.c.epoch.not_in(known))
        found = audit.connection.scalar(named.order_by(table.c.epoch).limit(1))
        if found is not None:
            raise Wrong(Fault(what="epoch_unknown", epoch=found))
    if not epochs:
        raise Wrong(Fault(what="epoch_missing"))
    for ordinal, epoch in enumerate(epochs, 1):
        if epoch.ordinal != ordinal:
            raise Wrong(Fault(what="epoch_missing", epoch=epoch.id))


def _check_epoch(audit: Audit, epoch: Any) -> None:
    heads = {
        row.size: SignedHead(**row._asdict())
        for row in audit.connection.execute(select(*HEAD.c).where(HEAD.c.epoch == epoch.id))
    }
    growth = Growth(size=0, peaks=[])
    total = tree.size(audit.connection, epoch.id)
    while growth.size < total:
        _check_piece(audit, epoch, growth, heads)
    signed = max(heads, default=1)  # the epoch's own event has its number before the first head
    if signed != max(growth.size, 1):
        what = "leaf_missing" if signed > growth.size else "head_missing"
        raise Wrong(Fault(what=what, epoch=epoch.id, number=min(signed, growth.size)))
    tail = []
    for leaf in audit.connection.execute(_leaves(epoch.id).where(LEAF.c.number.is_(None))):
        _check_leaf(audit, leaf)
        tail.append(leaf.hash)
    audit.unnumbered += len(tail)
    audit.survived = {
        "previous": epoch.id,
        "size": growth.size,
        "root": root_of_peaks(growth.peaks).hex(),
        "tail": tree.tail_digest(tail),
        "tail_size": len(tail),
    }


def _check_piece(audit: Audit, epoch: Any, growth: Growth, heads: Mapping[int, SignedHead]) -> None:
    """Check the next few hundred leaves, and what the tree says of them."""
    span = (growth.size, growth.size + LEAVES_READ_MAX)
    wanted = _leaves(epoch.id).where(LEAF.c.number >= span[0], LEAF.c.number < span[1])
    stored = _stored_nodes(audit.connection, epoch.id, span)
    for leaf in audit.connection.execute(wanted.order_by(LEAF.c.number)).all():
        if leaf.number != growth.size:
            raise Wrong(Fault(what="leaf_missing", epoch=epoch.id, number=growth.size))
        _check_leaf(audit, leaf)
        if leaf.number == 0:
            _check_first(audit, epoch, leaf)
        growth.nodes = []
        grow(growth, [leaf.hash])
        for level, place, found in growth.nodes:
            if stored.get((level, place)) != found:
                first = place << level
                raise Wrong(Fault(what="tree_differs", epoch=epoch.id, number=first))
        if growth.size in heads:
            _check_head(audit, heads[growth.size], growth)
        audit.leaves += 1
    if growth.size == span[0]:
        raise Wrong(Fault(what="leaf_missing", epoch=epoch.id, number=growth.size))


def _check_leaf(audit: Audit, leaf: Any) -> None:
    fault = _fault_of(audit.connection, leaf)
    if fault is not None:
        raise Wrong(Fault(what=fault, epoch=leaf.epoch, number=leaf.number, op_id=leaf.op_id))


def _fault_of(books: Connection, leaf: Any) -> str | None:
    known = _leaf_fault(leaf) or _op_fault(leaf) or _body_fault(leaf)
    return known or _reading_fault(books, leaf)


def _leaf_fault(leaf: Any) -> str | None:
    try:
        told = msgspec.json.decode(leaf.data, type=Leaf)
    except msgspec.DecodeError:
        return "leaf_unreadable"
    says = (told.epoch, told.op_id, told.n, told.received)
    same = says == (leaf.epoch, leaf.op_id, leaf.n, leaf.received)
    if not same or leaf_bytes(told) != leaf.data or leaf_hash(leaf.data) != leaf.hash:
        return "leaf_changed"
    return traces.fault(told, leaf.wrote)


def _op_fault(leaf: Any) -> str | None:
    told = msgspec.json.decode(leaf.data, type=Leaf)
    if leaf.fingerprint is None:
        return "op_missing"
    first = told.n == 1  # a later verdict leaves the time of receipt as it is
    if leaf.fingerprint != told.fingerprint or (first and leaf.op_received != told.received):
        return "op_changed"
    if (leaf.op_n, leaf.op_epoch) != (told.n, told.epoch):
        return None  # a later verdict has taken the place of this one
    says = (leaf.verdict, leaf.code, detail_hash(leaf.detail, leaf.flags))
    return None if says == (told.verdict, told.code, told.detail_hash) else "op_changed"


def _body_fault(leaf: Any) -> str | None:
    if leaf.body is None:
        return "body_missing"
    changed = hashlib.sha256(leaf.body).hexdigest() != leaf.fingerprint
    return "body_changed" if changed else None


def _reading_fault(connection: Connection, leaf: Any) -> str | None:
    """What is written of an op must be what its body says; a repair adds what was unreadable."""
    body = bytes(leaf.body).decode("utf-8", "surrogatepass")
    says = event_read(leaf.op_id, body)
    if says is None:
        says = as_read(read(WireOp(lseq=0, id=leaf.op_id, body=body), REGISTRY))
    shows = (leaf.kind, leaf.v, leaf.noun, leaf.on_id, leaf.by_id, leaf.origin)
    if says != shows:
        shows, says = with_today(connection, shows), with_today(connection, says)
    repaired = isinstance(leaf.detail, dict) and "repaired_by" in leaf.detail
    same = all(
        shown == said or (repaired and said is None)
        for shown, said in zip(shows, says, strict=True)
    )
    return None if same else "op_changed"


def _check_first(audit: Audit, epoch: Any, leaf: Any) -> None:
    """An epoch begins with its own event, which says what was left of the one before."""
    facts = msgspec.json.decode(leaf.body).get("facts", {})
    expected = {"epoch": epoch.id, **audit.survived}
    if leaf.op_id != epoch.first_leaf or facts != expected:
        raise Wrong(Fault(what="epoch_differs", epoch=epoch.id, number=0, op_id=leaf.op_id))


def _check_head(audit: Audit, head: SignedHead, growth: Growth) -> None:
    what = None
    public = audit.publics.get(head.key)
    if head.root != root_of_peaks(growth.peaks).hex():
        what = "head_differs"
    elif public is None:
        what = "key_unknown"
    elif not is_signed(head, public):
        what = "signature_wrong"
    if what is not None:
        raise Wrong(Fault(what=what, epoch=head.epoch, number=head.size - 1))


def _check_every_op_has_its_leaf(audit: Audit) -> None:
    """Also where a leaf without a number was taken away, which no head can show."""
    same = and_(LEAF.c.op_id == OP.c.op_id, LEAF.c.n == OP.c.n, LEAF.c.epoch == OP.c.epoch)
    bare = select(OP.c.op_id, OP.c.epoch).outerjoin(LEAF, same).where(LEAF.c.op_id.is_(None))
    found = audit.connection.execute(bare.order_by(OP.c.received, OP.c.op_id).limit(1)).first()
    if found is not None:
        raise Wrong(Fault(what="leaf_missing", epoch=found.epoch, op_id=found.op_id))


def _check_rows(audit: Audit) -> None:
    """What people and phones read must agree with itself, and be what the log says was written."""
    ways = (tally.differences, traces.differences)
    found = next(chain.from_iterable(way(audit.connection) for way in ways), None)
    if found is not None:
        raise Wrong(Fault(what=found.what, stream=found.stream, table=found.table, row=found.row))


def _leaves(epoch: str) -> Select[Any]:
    return _told().where(LEAF.c.epoch == epoch)


def _told() -> Select[Any]:
    """Leaves with the op and the body each speaks of."""
    said = (
        *(OP.c.fingerprint, OP.c.verdict, OP.c.code, OP.c.detail, OP.c.flags),
        *(OP.c.n.label("op_n"), OP.c.epoch.label("op_epoch")),
        *(OP.c.kind, OP.c.v, OP.c.noun, OP.c.on_id, OP.c.by_id, OP.c.origin),
        OP.c.received.label("op_received"),
    )
    return (
        select(*LEAF.c, *said, OP.c.body)
        .select_from(LEAF)
        .outerjoin(OP, OP.c.op_id == LEAF.c.op_id)
    )


def _stored_nodes(
    connection: Connection, epoch: str, span: tuple[int, int]
) -> dict[tuple[int, int], bytes]:
    """The subtrees that become complete with one of these leaves."""
    places = [
        and_(NODE.c.level == level, NODE.c.place >= low, NODE.c.place < high)
        for level, low, high in _completed(span)
    ]
    wanted = select(NODE.c.level, NODE.c.place, NODE.c.hash)
    found = connection.execute(wanted.where(NODE.c.epoch == epoch, or_(*places)))
    return {(level, place): known for level, place, known in found}


def _completed(span: tuple[int, int]) -> Iterator[tuple[int, int, int]]:
    for level in range(1, LEVELS_MAX):
        low, high = span[0] >> level, span[1] >> level
        if low < high:
            yield level, low, high


def exported(connection: Connection) -> dict[str, Any]:
    """Every leaf in its order and every signed head, as anybody needs them to check the log."""
    leaves = connection.execute(
        select(LEAF.c.epoch, LEAF.c.number, LEAF.c.op_id, LEAF.c.n, LEAF.c.data)
        .join(EPOCH, EPOCH.c.id == LEAF.c.epoch)
        .order_by(EPOCH.c.ordinal, LEAF.c.number, LEAF.c.op_id, LEAF.c.n)
    )
    heads = connection.execute(select(*HEAD.c).order_by(HEAD.c.at))
    return {
        "leaves": [
            {**one._asdict(), "data": bytes(one.data).decode(), "hash": leaf_hash(one.data).hex()}
            for one in leaves
        ],
        "heads": [one._asdict() for one in heads],
        "keys": rows.setting(connection, PUBLIC_KEYS) or {},
    }

"""The notary: gives the audit log's leaves their numbers, grows the tree, and signs its heads.

One process at a time does it, under a lease. A signature is ES256 over the canonical JSON of
{epoch, size, root, at, key}: r and s of 32 bytes each, one after the other, in hexadecimal.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct, structs
from sqlalchemy import BigInteger, Connection, bindparam, delete, func, or_, select, update

from server import rows, signals, tree
from server.keys import signed
from server.questions import Question
from server.tables import METADATA
from server.tree import LEAF
from shared.audit import Growth, grow, root_of_peaks
from sync.protocol import SignedHead
from sync.witness import signed_bytes

HEAD_EVERY_MS: Final = 1_000
LEASE_MS: Final = 10_000
LEAVES_AT_ONCE_MAX: Final = 10_000
LEASE_NAME: Final = "notary"
PUBLIC_KEYS: Final = "notary_keys"

LEASE: Final = METADATA.tables["lease"]
_waits: Final = (LEAF.c.epoch == bindparam("epoch")) & LEAF.c.number.is_(None)
_WAITING: Final = Question(select(LEAF.c.op_id).where(_waits).limit(1))
_in_order: Final = (LEAF.c.received, LEAF.c.op_id, LEAF.c.n)
_next: Final = (
    select(
        *(LEAF.c.op_id, LEAF.c.n),
        (bindparam("size") - 1 + func.row_number().over(order_by=_in_order)).label("number"),
    )
    .where(_waits)
    .order_by(*_in_order)
    .limit(bindparam("most"))
    .subquery("next")
)
# Each goes on from where the tree ends; only the hashes are needed here, by their numbers.
_NUMBER: Final = Question(
    update(LEAF)
    .where(LEAF.c.op_id == _next.c.op_id, LEAF.c.n == _next.c.n)
    .where(LEAF.c.epoch == bindparam("epoch"))
    .values(number=_next.c.number)
    .returning(LEAF.c.number, LEAF.c.hash)
)


class Seal(Struct, frozen=True, kw_only=True):
    """Who signs with what: the private key and its id, and the name of this process."""

    signer: ec.EllipticCurvePrivateKey
    key: str
    holder: str


def is_due(connection: Connection, now_ms: int) -> bool:
    """Whether there is something to sign, and the last head is old enough. Writes nothing."""
    head = tree.head(connection)
    if head is not None and 0 <= now_ms - head.at < HEAD_EVERY_MS:
        return False
    log = tree.log_size(connection)
    if log is None:
        return False
    epoch, size = log
    return head is None or size > head.size or bool(_WAITING.ask(connection, epoch=epoch))


def notarise(connection: Connection, seal: Seal, now_ms: int) -> SignedHead | None:
    """Number what waits and sign the new head; None if it is not due, or somebody else's turn."""
    if not is_due(connection, now_ms):
        return None
    if not take_lease(connection, LEASE_NAME, seal.holder, now_ms):
        return None
    epoch = tree.current_epoch(connection)
    assert epoch is not None
    growth = _growth(connection, epoch)
    leaves = _NUMBER.ask(connection, epoch=epoch, size=growth.size, most=LEAVES_AT_ONCE_MAX)
    grow(growth, (hash_ for _, hash_ in sorted(leaves)))
    rows.add(connection, "tree_node", (), [(epoch, *node) for node in growth.nodes])
    head = sign(
        SignedHead(
            epoch=epoch,
            size=growth.size,
            root=root_of_peaks(growth.peaks).hex(),
            at=now_ms,
            key=seal.key,
            signature="",
        ),
        seal.signer,
    )
    row = (head.epoch, head.size, head.root, head.at, head.key, head.signature)
    rows.add(connection, "tree_head", (), [row])
    signals.give(connection)
    return head


def sign(head: SignedHead, signer: ec.EllipticCurvePrivateKey) -> SignedHead:
    """The head with its signature; the same head and key always give the same one (RFC 6979)."""
    return structs.replace(head, signature=signed(signer, signed_bytes(head)))


def publish_keys(connection: Connection, publics: Mapping[str, ec.EllipticCurvePublicKey]) -> None:
    """Keep the public keys by id beside the log, so that a copy of the database can be checked.

    Such a check shows that the log is whole and in agreement with itself. That these keys are
    the server's own is only shown by keys that came another way.
    """
    known = rows.setting(connection, PUBLIC_KEYS) or {}
    told = {key: in_words(public) for key, public in publics.items()}
    if told.items() - known.items():
        rows.keep_setting(connection, PUBLIC_KEYS, {**known, **told})


def in_words(public: ec.EllipticCurvePublicKey) -> str:
    """A public key as PEM."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _growth(connection: Connection, epoch: str) -> Growth:
    size = tree.size(connection, epoch)
    return Growth(size=size, peaks=tree.peak_hashes(connection, epoch, size))


def take_lease(connection: Connection, name: str, holder: str, now_ms: int) -> bool:
    """Take a lease, unless somebody else has it. Its row is locked until the transaction ends."""
    asked = _lease(connection.dialect.name)
    until = now_ms + LEASE_MS
    return bool(asked.ask(connection, name=name, holder=holder, until=until, now=now_ms))


@cache
def _lease(dialect: str) -> Question:
    insert = rows.insert_into(LEASE, dialect)
    taken = insert.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": insert.excluded.holder, "until": insert.excluded.until},
        where=or_(
            LEASE.c.until < bindparam("now", type_=BigInteger),
            LEASE.c.holder == insert.excluded.holder,
        ),
    )
    return Question(taken.returning(LEASE.c.name), ("name", "holder", "until"))


def let_go(connection: Connection, holders: Collection[str]) -> None:
    """Give up the leases of holders that are dead."""
    connection.execute(delete(LEASE).where(LEASE.c.holder.in_(holders)))

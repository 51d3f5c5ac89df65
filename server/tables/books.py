"""The books' tables: ops as they came, their verdicts, the audit log, the feed, and the counters.

Times are in milliseconds.
"""

from typing import Any, Final

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from server.tables.domain import nested, whole

# A database uses the index of what waits only where a question says so in the same words.
WAITS: Final = "verdict IN ('quarantined', 'held')"
GONE: Final = "body IS NULL"


class OpRow(SQLModel, table=True):
    """An op and what became of it so far; `n` counts its verdicts. `at` is where its effect is.

    `body` are its bytes as they came, last, so that who asks for less need not read past them; null
    is for those erased one day.
    What could not be read of the body is null. An event of the server's own (a new epoch, an
    enrolment) is a row here too: it has an origin of `server` and no place in an incarnation.
    """

    __tablename__ = "op"
    __table_args__ = (
        Index("ix_op_place", "incarnation", "lseq"),
        Index("ix_op_on", "noun", "on_id"),
        Index(
            "ix_op_provisional",
            "incarnation",
            "lseq",
            sqlite_where=text(WAITS),
            postgresql_where=text(WAITS),
        ),
        Index(
            "ix_op_waits",
            "received",
            "op_id",
            sqlite_where=text(WAITS),
            postgresql_where=text(WAITS),
        ),
    )

    op_id: str = Field(primary_key=True)
    fingerprint: str
    kind: str | None
    v: int | None = whole()
    noun: str | None
    on_id: str | None
    by_id: str | None
    origin: str | None
    device: str | None
    incarnation: str | None
    lseq: int | None = whole()
    verdict: str
    code: str | None
    detail: dict[str, Any] = nested()
    flags: list[dict[str, Any]] = nested()
    at: dict[str, int] = nested()
    received: int = whole(index=True)
    done_at: int = whole()
    uncertain: bool
    n: int = whole()
    epoch: str
    body: bytes | None


class LeafRow(SQLModel, table=True):
    """One line of the audit log: its canonical bytes, their hash, and its number in the tree.

    `wrote` is the `shared.audit.Trace` that the line's `rows` stands for.
    """

    __tablename__ = "leaf"
    __table_args__ = (
        PrimaryKeyConstraint("op_id", "n", "epoch"),
        UniqueConstraint("epoch", "number", name="uq_leaf_number"),
    )

    op_id: str
    n: int = whole()
    epoch: str
    received: int = whole()
    data: bytes
    hash: bytes
    number: int | None = whole()
    wrote: str | None


class TreeNode(SQLModel, table=True):
    """A complete subtree above the leaves: the `place`-th one of 2^level leaves."""

    __tablename__ = "tree_node"
    __table_args__ = (PrimaryKeyConstraint("epoch", "level", "place"),)

    epoch: str
    level: int = whole()
    place: int = whole()
    hash: bytes


class TreeHead(SQLModel, table=True):
    """A signed head of the audit log: size, root and signature in hexadecimal."""

    __tablename__ = "tree_head"
    __table_args__ = (PrimaryKeyConstraint("epoch", "size"),)

    epoch: str
    size: int = whole()
    root: str
    at: int = whole()
    key: str
    signature: str


class FeedRow(SQLModel, table=True):
    """The newest entry about one row in one stream: its bytes as sent, or null when it is gone."""

    __tablename__ = "feed"
    __table_args__ = (
        PrimaryKeyConstraint("stream", "pk", "table"),
        Index("ix_feed_seq", "stream", "seq", unique=True),
        Index(
            "ix_feed_gone",
            "stream",
            "seq",
            sqlite_where=text(GONE),
            postgresql_where=text(GONE),
        ),
    )

    pk: str
    table: str
    stream: str
    seq: int = whole()
    body: bytes | None
    sum_a: int = whole()
    sum_b: int = whole()


class Tombstone(SQLModel, table=True):
    """That the entry at a place of a stream is of a row that is gone, and since when that is known.

    A place is never given twice, so it stands for that one going and no other.
    """

    __tablename__ = "tombstone"
    __table_args__ = (PrimaryKeyConstraint("stream", "seq"),)

    stream: str
    seq: int = whole()
    since: int = whole(index=True)


class StreamHead(SQLModel, table=True):
    """Where a stream ends, its checksum there, how many entries its feed holds, and `min_seq`:

    what went by then has no entry any more, so whoever read less far reads the stream anew.
    """

    __tablename__ = "stream_head"

    stream: str = Field(primary_key=True)
    seq: int = whole()
    sum_a: int = whole()
    sum_b: int = whole()
    min_seq: int = whole()
    entries: int = whole()


class AggregateLock(SQLModel, table=True):
    """Something to hold on to while deciding about a thing that may not be there yet."""

    __tablename__ = "aggregate"
    __table_args__ = (PrimaryKeyConstraint("noun", "id"),)

    noun: str
    id: str


class Incarnation(SQLModel, table=True):
    """One installation state: whose it is, its token chain, and the cursors it sent last."""

    __tablename__ = "incarnation"

    id: str = Field(primary_key=True)
    device: str = Field(index=True)
    n: int = whole()
    nonce: str
    nonce_before: str | None
    vector: dict[str, int] = nested()
    lseq_max: int = whole()
    forked_from: str | None
    epoch: str


class ClockEvidence(SQLModel, table=True):
    """What a device's clocks said when the server last heard of one of its boots."""

    __tablename__ = "clock_evidence"
    __table_args__ = (PrimaryKeyConstraint("device", "boot"),)

    device: str
    boot: str
    mono: int = whole()
    wall: int = whole()
    received: int = whole()


class Counter(SQLModel, table=True):
    """The last number given, by table and year."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    value: int = whole()


class Epoch(SQLModel, table=True):
    """A life of the server between two restores; `ordinal` counts them from 1."""

    __tablename__ = "epoch"

    id: str = Field(primary_key=True)
    ordinal: int = whole(unique=True)
    started: int = whole()
    first_leaf: str


class JudgedAgain(SQLModel, table=True):
    """An op that a later release could not judge either: which one tried last, how many did."""

    __tablename__ = "judged_again"

    op_id: str = Field(primary_key=True)
    app: str
    tries: int = whole()
    at: int = whole()


class Setting(SQLModel, table=True):
    """A value that belongs to the data, not to the installation."""

    __tablename__ = "setting"

    name: str = Field(primary_key=True)
    value: Any = nested(nullable=True)


class Lease(SQLModel, table=True):
    """Who may do what only one process may do at a time, and until when (ms)."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    until: int = whole()

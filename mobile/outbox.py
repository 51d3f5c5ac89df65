"""A row of the outbox: how an op is kept on the phone, and how it is read again."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from shared.errors import Flag
from shared.registry import Emit
from sync.ports import Outboxed
from sync.protocol import WireOp

SELECT: Final = """SELECT lseq, op_id, fingerprint, body, kind, noun, id, author, recorded,
    incarnation, on_top, refusal, emits, verdict, code, detail, flags, at, epoch, received
    FROM outbox """
PUT: Final = """INSERT INTO outbox (lseq, op_id, fingerprint, body, kind, noun, id, author,
    recorded, incarnation, on_top, refusal, emits, verdict, code, detail, flags, at, epoch,
    received) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
KEEP: Final = """UPDATE outbox SET lseq = ?, incarnation = ?, on_top = ?, refusal = ?,
    emits = ?, verdict = ?, code = ?, detail = ?, flags = ?, at = ?, epoch = ?, received = ?
    WHERE op_id = ?"""
# What the server has for good: of an op that was taken as it was meant, and shown by its rows, all
# but the receipt goes. The newest stays: places are counted on from it.
_DONE: Final = """SELECT op_id FROM outbox WHERE verdict IN ('applied', 'merged') AND NOT on_top
    AND epoch = ? AND received <= ? AND lseq < (SELECT max(lseq) FROM outbox)
    ORDER BY lseq LIMIT ?"""
_RECEIPT: Final = """INSERT OR IGNORE INTO receipt SELECT op_id, fingerprint, kind, noun, id,
    recorded, verdict, code, received, epoch FROM outbox WHERE op_id = ?"""
_GONE: Final = (
    "DELETE FROM outbox WHERE op_id = ?",
    "DELETE FROM outbox_touch WHERE op_id = ?",
)
LET_GO_AT_ONCE_MAX: Final = 500
_emits = msgspec.json.Decoder(tuple[Emit, ...])
_flags = msgspec.json.Decoder(tuple[Flag, ...])


def place(entry: Outboxed) -> tuple[Any, ...]:
    """What never changes of an op but by a fork, in the order of a row."""
    return (
        entry.lseq,
        entry.op_id,
        entry.fingerprint,
        entry.body,
        entry.kind,
        *entry.on,
        entry.by,
        entry.recorded,
        entry.incarnation,
    )


def standing(entry: Outboxed) -> tuple[Any, ...]:
    """What becomes of an op, in the order of a row."""
    return (
        entry.on_top,
        entry.refusal,
        _json(entry.emits),
        entry.verdict,
        entry.code,
        _json(entry.detail),
        _json(entry.flags),
        _json(entry.at),
        entry.epoch,
        entry.received,
    )


def let_go(connection: Any, epoch: str | None, received: int) -> int:
    """Keep of ops that were received by then (ms), in this epoch, no more than their receipts.

    Returns how many they were; there may be more.
    """
    gone = connection.execute(_DONE, (epoch, received, LET_GO_AT_ONCE_MAX)).fetchall()
    for statement in (_RECEIPT, *_GONE):
        connection.executemany(statement, gone)
    return len(gone)


def is_torn(entry: Outboxed) -> bool:
    """Whether an op came to such harm that no request can hold it: it stops only itself."""
    return is_unsayable(entry.lseq, entry.op_id, entry.body)


def is_unsayable(lseq: Any, op_id: str, body: str) -> bool:
    """The same of what a row holds."""
    try:
        msgspec.convert({"lseq": lseq, "id": op_id, "body": body}, WireOp)
        (op_id + body).encode()
    except (msgspec.ValidationError, UnicodeError):
        return True
    return False


def as_text(body: str | bytes) -> str:
    """A body, as far as it still is text."""
    return body if isinstance(body, str) else body.decode("utf-8", "surrogateescape")


def read(columns: Sequence[Any]) -> Outboxed:
    """The op in a row that `SELECT` found."""
    lseq, op_id, fingerprint, body, kind, noun, identity, by, recorded, incarnation = columns[:10]
    on_top, refusal, emits, verdict, code, detail, flags, at, epoch, received = columns[10:]
    return Outboxed(
        lseq=lseq,
        op_id=op_id,
        fingerprint=fingerprint,
        body=as_text(body),
        kind=kind,
        on=(noun, identity),
        by=by,
        recorded=recorded,
        incarnation=incarnation,
        on_top=bool(on_top),
        refusal=refusal,
        emits=_emits.decode(emits),
        verdict=verdict,
        code=code,
        detail=msgspec.json.decode(detail),
        flags=_flags.decode(flags),
        at=msgspec.json.decode(at),
        epoch=epoch,
        received=received,
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

"""The outbox as people read it: one line an op, what became of it, and what is worst of a job."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct, structs

from mobile import outbox
from mobile.queries import rows
from shared.errors import Refused
from shared.ids import fingerprint
from shared.ops import PROVISIONAL, Verdict
from shared.records import Aggregate
from shared.texts import Catalogue, explain
from shared.work_order import WorkOrder

Sync = Literal["safe", "waiting", "attention", "refused"]
TORN: Final = "torn"
WORST: Final[tuple[Sync, ...]] = ("safe", "waiting", "attention", "refused")
STATES: Final[dict[Verdict, Sync]] = {
    Verdict.APPLIED: "safe",
    Verdict.MERGED: "safe",
    Verdict.CONFLICT: "attention",
    Verdict.REJECTED: "refused",
    Verdict.QUARANTINED: "attention",
    Verdict.HELD: "attention",
}

_OPS: Final = """WITH mending AS MATERIALIZED (
    SELECT json_extract(body, '$.args.of') AS of FROM outbox
    WHERE kind IN ('op.repair', 'op.discard') AND verdict IS NULL AND refusal IS NULL
    AND json_valid(body))
    SELECT lseq, op_id, kind, recorded, verdict, code, refusal, detail, epoch, body,
    verdict IN ('conflict', 'rejected') AND op_id NOT IN (
        SELECT coalesce(json_extract(body, '$.op_id'), '') FROM notice WHERE NOT acknowledged),
    op_id IN (SELECT json_extract(body, '$.op_id') FROM notice WHERE acknowledged),
    EXISTS (SELECT 1 FROM mending WHERE of IN (op_id, json_extract(detail, '$.op_id'))),
    CASE WHEN noun = 'work_order' THEN id
    WHEN json_valid(body) THEN json_extract(body, '$.args.work_order') END AS job FROM outbox"""
_ALL: Final = _OPS + " ORDER BY lseq"
_OF_JOB: Final = _OPS + " WHERE job = ? ORDER BY lseq"
# What is in the books for good needs no look: most of an outbox, after a while.
_UNSAFE: Final = (
    _OPS
    + """ WHERE verdict IS NULL OR verdict NOT IN ('applied', 'merged')
    OR epoch IS NOT ? ORDER BY lseq"""
)

_RECEIPTS: Final = """SELECT op_id, fingerprint, kind, noun, id, recorded, verdict, code, received,
    epoch FROM receipt ORDER BY recorded, op_id"""


class Line(Struct, frozen=True, kw_only=True):
    """One op of the outbox. `job` is the work order it belongs to, `done_at` the phone's time.

    `fingerprint` is that of its body; `kept_as` the id the server keeps it under, if another.

    `field` is the path of what was wrong, if a field was; `reason` says so in words, if asked for.
    `settled` tells that a final verdict has been read by its author, or that an op came to harm on
    this phone: nothing is left to do. `mended` tells that its correction is on its way.
    """

    lseq: int
    op_id: str
    kind: str
    job: str | None
    number: str | None
    done_at: int
    state: Sync
    verdict: str | None
    code: str | None
    field: str | None
    params: dict[str, Any]
    fingerprint: str
    kept_as: str | None = None
    reason: str | None = None
    settled: bool = False
    mended: bool = False


class Receipt(Struct, frozen=True, kw_only=True):
    """What is left of an op that the server has for good: its fingerprint, and what it was told."""

    op_id: str
    fingerprint: str
    kind: str
    on: Aggregate
    done_at: int
    verdict: str
    code: str | None
    received: int
    epoch: str


def receipts(connection: sqlite3.Connection) -> list[Receipt]:
    """The receipts of ops that were let go of, in the order they were recorded."""
    return [
        Receipt(
            op_id=op_id,
            fingerprint=mark,
            kind=kind,
            on=(noun, identity),
            done_at=recorded,
            verdict=verdict,
            code=code,
            received=received,
            epoch=epoch,
        )
        for op_id, mark, kind, noun, identity, recorded, verdict, code, received, epoch in (
            connection.execute(_RECEIPTS)
        )
    ]


def every(connection: sqlite3.Connection) -> list[Line]:
    """Every op of this person, in the order they were recorded."""
    return _read(connection, _ALL, ())


def of_job(connection: sqlite3.Connection, work_order_id: str) -> list[Line]:
    """The ops that belong to one job, in the order they were recorded."""
    return _read(connection, _OF_JOB, (work_order_id,))


def unsafe(connection: sqlite3.Connection) -> list[Line]:
    """The ops that are not in the server's books, or not as their author meant them."""
    return _read(connection, _UNSAFE, (rows.identity(connection).epoch,))


def in_words(line: Line, words: Catalogue) -> Line:
    """The line with its reason in words."""
    if line.code is None:
        return line
    refused = Refused(code=line.code, grounds="value", field=line.field, params=line.params)
    return structs.replace(line, reason=explain(words, refused))


def is_pending(line: Line) -> bool:
    """Whether an op still has to get to the server, or waits there for a person."""
    if line.code == TORN:
        return False  # it will never be sent
    return line.state == "waiting" or line.verdict in (None, *PROVISIONAL)


def worst(lines: Iterable[Line]) -> dict[str, Sync]:
    """Per job, the worst state of the ops on it."""
    found: dict[str, Sync] = {}
    for line in lines:
        if line.job is not None and not line.settled:
            known = found.get(line.job, "safe")
            state: Sync = "waiting" if line.mended else line.state
            found[line.job] = max(known, state, key=WORST.index)
    return found


def _read(connection: sqlite3.Connection, statement: str, values: tuple[Any, ...]) -> list[Line]:
    epoch = rows.identity(connection).epoch
    found = connection.execute(statement, values).fetchall()
    orders = rows.several(connection, WorkOrder, {columns[-1] for columns in found})
    return [_line(columns, epoch, orders) for columns in found]


def _line(columns: Sequence[Any], epoch: str | None, orders: dict[str, WorkOrder]) -> Line:
    lseq, op_id, kind, recorded, verdict, code, refusal, told, kept, content = columns[:10]
    settled, seen, mended, job = columns[10:]
    detail, body = msgspec.json.decode(told), outbox.as_text(content)
    if (verdict is None or kept != epoch) and outbox.is_unsayable(lseq, op_id, body):
        refusal = TORN
        code = None
    return Line(
        lseq=lseq,
        op_id=op_id,
        kind=kind,
        job=job,
        number=orders[job].number or orders[job].provisional if job in orders else None,
        done_at=recorded,
        state=_state(verdict, refusal, is_current=kept == epoch),
        verdict=verdict,
        code=code or refusal,
        field=detail.get("field"),
        params=detail.get("params", {}),
        fingerprint=fingerprint(body),
        kept_as=detail.get("op_id"),
        settled=bool(seen) if refusal == TORN else bool(settled) and kept == epoch,
        mended=bool(mended),
    )


def _state(verdict: str | None, refusal: str | None, *, is_current: bool) -> Sync:
    """An op's state in one word. What a server said before it was restored, it must say again."""
    if verdict is None or not is_current:
        return "waiting" if refusal is None else "attention"
    return STATES[Verdict(verdict)]

"""Reconciling: what the server's database and the phones' say of the same ops, from outside."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine

from server.database import open_engine
from server.settings import load
from shared.ids import derive
from shared.ops import FINAL
from shared.parts import INSTALLED, OUTSIDE
from shared.work_order import ARRIVE_FROM, DEPART_FROM, LEGAL, OPEN, UNENDED
from sync.digest import row_sums, total

# What an op of each kind leaves behind exactly once: its table, and the name its id comes from.
EFFECTS: Final = {
    "note.add": ("note", "note"),
    "checklist.answer": ("reading", "reading"),
    "parts.use": ("part_use", "part"),
}
# Every edge of a job's life: verb -> (from where, to where).
DOOR: Final = frozenset({"on_site", "en_route"})
EDGES: Final[dict[str, tuple[Collection[str], Collection[str]]]] = {
    **{verb: (sources, {after}) for verb, (sources, after) in LEGAL.items()},
    "work_order.complete": (LEGAL["work_order.complete"][0] | DOOR, {"done", UNENDED}),
    "work_order.depart": (DEPART_FROM, {"en_route"}),
    "work_order.arrive": (ARRIVE_FROM, {"on_site"}),
    "work_order.assign": ({"created"}, {"assigned"}),
    "work_order.reassign": (OPEN, {"assigned"}),
    "work_order.cancel": (OPEN, {"cancelled"}),
}

_USES: Final = "SELECT id, part_id, location_id, amount FROM part_use"
_BALANCES: Final = "SELECT location_id, part_id, amount FROM balance"
_OUTBOX: Final = "SELECT op_id, fingerprint, lseq, verdict, code FROM outbox"
_DEVICE: Final = "SELECT op_id, fingerprint, lseq, verdict, code FROM op WHERE device = ?"
_HEADS: Final = "SELECT stream, seq, sum_a, sum_b FROM stream_head"
_ROWS: Final = "SELECT tbl, id, base FROM row WHERE stream = ? AND base IS NOT NULL"
_FEED: Final = """SELECT "table", pk, body FROM feed WHERE stream = ? AND body IS NOT NULL"""

Rows = Sequence[Any]


def complaints(server: Path, phones: Sequence[Path], kept: Collection[str]) -> list[str]:
    """Everything that does not agree between the books of a server's folder and phones' databases.

    `kept` are ops that were acknowledged to somebody.
    """
    with _reading(load({"data": server}).books) as books:
        found = [
            *_doubled(books),
            *_not_there(books, kept),
            *_effects(books),
            *_stock(books),
            *_histories(books),
        ]
        for path in phones:
            with _reading(path) as phone:
                found += [
                    *_outbox(books, phone),
                    *_chain(phone),
                    *_replica(books, phone),
                ]
    return found


def read(books: Path | str, question: str, *values: Any) -> Rows:
    """The rows that answer a question to a database which it cannot change."""
    with _reading(books) as connection:
        return _rows(connection, question, *values)


def change(server: Path, statement: str) -> None:
    """Change the books of a server's folder behind its back."""
    engine = open_engine(load({"data": server}).books)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@contextmanager
def _reading(books: Path | str) -> Iterator[Connection]:
    """A connection to a file or a server; to a file, one that cannot change anything."""
    engine = create_engine(
        f"sqlite:///file:{books}?mode=ro&uri=true" if isinstance(books, Path) else books
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _rows(connection: Connection, question: str, *values: Any) -> Rows:
    return connection.exec_driver_sql(question, values).all()


def _doubled(books: Connection) -> list[str]:
    twice = _rows(books, "SELECT fingerprint FROM op GROUP BY 1 HAVING count(*) > 1")
    gaps = _rows(
        books,
        """SELECT op.op_id, op.n, count(leaf.n) AS leaves, max(leaf.n) AS newest FROM op
        LEFT JOIN leaf ON leaf.op_id = op.op_id AND leaf.epoch = op.epoch
        GROUP BY op.op_id, op.n
        HAVING coalesce(max(leaf.n), 0) <> op.n OR count(leaf.n) <> op.n""",
    )
    lost = _rows(
        books,
        "SELECT op_id FROM op WHERE body IS NULL",
    )
    return [
        *(f"the same bytes are two ops: {row.fingerprint}" for row in twice),
        *(f"leaves of an op are missing: {tuple(row)}" for row in gaps),
        *(f"the bytes of an op are missing: {row.op_id}" for row in lost),
    ]


def _not_there(books: Connection, kept: Collection[str]) -> list[str]:
    verdicts = {row.op_id: row.verdict for row in _rows(books, "SELECT * FROM op")}
    return [
        f"acknowledged, but without a final verdict: {op} {verdicts.get(op)}"
        for op in kept
        if verdicts.get(op) not in FINAL
    ]


def _effects(books: Connection) -> list[str]:
    """Every op that was applied left what it leaves, and nothing else is there."""
    wrong: list[str] = []
    for kind, (table, called) in EFFECTS.items():
        ops = _rows(books, "SELECT op_id FROM op WHERE kind = ? AND verdict = 'applied'", kind)
        expected = {derive(row.op_id, called) for row in ops}
        there = {row.id for row in _rows(books, f"SELECT id FROM {table}")}
        wrong += [f"{table} without its op, or the other way: {one}" for one in expected ^ there]
    return wrong


def _stock(books: Connection) -> list[str]:
    """Uses are movements, and a balance is the sum of its movements."""
    moved = _rows(books, "SELECT * FROM movement")
    uses = Counter(tuple(row) for row in _rows(books, _USES))
    taken = Counter(
        (derive(row.op_id, "part"), row.part_id, row.source_id, row.amount)
        for row in moved
        if row.target_id == INSTALLED
    )
    sums: Counter[tuple[str, str]] = Counter()
    for row in moved:
        sums[row.source_id, row.part_id] -= row.amount
        sums[row.target_id, row.part_id] += row.amount
    held = {tuple(row[:2]): row[2] for row in _rows(books, _BALANCES)}
    inside = {key for key in {*held, *sums} if key[0] not in OUTSIDE}
    return [
        *(f"a use is not its movement: {one}" for one in (uses - taken) + (taken - uses)),
        *(
            f"a balance is not the sum of its movements: {key} {held.get(key)} {sums[key]}"
            for key in inside
            if held.get(key, 0) != sums[key]
        ),
    ]


def _histories(books: Connection) -> Iterator[str]:
    """The steps of every job, in the order they were decided, are a path that ends where it is."""
    decided = {
        derive(row.op_id, "status"): (row.received, row.lseq or 0, row.done_at)
        for row in _rows(books, "SELECT op_id, received, lseq, done_at FROM op")
    }
    steps: dict[str, list[Any]] = {}
    for row in _rows(books, "SELECT * FROM status_change"):
        steps.setdefault(row.work_order_id, []).append(row)
    for order in _rows(books, "SELECT id, status FROM work_order"):
        here = "created"
        left = sorted(steps.get(order.id, []), key=lambda one: decided[one.id])
        while left:
            step = _next(left, decided, here)
            left.remove(step)
            sources, ends = EDGES[step.verb]
            legal = step.before in sources and step.after in ends
            if step.before != here or not legal:
                yield f"not a path: {order.id} at {here}: {tuple(step)}"
            here = step.after
        if here != order.status:
            yield f"the history ends elsewhere: {order.id} {here} {order.status}"


def _next(left: Rows, decided: dict[str, Any], here: str) -> Any:
    """The step that comes first; of those that the office said in the same moment, the fitting."""
    same = [one for one in left if decided[one.id] == decided[left[0].id]]
    return next((one for one in same if one.before == here), left[0])


def _outbox(books: Connection, phone: Connection) -> Iterator[str]:
    """The phone and the server know the same ops, by the same bytes, with the same verdicts."""
    device = json.loads(_rows(phone, "SELECT value FROM meta WHERE key = 'device'")[0][0])
    here = {row.op_id: tuple(row) for row in _rows(phone, _OUTBOX)}
    there = {row.op_id: tuple(row) for row in _rows(books, _DEVICE, device)}
    for op in here.keys() | there.keys():
        if here.get(op) != there.get(op):
            yield f"phone and server differ: {here.get(op)} {there.get(op)}"
    for row in _rows(phone, "SELECT op_id FROM outbox WHERE verdict IS NULL OR on_top"):
        yield f"still waiting or laid over the office's rows: {row.op_id}"


def _chain(phone: Connection) -> Iterator[str]:
    """Ops are numbered without gaps, and each names the one before it."""
    before = None
    chain = _rows(phone, "SELECT lseq, fingerprint, body FROM outbox ORDER BY lseq")
    for place, row in enumerate(chain, start=1):
        if row.lseq != place:
            yield f"a gap: {row.lseq} stands at {place}"
        if json.loads(row.body).get("prev") != before:
            yield f"the chain is broken at {row.lseq}"
        before = row.fingerprint


def _replica(books: Connection, phone: Connection) -> Iterator[str]:
    """Every stream of the phone is the server's, byte by byte, and so are the checksums."""
    heads = {row.stream: tuple(row)[1:] for row in _rows(books, _HEADS)}
    if _rows(phone, "SELECT 1 FROM staged UNION ALL SELECT 1 FROM row WHERE view IS NOT NULL"):
        yield "rows are still staged, or still shown otherwise than the office has them"
    for mark in _rows(phone, "SELECT stream, cursor, lane1, lane2 FROM mark"):
        stream = mark.stream
        if heads.get(stream) != tuple(mark)[1:]:
            yield f"checksums differ: {stream} {heads.get(stream)} {tuple(mark)[1:]}"
        here = {tuple(row)[:2]: bytes(row[2]) for row in _rows(phone, _ROWS, stream)}
        there = {tuple(row)[:2]: bytes(row[2]) for row in _rows(books, _FEED, stream)}
        for key in here.keys() | there.keys():
            if here.get(key) != there.get(key):
                yield f"rows differ: {stream} {key} {here.get(key)!r} {there.get(key)!r}"
        sums = total(row_sums(key[0], key[1], body) for key, body in here.items())
        if sums != tuple(mark)[2:]:
            yield f"a checksum is not that of its rows: {stream}"

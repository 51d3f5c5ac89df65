"""The statements by which the ledger looks things up, locks and counts them."""

from functools import cache
from typing import Any, Final, cast

from sqlalchemy import ARRAY, Executable, String, bindparam, func, select, text

from server import rows
from server.entries import RECORDED
from server.questions import Question
from server.rows import among
from server.tables import METADATA
from server.tables.books import WAITS

BOOTS_READ_MAX: Final = 256

OP: Final = METADATA.tables["op"]
LOCK: Final = METADATA.tables["aggregate"]
EVIDENCE: Final = METADATA.tables["clock_evidence"]
COUNTER: Final = METADATA.tables["counter"]

# What a later verdict changes of an op; the bytes, the place and the time of receipt stay.
SETTLED: Final = ("verdict", "code", "detail", "flags", "at", "n", "epoch")
READABLE: Final = ("kind", "v", "noun", "on_id", "by_id", "origin")

COLUMNS: Final = tuple(OP.c[name] for name in RECORDED)
PLACES: Final = Question(
    select(OP.c.lseq, OP.c.fingerprint).where(
        OP.c.incarnation == bindparam("incarnation"),
        OP.c.lseq.between(bindparam("low"), bindparam("high")),
    )
)
PROVISIONAL: Final = Question(
    select(*COLUMNS)
    .where(
        OP.c.incarnation == bindparam("incarnation"),
        text(WAITS),
    )
    .order_by(OP.c.lseq)
)
SIGHTINGS: Final = Question(
    select(EVIDENCE.c.boot, EVIDENCE.c.mono, EVIDENCE.c.wall, EVIDENCE.c.received)
    .where(EVIDENCE.c.device == bindparam("device"))
    .order_by(EVIDENCE.c.received.desc(), EVIDENCE.c.mono.desc())
    .limit(BOOTS_READ_MAX)
)


@cache
def recorded(dialect: str) -> Question:
    """Ops by their ids, as they stand."""
    return Question(select(*COLUMNS).where(among(OP.c.op_id, "op_ids", dialect)))


@cache
def waiting_on(dialect: str) -> Question:
    """Ops without a final verdict on some things."""
    on = among(OP.c.noun, "nouns", dialect) & among(OP.c.on_id, "ids", dialect)
    return Question(select(*COLUMNS).where(on, text(WAITS)).order_by(OP.c.lseq, OP.c.op_id))


@cache
def bodies(dialect: str) -> Question:
    """Bodies of ops by their ids."""
    return Question(select(OP.c.op_id, OP.c.body).where(among(OP.c.op_id, "op_ids", dialect)))


@cache
def locks() -> Question:
    """Lock things in sorted order, for as long as the transaction lasts."""
    arrays = (bindparam("nouns", type_=ARRAY(String)), bindparam("ids", type_=ARRAY(String)))
    wanted = func.unnest(*arrays).table_valued("noun", "id").render_derived()
    return Question(
        select(LOCK.c.id)
        .join(wanted, (LOCK.c.noun == wanted.c.noun) & (LOCK.c.id == wanted.c.id))
        .order_by(LOCK.c.noun, LOCK.c.id)
        .with_for_update(of=LOCK)
    )


@cache
def counted(dialect: str) -> Executable:
    """Count on by so many, and say how far that is."""
    insert = rows.insert_into(COUNTER, dialect)
    total = {"value": COUNTER.c.value + insert.excluded.value}
    counted = insert.on_conflict_do_update(index_elements=["name"], set_=total)
    return cast("Executable", counted.returning(COUNTER.c.value))


def settle(dialect: str) -> Any:
    """A later verdict; what could not be read before is taken from what was corrected."""
    insert = rows.insert_into(OP, dialect)
    changes = {name: insert.excluded[name] for name in SETTLED}
    readable = {name: func.coalesce(OP.c[name], insert.excluded[name]) for name in READABLE}
    return insert.on_conflict_do_update(index_elements=["op_id"], set_={**changes, **readable})

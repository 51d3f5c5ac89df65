"""Entries: verdicts and events as the rows and leaves that the books keep of them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, select

from server import rows
from server.questions import Question, dumped, from_json
from server.tables import METADATA
from shared.aliases import MERGED_NOUNS, Alias, alias_id
from shared.audit import Trace, leaf_bytes, leaf_hash
from shared.canonical import canonical
from shared.errors import Flag
from shared.ids import derive, fingerprint
from shared.records import Aggregate, table
from sync.arrival import Arrived
from sync.leaves import leaf_of
from sync.ports import Entry, Recorded, Standing

STANDING: Final = METADATA.tables["incarnation"]
NOTHING, NONE = "{}", "[]"  # as JSON
# What is read of an op in the books.
RECORDED: Final = (
    *("op_id", "fingerprint", "verdict", "code", "received", "epoch", "detail", "flags"),
    *("at", "n", "kind", "by_id", "noun", "on_id", "device", "incarnation", "lseq", "done_at"),
)
UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"


_standing: Final = select(*STANDING.c).where(STANDING.c.id == bindparam("id"))
_STANDING: Final = Question(_standing)
_HELD: Final = Question(_standing.with_for_update())


class Event(Struct, frozen=True, kw_only=True):
    """Something the server itself did that belongs in the log. `salt` is 32 hexadecimal digits."""

    kind: str
    at: int
    salt: str
    by: str | None = None
    on: Aggregate | None = None
    facts: dict[str, Any] = {}


def event_body(event: Event) -> str:
    return canonical(msgspec.to_builtins(event)).decode()


def event_id(event: Event) -> str:
    return derive("event", fingerprint(event_body(event)))


def event_read(op_id: str, body: str) -> tuple[Any, ...] | None:
    """What is written beside the body of one of the server's own events; None of another op."""
    if op_id != derive("event", fingerprint(body)):
        return None
    return event_row(msgspec.json.decode(body, type=Event))


def event_row(event: Event) -> tuple[Any, ...]:
    """Kind, version, noun, id, author and origin of an event."""
    noun, on_id = event.on or (None, None)
    return (event.kind, 1, noun, on_id, event.by, "server")


def leaf_row(
    entry: Entry, epoch: str, *, number: int | None = None, trace: Trace | None = None
) -> tuple[Any, ...]:
    data = leaf_bytes(leaf_of(entry, epoch, trace))
    wrote = None if trace is None else msgspec.json.encode(trace).decode()
    return (entry.op_id, entry.n, epoch, entry.received, data, leaf_hash(data), number, wrote)


def as_read(entry: Entry | Arrived) -> tuple[Any, ...]:
    """What could be read of an op. PostgreSQL keeps no NUL in a text; the body has it anyway."""
    noun, on_id = entry.on or (None, None)
    read = (entry.kind, entry.v, noun, on_id, entry.by, entry.origin)
    if "\0" not in f"{entry.kind}{noun}{on_id}{entry.by}{entry.origin}":
        return read
    return tuple(one.replace("\0", UNPRINTABLE) if isinstance(one, str) else one for one in read)


def with_today(connection: Connection, read: tuple[Any, ...]) -> tuple[Any, ...]:
    """What was read of an op (`as_read`), on the thing that its own was merged into, if it was."""
    kind, v, noun, on_id, *rest = read
    if noun not in MERGED_NOUNS:
        return read
    for one in rows.fetch(connection, table(Alias), "id", {alias_id((noun, on_id))}):
        assert isinstance(one, Alias)
        return (kind, v, noun, one.into_id, *rest)
    return read


def op_row(entry: Entry, readable: tuple[Any, ...], at: str, epoch: str) -> tuple[Any, ...]:
    """An op in the books. Of one that is there already the body stays, whatever was corrected."""
    return (
        entry.op_id,
        entry.fingerprint,
        *readable,
        entry.device,
        entry.incarnation,
        entry.lseq,
        entry.verdict,
        entry.code,
        dumped(entry.detail) if entry.detail else NOTHING,
        dumped(entry.flags) if entry.flags else NONE,
        at,
        entry.received,
        entry.done_at,
        entry.uncertain,
        entry.n,
        epoch,
        entry.body.encode("utf-8", "surrogatepass"),
    )


def as_recorded(connection: Connection, row: Sequence[Any]) -> Recorded:
    """An op in the books, of the values of what is `RECORDED`."""
    found = dict(zip(RECORDED, row, strict=True))
    for name in ("detail", "flags", "at"):
        found[name] = from_json(connection, found[name])
    noun, on_id = found.pop("noun"), found.pop("on_id")
    found["by"] = found.pop("by_id")
    found["flags"] = tuple(msgspec.convert(found["flags"], list[Flag]))
    return Recorded(on=None if noun is None else (noun, on_id), **found)


def standing_of(connection: Connection, incarnation: str, *, held: bool) -> Standing | None:
    """What is known of an incarnation; `held` locks it until the transaction ends."""
    found = (_HELD if held else _STANDING).ask(connection, id=incarnation)
    return standing_in(connection, found[0]) if found else None


def standing_in(connection: Connection, row: Sequence[Any]) -> Standing | None:
    """What is known of an incarnation, of the values of its row; nothing where all are null."""
    known = dict(zip(STANDING.c.keys(), row, strict=True))
    incarnation = known.pop("id")
    if incarnation is None:
        return None
    known["vector"] = from_json(connection, known["vector"])
    return Standing(incarnation=incarnation, **known)

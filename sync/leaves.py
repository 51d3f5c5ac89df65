"""Leaves: what the audit log says of a verdict, the same in every kind of books."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from shared.audit import Leaf, Trace, Traced, row_hash, rows_digest
from shared.canonical import digest
from shared.kinds import REMOVABLE, write_row
from shared.records import RowKey, State, table
from sync.ports import Entry


def leaf_of(entry: Entry, epoch: str, trace: Trace | None = None) -> Leaf:
    """The audit leaf of one verdict, with what it wrote."""
    return Leaf(
        epoch=epoch,
        op_id=entry.op_id,
        n=entry.n,
        fingerprint=entry.fingerprint,
        verdict=entry.verdict,
        code=entry.code,
        detail_hash=_told_hash(entry),
        received=entry.received,
        rows=None if trace is None else rows_digest(trace.rows),
    )


def _told_hash(entry: Entry) -> str:
    if not entry.detail and not entry.flags:
        return NOTHING_TOLD
    return detail_hash(*msgspec.to_builtins((entry.detail, entry.flags)))


def detail_hash(detail: Any, flags: Any) -> str:
    """What a leaf says of a verdict's detail and flags, both as JSON values."""
    return digest({"detail": detail, "flags": flags})


NOTHING_TOLD: Final = detail_hash({}, [])  # as of nearly every verdict


def written(state: State) -> dict[RowKey, bytes]:
    """The bytes of every row that was changed, as it is sent, hashed and kept."""
    return {key: write_row(row) for key, row in state.changed.items()}


def traces(
    entries: Sequence[Entry], state: State, bytes_of: Mapping[RowKey, bytes]
) -> dict[str, Trace]:
    """What each op wrote, by op id; of a row that several wrote only the last one's counts.

    A row that no op wrote is in no trace: the auditor finds it.
    """
    salts = {entry.op_id: entry.salt for entry in entries}
    wrote: dict[str, list[Traced]] = {}
    for key, row in (*state.changed.items(), *state.deleted.items()):
        writer, name = state.written.get(key), table(key[0])
        if writer is None:
            continue
        gone = key in state.deleted
        assert not gone or name in REMOVABLE, name
        hashed = None if gone else row_hash(salts[writer], (name, row.id), bytes_of[key])
        wrote.setdefault(writer, []).append(Traced(name, row.id, row.version, hashed))
    return {
        writer: Trace(salt=salts[writer], rows=tuple(sorted(rows, key=_place)))
        for writer, rows in wrote.items()
    }


def _place(one: Traced) -> tuple[str, str]:
    return (one.table, one.id)

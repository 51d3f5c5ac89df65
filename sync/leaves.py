"""Leaves: what the audit log says of a verdict, the same in every kind of books."""

from typing import Any

import msgspec

from shared.audit import Leaf
from shared.canonical import digest
from sync.ports import Entry


def leaf_of(entry: Entry, epoch: str) -> Leaf:
    """The audit leaf of one verdict."""
    return Leaf(
        epoch=epoch,
        op_id=entry.op_id,
        n=entry.n,
        fingerprint=entry.fingerprint,
        verdict=entry.verdict,
        code=entry.code,
        detail_hash=detail_hash(*msgspec.to_builtins((entry.detail, entry.flags))),
        received=entry.received,
    )


def detail_hash(detail: Any, flags: Any) -> str:
    """What a leaf says of a verdict's detail and flags, both as JSON values."""
    return digest({"detail": detail, "flags": flags})

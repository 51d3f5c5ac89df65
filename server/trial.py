"""The trial: whether a copy of the books is one that a server could go on with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from server import auditor, copies, database, keys
from server.settings import Settings


class Trial(Struct, frozen=True, kw_only=True):
    """What was found: how many lines of the audit log hold, and the first thing amiss."""

    leaves: int
    fault: str | None


def examine(books: Path, told: dict[str, int], chosen: Settings) -> Trial:
    """Whether a copy is whole, has the rows it should have, and its audit log holds."""
    if not copies.is_sound(books):
        return Trial(leaves=0, fault="database_damaged")
    with copy_opened(books) as copy:
        counts = copies.counts(copy)
        if {**counts, **told} != counts:  # a newer version may have more tables
            return Trial(leaves=0, fault="rows_missing")
        # Those at hand first; heads may have been signed by keys that are lost.
        publics = {**auditor.kept_keys(copy), **keys.publics_in(chosen.keys)}
        report = auditor.verify(copy, publics)
    return Trial(leaves=report.leaves, fault=report.fault.what if report.fault else None)


@contextmanager
def copy_opened(copy: Path) -> Iterator[Any]:
    """A copy, to be read only."""
    engine = database.open_engine(copy, reads_only=True)
    try:
        with database.reading(engine) as books:
            yield books
    finally:
        engine.dispose()

"""Salvage: what can still be read of a phone's database, row by row, where some is damaged."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from mobile import database
from mobile.outbox import as_text, is_unsayable
from shared.ids import fingerprint
from shared.ops import FINAL

ROWS_MAX: Final = 100_000  # of which one that cannot be read is looked for by its number
# Each list from its beginning and, where that breaks off, from its end.
_SCANS: Final = (
    (
        "SELECT rowid, NULL FROM outbox NOT INDEXED ORDER BY rowid",
        "SELECT rowid, NULL FROM outbox NOT INDEXED ORDER BY rowid DESC",
    ),
    (
        "SELECT rowid, lseq FROM outbox INDEXED BY outbox_lseq ORDER BY lseq",
        "SELECT rowid, lseq FROM outbox INDEXED BY outbox_lseq ORDER BY lseq DESC",
    ),
)
_ROW: Final = """SELECT lseq, incarnation, op_id, body, fingerprint, verdict, received FROM outbox
    NOT INDEXED WHERE rowid = ?"""
_FILES: Final = "SELECT sha256, state, unsure, safe_by FROM file ORDER BY sha256"


class Kept(Struct, frozen=True, kw_only=True):
    """An op as it stands in the outbox."""

    lseq: int
    incarnation: str
    op_id: str
    body: str


class Findings(Struct, frozen=True, kw_only=True):
    """What there is to save: rows of ops by their place, hashes of files, and what is torn.

    `ops_torn` are the places of ops, or the numbers of their rows (`row 12`); `is_whole` says
    whether all lists could be read to their end.
    """

    ops: tuple[int, ...]
    files: frozenset[str]
    ops_torn: tuple[str, ...]
    is_whole: bool


NOTHING: Final = Findings(ops=(), files=frozenset(), ops_torn=(), is_whole=False)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that only reads and makes nothing anew; None where nothing can be read."""
    connection: sqlite3.Connection | None = None
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=database.BUSY_TIMEOUT_S,
            isolation_level=None,
        )
    if connection is None:
        yield None
        return
    with closing(connection):
        connection.text_factory = as_text
        with suppress(sqlite3.Error):
            connection.execute("BEGIN")  # one snapshot, where there is one to be had
        yield connection


def files_named(path: Path) -> frozenset[str] | None:
    """The hashes of the files that a database names; None where that cannot be read."""
    with opened(path) as connection:
        if connection is None:
            return None
        try:
            return frozenset(str(sha256) for sha256, *_ in connection.execute(_FILES))
        except sqlite3.Error:
            return None


def search(connection: sqlite3.Connection) -> Findings:
    """What is not settled, or settled and not yet in a verified backup of the server."""
    durable = _durable_through(connection)
    places, is_whole = _places(connection)
    found: list[tuple[int, int]] = []
    torn: list[str] = []
    for rowid, lseq in sorted(places.items()):
        row = _row(connection, rowid)
        if row is None and lseq is None:
            continue  # no row has this number
        if row is None or _is_torn(row):
            torn.append(f"row {rowid}" if lseq is None else str(lseq))
        elif not _is_done(row[5], row[6], durable):
            found.append((row[0], rowid))
    files, all_files = _files(connection, durable)
    return Findings(
        ops=tuple(rowid for _, rowid in sorted(found)),
        files=files,
        ops_torn=tuple(torn),
        is_whole=is_whole and all_files,
    )


def op(connection: sqlite3.Connection, rowid: int) -> Kept:
    """One of the ops that were found, as it stands."""
    row = _row(connection, rowid)
    assert row is not None, "what was found is in the same snapshot"
    return Kept(lseq=row[0], incarnation=row[1], op_id=row[2], body=row[3])


def _places(connection: sqlite3.Connection) -> tuple[dict[int, int | None], bool]:
    """The numbers of all rows, with their places where an index tells; whether all were found.

    What one order of reading does not reach because of a damaged page, another one may.
    """
    places: dict[int, int | None] = {}
    is_whole = True
    for up, down in _SCANS:
        if not _scan(connection, up, places):
            is_whole = False
            _scan(connection, down, places)
    if not is_whole and places and max(places) - min(places) < ROWS_MAX:
        between = range(min(places), max(places) + 1)
        places = {rowid: places.get(rowid) for rowid in between}
    return places, is_whole


def _scan(connection: sqlite3.Connection, order: str, places: dict[int, int | None]) -> bool:
    try:
        for rowid, lseq in connection.execute(order):
            if places.get(rowid) is None:
                places[rowid] = lseq if isinstance(lseq, int) else None
    except sqlite3.DatabaseError:
        return False
    return True


def _row(connection: sqlite3.Connection, rowid: int) -> tuple[Any, ...] | None:
    try:
        found: tuple[Any, ...] | None = connection.execute(_ROW, (rowid,)).fetchone()
    except sqlite3.DatabaseError:
        return (None,) * 7
    return found


def _is_torn(row: tuple[Any, ...]) -> bool:
    """Whether an op is not the one that was recorded, as far as anybody can tell."""
    lseq, incarnation, op_id, body, known = row[:5]
    if not all(isinstance(one, str) and one for one in (incarnation, op_id, body)):
        return True
    return is_unsayable(lseq, op_id, body) or fingerprint(body) != known


def _is_done(verdict: Any, received: Any, durable: int | None) -> bool:
    """Whether an op has its final verdict, and the server has it in a verified backup."""
    if durable is None or not isinstance(received, int):
        return False
    return verdict in FINAL and received <= durable


def _files(connection: sqlite3.Connection, durable: int | None) -> tuple[frozenset[str], bool]:
    found: set[str] = set()
    try:
        for sha256, state, unsure, safe_by in connection.execute(_FILES):
            is_dated = durable is not None and isinstance(safe_by, int) and safe_by <= durable
            if isinstance(sha256, str) and not (state == "safe" and not unsure and is_dated):
                found.add(sha256)
    except sqlite3.DatabaseError:
        return frozenset(found), False
    return frozenset(found), True


def _durable_through(connection: sqlite3.Connection) -> int | None:
    try:
        known = database.identity(connection)
    except database.UNREADABLE:
        return None
    return known.durable_through if known is not None else None

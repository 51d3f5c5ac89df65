"""The phone's rows as they are compared with the office's: `sync.prints.Copy`."""

from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec

from mobile.database import INDEXES
from mobile.shelf import FileShelf
from shared.kinds import TABLES, read_row
from sync.digest import LANE, Sums, row_sums
from sync.prints import Key, Place

_PRINTS: Final = "SELECT lane1, lane2 FROM row WHERE stream = ? AND base IS NOT NULL"
_PRINTED: Final = """SELECT tbl, id FROM row WHERE stream = ? AND base IS NOT NULL
    AND (lane1, lane2) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')
    FROM json_each(?))"""
_ADDED_UP: Final = "SELECT sum(lane1), sum(lane2) FROM row WHERE stream = ?"
_NEXT: Final = """SELECT stream, tbl, id, base, lane1, lane2 FROM row
    WHERE (stream, tbl, id) > (?, ?, ?) ORDER BY stream, tbl, id LIMIT ?"""
_PRINT: Final = "UPDATE row SET lane1 = ?, lane2 = ? WHERE stream = ? AND tbl = ? AND id = ?"
# SQLite can change no row that it cannot read, but take it out, and put in again what lies on it.
_GARBLED: Final = """SELECT stream, tbl, id FROM row
    WHERE base IS NOT NULL AND NOT json_valid(CAST(base AS TEXT))"""
_ON_TOP: Final = """SELECT stream, tbl, id, home_noun, home_id, view FROM row
    WHERE stream = ? AND tbl = ? AND id = ? AND view IS NOT NULL"""
_TAKE_OUT: Final = "DELETE FROM row WHERE stream = ? AND tbl = ? AND id = ?"
_PUT_IN: Final = """INSERT INTO row (stream, tbl, id, home_noun, home_id, view)
    VALUES (?, ?, ?, ?, ?, ?)"""
_BEGINNING: Final[Place] = ("", "", "")


class ComparedShelf(FileShelf):
    """What there is to compare, over the connection of one thread."""

    def prints(self, stream: str) -> list[Sums]:
        """The prints of a stream's rows, as the server sent them, in any order."""
        return self._connection.execute(_PRINTS, (stream,)).fetchall()

    def printed(self, stream: str, prints: Collection[Sums]) -> list[Key]:
        """The rows of a stream that have these prints."""
        wanted = msgspec.json.encode(list(prints)).decode()
        return self._connection.execute(_PRINTED, (stream, wanted)).fetchall()

    def added_up(self, stream: str) -> Sums:
        """The checksum of a stream's base, added up anew."""
        lanes = self._connection.execute(_ADDED_UP, (stream,)).fetchone()
        return (int(lanes[0] or 0) % LANE, int(lanes[1] or 0) % LANE)

    def recompute(self, after: Place | None, rows_max: int) -> Place | None:
        """Print rows anew by their bytes, in order, past a place; where it ended, None at the end.

        A row that nobody can read any more is taken out: screens would stumble over it.
        """
        found = self._connection.execute(_NEXT, (*(after or _BEGINNING), rows_max)).fetchall()
        changed: list[tuple[Any, ...]] = []
        unreadable: list[Place] = []
        for stream, kind, identity, base, *lanes in found:
            if base is None:
                continue
            sums = row_sums(kind, identity, _as_bytes(base))
            if sums != tuple(lanes):
                place = (stream, kind, identity)
                changed += [(*sums, *place)] if _is_readable(kind, base) else []
                unreadable += [] if _is_readable(kind, base) else [place]
        if changed or unreadable:
            self._reprint(changed, unreadable)
        return None if len(found) < rows_max else found[-1][:3]

    def _reprint(self, changed: Iterable[tuple[Any, ...]], unreadable: Iterable[Place]) -> None:
        """Note what rows are now that became otherwise by themselves.

        What they were found by is made anew: an index still holds what they once were, and SQLite
        would find no entry to change when the right row comes.
        """
        execute = self._connection.execute
        for name in INDEXES:
            execute(f"DROP INDEX {name}")
        for place in sorted({*unreadable, *execute(_GARBLED)}):
            on_top = execute(_ON_TOP, place).fetchall()
            execute(_TAKE_OUT, place)
            self._connection.executemany(_PUT_IN, on_top)
        self._connection.executemany(_PRINT, changed)
        for statement in INDEXES.values():
            execute(statement)

    def is_sound(self) -> bool:
        """Whether the file that all of it is in is whole, as far as SQLite sees it quickly."""
        found = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        return bool(found == ("ok",))


def _as_bytes(base: Any) -> bytes:
    return base if isinstance(base, bytes) else str(base).encode("utf-8", "surrogateescape")


def _is_readable(kind: str, base: Any) -> bool:
    """Whether SQLite and the screens can read a row, or know that they need not."""
    try:
        msgspec.json.decode(base)
        if kind in TABLES:
            read_row(kind, base)
    except (msgspec.DecodeError, UnicodeError, TypeError):
        return False
    return True

"""What was begun and is not yet said: unfinished input and where one was, on the disk at once."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from mobile.database import BUSY_TIMEOUT_S, PRIMARY_CODE, PRIVATE, Full, room

FILE: Final = "drafts.db"
BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
KEEP: Final = "INSERT OR REPLACE INTO draft VALUES (?, ?)"
WIPE: Final = ("DELETE FROM draft", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
FORGET: Final = "DELETE FROM draft WHERE key = ? AND ? IS NULL"
TABLE: Final = "CREATE TABLE IF NOT EXISTS draft (key TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID"


class Drafts:
    """A small file of texts by key. What is kept outlives the process, however that ends.

    Not worth a wait for the disk at each letter: a power cut may take the last second of typing,
    never anything that was said. Where the disk is full, what is typed is kept in memory until
    there is room, and `full` hears of it. Raises the other faults of `mobile.database`.
    """

    def __init__(self, folder: Path, full: Callable[[], None] = lambda: None) -> None:
        self._path = folder / FILE
        self._full = full
        self._file: sqlite3.Connection | None = None
        self._unwritten: dict[str, str | None] = {}
        self._write()

    def keep(self, key: str, text: str) -> None:
        """Keep this text under its key, in place of what was there."""
        self._unwritten[key] = text
        self._write()

    def read(self, key: str) -> str | None:
        """What is kept under a key."""
        if key in self._unwritten:
            return self._unwritten[key]
        found = self._found("SELECT text FROM draft WHERE key = ?", key)
        return found[0] if found else None

    def drop(self, key: str) -> None:
        """Forget what is kept under a key."""
        self._unwritten[key] = None
        self._write()

    def keys(self, beginning: str = "") -> tuple[str, ...]:
        """The keys that begin so, in their order."""
        asked = "SELECT key FROM draft WHERE substr(key, 1, length(?1)) = ?1"
        known = {*self._found(asked, beginning)} | {*self._unwritten}
        gone = {key for key, text in self._unwritten.items() if text is None}
        return tuple(sorted(key for key in known - gone if key.startswith(beginning)))

    def clear(self, beginning: str = "", *, but: str = "") -> None:
        """Forget everything whose key begins so, but for one."""
        self._unwritten.update(dict.fromkeys(key for key in self.keys(beginning) if key != but))
        self._write()

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()

    def _found(self, asked: str, value: str) -> list[str]:
        if self._file is None:
            return []
        with room():
            return [str(found) for (found,) in self._file.execute(asked, (value,)).fetchall()]

    def _write(self) -> None:
        """Put on the disk what is not there yet, as soon as it takes it."""
        try:
            with room():
                if self._file is None:
                    self._file = _opened(self._path)
                for each in self._unwritten.items():
                    self._file.execute(KEEP if each[1] is not None else FORGET, each)
        except Full:
            self._full()
            return
        self._unwritten.clear()


def wipe(path: Path) -> None:
    """Leave nothing of what was typed, in a file that somebody may have open and goes on with."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as file:
            for statement in WIPE:
                file.execute(statement)
    except sqlite3.DatabaseError:
        _remove(path)


def _remove(path: Path) -> None:
    for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        each.unlink(missing_ok=True)


def _opened(path: Path) -> sqlite3.Connection:
    """The file, made anew where it is none: what was half typed is not worth a phone that stops."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))
    try:
        return _connected(path)
    except sqlite3.DatabaseError as wrong:
        if getattr(wrong, "sqlite_errorcode", 0) & PRIMARY_CODE not in BROKEN:
            raise
        _remove(path)
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        file.execute(TABLE)
    except BaseException:
        file.close()
        raise
    return file

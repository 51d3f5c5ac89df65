"""What was begun and is not yet said: unfinished input and where one was, on the disk at once."""

import os
import sqlite3
from pathlib import Path
from typing import Final

from mobile.database import BUSY_TIMEOUT_S, PRIMARY_CODE, PRIVATE, room

FILE: Final = "drafts.db"
BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
TABLE: Final = "CREATE TABLE IF NOT EXISTS draft (key TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID"


class Drafts:
    """A small file of texts by key. What is kept outlives the process, however that ends.

    Not worth a wait for the disk at each letter: a power cut may take the last second of typing,
    never anything that was said. Raises the faults of `mobile.database`.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        with room():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))
            self._file = _opened(path)

    def keep(self, key: str, text: str) -> None:
        """Keep this text under its key, in place of what was there."""
        with room():
            self._file.execute("INSERT OR REPLACE INTO draft VALUES (?, ?)", (key, text))

    def read(self, key: str) -> str | None:
        """What is kept under a key."""
        with room():
            found = self._file.execute("SELECT text FROM draft WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def drop(self, key: str) -> None:
        """Forget what is kept under a key."""
        with room():
            self._file.execute("DELETE FROM draft WHERE key = ?", (key,))

    def keys(self, beginning: str = "") -> tuple[str, ...]:
        """The keys that begin so, in their order."""
        with room():
            found = self._file.execute(
                "SELECT key FROM draft WHERE substr(key, 1, ?) = ? ORDER BY key",
                (len(beginning), beginning),
            ).fetchall()
        return tuple(str(key) for (key,) in found)

    def clear(self, beginning: str = "") -> None:
        """Forget everything whose key begins so."""
        with room():
            self._file.execute(
                "DELETE FROM draft WHERE substr(key, 1, ?) = ?", (len(beginning), beginning)
            )

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    """The file, made anew where it is none: what was half typed is not worth a phone that stops."""
    try:
        return _connected(path)
    except sqlite3.DatabaseError as wrong:
        if getattr(wrong, "sqlite_errorcode", 0) & PRIMARY_CODE not in BROKEN:
            raise
        for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            each.unlink(missing_ok=True)
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

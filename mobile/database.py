"""The phone's SQLite file: how it is opened, what is in it, and how it is brought up to date."""

import errno
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from shared.kinds import TABLES
from sync.ports import Identity

BUSY_TIMEOUT_S: Final = 15.0
BUSY_TRIES: Final = int(BUSY_TIMEOUT_S * 1000)  # of a millisecond each
WAL_PAGES: Final = 4_000  # a log that is longer is put into the file by whoever commits next
PRIMARY_CODE: Final = 0xFF
PRIVATE: Final = 0o600

# What cannot be had again: one step a version, never edited, applied whole or not at all.
Connection = sqlite3.Connection
Migrations = tuple[tuple[str, ...], ...]
MIGRATIONS: Final[Migrations] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
        """CREATE TABLE outbox (
            op_id TEXT PRIMARY KEY, lseq INTEGER NOT NULL, incarnation TEXT NOT NULL,
            fingerprint TEXT NOT NULL, body TEXT NOT NULL, kind TEXT NOT NULL,
            noun TEXT NOT NULL, id TEXT NOT NULL, author TEXT NOT NULL,
            recorded INTEGER NOT NULL, on_top INTEGER NOT NULL, refusal TEXT,
            emits TEXT NOT NULL, verdict TEXT, code TEXT, detail TEXT NOT NULL,
            flags TEXT NOT NULL, at TEXT NOT NULL, epoch TEXT, received INTEGER)""",
        "CREATE INDEX outbox_lseq ON outbox (lseq)",
        "CREATE INDEX outbox_waiting ON outbox (lseq) WHERE verdict IS NULL",
        "CREATE INDEX outbox_on_top ON outbox (lseq) WHERE on_top",
        """CREATE TABLE outbox_touch (noun TEXT, id TEXT, op_id TEXT,
            PRIMARY KEY (noun, id, op_id)) WITHOUT ROWID""",
        "CREATE INDEX outbox_touch_op ON outbox_touch (op_id)",
    ),
    (
        """CREATE TABLE notice (id TEXT PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL,
            acknowledged INTEGER NOT NULL)""",
        "CREATE INDEX notice_at ON notice (at)",
        "CREATE INDEX notice_unread ON notice (id) WHERE NOT acknowledged",
        """CREATE TABLE told (noun TEXT, id TEXT, facts TEXT NOT NULL,
            PRIMARY KEY (noun, id)) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE file (sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL,
            rank INTEGER NOT NULL, noun TEXT NOT NULL, id TEXT NOT NULL,
            recorded INTEGER NOT NULL, state TEXT NOT NULL, sent INTEGER NOT NULL, upload TEXT,
            begun INTEGER NOT NULL, mismatches INTEGER NOT NULL, fault TEXT NOT NULL,
            safe_by INTEGER, unsure INTEGER NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX file_waiting ON file (rank, recorded, sha256) WHERE state = 'waiting'",
        "CREATE INDEX file_unsure ON file (sha256) WHERE unsure",
        """CREATE INDEX file_undated ON file (sha256)
            WHERE state = 'safe' AND NOT unsure AND safe_by IS NULL""",
        "CREATE INDEX file_on ON file (noun, id)",
    ),
    (
        """CREATE TABLE receipt (op_id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL,
            kind TEXT NOT NULL, noun TEXT NOT NULL, id TEXT NOT NULL, recorded INTEGER NOT NULL,
            verdict TEXT NOT NULL, code TEXT, received INTEGER NOT NULL, epoch TEXT NOT NULL
            ) WITHOUT ROWID""",
    ),
)

# A copy of the server's: dropped and fetched again whenever its shape has changed. `base` is a
# row as it was sent, `view` the same with own pending work on top (null: nothing on top). `words`
# are what a part is found by; they are kept in their index only.
CACHE: Final[tuple[str, ...]] = (
    """CREATE TABLE row (stream TEXT, tbl TEXT, id TEXT, home_noun TEXT, home_id TEXT,
        version INTEGER, base BLOB, lane1 INTEGER, lane2 INTEGER, view BLOB,
        words TEXT AS (CASE WHEN tbl = 'part' THEN lower(
            json_extract(CAST(coalesce(view, base) AS TEXT), '$.number') || '|' ||
            coalesce(json_extract(CAST(coalesce(view, base) AS TEXT), '$.barcode'), '') || '|' ||
            json_extract(CAST(coalesce(view, base) AS TEXT), '$.en') || '|' ||
            json_extract(CAST(coalesce(view, base) AS TEXT), '$.zh')) END),
        PRIMARY KEY (stream, tbl, id))""",
    "CREATE INDEX row_words ON row (words, id) WHERE tbl = 'part'",
    "CREATE INDEX row_home ON row (home_noun, home_id, tbl)",
    "CREATE INDEX row_id ON row (tbl, id)",
    "CREATE INDEX row_viewed ON row (stream) WHERE view IS NOT NULL",
    # What is swept out is among the few rows that the server has not: no stream is read through.
    "CREATE INDEX row_own ON row (stream) WHERE base IS NULL",
    """CREATE INDEX row_number ON row (json_extract(CAST(coalesce(view, base) AS TEXT), '$.number'))
        WHERE tbl = 'work_order'""",
    """CREATE TABLE staged (stream TEXT, tbl TEXT, id TEXT, home_noun TEXT, home_id TEXT,
        version INTEGER, base BLOB, lane1 INTEGER, lane2 INTEGER,
        PRIMARY KEY (stream, tbl, id))""",
    """CREATE TABLE mark (stream TEXT PRIMARY KEY, cursor INTEGER NOT NULL,
        lane1 INTEGER NOT NULL, lane2 INTEGER NOT NULL, staged INTEGER,
        leaving INTEGER NOT NULL, floor INTEGER NOT NULL) WITHOUT ROWID""",
    # A row may be in two streams while it moves house: what lies on top, else the newest, wins.
    """CREATE VIEW shown AS
        SELECT tbl, id, home_noun, home_id, stream, coalesce(view, base) AS body FROM row AS this
        WHERE home_noun IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM row AS other WHERE other.tbl = this.tbl AND other.id = this.id
            AND other.home_noun IS NOT NULL
            AND (other.view IS NOT NULL, coalesce(other.version, 0), other.stream)
            > (this.view IS NOT NULL, coalesce(this.version, 0), this.stream))""",
    """CREATE VIEW sent AS
        SELECT tbl, id, home_noun, home_id, stream, base AS body FROM row AS this
        WHERE home_noun IS NOT NULL AND base IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM row AS other WHERE other.tbl = this.tbl AND other.id = this.id
            AND other.home_noun IS NOT NULL AND other.base IS NOT NULL
            AND (coalesce(other.version, 0), other.stream)
            > (coalesce(this.version, 0), this.stream))""",
)
# What rows are found by, by name; it can be made anew from the rows.
INDEXES: Final = {
    words[2]: statement
    for statement in CACHE
    for words in (statement.split(),)
    if words[:2] == ["CREATE", "INDEX"]
}
_SHAPE: Final = "shape"  # beside the identity in `meta`: how the cache is kept in this file
_FORGET: Final = (
    "DROP VIEW IF EXISTS shown",
    "DROP VIEW IF EXISTS sent",
    "DROP TABLE IF EXISTS row",
    "DROP TABLE IF EXISTS staged",
    "DROP TABLE IF EXISTS mark",
)


class Full(Exception):
    """There is no room for it on this phone. Nothing of it was written, nothing else is lost."""


class TooNew(Exception):
    """The file was written by a newer app; this one leaves it as it is."""


class Missing(Exception):
    """The file with everything that was recorded here is not where it was."""


class Damaged(Exception):
    """The file is no database, or not a whole one; it is left as it is."""


class Shut(Exception):
    """The folder is none, or may not be read and written. Nothing was changed."""


# How a fault may show that was not there when the file was opened.
UNREADABLE: Final = (sqlite3.DatabaseError, msgspec.DecodeError)
# What SQLite's codes and the system's error numbers mean. A full disk may show as FULL or IOERR.
_SQLITE_MEANS: Final[dict[int, type[Exception]]] = {
    **dict.fromkeys((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR), Full),
    **dict.fromkeys((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB), Damaged),
    **dict.fromkeys((sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM), Shut),
}
_ERRNO_MEANS: Final[dict[int, type[Exception]]] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO), Full),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST), Shut),
    **dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP), Shut),
}


def path_of(folder: Path, person: str) -> Path:
    """Where one person's database is kept on this installation."""
    return folder / f"{person}.db"


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the file, made or brought up to date first, closed at the end.

    Raises `TooNew`, `Full`, `Damaged` and `Shut`, also for what is done within.
    """
    with closing(connect(path)) as connection, room():
        yield connection


def connect(path: Path, migrations: Migrations = MIGRATIONS) -> sqlite3.Connection:
    """A connection for one thread. What it commits survives a power cut.

    Raises `TooNew`, `Full`, `Damaged` and `Shut`.
    """
    with room():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))
        _settle_log(path)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    connection.text_factory = _text
    try:
        with room():
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
            _migrate(connection, migrations)
            _shape(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _settle_log(path: Path) -> None:
    """Have what stands in the log survive a power cut.

    Who wrote it may have been killed right before its sync. It would be read, shown and handed in
    as what was recorded, and might yet be lost.
    """
    with suppress(FileNotFoundError):
        log = os.open(path.with_name(f"{path.name}-wal"), os.O_RDONLY)
        try:
            os.fsync(log)
        finally:
            os.close(log)


def checkpoint(connection: sqlite3.Connection) -> None:
    """Put what is in the log into the file, as far as nobody needs it; blocks nobody."""
    with room():
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _text(data: bytes) -> str:
    """A text as it is kept; bytes that are none survive as half characters."""
    return data.decode("utf-8", "surrogateescape")


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: all of it on the disk at the end, nothing of it when it raises.

    Raises `Full`.
    """
    with room():
        _begin(connection)
        try:
            yield
        except BaseException:
            _undo(connection)
            raise
        try:
            connection.execute("COMMIT")
        except BaseException:
            _undo(connection)
            _write_over(connection)
            raise


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _write_over(connection: sqlite3.Connection) -> None:
    """See that what was not committed stays so.

    It may stand in the log to its end, and only the sync have failed: whoever opens the file after
    a crash would take it for committed, and a person who was told no has said it anew by then. So
    something without meaning is written to the same place; that needs no room.
    """
    with suppress(sqlite3.Error):
        connection.execute(f"PRAGMA user_version = {_version(connection)}")


def _begin(connection: sqlite3.Connection) -> None:
    """Begin to write as soon as nobody else does.

    SQLite by itself looks ever more seldom, and whoever writes again and again goes first each
    time: beside a sync a tap would wait for many of its pages instead of for one.
    """
    connection.execute("PRAGMA busy_timeout = 1")
    try:
        for left in reversed(range(BUSY_TRIES)):
            try:
                connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or not left:
                    raise
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TRIES}")


@contextmanager
def room() -> Iterator[None]:
    """What the disk cannot do is `Full`, `Shut` or `Damaged`, whoever says so."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        meaning = _SQLITE_MEANS.get(getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE)
        if meaning is None:
            raise
        raise meaning(str(error)) from error
    except OSError as error:
        meaning = _ERRNO_MEANS.get(error.errno or 0)
        if meaning is None:
            raise
        raise meaning(str(error)) from error


def meaning(wrong: Exception) -> Exception | None:
    """What one of `UNREADABLE` means that was met in an open file, if that is known."""
    if isinstance(wrong, msgspec.DecodeError):
        return Damaged(str(wrong))
    try:
        with room():
            raise wrong
    except (Damaged, Full, Shut) as found:
        return found
    except UNREADABLE:
        return None


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """One snapshot of everything, for as long as the block lasts."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def identity(connection: sqlite3.Connection) -> Identity | None:
    """Who this installation is and where it stands, or None before anybody is enrolled."""
    kept = dict(connection.execute("SELECT key, value FROM meta WHERE key <> ?", (_SHAPE,)))
    if not kept:
        return None
    fields = {key: msgspec.Raw(value) for key, value in kept.items()}
    return msgspec.json.decode(msgspec.json.encode(fields), type=Identity)


def identify(connection: sqlite3.Connection, known: Identity) -> None:
    """Keep who this installation is and where it stands; only what changed is written."""
    connection.executemany(
        """INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE
        SET value = excluded.value WHERE value <> excluded.value""",
        [(name, msgspec.json.encode(getattr(known, name))) for name in known.__struct_fields__],
    )


def _migrate(connection: sqlite3.Connection, migrations: Migrations) -> None:
    wanted = len(migrations)
    if _version(connection) == wanted:
        return
    with writing(connection):
        known = _version(connection)
        if known > wanted:
            raise TooNew(f"this file is of version {known}, the app knows {wanted}")
        for step in migrations[known:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {wanted}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _shape(connection: sqlite3.Connection) -> None:
    """Make the cache anew where this app keeps it differently, or knows other tables."""
    wanted = hashlib.sha256("\n".join((*CACHE, *sorted(TABLES))).encode()).digest()
    if _kept_shape(connection) == wanted:
        return
    with writing(connection):
        if _kept_shape(connection) == wanted:
            return
        for statement in (*_FORGET, *CACHE):
            connection.execute(statement)
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_SHAPE, wanted))


def _kept_shape(connection: sqlite3.Connection) -> bytes | None:
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (_SHAPE,)).fetchone()
    return None if found is None else bytes(found[0])

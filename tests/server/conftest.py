"""Both databases, each migrated and empty; migrated once, then copied."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, Engine, make_url

from server.database import open_engine
from server.migrations import upgrade

TEMPLATE = "fieldfare_migrated"

_numbers = itertools.count(1)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of either kind, with all its tables."""
    url: str = request.getfixturevalue(f"{request.param}_copy")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty database of either kind, with all its tables."""
    engine = open_engine(database_url, patience_ms=300)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def memory() -> Iterator[Engine]:
    """A database in memory with all its tables, for tests that undo what they do."""
    engine = open_engine("sqlite://")
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file."""
    path = tmp_path_factory.mktemp("template") / "fieldfare.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_copy(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a copy of the migrated file."""
    path = shutil.copy(sqlite_template, tmp_path / "fieldfare.db")
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The URL of a migrated database."""
    admin = make_url(postgres_url)
    with connect(postgres_url) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(TEMPLATE)))
    url = admin.set(database=TEMPLATE).render_as_string(hide_password=False)
    migrate(url)
    return url


@pytest.fixture
def postgres_copy(postgres_template: str) -> Iterator[str]:
    """The URL of a copy of the migrated database, dropped after the test."""
    name = f"fieldfare_copy_{next(_numbers)}"
    names = (Identifier(name), Identifier(TEMPLATE))
    with connect(make_url(postgres_template).set(database="postgres")) as connection:
        connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        yield make_url(postgres_template).set(database=name).render_as_string(hide_password=False)
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def connect(url: str | URL) -> psycopg.Connection:
    """A connection to the server itself."""
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


def migrate(url: str) -> None:
    """Make all tables, and leave nobody connected."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()

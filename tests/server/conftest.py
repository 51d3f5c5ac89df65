"""Both databases, each migrated and empty; migrated once, then copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from server.database import open_engine
from server.migrations import upgrade
from tests.bases import Postgres, migrate


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


@pytest.fixture
def postgres_copy(postgres_server: Postgres) -> Iterator[str]:
    """The URL of a migrated database, dropped after the test."""
    with postgres_server.lent(postgres_server.migrated) as url:
        yield url

"""Both databases, each migrated and empty; migrated once, then copied."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from server.database import open_engine
from server.migrations import upgrade
from tests.bases import Postgres, of_today


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


@pytest.fixture
def sqlite_copy(tmp_path: Path) -> str:
    """The URL of a file with all tables."""
    path = tmp_path / "fieldfare.db"
    path.write_bytes(of_today())
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_copy(postgres_server: Postgres) -> Iterator[str]:
    """The URL of a migrated database, dropped after the test."""
    with postgres_server.lent(postgres_server.migrated) as url:
        yield url

"""Servers and phones of every make."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bases import of_today
from tests.contracts.servers import BookServer, PhoneShelf
from tests.world import MemoryServer, Server


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[BookServer]:
    file = tmp_path / "books.db"
    file.write_bytes(of_today())
    server = BookServer(f"sqlite:///{file}")
    yield server
    server.close()


@pytest.fixture
def postgres(fresh_postgres: str) -> Iterator[BookServer]:
    server = BookServer(fresh_postgres)
    yield server
    server.close()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = (
        MemoryServer() if request.param == "memory" else request.getfixturevalue(request.param)
    )
    return found


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[PhoneShelf]:
    shelf = PhoneShelf(tmp_path)
    yield shelf
    shelf.close()

"""A running company for every test of the server's rim."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps import gather
from tests.server.rim.company import Company


@pytest.fixture(autouse=True)
def _gathered() -> Iterator[None]:
    """What a test has left is for the next one."""
    yield
    gather()


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server with one person per role."""
    made = Company(tmp_path / "data")
    with made.client:
        yield made


@pytest.fixture(scope="module")
def shared_company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The same for all tests of a file that ask only for it: leave it as you would find it."""
    made = Company(tmp_path_factory.mktemp("shared") / "data")
    with made.client:
        yield made

"""A running company for every test of the server's rim."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.rim.company import Company


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server with one person per role."""
    made = Company(tmp_path / "data")
    with made.client:
        yield made

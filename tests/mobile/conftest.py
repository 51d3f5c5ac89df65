"""What the tests of the phone may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mobile.phones import Phone
from tests.world import World


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    """Ann's phone with one job assigned to her."""
    found = Phone(tmp_path, World())
    yield found
    found.connection.close()

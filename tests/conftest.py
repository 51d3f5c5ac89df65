"""What every test may ask for: a repeatable Hypothesis, and a PostgreSQL of its own.

`--postgres 16` is which one, and `--database postgres` gives it to all who do not say which
database they want. `--kill-rounds` is how often servers and phones are killed at random.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import bases
from tests.bases import CHOICE, VERSIONS, Postgres

settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# Files with few tests that take long come first, so that at the end no process waits for another.
FIRST = (
    "story",
    "benchmarks",
    "simulation",
    "e2e",
    "disk",
    "test_line.py",
    "papers",
    "app",
    "console",
)
ELSEWHERE = frozenset({"sqlite", "memory"})  # what a test is called that says so itself


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", type=int, choices=VERSIONS, default=VERSIONS[0])
    parser.addoption("--kill-rounds", type=int, default=40)
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_turn)
    for item in items:
        if _needs_postgres(item):
            item.add_marker("postgres")
    if config.getoption("--database") == "postgres":
        config.hook.pytest_deselected(items=[item for item in items if _is_elsewhere(item)])
        items[:] = [item for item in items if not _is_elsewhere(item)]


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: nobody has to look through it for garbage again."""
    gc.collect()
    gc.freeze()


def _needs_postgres(item: pytest.Item) -> bool:
    """Whether it has such a database itself, or is the turn of one of several that has."""
    turn = getattr(item, "callspec", None)
    return "postgres_url" in getattr(item, "fixturenames", ()) or (
        turn is not None and not {"postgres", "postgresql"}.isdisjoint(turn.id.split("-"))
    )


def _turn(item: pytest.Item) -> int:
    room = item.path.relative_to(Path(__file__).parent).parts[0]
    return FIRST.index(room) if room in FIRST else len(FIRST)


def _is_elsewhere(item: pytest.Item) -> bool:
    if item.get_closest_marker("sqlite"):
        return True
    given = getattr(item, "callspec", None)
    return given is not None and any(
        one in ELSEWHERE for one in given.params.values() if isinstance(one, str)
    )


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The maintenance database of a server that lives as long as this test process."""
    with bases.served(request.config.getoption("--postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server(postgres_url: str) -> Postgres:
    """That server, which makes databases and copies of them."""
    return Postgres(postgres_url)


@pytest.fixture
def fresh_postgres(postgres_server: Postgres) -> Iterator[str]:
    """The SQLAlchemy URL of a new, empty database, dropped after the test."""
    with postgres_server.lent() as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _chosen(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--database") == "postgres":
        CHOICE.choose(request.getfixturevalue("postgres_server"))


@pytest.fixture(autouse=True)
def _cleared() -> Iterator[None]:
    """What a test was given is dropped; what a whole file or run was given stays."""
    count = len(CHOICE.made)
    yield
    CHOICE.drop_since(count)

"""The tests' own PostgreSQL: empty, private, and gone afterwards."""

import pytest
from sqlalchemy import create_engine, text


@pytest.mark.parametrize("_again", [1, 2])
def test_a_fresh_database_is_empty_and_private(fresh_postgres: str, _again: int) -> None:
    engine = create_engine(fresh_postgres)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ticket (id text PRIMARY KEY)"))
        connection.execute(text("INSERT INTO ticket VALUES ('T-26-000001')"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM ticket")) == 1
    engine.dispose()


def test_the_server_is_of_the_release_that_was_asked_for(
    fresh_postgres: str, pytestconfig: pytest.Config
) -> None:
    engine = create_engine(fresh_postgres)
    with engine.connect() as connection:
        told = str(connection.scalar(text("SHOW server_version")))
    engine.dispose()
    assert int(told.split(".")[0]) == pytestconfig.getoption("--postgres")


def test_a_test_with_a_database_carries_its_marker(
    fresh_postgres: str, request: pytest.FixtureRequest
) -> None:
    assert fresh_postgres.startswith("postgresql+psycopg://")
    assert request.node.get_closest_marker("postgres") is not None

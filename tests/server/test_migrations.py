"""The migrations lead to exactly the tables that the code knows."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from server import rows
from server.database import open_engine, reading, writing
from server.migrations import config, upgrade
from server.tables import METADATA
from shared.kinds import TABLES
from shared.records import Record
from tests.server.samples import full

LINE = [*(f"{number:04}" for number in range(1, 16)), "0018", "0019", "0020", "0021"]
LINE += ["0022", "0023", "0024", "0025", "0026"]
NEW = {
    *("planned_part", "ordered_part", "asset_history"),
    *("photo", "sign_off", "signed_document"),
    *("price_list", "organisation", "contract", "coverage_decision", "charge", "quote"),
    *("payment", "invoice_request", "taken_item", "ink_claim", "alias"),
    *("tag_set", "enquiry", "message"),
    *("service_policy", "policy_choice", "working_calendar"),
}


def test_a_migrated_database_has_the_tables_that_the_code_knows(engine: Engine) -> None:
    with writing(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    with writing(engine) as connection:
        assert MigrationContext.configure(connection).get_current_heads() == (LINE[-1],)


def test_the_migrations_are_one_line_without_branches() -> None:
    scripts = ScriptDirectory.from_config(config())
    assert [one.revision for one in reversed(list(scripts.walk_revisions()))] == LINE


def test_foreign_keys_are_checked_after_a_migration(engine: Engine) -> None:
    upgrade(engine)
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def first_release(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database as the first release made it."""
    url = (
        f"sqlite:///{tmp_path / 'first.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("fresh_postgres")
    )
    engine = open_engine(url)
    with engine.connect() as connection, connection.begin():
        command.upgrade(config(connection), LINE[0])
    yield engine
    engine.dispose()


def test_a_phone_that_was_in_use_before_need_not_wait_to_be_let_in(first_release: Engine) -> None:
    person, there = full("person"), columns(first_release, "person")
    told = msgspec.to_builtins(person)
    row = {name: told.get(name, getattr(person, name)) for name in there}
    with writing(first_release) as connection:
        connection.execute(METADATA.tables["person"].insert().values(row))
        connection.execute(
            text(
                "INSERT INTO device (id, person_id, name, public_key, app, created_at, clock_ms) "
                "VALUES ('d', :person, 'Phone', 'key', 'test/1', 5, 0)"
            ),
            {"person": row["id"]},
        )
    upgrade(first_release)
    with reading(first_release) as connection:
        found = connection.exec_driver_sql("SELECT confirmed_at, address FROM device").one()
    assert tuple(found) == (5, "")


def test_what_the_first_release_kept_is_there_after_every_migration(first_release: Engine) -> None:
    """C24."""
    there = {
        name: columns(first_release, name) for name in inspect(first_release).get_table_names()
    }
    written = {name: full(name) for name in TABLES if name in there}
    with writing(first_release) as connection:
        for name, record in written.items():
            told = msgspec.to_builtins(record)
            kept = {column: told.get(column, getattr(record, column)) for column in there[name]}
            connection.execute(METADATA.tables[name].insert().values(kept))
    upgrade(first_release)
    with reading(first_release) as connection:
        found = {name: rows.fetch(connection, name, "id", {full(name).id}) for name in TABLES}
    expected = {name: [as_it_was(record, there[name])] for name, record in written.items()}
    assert found == {**{name: [] for name in TABLES}, **expected}
    assert len(TABLES) - len(written) == len(NEW)
    assert NEW.isdisjoint(written)


def columns(engine: Engine, name: str) -> set[str]:
    return {str(column["name"]) for column in inspect(engine).get_columns(name)}


def as_it_was(record: Record, known: set[str]) -> Record:
    """A record with nothing in the fields that came later."""
    later = [one for one in msgspec.structs.fields(record) if one.name not in known]
    return msgspec.structs.replace(record, **{one.name: one.default for one in later})

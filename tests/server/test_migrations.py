"""The migrations lead to exactly the tables that the code knows."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from server.database import writing
from server.migrations import config, upgrade
from server.tables import METADATA

LINE = ["0001", "0002", "0003", "0004", "0005"]


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

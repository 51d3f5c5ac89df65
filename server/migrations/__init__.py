"""Migrations: the way of a database from any released version to this one, forward only."""

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from server.database import first_connection, is_sqlite

FOLDER: Final = Path(__file__).resolve().parent


def upgrade(engine: Engine) -> None:
    """Bring a database to this version; does nothing where it is there already.

    SQLite checks no foreign keys while its tables are being rebuilt. Of several processes that
    start at once on PostgreSQL, one migrates and the others wait.
    """
    with first_connection(engine) as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest():
            return
        connection.rollback()
        _open(connection)
        try:
            with connection.begin():
                command.upgrade(config(connection), "head")
        finally:
            _close(connection)


@cache
def newest() -> str | None:
    """The migration that this version of the server is at."""
    return ScriptDirectory.from_config(config()).get_current_head()


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings, without a file: where the migrations are, and on which connection."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def _open(connection: Connection) -> None:
    """What has to be said outside of a transaction."""
    if is_sqlite(connection):
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]


def _close(connection: Connection) -> None:
    if is_sqlite(connection):
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[union-attr]

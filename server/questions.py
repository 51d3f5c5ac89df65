"""Questions that are asked again and again, by the driver itself.

What SQLAlchemy does around a statement costs several times as much as a small question does, and
on PostgreSQL the more, the more columns there are. Values come as the driver has them: what is
JSON goes through `from_json`, and what is true or false through `bool`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select
from sqlalchemy.exc import DBAPIError

Told = tuple[str, tuple[str, ...], dict[str, Any]]  # the text, its places, and what never varies


class Question:
    """A statement whose text is put together once for each kind of database."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._told: dict[str, Told] = {}

    def ask(self, connection: Connection, **values: Any) -> Sequence[tuple[Any, ...]]:
        """The rows that are found."""
        text, places, fixed = self._told.get(connection.dialect.name) or self._tell(connection)
        given = fixed | values
        arguments = tuple([given[place] for place in places])
        _announce(connection, text, arguments)
        driver: Any = connection.connection.driver_connection
        errors = connection.dialect.loaded_dbapi.Error
        try:
            if connection.dialect.name == "sqlite":
                found = driver.execute(text, arguments)
            else:
                found = driver.execute(text, arguments, binary=True)
            rows: list[tuple[Any, ...]] = found.fetchall()
        except errors as error:
            raise DBAPIError.instance(
                text, arguments, error, errors, hide_parameters=True, dialect=connection.dialect
            ) from error
        return rows

    def _tell(self, connection: Connection) -> Told:
        made = self._statement.compile(dialect=connection.dialect)
        fixed = {name: value for name, value in made.params.items() if value is not None}
        told = (str(made), tuple(made.positiontup or ()), fixed)
        self._told[connection.dialect.name] = told
        return told


def _announce(connection: Connection, text: str, arguments: tuple[Any, ...]) -> None:
    """Whoever listens to what is said to the database hears this, too."""
    is_many = False
    for listen in connection.dispatch.before_cursor_execute:
        listen(connection, None, text, arguments, None, is_many)


def from_json(connection: Connection, value: Any) -> Any:
    """What a JSON column holds: SQLite has it as text, but for a number, which it keeps as one."""
    if connection.dialect.name != "sqlite" or not isinstance(value, str | bytes):
        return value
    return msgspec.json.decode(value)

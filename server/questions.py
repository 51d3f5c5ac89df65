"""Statements that are said again and again, by the driver itself.

What SQLAlchemy does around a statement costs several times as much as a small question does, and
on PostgreSQL the more, the more columns there are. Values come as the driver has them: what is
JSON goes through `from_json`, and what is true or false through `bool`.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final

import msgspec
from psycopg import RawCursor
from psycopg.pq import Format
from sqlalchemy import Connection, Executable
from sqlalchemy.exc import DBAPIError

from server.columns import packed_list

CURSOR: Final = "fieldfare_cursor"  # what is known of a connection of PostgreSQL
TEXTS_MAX: Final = 512
KEPT_ROWS_MAX: Final = 200
OUTDATED: Final = "0A000"  # what was prepared for a table that is another one since
MARK: Final = re.compile("%[s%]")  # a place, or a sign that would begin one

Told = tuple[str, tuple[str, ...], dict[str, Any]]  # the text, its places, and what never varies


class Question:
    """A statement whose text is put together once for each kind of database, without `IN`.

    `columns` are those that one that writes is given values for, by their names.
    """

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        self._statement: Any = statement
        self._columns = columns
        self._told: dict[str, Told] = {}

    def ask(self, connection: Connection, **values: Any) -> Sequence[tuple[Any, ...]]:
        """The rows that are found."""
        return found(connection, *self._given(connection, values), lasts=True)

    def tell(self, connection: Connection, **values: Any) -> None:
        """Have done what finds nothing."""
        said(connection, *self._given(connection, values), lasts=True)

    def _given(self, connection: Connection, values: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
        text, places, fixed = self._told.get(connection.dialect.name) or self._compiled(connection)
        given = fixed | values
        return text, tuple([given[place] for place in places])

    def _compiled(self, connection: Connection) -> Told:
        made = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)
        fixed = {name: value for name, value in made.params.items() if value is not None}
        told = (str(made), tuple(made.positiontup or ()), fixed)
        self._told[connection.dialect.name] = told
        return told


def said(
    connection: Connection, text: str, given: Any, *, many: bool = False, lasts: bool = False
) -> None:
    """Say a statement by the driver; with `many`, once for each of some rows.

    One that `lasts` is prepared at once, as its text is said again and again; another one when it
    was said a few times. It fails as SQLAlchemy does.
    """
    _run(connection, text, given, many=many, lasts=lasts)


def found(
    connection: Connection, text: str, given: Any, *, lasts: bool = False
) -> list[tuple[Any, ...]]:
    """The rows that a statement finds. Of PostgreSQL values come as bytes, not as text."""
    rows: list[tuple[Any, ...]] = _run(connection, text, given, lasts=lasts).fetchall()
    if len(rows) > KEPT_ROWS_MAX:
        connection.info.pop(CURSOR, None)  # it would hold on to them until it is asked again
    return rows


def _run(
    connection: Connection, text: str, given: Any, *, many: bool = False, lasts: bool = False
) -> Any:
    for listen in connection.dispatch.before_cursor_execute:  # whoever listens hears this, too
        listen(connection, None, text, given, None, many)
    driver: Any = connection.connection.driver_connection
    errors = connection.dialect.loaded_dbapi.Error
    try:
        if many:
            return driver.cursor().executemany(text, given)
        if connection.dialect.name == "sqlite":
            return driver.execute(text, given)
        arguments = [packed_list(one) if type(one) is list else one for one in given]
        prepare = True if lasts else None
        return _cursor(connection, driver).execute(_in_dollars(text), arguments, prepare=prepare)
    except errors as error:
        if getattr(error, "sqlstate", None) == OUTDATED:
            connection.invalidate(error)
        raise DBAPIError.instance(
            text, given, error, errors, hide_parameters=True, dialect=connection.dialect
        ) from error


def _cursor(connection: Connection, driver: Any) -> RawCursor[Any]:
    """The cursor that all is said by on a connection: to make one takes as long as to use it."""
    kept: RawCursor[Any] | None = connection.info.get(CURSOR)
    if kept is None:
        kept = connection.info[CURSOR] = RawCursor(driver)
        kept.format = Format.BINARY
    return kept


@lru_cache(TEXTS_MAX)
def _in_dollars(text: str) -> bytes:
    """A text with its places as PostgreSQL has them, which the driver would find anew each time."""
    numbers = count(1)
    return MARK.sub(lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", text).encode()


def from_json(connection: Connection, value: Any) -> Any:
    """What a JSON column holds: SQLite has it as text, but for a number, which it keeps as one."""
    if connection.dialect.name != "sqlite" or not isinstance(value, str | bytes):
        return value
    return msgspec.json.decode(value)


def dumped(value: Any) -> str:
    """A value as the text of a JSON column."""
    return msgspec.json.encode(value).decode()

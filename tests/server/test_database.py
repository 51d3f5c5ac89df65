"""Transactions end in one place, readers see one moment, and failures say who must act."""

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from server import rows
from server.database import Busy, open_engine, reading, savepoint, writing
from server.rows import keep_setting, setting
from sync.ports import Unwritable


def fail(engine: Engine) -> None:
    """Write something, then break down."""
    with writing(engine) as connection:
        keep_setting(connection, "name", 1)
        raise RuntimeError


def test_what_raises_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(RuntimeError):
        fail(engine)
    with reading(engine) as connection:
        assert setting(connection, "name") is None


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    with reading(engine) as reader:
        assert setting(reader, "name") is None
        with writing(engine) as connection:
            keep_setting(connection, "name", {"told": ["ü"]})
        assert setting(reader, "name") is None
    with reading(engine) as reader:
        assert setting(reader, "name") == {"told": ["ü"]}


def test_a_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises((DBAPIError, Busy)), reading(engine) as connection:
        keep_setting(connection, "name", 1)
    with writing(engine) as connection:
        keep_setting(connection, "name", 2)


def test_whoever_waits_too_long_is_told_to_come_again(engine: Engine) -> None:
    with writing(engine) as first:
        keep_setting(first, "name", 1)
        with pytest.raises(Busy), writing(engine) as second:
            keep_setting(second, "name", 2)
    with reading(engine) as connection:
        assert setting(connection, "name") == 1


def test_too_many_at_once_are_told_to_come_again(database_url: str) -> None:
    engine = open_engine(database_url, connections=1, patience_ms=20)
    with reading(engine) as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(Busy), reading(engine):
            pass
    engine.dispose()


def test_a_mistake_in_a_statement_is_not_taken_for_patience(engine: Engine) -> None:
    with pytest.raises(DBAPIError), writing(engine) as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))


def insert_twice(connection: Connection, name: str) -> None:
    """Break a constraint, in a part of its own."""
    with savepoint(connection):
        keep_setting(connection, "inside", 1)
        for _ in range(2):
            rows.add(connection, "setting", (), [(name, '"told in confidence"')])


def test_a_refused_part_is_undone_and_the_rest_goes_on(engine: Engine) -> None:
    with writing(engine) as connection:
        keep_setting(connection, "before", 1)
        with pytest.raises(Unwritable):
            insert_twice(connection, "twice")
        keep_setting(connection, "after", 1)
    with reading(engine) as connection:
        names = ("before", "inside", "twice", "after")
        assert [setting(connection, name) for name in names] == [1, None, None, 1]


def test_a_refusal_does_not_tell_what_was_refused(engine: Engine) -> None:
    with writing(engine) as connection, pytest.raises(Unwritable) as refused:
        insert_twice(connection, "a name")
    assert "confidence" not in str(refused.value)
    assert "a name" not in str(refused.value)


def insert(connection: Connection, table: str, row: rows.Values) -> None:
    """Write a row, in a part of its own."""
    with savepoint(connection):
        rows.add(connection, table, (), [row])


def test_a_number_that_no_column_can_hold_is_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        with pytest.raises(Unwritable):
            insert(connection, "counter", ("n", 2**70))
        insert(connection, "counter", ("n", 2**53))

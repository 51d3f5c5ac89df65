"""Transactions end in one place, readers see one moment, and failures say who must act."""

import pytest
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from server import database, rows, statements
from server.database import Busy, asking, beside, open_engine, reading, savepoint, writing
from server.questions import found, said
from server.rows import keep_setting, setting
from sync.ports import Unwritable
from tests.bases import connect


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


@pytest.mark.postgres
def test_what_a_push_names_is_not_looked_for_in_all_there_is(postgres_copy: str) -> None:
    """Also while nobody has counted yet how much that is."""
    engine = open_engine(postgres_copy)
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO op (op_id, fingerprint, verdict, detail, flags, at, received, done_at, "
            "uncertain, n, epoch, body) SELECT 'op-' || n, 'print', 'applied', CAST('{}' AS json), "
            "CAST('[]' AS json), CAST('{}' AS json), n, n, false, 1, 'e', "
            "CAST(repeat('x', 200) AS bytea) "  # less than an act has
            "FROM generate_series(1, 20000) AS n"
        )
        wanted = rows.listed(connection, [f"op-{number}" for number in range(200)])
        known = select(*statements.COLUMNS).where(
            rows.among(statements.OP.c.op_id, "op_ids", "postgresql")
        )
        asked = known.compile(dialect=engine.dialect)
        told = connection.exec_driver_sql(f"EXPLAIN {asked}", (wanted,)).scalars().all()
    engine.dispose()
    assert not any("Seq Scan" in line for line in told), told


@pytest.mark.postgres
def test_a_connection_that_died_while_nobody_used_it_is_noticed(
    postgres_copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "FRESH_S", 0.0)
    engine = open_engine(postgres_copy)
    kill(engine, postgres_copy)
    with writing(engine) as connection:
        keep_setting(connection, "name", 1)
    engine.dispose()


@pytest.mark.postgres
def test_a_connection_for_questions_that_died_this_moment_is_busy_once_and_then_made_anew(
    postgres_copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "FRESH_S", 60.0)
    engine = open_engine(postgres_copy, connections=1, alone=True)
    with asking(engine) as books:
        ((pid,),) = found(books, "SELECT pg_backend_pid()", ())
    other = open_engine(postgres_copy)
    with other.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    other.dispose()
    with pytest.raises(Busy), asking(engine) as books:
        said(books, "SELECT 1", ())
    with asking(engine) as books:
        assert found(books, "SELECT 1", ()) == [(1,)]
    engine.dispose()


@pytest.mark.postgres
def test_what_was_prepared_for_a_table_that_was_changed_since_fails_once(
    postgres_copy: str,
) -> None:
    engine, other = (
        open_engine(postgres_copy, connections=1, alone=True),
        open_engine(postgres_copy),
    )
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE changed AS SELECT 'a'::varchar AS word"))
    asked = "SELECT word FROM changed WHERE word = %s::VARCHAR"
    for _ in range(8):  # the driver prepares what it is asked often
        with asking(engine) as books:
            assert found(books, asked, ("a",)) == [("a",)]
    with other.begin() as connection:
        connection.execute(text('ALTER TABLE changed ALTER word TYPE VARCHAR COLLATE "C"'))
        connection.execute(text("ALTER TABLE changed ALTER word TYPE TEXT"))
    other.dispose()
    with pytest.raises(DBAPIError), asking(engine) as books:
        found(books, asked, ("a",))
    with asking(engine) as books:
        assert found(books, asked, ("a",)) == [("a",)]
    engine.dispose()


@pytest.mark.postgres
def test_connections_that_died_this_moment_are_busy_once_and_then_made_anew(
    postgres_copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "FRESH_S", 60.0)
    engine = open_engine(postgres_copy)
    kill(engine, postgres_copy)
    with pytest.raises(Busy), writing(engine) as connection:
        keep_setting(connection, "name", 1)
    with writing(engine) as one, reading(engine) as other:
        keep_setting(one, "name", 2)
        assert setting(other, "name") is None
    engine.dispose()


def kill(engine: Engine, url: str) -> None:
    """Two connections that are at rest come to their end at the server."""
    with reading(engine) as one, reading(engine) as other:
        pids = [books.scalar(text("SELECT pg_backend_pid()")) for books in (one, other)]
    with connect(url) as admin:
        for pid in pids:  # the second argument waits for its end, in ms
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_what_a_file_commits_survives_a_power_cut(sqlite_copy: str) -> None:
    engine = open_engine(sqlite_copy)
    with writing(engine) as books:
        assert books.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
        assert books.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    engine.dispose()


def test_who_asks_and_who_writes_have_connections_of_their_own(sqlite_copy: str) -> None:
    engine = open_engine(sqlite_copy)
    asking = beside(engine)
    assert isinstance(asking.pool, QueuePool)
    with writing(engine) as connection:
        keep_setting(connection, "name", 1)
    with reading(asking) as reader, writing(engine) as connection:
        assert setting(reader, "name") == 1
        keep_setting(connection, "name", 2)
    with pytest.raises(Busy), reading(asking) as reader:
        keep_setting(reader, "name", 3)
    assert asking.pool.checkedin() == 1
    engine.dispose()
    assert isinstance(asking.pool, QueuePool)  # another one
    assert asking.pool.checkedin() == 0


def test_a_connection_that_asked_may_write_and_then_ask(sqlite_copy: str) -> None:
    engine = open_engine(sqlite_copy, connections=1)
    for value in range(3):
        with writing(engine) as connection:
            keep_setting(connection, "name", value)
        with pytest.raises(Busy), reading(engine) as reader:
            keep_setting(reader, "name", -1)
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

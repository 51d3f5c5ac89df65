"""How the phone's file is opened, guarded and brought up to date."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from mobile import database
from mobile.replica import Replica
from sync.ports import Identity, Notice, Outboxed, StreamMark

IDENTITY = Identity(device="d", person="p", incarnation="i")


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with database.opened(path) as connection, database.writing(connection):
        connection.execute("INSERT INTO meta VALUES ('k', 'v')")
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("one.db", "one.db-wal", "one.db-shm"), 0o600)


def test_what_it_commits_survives_a_power_cut(tmp_path: Path) -> None:
    """C18."""
    with database.opened(tmp_path / "one.db") as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_of_a_newer_app_is_left_alone(tmp_path: Path) -> None:
    """C23."""
    path = tmp_path / "one.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(database.TooNew):
        database.connect(path)
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_a_failed_migration_keeps_the_old_file(tmp_path: Path) -> None:
    """C23."""
    path = tmp_path / "one.db"
    with database.opened(path) as connection, Replica(connection).transaction():
        Replica(connection).identify(IDENTITY)
    failing = (*database.MIGRATIONS, ("ALTER TABLE outbox ADD COLUMN extra", "NOT SQL"))
    with pytest.raises(sqlite3.OperationalError):
        database.connect(path, failing)
    with database.opened(path) as connection:
        columns = [column[1] for column in connection.execute("PRAGMA table_info(outbox)")]
        assert "extra" not in columns
        assert Replica(connection).identity() == IDENTITY


def test_the_cache_is_made_anew_when_its_shape_changed_and_the_rest_stays(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with database.opened(path) as connection:
        replica = Replica(connection)
        with replica.transaction():
            replica.identify(IDENTITY)
            replica.mark(StreamMark(stream="catalog", cursor=3, sums=(0, 0)))
            connection.execute("UPDATE meta SET value = x'00' WHERE key = 'shape'")
    with database.opened(path) as connection:
        assert Replica(connection).marks() == {}
        assert Replica(connection).identity() == IDENTITY


def test_a_file_of_the_first_version_is_brought_up_to_date_with_all_that_is_in_it(
    tmp_path: Path,
) -> None:
    """C24."""
    path = tmp_path / "one.db"
    entry = Outboxed(
        lseq=1,
        op_id="o",
        fingerprint="f",
        body="{}",
        kind="note.add",
        on=("work_order", "w"),
        by="p",
        recorded=5,
        incarnation="i",
    )
    with closing(database.connect(path, database.MIGRATIONS[:1])) as connection:
        replica = Replica(connection)
        with replica.transaction():
            replica.identify(IDENTITY)
            replica.append(entry)
            connection.execute("UPDATE meta SET value = x'00' WHERE key = 'shape'")
    notice = Notice(id="n", kind="stock_came", at=7)
    with database.opened(path) as connection:
        replica = Replica(connection)
        assert (replica.identity(), replica.all_ops()) == (IDENTITY, [entry])
        with replica.transaction():
            replica.notify([notice])
        assert replica.noticed(["n"]) == {"n": notice}
        version = connection.execute("PRAGMA user_version").fetchone()
        assert version == (len(database.MIGRATIONS),)

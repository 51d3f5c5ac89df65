"""Copies of the books: every row of either database comes back into either, as it was."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from server import copies, rows
from server.database import Busy, open_engine, reading, writing
from server.migrations import upgrade
from server.tables import METADATA
from shared.kinds import TABLES
from tests.server.samples import RECEIVED, begin, entry, full, put


def everything(engine: Engine) -> dict[str, list[str]]:
    with reading(engine) as books:
        return {
            name: sorted(repr(tuple(row)) for row in books.execute(select(*table.c)))
            for name, table in METADATA.tables.items()
        }


@pytest.fixture
def full_engine(engine: Engine) -> Engine:
    """Books with a row of every kind, verdicts and files."""
    begin(engine)
    put(engine, entries=[entry("one"), entry("two", detail={"a": [1, None]})])
    with writing(engine) as books:
        rows.save(books, map(full, TABLES))
        rows.keep_setting(books, "any", {"a": [1, None, "冷"]})
        rows.add(books, "evidence_file", (), [("a" * 64, 5, RECEIVED, ""), ("b" * 64, 6, 1, "")])
    return engine


def test_a_copy_has_every_row_and_is_whole(full_engine: Engine, tmp_path: Path) -> None:
    before = everything(full_engine)
    copies.copy_of(full_engine, tmp_path / "copy.db")
    assert copies.is_sound(tmp_path / "copy.db")
    copied = open_engine(tmp_path / "copy.db", reads_only=True)
    assert everything(copied) == before
    with reading(copied) as books:
        assert copies.counts(books) == {name: len(found) for name, found in before.items()}
        assert copies.files(books) == {"a" * 64: 5, "b" * 64: 6}
        assert copies.received_by(books, RECEIVED - 1) == 0
        assert copies.received_by(books, RECEIVED) == len(before["op"]) == 3
    copied.dispose()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_copy_goes_back_into_either_kind_of_database(
    full_engine: Engine, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    copies.copy_of(full_engine, tmp_path / "copy.db")
    url = f"sqlite:///{tmp_path / 'new.db'}"
    target = open_engine(url if kind == "sqlite" else request.getfixturevalue("fresh_postgres"))
    assert copies.is_empty(target)
    upgrade(target)
    assert copies.is_empty(target)
    source = open_engine(tmp_path / "copy.db", reads_only=True)
    with reading(source) as old, target.connect() as new, new.begin():
        copies.fill(old, new)
    assert everything(target) == everything(full_engine)
    assert not copies.is_empty(target)
    for one in (source, target):
        one.dispose()


def test_a_database_of_somebody_else_is_not_empty(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "other.db")
    with writing(engine) as books:
        books.exec_driver_sql("CREATE TABLE others (id INTEGER)")
    assert not copies.is_empty(engine)
    engine.dispose()


@pytest.mark.parametrize("place", [0, 4_096, 20 * 4_096])
def test_a_damaged_copy_is_not_whole(place: int, tmp_path: Path, memory: Engine) -> None:
    path = tmp_path / "copy.db"
    copies.copy_of(memory, path)
    assert copies.is_sound(path)
    data = bytearray(path.read_bytes())
    data[place : place + 100] = b"\xa5" * 100
    path.write_bytes(data)
    assert not copies.is_sound(path)


def test_what_took_too_long_is_undone(engine: Engine) -> None:
    with pytest.raises(Busy), writing(engine, longest_ms=0) as books:
        rows.keep_setting(books, "late", 1)
    with reading(engine) as books:
        assert rows.setting(books, "late") is None


def test_files_that_are_lost_are_wanted_again(full_engine: Engine) -> None:
    with writing(full_engine) as books:
        copies.want_again(books, ["a" * 64])
        assert copies.files(books) == {"b" * 64: 6}

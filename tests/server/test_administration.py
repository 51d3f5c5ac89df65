"""The audit by command: it reads, writes nothing at all, and says plainly what it cannot read."""

import json
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import fieldfare
from server import administration, sessions, settings
from shared.errors import Refused
from shared.people import Person


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new data folder."""
    folder = tmp_path_factory.mktemp("made") / "data"
    administration.init(folder, demo=None, language="en")
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A data folder of one's own."""
    return Path(shutil.copytree(made, tmp_path / "data"))


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def told(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Any:
    """What a command prints when all is well."""
    assert fieldfare.main([str(word) for word in words]) == 0
    return json.loads(capsys.readouterr().out)


def complaint(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """What a command says of wrong usage."""
    with pytest.raises(SystemExit) as ended:
        fieldfare.main([str(word) for word in words])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    return said.err


def test_a_company_begins_in_an_empty_database_of_postgresql(
    fresh_postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, url = tmp_path / "data", fresh_postgres.replace("postgresql+psycopg:", "postgresql:")
    made = told(capsys, "init", "--data", data, "--database", url)
    assert (data / "fieldfare.toml").stat().st_mode & 0o077 == 0  # the URL has a password in it
    listed = told(capsys, "person", "list", "--data", data)["items"]
    assert [one["login"] for one in listed] == [made["admin"]["login"]]
    again = ("init", "--data", tmp_path / "other", "--database", url)
    assert fieldfare.main([str(word) for word in again]) == fieldfare.REFUSED
    assert json.loads(capsys.readouterr().out)["code"] == "database_not_empty"
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:hidden@127.0.0.1:1/books", "me:***@127.0.0.1:1/books: connection failed"),
        ("mysql://me:hidden@127.0.0.1/books", "'mysql' is neither postgresql nor sqlite"),
        ("hidden", "this is no URL of a database"),
    ],
)
@pytest.mark.parametrize("verb", ["init", "person list"])
def test_a_database_that_is_not_there_is_named_without_its_password(
    verb: str, url: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = complaint(capsys, *verb.split(), "--data", tmp_path / "data", "--database", url)
    assert said in error
    assert "hidden" not in error


def test_a_database_is_named_by_the_settings_of_a_folder(
    fresh_postgres: str, tmp_path: Path
) -> None:
    (tmp_path / "fieldfare.toml").write_text(f"database = {json.dumps(fresh_postgres)}\n")
    assert settings.of_flags({"data": tmp_path}).books == fresh_postgres


def test_an_audit_writes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = content(data)
    assert told(capsys, "audit", "verify", "--data", data)["fault"] is None
    assert told(capsys, "audit", "export", "--data", data)["heads"] != []
    assert content(data) == before


def test_an_audit_writes_nothing_beside_a_server_that_was_killed(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(data / "fieldfare.db")) as books:
        books.execute("INSERT INTO setting VALUES ('x', '1')")
        books.commit()
        killed = Path(shutil.copytree(data, data.parent / "killed"))
    before = content(killed)
    assert len(before["fieldfare.db-wal"]) > 0
    assert told(capsys, "audit", "verify", "--data", killed)["fault"] is None
    after = content(killed)
    assert before.pop("fieldfare.db-shm") != b""
    assert after.pop("fieldfare.db-shm") != b""  # who reads how far, for those who read now
    assert after == before


def test_a_copied_database_is_verified_alone(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = told(capsys, "audit", "verify", "--data", data)
    empty = tmp_path / "no keys"
    empty.mkdir()
    url = f"sqlite:///{shutil.copy(data / 'fieldfare.db', tmp_path / 'a copy #1.db')}"
    for keys in (empty, tmp_path / "nowhere"):
        assert told(capsys, "audit", "verify", "--database", url, "--keys", keys) == whole
    shutil.rmtree(data / "keys")
    assert told(capsys, "audit", "verify", "--data", data) == whole
    assert not (data / "keys").exists()
    assert not (tmp_path / "nowhere").exists()
    assert list(empty.iterdir()) == []


def test_keys_that_others_can_read_are_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "keys").chmod(0o755)
    for words in (("audit", "verify"), ("person", "list")):
        assert "chmod go-rwx" in complaint(capsys, *words, "--data", data)


@pytest.mark.parametrize("content", [None, b"", b"not a database at all, but a text" * 100])
def test_what_is_no_database_of_ours_is_told_and_none_is_made(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.db"
    if content is not None:
        path.write_bytes(content)
    words = ("--database", f"sqlite:///{path}", "--keys", tmp_path)
    for what in ("verify", "export"):
        assert "no Fieldfare database" in complaint(capsys, "audit", what, *words)
    assert (path.read_bytes() if path.exists() else None) == content
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "fieldfare init" in complaint(capsys, "audit", "verify", "--data", empty)


def test_a_new_password_ends_the_sessions_of_the_old_one(data: Path) -> None:
    with administration.opened(settings.load({"data": data})) as office:
        admin = administration.find(office, "admin")
        assert isinstance(admin, Person)
        times = (office.now_ms(), office.ends(60))
        with office.writing() as books:
            token = sessions.open_session(books, admin.id, office.dice, times).token
            assert sessions.person_of_session(books, token, office.now_ms()) is not None
        administration.new_password(office, "admin")
        with office.reading() as books:
            assert sessions.person_of_session(books, token, office.now_ms()) is None


def test_the_database_is_in_its_private_folder_whatever_that_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "50% of #1? mode=rwc"
    told(capsys, "init", "--data", folder)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert stat.S_IMODE((folder / "fieldfare.db").stat().st_mode) == 0o600
    assert told(capsys, "audit", "verify", "--data", folder)["fault"] is None
    assert len(told(capsys, "person", "list", "--data", folder)["items"]) == 1


@pytest.mark.parametrize("words", [("init",), ("person", "list"), ("device", "status")])
def test_a_folder_without_a_name_is_none(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert "--data: a folder is expected" in complaint(capsys, *words, "--data", "")


def test_the_last_administrator_stays(data: Path) -> None:
    with administration.opened(settings.load({"data": data})) as office:
        refused = administration.disable_person(office, "admin")
        assert isinstance(refused, Refused)
        assert (refused.code, refused.params) == ("last_administrator", {"login": "admin"})
        row = {"login": "second", "name": "Second", "roles": ["administrator"]}
        assert not isinstance(administration.add_person(office, row), Refused)
        gone = administration.disable_person(office, "admin")
        assert gone == {"login": "admin", "disabled": True}
        assert isinstance(administration.disable_person(office, "second"), Refused)

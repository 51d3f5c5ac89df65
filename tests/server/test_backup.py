"""Backups and restores: what is vouched for was tried out, and nothing is put over anything."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from msgspec import Struct, structs

from server import (
    administration,
    app,
    backup,
    copies,
    keys,
    people as staff,
    queries,
    restore,
    rounds,
    rows,
    uploads,
)
from server.archive import Manifest
from server.backup import MARGIN_MS, WORKROOM, Made
from server.database import open_engine, reading, writing
from server.library import ReadingRoom
from server.office import Office
from server.restore import Restored
from server.settings import Settings, load
from shared.errors import Refused
from shared.ops import SYSTEM

HOUR_MS = 3_600_000
FILES = {hashlib.sha256(one).hexdigest(): one for one in (b"a picture", b"another one")}


class House(Struct, kw_only=True):
    """A company whose clock is moved by hand. `url` names its database if it is no file."""

    folder: Path
    now: int
    url: str = ""

    def settings(self, name: str = "data", url: str = "") -> Settings:
        return load({"data": self.folder / name, "database": url or None})

    @contextmanager
    def office(self, chosen: Settings | None = None) -> Iterator[Office]:
        with closing(app.open_office(chosen or self.settings(url=self.url), clock=self.clock)) as o:
            yield o

    def clock(self) -> int:
        return self.now

    def key(self, name: str = "mine") -> Path:
        """The private key of a pair; `.pub` beside it is the public one."""
        path = self.folder / f"{name}.pem"
        if not path.exists():
            pair = X25519PrivateKey.generate()
            shown = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            path.with_suffix(".pub").write_bytes(shown)
            path.write_bytes(pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            path.chmod(0o600)
        return path

    def back_up(self, name: str = "b.backup", key: str = "mine", **given: Any) -> Any:
        public = self.key(key).with_suffix(".pub")
        asked = backup.Asked(out=self.folder / "out" / name, public_key=public, **given)
        return backup.backup(self.settings(url=self.url), asked, clock=self.clock)

    def made(self, name: str = "b.backup", **given: Any) -> Made:
        made = self.back_up(name, **given)
        assert isinstance(made, Made), made
        return made

    def bring_back(self, into: str = "new", url: str = "", **given: Any) -> Any:
        asked = restore.Asked(source=self.folder / "out" / "b.backup", private_key=self.key())
        return restore.restore(self.settings(into, url), structs.replace(asked, **given))

    def brought(self, into: str = "new", url: str = "", **given: Any) -> Restored:
        told = self.bring_back(into, url, **given)
        assert isinstance(told, Restored), told
        return told

    def durable(self) -> int | None:
        with self.office() as office, office.reading() as books:
            return ReadingRoom(books).durable_through()


def furnish(house: House) -> House:
    """Somebody works there, and there are two pictures."""
    with house.office() as office:
        for login in ("ann", "bob"):
            row = {"login": login, "name": login, "roles": ["technician"]}
            assert not isinstance(administration.add_person(office, row), Refused)
        for sha256, content in FILES.items():
            source = house.folder / sha256
            source.write_bytes(content)
            office.evidence.put(sha256, source)
        with office.writing() as books:
            told = [(sha256, len(content), house.now, "") for sha256, content in FILES.items()]
            rows.add(books, "evidence_file", (), told)
        administration.notarise(office)
    house.now += HOUR_MS
    return house


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with a SQLite file, furnished once."""
    return furnish(House(folder=tmp_path_factory.mktemp("house"), now=1_795_000_000_000))


@pytest.fixture
def house(pristine: House, tmp_path: Path) -> House:
    """A house of one's own."""
    shutil.copytree(pristine.folder / "data", tmp_path / "data")
    return House(folder=tmp_path, now=pristine.now)


@pytest.fixture
def on_postgres(tmp_path: Path, postgres_copy: str) -> House:
    """The same with a PostgreSQL database."""
    return furnish(House(folder=tmp_path, now=1_795_000_000_000, url=postgres_copy))


def people(chosen: Settings) -> list[str]:
    engine = open_engine(chosen.books, reads_only=True)
    with reading(engine) as books:
        found = [one.login for one in staff.everybody(books)]
    engine.dispose()
    return sorted(found)


def events(house: House, chosen: Settings, kind: str) -> list[Any]:
    with house.office(chosen) as office, office.reading() as books:
        return [
            (one.by_id, one.verdict)
            for one in books.execute(copies.OP.select().where(copies.OP.c.kind == kind))
        ]


def broken(house: House, statement: str) -> None:
    engine = open_engine(house.settings(url=house.url).books)
    with writing(engine) as books:
        books.exec_driver_sql(statement)
    engine.dispose()


def test_a_backup_is_tried_out_and_then_vouched_for(house: House) -> None:
    assert house.durable() is None
    made = house.made()
    assert made.fault is None
    assert (made.started, made.durable_through) == (house.now, house.now - MARGIN_MS)
    assert (made.files.named, made.files.added, made.files.lost) == (2, 2, [])
    assert house.durable() == house.now - MARGIN_MS
    assert events(house, house.settings(), "backup.verify") == [(SYSTEM, "applied")]
    assert administration.audit(house.settings()).fault is None
    assert list((house.folder / "data" / WORKROOM).iterdir()) == []
    assert sorted(one.name for one in (house.folder / "out").iterdir()) == ["b.backup", "evidence"]


def test_a_backup_brings_everything_back_in_a_new_epoch(house: House) -> None:
    made = house.made()
    with house.office() as office, office.reading() as books:
        before = queries.epoch(books)
    told = house.brought()
    assert (told.fault, told.files, told.files_lost, told.rows) == (None, 2, 0, made.rows)
    new = house.settings("new")
    assert people(new) == ["ann", "bob"]
    with house.office(new) as office, office.reading() as books:
        assert (before, told.epoch) == (made.epoch, queries.epoch(books))
        assert told.epoch != before
        assert {one: office.evidence.read(one) for one in FILES} == FILES
    assert events(house, new, "backup.restore") == [(SYSTEM, "applied")]
    shutil.copytree(house.folder / "data" / "keys", new.keys, dirs_exist_ok=True)
    assert administration.audit(new).fault is None
    assert sorted(one.name for one in (house.folder / "new").iterdir()) == [
        *("evidence", "fieldfare.db", "keys")
    ]


def test_a_keys_folder_with_the_old_mark_hides_no_restore(house: House) -> None:
    house.made()
    house.brought()
    shutil.rmtree(house.folder / "new" / "keys")
    shutil.copytree(house.folder / "data" / "keys", house.folder / "new" / "keys")
    with house.office() as office, office.reading() as books:
        before = queries.epoch(books)
    with house.office(house.settings("new")) as office, office.reading() as books:
        assert queries.epoch(books) != before


def test_a_server_whose_keys_were_lost_is_backed_up_all_the_same(house: House) -> None:
    shutil.rmtree(house.folder / "data" / "keys")
    with house.office() as office:
        administration.notarise(office)
    house.now += HOUR_MS
    made = house.made()
    assert (made.fault, made.durable_through) == (None, house.now - MARGIN_MS)
    assert house.brought().fault is None


@pytest.mark.postgres
def test_books_of_postgresql_come_back_into_a_file(on_postgres: House) -> None:
    made = on_postgres.made()
    assert (made.fault, made.durable_through) == (None, on_postgres.now - MARGIN_MS)
    assert on_postgres.durable() == made.durable_through
    assert on_postgres.brought().fault is None
    assert people(on_postgres.settings("new")) == ["ann", "bob"]


@pytest.mark.postgres
def test_books_come_back_into_an_empty_postgresql_and_no_other(
    house: House, fresh_postgres: str
) -> None:
    house.made()
    told = house.brought(url=fresh_postgres)
    chosen = house.settings("new", fresh_postgres)
    assert people(chosen) == ["ann", "bob"]
    with house.office(chosen) as office, office.reading() as books:
        assert queries.epoch(books) == told.epoch
    again = house.bring_back("newer", fresh_postgres)
    assert isinstance(again, Refused)
    assert again.code == "database_not_empty"


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE op SET verdict = 'merged' WHERE kind = 'master.put'", "op_changed"),
        ("UPDATE person SET name = 'somebody else'", "row_differs"),
        ("DELETE FROM leaf WHERE n = 1", "leaf_missing"),
    ],
)
def test_books_that_do_not_hold_are_kept_and_not_vouched_for(
    house: House, damage: str, fault: str
) -> None:
    broken(house, damage)
    made = house.made()
    assert (made.fault, made.durable_through, house.durable()) == (fault, None, None)
    assert Path(made.file).is_file()
    assert house.brought().fault == fault
    assert not (house.folder / "new" / "fieldfare.db").exists()


def test_a_file_that_is_nowhere_is_named_and_phones_keep_theirs(house: House) -> None:
    gone = min(FILES)
    for path in (house.folder / "data" / "evidence").rglob(gone):
        path.unlink()
    made = house.made()
    assert (made.fault, made.files.lost, made.durable_through) == ("file_lost", [gone], None)
    assert house.durable() is None
    told = house.brought()
    assert (told.fault, told.files_lost, told.lost) == (None, 1, [gone])
    with house.office(house.settings("new")) as office, office.reading() as books:
        assert uploads.standing(books, "any", FILES).wanted == set(FILES)
        assert copies.files(books).keys() == FILES.keys() - {gone}


def manifest(house: House, copy: Path, office: Office, started: int) -> Manifest:
    with office.reading() as books:
        epoch = queries.epoch(books)
    assert epoch is not None
    engine = open_engine(house.settings().books, reads_only=True)
    copies.copy_of(engine, copy)
    engine.dispose()
    told: dict[str, Any] = {"rows": {}, "bytes": 0, "sha256": "", "program": "", "revision": ""}
    return Manifest(started=started, epoch=epoch, **told)


def test_what_came_to_light_after_the_copy_is_not_vouched_for(house: House) -> None:
    copy = house.folder / "copy.db"
    with house.office() as office:
        told = manifest(house, copy, office, house.now + HOUR_MS)
        row = {"login": "late", "name": "late", "roles": ["technician"]}
        assert not isinstance(administration.add_person(office, row), Refused)
        assert backup.vouch(office, told, copy) == (None, "received_late")
        copy.unlink()
        told = manifest(house, copy, office, house.now + HOUR_MS)
        through = house.now + HOUR_MS - MARGIN_MS
        assert backup.vouch(office, told, copy) == (through, None)


def test_a_backup_of_an_epoch_that_has_ended_is_not_vouched_for(house: House) -> None:
    copy = house.folder / "copy.db"
    with house.office() as office:
        told = manifest(house, copy, office, house.now)
        with office.writing() as books:
            office.begin_epoch(office.ledger(books), house.now)
        assert backup.vouch(office, told, copy) == (None, "epoch_ended")
    assert house.durable() is None


def test_a_clock_that_was_put_back_takes_back_what_was_vouched_for(house: House) -> None:
    made = house.made()
    with house.office() as office:
        rounds.tidy(office)
        assert house.durable() == made.durable_through
        house.now -= HOUR_MS
        rounds.tidy(office)
        assert house.durable() is None
        house.now += 2 * HOUR_MS
        rounds.tidy(office)
        assert house.durable() is None


def test_photos_are_closed_once_and_shared_by_all_backups(house: House) -> None:
    first, second = house.made("one"), house.made("two")
    assert (first.files.added, second.files.added, second.files.named) == (2, 0, 2)
    closed = [one for one in (house.folder / "out" / "evidence").rglob("*") if one.is_file()]
    assert sorted(one.name for one in closed) == sorted([*FILES, "lock.json"])
    assert not any(content in one.read_bytes() for one in closed for content in FILES.values())


def test_what_could_mislead_a_later_restore_is_refused(house: House) -> None:
    house.made()
    again = house.back_up()
    assert (again.code, again.field) == ("file_is_there", "out")
    other = house.back_up("other", key="other")
    assert (other.code, other.field) == ("other_lock", "files")
    elsewhere = house.folder / "elsewhere"
    made = house.made("other", key="other", files=elsewhere)
    assert made.fault is None


def test_one_backup_at_a_time_and_what_a_kill_left_is_cleared(house: House) -> None:
    room = house.folder / "data" / WORKROOM
    room.mkdir()
    (room / "copy.db").write_bytes(b"of one that was killed")
    handle = os.open(room, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert house.back_up().code == "backup_under_way"
    assert (room / "copy.db").exists()
    os.close(handle)
    assert house.made().fault is None
    assert list(room.iterdir()) == []


def test_no_key_of_the_server_is_in_a_backup(house: House) -> None:
    """S14."""
    house.made()
    house.brought()
    secrets = [one.read_bytes() for one in (house.folder / "data" / "keys").glob("*.0*")]
    assert len(secrets) == len(keys.PURPOSES)
    brought = b"".join(one.read_bytes() for one in (house.folder / "new").rglob("*.db"))
    for secret in secrets:
        assert secret not in brought
        assert secret.hex().encode() not in brought
    assert sorted(one.name for one in (house.folder / "new" / "keys").iterdir()) == ["epoch"]


def test_a_check_reads_everything_and_changes_nothing(house: House) -> None:
    made = house.made()
    told = house.brought(only_check=True)
    assert (told.fault, told.epoch, told.files_lost) == (None, None, 0)
    assert (told.rows, told.leaves) == (made.rows, made.leaves)
    assert not (house.folder / "new").exists()
    (one, *_) = (house.folder / "out" / "evidence").rglob(min(FILES))
    one.write_bytes(one.read_bytes()[:-1] + b"?")
    assert house.brought(only_check=True).lost == [min(FILES)]


def test_a_restore_replaces_nothing(house: House) -> None:
    """S14."""
    house.made()
    before = (house.folder / "data" / "fieldfare.db").read_bytes()
    assert house.bring_back("data").code == "folder_not_empty"
    assert (house.folder / "data" / "fieldfare.db").read_bytes() == before
    new = house.folder / "new"
    shutil.copytree(house.folder / "data" / "keys", new / "keys")
    (new / "fieldfare.toml").write_text('time_zone = "Asia/Shanghai"\n')
    (new / "mine.txt").write_text("mine")
    assert house.bring_back().code == "folder_not_empty"
    (new / "mine.txt").unlink()
    assert house.brought().fault is None
    assert (new / "fieldfare.toml").read_text() == 'time_zone = "Asia/Shanghai"\n'


def test_a_backup_that_cannot_be_opened_is_told_and_nothing_is_made(house: House) -> None:
    path = Path(house.made().file)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert house.bring_back().code == "backup_altered"
    path.write_bytes(whole)
    wrong = house.bring_back(private_key=house.key("other"))
    assert wrong.code == "backup_locked"
    assert house.bring_back(source=path.with_name("none")).code == "file_is_gone"
    assert not (house.folder / "new" / "fieldfare.db").exists()
    assert house.brought().fault is None  # what was broken off is gone on with

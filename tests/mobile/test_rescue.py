"""A phone's work gets out in one file, without a network, also when part of its folder is torn."""

from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs

from mobile import database, evidence, rescue
from mobile.device import Installation, install
from mobile.keys import adopt_key, next_key, open_key
from mobile.rescue import Packed, Who
from mobile.salvage import NOTHING
from shared.errors import Refused
from shared.rescue import (
    Manifest,
    SavedFile,
    SavedOp,
    Signed,
    Torn,
    name_of,
    public_text,
    read_cover,
    unpack,
)
from sync.shelf import OTHER, File
from tests.mobile.phones import Phone
from tests.world import ANN

SERVER: Final = ec.generate_private_key(ec.SECP256R1())
TO: Final = public_text(SERVER.public_key())
NOW: Final = 1_795_000_000_000
PAGE: Final = 4_096


def owner(to: str = TO) -> Installation:
    return Installation(
        server="http://127.0.0.1:1", device="d1", person=ANN, login="ann", rescue=to
    )


@pytest.fixture
def folder(phone: Phone) -> Path:
    """Ann's folder, as an enrolment leaves it."""
    next_key(phone.folder)
    adopt_key(phone.folder)
    install(phone.folder, owner())
    return phone.folder


def exported(folder: Path) -> Packed:
    done = rescue.export(folder, folder / "out.rescue", Who(owner=owner(), app="a", now_ms=NOW))
    assert isinstance(done, Packed), done
    return done


def inside(folder: Path) -> list[Any]:
    with (folder / "out.rescue").open("rb") as file:
        return list(unpack(file.read, {name_of(TO): SERVER}))


def saved(folder: Path) -> list[SavedOp]:
    return [one for one in inside(folder) if isinstance(one, SavedOp)]


def photo(phone: Phone, content: bytes, **more: Any) -> str:
    """A file that waits to be brought, with its bytes in the folder."""
    sha256 = evidence.store(phone.folder, content)
    file = File(sha256=sha256, size=len(content), rank=OTHER, on=phone.on, recorded=1, **more)
    with phone.replica.transaction():
        phone.replica.hold([file])
        phone.replica.keep(file)
    return sha256


def test_what_waits_is_in_it_word_for_word_with_its_place_and_signed(
    phone: Phone, folder: Path
) -> None:
    phone.must("note.add", {"text": "滤网堵塞", "audience": "internal"})
    phone.must("work_order.accept")
    sha256 = photo(phone, b"bytes of a picture")

    done = exported(folder)

    kept = [one for one in phone.replica.all_ops() if one.verdict is None]
    everything = inside(folder)
    ops = [one for one in everything if isinstance(one, SavedOp)]
    assert [(one.lseq, one.id, one.body) for one in ops][-2:] == [
        (one.lseq, one.op_id, one.body) for one in kept
    ]
    assert {one.incarnation for one in ops} == {kept[0].incarnation}
    assert everything[0] == Manifest(device="d1", person=ANN, app="a", made_at=NOW)
    assert everything[-3:-1] == [SavedFile(sha256=sha256, size=18), b"bytes of a picture"]
    end = everything[-1]
    assert isinstance(end, Signed)
    assert len(end.signature) == len(open_key(folder).sign(end.text))
    size = (folder / "out.rescue").stat().st_size
    assert (done.ops, done.files, done.bytes, done.torn) == (len(ops), 1, size, ())


def test_what_the_office_has_is_in_it_until_a_verified_backup_has_it_too(
    phone: Phone, folder: Path
) -> None:
    phone.must("note.add", {"text": "done", "audience": "internal"})
    safe = photo(phone, b"safe and dated", state="safe", safe_by=5)
    photo(phone, b"safe, and in doubt", state="safe", safe_by=5, unsure=True)
    phone.sync()
    before = exported(folder)
    assert (before.ops, before.files) == (len(phone.replica.all_ops()), 2)

    known = phone.replica.identity()
    last = max(one.received or 0 for one in phone.replica.all_ops())
    with phone.replica.transaction():
        phone.replica.identify(structs.replace(known, durable_through=last))
    done = exported(folder)

    assert (done.ops, done.files) == (0, 1)
    assert safe not in {one.sha256 for one in inside(folder) if isinstance(one, SavedFile)}


def test_exporting_changes_nothing_on_the_phone(phone: Phone, folder: Path) -> None:
    phone.must("work_order.accept")
    before = list(phone.connection.iterdump())

    exported(folder)
    exported(folder)

    assert list(phone.connection.iterdump()) == before
    assert [one.name for one in folder.glob(".*")] == []


def test_nobody_but_its_owner_may_read_the_file_and_the_cover_tells_only_how_much(
    phone: Phone, folder: Path
) -> None:
    phone.must("note.add", {"text": "secret words", "audience": "internal"})
    done = exported(folder)

    content = (folder / "out.rescue").read_bytes()
    assert (folder / "out.rescue").stat().st_mode & 0o077 == 0
    assert b"secret words" not in content
    assert ANN.encode() not in content
    with (folder / "out.rescue").open("rb") as file:
        cover, _ = read_cover(file.read)
    assert (cover.ops, cover.files) == (done.ops, done.files)


def test_an_op_that_is_not_what_was_recorded_is_left_out_and_named(
    phone: Phone, folder: Path
) -> None:
    good, bad, worse = (
        phone.must("note.add", {"text": text, "audience": "internal"}) for text in ("a", "b", "c")
    )
    phone.connection.execute(
        "UPDATE outbox SET body = replace(body, '\"b\"', '\"x\"') WHERE op_id = ?", (bad.op_id,)
    )
    phone.connection.execute("UPDATE outbox SET lseq = 'no' WHERE op_id = ?", (worse.op_id,))

    done = exported(folder)

    ids = {one.id for one in saved(folder)}
    assert good.op_id in ids
    assert not ids & {bad.op_id, worse.op_id}
    assert len(done.torn) == 2
    assert next(one for one in inside(folder) if isinstance(one, Torn)).name == str(bad.lseq)


def test_a_photo_whose_bytes_came_to_harm_or_are_gone_is_named(phone: Phone, folder: Path) -> None:
    whole, torn, gone = (photo(phone, text.encode() * 9) for text in ("one", "two", "three"))
    path = folder / evidence.FOLDER / f"{torn}{evidence.END}"
    path.write_bytes(b"x" * path.stat().st_size)
    evidence.let_go(folder, [gone])

    done = exported(folder)

    assert done.files == 1
    assert set(done.torn) == {f"file {torn}", f"file {gone}"}
    assert [one.sha256 for one in inside(folder) if isinstance(one, SavedFile)] == [whole]


def crowded(phone: Phone, count: int = 120) -> list[str]:
    """An outbox of many pages."""
    return [
        phone.must("note.add", {"text": f"{n} {'long ' * 100}", "audience": "internal"}).op_id
        for n in range(count)
    ]


def pages_with(path: Path, text: bytes) -> list[int]:
    content = path.read_bytes()
    return [at for at in range(0, len(content), PAGE) if text in content[at : at + PAGE]]


def test_a_torn_page_in_the_middle_costs_what_stood_on_it_and_nothing_else(
    phone: Phone, folder: Path
) -> None:
    ids = crowded(phone)
    phone.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    phone.connection.close()
    page = pages_with(phone.path, b'"text":"60 long')[-1]
    with phone.path.open("r+b") as file:
        file.seek(page)
        file.write(b"\xee" * PAGE)

    done = exported(folder)

    left = {one.id for one in saved(folder)} & set(ids)
    assert len(ids) - 20 < len(left) < len(ids)
    named = [one for one in done.torn if one.startswith("op ")]
    assert len(left) + len(named) == len(ids)
    assert "list outbox" in done.torn


def test_where_the_list_of_places_is_torn_too_what_stands_on_either_side_is_saved(
    phone: Phone, folder: Path
) -> None:
    ids = crowded(phone)
    phone.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ((root,),) = phone.connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'outbox_lseq'"
    )
    phone.connection.close()
    with phone.path.open("r+b") as file:
        for page in (pages_with(phone.path, b'"text":"60 long')[-1], (root - 1) * PAGE):
            file.seek(page)
            file.write(b"\xee" * PAGE)

    done = exported(folder)

    left = {one.id for one in saved(folder)}
    assert ids[0] in left
    assert ids[-1] in left
    assert len(left & set(ids)) > len(ids) - 20
    assert any(one.startswith("op row ") for one in done.torn)


@pytest.mark.parametrize("harm", ["no database", "cut", "gone"])
def test_a_database_that_is_none_any_more_still_gives_the_photos(
    phone: Phone, folder: Path, harm: str
) -> None:
    sha256 = photo(phone, b"all that is left")
    phone.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    phone.connection.close()
    if harm == "gone":
        phone.path.unlink()
    else:
        phone.path.write_bytes(b"x" * 10_000 if harm == "no database" else b"")

    done = exported(folder)

    assert (done.ops, done.files) == (0, 1)
    assert [one.sha256 for one in inside(folder) if isinstance(one, SavedFile)] == [sha256]
    assert "list outbox" in done.torn


def test_what_the_phone_committed_last_is_there_though_the_app_was_killed(
    phone: Phone, folder: Path, tmp_path: Path
) -> None:
    last = phone.must("work_order.accept")
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in (*folder.glob("*.db"), *folder.glob("*.db-wal"), folder / "device.key"):
        (copy / name.name).write_bytes(name.read_bytes())

    exported(copy)

    assert last.op_id in {one.id for one in saved(copy)}


def test_a_phone_that_was_told_no_key_says_so_and_writes_nothing(
    phone: Phone, folder: Path
) -> None:
    done = rescue.export(folder, folder / "x", Who(owner=owner(""), app="a", now_ms=NOW))

    assert isinstance(done, Refused)
    assert done.code == "no_rescue_key"
    assert not (folder / "x").exists()


@pytest.mark.parametrize("where", ["", "no/such/folder/x"])
def test_a_file_that_cannot_be_written_is_told(phone: Phone, folder: Path, where: str) -> None:
    done = rescue.export(folder, folder / where, Who(owner=owner(), app="a", now_ms=NOW))

    assert isinstance(done, Refused)
    assert done.code == "rescue_not_written"


def test_never_more_than_one_photo_is_held_while_it_is_written(phone: Phone, folder: Path) -> None:
    for number in range(8):
        photo(phone, bytes([number]) * 1_000_000)
    found = rescue.Packing(
        folder=folder,
        who=Who(owner=owner(), app="a", now_ms=NOW),
        found=NOTHING,
        files=tuple(sorted(evidence.here(folder))),
        torn=(),
    )
    pieces = [len(piece) for piece in found.pieces(None, open_key(folder))]

    assert sum(pieces) > 8_000_000
    assert max(pieces) < 1_200_000


def test_a_database_is_not_made_anew_where_it_is_gone(phone: Phone, folder: Path) -> None:
    phone.connection.close()
    phone.path.unlink()

    exported(folder)

    assert not database.path_of(folder, ANN).exists()

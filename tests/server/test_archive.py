"""The archive writes where it was told to and nowhere else, and unpacks what it promised."""

import hashlib
import os
from pathlib import Path

import pytest
from msgspec import structs

from server.archive import Box, Files, Manifest, pack, unpack
from server.strongbox import Altered, Lock, Sign, as_opener

LOCK = Lock(secret=b"k" * 32, sign=Sign(salt="c2FsdA=="), salt="c2FsdA==")
BOX = Box(lock=LOCK, dice=os.urandom)
BOOKS = b"\0" * 5_000_000
MANIFEST = Manifest(
    started=1,
    program="1",
    revision="1",
    epoch="e",
    rows={},
    bytes=len(BOOKS),
    sha256=hashlib.sha256(BOOKS).hexdigest(),
)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """A database, as far as an archive looks."""
    path = tmp_path / "books"
    path.write_bytes(BOOKS)
    return path


def test_books_that_grow_past_what_was_promised_fill_no_disk(tmp_path: Path, books: Path) -> None:
    source, target = tmp_path / "b", tmp_path / "t"
    pack(source, structs.replace(MANIFEST, bytes=2_000_000), books, BOX)
    with pytest.raises(Altered):
        unpack(source, target, as_opener(LOCK))
    assert target.stat().st_size <= 2_000_000
    pack(source, MANIFEST, books, BOX)
    assert unpack(source, target, as_opener(LOCK)) == MANIFEST
    assert target.read_bytes() == BOOKS


def test_nobody_lays_a_way_from_a_draft_to_a_file_of_ours(tmp_path: Path, books: Path) -> None:
    precious, open_to_all = tmp_path / "precious", tmp_path / "open"
    precious.write_bytes(b"precious")
    open_to_all.mkdir()
    draft = open_to_all / ".b.draft"
    draft.symlink_to(precious)
    pack(draft, MANIFEST, books, BOX)
    assert precious.read_bytes() == b"precious"
    assert (draft.is_symlink(), draft.stat().st_mode & 0o777) == (False, 0o600)


def test_a_draft_that_somebody_else_may_read_is_not_written_into(tmp_path: Path) -> None:
    content = b"a face"
    name = hashlib.sha256(content).hexdigest()
    folder = tmp_path / "evidence" / name[:2]
    folder.mkdir(parents=True)
    (folder / f".{name}.draft").write_bytes(b"")
    (folder / f".{name}.draft").chmod(0o644)
    Files(tmp_path / "evidence").put(name, content, BOX)
    assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert Files(tmp_path / "evidence").read(name, as_opener(LOCK)) == content


def test_what_else_lies_beside_closed_files_is_left_alone(tmp_path: Path) -> None:
    files = Files(tmp_path / "files")
    files.begin(LOCK.sign)
    files.put(hashlib.sha256(b"a face").hexdigest(), b"a face", BOX)
    (tmp_path / "files" / "lost+found").symlink_to("/proc")  # a folder that cannot be synced
    files.settle()

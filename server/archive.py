"""The archive: a backup as files of the strongbox, one of the books and one of each photo's file.

A file of the books is what the backup says of itself, a line of JSON, and the packed database. The
files of photos never change: each is closed once, into a folder that many backups share.
"""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from server.evidence import PRIVATE, genuine, make_lasting, settle_folder
from server.keys import Dice
from server.strongbox import Altered, Lock, Opener, Sign, Writer, pieces_of

ZIP_LEVEL: Final = 1  # a fifth of the bytes; more costs three times as much and gains little
SIGN_FILE: Final = "lock.json"
SPREAD: Final = 2
READ_BYTES: Final = 1_048_576


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup says of itself: when it began (ms), of which version and epoch it is.

    `rows` are the rows of each table, `bytes` and `sha256` those of the database in it.
    """

    started: int
    program: str
    revision: str
    epoch: str
    rows: dict[str, int]
    bytes: int
    sha256: str


class Box(Struct, frozen=True, kw_only=True):
    """With what files are closed, and dice for it."""

    lock: Lock
    dice: Dice


def pack(target: Path, manifest: Manifest, books: Path, box: Box) -> None:
    """Write a new file of the books, which survives a power cut when this returns."""
    with _private(target) as file, books.open("rb") as source:
        writer, press = Writer(file, box.lock, box.dice), zlib.compressobj(ZIP_LEVEL)
        writer.write(msgspec.json.encode(manifest) + b"\n")
        while piece := source.read(READ_BYTES):
            writer.write(press.compress(piece))
        writer.write(press.flush())
        writer.close()
        file.flush()
        os.fsync(file.fileno())
        # So that whoever tries it out reads what is on the disk, not what is still in memory.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def unpack(source: Path, books: Path, opener: Opener) -> Manifest:
    """Write the database of a backup into a new file. Raises `Altered` and `Locked`."""
    with source.open("rb") as file, _private(books) as target:
        pieces = pieces_of(file, opener)
        line, parting, rest = next(pieces).partition(b"\n")
        if not parting:
            raise Altered("it does not say what it is")
        manifest = _manifest(line)
        found, left = hashlib.sha256(), manifest.bytes
        for piece in _inflated(rest, pieces):
            left -= len(piece)
            if left < 0:  # before the disk is full: a few bytes can say that many follow
                raise Altered("the database in it is larger than it says")
            found.update(piece)
            target.write(piece)
    if found.hexdigest() != manifest.sha256:
        raise Altered("the database in it is another one")
    return manifest


def _manifest(line: bytes) -> Manifest:
    try:
        return msgspec.json.decode(line, type=Manifest)
    except msgspec.DecodeError as wrong:
        raise Altered("it does not say what it is") from wrong


def _inflated(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """The unpacked bytes, so few at a time that no file can fill the memory."""
    loose = zlib.decompressobj()
    try:
        for piece in chain((first,), rest):
            waiting = piece
            while waiting:
                yield loose.decompress(waiting, READ_BYTES)
                waiting = loose.unconsumed_tail
        yield loose.flush()
        if not loose.eof:
            raise Altered("the database in it ends too early")
    except zlib.error as wrong:
        raise Altered("it cannot be unpacked") from wrong


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Files:
    """Photos' files in a folder of their own, each closed under the hash of its bytes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def sign(self) -> Sign | None:
        """For whom the files here are closed; None of a folder where none is."""
        path = self._root / SIGN_FILE
        return msgspec.json.decode(path.read_bytes(), type=Sign) if path.is_file() else None

    def begin(self, sign: Sign) -> None:
        """Make the folder, and say for whom its files are."""
        make_lasting(self._root)
        if self.sign() is None:
            _placed(self._root / SIGN_FILE, lambda file: file.write(msgspec.json.encode(sign)))

    def has(self, sha256: str, size: int) -> bool:
        """Whether a file is here, as far as its length tells."""
        path = self._path(sha256)
        return path.is_file() and path.stat().st_size > size

    def put(self, sha256: str, content: bytes, box: Box) -> None:
        """Close a file here. What lies under its name has been written whole."""
        path = self._path(sha256)
        make_lasting(path.parent)

        def write(file: Any) -> None:
            writer = Writer(file, box.lock, box.dice)
            writer.write(content)
            writer.close()

        _placed(path, write)

    def settle(self) -> None:
        """Have every name here survive a power cut, also of a file whose writer fell right then."""
        for folder in self._root.glob("[0-9a-f]" * SPREAD):  # others may lie beside ours
            if folder.is_dir():
                settle_folder(folder)

    def read(self, sha256: str, opener: Opener) -> bytes | None:
        """The bytes of a file; None if it is not here or no longer what it was."""
        try:
            with self._path(sha256).open("rb") as file:
                return genuine(sha256, b"".join(pieces_of(file, opener)))
        except (FileNotFoundError, NotADirectoryError, Altered):
            return None

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:SPREAD] / sha256


def _placed(path: Path, write: Callable[[Any], Any]) -> None:
    """The whole file under its name or nothing, and there after a power cut."""
    draft = path.with_name(f".{path.name}.draft")
    with _private(draft) as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    settle_folder(path.parent)


def _private(path: Path) -> Any:
    """A new file for our eyes only: what somebody else laid there is neither followed nor used."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE), "wb")

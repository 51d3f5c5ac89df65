"""Parts: files that have not all arrived, each in a folder of this machine, as far as they got.

Nobody holds a lock while bytes are on their way: a piece goes to the end of a part only if that is
where its sender thinks it is, under a lock that lasts as long as the writing. A connection that is
dead but not yet known to be so stops nobody, and of two senders the slower one is told.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from server.evidence import PRIVATE, make_lasting, settle_folder, told

HASH_CHARS: Final = 64


class Elsewhere(Exception):
    """The part does not end where its sender thinks: another one wrote meanwhile."""


def label(device: str, sha256: str) -> str:
    """What a part is known by of which the books do not know yet: who brings it, and its hash."""
    return f"{device}-{sha256}"


def is_labelled(part: str) -> bool:
    """Whether a part says itself whose it is."""
    return len(part.rpartition("-")[2]) == HASH_CHARS


class Parts:
    """The folder of parts; `told` raises `server.evidence.NoRoom` and `Unreachable`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_lasting = False

    def path(self, part: str) -> Path:
        """Where a part is. Its name is an id that the server made."""
        assert part.replace("-", "").isalnum(), "a part's name is an id"
        return self._folder / part

    def size(self, part: str) -> int:
        """How many bytes of a part are there, and would survive a power cut; 0 if there is none."""
        with told():
            try:
                opened = os.open(self.path(part), os.O_RDONLY)
            except FileNotFoundError:
                return 0
            try:
                os.fsync(opened)
                settle_folder(self._folder)
                return os.fstat(opened).st_size
            finally:
                os.close(opened)

    def append(self, part: str, offset: int, pieces: list[bytes]) -> int:
        """Write pieces at the end of a part; returns where it ends now. Raises `Elsewhere`.

        What does not fit as a whole is not there at all. Only `size` makes it survive a power cut.
        """
        with told(), self._held(part) as opened:
            _extend(opened, offset, pieces)
            return os.fstat(opened).st_size

    def cut(self, part: str, start: int, end: int) -> None:
        """Take back what was written from one place to another. Raises `Elsewhere`."""
        with told(), self._held(part) as opened:
            if os.fstat(opened).st_size != end:
                raise Elsewhere
            os.ftruncate(opened, start)
            os.fsync(opened)

    @contextmanager
    def begun(self, part: str, pieces: list[bytes]) -> Iterator[Path]:
        """A new part with these bytes, and `alone` with it. Raises `Elsewhere` if there is one."""
        with told():
            opened = self._locked(part)
        try:
            with told():
                self._fill(opened, part, pieces)
            yield self.path(part)
        finally:
            os.close(opened)

    def _fill(self, opened: int, part: str, pieces: list[bytes]) -> None:
        try:
            _extend(opened, 0, pieces)
        except OSError:
            self.path(part).unlink()  # an empty one would be no use to anybody
            raise

    def has_other(self, part: str) -> bool:
        """Whether there is another part, of whatever device, whose label names the same hash."""
        sha256 = part.rpartition("-")[2]
        return any(one != part and one.endswith(f"-{sha256}") for one in self.touched())

    def left(self, label: str) -> str | None:
        """A part under a label whose writer is dead, if there is one; who lives is waited for."""
        with told():
            for part in sorted(one for one in self.touched() if one.endswith(f"-{label}")):
                with self._held(part) as opened:
                    if os.fstat(opened).st_size:
                        return part
                    self.drop(part)  # which was made anew by looking for it
        return None

    def adopt(self, left: str, part: str) -> None:
        """Let what is left be a part of its own, unless that has bytes already."""
        with told():
            with suppress(FileExistsError):
                self.path(part).hardlink_to(self.path(left))
            self.drop(left)

    @contextmanager
    def alone(self, part: str) -> Iterator[Path]:
        """Nobody else writes to a part, or makes an end of it, meanwhile."""
        with told():
            opened = self._locked(part)
        try:
            yield self.path(part)
        finally:
            os.close(opened)

    def drop(self, part: str) -> None:
        """Let go of a part, if there is one."""
        with told():
            self.path(part).unlink(missing_ok=True)

    def empty(self, part: str) -> None:
        """Begin a part anew; only who is `alone` with it may."""
        with told():
            os.truncate(self.path(part), 0)

    def touched(self) -> dict[str, int]:
        """When each part was last written to (ms)."""
        with told():
            if not self._folder.is_dir():
                return {}
            found = {}
            for one in self._folder.iterdir():
                with suppress(FileNotFoundError):
                    found[one.name] = one.stat().st_mtime_ns // 1_000_000
            return found

    @contextmanager
    def _held(self, part: str) -> Iterator[int]:
        opened = self._locked(part)
        try:
            yield opened
        finally:
            os.close(opened)

    def _locked(self, part: str) -> int:
        """A part that is ours for now; not one that was dropped while we waited for it."""
        while True:
            opened = self._open(part)
            fcntl.flock(opened, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(opened), self.path(part).stat()):
                    return opened
            os.close(opened)

    def _open(self, part: str) -> int:
        if not self._is_lasting:
            make_lasting(self._folder)
            self._is_lasting = True
        try:
            return os.open(self.path(part), os.O_RDWR | os.O_APPEND | os.O_CREAT, PRIVATE)
        except FileNotFoundError:  # somebody took the folder away; the next one makes it anew
            self._is_lasting = False
            raise


def _extend(opened: int, offset: int, pieces: list[bytes]) -> None:
    """Write pieces at the end of a file that is so long, all of them or none."""
    if os.fstat(opened).st_size != offset:
        raise Elsewhere
    try:
        for piece in pieces:
            _write(opened, piece)
    except OSError:
        with suppress(OSError):
            os.ftruncate(opened, offset)
        raise


def _write(opened: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(opened, rest) :]


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()

"""The evidence folder: the bytes of photos on this phone, by their hash, and the room for them."""

import hashlib
import stat
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from mobile.database import room
from mobile.device import free_bytes, settle_folder, write_private
from shared.errors import Refused, refuse_state

FOLDER: Final = "evidence"
END: Final = ".jpg"
HASH_DIGITS: Final = 64
# What photos never touch: room for a day's ops, a sign-off, its report, and the database's log.
RESERVE_BYTES: Final = 64_000_000
LOW_BYTES: Final = 500_000_000
NEEDED_BYTES: Final = 2_000_000  # a photo, its thumbnail and the rows that name them, at most
ORPHAN_AGE_S: Final = 30 * 24 * 3600.0

Level = Literal["ok", "low", "critical"]


def level(free: int) -> Level:
    """What so many free bytes mean: critical is where photos are refused, and nothing else is."""
    if free < RESERVE_BYTES + NEEDED_BYTES:
        return "critical"
    return "low" if free < LOW_BYTES else "ok"


def room_level(folder: Path) -> Level:
    """How much room there is where an installation keeps its work."""
    return level(free_bytes(folder))


def no_room(folder: Path) -> Refused | None:
    """The refusal of one more photo, where it would take the room of a sign-off."""
    if room_level(folder) != "critical":
        return None
    free = max(free_bytes(folder) // 1_000_000, 0)
    return refuse_state("no_room_for_photo", free=free)


def store(folder: Path, data: bytes) -> str:
    """Keep bytes, on the disk when this returns; returns their hash. Raises `Full` and `Shut`."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / FOLDER / f"{sha256}{END}"
    with room():
        if path.exists() and path.stat().st_size == len(data):
            settle_folder(path.parent)  # whoever wrote it may have been killed before that
        else:
            write_private(path, data)
    return sha256


def path_of(folder: Path, sha256: str) -> Path | None:
    """Where the bytes with this hash are, if they are on this phone."""
    if not _is_hash(sha256):
        return None
    path = folder / FOLDER / f"{sha256}{END}"
    return path if path.is_file() else None


def read(folder: Path, sha256: str) -> bytes | None:
    """The bytes with this hash; None where they are gone or came to harm."""
    path = path_of(folder, sha256)
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def here(folder: Path) -> frozenset[str]:
    """The hashes of all files in the folder, by their names."""
    found = (path.name.removesuffix(END) for path in (folder / FOLDER).glob(f"*{END}"))
    return frozenset(name for name in found if _is_hash(name))


def let_go(folder: Path, hashes: Collection[str]) -> None:
    """Remove files that nobody needs here any more."""
    for sha256 in hashes:
        path = path_of(folder, sha256)
        if path is not None:
            with suppress(OSError):
                path.unlink()


def sweep(folder: Path, named: Collection[str], now_s: float) -> list[str]:
    """Remove what no photo names and what a broken-off write left, once it is a month old.

    A younger one may be about to be recorded; and one that was recorded before this phone was put
    back from a backup may yet be named by what the server tells. Returns the names removed.
    """
    removed: list[str] = []
    for path in sorted((folder / FOLDER).glob("*")):
        if path.name.removesuffix(END) in named:
            continue
        try:
            seen = path.lstat()
            if stat.S_ISREG(seen.st_mode) and now_s - seen.st_mtime > ORPHAN_AGE_S:
                path.unlink()
                removed.append(path.name)
        except OSError:
            continue
    return removed


def _is_hash(text: str) -> bool:
    return len(text) == HASH_DIGITS and not set(text) - set("0123456789abcdef")

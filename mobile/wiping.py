"""Wiping: what the office wants emptied of this phone goes, wherever the phone was interrupted.

It goes for everybody who ever worked with it: it is in somebody else's hands now. What one of them
still holds and nobody else has counts like the last one's, and keeps all of it here.
"""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, structs

from mobile import (
    ballast,
    darkroom,
    database,
    device,
    drafts,
    evidence,
    keys,
    lock,
    papers,
    rescue,
    salvage,
)
from mobile.adapters.desktop import SECRETS, SHARED
from mobile.database import Damaged, Full, Shut, TooNew, room
from mobile.device import Installation, write_private
from mobile.replica import Replica
from mobile.wire import Got
from sync.enrolment import Wiped, wiped_text

FILE: Final = "wiped.json"
BESIDE: Final = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database
HANDED_IN: Final = 300  # a status under this means that the office has heard
FAILED: Final = 500

# What another person's database may be where it cannot be read.
UNREADABLE: Final = (Damaged, Full, Shut, TooNew, *database.UNREADABLE)

Carry = Callable[[str, str, dict[str, str], bytes], Got]


class Emptied(Exception):
    """The office had this phone emptied, and nobody has enrolled it since."""


class Mark(Struct, frozen=True, kw_only=True):
    """What is left of a phone that is emptied: by which order, and the word about it, signed while
    there still was a key. `empty` is set when all is gone, `told` when the office knows. Where an
    older app began, what others had stays: nobody had counted it.
    """

    order: str
    person: str
    device: str
    server: str
    key: str | None = None
    signature: str = ""
    empty: bool = False
    told: bool = False
    everybody: bool = False


def held_by_others(folder: Path, person: str) -> tuple[int, int]:
    """How many ops and files those hold in a folder who had it before, and nobody else has.

    What cannot be read may hold anything, and counts as an op.
    """
    held = [_held(path) for path in _databases(folder) if path.stem != person]
    return (sum(ops for ops, _ in held), sum(files for _, files in held))


def _held(path: Path) -> tuple[int, int]:
    try:
        with database.opened(path) as connection:
            if database.identity(connection) is None:
                return (0, 0)
            replica = Replica(connection)
            left = darkroom.left(path.parent, path.stem)
            return (replica.unsent(None)[0], replica.unsent_files() + left)
    except UNREADABLE:
        return (1, 0)


def _databases(folder: Path) -> list[Path]:
    """What people have recorded in a folder."""
    return [path for path in sorted(folder.glob("*.db")) if path.name != drafts.FILE]


def begin(folder: Path, owner: Installation, order: str) -> None:
    """Write down that the folder is to be emptied. From here on nothing keeps it from that."""
    if mark_in(folder) is not None:
        return
    try:
        signature = keys.open_key(folder).sign(wiped_text(owner.device, order))
    except keys.KeyLost:
        signature = ""  # nobody will hear of it, and it goes all the same
    mark = Mark(
        order=order,
        person=owner.person,
        device=owner.device,
        server=owner.server,
        key=owner.key,
        signature=signature,
        everybody=True,
    )
    _keep(folder, mark)


def go_on(folder: Path) -> None:
    """Empty the folder, from wherever an earlier try was broken off. May be repeated."""
    mark = mark_in(folder)
    if mark is None or mark.empty:
        return
    for step in STEPS:
        step(folder, mark)
    _keep(folder, structs.replace(mark, empty=True))


def tell(folder: Path, carry: Carry) -> None:
    """Tell the office that this phone is empty, once. Raises what the wire raises."""
    mark = mark_in(folder)
    if mark is None or not mark.empty or mark.told or not mark.signature:
        return
    said = Wiped(device=mark.device, order=mark.order, signature=mark.signature)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    got = carry("POST", "/wiped", headers, gzip.compress(msgspec.json.encode(said), mtime=0))
    if got.status < HANDED_IN or _is_refused(got.status):
        _keep(folder, structs.replace(mark, told=True))


def mark_in(folder: Path) -> Mark | None:
    """What is written down of an order to empty this folder, if there is one."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Mark)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None


def forget(folder: Path) -> None:
    """The phone is somebody's again."""
    (folder / FILE).unlink(missing_ok=True)


def _is_refused(status: int) -> bool:
    """Whether saying it again would change nothing; a busy server is asked again."""
    return HANDED_IN <= status < FAILED and status not in (408, 429)


def _keep(folder: Path, mark: Mark) -> None:
    with room():
        write_private(folder / FILE, msgspec.json.encode(mark) + b"\n")


def _forget_keys(folder: Path, _mark: Mark) -> None:
    """First what speaks for this phone and opens it: the rest is worth less without."""
    for name in (keys.FILE, keys.NEXT, lock.FILE):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / SECRETS, ignore_errors=True)


def _forget_work(folder: Path, mark: Mark) -> None:
    known = database.path_of(folder, mark.person)
    for path in _databases(folder) if mark.everybody else [known]:
        for each in (path, *(path.with_name(path.name + end) for end in BESIDE)):
            each.unlink(missing_ok=True)
    drafts.wipe(folder / drafts.FILE)


def _forget_pictures(folder: Path, mark: Mark) -> None:
    if mark.everybody:
        for name in (evidence.FOLDER, darkroom.FOLDER):
            shutil.rmtree(folder / name, ignore_errors=True)
    others = [path for path in _databases(folder) if path.stem != mark.person]
    named = [salvage.files_named(path) for path in others]
    theirs = None if None in named else frozenset().union(*(one for one in named if one))
    for path in sorted((folder / evidence.FOLDER).glob("*")):
        if theirs is not None and path.name.removesuffix(evidence.END) not in theirs:
            path.unlink(missing_ok=True)
    darkroom.forget(folder, mark.person)
    for name in (papers.FOLDER, rescue.FOLDER, SHARED):
        shutil.rmtree(folder / name, ignore_errors=True)


def _forget_rest(folder: Path, _mark: Mark) -> None:
    """Last whose it was: a folder without that is nobody's."""
    for name in (ballast.FILE, device.FILE):
        (folder / name).unlink(missing_ok=True)


STEPS: Final = (_forget_keys, _forget_work, _forget_pictures, _forget_rest)  # each may be repeated

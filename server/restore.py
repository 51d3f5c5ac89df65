"""Restores: the books of a backup in a new place, where they begin a new life of the server.

Nothing is replaced: the place has to be empty. In the new epoch each phone hands in its whole
outbox again, and brings again the files that no backup has.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from server import app, copies, database, keys, migrations, strongbox
from server.archive import Files, Manifest, unpack
from server.entries import Event
from server.evidence import (
    NO_ROOM,
    Evidence,
    NoRoom,
    Unreachable,
    open_evidence,
    settle,
    settle_folder,
)
from server.ledger import Ledger
from server.office import EPOCH_BYTES
from server.settings import FILE, Settings
from server.strongbox import Altered, Locked, Opener
from server.trial import examine
from shared.errors import Refused, refuse_state, refuse_value
from shared.ops import SALT_BYTES, SYSTEM

FOLDER: Final = "evidence"
WORKROOM: Final = "restore.tmp"
BOOKS: Final = "fieldfare.db"
PRIVATE_FOLDER: Final = 0o700
LOST_TOLD_MAX: Final = 20


class Asked(Struct, frozen=True, kw_only=True):
    """Which backup, where its photos' files are, what opens it, and whether only to look at it."""

    source: Path
    files: Path | None = None
    passphrase: Path | None = None
    private_key: Path | None = None
    only_check: bool = False

    @property
    def shared(self) -> Path:
        """The folder that many backups share."""
        return self.files or self.source.absolute().parent / FOLDER


class Restored(Struct, frozen=True, kw_only=True):
    """What a backup holds and, unless it was only looked at, the epoch begun with it.

    `lost` are files that it names and does not bring back: phones are asked for them.
    """

    started: int
    program: str
    rows: int
    leaves: int
    files: int
    files_lost: int
    lost: list[str]
    fault: str | None
    epoch: str | None


class Found(Struct, frozen=True, kw_only=True):
    """A backup that was opened: its books in a file, and what opens the files of its photos."""

    manifest: Manifest
    books: Path
    opener: Opener
    shared: Files


def restore(chosen: Settings, asked: Asked) -> Restored | Refused:
    """Put a backup into an empty place, or only look at it. Raises `Unfit` and `Exposed`."""
    try:
        return _restore(chosen, asked)
    except Unreachable:
        return refuse_state("files_unreachable")
    except (NoRoom, OSError) as error:
        if isinstance(error, OSError) and error.errno not in NO_ROOM:
            raise
        return refuse_state("no_room_for_backup", folder=str(chosen.data))


def _restore(chosen: Settings, asked: Asked) -> Restored | Refused:
    if not asked.source.is_file():
        return refuse_value("file_is_gone", "from", file=str(asked.source))
    taken = None if asked.only_check else _taken(chosen)
    if taken is not None:
        return taken
    opener = strongbox.opener_of(asked.passphrase, asked.private_key)
    with _workroom(chosen, asked) as room:
        books = room / BOOKS
        try:
            manifest = unpack(asked.source, books, opener)
        except Altered:
            return refuse_value("backup_altered", "from")
        except Locked:
            return refuse_value("backup_locked", "from")
        found = Found(manifest=manifest, books=books, opener=opener, shared=Files(asked.shared))
        return _restored(chosen, asked, found)


def _taken(chosen: Settings) -> Refused | None:
    """Why nothing can be put there. Keys and settings may lie there before."""
    allowed = {FILE, chosen.keys.name}
    if (chosen.data / WORKROOM).is_dir():  # a restore was broken off
        allowed |= {WORKROOM, FOLDER}
    there = {one.name for one in chosen.data.iterdir()} if chosen.data.is_dir() else set()
    if there - allowed:
        return refuse_value("folder_not_empty", "data", folder=str(chosen.data))
    if chosen.database and not copies.is_free(chosen.database):
        return refuse_state("database_not_empty")
    return None


@contextmanager
def _workroom(chosen: Settings, asked: Asked) -> Iterator[Path]:
    """Where the books are opened: in their new place, or in passing."""
    if asked.only_check:
        with tempfile.TemporaryDirectory(prefix="fieldfare-restore-") as passing:
            yield Path(passing)
        return
    room = chosen.data / WORKROOM
    for folder in (chosen.data, room):
        folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    yield room
    for one in (*room.iterdir(), room):
        one.rmdir() if one.is_dir() else one.unlink()


def _restored(chosen: Settings, asked: Asked, found: Found) -> Restored:
    _migrate(found.books)
    tried = examine(found.books, found.manifest.rows, chosen)
    with _open(found.books) as engine, database.reading(engine) as books:
        named = list(copies.files(books))
    fault, epoch, lost = tried.fault, None, []
    if fault is None and asked.only_check:
        lost = [one for one in named if found.shared.read(one, found.opener) is None]
    elif fault is None:
        store = open_evidence(chosen.evidence, chosen.evidence_keys)
        lost = [one for one in named if not _brought(store, found, one)]
        epoch = _put(chosen, found, lost)
    return Restored(
        started=found.manifest.started,
        program=found.manifest.program,
        rows=sum(found.manifest.rows.values()),
        leaves=tried.leaves,
        files=len(named),
        files_lost=len(lost),
        lost=lost[:LOST_TOLD_MAX],
        fault=fault,
        epoch=epoch,
    )


def _migrate(books: Path) -> None:
    """Bring the books to this version: the backup may be an older one's."""
    with _open(books) as engine:
        migrations.upgrade(engine)


@contextmanager
def _open(place: str | Path) -> Iterator[Any]:
    engine = database.open_engine(place)
    try:
        yield engine
    finally:
        engine.dispose()


def _brought(store: Evidence, found: Found, sha256: str) -> bool:
    content = found.shared.read(sha256, found.opener)
    if content is None:
        return False
    passing = found.books.with_name(sha256)
    passing.write_bytes(content)
    try:
        store.put(sha256, passing)
    finally:
        passing.unlink()
    return True


def _put(chosen: Settings, found: Found, lost: Sequence[str]) -> str:
    """The books in their place, in a new epoch; the last step makes them be there at all."""
    if chosen.database:
        epoch = _poured(chosen, found, lost)
        keys.mark_epoch(chosen.keys, epoch)
        return epoch
    with _open(found.books) as engine, database.writing(engine) as books:
        epoch = _begun_anew(chosen, books, found, lost)
    keys.mark_epoch(chosen.keys, epoch)
    assert not found.books.with_name(f"{BOOKS}-wal").exists()
    settle(found.books)
    found.books.replace(chosen.data / BOOKS)
    settle_folder(chosen.data)
    return epoch


def _poured(chosen: Settings, found: Found, lost: Sequence[str]) -> str:
    """The rows of the books in a database of its own, all of them or none."""
    with _open(chosen.books) as target, _open(found.books) as source:
        migrations.upgrade(target)
        with database.reading(source) as old, target.connect() as new, new.begin():
            copies.fill(old, new)
            return _begun_anew(chosen, new, found, lost)


def _begun_anew(chosen: Settings, books: Any, found: Found, lost: Sequence[str]) -> str:
    """A new epoch, said in the log, so that every phone hands in again what it holds.

    It is begun here, not at the start of the server: the mark in a keys folder that was put back
    as well may be the old one's.
    """
    copies.want_again(books, lost)
    now, epoch = app.real_clock(), app.real_dice(EPOCH_BYTES).hex()
    ledger = Ledger(books, chosen.zone)
    ledger.begin_epoch(epoch, now, app.real_dice(SALT_BYTES).hex())
    salt, on = app.real_dice(SALT_BYTES).hex(), ("epoch", epoch)
    facts = {"started": found.manifest.started, "files_lost": len(lost)}
    event = Event(kind="backup.restore", at=now, salt=salt, by=SYSTEM, on=on, facts=facts)
    ledger.note_event(event)
    return epoch

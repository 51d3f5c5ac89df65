"""Backups: a copy of the books and of what they name, closed, tried out, and only then vouched for.

What phones keep until it is safe, they keep until a backup is known to bring it back. So one counts
only after it was opened again, read to its end and found to hold.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from server import app, copies, database, queries, rows, strongbox
from server.app import Clock
from server.archive import Box, Files, Manifest, digest, pack, unpack
from server.database import TRANSACTION_MAX_MS
from server.evidence import NO_ROOM, Evidence, Unreachable, open_evidence, settle_folder
from server.library import DURABLE_THROUGH
from server.office import Office
from server.settings import Settings, Unfit
from server.strongbox import Altered, Locked, as_opener
from server.trial import Trial, copy_opened, examine
from shared.errors import Refused, refuse_state, refuse_value
from shared.ops import SYSTEM

MARGIN_MS: Final = 2 * TRANSACTION_MAX_MS  # of a transaction, and of what it waited before it
WORKROOM: Final = "backup.tmp"
FILES: Final = "evidence"
TRIAL: Final = "trial.db"
UNREADABLE: Final = "backup_unreadable"  # what was written is not what is read: it is not kept
SPARE_BYTES: Final = 64_000_000
PRIVATE_FOLDER: Final = 0o700
LOST_TOLD_MAX: Final = 20


class Asked(Struct, frozen=True, kw_only=True):
    """Where a backup goes, where the files of photos do, and for whom it is closed."""

    out: Path
    files: Path | None = None
    passphrase: Path | None = None
    public_key: Path | None = None

    @property
    def shared(self) -> Path:
        """The folder that many backups share."""
        return self.files or self.out.absolute().parent / FILES


class Tools(Struct, frozen=True, kw_only=True):
    """With what a backup is made."""

    box: Box
    clock: Clock


class Brought(Struct, frozen=True, kw_only=True):
    """The files of photos: how many the books name, how many were new, which are nowhere."""

    named: int
    added: int
    bytes_added: int
    lost: list[str]


class Made(Struct, frozen=True, kw_only=True):
    """A backup as it was made. Without a `fault` phones may rely on it up to `durable_through`."""

    file: str
    bytes: int
    started: int
    epoch: str
    rows: int
    files: Brought
    leaves: int
    durable_through: int | None
    fault: str | None


def backup(chosen: Settings, asked: Asked, *, clock: Clock = app.real_clock) -> Made | Refused:
    """Back up a server that may be running. Raises `Unfit` and `Exposed`."""
    try:
        return _backup(chosen, asked, clock)
    except Unreachable:
        return refuse_state("files_unreachable")
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        return refuse_state("no_room_for_backup", folder=str(error.filename or asked.out.parent))


def _backup(chosen: Settings, asked: Asked, clock: Clock) -> Made | Refused:
    if asked.out.exists():
        return refuse_value("file_is_there", "out", file=str(asked.out))
    shared = Files(asked.shared)
    sign = shared.sign()
    lock = strongbox.lock_of(
        asked.passphrase, asked.public_key, app.real_dice, sign.salt if sign else None
    )
    if sign is not None and sign != lock.sign:
        return refuse_value("other_lock", "files", folder=str(asked.shared))
    tools = Tools(box=Box(lock=lock, dice=app.real_dice), clock=clock)
    with _workroom(chosen) as room:
        if room is None:
            return refuse_state("backup_under_way")
        short = _room_missing(chosen, asked)
        if short is not None:
            return refuse_state("no_room_for_backup", folder=str(short))
        return _made(chosen, asked, tools, room)


def _made(chosen: Settings, asked: Asked, tools: Tools, room: Path) -> Made:
    folder = asked.out.absolute().parent
    folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    draft = folder / f".{asked.out.name}.draft"
    try:
        made, manifest = _written(chosen, asked, tools, (room, draft))
        if made.fault != UNREADABLE:
            draft.replace(asked.out)
            settle_folder(folder)
    finally:
        draft.unlink(missing_ok=True)
    if made.fault is not None:
        return made
    with _opened(chosen, tools.clock) as office:
        through, fault = vouch(office, manifest, room / TRIAL)
    return structs.replace(made, durable_through=through, fault=fault)


def _written(
    chosen: Settings, asked: Asked, tools: Tools, places: tuple[Path, Path]
) -> tuple[Made, Manifest]:
    """A backup written as a draft and tried out, nothing vouched for yet."""
    room, draft = places
    copy, started = room / "copy.db", tools.clock()
    engine = database.open_engine(chosen.books, reads_only=True)
    try:
        copies.copy_of(engine, copy)
    finally:
        engine.dispose()
    manifest, named = _described(copy, started)
    brought = _brought(chosen, Files(asked.shared), named, tools.box)
    pack(draft, manifest, copy, tools.box)
    copy.unlink()
    tried = _tried(chosen, draft, room / TRIAL, tools.box)
    made = Made(
        file=str(asked.out),
        bytes=draft.stat().st_size,
        started=started,
        epoch=manifest.epoch,
        rows=sum(manifest.rows.values()),
        files=brought,
        leaves=tried.leaves,
        durable_through=None,
        fault=tried.fault or ("file_lost" if brought.lost else None),
    )
    return made, manifest


@contextmanager
def _workroom(chosen: Settings) -> Iterator[Path | None]:
    """An empty folder beside the books, for one backup at a time; None if there is one already."""
    room = chosen.data / WORKROOM
    room.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    handle = os.open(room, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        yield None
        return
    try:
        _clear(room)  # of one that was killed
        yield room
    finally:
        _clear(room)
        os.close(handle)


def _clear(room: Path) -> None:
    for one in room.iterdir():
        one.unlink()


def _room_missing(chosen: Settings, asked: Asked) -> Path | None:
    """The folder that has no room: for the copy and its trial, or for the backup itself."""
    size = _books_bytes(chosen)
    out = _nearest(asked.out.absolute().parent)
    wanted = {chosen.data: 2 * size + SPARE_BYTES, out: size + SPARE_BYTES}
    if chosen.data.stat().st_dev == out.stat().st_dev:
        wanted = {chosen.data: 3 * size + SPARE_BYTES}
    short = (one for one, need in wanted.items() if shutil.disk_usage(one).free < need)
    return next(short, None)


def _nearest(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _books_bytes(chosen: Settings) -> int:
    engine = database.open_engine(chosen.books, reads_only=True)
    try:
        with database.reading(engine) as books:
            if not database.has_table(books, "tree_head"):
                raise Unfit("this is no Fieldfare database")
            return copies.size(books)
    except database.Busy as busy:
        raise Unfit(f"there is no Fieldfare database to read: {busy}") from busy
    finally:
        engine.dispose()


def _described(copy: Path, started: int) -> tuple[Manifest, dict[str, int]]:
    """What a copy says of itself, and the files it names. Raises `Unfit`."""
    with copy_opened(copy) as books:
        revision, epoch = queries.revision(books), queries.epoch(books)
        if revision is None or revision != queries.newest_revision() or epoch is None:
            raise Unfit("the database is of another version: back it up with the one that serves")
        told, named = copies.counts(books), copies.files(books)
    manifest = Manifest(
        started=started,
        program=version("fieldfare"),
        revision=revision,
        epoch=epoch,
        rows=told,
        bytes=copy.stat().st_size,
        sha256=digest(copy),
    )
    return manifest, named


def _brought(chosen: Settings, shared: Files, named: dict[str, int], box: Box) -> Brought:
    """Close every named file that no earlier backup has closed already."""
    store = open_evidence(chosen.evidence, chosen.evidence_keys)
    shared.begin(box.lock.sign)
    fresh = [sha256 for sha256, size in named.items() if not shared.has(sha256, size)]
    lost = [sha256 for sha256 in fresh if not _closed(store, shared, sha256, box)]
    shared.settle()
    return Brought(
        named=len(named),
        added=len(fresh) - len(lost),
        bytes_added=sum(named[one] for one in fresh) - sum(named[one] for one in lost),
        lost=lost[:LOST_TOLD_MAX],
    )


def _closed(store: Evidence, shared: Files, sha256: str, box: Box) -> bool:
    content = store.read(sha256)
    if content is None:
        return False
    shared.put(sha256, content, box)
    return shared.read(sha256, as_opener(box.lock)) is not None


def _tried(chosen: Settings, draft: Path, trial: Path, box: Box) -> Trial:
    """Bring the books back from what was written, and see whether they hold."""
    try:
        manifest = unpack(draft, trial, as_opener(box.lock))
    except (Altered, Locked):
        return Trial(leaves=0, fault=UNREADABLE)
    return examine(trial, manifest.rows, chosen)


@contextmanager
def _opened(chosen: Settings, clock: Clock) -> Iterator[Office]:
    office = app.open_office(chosen, clock=clock)
    try:
        yield office
    finally:
        office.close()


def vouch(office: Office, manifest: Manifest, copy: Path) -> tuple[int | None, str | None]:
    """Say that phones need not keep what a backup has; or why that cannot be said.

    What was received up to then must be in the copy: the books are asked once more.
    """
    through = manifest.started - MARGIN_MS
    with copy_opened(copy) as copied:
        known = copies.received_by(copied, through)
    with office.writing() as books:
        if queries.epoch(books) != manifest.epoch:
            return None, "epoch_ended"
        if copies.received_by(books, through) != known:
            return None, "received_late"
        rows.keep_setting(books, DURABLE_THROUGH, through)
        facts = {"through": through, "started": manifest.started, "sha256": manifest.sha256}
        on = ("epoch", manifest.epoch)
        office.ledger(books).note_event(office.event("backup.verify", SYSTEM, on, facts))
    return through, None

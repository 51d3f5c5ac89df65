"""The photos of a job as this phone holds them: how safe each is, and where its files are."""

import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from mobile import evidence
from mobile.queries import rows
from mobile.shelf import FileShelf, Left
from shared.photos import Photo
from shared.records import State
from sync.shelf import File

Safety = Literal["safe", "sending", "waiting", "set_aside", "elsewhere", "refused"]
_FAULTY: Final = "SELECT sha256 FROM file WHERE state = 'set_aside'"


class Pictured(Struct, frozen=True, kw_only=True):
    """One photo that nobody has taken back. `percent` is how much of it has been sent.

    It is `elsewhere` when another phone took it and still has to send it. `thumb` and `full` are
    its files, where they are on this phone.
    """

    photo: Photo
    state: Safety
    percent: int = 0
    thumb: Path | None = None
    full: Path | None = None


class Journey(Struct, frozen=True, kw_only=True):
    """How far this phone's photos are: what waits, and how many came to harm on the way."""

    waiting: Left
    faulty: int


def of_job(connection: sqlite3.Connection, order_id: str) -> tuple[Pictured, ...]:
    """The photos of a job that nobody has taken back, in the order they were taken."""
    kept = in_time(rows.at_home(connection, ("work_order", order_id)), order_id)
    hashes = {sha256 for one in kept for sha256 in (one.sha256, one.thumb_sha256)}
    files = FileShelf(connection).files(hashes)
    folder = _folder(connection)
    return tuple(_pictured(one, files, folder) for one in kept)


def in_time(state: State, order_id: str) -> list[Photo]:
    """The photos of a job that nobody has taken back, in the order they were taken."""
    found = (one for one in state.of(Photo, order_id) if one.dropped_at is None)
    return sorted(found, key=lambda one: (one.at, one.id))


def counts(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many photos of all jobs are safe at the server, and how many there are."""
    found = [one for one in rows.every(connection, Photo) if one.dropped_at is None]
    return safe(connection, found), len(found)


def safe(connection: sqlite3.Connection, photos: Collection[Photo]) -> int:
    """How many of these photos are safe at the server."""
    hashes = {sha256 for one in photos for sha256 in (one.sha256, one.thumb_sha256)}
    files = FileShelf(connection).files(hashes)
    return sum(_state(one, _own(one, files)) == "safe" for one in photos)


def journey(connection: sqlite3.Connection) -> Journey:
    """How far this phone's photos are: cheap enough for every redraw."""
    faulty = [sha256 for (sha256,) in connection.execute(_FAULTY)]
    return Journey(
        waiting=FileShelf(connection).left(),
        faulty=_in_use(connection, faulty) if faulty else 0,
    )


def _in_use(connection: sqlite3.Connection, hashes: Collection[str]) -> int:
    """How many photos that nobody has taken back have one of these files."""
    photos = [one for one in rows.every(connection, Photo) if one.dropped_at is None]
    return sum(bool({one.sha256, one.thumb_sha256} & set(hashes)) for one in photos)


def _pictured(photo: Photo, files: dict[str, File], folder: Path) -> Pictured:
    own = _own(photo, files)
    size = sum(file.size for file in own)
    return Pictured(
        photo=photo,
        state=_state(photo, own),
        percent=sum(file.sent for file in own) * 100 // size if size else 0,
        thumb=evidence.path_of(folder, photo.thumb_sha256),
        full=evidence.path_of(folder, photo.sha256),
    )


def _own(photo: Photo, files: dict[str, File]) -> list[File]:
    return [files[one] for one in (photo.sha256, photo.thumb_sha256) if one in files]


def _state(photo: Photo, own: Iterable[File]) -> Safety:
    """As this phone knows it of the files it sends; of others as the server tells it."""
    files = list(own)
    if photo.fault == "set_aside" or any(one.state == "set_aside" for one in files):
        return "set_aside"
    if not files:
        return "safe" if photo.arrived_at is not None else "elsewhere"
    if all(one.state == "safe" and not one.unsure for one in files):
        return "safe"
    return "sending" if any(one.sent or one.upload for one in files) else "waiting"


def _folder(connection: sqlite3.Connection) -> Path:
    """The installation's folder: where its database is."""
    return Path(connection.execute("PRAGMA database_list").fetchone()[2]).parent

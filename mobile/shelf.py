"""The phone's files on their way, as its database keeps them: `sync.shelf.Shelf`."""

import sqlite3
from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.kinds import read_row
from shared.photos import Photo
from shared.records import Aggregate
from sync.protocol import Files
from sync.shelf import OTHER, THUMBNAIL, File, after

_SELECT: Final = """SELECT sha256, size, rank, noun, id, recorded, state, sent, upload, begun,
    mismatches, fault, safe_by, unsure FROM file """
_HOLD: Final = """INSERT INTO file (sha256, size, rank, noun, id, recorded, state, sent, upload,
    begun, mismatches, fault, safe_by, unsure) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (sha256) DO UPDATE SET rank = min(rank, excluded.rank)"""
_KEEP: Final = """UPDATE file SET state = ?, sent = ?, upload = ?, begun = ?, mismatches = ?,
    fault = ?, safe_by = ?, unsure = ? WHERE sha256 = ?"""
_NEXT: Final = """WHERE state = 'waiting' AND rank <= ?
    AND sha256 NOT IN (SELECT value FROM json_each(?)) ORDER BY rank, recorded, sha256 LIMIT 1"""
_AWAITED: Final = """SELECT 1 FROM json_each(?) AS key
    CROSS JOIN file ON noun = json_extract(key.value, '$[0]')
    AND file.id = json_extract(key.value, '$[1]') WHERE state = 'waiting' OR unsure LIMIT 1"""
_DOUBT: Final = "UPDATE file SET unsure = 1, safe_by = NULL WHERE state <> 'waiting'"
# What `sync.shelf.is_asked_about`: of each half there is an index.
_UNSURE: Final = """SELECT sha256 FROM file WHERE unsure
    UNION ALL SELECT sha256 FROM file WHERE state = 'safe' AND NOT unsure AND safe_by IS NULL
    ORDER BY sha256 LIMIT ?"""
_LEFT: Final = """SELECT count(*) FILTER (WHERE rank = 0), count(*) FILTER (WHERE rank > 0),
    coalesce(sum(size - sent), 0), min(recorded) FROM file WHERE state = 'waiting' OR unsure"""
# What its person photographed according to the server, which never came there.
_UNHELD: Final = """SELECT body FROM shown WHERE tbl = 'photo'
    AND json_extract(CAST(body AS TEXT), '$.person_id') = ?
    AND json_extract(CAST(body AS TEXT), '$.arrived_at') IS NULL"""
_ALONE: Final = """SELECT count(*) FROM file WHERE state = 'waiting' OR unsure
    OR (state = 'set_aside' AND fault <> 'missing')"""
_DONE: Final = """SELECT sha256, rank, noun, id FROM file WHERE state = 'safe' AND NOT unsure
    AND safe_by <= ? ORDER BY recorded, sha256"""
_SHOWN: Final = "SELECT 1 FROM row WHERE home_noun = ? AND home_id = ? LIMIT 1"
_GONE: Final = "DELETE FROM file WHERE sha256 IN (SELECT value FROM json_each(?))"


class FileShelf:
    """Files by their hash. Everything is called inside a transaction, or only reads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def hold(self, files: Iterable[File]) -> None:
        """As `Shelf.hold`."""
        self._connection.executemany(_HOLD, [_place(file) for file in files])

    def files(self, hashes: Collection[str]) -> dict[str, File]:
        """As `Shelf.files`."""
        wanted = msgspec.json.encode(sorted(hashes)).decode()
        where = "WHERE sha256 IN (SELECT value FROM json_each(?))"
        found = [_read(columns) for columns in self._connection.execute(_SELECT + where, (wanted,))]
        return {file.sha256: file for file in found}

    def keep(self, file: File) -> None:
        """As `Shelf.keep`."""
        told = (file.state, file.sent, file.upload, file.begun, file.mismatches, file.fault)
        self._connection.execute(_KEEP, (*told, file.safe_by, file.unsure, file.sha256))

    def next_file(self, rank_max: int, but: Collection[str] = ()) -> File | None:
        """As `Shelf.next_file`."""
        keys = (rank_max, msgspec.json.encode(sorted(but)).decode())
        found = self._connection.execute(_SELECT + _NEXT, keys).fetchone()
        return _read(found) if found is not None else None

    def is_awaited(self, things: Collection[Aggregate]) -> bool:
        """As `Shelf.is_awaited`."""
        wanted = msgspec.json.encode(sorted(things)).decode()
        return self._connection.execute(_AWAITED, (wanted,)).fetchone() is not None

    def doubt(self) -> None:
        """As `Shelf.doubt`."""
        self._connection.execute(_DOUBT)

    def unsure(self, limit: int) -> list[str]:
        """As `Shelf.unsure`."""
        return [sha256 for (sha256,) in self._connection.execute(_UNSURE, (limit,))]

    def unsent_files(self) -> int:
        """As `Shelf.unsent_files`."""
        (count,) = self._connection.execute(_ALONE).fetchone()
        return int(count)

    def unsent_bytes(self) -> int:
        """As `Shelf.unsent_bytes`."""
        return self.left().bytes

    def hear(self, asked: Collection[str], told: Files, now: int) -> None:
        """As `Shelf.hear`."""
        for file in self.files(asked).values():
            self.keep(after(file, told, now))

    def every(self) -> list[File]:
        """All of them, in the order in which they go."""
        found = self._connection.execute(_SELECT + "ORDER BY rank, recorded, sha256")
        return [_read(columns) for columns in found]

    def left(self) -> "Left":
        """What the server is not known to have."""
        thumbs, finals, size, oldest = self._connection.execute(_LEFT).fetchone()
        return Left(files=thumbs + finals, photos=max(thumbs, finals), bytes=size, oldest=oldest)

    def unheld(self, person: str, hashes: Collection[str]) -> list[File]:
        """Files with these hashes that photos of this person name, and that never arrived."""
        found: list[File] = []
        for (body,) in self._connection.execute(_UNHELD, (person,)):
            photo = read_row("photo", body)
            if isinstance(photo, Photo) and photo.fault != "set_aside":
                found += [file for file in _files(photo) if file.sha256 in hashes]
        return found

    def let_go_of(self, durable: int, *, all_finals: bool) -> list[str]:
        """Files that the server has and has saved by a time (its ms), and nobody needs here.

        Those are the files of jobs that are no longer on this phone; or every one but thumbnails.
        """
        return [
            sha256
            for sha256, rank, noun, identity in self._connection.execute(_DONE, (durable,))
            if (all_finals and rank != THUMBNAIL)
            or self._connection.execute(_SHOWN, (noun, identity)).fetchone() is None
        ]

    def forget(self, hashes: Collection[str]) -> None:
        """Forget files whose bytes are let go of."""
        self._connection.execute(_GONE, (msgspec.json.encode(sorted(hashes)).decode(),))


class Left(Struct, frozen=True, kw_only=True):
    """What waits: files, photos (each of two files), bytes, and the oldest's time (ms)."""

    files: int
    photos: int
    bytes: int
    oldest: int | None


def _files(photo: Photo) -> tuple[File, File]:
    place, when = ("work_order", photo.work_order_id), photo.at
    thumb = File(
        sha256=photo.thumb_sha256, size=photo.thumb_size, rank=THUMBNAIL, on=place, recorded=when
    )
    final = File(sha256=photo.sha256, size=photo.size, rank=OTHER, on=place, recorded=when)
    return (thumb, final)


def _place(file: File) -> tuple[Any, ...]:
    first = (file.sha256, file.size, file.rank, *file.on, file.recorded)
    way = (file.state, file.sent, file.upload, file.begun, file.mismatches, file.fault)
    return (*first, *way, file.safe_by, file.unsure)


def _read(columns: tuple[Any, ...]) -> File:
    sha256, size, rank, noun, identity, recorded, state, sent, upload = columns[:9]
    begun, mismatches, fault, safe_by, unsure = columns[9:]
    return File(
        sha256=sha256,
        size=size,
        rank=rank,
        on=(noun, identity),
        recorded=recorded,
        state=state,
        sent=sent,
        upload=upload,
        begun=bool(begun),
        mismatches=mismatches,
        fault=fault,
        safe_by=safe_by,
        unsure=bool(unsure),
    )

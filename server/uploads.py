"""Uploads: which files devices bring, how far each has come to be evidence, and for how long."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final

from msgspec import Struct, structs
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Executable,
    String,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from server.database import is_sqlite
from server.questions import Question
from server.rows import Insert, Values, add, among, insert_all, listed
from server.tables import METADATA
from server.throttle import Struck, Try, strike_all, strike_and_see
from sync.protocol import Files

UNFINISHED_MAX: Final = 40  # per device
WAITING_MAX: Final = 400  # files of a device that no op names yet
MISMATCHES_MAX: Final = 3
FORGOTTEN_AT_ONCE_MAX: Final = 50
KEPT_MS: Final = 90 * 24 * 60 * 60_000

UPLOAD: Final = METADATA.tables["upload"]
FILE: Final = METADATA.tables["evidence_file"]
PHOTO: Final = METADATA.tables["photo"]


class Upload(Struct, frozen=True, kw_only=True):
    """One upload of a device: its size, the hash it named or has, and when it was done (ms)."""

    id: str
    device_id: str
    person_id: str
    size: int
    sha256: str | None
    began_at: int = 0
    done_at: int | None = None
    mismatches: int = 0

    @property
    def is_set_aside(self) -> bool:
        """Whether what came never agreed with its hash."""
        return self.done_at is None and self.mismatches >= MISMATCHES_MAX


class Room(Struct, frozen=True, kw_only=True):
    """How many kilobytes and files a device may still bring, as the books said at a time (ms)."""

    at: int
    kilobytes: int
    files: int


class Claim(Struct, frozen=True, kw_only=True):
    """What a device may do that begins a file: wait so many seconds; whether there is a place.

    `is_known` is whether it ever began one of the same hash.
    """

    wait: int
    has_place: bool
    is_known: bool
    room: Room


_COLUMNS: Final = tuple(UPLOAD.c[name] for name in Upload.__struct_fields__)
_OPEN: Final = (UPLOAD.c.done_at.is_(None), UPLOAD.c.ended_at.is_(None))
_FIND: Final = select(*_COLUMNS).where(
    UPLOAD.c.id == bindparam("upload"),
    UPLOAD.c.device_id == bindparam("device"),
    UPLOAD.c.person_id == bindparam("person"),
    UPLOAD.c.ended_at.is_(None),
)
_OF_HASH: Final = (
    select(*_COLUMNS)
    .where(UPLOAD.c.device_id == bindparam("device"), UPLOAD.c.sha256 == bindparam("sha256"))
    .order_by(UPLOAD.c.done_at.is_(None), UPLOAD.c.mismatches.desc(), UPLOAD.c.id)
    .limit(1)
)
_HELD: Final = select(
    func.count().filter(UPLOAD.c.done_at.is_(None)), func.count().filter(UPLOAD.c.done_at > 0)
).where(
    UPLOAD.c.device_id == bindparam("device"),
    UPLOAD.c.named_at.is_(None),
    UPLOAD.c.ended_at.is_(None),
)


def _standing_of(device: Any, sha256: Any) -> tuple[ColumnElement[Any], ...]:
    """How many a device has that are not done, and not named, and whether it ever began this one.

    Asked beside what a device brought today.
    """
    here = (UPLOAD.c.device_id == device, UPLOAD.c.named_at.is_(None), UPLOAD.c.ended_at.is_(None))
    kinds = {"unfinished": UPLOAD.c.done_at.is_(None), "waiting": UPLOAD.c.done_at > 0}
    return (
        *(
            select(func.count()).where(*here, is_of_it).scalar_subquery().label(label)
            for label, is_of_it in kinds.items()
        ),
        exists().where(UPLOAD.c.device_id == device, UPLOAD.c.sha256 == sha256).label("is_known"),
    )


_STANDING: Final = _standing_of(
    bindparam("device", type_=String), bindparam("sha256", type_=String)
)
_DONE: Final = (
    update(UPLOAD)
    .where(UPLOAD.c.id == bindparam("upload"), UPLOAD.c.done_at.is_(None))
    .values(done_at=bindparam("now"))
)
_FOUND: Final = _DONE.values(sha256=bindparam("hash"))  # three indexes more to change


def find(connection: Connection, upload: str, device: str, person: str) -> Upload | None:
    """An upload of this device and person; nobody else's is found."""
    named = {"upload": upload, "device": device, "person": person}
    row = connection.execute(_FIND, named).one_or_none()
    return None if row is None else Upload(**row._asdict())


def known(connection: Connection, device: str, sha256: str) -> Upload | None:
    """The upload of a device that tells most about a hash: done, or failed most often."""
    row = connection.execute(_OF_HASH, {"device": device, "sha256": sha256}).one_or_none()
    return None if row is None else Upload(**row._asdict())


def begun(connection: Connection, device: str, file: tuple[str | None, int]) -> Upload | None:
    """The newest unfinished upload of a device for a file (hash, size), if there is one."""
    sha256, size = file
    wanted = (
        select(*_COLUMNS)
        .where(
            UPLOAD.c.device_id == device,
            UPLOAD.c.sha256 == sha256,
            UPLOAD.c.size == size,
            *_OPEN,
        )
        .order_by(UPLOAD.c.began_at.desc(), UPLOAD.c.id.desc())
        .limit(1)
    )
    row = connection.execute(wanted).one_or_none()
    return None if row is None else Upload(**row._asdict())


def claim(connection: Connection, upload: Upload, tried: Try) -> Claim:
    """Count what an upload brings, and ask whether there is a place for it."""
    asked = {"device": upload.device_id, "sha256": upload.sha256}
    struck = strike_and_see(connection, tried, _STANDING, asked)
    return _claimed(tried, struck, struck.seen)


def claim_all(connection: Connection, tried: Sequence[tuple[Upload, Try]]) -> list[Claim]:
    """The same for files of different devices; on PostgreSQL by one statement each."""
    if is_sqlite(connection) or len(tried) == 1:
        return [claim(connection, upload, one) for upload, one in tried]
    struck = strike_all(connection, [one for _, one in tried])
    devices, hashes = zip(*((one.device_id, one.sha256) for one, _ in tried), strict=True)
    found = _standings().ask(connection, devices=list(devices), hashes=list(hashes))
    standing = {device: seen for device, *seen in found}
    return [
        _claimed(one, came, standing[upload.device_id])
        for (upload, one), came in zip(tried, struck, strict=True)
    ]


@cache
def _standings() -> Question:
    lists = (bindparam(name, type_=ARRAY(String)) for name in ("devices", "hashes"))
    given = func.unnest(*lists).table_valued("device", "sha256").render_derived()
    return Question(select(given.c.device, *_standing_of(given.c.device, given.c.sha256)))


def _claimed(tried: Try, struck: Struck, seen: Sequence[Any]) -> Claim:
    unfinished, waiting, is_known = seen
    free = UNFINISHED_MAX - unfinished, WAITING_MAX - waiting
    return Claim(
        wait=struck.wait,
        has_place=min(free) > 0,
        is_known=bool(is_known),
        room=Room(at=tried.at, kilobytes=struck.left, files=min(free) - 1),
    )


def begin(connection: Connection, upload: Upload) -> bool:
    """Write an upload down; False if its device has too many that are not done or not named."""
    unfinished, waiting = connection.execute(_HELD, {"device": upload.device_id}).one()
    if unfinished >= UNFINISHED_MAX or waiting >= WAITING_MAX:
        return False
    write(connection, upload)
    return True


def write(connection: Connection, upload: Upload) -> None:
    """Write an upload down, however many its device has."""
    add(connection, "upload", (), [_row(upload)])


def _row(upload: Upload) -> Values:
    return [getattr(upload, column.name, None) for column in UPLOAD.c]


def finish(connection: Connection, upload: Upload, file: tuple[str, str], now_ms: int) -> None:
    """Write down that an upload is done, and its checked file: (hash, fault)."""
    sha256, fault = file
    add(connection, "evidence_file", ("sha256",), [(sha256, upload.size, now_ms, fault)])
    done = {"upload": upload.id, "now": now_ms}
    if upload.sha256 is None:
        connection.execute(_FOUND, {**done, "hash": sha256})
    else:
        connection.execute(_DONE, done)


def bring(connection: Connection, files: Sequence[tuple[Upload, str]], now_ms: int) -> None:
    """Write uploads down that were never begun and are done, and their checked files: (, fault)."""
    done = [_row(structs.replace(one, done_at=now_ms)) for one, _ in files]
    kept = sorted((str(one.sha256), one.size, now_ms, fault) for one, fault in files)
    rows = (Insert("upload", (), done), Insert("evidence_file", ("sha256",), kept))
    insert_all(connection, rows)


def is_kept(connection: Connection, sha256: str) -> bool:
    """Whether there is such a checked file."""
    return connection.scalar(select(FILE.c.size).where(FILE.c.sha256 == sha256)) is not None


def mismatch(connection: Connection, upload: str) -> int:
    """Count that bytes did not agree with the hash they were named by; returns how often now."""
    counted = (
        update(UPLOAD)
        .where(UPLOAD.c.id == upload)
        .values(mismatches=UPLOAD.c.mismatches + 1)
        .returning(UPLOAD.c.mismatches)
    )
    return int(connection.execute(counted).scalar_one())


def end(connection: Connection, upload: Upload, now_ms: int) -> None:
    """Let go of an upload that its device gives up. What failed is kept for its count."""
    here = UPLOAD.c.id == upload.id
    if upload.mismatches:
        connection.execute(update(UPLOAD).where(here).values(ended_at=now_ms))
    else:
        connection.execute(delete(UPLOAD).where(here))


def name(connection: Connection, uploads: Collection[str], now_ms: int) -> None:
    """Note that photos name the files of these uploads."""
    named = (
        update(UPLOAD)
        .where(among(UPLOAD.c.id, "ids", connection.dialect.name), UPLOAD.c.named_at.is_(None))
        .values(named_at=now_ms)
    )
    connection.execute(named, {"ids": listed(connection, uploads)})


def unfinished(connection: Connection, device: str) -> list[Upload]:
    """The unfinished uploads of a device, the one begun first at the head."""
    wanted = (
        select(*_COLUMNS)
        .where(UPLOAD.c.device_id == device, *_OPEN)
        .order_by(UPLOAD.c.began_at, UPLOAD.c.id)
    )
    return [Upload(**row._asdict()) for row in connection.execute(wanted)]


def standing(connection: Connection, device: str, hashes: Collection[str]) -> Files:
    """How files stand that a device asks about: what it brought itself, and nothing else."""
    rows = connection.execute(
        _standing(connection.dialect.name),
        {"device": device, "hashes": listed(connection, hashes)},
    ).all()
    have = {row.sha256 for row in rows if row.done}
    aside = {row.sha256 for row in rows if row.mismatches >= MISMATCHES_MAX} - have
    return Files(have=frozenset(have), wanted=frozenset(hashes) - have - aside)


@cache
def _standing(dialect: str) -> Executable:
    return (
        select(
            UPLOAD.c.sha256,
            func.max(UPLOAD.c.done_at).label("done"),
            func.max(UPLOAD.c.mismatches).label("mismatches"),
        )
        .where(UPLOAD.c.device_id == bindparam("device"), among(UPLOAD.c.sha256, "hashes", dialect))
        .group_by(UPLOAD.c.sha256)
    )


def abandoned(connection: Connection, before_ms: int) -> list[Upload]:
    """Uploads from before that no photo of their person names, a few at a time."""
    named = exists().where(
        PHOTO.c.person_id == UPLOAD.c.person_id,
        or_(PHOTO.c.sha256 == UPLOAD.c.sha256, PHOTO.c.thumb_sha256 == UPLOAD.c.sha256),
    )
    wanted = (
        select(*_COLUMNS)
        .where(
            UPLOAD.c.named_at.is_(None),
            func.coalesce(UPLOAD.c.done_at, UPLOAD.c.began_at) < before_ms,
            ~named,
        )
        .order_by(UPLOAD.c.began_at, UPLOAD.c.id)
        .limit(FORGOTTEN_AT_ONCE_MAX)
    )
    return [Upload(**row._asdict()) for row in connection.execute(wanted)]


def forget(connection: Connection, gone: Collection[Upload]) -> list[str]:
    """Strike uploads off; returns the hashes of the files that nobody brought or names any more."""
    dialect = connection.dialect.name
    ids = listed(connection, {one.id for one in gone})
    hashes = listed(connection, {one.sha256 for one in gone if one.sha256})
    connection.execute(delete(UPLOAD).where(among(UPLOAD.c.id, "ids", dialect)), {"ids": ids})
    kept = or_(
        exists().where(UPLOAD.c.sha256 == FILE.c.sha256, UPLOAD.c.done_at.is_not(None)),
        exists().where(PHOTO.c.sha256 == FILE.c.sha256),
        exists().where(PHOTO.c.thumb_sha256 == FILE.c.sha256),
    )
    dropped = (
        delete(FILE).where(among(FILE.c.sha256, "hashes", dialect), ~kept).returning(FILE.c.sha256)
    )
    return sorted(connection.scalars(dropped, {"hashes": hashes}))


def unfinished_among(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of the ids that are uploads still under way."""
    wanted = select(UPLOAD.c.id).where(among(UPLOAD.c.id, "ids", connection.dialect.name), *_OPEN)
    return set(connection.scalars(wanted, {"ids": listed(connection, ids)}))

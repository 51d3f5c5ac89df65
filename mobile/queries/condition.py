"""How the phone is: what waits and since when, its clock, its room, and if its copy is whole."""

import sqlite3
from typing import Final, Literal

from msgspec import Struct

from mobile import evidence
from mobile.queries import inbox, lines, photos, rows
from shared.clock import is_skewed, skew_ms
from shared.people import Person
from sync.digest import LANE

_SUMS: Final = """SELECT count(*) FROM mark LEFT JOIN (
    SELECT stream, sum(lane1) AS one, sum(lane2) AS two FROM row GROUP BY stream) AS counted
    USING (stream) WHERE cursor > 0
    AND (coalesce(one, 0) % ? <> lane1 OR coalesce(two, 0) % ? <> lane2)"""


Log = Literal["grew", "signed", "bad"]  # how far the audit log is to be believed


class Condition(Struct, frozen=True, kw_only=True):
    """How this phone is. Times are in milliseconds; `checksum_ok` compares rows with marks.

    `clock_skewed` says that the clock is so wrong that its person should set it. `photos_safe` of
    `photos` are at the server; `pending_files` (each photo has two) wait on this phone. `examined`
    is when all rows were last read through. `log` tells what is known of the server's audit log.
    """

    device: str
    person: str
    name: str
    epoch: str | None
    pending: int
    attention: int
    oldest: int | None
    last_contact: int | None
    clock_skew_ms: int | None
    clock_skewed: bool
    free_bytes: int
    streams: int
    checksum_ok: bool
    unread: int = 0
    photos: int = 0
    photos_safe: int = 0
    pending_files: int = 0
    pending_bytes: int = 0
    room: evidence.Level = "ok"
    examined: int | None = None
    log: Log = "grew"
    unconfirmed: bool = False


class Waiting(Struct, frozen=True, kw_only=True):
    """What a chip shows: ops that wait and since when (ms), those that need their author, notices.

    `refused` are among `attention`, and so are photos that came to harm on their way.
    `last_contact` is when the server last answered (ms). Of `photos` bytes are still to be sent.
    `unconfirmed` tells that the office has yet to let this phone in.
    """

    pending: int
    attention: int
    refused: int
    oldest: int | None
    unread: int
    last_contact: int | None
    photos: int = 0
    unconfirmed: bool = False


def condition(connection: sqlite3.Connection, free_bytes: int) -> Condition:
    """How this phone is. Adds up every row: for a page that is opened, not for one that redraws."""
    identity = rows.identity(connection)
    me = rows.one(connection, Person, identity.person)
    chip = waiting(connection)
    torn = connection.execute(_SUMS, (LANE, LANE)).fetchone()[0]
    seen, care = identity.sighting, identity.care
    left = photos.journey(connection).waiting
    safe, total = photos.counts(connection)
    return Condition(
        device=identity.device,
        person=identity.person,
        name=me.name if me is not None else "",
        epoch=identity.epoch,
        pending=chip.pending,
        attention=chip.attention,
        oldest=chip.oldest,
        last_contact=chip.last_contact,
        clock_skew_ms=skew_ms(seen) if seen is not None else None,
        clock_skewed=seen is not None and is_skewed(seen),
        free_bytes=free_bytes,
        streams=connection.execute("SELECT count(*) FROM mark").fetchone()[0],
        checksum_ok=torn == 0 and not care.doubts,
        unread=chip.unread,
        photos=total,
        photos_safe=safe,
        pending_files=left.files,
        pending_bytes=left.bytes,
        room=evidence.level(free_bytes),
        examined=care.examined_at,
        log="bad" if care.head_fault else "signed" if care.head_keys else "grew",
        unconfirmed=identity.unconfirmed,
    )


def waiting(connection: sqlite3.Connection) -> Waiting:
    """What a chip shows: cheap enough for every redraw."""
    open_lines = lines.unsafe(connection)
    identity = rows.identity(connection)
    seen = identity.sighting
    journey = photos.journey(connection)
    told = [
        line
        for line in open_lines
        if line.state in ("attention", "refused") and not (line.settled or line.mended)
    ]
    return Waiting(
        pending=sum(lines.is_pending(line) for line in open_lines),
        attention=len(told) + journey.faulty,
        refused=sum(line.state == "refused" for line in told),
        oldest=min(
            (
                *(one.done_at for one in open_lines if one.state == "waiting"),
                *(() if journey.waiting.oldest is None else (journey.waiting.oldest,)),
            ),
            default=None,
        ),
        unread=inbox.unread(connection),
        last_contact=seen.received if seen is not None else None,
        photos=journey.waiting.photos,
        unconfirmed=identity.unconfirmed,
    )

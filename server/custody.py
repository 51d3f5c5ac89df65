"""Custody: how a file gets from a phone into the evidence store, piece by piece, and is checked.

Each function is one step of one request, runs in a thread, and may be repeated: whatever was broken
off anywhere is taken up by the next request for the same upload. Only when a file's bytes agree
with its hash, are in the store and stand in the books, it is said to be done.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

from msgspec import Struct

from server import parts, sessions, throttle, uploads
from server.database import Busy
from server.evidence import told
from server.office import Office
from server.parts import Elsewhere
from server.pictures import is_picture
from server.problems import Problem, enough_today, throttled
from server.sessions import Actor, Pass
from server.throttle import Try
from server.uploads import KEPT_MS, MISMATCHES_MAX, Claim, Upload

INTENT: Final = "evidence.upload"
UNREADABLE: Final = "unreadable"
FILES_PER_DAY_MAX: Final = 2_000  # per device
BYTES_PER_DAY_MAX: Final = 1_000_000_000  # per device
KILOBYTES: Final = "kilobytes|"
KILO: Final = 1_000
WAIT_S: Final = 600  # of one who has too much on the way
STRAY_MS: Final = 60 * 60_000  # after which a part that belongs to no upload is dropped
IDLE_MS: Final = 10 * 60_000  # after which a new upload may take an unfinished one's place


# Who brings a file, as the books say in a transaction that is open. Raises `Problem`.
Who = Callable[[Any], Actor]


class Dropped(Busy):
    """A file that was in the store has just been let go of; brought again it is there."""


class Wish(Struct, frozen=True, kw_only=True):
    """What a device wants to upload: so many bytes, and their hash if it says so.

    `again` is one who may have begun already and lost the answer, and would go on from there.
    """

    size: int
    sha256: str | None = None
    again: bool = False


class Checked(Struct, kw_only=True):
    """The checksum a device gave for one piece: what it should be, and what has come so far."""

    wanted: bytes
    so_far: Any  # a hash object of `hashlib`


def admit(office: Office, shown: Pass) -> Actor:
    """Who brings files. Raises `Problem`."""
    with office.reading() as books:
        return admitted(office, shown, books)


def admitted(office: Office, shown: Pass, books: Any) -> Actor:
    """The same, in a transaction that is open anyway. Raises `Problem`."""
    days = office.settings.limits.drain_days
    return sessions.admitted(books, shown, INTENT, office.now_ms(), days)


def begin(office: Office, actor: Actor, wish: Wish) -> Upload:
    """Begin an upload, or find what this device brought already. Raises `Problem`."""
    left = _left(office, actor, wish)
    upload = _begin(office, actor, wish)
    if left is not None and upload.done_at is None:
        office.parts.adopt(left, upload.id)
    elif left is not None:
        office.parts.drop(left)
    return upload


def _left(office: Office, actor: Actor, wish: Wish) -> str | None:
    """What a server that fell left of a file of which its books do not know yet."""
    if not wish.again or wish.sha256 is None:
        return None
    return office.parts.left(parts.label(str(actor.device), wish.sha256))


def _begin(office: Office, actor: Actor, wish: Wish) -> Upload:
    now, device = office.now_ms(), str(actor.device)
    with office.writing() as books:
        known = uploads.known(books, device, wish.sha256) if wish.sha256 else None
        if known is not None and known.done_at is not None and known.size == wish.size:
            return known
        if known is not None and known.is_set_aside:
            raise Problem("set_aside")
        begun = uploads.begun(books, device, (wish.sha256, wish.size)) if wish.again else None
        if begun is not None:
            return begun
        upload = fresh(office, actor, wish, known.mismatches if known is not None else 0)
        claim = uploads.claim(books, upload, counted(upload, now))
        has_place = not claim.wait and _place(office, books, upload, claim)
    office.rooms[device] = claim.room
    if claim.wait:  # raised only now, so that the try is counted
        raise enough_today(claim.wait)
    if not has_place:
        raise throttled(WAIT_S)
    return upload


def fresh(
    office: Office, actor: Actor, wish: Wish, mismatches: int = 0, identity: str = ""
) -> Upload:
    """An upload that begins now."""
    return Upload(
        id=identity or office.fresh_id(),
        device_id=str(actor.device),
        person_id=actor.person.id,
        size=wish.size,
        sha256=wish.sha256,
        began_at=office.now_ms(),
        mismatches=mismatches,
    )


def counted(upload: Upload, now: int) -> Try:
    """A device may bring so much a day."""
    limit = (BYTES_PER_DAY_MAX // KILO, throttle.DAY_MINUTES)
    key = KILOBYTES + upload.device_id
    return Try(key=key, limit=limit, at=now, count=kilobytes(upload.size))


def kilobytes(size: int) -> int:
    """What a file of so many bytes counts for: a small one as much as a middling one."""
    return max(-(-size // KILO), BYTES_PER_DAY_MAX // FILES_PER_DAY_MAX // KILO)


def _place(office: Office, books: Any, upload: Upload, claim: Claim) -> bool:
    """Begin an upload, in the place of the oldest unfinished one if that got nowhere of late."""
    if claim.has_place:
        uploads.write(books, upload)
        return True
    now = claim.room.at
    touched = office.parts.touched()
    for other in uploads.unfinished(books, upload.device_id):
        if max(other.began_at, touched.get(other.id, 0)) < now - IDLE_MS:
            uploads.end(books, other, now)
            return uploads.begin(books, upload)
    return False


def bring(
    office: Office, who: Who, file: tuple[Wish, list[bytes]], checked: Checked | None
) -> tuple[Upload, int]:
    """Begin an upload with the first bytes of its file, or all; returns it and how far it is.

    What comes as a whole is hashed before it is written, by whom alone has it: nobody else can
    have put other bytes there, and to read them again would only ask the same memory. Raises
    `Problem`.
    """
    wish, pieces = file
    size = sum(map(len, pieces))
    with office.reading() as books:
        actor = who(books)
    upload = begin(office, actor, wish)
    if upload.done_at is not None:
        return upload, upload.size
    if not agrees(checked, pieces):
        raise Problem("checksum_mismatch")
    with office.parts.begun(upload.id, pieces) as path:
        if size == upload.size:
            _keep(office, upload, path, hash_of(pieces))
            office.parts.drop(upload.id)
            return upload, size
    return upload, office.parts.size(upload.id)


def find(office: Office, actor: Actor, upload: str) -> Upload:
    """An upload of this device. Raises `Problem`, the same for another's as for none."""
    with office.reading() as books:
        found = uploads.find(books, upload, str(actor.device), actor.person.id)
    if found is None:
        raise Problem("not_found")
    return found


def end_of(office: Office, upload: Upload) -> int:
    """How many bytes of an upload are safe from a power cut; all of them are checked first."""
    if upload.done_at is not None:
        return upload.size
    if upload.is_set_aside:
        raise Problem("set_aside")
    size = office.parts.size(upload.id)
    if size == upload.size:
        finish(office, upload)
    return size


def take(
    office: Office, upload: Upload, offset: int, pieces: list[bytes], checked: Checked | None
) -> int:
    """Put pieces at the end of an upload; returns where it ends now. Raises `Problem`."""
    if checked is not None:
        _update(checked.so_far, pieces)
    try:
        return office.parts.append(upload.id, offset, pieces)
    except Elsewhere:
        raise Problem("wrong_offset") from None


def approve(office: Office, upload: Upload, span: tuple[int, int], checked: Checked) -> None:
    """Keep what came from one place to another if it agrees with its checksum. Raises `Problem`."""
    if checked.so_far.digest() == checked.wanted:
        return
    try:
        office.parts.cut(upload.id, *span)
    except Elsewhere:
        raise Problem("wrong_offset") from None
    raise Problem("checksum_mismatch")


def finish(office: Office, upload: Upload) -> None:
    """Check a file that is all there, and keep it. Raises `Problem`."""
    with office.parts.alone(upload.id) as path:
        with told():
            whole = path.stat().st_size == upload.size
            sha256 = parts.hash_of(path) if whole else ""
        if not whole:
            _see_that_it_is_done(office, upload)
        else:
            _keep(office, upload, path, sha256)
        office.parts.drop(upload.id)


def _see_that_it_is_done(office: Office, upload: Upload) -> None:
    """Somebody else made an end of it meanwhile, one or the other."""
    with office.reading() as books:
        found = uploads.find(books, upload.id, upload.device_id, upload.person_id)
    if found is None or found.done_at is None:
        raise Problem("wrong_offset")


def _keep(office: Office, upload: Upload, path: Path, sha256: str) -> None:
    if upload.sha256 not in (None, sha256):
        raise _disagreed(office, upload)
    with told(), path.open("rb") as file:
        fault, is_new = store(office, sha256, path, file)
    with office.writing() as books:
        see_that_they_stay(office, books, set() if is_new else {sha256})
        uploads.finish(books, upload, (sha256, fault), office.now_ms())


def store(office: Office, sha256: str, path: Path, file: BinaryIO) -> tuple[str, bool]:
    """Put a file into the store: what is wrong with it as a picture; whether it is new there."""
    with told():
        fault = "" if is_picture(file) else UNREADABLE
    return fault, office.evidence.put(sha256, path)


def see_that_they_stay(office: Office, books: Any, hashes: set[str]) -> None:
    """What was in the store before may be let go of at this very moment. Raises `Dropped`."""
    office.ledger(books).hold({("evidence_file", one) for one in hashes})
    if not all(map(office.evidence.has, hashes)):
        raise Dropped("the file has just been dropped")


def _disagreed(office: Office, upload: Upload) -> Problem:
    """The bytes are dropped and the upload begins anew, but not for ever."""
    office.parts.empty(upload.id)
    with office.writing() as books:
        count = uploads.mismatch(books, upload.id)
    office.log.warning("a file does not agree with its hash", device=upload.device_id, count=count)
    return Problem("set_aside" if count >= MISMATCHES_MAX else "hash_mismatch")


def end(office: Office, upload: Upload) -> None:
    """Let go of an upload. Raises `Problem` for one that is done: it may be evidence by now."""
    if upload.done_at is not None:
        raise Problem("not_permitted")
    with office.writing() as books:
        uploads.end(books, upload, office.now_ms())
    office.parts.drop(upload.id)


def tidy(office: Office) -> None:
    """Let go of what nobody's op has named for long, and of parts that nobody goes on with."""
    now = office.now_ms()
    touched = office.parts.touched()
    with office.reading() as books:
        known = uploads.unfinished_among(books, touched)
        old = uploads.abandoned(books, now - KEPT_MS)
    gone = [one for one in old if touched.get(one.id, 0) < now - KEPT_MS]
    if gone:
        with office.writing() as books:
            held = {("evidence_file", one.sha256) for one in gone if one.sha256}
            office.ledger(books).hold(held)
            for sha256 in uploads.forget(books, gone):
                office.evidence.remove(sha256)
    strays = {part for part, at in touched.items() if at < now - _patience_ms(part)} - known
    for part in strays | {one.id for one in gone}:
        office.parts.drop(part)


def _patience_ms(part: str) -> int:
    """How long a part may lie of which the books do not know: with a label it may be asked for."""
    return KEPT_MS if parts.is_labelled(part) else STRAY_MS


def agrees(checked: Checked | None, pieces: list[bytes]) -> bool:
    """Whether a whole piece has the checksum that its device gave for it, if it gave one."""
    return checked is None or _update(checked.so_far.copy(), pieces).digest() == checked.wanted


def hash_of(pieces: list[bytes]) -> str:
    """The SHA-256 of a file in pieces, in hexadecimal."""
    return str(_update(hashlib.sha256(), pieces).hexdigest())


def _update(so_far: Any, pieces: list[bytes]) -> Any:
    for piece in pieces:
        so_far.update(piece)
    return so_far


def checksum(algorithm: str, wanted: bytes) -> Checked | None:
    """What checks a piece, or None if nobody here knows how."""
    known = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
    made = known.get(algorithm)
    if made is None:
        return None
    return Checked(wanted=wanted, so_far=made(usedforsecurity=False))

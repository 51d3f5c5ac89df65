"""Bringing: whole files, of which those that come at the same time are written down together.

Most photos come in one request. Each is put into the store by itself; a transaction, which costs as
much as all that it says of one file, is for as many as wait for it. Where one of them is refused,
nothing of it stands, and each is written down alone.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from io import BytesIO
from typing import Final

from msgspec import Struct

from server import custody, parts, sessions, uploads
from server.custody import INTENT, Checked, Dropped, Wish
from server.database import Busy
from server.office import Office
from server.problems import Problem
from server.sessions import Pass
from server.uploads import Upload

ROOM_MS: Final = 60_000  # for which it is believed that a device has room
TOGETHER_MAX: Final = 16


class Laid(Struct, frozen=True, kw_only=True):
    """A whole file that lies in the store, by whom it came, and what holds its part meanwhile.

    `fault` is what is wrong with it as a picture; `is_new` whether the store had no such file.
    """

    identity: str
    shown: Pass
    wish: Wish
    sha256: str
    part: str
    fault: str
    is_new: bool
    held: ExitStack


class _NotSoPlain(Exception):
    """A file has to be begun before it is taken."""


REFUSALS: Final = (Problem, _NotSoPlain, Dropped)


def lay(
    office: Office, shown: Pass, file: tuple[Wish, list[bytes]], checked: Checked | None
) -> Laid | None:
    """Put a whole file into the store. None for one that is not so plain.

    A server that falls before it is written down leaves a part that says itself whose it is.
    Raises `server.evidence.NoRoom` and `Unreachable`.
    """
    wish, pieces = file
    if sum(map(len, pieces)) != wish.size or not _has_room(office, shown.device, wish):
        return None
    sha256 = custody.hash_of(pieces)
    if sha256 != wish.sha256 or not custody.agrees(checked, pieces):
        return None
    identity = office.fresh_id()
    part = f"{identity}-{parts.label(shown.device, sha256)}"
    with ExitStack() as held:
        path = held.enter_context(office.parts.begun(part, pieces))
        fault, is_new = custody.store(office, sha256, path, BytesIO(b"".join(pieces)))
        return Laid(
            identity=identity,
            shown=shown,
            wish=wish,
            sha256=sha256,
            part=part,
            fault=fault,
            is_new=is_new,
            held=held.pop_all(),
        )


def _has_room(office: Office, device: str, wish: Wish) -> bool:
    """Whether the books said a moment ago that a device may bring more than this.

    They are asked again in the transaction that takes it: another process may have taken more.
    """
    room = office.rooms.get(device)
    if room is None or office.now_ms() - room.at > ROOM_MS:
        return False
    return room.files > 0 and room.kilobytes >= custody.kilobytes(wish.size)


def enter(office: Office, few: Sequence[Laid]) -> list[Upload | Exception | None]:
    """Write files of different devices down, as done; each is told its upload, or what is wrong.

    None is told to one that has to be begun first: nothing of it is left here. Raises what is
    wrong with the books themselves.
    """
    with ExitStack() as held:
        for one in few:
            held.push(one.held)
        if len(few) == 1:
            return [_alone(office, few[0])]
        try:
            return [*_entered(office, few)]
        except REFUSALS:
            return [_alone(office, one) for one in few]


def _alone(office: Office, one: Laid) -> Upload | Exception | None:
    try:
        return _entered(office, [one])[0]
    except (Problem, _NotSoPlain) as refused:
        return _refused(office, one, refused)
    except Busy as busy:
        return busy


def _refused(office: Office, one: Laid, refused: Exception) -> Problem | None:
    """Let go of a file that its device may not bring, or not so."""
    office.rooms.pop(one.shown.device, None)
    if one.is_new:
        _take_back(office, one)
    office.parts.drop(one.part)
    return refused if isinstance(refused, Problem) else None


def _entered(office: Office, few: Sequence[Laid]) -> list[Upload]:
    """Write files in the store down, or nothing at all where a device may not bring its own so.

    Who brings them is asked here. Two processes hold what is theirs in the same order.
    """
    now, days = office.now_ms(), office.settings.limits.drain_days
    with office.writing() as books:
        custody.see_that_they_stay(office, books, {one.sha256 for one in few if not one.is_new})
        actors = sessions.admitted_all(books, [one.shown for one in few], INTENT, (now, days))
        found = [
            custody.fresh(office, actor, one.wish, identity=one.identity)
            for actor, one in zip(actors, few, strict=True)
        ]
        claims = uploads.claim_all(books, [(one, custody.counted(one, now)) for one in found])
        if any(one.wait or one.is_known or not one.has_place for one in claims):
            raise _NotSoPlain
        faults = (one.fault for one in few)
        uploads.bring(books, list(zip(found, faults, strict=True)), now)
    for upload, claim in zip(found, claims, strict=True):
        office.rooms[upload.device_id] = claim.room
    for one in few:
        office.parts.drop(one.part)
    return found


def _take_back(office: Office, one: Laid) -> None:
    """Have nothing in the store of which the books do not know, nor will be told.

    Somebody else may have laid the same file, and has a part of it until it is written down.
    """
    with office.writing() as books:
        office.ledger(books).hold({("evidence_file", one.sha256)})
        if not uploads.is_kept(books, one.sha256) and not office.parts.has_other(one.part):
            office.evidence.remove(one.sha256)

"""Rescue: a phone's work in one file, for when no server can be reached from it any more.

The file is sealed to the server of the enrolment and signed by this device. It is read from what is
left of the phone's folder, needs no network, and changes nothing on the phone.
"""

import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from mobile import database, evidence, salvage
from mobile.device import (
    INCARNATION_BYTES,
    PRIVATE,
    Installation,
    dice,
    installation,
    settle_folder,
)
from mobile.keys import DeviceKey, open_key
from mobile.passes import Passes
from mobile.salvage import NOTHING, Findings
from mobile.wire import Deadlines, Refused as TurnedAway, Unreachable, Wire
from shared.errors import Refused, refuse_state, refuse_value
from shared.photos import PHOTO_BYTES_MAX

if TYPE_CHECKING:  # takes longer to load than the app takes to show its first screen
    from shared.rescue import Cover, Harmed, Sealer

OUTBOX: Final = "outbox"
FOLDER: Final = "rescue"  # where the app packs
PATIENCE_S: Final = 600.0  # a large file is read to its end before anything is said of it


class Packed(Struct, frozen=True, kw_only=True):
    """What is in a rescue file: how many acts and files, its size, and what could not be saved."""

    file: str
    ops: int
    files: int
    bytes: int
    torn: tuple[str, ...]


class Carried(Struct, frozen=True, kw_only=True):
    """How much was in another phone's file that the office now has."""

    ops: int
    files: int


class Who(Struct, frozen=True, kw_only=True):
    """Whose work it is, by which app, and when by this phone's clock (ms)."""

    owner: Installation
    app: str
    now_ms: int


def pack(folder: Path, out: Path, app: str, now_ms: int) -> Packed | Refused | None:
    """`export` for whoever a folder belongs to; None where it is nobody's yet.

    Raises `mobile.device.Garbled` and `mobile.keys.KeyLost`.
    """
    owner = installation(folder)
    if owner is None:
        return None
    return export(folder, out, Who(owner=owner, app=app, now_ms=now_ms))


def not_written(out: Path) -> Refused:
    """The refusal of a file that there is no place or no room for."""
    return refuse_value("rescue_not_written", "out", file=str(out))


def export(folder: Path, out: Path, who: Who) -> Packed | Refused:
    """Write everything that the office does not safely have into one file, or say why not.

    What came to harm on the phone is left out and named. Raises `mobile.keys.KeyLost`.
    """
    if not who.owner.rescue:
        return refuse_state("no_rescue_key")
    if out.is_dir() or not out.parent.is_dir():
        return not_written(out)
    with salvage.opened(database.path_of(folder, who.owner.person)) as connection:
        found = salvage.search(connection) if connection is not None else NOTHING
        here, gone = _files(folder, found)
        torn = _torn(found, gone)
        packing = Packing(folder=folder, who=who, found=found, files=here, torn=torn)
        try:
            size = _write(out, packing.pieces(connection, open_key(folder)))
        except OSError:
            return not_written(out)
    named = tuple(f"{what} {name}".strip() for what, name in torn)
    return Packed(file=str(out), ops=len(found.ops), files=len(here), bytes=size, torn=named)


def _files(folder: Path, found: Findings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The hashes of the files that are here as they were recorded, and of those that are not.

    Where the list of files is torn, all that lie in the folder are wanted.
    """
    wanted = found.files if found.is_whole else found.files | evidence.here(folder)
    here = [sha256 for sha256 in sorted(wanted) if _content(folder, sha256) is not None]
    return tuple(here), tuple(sorted(wanted - set(here)))


def _content(folder: Path, sha256: str) -> bytes | None:
    path = evidence.path_of(folder, sha256)
    if path is None or not 0 < path.stat().st_size <= PHOTO_BYTES_MAX:
        return None
    return evidence.read(folder, sha256)


def _torn(found: Findings, gone: tuple[str, ...]) -> tuple["tuple[Harmed, str]", ...]:
    torn: list[tuple[Harmed, str]] = [] if found.is_whole else [("list", OUTBOX)]
    torn += [("op", one) for one in found.ops_torn]
    torn += [("file", one) for one in gone]
    return tuple(torn)


class Packing(Struct, frozen=True, kw_only=True):
    """One file that is about to be written: what goes in, and what does not."""

    folder: Path
    who: Who
    found: Findings
    files: tuple[str, ...]
    torn: tuple["tuple[Harmed, str]", ...]

    def pieces(self, connection: database.Connection | None, key: DeviceKey) -> Iterator[bytes]:
        """The bytes of the file, of which never more than one act or photo is held."""
        from shared.rescue import Manifest, Torn

        sealer = self._sealer()
        owner = self.who.owner
        yield sealer.begin()
        yield sealer.say(
            Manifest(
                device=owner.device,
                person=owner.person,
                app=self.who.app,
                made_at=self.who.now_ms,
            )
        )
        if connection is not None:
            yield from self._ops(sealer, connection)
        yield from self._photos(sealer)
        for what, name in self.torn:
            yield sealer.say(Torn(what=what, name=name))
        yield sealer.end(owner.device, key.sign)

    def _sealer(self) -> "Sealer":
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

        from shared.rescue import Sealer, public_text

        ephemeral = generate_private_key(SECP256R1())
        cover = self._cover(public_text(ephemeral.public_key()))
        return Sealer(cover, self.who.owner.rescue, ephemeral)

    def _cover(self, ephemeral: str) -> "Cover":
        from shared.rescue import Cover, name_of

        return Cover(
            id=dice(INCARNATION_BYTES).hex(),
            key=name_of(self.who.owner.rescue),
            ephemeral=ephemeral,
            ops=len(self.found.ops),
            files=len(self.files),
        )

    def _ops(self, sealer: "Sealer", connection: database.Connection) -> Iterator[bytes]:
        from shared.rescue import SavedOp

        for rowid in self.found.ops:
            kept = salvage.op(connection, rowid)
            yield sealer.say(
                SavedOp(incarnation=kept.incarnation, lseq=kept.lseq, id=kept.op_id, body=kept.body)
            )

    def _photos(self, sealer: "Sealer") -> Iterator[bytes]:
        from shared.rescue import SavedFile

        for sha256 in self.files:
            content = _content(self.folder, sha256)
            if content is not None:  # else it was let go of this very moment: the office has it
                yield sealer.say(SavedFile(sha256=sha256, size=len(content)))
                yield sealer.bring(content)


def carry(folder: Path, file: Path, owner: Installation) -> Carried | Refused:
    """Hand in another phone's rescue file, which this phone cannot read.

    Raises what the wire raises, and `mobile.keys.KeyLost`; the file stays as it is.
    """
    try:
        source = file.open("rb")
    except OSError:
        return refuse_value("rescue_not_read", "file", file=str(file))
    key = open_key(folder)
    wire = Wire(owner.server, owner.key, Deadlines(reply_s=PATIENCE_S, whole_s=PATIENCE_S))

    def hand_over(token: str) -> bytes:
        source.seek(0)
        return wire.hand_over(source, token)

    with source, closing(wire):
        try:
            told = Passes(wire, key, time.monotonic).use(owner.device, hand_over)
            return msgspec.json.decode(told, type=Carried)
        except TurnedAway as refused:
            return refuse_value(refused.problem.code, "file")
        except Unreachable as ended:
            ended.server = owner.server
            raise


def _write(out: Path, pieces: Iterator[bytes]) -> int:
    """A whole file or none of it, for nobody else to read; returns its size. Raises `OSError`."""
    draft = out.with_name(f".{out.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE), "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        draft.replace(out)
        with suppress(PermissionError):  # of whoever's folder it is: all there is lies in it
            settle_folder(out.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return size

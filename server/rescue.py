"""Rescue files: work that came by another way than the wire, taken in as if its phone had spoken.

All of a file is read and checked before anything is written. What is then entered is entered like
a phone's own push, batch by batch, so the same file again, or the phone itself, doubles nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, BinaryIO, Final

from msgspec import Struct, field

from server import custody, drains, enrolment, uploads
from server.enrolment import Known
from server.ledger import Ledger
from server.office import Office
from server.uploads import Upload
from shared import rescue
from shared.ids import fingerprint, id_of_unreadable
from shared.ops import Verdict
from shared.rescue import Cover, Manifest, Record, SavedFile, SavedOp, Signed, Torn, Unfit
from sync.desk import Parcel
from sync.exchange import REVOKED
from sync.intake import receive
from sync.protocol import OPS_PER_PUSH_MAX, PUSH_BYTES_MAX, Result, WireOp
from sync.tokens import is_ours

ALIAS_HEX: Final = 32
JUDGED_MAX: Final = 2_000  # new ops that a rehearsal decides: nobody else writes meanwhile

Inside = Iterator[Record | bytes | Signed]


class Examined(Struct, frozen=True, kw_only=True):
    """A file that may be taken: its cover, from which device, packed when by its clock (ms)."""

    cover: Cover
    origin: Known
    made_at: int
    torn: tuple[str, ...]


class Told(Struct, kw_only=True):
    """What is in a file, and what became of it; in a rehearsal, what would.

    `verdicts` and `codes` are of the new acts: how many got which. `torn` is what the phone could
    not save. `judged` is how many of the new acts a rehearsal decided.
    """

    id: str
    device: str
    name: str
    person: str
    made_at: int
    revoked: bool
    torn: tuple[str, ...]
    rehearsed: bool
    ops: int = 0
    ops_new: int = 0
    files: int = 0
    files_new: int = 0
    judged: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)


class Draft:
    """A file on its way to be read, among the parts: what is forgotten there is dropped."""

    def __init__(self, office: Office, name: str) -> None:
        self._parts = office.parts
        self.name = name
        self.size = 0

    def put(self, pieces: list[bytes]) -> None:
        """Keep what came. Raises `shared.rescue.Unfit`, and what the parts raise."""
        if self.size + sum(map(len, pieces)) > rescue.BYTES_MAX:
            raise Unfit("rescue_too_large")
        self.size = self._parts.append(self.name, self.size, pieces)

    def opened(self) -> BinaryIO:
        """All of it, to be read. Raises `shared.rescue.Unfit` where it is there no more."""
        try:
            return self._parts.path(self.name).open("rb")
        except FileNotFoundError as gone:
            raise Unfit("rescue_gone") from gone

    def drop(self) -> None:
        """Let go of it."""
        self._parts.drop(self.name)


@contextmanager
def drafted(office: Office) -> Iterator[Draft]:
    """A draft that lasts as long as the block."""
    draft = Draft(office, office.fresh_id())
    try:
        yield draft
    finally:
        draft.drop()


class _Undone(Exception):
    """Everything has been decided, and none of it is to be kept."""


def examine(office: Office, source: BinaryIO) -> Examined:
    """Read a file to its end and see that it is what it says. Raises `shared.rescue.Unfit`."""
    source.seek(0)
    cover, _ = rescue.read_cover(source.read)
    manifest: Manifest | None = None
    torn: list[str] = []
    end: Signed | None = None
    for one in _inside(office, source):
        if isinstance(one, Manifest):
            manifest = one
        elif isinstance(one, Torn):
            torn.append(f"{one.what} {one.name}")
        elif isinstance(one, Signed):
            end = one
    assert manifest is not None, "a file that can be read to its end begins with one"
    assert end is not None, "and ends with a signature"
    return Examined(
        cover=cover,
        origin=_origin(office, manifest, end),
        made_at=manifest.made_at,
        torn=tuple(torn),
    )


def _origin(office: Office, manifest: Manifest, end: Signed) -> Known:
    with office.reading() as books:
        known = enrolment.known(books, manifest.device)
    if known is None or known.person_id != manifest.person:
        raise Unfit("rescue_unknown_device")
    if not enrolment.is_signed(known.public_key, end.text, end.signature):
        raise Unfit("rescue_forged")
    if known.unconfirmed:
        raise Unfit("rescue_unconfirmed")
    return known


def rehearse(office: Office, source: BinaryIO) -> Told:
    """What taking a file in would come to. Nothing is written. Raises `shared.rescue.Unfit`."""
    examined = examine(office, source)
    told = _about(examined, rehearsed=True)
    batches = _batches(_inside(office, source, examined.cover))
    try:
        with office.writing() as books:
            for some in batches:
                _push(office, books, examined.origin, some, told)
                if told.judged >= JUDGED_MAX:
                    break
            raise _Undone
    except _Undone:
        pass
    for some in batches:  # those that were not decided; nobody waits for that
        with office.reading() as books:
            _look(office, books, some, told)
    for one in _inside(office, source, examined.cover):
        if isinstance(one, SavedFile):
            told.files += 1
            told.files_new += not _is_here(office, examined.origin, one)
    return told


def take_in(office: Office, source: BinaryIO, by: str, *, is_carried: bool = False) -> Told:
    """Take a file in, for somebody who handed it in. Raises `shared.rescue.Unfit`, and nothing is
    written; and what the evidence store raises, and what has been written stays.

    One that is only carried comes from a phone: nobody in the office wanted it.
    """
    examined = examine(office, source)
    if is_carried:
        _see_that_it_may_come(office, examined.origin)
    told = _about(examined, rehearsed=False)
    cover = examined.cover
    facts = {"id": cover.id, "ops": cover.ops, "files": cover.files}
    with office.writing() as books:
        on = ("device", examined.origin.device)
        office.ledger(books).note_event(office.event("rescue.take", by, on, facts))
    for some in _batches(_inside(office, source, cover)):
        with office.writing() as books:
            _push(office, books, examined.origin, some, told)
    _keep_files(office, examined.origin, _inside(office, source, cover), told)
    office.log.info("rescue", device=told.device, verdicts=told.verdicts, files=told.files_new)
    return told


def _see_that_it_may_come(office: Office, origin: Known) -> None:
    """A drain that is closed has no second way round it. Raises `shared.rescue.Unfit`."""
    now, days = office.now_ms(), office.settings.limits.drain_days
    with office.reading() as books:
        if drains.is_closed(books, origin.device, now, days):
            raise Unfit("rescue_closed")


def _inside(office: Office, source: BinaryIO, cover: Cover | None = None) -> Inside:
    """What is in a file; with a cover, in that very file, which nobody swapped since it was read.

    Whoever can fill the same cover again is the device that made it.
    """
    if cover is not None:
        source.seek(0)
        if rescue.read_cover(source.read)[0] != cover:
            raise Unfit("rescue_spoiled")
    source.seek(0)
    return rescue.unpack(source.read, office.keys.rescue)


def _about(examined: Examined, *, rehearsed: bool) -> Told:
    origin = examined.origin
    return Told(
        id=examined.cover.id,
        device=origin.device,
        name=origin.name,
        person=origin.person_id,
        made_at=examined.made_at,
        revoked=origin.revoked,
        torn=examined.torn,
        rehearsed=rehearsed,
    )


def _batches(inside: Inside) -> Iterator[list[SavedOp]]:
    """The ops in their order, as many at once as a phone would push, of one incarnation each."""
    batch: list[SavedOp] = []
    size = 0
    for one in inside:
        if isinstance(one, SavedFile):
            break  # files come last, and take their time
        if not isinstance(one, SavedOp):
            continue
        size += len(one.body)
        is_full = len(batch) >= OPS_PER_PUSH_MAX or size > PUSH_BYTES_MAX
        if batch and (is_full or batch[0].incarnation != one.incarnation):
            yield batch
            batch, size = [], len(one.body)
        batch.append(one)
    if batch:
        yield batch


def _push(office: Office, books: Any, origin: Known, some: list[SavedOp], told: Told) -> None:
    """Give ops their verdicts as if their device had pushed them; the caller commits."""
    ledger = office.ledger(books)
    incarnation = _standing_in(ledger, origin, some)
    known = _known(ledger, some)
    parcel = Parcel(
        ops=[WireOp(lseq=one.lseq, id=one.id, body=one.body) for one in some],
        origins=frozenset({"device"}),
        person=origin.person_id,
        received=office.now_ms(),
        device=origin.device,
        incarnation=incarnation,
        aside=REVOKED if origin.revoked else None,
        is_ours=cache(partial(is_ours, keys=office.keys.token.secrets, device=origin.device)),
        on_crash=office.note_crash,
    )
    _tell(
        told,
        some,
        [one for one in receive(ledger, parcel, office.release.registry) if one.id not in known],
    )


def _look(office: Office, books: Any, some: list[SavedOp], told: Told) -> None:
    """Only count what is new."""
    known = _known(office.ledger(books), some)
    told.ops += len(some)
    told.ops_new += sum(one.id not in known for one in some)


def _known(ledger: Ledger, some: list[SavedOp]) -> set[str]:
    """The ids of the ops that are in the books, under their own id or under that of their bytes."""
    prints = {one.id: fingerprint(one.body) for one in some}
    aside = {id_of_unreadable(one) for one in prints.values()}
    told = ledger.recall({*prints, *aside})
    return {
        op_id
        for op_id, print_ in prints.items()
        if (op_id in told and told[op_id].fingerprint == print_) or id_of_unreadable(print_) in told
    }


def _standing_in(ledger: Ledger, origin: Known, some: list[SavedOp]) -> str:
    """The incarnation under which ops are kept: their own, unless that would be a fork."""
    named = some[0].incarnation
    standing = ledger.standing(named)
    places = ledger.fingerprints_at(named, {one.lseq for one in some})
    is_other = any(places.get(one.lseq, "") not in ("", fingerprint(one.body)) for one in some)
    if not is_other and (standing is None or standing.device == origin.device):
        return named
    text = f"rescue|{origin.device}|{named}"
    alias = hashlib.sha256(text.encode()).hexdigest()[:ALIAS_HEX]
    ledger.standing(alias)  # locked, like its own would be
    return alias


def _tell(told: Told, some: list[SavedOp], fresh: Iterable[Result]) -> None:
    verdicts, codes = Counter(told.verdicts), Counter(told.codes)
    told.ops += len(some)
    for one in fresh:
        told.ops_new += 1
        told.judged += 1
        verdicts[str(one.verdict)] += 1
        if one.verdict not in (Verdict.APPLIED, Verdict.MERGED) and one.code:
            codes[one.code] += 1
    told.verdicts, told.codes = dict(verdicts), dict(codes)


def _keep_files(office: Office, origin: Known, inside: Inside, told: Told) -> None:
    """Bring every file into custody as its device would have, and pass over those it brought."""
    upload: Upload | None = None
    size = 0
    for one in inside:
        if isinstance(one, SavedFile):
            told.files += 1
            upload = None if _is_here(office, origin, one) else _begin(office, origin, one)
            size = 0
        elif isinstance(one, bytes) and upload is not None:
            size = office.parts.append(upload.id, size, [one])
            if size == upload.size:
                custody.finish(office, upload)
                told.files_new += 1


def _is_here(office: Office, origin: Known, file: SavedFile) -> bool:
    with office.reading() as books:
        known = uploads.known(books, origin.device, file.sha256)
    return known is not None and known.done_at is not None and known.size == file.size


def _begin(office: Office, origin: Known, file: SavedFile) -> Upload:
    """An upload without a quota: whoever handed the file in has answered for all of it."""
    upload = Upload(
        id=office.fresh_id(),
        device_id=origin.device,
        person_id=origin.person_id,
        size=file.size,
        sha256=file.sha256,
        began_at=office.now_ms(),
    )
    with office.writing() as books:
        uploads.write(books, upload)
    return upload

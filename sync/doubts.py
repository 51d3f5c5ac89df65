"""Doubts: a stream whose rows disagree with the office's is compared with it, and put right.

Only the rows that differ are sent. What a person recorded is never touched by it. A stream that
was put right twice and still disagrees is read anew beside the old rows.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct, structs

from shared.clock import At
from sync.digest import Sums
from sync.ports import Identity, Replica, StreamMark
from sync.prints import (
    Care,
    Doubted,
    Original,
    Place,
    bits_for,
    bucket_of,
    differing,
    packed,
    summed,
    unpacked,
)
from sync.protocol import (
    DIFFERING_ROWS_MAX,
    FINDINGS_MAX,
    GONE,
    PRINTS_MAX,
    Differences,
    Doubt,
    Finding,
    Reply,
    Request,
    Row,
)

TRIES_MAX: Final = 2
EXAMINE_EVERY_MS: Final = 7 * 24 * 3_600_000
EXAMINE_ROWS: Final = 200  # in one transaction: a tap waits for no more
EXAMINE_SLICES: Final = 25  # in one conversation
BOOKKEEPING: Final = ""  # a finding about no one stream

End = Literal["agrees", "goes_on", "failed", "later"]


class Compared(Struct, frozen=True, kw_only=True):
    """What came of a comparison: of which stream, how many rows were put right, how it ended.

    `buckets` are those that are to be compared row by row next.
    """

    stream: str
    end: End
    rows: int = 0
    buckets: tuple[int, ...] = ()


# What the phone asks


def question(replica: Replica, buckets: Mapping[str, Sequence[int]]) -> Doubt | None:
    """What to have compared next, if any stream is in doubt. To be called in no transaction.

    `buckets` are those of a long stream that are known to differ.
    """
    doubts = replica.identity().care.doubts
    marks = replica.marks() if doubts else {}
    for stream, doubted in sorted(doubts.items()):
        if stream not in marks or marks[stream].cursor == 0:
            continue
        if stream not in buckets:
            _read_through(replica, stream)
        return _asked(stream, doubted.found, replica.prints(stream), buckets.get(stream, ()))
    return None


def _read_through(replica: Replica, stream: str) -> None:
    """Print a stream's rows anew: what is compared is what is there."""
    place: Place | None = (stream, "", "")
    while place is not None and place[0] == stream:
        with replica.transaction():
            place = replica.recompute(place, EXAMINE_ROWS)


def _asked(stream: str, found: int, prints: list[Sums], buckets: Sequence[int]) -> Doubt:
    bits = bits_for(len(prints))
    if bits == 0:
        return Doubt(stream=stream, found=found, bits=0, buckets=[0], prints=packed(prints))
    if not buckets:
        return Doubt(stream=stream, found=found, bits=bits, sums=packed(summed(prints, bits)))
    by_bucket: dict[int, list[Sums]] = {one: [] for one in buckets if one < 1 << bits}
    for one in prints:
        bucket = bucket_of(one, bits)
        if bucket in by_bucket:
            by_bucket[bucket].append(one)
    chosen: list[int] = []
    said: list[Sums] = []
    for bucket, own in by_bucket.items():
        if chosen and len(said) + len(own) > PRINTS_MAX:
            break
        chosen.append(bucket)
        said += own[:PRINTS_MAX]
    return Doubt(stream=stream, found=found, bits=bits, buckets=chosen, prints=packed(said))


# What the server answers


def compare(original: Original, doubt: Doubt, end: tuple[int, Sums], bytes_max: int) -> Differences:
    """How a stream differs from what a phone says of it. `end` is its position and checksum."""
    told = Differences(stream=doubt.stream, to=end[0], sums=end[1])
    if doubt.sums:
        theirs = original.bucket_sums(doubt.stream, doubt.bits)
        return structs.replace(told, buckets=differing(unpacked(doubt.sums), theirs))
    kept = set(unpacked(doubt.prints))
    found = original.prints_in(doubt.stream, doubt.bits, doubt.buckets)
    lacking = [key for print_, key in found if print_ not in kept]
    rows = original.rows_of(doubt.stream, lacking[:DIFFERING_ROWS_MAX])
    sent = _within(rows, bytes_max)
    gone = kept - {print_ for print_, _ in found}
    return structs.replace(
        told, rows=sent, gone=packed(sorted(gone)), more=len(sent) < len(lacking)
    )


def _within(rows: list[Row], bytes_max: int) -> list[Row]:
    """As many rows as fit, but at least one if there is any."""
    sent: list[Row] = []
    left = bytes_max
    for row in rows:
        left -= len(row.body)
        if sent and left < 0:
            break
        sent.append(row)
    return sent


# What the phone makes of it


def put_right(
    replica: Replica, request: Request, reply: Reply, buckets: Mapping[str, Sequence[int]]
) -> Compared | None:
    """Take in what a compared stream differs by; None where nothing was asked.

    To be called in the transaction that takes the answer in. `buckets` are as for `question`.
    """
    doubt, found = request.doubt, reply.differences
    mark = replica.marks().get(doubt.stream) if doubt is not None else None
    if doubt is None or mark is None:
        return None
    if reply.need_vector or reply.revoked or (found is not None and found.later):
        return Compared(stream=doubt.stream, end="later")
    if found is None or found.stream != doubt.stream:  # an older server
        return Compared(stream=doubt.stream, end="failed")
    if found.buckets:
        return Compared(stream=doubt.stream, end="goes_on", buckets=tuple(found.buckets))
    rows = _exchanged(replica, doubt.stream, found)
    sums = replica.added_up(doubt.stream)
    agrees = sums == tuple(found.sums)
    replica.mark(structs.replace(mark, cursor=found.to if agrees else mark.cursor, sums=sums))
    if agrees:
        return Compared(stream=doubt.stream, end="agrees", rows=rows)
    asked = () if found.more else doubt.buckets
    left = tuple(one for one in buckets.get(doubt.stream, ()) if one not in asked)
    end: End = "goes_on" if rows and (found.more or left) else "failed"
    return Compared(stream=doubt.stream, end=end, rows=rows, buckets=left)


def _exchanged(replica: Replica, stream: str, found: Differences) -> int:
    """Put rows in the place of those that are none; how many were put right."""
    sent = {(row.table, row.id) for row in found.rows}
    gone = [key for key in replica.printed(stream, unpacked(found.gone)) if key not in sent]
    if not (sent or gone):
        return 0
    rows = [*(Row(table, identity, GONE) for table, identity in gone), *found.rows]
    replica.take(stream, rows, staged=False)
    return len(rows)


def keep(
    replica: Replica,
    request: Request,
    reply: Reply,
    torn: Collection[str],
    compared: Compared | None,
) -> None:
    """Write down which streams are in doubt now, and what there is to tell of those that were."""
    identity = replica.identity()
    care = _heard(identity.care, request)
    doubts = dict(care.doubts)
    for stream in torn:
        doubts.setdefault(stream, Doubted(found=reply.now))
    ended: list[Finding] = []
    if compared is not None and compared.stream in doubts:
        doubted = _counted(doubts.pop(compared.stream), compared)
        if compared.end == "agrees":
            ended.append(
                _finding(compared.stream, doubted, "replaced" if doubted.rows else "counted")
            )
        else:
            doubts[compared.stream] = doubted
    marks = replica.marks() if doubts else {}
    for stream, doubted in list(doubts.items()):
        what = _given_up(replica, marks.get(stream), doubted)
        if what is not None:
            ended.append(_finding(stream, doubts.pop(stream), what))
    after = structs.replace(
        care,
        doubts=doubts,
        findings=(*care.findings, *ended)[-FINDINGS_MAX:],
        since=reply.now if care.since is None else care.since,
    )
    if after != identity.care:
        replica.identify(structs.replace(identity, care=after))


def _heard(care: Care, request: Request) -> Care:
    """What is left to tell when a request was answered."""
    left = tuple(one for one in care.findings if one not in request.findings)
    told = care.examined is not None and care.examined == request.examined
    return structs.replace(care, findings=left, examined=None if told else care.examined)


def _counted(doubted: Doubted, compared: Compared) -> Doubted:
    tries = doubted.tries + (compared.end == "failed")
    return structs.replace(doubted, tries=tries, rows=doubted.rows + compared.rows)


def _given_up(replica: Replica, mark: StreamMark | None, doubted: Doubted) -> str | None:
    """How a doubt ended that no comparison ended, if it did."""
    if mark is None:
        return "dropped"
    if mark.cursor == 0:
        return "read_anew"
    if doubted.tries < TRIES_MAX:
        return None
    replica.mark(structs.replace(mark, cursor=0, staged=None))
    return "read_anew"


def _finding(stream: str, doubted: Doubted, what: str) -> Finding:
    return Finding(stream=stream, found=doubted.found, what=what, rows=doubted.rows)


# Once a week


def examine(replica: Replica, at: At) -> None:
    """Go on reading all rows through, if the week is over: are they still what was sent?

    A part of them at a time, in transactions so short that nobody waits for them. What disagrees
    is in doubt from then on.
    """
    identity = replica.identity()
    now = _server_now(identity, at)
    since = identity.care.since
    if now is None or since is None or now - since < EXAMINE_EVERY_MS:
        return
    place = identity.care.place
    for _ in range(EXAMINE_SLICES):
        with replica.transaction():
            place = replica.recompute(place, EXAMINE_ROWS)
        if place is None:
            break
    ended = place is None
    fault = ended and not replica.is_sound()
    wrong = disagreeing(replica) if ended else {}
    with replica.transaction():
        identity = replica.identity()
        care = structs.replace(identity.care, place=place)
        if ended:
            care = _examined(replica, care, wrong, now)
        if fault:
            damaged = Finding(stream=BOOKKEEPING, found=now, what="file_damaged")
            care = structs.replace(care, findings=(*care.findings, damaged)[-FINDINGS_MAX:])
        replica.identify(structs.replace(identity, care=care))


def disagreeing(replica: Replica) -> dict[str, Sums]:
    """Streams whose rows do not add up to what was written down of them, and to what they do."""
    found = {
        stream: replica.added_up(stream)
        for stream, mark in replica.marks().items()
        if mark.cursor > 0
    }
    marks = replica.marks()
    return {one: sums for one, sums in found.items() if one in marks and marks[one].sums != sums}


def _examined(replica: Replica, care: Care, wrong: Mapping[str, Sums], now: int) -> Care:
    doubts = dict(care.doubts)
    marks = replica.marks()
    for stream, sums in wrong.items():
        doubts.setdefault(stream, Doubted(found=now))
        replica.mark(structs.replace(marks[stream], sums=sums))
    return structs.replace(care, doubts=doubts, since=now, examined=now, examined_at=now)


def _server_now(identity: Identity, at: At) -> int | None:
    """The server's time (ms) by the boot clock; in another boot the last that it said."""
    seen = identity.sighting
    if seen is None:
        return None
    return seen.received + (max(at.mono - seen.mono, 0) if seen.boot == at.boot else 0)

"""The phone's half of the conversation: it yields what to ask and is sent the answer."""

from collections import Counter
from collections.abc import Callable, Generator
from typing import Literal

from msgspec import Struct, field

from shared.clock import At
from shared.kinds import REGISTRY
from shared.ops import Verdict
from shared.registry import Registry
from sync import absence
from sync.digest import vector_hash
from sync.doubts import examine, question
from sync.ports import Identity, Replica
from sync.protocol import (
    FILES_ASKED_MAX,
    FINDINGS_MAX,
    OPS_PER_PUSH_MAX,
    PROTOCOL,
    PULL_BYTES_WANTED,
    PUSH_BYTES_MAX,
    Doubt,
    Reply,
    Request,
    WireOp,
)
from sync.settling import Asker, Taken, absorb, fork
from sync.witness import Verify, trust_nobody

TIMEOUTS_MAX = 4
ROUNDS_MAX = 10_000
GENTLE_BYTES = 64_000  # what a phone that is being worked with asks for first
GENTLE_BYTES_MIN = 16_000
_VERDICTS = frozenset(Verdict)


class TimedOut(Struct, frozen=True):
    """Sent instead of a reply: the deadline passed. Whether the server acted is unknown."""


class Sizes(Struct, kw_only=True):
    """How much a line bears at once: ops to push, and bytes to ask for.

    Halved when a request was too slow, doubled when as much got through. To be kept from one
    conversation to the next: else each would begin with what the last one gave up on.
    """

    ops: int = OPS_PER_PUSH_MAX
    bytes: int = PULL_BYTES_WANTED


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the conversation may not know by itself: the clocks, new random names, who we are.

    `now` gives the clock evidence at the time of sending, `name` a fresh incarnation. `pull_only`
    leaves the outbox for another time. `free_bytes` is what room the device has, `beside` how many
    pictures on it are not recorded yet, `others` how many ops and files those hold on it who had it
    before.

    `verify` checks the signatures of the server's audit log.

    `absorb_ms` is how long taking an answer in may keep a tap waiting: the conversation asks for
    less at a time where the device is slower than that, and for more where it is faster. `sizes`
    are those that the last conversation came to; neither they nor the device may ask for more than
    `ops_max` and `want_bytes`.
    """

    now: Callable[[], At]
    name: Callable[[], str]
    app: str
    ops_only: bool = False
    pull_only: bool = False
    want_bytes: int = PULL_BYTES_WANTED
    absorb_ms: int | None = None
    ops_max: int = OPS_PER_PUSH_MAX
    sizes: Sizes | None = None
    free_bytes: Callable[[], int | None] = lambda: None
    beside: Callable[[], int] = lambda: 0
    others: Callable[[], tuple[int, int]] = lambda: (0, 0)
    verify: Verify = trust_nobody
    registry: Registry = REGISTRY


class Summary(Struct, kw_only=True):
    """What one conversation came to."""

    rounds: int = 0
    pushed: int = 0
    pulled_rows: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    checksum_ok: bool = True
    audit_ok: bool = True
    forked: bool = False
    timed_out: bool = False


class _Pace(Struct, kw_only=True):
    """How to go on: how much the line bears, and how many bytes the device takes in at once.

    `pull_only` leaves the ops out once, after they were too slow. `buckets`
    are those of doubted streams that are known to differ; `trusting` leaves doubts for later.

    `files` tells whether to ask about files: only with a token that was never shown before, so that
    the one that comes with the answer proves it; a repeated request gets the same one again. They
    are left for `later` once such a question was too slow.
    """

    sizes: Sizes
    want_bytes: int
    full: bool = False
    pull_only: bool = False
    timeouts: int = 0
    torn: bool = False
    buckets: dict[str, tuple[int, ...]] = {}
    trusting: bool = False
    files: Literal["not yet", "now", "later"] = "not yet"


def converse(
    replica: Replica, around: Surroundings
) -> Generator[Request, Reply | TimedOut, Summary]:
    """Talk until nothing is left to push or pull, or the network gives up.

    Whoever drives it may stop at any yield and begin again later; nothing depends on reaching
    the end.
    """
    summary = Summary()
    sizes = around.sizes or Sizes(ops=around.ops_max, bytes=around.want_bytes)
    pace = _Pace(sizes=sizes, want_bytes=_first_bytes(around))
    absence.look(replica, around.now())
    examine(replica, around.now())
    for _ in range(ROUNDS_MAX):
        request = _ask(replica, around, pace)
        answer = yield request
        summary.rounds += 1
        if isinstance(answer, TimedOut):
            if _slow_down(pace, request, around) > TIMEOUTS_MAX:
                summary.timed_out = True
                break
            continue
        if answer.fork:
            fork(replica, around.registry, around.name())
            summary.forked = True
            continue
        taken = _take(replica, around, pace, (request, answer))
        torn_anew = _is_torn_anew(pace, taken)
        _sum_up(summary, request, taken)
        if taken.wiped:
            break
        full = pace.full
        pace.full = answer.need_vector
        is_done = not torn_anew and _is_done(replica, around, pace, answer)
        if is_done or _is_stuck(request, answer) or (full and answer.need_vector):
            break
        pace.timeouts = pace.timeouts if pace.pull_only else 0
        pace.pull_only = False
    return summary


def _is_torn_anew(pace: _Pace, taken: Taken) -> bool:
    """Whether rows disagreed for the first time: to ask again each time would be without end."""
    before, pace.torn = pace.torn, not taken.checksum_ok
    return pace.torn and not before


def _ask(replica: Replica, around: Surroundings, pace: _Pace) -> Request:
    doubt = question(replica, pace.buckets) if _may_doubt(around, pace) else None
    with replica.transaction():
        return _compose(replica, around, pace, doubt)


def _take(
    replica: Replica, around: Surroundings, pace: _Pace, told: tuple[Request, Reply]
) -> Taken:
    """Take an answer in, and see by it how to ask on."""
    begun = around.now().mono
    ops, files = around.others()
    held = (ops, files + around.beside())
    asker = Asker(beside=held, buckets=pace.buckets, verify=around.verify)
    _speed_up(pace, told[0], around)
    taken = absorb(replica, around.registry, *told, asker)
    pace.files = "now" if pace.files == "not yet" else pace.files
    _be_gentle(pace, around, around.now().mono - begun)
    _go_on(pace, taken)
    return taken


def _may_doubt(around: Surroundings, pace: _Pace) -> bool:
    return not (around.ops_only or pace.trusting)


def _go_on(pace: _Pace, taken: Taken) -> None:
    """How far the comparison of a stream has got."""
    compared = taken.compared
    if compared is None:
        return
    pace.trusting = compared.end == "later"
    pace.buckets.pop(compared.stream, None)
    if compared.buckets:
        pace.buckets[compared.stream] = compared.buckets


def _is_stuck(request: Request, reply: Reply) -> bool:
    return bool(request.ops) and not (_has_verdicts(reply) or reply.need_vector or reply.more)


def _has_verdicts(reply: Reply) -> bool:
    """Whether any op got a verdict that this app knows: all others it would offer again at once."""
    return any(one.verdict in _VERDICTS for one in reply.results)


def _compose(replica: Replica, around: Surroundings, pace: _Pace, doubt: Doubt | None) -> Request:
    identity = replica.identity()
    marks = replica.marks()
    cursors = {mark.stream: mark.cursor for mark in marks.values() if mark.cursor > 0}
    staged = {mark.stream: mark.staged for mark in marks.values() if mark.staged is not None}
    floors = {one: marks[one].floor for one in staged if marks[one].floor}
    still = pace.pull_only or around.pull_only
    ops_max = min(pace.sizes.ops, around.ops_max)
    want_bytes = min(pace.want_bytes, pace.sizes.bytes)
    outgoing = [] if still else replica.outgoing(ops_max, PUSH_BYTES_MAX)
    lost = any(mark.cursor == 0 and mark.staged is None for mark in marks.values())
    anew = lost or absence.is_over(identity) or identity.token is None
    full = pace.full or anew
    left = replica.unsent(outgoing[-1].lseq if outgoing else None)
    return Request(
        protocol=PROTOCOL,
        app=around.app,
        device=identity.device,
        incarnation=identity.incarnation,
        clock=around.now(),
        token=identity.token,
        ops=[WireOp(lseq=one.lseq, id=one.op_id, body=one.body) for one in outgoing],
        cursors=dict(cursors) if full else _changed(identity, cursors),
        full=full,
        vector=vector_hash(identity.epoch or "", cursors),
        staged=staged,
        floors=floors,
        pull=not around.ops_only,
        want_bytes=None if want_bytes == PULL_BYTES_WANTED else want_bytes,
        head=_witnessed(identity),
        forked_from=identity.forked_from,
        unsent=left[0],
        unsent_since=left[1],
        unsent_files=replica.unsent_files() + around.beside(),
        unsent_bytes=replica.unsent_bytes() or None,
        others=_if_any(around.others()),
        free_bytes=around.free_bytes(),
        torn=pace.torn,
        doubt=doubt,
        findings=list(identity.care.findings[:FINDINGS_MAX]),
        examined=identity.care.examined,
        files=replica.unsure(FILES_ASKED_MAX) if pace.files == "now" else [],
    )


def _if_any(held: tuple[int, int]) -> tuple[int, int] | None:
    return held if any(held) else None


def _witnessed(identity: Identity) -> int:
    """The size of the newest head that is known of the log that the server now keeps."""
    head = identity.head
    return head.size if head is not None and head.epoch == identity.epoch else 0


def _changed(identity: Identity, cursors: dict[str, int]) -> dict[str, int | None]:
    """The cursors that differ from those of the last answered request."""
    told = identity.answered
    changed: dict[str, int | None] = {
        stream: seq for stream, seq in cursors.items() if told.get(stream) != seq
    }
    return {**changed, **{stream: None for stream in told if stream not in cursors}}


def _first_bytes(around: Surroundings) -> int:
    return around.want_bytes if around.absorb_ms is None else min(GENTLE_BYTES, around.want_bytes)


def _be_gentle(pace: _Pace, around: Surroundings, took_ms: int) -> None:
    """Ask for as much at a time as can be taken in before somebody notices."""
    if around.absorb_ms is None:
        return
    if took_ms > around.absorb_ms:
        pace.want_bytes = max(pace.want_bytes // 2, GENTLE_BYTES_MIN)
    elif took_ms * 3 < around.absorb_ms:
        pace.want_bytes = min(pace.want_bytes * 2, around.want_bytes)


def _slow_down(pace: _Pace, request: Request, around: Surroundings) -> int:
    """After a timeout: half as much, and after a push first only what the server has."""
    pace.timeouts += 1
    if pace.files != "later":
        pace.files = "later" if request.files else "not yet"
    pace.pull_only = bool(request.ops)
    if request.ops:
        pace.sizes.ops = max(1, len(request.ops) // 2)
    elif request.pull:
        asked = min(pace.want_bytes, pace.sizes.bytes)
        pace.sizes.bytes = min(max(asked // 2, GENTLE_BYTES_MIN), around.want_bytes)
    return pace.timeouts


def _speed_up(pace: _Pace, request: Request, around: Surroundings) -> None:
    """After an answer in time: twice as much, where as much as might be was tried."""
    if len(request.ops) >= pace.sizes.ops:
        pace.sizes.ops = min(pace.sizes.ops * 2, around.ops_max)
    if request.pull:
        pace.sizes.bytes = min(pace.sizes.bytes * 2, around.want_bytes)


def _is_done(replica: Replica, around: Surroundings, pace: _Pace, reply: Reply) -> bool:
    if reply.need_vector or reply.more or pace.pull_only:
        return False
    with replica.transaction():
        waits = not around.pull_only and replica.outgoing(1, 1)
        care = replica.identity().care
        doubted = _may_doubt(around, pace) and care.doubts
        asks = pace.files != "later" and replica.unsure(1)
        if waits or doubted or care.findings or asks:
            return False
        marks = replica.marks().values()
    still = not reply.streams  # what is half loaded is not gone on with: nothing may be read
    return around.ops_only or still or not any(mark.staged is not None for mark in marks)


def _sum_up(summary: Summary, request: Request, taken: Taken) -> None:
    summary.pushed += len(request.ops)
    summary.pulled_rows += taken.rows
    summary.verdicts.update(taken.verdicts)
    summary.checksum_ok = summary.checksum_ok and taken.checksum_ok
    summary.audit_ok = summary.audit_ok and taken.audit_ok

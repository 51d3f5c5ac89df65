"""The phone's half of the conversation: it yields what to ask and is sent the answer."""

from collections import Counter
from collections.abc import Callable, Generator

from msgspec import Struct, field

from shared.clock import At
from shared.kinds import REGISTRY
from shared.registry import Registry
from sync.digest import vector_hash
from sync.ports import Identity, Replica
from sync.protocol import (
    OPS_PER_PUSH_MAX,
    PROTOCOL,
    PULL_BYTES_WANTED,
    PUSH_BYTES_MAX,
    Reply,
    Request,
    WireOp,
)
from sync.settling import Taken, absorb, fork

TIMEOUTS_MAX = 4
ROUNDS_MAX = 10_000
GENTLE_BYTES = 64_000  # what a phone that is being worked with asks for first
GENTLE_BYTES_MIN = 16_000


class TimedOut(Struct, frozen=True):
    """Sent instead of a reply: the deadline passed. Whether the server acted is unknown."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the conversation may not know by itself: the clocks, new random names, who we are.

    `now` gives the clock evidence at the time of sending, `name` a fresh incarnation. `pull_only`
    leaves the outbox for another time. `free_bytes` is what room the device has.

    `absorb_ms` is how long taking an answer in may keep a tap waiting: the conversation asks for
    less at a time where the device is slower than that, and for more where it is faster.
    """

    now: Callable[[], At]
    name: Callable[[], str]
    app: str
    ops_only: bool = False
    pull_only: bool = False
    want_bytes: int = PULL_BYTES_WANTED
    absorb_ms: int | None = None
    ops_max: int = OPS_PER_PUSH_MAX
    free_bytes: Callable[[], int | None] = lambda: None
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
    """How much to push at once: halved when the network is too slow, doubled when it is not.

    And how much to ask for at once (bytes), by how long the device takes to take it in.
    """

    ops_max: int
    want_bytes: int
    full: bool = False
    pull_only: bool = False
    timeouts: int = 0


def converse(
    replica: Replica, around: Surroundings
) -> Generator[Request, Reply | TimedOut, Summary]:
    """Talk until nothing is left to push or pull, or the network gives up.

    Whoever drives it may stop at any yield and begin again later; nothing depends on reaching
    the end.
    """
    summary = Summary()
    pace = _Pace(ops_max=around.ops_max, want_bytes=_first_bytes(around))
    for _ in range(ROUNDS_MAX):
        with replica.transaction():
            request = _compose(replica, around, pace)
        answer = yield request
        summary.rounds += 1
        if isinstance(answer, TimedOut):
            if _slow_down(pace) > TIMEOUTS_MAX:
                summary.timed_out = True
                break
            continue
        if answer.fork:
            fork(replica, around.registry, around.name())
            summary.forked = True
            continue
        begun = around.now().mono
        taken = absorb(replica, around.registry, request, answer)
        _be_gentle(pace, around, around.now().mono - begun)
        _sum_up(summary, request, taken)
        full = pace.full
        pace.full = answer.need_vector
        stuck = bool(request.ops) and not (answer.results or answer.need_vector or answer.more)
        if _is_done(replica, around, pace, answer) or stuck or (full and answer.need_vector):
            break
        pace.ops_max = min(pace.ops_max * 2, around.ops_max)
        pace.pull_only, pace.timeouts = False, 0
    return summary


def _compose(replica: Replica, around: Surroundings, pace: _Pace) -> Request:
    identity = replica.identity()
    marks = replica.marks()
    cursors = {mark.stream: mark.cursor for mark in marks.values() if mark.cursor > 0}
    staged = {mark.stream: mark.staged for mark in marks.values() if mark.staged is not None}
    still = pace.pull_only or around.pull_only
    outgoing = [] if still else replica.outgoing(pace.ops_max, PUSH_BYTES_MAX)
    lost = any(mark.cursor == 0 and mark.staged is None for mark in marks.values())
    full = pace.full or lost or identity.token is None
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
        pull=not around.ops_only,
        want_bytes=None if pace.want_bytes == PULL_BYTES_WANTED else pace.want_bytes,
        head=identity.head.size if identity.head is not None else 0,
        forked_from=identity.forked_from,
        unsent=left[0],
        unsent_since=left[1],
        free_bytes=around.free_bytes(),
    )


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


def _slow_down(pace: _Pace) -> int:
    """After a timeout: push half as much, and first only ask what the server has."""
    pace.timeouts += 1
    pace.ops_max = max(1, pace.ops_max // 2)
    pace.pull_only = pace.timeouts == 1
    return pace.timeouts


def _is_done(replica: Replica, around: Surroundings, pace: _Pace, reply: Reply) -> bool:
    if reply.need_vector or reply.more or pace.pull_only:
        return False
    with replica.transaction():
        if not around.pull_only and replica.outgoing(1, 1):
            return False
        marks = replica.marks().values()
    return around.ops_only or not any(mark.staged is not None for mark in marks)


def _sum_up(summary: Summary, request: Request, taken: Taken) -> None:
    summary.pushed += len(request.ops)
    summary.pulled_rows += taken.rows
    summary.verdicts.update(taken.verdicts)
    summary.checksum_ok = summary.checksum_ok and taken.checksum_ok
    summary.audit_ok = summary.audit_ok and taken.audit_ok

"""One sitting over the books: what is loaded, what is decided, and how a verdict is worded."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct, field, structs

from shared.clock import Corrected, Sighting
from shared.errors import Params
from shared.ops import PROVISIONAL, Op, Origin, Stamp, Verdict
from shared.people import OpState
from shared.records import Record, State, stream_of
from shared.registry import Registry
from shared.work_order import WorkOrder
from sync.arrival import BEYOND_US, Arrived, Problem
from sync.births import Births, is_provisional, named_by, stub
from sync.judge import Case, Judgement, judge, land, streams_of
from sync.ports import Authority, Entry, Recorded, Unwritable
from sync.protocol import WireOp
from sync.timing import Evidence, doubts, time_kept, time_of

AWAITS = "awaits"  # the code of an op that names what has not arrived
FIRST_LSEQ = 1
PLACES_MISSED_MAX = 1_000  # how far back a place may be missing that an op waits for
CLAIMED = "claimed"  # in a verdict's detail: the id under which its author's phone has the op
OWNER = "owner"  # in a verdict's detail: whose phone it came from, where no author could be read


class Parcel(Struct, frozen=True, kw_only=True):
    """What somebody hands in: ops in order, from where, and when it got here (ms).

    `person` is who is signed in: nobody hands in another's ops; None is the server itself.
    `aside` is the code under which all of it waits for a person, whatever it says. `forked_from` is
    the incarnation that this one goes on from.
    `waiting_max` is how many ops of that incarnation may wait at once, where that is limited.
    `is_ours` tells a genuine stamp; `on_crash` is told the id of an op that broke a rule, and how.
    """

    ops: Sequence[WireOp]
    origins: frozenset[Origin]
    person: str | None
    received: int
    device: str | None = None
    incarnation: str | None = None
    forked_from: str | None = None
    aside: str | None = None
    waiting_max: int | None = None
    is_ours: Callable[[Stamp], bool] | None = None
    on_crash: Callable[[str, Exception], None] | None = None


class Desk(Struct, kw_only=True):
    """The books of one transaction, what is loaded of them, and what has been decided so far.

    `waiting` are the provisional ops of this incarnation, those decided in this sitting included.
    `births` are the acts that began things which are named here and are not there. `elder` are the
    provisional ops of the incarnation that this one goes on from.
    `times` are when those ops were done that were come to.
    """

    authority: Authority
    registry: Registry
    parcel: Parcel
    state: State
    sightings: Sequence[Sighting]
    waiting: dict[str, Recorded]
    births: Births = {}
    elder: dict[str, Recorded] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    times: dict[str, Corrected] = field(default_factory=dict)


def decide(desk: Desk, one: Arrived) -> Judgement:
    """The judgement of one op, landed in the rows. Raises Unwritable if a rule breaks down."""
    problem = one.problem or not_here(desk.parcel, one)
    if problem is None or problem.code in BEYOND_US:  # no later version sets free what waits aside
        problem = _aside(desk) or problem
    problem = _anothers(desk, one) or problem or _behind(desk, one) or _unborn(desk, one)
    if problem is not None:
        return as_judgement(problem)
    assert one.op is not None
    time = true_time(desk, one.op)
    judged = land_safely(desk, one, time)
    awaited = awaits(desk, one, judged)
    if awaited is not None:
        return as_judgement(awaited)
    flags = doubts(one.op, time, desk.parcel.is_ours)
    return structs.replace(judged, flags=(*judged.flags, *flags)) if flags else judged


def again(desk: Desk, one: Arrived, target: Recorded) -> Judgement:
    """The judgement of an op that was kept waiting, at the time it was found to be done."""
    problem = one.problem or _behind(desk, one) or _unborn(desk, one)
    if problem is not None:
        return as_judgement(problem)
    judged = land_safely(desk, one, kept_time(desk, one, target))
    awaited = awaits(desk, one, judged)
    return as_judgement(awaited) if awaited is not None else judged


def land_safely(desk: Desk, one: Arrived, time: Corrected) -> Judgement:
    """Judge and land. A rule that breaks down must not take the rest of the batch with it."""
    assert one.op is not None
    assert one.rule is not None
    case = Case(op=one.op, rule=one.rule, args=one.args, time=time, alias=one.alias)
    desk.state.writer = one.op_id
    stubs = _stubs(desk, one)
    for row in stubs:
        desk.state.know(row)
    try:
        judged = judge(desk.state, case)
        if judged.verdict is not Verdict.REJECTED:
            for row in stubs:
                desk.state.put(row)
        return land(desk.registry, desk.state, judged, (one.op_id, time.ms))
    except Exception as broken:
        # The savepoint undoes the half-landed rows; alone, the op becomes `quarantined: crashed`.
        raise Unwritable(f"{one.op.kind}: {broken!r}") from broken


def write_down(desk: Desk, one: Arrived, judged: Judgement) -> None:
    """Enter a first verdict, and tell the author of one that is not final."""
    time = true_time(desk, one.op) if one.op is not None else None
    parcel = desk.parcel
    done_at = time.ms if time else parcel.received
    waits = judged.verdict in PROVISIONAL
    told = _told(desk, one, judged, done_at) if waits else frozenset[str]()
    desk.entries[one.op_id] = Entry(
        op_id=one.op_id,
        fingerprint=one.fingerprint,
        body=one.body,
        verdict=judged.verdict,
        code=judged.code,
        received=parcel.received,
        done_at=done_at,
        salt=salt_of(one),
        uncertain=time.uncertain if time else True,
        detail=judged.detail | _claimed(desk, one),
        flags=judged.flags,
        kind=one.kind,
        v=one.v,
        on=one.on,
        by=one.by,
        origin=one.origin,
        device=parcel.device,
        incarnation=parcel.incarnation,
        lseq=one.lseq if parcel.incarnation else None,
        streams=streams_of(judged) | told,
    )


def settle(desk: Desk, target: Recorded, one: Arrived, judged: Judgement, by_op: str) -> None:
    """Enter a later verdict of an op that waited, and tell its author by which act.

    One that came in this very sitting is not in the books: that is its first verdict there.
    """
    before = desk.entries.get(target.op_id)
    kept = (before if before is not None else target).detail
    claimed = {name: kept[name] for name in (CLAIMED, OWNER) if name in kept}
    author = target.by or claimed.get(OWNER)
    told: frozenset[str] = frozenset()
    if author is not None:
        state = OpState(
            id=target.op_id,
            person_id=author,
            verdict=judged.verdict,
            code=judged.code,
            at=desk.parcel.received,
            by_op=by_op,
            claimed=claimed.get(CLAIMED),
        )
        told = _tell(desk, state)
    desk.waiting.pop(target.op_id, None)
    desk.elder.pop(target.op_id, None)
    if judged.verdict in PROVISIONAL:
        now = structs.replace(target, verdict=judged.verdict, code=judged.code)
        desk.waiting[target.op_id] = now
    desk.entries[target.op_id] = Entry(
        op_id=target.op_id,
        fingerprint=target.fingerprint,
        body=one.body,
        verdict=judged.verdict,
        code=judged.code,
        received=desk.parcel.received,
        done_at=target.done_at,
        salt=salt_of(one),
        uncertain=before.uncertain if before is not None else False,
        detail=judged.detail | claimed,
        flags=judged.flags,
        kind=one.kind,
        v=one.v,
        on=one.on,
        by=one.by,
        origin=one.origin,
        device=target.device,
        incarnation=target.incarnation,
        lseq=target.lseq,
        streams=streams_of(judged) | told,
        n=before.n if before is not None else target.n + 1,
        settles=before.settles if before is not None else True,
    )


def salt_of(one: Arrived) -> str:
    """The salt of an op; of one that could not be read nothing but its verdict is written."""
    return one.op.salt if one.op is not None else ""


def as_judgement(problem: Problem) -> Judgement:
    """What is wrong with an op before anybody looked at the books, as its verdict."""
    detail: dict[str, Any] = {"field": problem.field} if problem.field else {}
    if problem.params:
        detail["params"] = dict(problem.params)
    return Judgement(verdict=problem.verdict, code=problem.code, detail=detail)


def true_time(desk: Desk, op: Op) -> Corrected:
    """When an op was done, as far as its evidence tells."""
    known = desk.times.get(op.id)
    if known is not None:
        return known
    evidence = Evidence(
        sightings=desk.sightings, received=desk.parcel.received, is_ours=desk.parcel.is_ours
    )
    desk.times[op.id] = time_of(op, evidence)
    return desk.times[op.id]


def kept_time(desk: Desk, one: Arrived, target: Recorded) -> Corrected:
    """When an op was done that waited: as it was found then, by what its device has told."""
    assert one.op is not None
    mine = target.device is None or target.device == desk.parcel.device
    told = desk.sightings if mine else desk.authority.sightings(str(target.device))
    evidence = Evidence(sightings=told, received=target.received, is_ours=desk.parcel.is_ours)
    return time_kept(one.op, evidence, target.done_at)


def _anothers(desk: Desk, one: Arrived) -> Problem | None:
    """Nobody hands in what somebody else did, readable or not."""
    person = desk.parcel.person
    if person is None or one.by is None or one.by == person:
        return None
    return Problem(verdict=Verdict.REJECTED, code="wrong_author", field="by")


def not_here(parcel: Parcel, one: Arrived) -> Problem | None:
    """What is wrong with where an op says that it was made."""
    assert one.op is not None
    if one.op.origin not in parcel.origins:
        params: Params = {"reason": one.op.origin}
        return Problem(verdict=Verdict.REJECTED, code="wrong_value", field="origin", params=params)
    return not_for_phones(one)


def may_come(parcel: Parcel, one: Arrived) -> bool:
    """Whether an op may be said this way at all: for any other nothing is looked up or held."""
    return one.problem is None and not_here(parcel, one) is None


def not_for_phones(one: Arrived) -> Problem | None:
    """What is wrong with an op of a phone whose verb is the office's alone."""
    assert one.op is not None
    assert one.rule is not None
    if one.op.origin != "device" or one.rule.device:
        return None
    params: Params = {"kind": one.op.kind}
    return Problem(verdict=Verdict.REJECTED, code="not_permitted", params=params)


def _aside(desk: Desk) -> Problem | None:
    """Whether what is handed in waits for a person whatever it is: its device is not trusted."""
    code = desk.parcel.aside
    return None if code is None else Problem(verdict=Verdict.QUARANTINED, code=code)


def _behind(desk: Desk, one: Arrived) -> Problem | None:
    """A status or an edit waits behind an op of the same author on the same thing that waits."""
    assert one.rule is not None
    if one.rule.cls not in ("status", "edit"):
        return None
    beside = desk.elder if one.op_id in desk.elder else desk.waiting
    if one.op_id in beside and beside[one.op_id].verdict != Verdict.HELD:
        return None
    for other in beside.values():
        if other.op_id != one.op_id and is_behind(one, other):
            return Problem(verdict=Verdict.HELD, code="behind", params={"op": other.op_id})
    return None


def _unborn(desk: Desk, one: Arrived) -> Problem | None:
    """Anything waits for the act that began what it is about, while that waits itself."""
    for name in sorted(named_by(one)) if desk.births else ():
        if name in desk.births and is_provisional(_verdict_of(desk, name)):
            return Problem(verdict=Verdict.HELD, code=AWAITS, params={"op": name})
    return None


def _stubs(desk: Desk, one: Arrived) -> tuple[Record, ...]:
    """The rows that stand in for what an op names, where the act that began it came to nothing."""
    found: list[Record] = []
    for name in sorted(named_by(one)) if desk.births else ():
        verdict = _verdict_of(desk, name) if name in desk.births else None
        is_settled = verdict is not None and not is_provisional(verdict)
        if is_settled and desk.state.find(WorkOrder, name) is None:
            found += stub(desk.state, desk.births, name, desk.entries.get(name))
    return tuple(found)


def _verdict_of(desk: Desk, name: str) -> str | None:
    """What became of an act that began something, as far as this sitting has got."""
    if name in desk.entries:
        return desk.entries[name].verdict
    kept = desk.births[name].kept
    return kept.verdict if kept is not None else None


def awaits(desk: Desk, one: Arrived, judged: Judgement) -> Problem | None:
    """Whether what an op names may still come: it is not here, nor is all its phone said before.

    What came to no verdict yet counts as not here. With nothing missing it is refused as it is.
    """
    field = str(judged.detail.get("field"))
    if judged.code != "unknown_subject" or not (field == "on" or field.startswith("args.")):
        return None
    known = desk.waiting.get(one.op_id)
    incarnation = known.incarnation if known is not None else desk.parcel.incarnation
    if incarnation is None or one.lseq < FIRST_LSEQ:
        return None
    others = (other for other in desk.waiting.values() if other.op_id != one.op_id)
    if any(is_behind(one, other) for other in others) or _is_gap_before(desk, one, incarnation):
        return Problem(verdict=Verdict.HELD, code=AWAITS)
    return None


def _is_gap_before(desk: Desk, one: Arrived, incarnation: str) -> bool:
    """Whether a phone said something before this that has not come, as far back as is looked."""
    first = max(FIRST_LSEQ, one.lseq - PLACES_MISSED_MAX)
    here = set(desk.authority.fingerprints_at(incarnation, range(first, one.lseq)))
    now = (entry for entry in desk.entries.values() if entry.incarnation == incarnation)
    decided = {entry.lseq for entry in now if entry.lseq is not None}
    here |= {place for place in decided if first <= place < one.lseq}
    if desk.parcel.forked_from is not None:  # the first places are those of another incarnation
        first = min(here, default=one.lseq)
    return len(here) < one.lseq - first


def is_behind(one: Arrived, other: Recorded) -> bool:
    """Whether an op has to wait for another: later, by the same person, on the same thing."""
    earlier = other.lseq is not None and other.lseq < one.lseq
    return earlier and other.on is not None and (other.by, other.on) == (one.by, one.on)


def _told(desk: Desk, one: Arrived, judged: Judgement, done_at: int) -> frozenset[str]:
    """Keep a provisional op in mind, and give its author a row about it."""
    author = one.by or desk.parcel.person
    desk.waiting[one.op_id] = Recorded(
        op_id=one.op_id,
        fingerprint=one.fingerprint,
        verdict=judged.verdict,
        code=judged.code,
        received=desk.parcel.received,
        epoch=desk.authority.epoch,
        kind=one.kind,
        by=one.by,
        on=one.on,
        device=desk.parcel.device,
        incarnation=desk.parcel.incarnation,
        lseq=one.lseq,
        done_at=done_at,
    )
    if author is None:
        return frozenset()
    state = OpState(
        id=one.op_id,
        person_id=author,
        verdict=judged.verdict,
        code=judged.code,
        at=desk.parcel.received,
        claimed=_claimed(desk, one).get(CLAIMED),
    )
    return _tell(desk, state)


def _claimed(desk: Desk, one: Arrived) -> dict[str, Any]:
    """The id an op came under, and from whom, where it could not be kept under that."""
    if one.wire_id == one.op_id:
        return {}
    owner = {OWNER: desk.parcel.person} if desk.parcel.person is not None else {}
    return {CLAIMED: one.wire_id, **owner}


def _tell(desk: Desk, state: OpState) -> frozenset[str]:
    desk.state.writer = state.id
    desk.state.put(state)
    return frozenset({stream_of(("person", state.person_id))})

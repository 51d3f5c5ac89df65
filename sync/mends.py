"""Repairing, accepting and discarding ops that wait, and what waited behind them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct, structs

from shared.errors import Flag
from shared.mending import AcceptArgs, DiscardArgs, RepairArgs
from shared.ops import PROVISIONAL, Verdict
from shared.people import may
from shared.records import Aggregate
from shared.registry import Registry
from sync.aliases import FindAliases, recorded, resolve
from sync.arrival import Arrived, Problem, read
from sync.births import named_by
from sync.desk import (
    Desk,
    again,
    as_judgement,
    is_behind,
    kept_time,
    land_safely,
    not_for_phones,
    settle,
)
from sync.judge import Judgement, person
from sync.ports import Authority, Recorded
from sync.protocol import WireOp

MENDING: Final = RepairArgs | AcceptArgs | DiscardArgs
Behind = tuple[tuple[Recorded, Arrived], ...]  # ops that wait, each with what it says


class Mend(Struct, frozen=True, kw_only=True):
    """The op that is to be mended, read as it now should be, and what waits behind it.

    `waiting` are all provisional ops of the same incarnation.
    """

    target: Recorded
    again: Arrived
    behind: Behind
    waiting: tuple[Recorded, ...]


def mends(authority: Authority, registry: Registry, arrived: Iterable[Arrived]) -> dict[str, Mend]:
    """Per op that mends another: the other, and what waits behind that."""
    menders = [one for one in arrived if isinstance(one.args, MENDING)]
    if not menders:
        return {}
    named = {one.args.of for one in menders}
    found_first = authority.recall(named)
    began = {one.on for one in found_first.values() if one.on and one.on[1] == one.op_id}
    holders = (*found_first.values(), *authority.waiting_on(began))
    places = {one.incarnation for one in holders if one.incarnation}
    for incarnation in sorted(places):
        authority.standing(incarnation)  # locked: its phone may be pushing more at this moment
    found_again = recorded(authority.recall(named).values(), authority.aliases)
    targets = {one.op_id: one for one in found_again}
    theirs = [other for place in sorted(places) for other in authority.provisional(place)]
    waiting = recorded(theirs, authority.aliases)
    bodies = authority.bodies({one.op_id for one in [*targets.values(), *waiting]})
    found: dict[str, Mend] = {}
    for mender in menders:
        target = targets.get(mender.args.of)
        if target is None:
            continue
        anew = _as_mended(registry, mender, target, bodies.get(target.op_id, ""))
        beside = tuple(one for one in waiting if _is_beside(one, target))
        found[mender.op_id] = Mend(
            target=target,
            again=resolve([anew], authority.aliases)[0],
            behind=held_behind(Keeping(registry, authority.aliases, bodies), target, beside),
            waiting=beside,
        )
    return found


class Keeping(NamedTuple):
    """What kept ops are read again with: the rules, the aliases there are, and their bodies."""

    registry: Registry
    aliases_of: FindAliases
    bodies: Mapping[str, str]


def held_behind(keeping: Keeping, target: Recorded, waiting: Iterable[Recorded]) -> Behind:
    """Those of the ops that wait which do so behind this one, in order, and what they say."""
    held = [one for one in waiting if one.verdict == Verdict.HELD]
    said = [as_kept(keeping.registry, one, keeping.bodies.get(one.op_id, "")) for one in held]
    pairs = zip(held, resolve(said, keeping.aliases_of), strict=True)
    found: list[tuple[Recorded, Arrived]] = []
    begun = {target.op_id}
    led: set[tuple[str | None, Aggregate | None]] = set()
    for pair in sorted(pairs, key=lambda one: (one[0].incarnation or "", one[1].lseq)):
        whose = (pair[1].by, pair[1].on)
        if is_behind(pair[1], target) or named_by(pair[1]) & begun or whose in led:
            found.append(pair)
            begun.add(pair[0].op_id)  # what it began in turn goes on with it
            led.add(whose)  # and what waits behind it, wherever that is
    return tuple(found)


def _is_beside(one: Recorded, target: Recorded) -> bool:
    """Whether an op may wait for another: of the same incarnation, or on what that one began."""
    began = target.on is not None and target.on[1] == target.op_id
    return one.incarnation == target.incarnation or (began and one.on == target.on)


def mend(desk: Desk, mender: Arrived, what: Mend | None) -> Judgement:
    """Settle the other op, then what waited behind it; returns the mender's own judgement."""
    if what is None:
        return _refused("unknown_subject", "args.of")
    if what.target.op_id in desk.entries or what.target.verdict not in PROVISIONAL:
        return Judgement(verdict=Verdict.MERGED, code="already_settled")
    refused = (
        _may_not(desk, mender, what.target)
        or _is_sealed(desk.registry, mender, what.target)
        or _cannot_stand(mender, what)
    )
    if refused is not None:
        return refused
    judged = _mended(desk, mender, what)
    if judged.verdict is Verdict.REJECTED and not isinstance(mender.args, DiscardArgs):
        return Judgement(verdict=Verdict.REJECTED, code=judged.code, detail=judged.detail)
    desk.waiting.update((one.op_id, one) for one in what.waiting)
    settle(desk, what.target, what.again, judged, mender.op_id)
    for other, kept in what.behind:
        rerun = again(desk, kept, other)
        if rerun.verdict not in PROVISIONAL:
            settle(desk, other, kept, rerun, mender.op_id)
    return Judgement(verdict=Verdict.APPLIED, detail={"of": what.target.op_id})


def _mended(desk: Desk, mender: Arrived, what: Mend) -> Judgement:
    if isinstance(mender.args, DiscardArgs):
        detail = {"by_op": mender.op_id, "params": {"reason": mender.args.reason}}
        return Judgement(verdict=Verdict.REJECTED, code="discarded", detail=detail)
    problem = what.again.problem or not_for_phones(what.again)
    if problem is not None:
        return as_judgement(structs.replace(problem, verdict=Verdict.REJECTED))
    judged = land_safely(desk, what.again, kept_time(desk, what.again, what.target))
    how = "taken_as_is" if isinstance(mender.args, AcceptArgs) else "repaired"
    return structs.replace(
        judged,
        flags=(*judged.flags, Flag(code=how)),
        detail={**judged.detail, f"{how}_by": mender.op_id},
    )


def _may_not(desk: Desk, mender: Arrived, target: Recorded) -> Judgement | None:
    """Only the author may mend an op, or whoever plans the work; and only what he has seen."""
    assert mender.op is not None
    theirs = target.by == mender.op.by or (
        target.by is None and target.device is not None and target.device == desk.parcel.device
    )
    author = person(desk.state, mender.op.by)
    plans = author is not None and may(author.roles, "work_order.assign")
    if not theirs and not plans:
        return _refused("not_permitted", None, {"kind": mender.op.kind})
    seen = None if isinstance(mender.args, DiscardArgs) else mender.args.body_fingerprint
    if seen is not None and seen != target.fingerprint:
        return _refused("wrong_value", "args.body_fingerprint", {"reason": target.fingerprint})
    return None


def _is_sealed(registry: Registry, mender: Arrived, target: Recorded) -> Judgement | None:
    """A signature is given up or taken again, never corrected; nor is anything made into one."""
    if not isinstance(mender.args, RepairArgs):
        return None
    rules = [registry.kinds.get(kind) for kind in (target.kind or "", mender.args.kind)]
    sealed = any(rule is not None and rule.sealed for rule in rules)
    return _refused("sealed", "args.of") if sealed else None


def _cannot_stand(mender: Arrived, what: Mend) -> Judgement | None:
    """What waits behind another goes on by itself, and a mend of the phone's own is no act."""
    if not isinstance(mender.args, AcceptArgs):
        return None
    if what.target.verdict == Verdict.HELD:
        return _refused("behind", "args.of")
    mends_itself = isinstance(what.again.args, MENDING)
    return _refused("mends_another", "args.of") if mends_itself else None


def _refused(code: str, field: str | None, params: dict[str, Any] | None = None) -> Judgement:
    return as_judgement(
        Problem(verdict=Verdict.REJECTED, code=code, field=field, params=params or {})
    )


def as_kept(registry: Registry, target: Recorded, body: str) -> Arrived:
    """An op as it was kept, under the id and fingerprint it was kept under."""
    read_again = read(WireOp(lseq=target.lseq or 0, id=target.op_id, body=body), registry)
    return structs.replace(read_again, op_id=target.op_id, fingerprint=target.fingerprint)


def _as_mended(registry: Registry, mender: Arrived, target: Recorded, body: str) -> Arrived:
    if not isinstance(mender.args, RepairArgs):
        return as_kept(registry, target, body)
    assert mender.op is not None
    args: RepairArgs = mender.args
    said = {
        **_header(body, mender),
        # Who is to be believed was settled when the op came in; what its bytes say of that is not.
        "by": target.by or mender.op.by,
        "origin": "device" if target.device is not None else mender.op.origin,
        "id": target.op_id,
        "kind": args.kind,
        "v": args.v,
        "on": args.on,
        "args": args.args,
    }
    anew = as_kept(registry, target, msgspec.json.encode(said).decode())
    return structs.replace(anew, body=body)


def _header(body: str, mender: Arrived) -> dict[str, Any]:
    """Where and when of the op to be mended; of its mender, where it cannot be read."""
    assert mender.op is not None
    mine = msgspec.json.decode(msgspec.json.encode(mender.op))
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        told = None
    said = told if isinstance(told, dict) else {}
    kept = ("at", "salt", "after", "prev", "visit")
    return {key: said.get(key, mine.get(key)) for key in kept if key in said or key in mine}

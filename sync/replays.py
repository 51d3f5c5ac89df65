"""Judging again, after an upgrade, what an older version of the server could not judge."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from msgspec import Struct, structs

from shared.clock import corrected
from shared.ops import PROVISIONAL, Origin, Stamp, Verdict
from shared.registry import Registry
from sync.aliases import recorded, resolve
from sync.arrival import BEYOND_US, Arrived, Problem
from sync.births import Remembered, births, roots
from sync.desk import (
    Desk,
    Parcel,
    again,
    as_judgement,
    not_here,
    settle,
    true_time,
)
from sync.intake import number
from sync.judge import Judgement
from sync.mends import MENDING, Behind, Keeping, Mend, as_kept, held_behind, mend, mends
from sync.ports import Authority, Recorded, Shifted, Unwritable
from sync.reach import reach
from sync.timing import doubts

OFFICE: Final[frozenset[Origin]] = frozenset({"console", "api", "timer"})


class Upgrade(Struct, frozen=True, kw_only=True):
    """What judges again: the version of the server, its rules, its act in the log, and when (ms).

    `is_ours` tells whether a stamp is a genuine one of a device; `on_crash` is as in a parcel.
    """

    app: str
    registry: Registry
    act: str
    received: int
    is_ours: Callable[[Stamp, str], bool] | None = None
    on_crash: Callable[[str, Exception], None] | None = None


class Replay(Struct, frozen=True, kw_only=True):
    """The op that is judged again, what it says to today's rules, and what waits in its phone."""

    target: Recorded
    anew: Arrived
    behind: Behind
    waiting: tuple[Recorded, ...]


class _Stuck(Unwritable):
    """A rule broke on an op that was held behind the one in question."""

    def __init__(self, op_id: str) -> None:
        super().__init__(op_id)
        self.op_id = op_id


def is_beyond_us(target: Recorded) -> bool:
    """Whether an op waits only because the server did not know better, and nobody settled it."""
    return target.verdict == Verdict.QUARANTINED and target.code in BEYOND_US


def judge_again(authority: Authority, upgrade: Upgrade, op_id: str) -> str | None:
    """Give one op its verdict by today's rules, and what was held behind it, all at once.

    Returns the verdict; None where the op stays as it is, and nothing is written. What breaks
    behind it is set aside by itself. Commits nothing.
    """
    broken: set[str] = set()
    while True:
        try:
            with authority.savepoint():
                return _sit(authority, upgrade, op_id, broken)
        except Shifted:
            continue
        except Unwritable as crash:
            stuck = crash.op_id if isinstance(crash, _Stuck) else None
            if upgrade.on_crash is not None:
                upgrade.on_crash(stuck or op_id, crash)
            if stuck is None:
                return None
            broken.add(stuck)


def _sit(authority: Authority, upgrade: Upgrade, op_id: str, broken: Collection[str]) -> str | None:
    replay = _replay(authority, upgrade.registry, op_id)
    if replay is None or replay.anew.problem is not None:
        return None
    desk, mending = _desk(authority, upgrade, replay)
    judged = _judged(desk, replay, mending.get(op_id))
    noted = {**judged.detail, "judged_again_by": upgrade.app}
    settle(desk, replay.target, replay.anew, structs.replace(judged, detail=noted), upgrade.act)
    if judged.verdict not in PROVISIONAL:
        _go_on(desk, replay.behind, upgrade.act, broken)
    number(desk)
    authority.enter(list(desk.entries.values()), desk.state)
    return judged.verdict


def _replay(authority: Authority, registry: Registry, op_id: str) -> Replay | None:
    """The op, once its phone can push nothing more meanwhile; None where it is settled."""
    found = authority.recall({op_id}).get(op_id)
    holders = [found, *_others_on_it(authority, found)] if found is not None else []
    for incarnation in sorted({one.incarnation for one in holders if one.incarnation}):
        authority.standing(incarnation)
    target = next(iter(recorded(authority.recall({op_id}).values(), authority.aliases)), None)
    if target is None or not is_beyond_us(target):
        return None
    place = target.incarnation
    theirs = authority.provisional(place) if place is not None else []
    theirs = [*theirs, *_others_on_it(authority, target)]
    waiting = tuple(recorded(theirs, authority.aliases))
    bodies = authority.bodies({target.op_id, *(one.op_id for one in waiting)})
    anew = as_kept(registry, target, bodies.get(target.op_id, ""))
    return Replay(
        target=target,
        anew=resolve([anew], authority.aliases)[0],
        behind=held_behind(Keeping(registry, authority.aliases, bodies), target, waiting),
        waiting=tuple(one for one in waiting if one.op_id != op_id),
    )


def _others_on_it(authority: Authority, target: Recorded) -> list[Recorded]:
    """What waits on the thing that an op began, said by its phone as another incarnation."""
    if target.on is None or target.on[1] != target.op_id:
        return []
    return [
        one for one in authority.waiting_on({target.on}) if one.incarnation != target.incarnation
    ]


def _desk(authority: Authority, upgrade: Upgrade, replay: Replay) -> tuple[Desk, dict[str, Mend]]:
    target, registry = replay.target, upgrade.registry
    device = target.device
    genuine = upgrade.is_ours
    parcel = Parcel(
        ops=(),
        origins=frozenset({"device"}) if device is not None else OFFICE,
        person=None,
        received=upgrade.received,
        device=device,
        incarnation=target.incarnation,
        is_ours=partial(_is_theirs, genuine, device) if genuine and device else None,
    )
    mending = mends(authority, registry, [replay.anew])
    others = [one for what in mending.values() for one in (what.again, *_said(what.behind))]
    judged = [replay.anew, *_said(replay.behind), *others]
    links = Remembered(authority.links)
    begun = births(authority, links, judged)
    wanted = reach(judged, links, authority.naming, roots(begun))
    desk = Desk(
        authority=authority,
        registry=registry,
        parcel=parcel,
        state=authority.load(wanted),
        sightings=authority.sightings(device) if device is not None else (),
        waiting={one.op_id: one for one in replay.waiting},
        births=begun,
    )
    return desk, mending


def _is_theirs(genuine: Callable[[Stamp, str], bool], device: str, stamp: Stamp) -> bool:
    return genuine(stamp, device)


def _said(behind: Behind) -> list[Arrived]:
    return [kept for _, kept in behind]


def _judged(desk: Desk, replay: Replay, mending: Mend | None) -> Judgement:
    """By today's rules, at the time at which it was found to be done when it came."""
    anew, target = replay.anew, replay.target
    assert anew.op is not None
    problem = not_here(desk.parcel, anew)
    if problem is not None:
        return as_judgement(problem)
    judged = again(desk, anew, target)
    if judged.verdict is Verdict.APPLIED and isinstance(anew.args, MENDING):
        judged = mend(desk, anew, mending)
    if judged.verdict in PROVISIONAL:
        return judged
    time = true_time(desk, anew.op)
    if anew.op.origin == "device":
        time = corrected(anew.op.at, desk.sightings, target.received)
    return structs.replace(
        judged, flags=(*judged.flags, *doubts(anew.op, time, desk.parcel.is_ours))
    )


def _go_on(desk: Desk, behind: Behind, act: str, broken: Collection[str]) -> None:
    """Judge what waited behind; what breaks a rule by itself is set aside by itself."""
    for other, kept in behind:
        at_fault = kept
        if other.op_id in broken:
            crashed = Problem(
                verdict=Verdict.QUARANTINED, code="crashed", params={"reference": other.op_id}
            )
            at_fault = structs.replace(kept, problem=crashed)
        try:
            rerun = again(desk, at_fault, other)
        except Unwritable as crash:
            raise _Stuck(other.op_id) from crash
        if (rerun.verdict, rerun.code) != (other.verdict, other.code):
            settle(desk, other, kept, rerun, act)

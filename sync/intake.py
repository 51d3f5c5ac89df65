"""The one door on the server: ops come in, each gets its verdict, and all of it is entered."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct, structs

from shared.canonical import canonical
from shared.errors import Params
from shared.kinds import NUMBERED, REGISTRY
from shared.ops import PROVISIONAL, Verdict
from shared.records import State, table
from shared.registry import Registry
from sync.aliases import merged_here, recorded, resolve
from sync.arrival import Arrived, Problem, read, set_aside
from sync.births import Remembered, births, roots
from sync.desk import (
    AWAITS,
    Desk,
    Parcel,
    again,
    decide,
    may_come,
    not_for_phones,
    settle,
    write_down,
)
from sync.judge import Judgement
from sync.mends import MENDING, Behind, Mend, as_kept, mend, mends
from sync.ports import Authority, Crowded, Entry, Recorded, Shifted, Unwritable
from sync.protocol import Result
from sync.reach import reach

EARLY_MAX: Final = 300  # ops that came too early and are judged again with one push
SHIFTS_MAX: Final = 20  # times that others may be quicker, one after the other


class Docket(Struct, frozen=True, kw_only=True):
    """The ops of a parcel as they are to be kept, and what the books already say of them."""

    ops: list[Arrived]
    known: dict[str, Recorded]


def receive(authority: Authority, parcel: Parcel, registry: Registry = REGISTRY) -> list[Result]:
    """Give every op its verdict, in order, once. Commits nothing; the caller does.

    All is decided in memory and written in bulk. Only when the database or a rule breaks down
    over the bulk is each op decided again on its own, so that one bad op stops only itself.
    Raises `Crowded` where more would wait than may.
    """
    return receive_read(authority, parcel, [read(op, registry) for op in parcel.ops], registry)


def receive_read(
    authority: Authority, parcel: Parcel, arrived: Sequence[Arrived], registry: Registry
) -> list[Result]:
    """The same of ops that have been read already."""
    try:
        return _sit(authority, registry, parcel, arrived)
    except Unwritable:
        return [result for one in arrived for result in _alone(authority, registry, parcel, one)]


def _alone(authority: Authority, registry: Registry, parcel: Parcel, one: Arrived) -> list[Result]:
    """One op by itself: judged, or else set aside as one that a rule or the books broke on.

    One that cannot even be set aside gets no result: its author keeps it and offers it again,
    and the rest goes on.
    """
    try:
        return _sit(authority, registry, parcel, [one])
    except Unwritable as broken:
        if parcel.on_crash is not None:
            parcel.on_crash(one.op_id, broken)
    reference: Params = {"reference": one.op_id}
    crashed = Problem(verdict=Verdict.QUARANTINED, code="crashed", params=reference)
    try:
        return _sit(authority, registry, parcel, [structs.replace(one, problem=crashed)])
    except Unwritable as broken:
        if parcel.on_crash is not None:
            parcel.on_crash(one.op_id, broken)
        return []


def _sit(
    authority: Authority, registry: Registry, parcel: Parcel, arrived: Sequence[Arrived]
) -> list[Result]:
    """All or nothing. What somebody else changed before it was locked is looked at once more."""
    for _ in range(SHIFTS_MAX):
        try:
            with authority.savepoint():
                return _sit_once(authority, registry, parcel, arrived)
        except Shifted:  # undone with its locks, so that they are taken in order again
            continue
    raise Unwritable("shifted")


def _sit_once(
    authority: Authority, registry: Registry, parcel: Parcel, arrived: Sequence[Arrived]
) -> list[Result]:
    docket = _told_before(authority, arrived)
    unknown = [one for one in docket.ops if one.op_id not in docket.known]
    fresh = {one.op_id: one for one in resolve(unknown, authority.aliases)}
    theirs = authority.provisional(parcel.incarnation) if parcel.incarnation else []
    waiting = recorded(theirs, authority.aliases)
    mending = mends(authority, registry, fresh.values())
    before = authority.provisional(parcel.forked_from) if parcel.forked_from and fresh else []
    elder = recorded(before, authority.aliases)
    early = _early(authority, registry, parcel, [*elder, *waiting]) if fresh else ()
    anew = [one for what in mending.values() for one in _all_of(what)]
    anew += [kept for _, kept in early]
    heard = [one for one in fresh.values() if may_come(parcel, one)]
    links = Remembered(authority.links)
    begun = births(authority, links, [*heard, *anew], fresh.values())
    wanted = reach([*heard, *anew], links, authority.naming, roots(begun))
    desk = Desk(
        authority=authority,
        registry=registry,
        parcel=parcel,
        state=authority.load(wanted) if fresh else State(),
        sightings=authority.sightings(parcel.device) if parcel.device and fresh else (),
        waiting={one.op_id: one for one in waiting},
        births=begun,
        elder={one.op_id: one for one in elder},
    )
    merges = any(one.rule is not None and one.rule.gathers for one in fresh.values())
    for one in fresh.values():
        now = resolve([one], partial(merged_here, desk.state))[0] if merges else one
        brought = _take(desk, now, mending)
        _free(desk, fresh, one.op_id, brought)
    _go_on(desk, (*early, *_came_early(desk, fresh, others=bool(early))))
    most = parcel.waiting_max
    if most is not None and len(desk.waiting) > max(most, len(waiting)):
        raise Crowded  # what adds nothing to it, and what takes from it, still comes in
    number(desk)
    at = authority.enter(list(desk.entries.values()), desk.state) if desk.entries else {}
    return [_result(authority, one, desk.entries.get(one.op_id), docket, at) for one in docket.ops]


def _take(desk: Desk, one: Arrived, mending: dict[str, Mend]) -> Judgement:
    judged = decide(desk, one)
    if judged.verdict is Verdict.APPLIED and isinstance(one.args, MENDING):
        judged = mend(desk, one, mending.get(one.op_id))
    write_down(desk, one, judged)
    return judged


def _free(desk: Desk, fresh: Mapping[str, Arrived], by: str, brought: Judgement) -> None:
    """Judge what came before in the same push and names what came just now, and what waits behind
    that: before anything that comes after it, as if each had come by itself.
    """
    if not desk.waiting or brought.verdict in PROVISIONAL:
        return
    names = {by, *(row.id for row in brought.rows)}
    waiting = [(fresh[one], desk.waiting[one]) for one in fresh if one in desk.waiting]
    freed = False
    for one, target in sorted(waiting, key=lambda pair: pair[0].lseq):
        if freed or (target.code == AWAITS and any(name in one.body for name in names)):
            judged = again(desk, one, target)
            if judged.verdict not in PROVISIONAL:
                settle(desk, target, one, judged, by)
                freed = True


def _early(
    authority: Authority, registry: Registry, parcel: Parcel, waiting: Sequence[Recorded]
) -> Behind:
    """Ops of this phone that named what had not arrived, those behind them, and what they say."""
    held = [one for one in waiting if one.verdict == Verdict.HELD]
    found = held if any(one.code == AWAITS for one in held) else []
    if not found:
        return ()
    chosen = _likeliest(found, parcel)
    bodies = authority.bodies({one.op_id for one in chosen})
    said = [as_kept(registry, one, bodies.get(one.op_id, "")) for one in chosen]
    return tuple(zip(chosen, resolve(said, authority.aliases), strict=True))


def _likeliest(early: Sequence[Recorded], parcel: Parcel) -> Sequence[Recorded]:
    """So many as one push may have judged again: first those that were said after it, as they may
    name what it says.
    """
    if len(early) <= EARLY_MAX:
        return early
    pushed = min(op.lseq for op in parcel.ops)

    def was_before(one: Recorded) -> bool:
        return one.incarnation == parcel.incarnation and (one.lseq or 0) < pushed

    chosen = {one.op_id for one in sorted(early, key=was_before)[:EARLY_MAX]}
    return [one for one in early if one.op_id in chosen]


def _came_early(desk: Desk, fresh: Mapping[str, Arrived], *, others: bool) -> Behind:
    """Those that came just now, before what they name, and those behind them; or behind `others`
    that came too early.
    """
    codes = {op_id: entry.code for op_id, entry in desk.entries.items() if entry.verdict == "held"}
    held = codes if others or AWAITS in codes.values() else ()
    found = (
        (desk.waiting[one], fresh[one]) for one in held if one in desk.waiting and one in fresh
    )
    return tuple(sorted(found, key=lambda pair: pair[1].lseq))


def _go_on(desk: Desk, early: Behind) -> None:
    """Judge again what came too early, now that more is here: in order, for one leads to another.

    It is the op that came last that settles it; that one itself, if it waits behind another, goes
    on by what was settled just before. What breaks a rule stays as it is.
    """
    last = next(reversed(desk.entries), None)
    settled: str | None = None
    for target, kept in early:
        by = settled if target.op_id == last else last
        if by is None:
            continue
        judged = again(desk, kept, target)
        elsewhere = target.incarnation != desk.parcel.incarnation  # its gaps are not seen from here
        still = judged.code == "unknown_subject" and elsewhere
        if judged.verdict not in PROVISIONAL and not still:
            settle(desk, target, kept, judged, by)
            settled = target.op_id


def _all_of(what: Mend) -> list[Arrived]:
    """What a mend has judged; what no phone may say stays out, as where it comes by itself."""
    said = (what.again, *(kept for _, kept in what.behind))
    return [one for one in said if one.problem is None and not_for_phones(one) is None]


def _told_before(authority: Authority, arrived: Sequence[Arrived]) -> Docket:
    """What the books know; an op that reuses an id is kept under the id of its bytes."""
    known = authority.recall({one.op_id for one in arrived})
    first = {op_id: (op.fingerprint, None) for op_id, op in known.items()}
    stands: dict[str, tuple[str, str | None]] = dict(first)
    ops: list[Arrived] = []
    for one in arrived:
        print_, body = stands.setdefault(one.op_id, (one.fingerprint, one.body))
        same = print_ == one.fingerprint or _said_before(authority, one, body)
        ops.append(one if same else set_aside(one, "id_reused"))
    reused = {one.op_id for one in ops} - set(stands)
    return Docket(ops=ops, known={**known, **(authority.recall(reused) if reused else {})})


def _said_before(authority: Authority, one: Arrived, body: str | None) -> bool:
    """Whether an office op says again what was said before: a second click, a repeated post."""
    if one.op is None or one.op.origin == "device":
        return False
    stands = body or authority.bodies({one.op_id}).get(one.op_id)
    return stands is not None and _content(stands) == _content(one.body)


def _content(body: str) -> bytes:
    try:
        told = msgspec.json.decode(body)
        return canonical({key: told.get(key) for key in ("kind", "v", "on", "by", "args")})
    except (msgspec.DecodeError, ValueError, AttributeError):
        return body.encode("utf-8", "surrogatepass")


def number(desk: Desk) -> None:
    """Give the new rows that people call by a number their numbers, and tell their authors."""
    desk.state.writer = ""
    rows = desk.state.changed.values()
    unnumbered = [row for row in rows if getattr(row, "number", "") is None]
    for noun in NUMBERED if unnumbered else ():
        nameless = [row for row in unnumbered if table(type(row)) == noun]
        if not nameless:
            continue
        numbers = desk.authority.numbers(noun, len(nameless), desk.parcel.received)
        for row, number in zip(nameless, numbers, strict=True):
            desk.state.put(structs.replace(row, number=number))
            entry = desk.entries.get(row.id)
            if entry is not None:
                detail = {**entry.detail, "number": number}
                desk.entries[row.id] = structs.replace(entry, detail=detail)


def _result(
    authority: Authority,
    one: Arrived,
    entry: Entry | None,
    docket: Docket,
    at: dict[str, dict[str, int]],
) -> Result:
    said = docket.known[one.op_id] if entry is None else entry
    if isinstance(said, Recorded):
        where = said.at if said.epoch == authority.epoch else {}
    else:
        where = at.get(one.op_id, {})
    detail = said.detail if one.wire_id == one.op_id else {**said.detail, "op_id": one.op_id}
    return Result(
        lseq=one.lseq,
        id=one.wire_id,
        verdict=said.verdict,
        received=said.received,
        code=said.code,
        at=where,
        detail=detail,
        flags=list(said.flags),
    )

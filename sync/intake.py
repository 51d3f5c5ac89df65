"""The one door on the server: ops come in, each gets its verdict, and all of it is entered."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct, structs

from shared.canonical import canonical
from shared.errors import Params
from shared.kinds import NUMBERED, REGISTRY
from shared.mending import DiscardArgs, RepairArgs
from shared.ops import Verdict
from shared.records import State, table
from shared.registry import Registry
from sync.arrival import Arrived, Problem, read, set_aside
from sync.desk import Desk, Parcel, decide, write_down
from sync.mends import Mend, mend, mends
from sync.ports import Authority, Entry, Recorded, Unwritable
from sync.protocol import Result
from sync.reach import reach


class Docket(Struct, frozen=True, kw_only=True):
    """The ops of a parcel as they are to be kept, and what the books already say of them."""

    ops: list[Arrived]
    known: dict[str, Recorded]


def receive(authority: Authority, parcel: Parcel, registry: Registry = REGISTRY) -> list[Result]:
    """Give every op its verdict, in order, once. Commits nothing; the caller does.

    All is decided in memory and written in bulk. Only when the database or a rule breaks down
    over the bulk is each op decided again on its own, so that one bad op stops only itself.
    """
    arrived = [read(op, registry) for op in parcel.ops]
    try:
        with authority.savepoint():
            return _sit(authority, registry, parcel, arrived)
    except Unwritable:
        return [result for one in arrived for result in _alone(authority, registry, parcel, one)]


def _alone(authority: Authority, registry: Registry, parcel: Parcel, one: Arrived) -> list[Result]:
    """One op by itself: judged, or else set aside as one that a rule or the books broke on.

    One that cannot even be set aside gets no result: its author keeps it and offers it again,
    and the rest goes on.
    """
    try:
        with authority.savepoint():
            return _sit(authority, registry, parcel, [one])
    except Unwritable as broken:
        if parcel.on_crash is not None:
            parcel.on_crash(one.op_id, broken)
    reference: Params = {"reference": one.op_id}
    crashed = Problem(verdict=Verdict.QUARANTINED, code="crashed", params=reference)
    try:
        with authority.savepoint():
            return _sit(authority, registry, parcel, [structs.replace(one, problem=crashed)])
    except Unwritable as broken:
        if parcel.on_crash is not None:
            parcel.on_crash(one.op_id, broken)
        return []


def _sit(
    authority: Authority, registry: Registry, parcel: Parcel, arrived: Sequence[Arrived]
) -> list[Result]:
    docket = _told_before(authority, arrived)
    fresh = {one.op_id: one for one in docket.ops if one.op_id not in docket.known}
    waiting = authority.provisional(parcel.incarnation) if parcel.incarnation else []
    mending = mends(authority, registry, fresh.values())
    again = [one for what in mending.values() for one in _all_of(what)]
    wanted = reach([*fresh.values(), *again], authority.links)
    desk = Desk(
        authority=authority,
        registry=registry,
        parcel=parcel,
        state=authority.load(wanted) if fresh else State(),
        sightings=authority.sightings(parcel.device) if parcel.device and fresh else (),
        waiting={one.op_id: one for one in waiting},
    )
    for one in fresh.values():
        _take(desk, one, mending)
    _number(desk)
    at = authority.enter(list(desk.entries.values()), desk.state) if desk.entries else {}
    return [_result(authority, one, desk.entries.get(one.op_id), docket, at) for one in docket.ops]


def _take(desk: Desk, one: Arrived, mending: dict[str, Mend]) -> None:
    judged = decide(desk, one)
    if judged.verdict is Verdict.APPLIED and isinstance(one.args, RepairArgs | DiscardArgs):
        judged = mend(desk, one, mending.get(one.op_id))
    write_down(desk, one, judged)


def _all_of(what: Mend) -> list[Arrived]:
    return [what.again, *(again for _, again in what.behind)]


def _told_before(authority: Authority, arrived: Sequence[Arrived]) -> Docket:
    """What the books know; an op that reuses an id is kept under the id of its bytes."""
    known = authority.recall({one.op_id for one in arrived})
    first = {op_id: (op.fingerprint, None) for op_id, op in known.items()}
    stands: dict[str, tuple[str, str | None]] = dict(first)
    ops: list[Arrived] = []
    for one in arrived:
        print_, body = stands.setdefault(one.op_id, (one.fingerprint, one.body))
        same = print_ == one.fingerprint or _said_before(authority, one, print_, body)
        ops.append(one if same else set_aside(one, "id_reused"))
    reused = {one.op_id for one in ops} - set(stands)
    return Docket(ops=ops, known={**known, **(authority.recall(reused) if reused else {})})


def _said_before(authority: Authority, one: Arrived, print_: str, body: str | None) -> bool:
    """Whether an office op says again what was said before: a second click, a repeated post."""
    if one.op is None or one.op.origin == "device":
        return False
    stands = body or authority.bodies({print_}).get(print_)
    return stands is not None and _content(stands) == _content(one.body)


def _content(body: str) -> bytes:
    try:
        told = msgspec.json.decode(body)
        return canonical({key: told.get(key) for key in ("kind", "v", "on", "by", "args")})
    except (msgspec.DecodeError, ValueError, AttributeError):
        return body.encode("utf-8", "surrogatepass")


def _number(desk: Desk) -> None:
    """Give the new rows that people call by a number their numbers, and tell their authors."""
    for noun in NUMBERED:
        nameless = [
            row
            for row in desk.state.changed.values()
            if table(type(row)) == noun and getattr(row, "number", "") is None
        ]
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

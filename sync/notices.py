"""Notices: what the office did and what became of one's own ops, told to a person once each."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct, structs

from shared.amounts import quantity_text
from shared.editing import EditArgs
from shared.ids import derive
from shared.ops import PROVISIONAL, Verdict
from shared.parts import Balance
from shared.people import Person
from shared.records import Aggregate, State, stream_of
from shared.registry import Registry
from shared.tasks import Conflict
from shared.work_order import OPEN
from sync import facts
from sync.arrival import Arrived, read
from sync.came import Came, Turned
from sync.facts import TIMES
from sync.ports import Change, Facts, Notice, NoticeKind, Outboxed, Replica, Wanted
from sync.protocol import WireOp
from sync.vain import Vain

# Since when (ms) this phone has been told things: what was given to its person before is no news.
BEGUN: Final[Aggregate] = ("phone", "begun")
KINDS: Final[dict[Verdict, NoticeKind]] = {
    Verdict.REJECTED: "refused",
    Verdict.HELD: "held",
    Verdict.QUARANTINED: "quarantined",
    Verdict.CONFLICT: "conflict",
}
DONE: Final = frozenset({Verdict.APPLIED, Verdict.MERGED})
Told = dict[Aggregate, Facts]


class _Desk(Struct, kw_only=True):
    """What is at hand while an answer is looked through: what was told before, and is told now."""

    replica: Replica
    registry: Registry
    person: str
    now: int
    told: Told
    shown: State
    changed: dict[Aggregate, Facts | None]
    vain: Vain

    def keep(self, thing: Aggregate, known: Facts | None) -> None:
        """Remember what is told of a thing from now on; None forgets it."""
        self.changed[thing] = known
        if known is None:
            self.told.pop(thing, None)
        else:
            self.told[thing] = known


def inform(replica: Replica, registry: Registry, came: Came) -> None:
    """Tell what an answer brought. The last thing in the transaction that takes it in."""
    if not (came.turned or came.whole or came.gone or came.scope is not None):
        return
    told = replica.told()
    came = structs.replace(came, whole=came.whole | facts.unsaid(told)) if came.ended else came
    ours = {one.after.on for one in came.turned} | came.whole
    wanted = frozenset(thing for thing in ours if thing[0] in facts.DETAILS)
    person = replica.identity().person
    refs = frozenset({(Person, person)})
    desk = _Desk(
        replica=replica,
        registry=registry,
        person=person,
        now=came.now,
        told=told,
        shown=replica.load(Wanted(aggregates=wanted, refs=refs), base=False),
        changed={},
        vain=Vain(replica, registry),
    )
    if BEGUN not in desk.told:
        desk.keep(BEGUN, {"at": came.now})
    for one in came.turned:
        _put_right(desk, one, came.still)
    for thing in (came.still - came.whole) & desk.told.keys():
        desk.keep(thing, {**desk.told[thing], facts.UNSAID: True})
    found = [
        *(notice for one in came.turned for notice in _of_op(desk, one)),
        *(notice for thing in sorted(came.whole) for notice in _of_thing(desk, thing)),
        *_of_gone(desk, sorted(_gone(desk, came))),
    ]
    _tell(replica, [*found, *_explained(desk, came)])
    replica.tell(desk.changed)


def _tell(replica: Replica, found: list[Notice]) -> None:
    """What was told before is not told again; only what a conflict was about may come later."""
    before = replica.noticed([one.id for one in found])
    fresh: dict[str, Notice] = {}
    for one in found:
        known = before.get(one.id)
        if known is None:
            fresh.setdefault(one.id, one)
        elif _is_vague(known) and not _is_vague(one):
            fresh[one.id] = structs.replace(one, at=known.at)
    replica.notify(list(fresh.values()))


def _is_vague(notice: Notice) -> bool:
    return notice.kind == "conflict" and any(one.new is None for one in notice.changes)


# One's own ops


def _put_right(desk: _Desk, turned: Turned, still: set[Aggregate]) -> None:
    """Take back what an op was taken to have changed, when it did not come about as meant.

    One that did may have been laid over rows that came after it: where its answer was lost, and the
    office went on. Then it is shown no more, and its job's status is none of the office's news.
    """
    after = turned.after
    verdict = Verdict(str(after.verdict))
    known = desk.told.get(after.on)
    if verdict in DONE:
        if known is not None:
            known = facts.settled(known, after.op_id)
            shown = facts.facts_of(desk.shown, after.on, desk.person) if after.on in still else None
            desk.keep(after.on, facts.standing(known, shown))
        return
    if known is not None and after.on[0] in facts.DETAILS:
        arrived, lost = _read(after, desk.registry), verdict is Verdict.CONFLICT
        before = () if lost else desk.vain.before(after)
        desk.keep(after.on, facts.put_right(known, arrived, lost=lost, before=before))
    for place, change in facts.moves(after.emits).items():
        held = desk.told.get(place)
        if held is not None and verdict is not Verdict.CONFLICT:
            desk.keep(place, facts.moved(held, change, sign=-1))


def _of_op(desk: _Desk, turned: Turned) -> Iterator[Notice]:
    before, after = turned.before, turned.after
    verdict = Verdict(str(after.verdict))
    if verdict is Verdict.CONFLICT:
        yield from _conflicts(desk, after)
    elif verdict in KINDS:
        yield _about_op(desk, after, KINDS[verdict])
    elif before.verdict is not None and Verdict(before.verdict) in PROVISIONAL:
        yield _about_op(desk, after, "mended")


def _about_op(desk: _Desk, entry: Outboxed, kind: NoticeKind) -> Notice:
    job = _job_of(desk, entry)
    return Notice(
        id=derive("notice", kind, entry.op_id),
        kind=kind,
        at=desk.now,
        job=job,
        **_named(desk, job),
        code=entry.code,
        params=dict(entry.detail.get("params", {})),
        op_id=entry.op_id,
        op_kind=entry.kind,
    )


def _conflicts(desk: _Desk, entry: Outboxed) -> Iterator[Notice]:
    """A conflict of one's own op: one notice for what the office's value stands of, one for one's
    own. What is not known yet of the other side (None) is told when its row is there.
    """
    about = _about_op(desk, entry, "conflict")
    args = _read(entry, desk.registry).args
    if not isinstance(args, EditArgs):
        params = entry.detail.get("params", {})
        status = Change(field="status", old=params.get("wanted"), new=params.get("status"))
        yield structs.replace(about, stands="office", changes=(status,) if params else ())
        return
    results = entry.detail.get("fields", {})
    rows = list(desk.shown.of(Conflict, entry.on[1]))
    lost = [
        _lost(rows, entry, name, new)
        for name, (_, new) in args.fields.items()
        if results.get(name, "lost") == "lost"
    ]
    won = [
        _won(rows, entry, name, new)
        for name, (_, new) in args.fields.items()
        if results.get(name) == "won"
    ]
    if lost:
        yield structs.replace(about, stands="office", changes=tuple(lost))
    if won:
        identity = derive("notice", "won", entry.op_id)
        yield structs.replace(about, id=identity, stands="mine", changes=tuple(won))


def _lost(rows: Iterable[Conflict], entry: Outboxed, name: str, mine: Any) -> Change:
    row = _row_of(rows, entry, name)
    return Change(field=name, old=mine, new=row.winner if row is not None else None)


def _won(rows: Iterable[Conflict], entry: Outboxed, name: str, mine: Any) -> Change:
    row = _row_of(rows, entry, name)
    theirs = [one.value for one in row.losers if one.op_id == entry.op_id] if row else []
    return Change(field=name, old=theirs[-1] if theirs else None, new=mine)


def _row_of(rows: Iterable[Conflict], entry: Outboxed, name: str) -> Conflict | None:
    return next(
        (
            row
            for row in rows
            if row.field == name and any(one.op_id == entry.op_id for one in row.losers)
        ),
        None,
    )


def _explained(desk: _Desk, came: Came) -> Iterator[Notice]:
    """Conflicts told before, once the rows that say what they were about are there."""
    named = {
        loser.op_id
        for thing in came.whole
        for row in desk.shown.of(Conflict, thing[1])
        for loser in row.losers
    }
    turned = {one.after.op_id for one in came.turned}
    for entry in desk.replica.outboxed(named - turned) if named else ():
        if entry.verdict == Verdict.CONFLICT:
            yield from _conflicts(desk, entry)


def _read(entry: Outboxed, registry: Registry) -> Arrived:
    return read(WireOp(lseq=entry.lseq, id=entry.op_id, body=entry.body), registry)


def _job_of(desk: _Desk, entry: Outboxed) -> str | None:
    if entry.on[0] == "work_order":
        return entry.on[1]
    return getattr(_read(entry, desk.registry).args, "work_order", None)


# What the office did


def _of_thing(desk: _Desk, thing: Aggregate) -> Iterator[Notice]:
    """What is otherwise of a thing whose stream has been read to its end."""
    if thing[0] == "location":
        yield from _of_stock(desk, thing)
    if thing[0] not in facts.DETAILS:
        return
    now, before = facts.facts_of(desk.shown, thing, desk.person), desk.told.get(thing)
    if now is None:
        return
    before = facts.as_told(before, now) if before is not None else None
    desk.keep(thing, facts.learnt(thing, before, now))
    if thing[0] == "work_order":
        yield from _of_job(desk, thing[1], before, now)
    elif before is not None and (job := facts.first_job(desk.told, thing)) is not None:
        yield from _edited(desk, job, thing, (before, now))


def _of_job(desk: _Desk, job: str, before: Facts | None, now: Facts) -> Iterator[Notice]:
    begun = desk.told[BEGUN]["at"]
    if not _had(before, now, begun):
        if now["assignment"] is not None and now["since"] >= begun:
            times = tuple(Change(field=name, new=now[name]) for name in TIMES)
            yield _notice(desk, "assigned", job, _as_given(desk, now), times, role=now["role"])
        return
    assert before is not None
    if now["assignment"] is None:
        yield from _taken_away(desk, job, before)
    elif now["status"] == "cancelled":
        if before.get("status", "cancelled") != "cancelled":
            identity = _fresh(desk, "cancelled", job)
            yield _notice(desk, "cancelled", job, identity, (), reason=now["reason"])
    else:
        yield from _moved(desk, job, (before, now))
        yield from _edited(desk, job, ("work_order", job), (before, now))


def _as_given(desk: _Desk, now: Facts) -> str:
    """The id of the notice that a job was given; one that was put away and came back is told anew.

    It was told of before by the same assignment, and then forgotten.
    """
    identity = derive("notice", "assigned", now["assignment"])
    known = desk.replica.noticed([identity])
    return _fresh(desk, "assigned", now["assignment"]) if known else identity


def _had(before: Facts | None, now: Facts, begun: int) -> bool:
    """Whether the job was this person's before; where that is not known, as it is now.

    One that was taken away and given back meanwhile is given anew: it waits to be accepted again.
    Not so by a giving from before `begun`, as a server has it that was put back.
    """
    held = before.get("assignment", now["assignment"]) if before is not None else None
    return held is not None and (now["assignment"] in (None, held) or now["since"] < begun)


def _moved(desk: _Desk, job: str, both: tuple[Facts, Facts]) -> Iterator[Notice]:
    before, now = both
    if all(before.get(name, now[name]) == now[name] for name in TIMES):
        return
    times = tuple(Change(field=one, old=before.get(one, now[one]), new=now[one]) for one in TIMES)
    yield _notice(desk, "moved", job, _fresh(desk, "moved", job), times)


def _edited(desk: _Desk, job: str, thing: Aggregate, both: tuple[Facts, Facts]) -> Iterator[Notice]:
    before, now = both
    names = facts.DETAILS[thing[0]][1]
    back = before.get("status") == "cancelled" and now["status"] != "cancelled"
    changes = tuple(
        Change(field=name, old=before[name], new=now[name])
        for name in (*names, *(("status",) if back else ()))
        if name in before and before[name] != now[name]
    )
    if changes:
        yield _notice(desk, "edited", job, _fresh(desk, "edited", thing[1]), changes)


def _of_stock(desk: _Desk, place: Aggregate) -> Iterator[Notice]:
    """What came into one's own van."""
    me = desk.shown.find(Person, desk.person)
    if me is None or me.van_id != place[1]:
        return
    held = {one.part_id: one.amount for one in desk.replica.living(place, Balance)}
    before = desk.told.get(place)
    desk.keep(place, held)
    if before is None:
        return
    more = {part: amount - before.get(part, 0) for part, amount in sorted(held.items())}
    changes = tuple(
        Change(field=part, new=quantity_text(amount)) for part, amount in more.items() if amount > 0
    )
    if changes:
        yield Notice(
            id=_fresh(desk, "stock_came", place[1]), kind="stock_came", at=desk.now, changes=changes
        )


def _gone(desk: _Desk, came: Came) -> set[Aggregate]:
    if came.scope is None:
        return came.gone & desk.told.keys()
    kept = set(came.scope)
    return {one for one in desk.told if one != BEGUN and stream_of(one) not in kept}


def _of_gone(desk: _Desk, things: list[Aggregate]) -> Iterator[Notice]:
    """Jobs whose streams are no longer this person's, without their having given them back.

    One that they began and that came to nothing was taken by nobody.
    """
    begun = desk.replica.outboxed({identity for _, identity in things}) if things else ()
    vain = {one.on for one in begun if one.verdict not in DONE}
    for thing in things:
        known = {} if thing in vain else desk.told[thing]
        if thing[0] == "work_order" and known.get("assignment") and known.get("status") in OPEN:
            yield from _taken_away(desk, thing[1], known)
    here = desk.replica.marks() if things else {}
    for thing in things:
        if stream_of(thing) not in here:  # under what waits it stays, and may come back as it was
            desk.keep(thing, None)


def _taken_away(desk: _Desk, job: str, known: Facts) -> Iterator[Notice]:
    identity = derive("notice", "taken_away", str(known["assignment"]))
    yield _notice(desk, "taken_away", job, identity, ())


def _notice(
    desk: _Desk,
    kind: NoticeKind,
    job: str,
    identity: str,
    changes: tuple[Change, ...],
    **params: Any,
) -> Notice:
    given = {name: value for name, value in params.items() if value}
    return Notice(
        id=identity,
        kind=kind,
        at=desk.now,
        job=job,
        **_named(desk, job),
        changes=changes,
        params=given,
    )


def _named(desk: _Desk, job: str | None) -> dict[str, Any]:
    """How people call a job, as far as it was ever told."""
    known = desk.told.get(("work_order", job or ""), {})
    customer = desk.told.get(("customer", known.get("customer_id", "")), {})
    return {"number": known.get("number"), "customer": customer.get("name", "")}


def _fresh(desk: _Desk, kind: str, identity: str) -> str:
    """The id of a notice that only this answer can bring."""
    return derive("notice", kind, identity, desk.now)

"""What a phone shows: what the server sent, with the phone's own pending ops laid over it."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from itertools import chain

from msgspec import Struct, structs

from shared.aliases import MERGED_NOUNS, Alias, alias_id
from shared.clock import Corrected
from shared.errors import REFUSED_ON_DEVICE, Flag, Refused
from shared.ops import FINAL, Op, Verdict
from shared.people import Subscription
from shared.records import STREAM_PREFIX, Aggregate, Record, State, home, stream_of
from shared.registry import Emit, Ref, Registry
from shared.work_order import WorkOrder
from sync.aliases import resolve, resolved
from sync.arrival import Arrived, read
from sync.births import NOUN, named_by
from sync.facts import DETAILS, differing, facts_of
from sync.judge import Case, Judgement, judge, land
from sync.ports import Facts, Outboxed, Replica, Wanted
from sync.protocol import WireOp
from sync.reach import linked, reach
from sync.timing import time_here


class Pending(Struct, frozen=True, kw_only=True):
    """An op of the outbox, with what can be read of its body, and the thing it is on by now."""

    entry: Outboxed
    arrived: Arrived

    @property
    def on(self) -> Aggregate:
        """Another one than it was recorded on, where that was merged into it."""
        return self.arrived.on or self.entry.on


class Weighed(Struct, frozen=True, kw_only=True):
    """What an op would do: its judgement, and every row that would be shown differently.

    `learnt` is what its author then knows of the thing it is on, by having done it.
    """

    judged: Judgement
    rows: tuple[Record, ...]
    learnt: Facts


def weigh(replica: Replica, registry: Registry, one: Arrived, time: Corrected) -> Weighed | Refused:
    """What an op would do to what is shown, or why it is refused. Changes nothing.

    What the server only flags, the phone refuses (`REFUSED_ON_DEVICE`), while the technician is
    still there to put it right. Runs inside the transaction that will record the op.
    """
    assert one.op is not None
    assert one.rule is not None
    if not one.rule.device:
        return Refused(code="not_permitted", grounds="permission", params={"kind": one.op.kind})
    (one,) = resolve([one], partial(_merged, replica))
    assert one.op is not None
    assert one.rule is not None
    state = replica.load(reach([one], replica.links), base=False)
    case = Case(op=one.op, rule=one.rule, args=one.args, time=time)
    before = _known(state, one.op)
    judged = land(registry, state, judge(state, case), (one.op_id, time.ms))
    refused = _refusal(judged)
    if refused is not None:
        return refused
    learnt = differing(before, _known(state, one.op))
    return Weighed(judged=judged, rows=tuple(state.changed.values()), learnt=learnt)


def _known(state: State, op: Op) -> Facts | None:
    return facts_of(state, op.on, op.by) if op.on[0] in DETAILS else None


def _refusal(judged: Judgement) -> Refused | None:
    if judged.verdict is Verdict.MERGED:
        return Refused(code="already_so", grounds="state")
    if judged.verdict is not Verdict.APPLIED:
        return Refused(
            code=judged.code or "unreadable",
            grounds="state" if judged.verdict is Verdict.CONFLICT else "value",
            field=judged.detail.get("field"),
            params=judged.detail.get("params", {}),
        )
    stopping: list[Flag] = [flag for flag in judged.flags if flag.code in REFUSED_ON_DEVICE]
    if stopping:
        return Refused(code=stopping[0].code, grounds="state", params=stopping[0].params)
    return None


class Here:
    """How far the streams on this phone are read, and which of them are still to come."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._marks = replica.marks()
        self._followed: frozenset[str] | None = None

    def passed(self, entry: Outboxed, stream: str) -> bool:
        """Whether a stream already holds what became of an op, so that it is not laid over it.

        So does one that is not here: what becomes of it is not shown. But where its person follows
        it, it is on its way, as that of a job is which was begun on this phone.
        """
        if is_open(entry):
            return False
        mark = self._marks.get(stream)
        if mark is None:
            return stream not in entry.at or stream not in self.followed()
        return mark.cursor >= entry.at.get(stream, 0)

    def followed(self) -> frozenset[str]:
        """The streams that this phone's person follows, as far as it was told."""
        if self._followed is None:
            place = ("person", self._replica.identity().person)
            known = self._replica.living(place, Subscription)
            self._followed = frozenset(one.stream for one in known)
        return self._followed

    def is_settled_everywhere(self, entry: Outboxed) -> bool:
        """Whether every stream that is or comes here holds what became of an op."""
        return all(self.passed(entry, stream) for stream in entry.at)


def refresh(replica: Replica, registry: Registry, dirty: Iterable[Aggregate]) -> None:
    """Lay the pending ops over the base of these things anew, in the order they were recorded.

    Whether an op is refused is decided on the thing it is on. What it causes elsewhere is added
    there; so when that changes, those other things have to be done too, once.
    """
    here = Here(replica)
    things = set(dirty)
    first = sorted(
        things.union((noun, into) for (noun, _), into in _merged(replica, things).items())
    )
    elsewhere = _lay(replica, registry, here, first)
    _lay(replica, registry, here, sorted(elsewhere - set(first)))
    again = sorted(elsewhere & set(first))
    _lay(replica, registry, here, again)


def looking_at(
    replica: Replica, registry: Registry, moved: Collection[Aggregate]
) -> set[Aggregate]:
    """The things with an op on top whose rule looks at rows that live with these other things.

    A signature looks at whose name is on file: when the customer's rows come or go, it has to be
    laid anew, although nothing has changed on its job.
    """
    on_top = replica.on_top_of() if moved else []
    found = [_read(one, registry) for one in on_top]
    begun = {one.on for one in on_top if is_beginning(one)}
    links = replica.links(linked(found)) if found else {}
    wanted = [(one, reach([one], lambda _subjects: links)) for one in found if one.op is not None]
    looking: set[Aggregate] = set()
    fresh = set(moved)
    while fresh:
        nouns = {noun for noun, _ in fresh}
        new = {
            one.op.on
            for one, far in wanted
            if one.op is not None and _looks_at(one, far, fresh, nouns)
        } - looking
        looking |= new
        fresh = new & begun  # nothing but what is laid over it tells of what was begun here
    return {thing for thing in looking if thing[0] in STREAM_PREFIX}


def _looks_at(
    one: Arrived, far: Wanted, moved: Collection[Aggregate], nouns: Collection[str]
) -> bool:
    """Whether the rule of an op looks at one of these things, or at a row that lives there."""
    named = {(NOUN, name) for name in named_by(one)}
    if not (far.aggregates | named).isdisjoint(moved):
        return True
    return any(_lives_with(ref, moved, nouns) for ref in far.refs)


def _lives_with(ref: Ref, moved: Collection[Aggregate], nouns: Collection[str]) -> bool:
    """Whether a row that a ref names may live with one of these things."""
    kind, identity = ref
    noun, key = kind.home
    field, parted, value = identity.partition("=")
    if (field if parted else "id") == key:
        return (noun, value or identity) in moved
    return noun in nouns


def _lay(
    replica: Replica, registry: Registry, here: Here, things: Sequence[Aggregate]
) -> set[Aggregate]:
    also = _aliases_of(replica, things)
    found = _on_top(replica, [*things, *also])
    pending = [Pending(entry=one, arrived=resolved(_read(one, registry), also)) for one in found]
    begun = [one.on for one in pending if is_beginning(one.entry)]  # others look at what these show
    first = [thing for thing in begun if thing in things]
    by_thing: dict[Aggregate, list[Pending]] = {thing: [] for thing in (*first, *things)}
    for one in pending:
        for place in (touched(one.entry) - {one.entry.on}) | {one.on}:
            if place in by_thing and not here.passed(one.entry, stream_of(place)):
                by_thing[place].append(one)
    changed: set[Aggregate] = set()
    for thing, ops in by_thing.items():
        changed |= _lay_one(replica, registry, here, thing, ops)
    return changed


def _merged(replica: Replica, things: Collection[Aggregate]) -> dict[Aggregate, str]:
    """Those of the things that were merged into others, as far as the phone was told."""
    refs = frozenset((Alias, alias_id(one)) for one in things if one[0] in MERGED_NOUNS)
    if not refs:
        return {}
    known = replica.load(Wanted(aggregates=frozenset(), refs=refs), base=False).all(Alias)
    return {(one.noun, one.merged_id): one.into_id for one in known}


def _aliases_of(replica: Replica, things: Collection[Aggregate]) -> dict[Aggregate, str]:
    """What was merged into these things, or into what lives with them."""
    places = [one for one in things if one[0] in MERGED_NOUNS]
    known = (alias for place in places for alias in replica.living(place, Alias))
    return {(one.noun, one.merged_id): one.into_id for one in known}


def _on_top(replica: Replica, things: Collection[Aggregate]) -> list[Outboxed]:
    return replica.on_top_of(things) if things else []


def _lay_one(
    replica: Replica, registry: Registry, here: Here, thing: Aggregate, ops: Sequence[Pending]
) -> set[Aggregate]:
    """Show one thing; returns the other things where an op now causes something else."""
    if not ops:
        replica.show(thing, ())
        return set()
    judged = [one for one in ops if one.on == thing or not has_rows(one.on)]
    laid = {thing: ops, **_begun_here(replica, registry, here, thing, judged)}
    every = {one.entry.op_id: one for there in laid.values() for one in there}
    places: dict[str, list[Aggregate]] = {op_id: [] for op_id in every}
    for place, there in laid.items():
        for one in there:
            places[one.entry.op_id].append(place)
    said = [one.arrived for one in every.values()]
    state = replica.load(reach(said, replica.links, also=[thing]), base=True)
    changes: list[Outboxed] = []
    for one in sorted(every.values(), key=lambda pending: pending.entry.lseq):
        for place in places[one.entry.op_id]:
            if place != one.on:
                _add(registry, state, one, place)
                continue
            after = _rejudge(registry, state, one)
            if place == thing and after != one.entry:
                changes.append(after)
    replica.update(changes)
    replica.show(thing, [row for row in state.changed.values() if home(row) == thing])
    before = (every[after.op_id].entry.emits for after in changes)
    emits = chain.from_iterable((*before, *(after.emits for after in changes)))
    return {emit.on for emit in emits} - {thing}


def _begun_here(
    replica: Replica, registry: Registry, here: Here, thing: Aggregate, ops: Iterable[Pending]
) -> dict[Aggregate, list[Pending]]:
    """What is laid over jobs that nobody but this phone has, and that these ops name beside the
    thing: of each op's right and rule they are what they were when it was recorded.
    """
    laid: dict[Aggregate, list[Pending]] = {}
    fresh = _named(ops) - {thing}
    while fresh:
        found = replica.on_top_of(fresh)
        begun = frozenset(one.on for one in found if is_beginning(one) and one.on in fresh)
        refs = frozenset((WorkOrder, identity) for _, identity in begun)
        sent = replica.load(Wanted(aggregates=frozenset(), refs=refs), base=True)
        alone = [one for one in sorted(begun) if sent.find(WorkOrder, one[1]) is None]
        on_them = [Pending(entry=one, arrived=_read(one, registry)) for one in found]
        for place in alone:
            laid[place] = [
                one
                for one in on_them
                if place in touched(one.entry) and not here.passed(one.entry, stream_of(place))
            ]
        fresh = _named(one for place in alone for one in laid[place]) - laid.keys() - {thing}
    return laid


def _named(ops: Iterable[Pending]) -> set[Aggregate]:
    return {(NOUN, name) for one in ops for name in named_by(one.arrived)}


def _add(registry: Registry, state: State, one: Pending, thing: Aggregate) -> None:
    """Add what an op on another thing causes here, unless it will be refused there."""
    entry = one.entry
    if not has_rows(one.on):
        _lay_with(registry, state, one, thing)
        return
    if entry.refusal is not None:
        return
    for emit in entry.emits:
        if emit.on == thing:
            _absorb(registry, state, emit, entry)


def _lay_with(registry: Registry, state: State, one: Pending, thing: Aggregate) -> None:
    """Run an op again on what has its rows with another thing, as a message has with its ticket."""
    case = _case(one)
    judged = judge(state, case) if case is not None else None
    if judged is None or judged.verdict not in (Verdict.APPLIED, Verdict.MERGED):
        return
    for row in judged.rows:
        if home(row) == thing:
            state.put(row)
    for emit in judged.emits:
        if emit.on == thing:
            _absorb(registry, state, emit, one.entry)


def _absorb(registry: Registry, state: State, emit: Emit, entry: Outboxed) -> None:
    landing = registry.absorbs[emit.name](state, emit, entry.op_id, entry.recorded)
    for row in landing.rows:
        state.put(row)


def _rejudge(registry: Registry, state: State, one: Pending) -> Outboxed:
    """Run an op again over the rows of its own thing."""
    arrived, entry, case = one.arrived, one.entry, _case(one)
    if case is None:
        return structs.replace(entry, refusal=arrived.problem.code if arrived.problem else None)
    judged = judge(state, case)
    if judged.verdict not in (Verdict.APPLIED, Verdict.MERGED):
        return structs.replace(entry, refusal=judged.code, emits=())
    for row in judged.rows:
        state.put(row)
    for emit in judged.emits:
        if emit.on == one.on:
            _absorb(registry, state, emit, entry)
    return structs.replace(entry, refusal=None, emits=judged.emits)


def _case(one: Pending) -> Case | None:
    """An op as it is judged here, at the time its own phone shows; None if it cannot be read."""
    op, rule = one.arrived.op, one.arrived.rule
    if op is None or rule is None:
        return None
    time = time_here(one.entry.recorded)
    return Case(op=op, rule=rule, args=one.arrived.args, time=time, alias=one.arrived.alias)


def has_rows(thing: Aggregate) -> bool:
    """Whether a thing has rows of its own here; others have theirs with another thing."""
    return thing[0] in STREAM_PREFIX


def is_open(entry: Outboxed) -> bool:
    """Whether an op still waits for its final verdict."""
    return entry.verdict is None or Verdict(entry.verdict) not in FINAL


def is_beginning(entry: Outboxed) -> bool:
    """Whether an op begins the thing that it is on."""
    return entry.on == (NOUN, entry.op_id)


def touched(entry: Outboxed) -> set[Aggregate]:
    """The things with rows that an op is on or causes something to; another op has none."""
    places = {entry.on, *(emit.on for emit in entry.emits)}
    return {place for place in places if place[0] in STREAM_PREFIX}


def _read(entry: Outboxed, registry: Registry) -> Arrived:
    return read(WireOp(lseq=entry.lseq, id=entry.op_id, body=entry.body), registry)

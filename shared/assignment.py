"""Assignment: to whom a job is given, from whom it is taken, and what they answer."""

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import structs

from shared.amounts import Id, Line, OptionalLine, OptionalText, is_sayable, tidy
from shared.errors import Refused, refuse_state, refuse_value
from shared.ids import derive
from shared.milestones import GIVEN, given
from shared.people import Person, Subscription, may
from shared.records import Record, State, stream_of
from shared.registry import Act, Args, Emit, Kind, Landing, Outcome, Reach, Ref
from shared.tasks import task
from shared.ticket import progress
from shared.visit import Visit
from shared.work_order import (
    LEGAL,
    OPEN,
    Assignment,
    NoArgs,
    WorkOrder,
    change,
    current,
    illegal,
    step,
    subject,
    to_its_ticket,
)

UNTAKEN: Final = frozenset({"created", "assigned"})


class AssignArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Who is to do it, and as what."""

    person: Id
    role: Literal["lead", "helper"]


class ReassignArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Who is to do it instead of everybody who was."""

    person: Id
    reason: OptionalLine = ""


class UnassignArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """From whom the job is taken back (from all, if not said), and why."""

    person: Id | None = None
    reason: OptionalLine = ""


class DeclineArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Why somebody cannot take the job."""

    reason: Line
    note: OptionalText = ""


def assign(state: State, act: Act) -> Outcome | Refused:
    """Give the job to somebody (R-DSP-01)."""
    args: AssignArgs = act.args
    order = open_to(state, act, args.person)
    if isinstance(order, Refused):
        return order
    holding = list(current(state, order.id))
    if any(one.person_id == args.person for one in holding):
        return Outcome(merged=True)
    if args.role == "lead" and any(one.role == "lead" for one in holding):
        return refuse_state("illegal_status", status="assigned", verb=act.kind)
    rows: list[Record] = [_assignment(act, args.person, args.role)]
    if args.role == "lead":
        rows += _handed_over(state, act, _left(state, order.id) - {args.person})
    if order.status == "created":
        rows += [structs.replace(order, status="assigned"), change(order, act, "assigned")]
    step = given(_chosen(state, args.person)) if args.role == "lead" else GIVEN
    emits = (*_follow(order, args.person, "subscribe"), *progress(order.ticket_id, "", act, step))
    return Outcome(rows=tuple(rows), emits=emits)


def reassign(state: State, act: Act) -> Outcome | Refused:
    """Take the job from whoever has it and give it to somebody else."""
    args: ReassignArgs = act.args
    order = open_to(state, act, args.person)
    if isinstance(order, Refused):
        return order
    holding = list(current(state, order.id))
    if [one.person_id for one in holding] == [args.person]:
        return Outcome(merged=True)
    leaving = [one for one in holding if one.person_id != args.person]
    ended = [structs.replace(one, until_ms=act.at) for one in leaving]
    kept = [structs.replace(one, role="lead") for one in holding if one.person_id == args.person]
    leading = kept or [_assignment(act, args.person, "lead")]
    emits = [
        *(emit for one in leaving for emit in _follow(order, one.person_id, "unsubscribe")),
        *_follow(order, args.person, "subscribe"),
        *progress(order.ticket_id, "", act, given(_chosen(state, args.person))),
    ]
    rows: list[Record] = [
        *ended,
        *leading,
        *_handed_over(state, act, {one.person_id for one in leaving}),
    ]
    rows += [structs.replace(order, status="assigned"), change(order, act, "assigned")]
    return Outcome(rows=tuple(rows), emits=tuple(emits))


def unassign(state: State, act: Act) -> Outcome | Refused:
    """Take the job back, from one person or from all; planned visits stay for the next lead."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: UnassignArgs = act.args
    leaving = [one for one in current(state, order.id) if args.person in (None, one.person_id)]
    if not leaving:
        return Outcome(merged=True)
    if order.status not in OPEN:
        return illegal(order, act)
    return _given_up(state, act, order, leaving)


def put_away(state: State, act: Act) -> Outcome | Refused:
    """Take a closed job off the phones of those who are on it. It stays theirs all the same."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    if order.status in OPEN:
        return illegal(order, act)
    return Outcome(emits=_follow_all(state, order, "unsubscribe"))


def see(state: State, act: Act) -> Outcome | Refused:
    """Open the job on a phone: a fact; the first time counts."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    theirs = [one for one in state.of(Assignment, order.id) if one.person_id == act.by.id]
    latest = max(theirs, key=lambda one: (one.until_ms is None, one.from_ms), default=None)
    if latest is None or latest.seen_at is not None:
        return Outcome(merged=True)
    return Outcome(rows=(structs.replace(latest, seen_at=act.at),))


def accept(state: State, act: Act) -> Outcome | Refused:
    """Take the job on; a helper does so beside the lead, without moving the job."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    mine = _held_by(state, order.id, act.by.id)
    new = mine is not None and mine.accepted_at is None
    taken = (structs.replace(mine, accepted_at=act.at),) if mine is not None and new else ()
    if taken and order.status in OPEN and order.status not in UNTAKEN:
        return Outcome(rows=taken)
    outcome = step(state, act)
    if isinstance(outcome, Refused) or outcome.merged:
        return outcome
    return structs.replace(outcome, rows=(*outcome.rows, *taken))


def decline(state: State, act: Act) -> Outcome | Refused:
    """Give the job back before setting off, with a reason; the office has to find somebody else."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: DeclineArgs = act.args
    if not is_sayable(args.reason):
        return refuse_value("not_text", "args.reason")
    mine = _held_by(state, order.id, act.by.id)
    if mine is None or order.status not in OPEN:
        return Outcome(merged=True)
    if order.status not in LEGAL[act.kind][0]:
        return refuse_state("illegal_status", status=order.status, verb=act.kind, wanted="created")
    outcome = _given_up(state, act, order, [mine])
    told = {"name": act.by.name, "reason": tidy(args.reason), "note": tidy(args.note)}
    return structs.replace(outcome, rows=(*outcome.rows, task(act, "declined", params={**told})))


def give_up(state: State, act: Act, order: WorkOrder, person_id: str) -> Outcome:
    """What a job is without somebody who may have it."""
    mine = _held_by(state, order.id, person_id)
    return _given_up(state, act, order, [mine]) if mine is not None else Outcome()


def take_up(order: WorkOrder, ended: Iterable[Assignment]) -> Outcome:
    """What it is with those again whose assignments should not have ended."""
    rows = tuple(structs.replace(one, until_ms=None) for one in ended)
    follows = (emit for one in rows for emit in _follow(order, one.person_id, "subscribe"))
    return Outcome(rows=rows, emits=tuple(follows))


def reopened(state: State, order: WorkOrder) -> tuple[Emit, ...]:
    """A job that was closed is on the phones again of everybody who is on it."""
    return _follow_all(state, order, "subscribe")


def followed(_state: State, emit: Emit, _op_id: str, _at: int) -> Landing:
    """Somebody's devices follow a stream for one more reason."""
    return Landing(rows=(subscription(emit),))


def unfollowed(_state: State, emit: Emit, _op_id: str, _at: int) -> Landing:
    """One reason to follow a stream is gone; the stream goes with the last one."""
    return Landing(removed=(subscription(emit),))


def subscription(emit: Emit) -> Subscription:
    """The row that an emitted `subscribe` or `unsubscribe` is about."""
    stream, reason = str(emit.args["stream"]), str(emit.args["reason"])
    return Subscription(
        id=derive("subscription", emit.on[1], stream, reason),
        person_id=emit.on[1],
        stream=stream,
        reason=reason,
    )


def follow(person_id: str, stream: str, reason: str, *, name: str = "subscribe") -> Emit:
    """The fact that somebody's devices follow a stream, or no longer do, for one reason."""
    return Emit(on=("person", person_id), name=name, args={"stream": stream, "reason": reason})


def follows(order: WorkOrder, person_id: str) -> tuple[Emit, ...]:
    """What somebody's devices follow who has a job: that, and what it hangs on."""
    return _follow(order, person_id, "subscribe")


def open_to(state: State, act: Act, person: str) -> WorkOrder | Refused:
    """The job, if it may still be given to somebody, and this person can take it."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    refused = _unfit(state, person)
    if refused is None and order.status not in OPEN:
        return illegal(order, act)
    return refused or order


def the_person(reach: Reach) -> tuple[Ref, ...]:
    """The person named in the arguments."""
    return ((Person, reach.args.person),)


def _given_up(state: State, act: Act, order: WorkOrder, leaving: Iterable[Assignment]) -> Outcome:
    """Assignments end; a job that nobody has any more is to be assigned again."""
    ended = [structs.replace(one, until_ms=act.at) for one in leaving]
    gone = {one.id for one in ended}
    rows: list[Record] = [*ended]
    if all(one.id in gone for one in current(state, order.id)) and order.status != "created":
        rows += [structs.replace(order, status="created"), change(order, act, "created")]
    emits = [emit for one in ended for emit in _follow(order, one.person_id, "unsubscribe")]
    return Outcome(rows=tuple(rows), emits=tuple(emits))


def _follow(order: WorkOrder, person_id: str, name: str) -> tuple[Emit, ...]:
    places = (
        ("work_order", order.id),
        ("ticket", order.ticket_id),
        ("site", order.site_id),
        ("customer", order.customer_id),
    )
    reason = stream_of(("work_order", order.id))
    return tuple(follow(person_id, stream_of(place), reason, name=name) for place in places)


def _follow_all(state: State, order: WorkOrder, name: str) -> tuple[Emit, ...]:
    held = current(state, order.id)
    return tuple(emit for one in held for emit in _follow(order, one.person_id, name))


def _chosen(state: State, person_id: str) -> Person:
    person = state.find(Person, person_id)
    assert person is not None, "somebody who is not there was let through"
    return person


def _unfit(state: State, person_id: str) -> Refused | None:
    person = state.find(Person, person_id)
    if person is None or person.disabled or not may(person.roles, "work_order.accept"):
        return refuse_value("unknown_person", "args.person")
    return None


def _assignment(act: Act, person_id: str, role: str) -> Assignment:
    return Assignment(
        id=derive(act.op_id, "assignment"),
        work_order_id=act.on[1],
        person_id=person_id,
        role=role,
        from_ms=act.at,
    )


def _held_by(state: State, order_id: str, person_id: str) -> Assignment | None:
    mine = (one for one in current(state, order_id) if one.person_id == person_id)
    return next(mine, None)


def _left(state: State, order_id: str) -> set[str]:
    """Those who had the job once and have it no more."""
    all_ever = {one.person_id for one in state.of(Assignment, order_id)}
    return all_ever - {one.person_id for one in current(state, order_id)}


def _handed_over(state: State, act: Act, leaving: set[str]) -> list[Visit]:
    """The visits of those who leave that nobody has set off for yet."""
    return [
        structs.replace(visit, person_id=act.args.person)
        for visit in state.of(Visit, act.on[1])
        if visit.ended_at is None and not visit.attendance and visit.person_id in leaving
    ]


_ON = frozenset({"work_order"})

KINDS = (
    Kind(
        name="work_order.assign",
        cls="office",
        nouns=_ON,
        args=AssignArgs,
        reduce=assign,
        touches=to_its_ticket,
        refs=the_person,
    ),
    Kind(
        name="work_order.reassign",
        cls="office",
        nouns=_ON,
        args=ReassignArgs,
        reduce=reassign,
        touches=to_its_ticket,
        refs=the_person,
    ),
    Kind(name="work_order.unassign", cls="office", nouns=_ON, args=UnassignArgs, reduce=unassign),
    Kind(name="work_order.put_away", cls="office", nouns=_ON, args=NoArgs, reduce=put_away),
    Kind(name="work_order.see", cls="fact", nouns=_ON, args=NoArgs, reduce=see, device=True),
    Kind(
        name="work_order.accept", cls="status", nouns=_ON, args=NoArgs, reduce=accept, device=True
    ),
    Kind(
        name="work_order.decline",
        cls="status",
        nouns=_ON,
        args=DeclineArgs,
        reduce=decline,
        device=True,
        withdraws=True,
    ),
)
ABSORBS = {"subscribe": followed, "unsubscribe": unfollowed}

"""Editing fields that both sides may write, and settling what they disagreed about."""

from typing import Any, Literal

from msgspec import Struct, structs

from shared.amounts import Id
from shared.assignment import give_up, reopened, take_up
from shared.errors import Refused, refuse_value
from shared.fields import FIELDS
from shared.ids import derive
from shared.milestones import settled as settled_by_hand
from shared.records import Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach
from shared.site import Site
from shared.tasks import Conflict, Loser, Task
from shared.ticket import progress
from shared.visit import unfit_window
from shared.work_order import OPEN, Assignment, Completion, WorkOrder, change, to_its_ticket

# How far a ticket is when its job is put into a status by hand.
PROGRESS = {"done": "resolved", "cancelled": "new", "created": "planned", "assigned": "planned"}
SUBJECTS: dict[str, type[WorkOrder] | type[Site]] = {"work_order": WorkOrder, "site": Site}


class EditArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Per field, the value its author saw and the value written.

    `work_order` is the job in whose course a site is edited: it gives a technician the right.
    """

    fields: dict[str, tuple[Any, Any]]
    work_order: Id | None = None


class Winners(Struct, frozen=True, kw_only=True):
    """What the merge has decided: the fields to write. The engine hands this to `edit`."""

    fields: dict[str, Any]


class SettleArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which conflict, whether a loser is brought back, and which one (the last, if not said)."""

    conflict: Id
    choice: Literal["keep", "swap"]
    loser: int | None = None


def edit(state: State, act: Act) -> Outcome | Refused:
    """Write the fields that won."""
    found = subject_of(state, act.on)
    if found is None:
        return refuse_value("unknown_subject", "on")
    winners: Winners = act.args
    after = structs.replace(found, **winners.fields)
    if isinstance(after, WorkOrder):
        unfit = unfit_window(after.planned_from, after.planned_to, "args.fields")
        if unfit is not None:
            return unfit
    return Outcome(rows=(after,) if winners.fields else ())


def settle(state: State, act: Act) -> Outcome | Refused:
    """Settle a conflict; doing so again with the other choice undoes it."""
    args: SettleArgs = act.args
    conflict = state.find(Conflict, args.conflict)
    found = subject_of(state, act.on)
    if conflict is None or found is None or conflict.home_id != act.on[1]:
        return refuse_value("unknown_subject", "args.conflict")
    index = len(conflict.losers) - 1 if args.loser is None else args.loser
    if not 0 <= index < len(conflict.losers):
        return refuse_value("out_of_range", "args.loser")
    if args.choice == "keep" and conflict.choice != "swap":
        return (
            Outcome(merged=True)
            if conflict.choice == "keep"
            else Outcome(rows=(_settled(conflict, act),))
        )
    if args.choice == "keep":
        back = Loser(value=conflict.winner, by=conflict.winner_by, op_id=act.op_id, at=act.at)
        return _brought_back(state, act, _settled(conflict, act), back)
    # What stands now is what an undo brings back, also when it was written since the conflict.
    stands = getattr(found, conflict.field, None)
    newer = {} if conflict.choice == "swap" else {"winner": stands}
    settled = structs.replace(_settled(conflict, act), **newer)
    return _brought_back(state, act, settled, conflict.losers[index])


def _settled(conflict: Conflict, act: Act) -> Conflict:
    return structs.replace(
        conflict, settled_at=act.at, settled_by=act.by.id, choice=act.args.choice
    )


def subject_of(state: State, on: Aggregate) -> WorkOrder | Site | None:
    """The thing an edit is on."""
    kind = SUBJECTS.get(on[0])
    return state.find(kind, on[1]) if kind is not None else None


def _brought_back(state: State, act: Act, settled: Conflict, value: Loser) -> Outcome:
    """The thing with a value brought back; a status brings what goes with it."""
    found = subject_of(state, act.on)
    if isinstance(found, WorkOrder) and settled.field == "status":
        return _status_brought_back(state, act, found, (settled, value))
    if found is None or settled.field not in FIELDS:
        return Outcome(rows=(settled,))
    return Outcome(rows=(settled, structs.replace(found, **{settled.field: value.value})))


def _status_brought_back(
    state: State, act: Act, order: WorkOrder, what: tuple[Conflict, Loser]
) -> Outcome:
    """A status with its line in the history, the report it came with, and the ticket's progress.

    Whoever declined the job gives it up with it, and has it again when that is undone.
    """
    settled, value = what
    if value.value == "created":
        given = give_up(state, act, order, value.by)
        return Outcome(rows=(settled, *given.rows), emits=given.emits)
    report = state.find(Completion, derive(value.op_id, "completion"))
    done = value.value == "done"
    order_after = structs.replace(
        order,
        status=value.value,
        done_at=(report.at if report else act.at) if done else None,
        outcome=report.outcome if done and report else None,
        cancel_reason=order.cancel_reason if value.value == "cancelled" else "",
    )
    exception = state.find(Task, derive(value.op_id, "task", "work_done_after_cancel", order.id))
    closed = () if exception is None else (structs.replace(exception, done=done),)
    again = _had_it(state, order, settled)
    is_reopened = order.status not in OPEN and value.value in OPEN
    steps = (order_after, change(order, act, value.value, edge="settled"))
    return Outcome(
        rows=(settled, *steps, *closed, *again.rows),
        emits=(
            *progress(
                order.ticket_id,
                PROGRESS.get(value.value, "in_progress"),
                act,
                settled_by_hand(value.value),
            ),
            *again.emits,
            *(reopened(state, order) if is_reopened else ()),
        ),
    )


def _had_it(state: State, order: WorkOrder, settled: Conflict) -> Outcome:
    """Those who gave the job up only because this conflict was settled the other way before."""
    before = state.find(Conflict, settled.id)
    when = before.settled_at if before is not None and order.status == "created" else None
    if when is None:
        return Outcome()
    ended = (one for one in state.of(Assignment, order.id) if one.until_ms == when)
    return take_up(order, ended)


def _its_job(reach: Reach) -> tuple[Aggregate, ...]:
    args: EditArgs = reach.args
    return (("work_order", args.work_order),) if args.work_order else ()


_ON = frozenset({"work_order", "site"})

KINDS = (
    Kind(
        name="edit",
        cls="edit",
        nouns=_ON,
        args=EditArgs,
        reduce=edit,
        device=True,
        touches=_its_job,
    ),
    Kind(
        name="conflict.settle",
        cls="office",
        nouns=_ON,
        args=SettleArgs,
        reduce=settle,
        touches=to_its_ticket,
    ),
)

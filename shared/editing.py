"""Editing fields that both sides may write, and settling what they disagreed about."""

from typing import Any, Literal

from msgspec import Struct

from shared.amounts import Id
from shared.errors import Refused, refuse_value
from shared.fields import FIELDS
from shared.records import Aggregate, Record, State, replace
from shared.registry import Act, Args, Kind, Outcome, Reach
from shared.site import Site
from shared.tasks import Conflict
from shared.visit import unfit_window
from shared.work_order import WorkOrder, change

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
    after = replace(found, **winners.fields)
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
    if conflict.choice == args.choice and args.choice == "keep":
        return Outcome(merged=True)
    settled = replace(conflict, settled_at=act.at, settled_by=act.by.id, choice=args.choice)
    if args.choice == "swap":
        return Outcome(
            rows=(settled, *_written(found, conflict.field, conflict.losers[index].value, act))
        )
    undo = (
        _written(found, conflict.field, conflict.winner, act) if conflict.choice == "swap" else ()
    )
    return Outcome(rows=(settled, *undo))


def subject_of(state: State, on: Aggregate) -> WorkOrder | Site | None:
    """The thing an edit is on."""
    kind = SUBJECTS.get(on[0])
    return state.find(kind, on[1]) if kind is not None else None


def _written(found: WorkOrder | Site, field: str, value: Any, act: Act) -> tuple[Record, ...]:
    """The thing with the value brought back; a status gets its line in the history too."""
    if isinstance(found, WorkOrder) and field == "status":
        done_at = act.at if value == "done" else None
        settled = replace(found, status=value, done_at=done_at)
        return (settled, change(found, act, value, edge="settled"))
    return (replace(found, **{field: value}),) if field in FIELDS else ()


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
    Kind(name="conflict.settle", cls="office", nouns=_ON, args=SettleArgs, reduce=settle),
)

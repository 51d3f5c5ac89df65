"""Ink claims: whose signature some strokes were first, and what happens when they come again.

Nobody signs twice with the same strokes to a tenth of a dp and a millisecond. Where they stand
under another customer's papers, somebody has copied them.
"""

from functools import lru_cache
from typing import Final

from shared.canonical import digest
from shared.errors import Flag
from shared.ids import derive
from shared.ink import Ink, is_signature
from shared.records import Aggregate, Record, State
from shared.registry import Outcome, Reach, Ref
from shared.sign_off import SignOff, TakeArgs
from shared.tasks import Task
from shared.work_order import WorkOrder

CODE: Final = "ink_reused"
INKS_KEPT: Final = 16  # about as many as a push has


class InkClaim(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Under whose papers some strokes stood first, and of which job. Never leaves the server."""

    customer_id: str
    work_order_id: str
    group_id: str


def claim(state: State, order: WorkOrder, args: TakeArgs, signed: SignOff) -> Outcome:
    """The first claim of some strokes stands; the same of another customer's open a task.

    The same customer's are no claim of anybody else's: several jobs may be signed for at once.
    """
    strokes = strokes_of(args)
    if strokes is None:
        return Outcome()
    first = state.find(InkClaim, claim_id(strokes))
    if first is None:
        mine = InkClaim(
            id=claim_id(strokes),
            customer_id=order.customer_id,
            work_order_id=order.id,
            group_id=signed.group_id,
        )
        return Outcome(rows=(mine,))
    if first.customer_id == order.customer_id:
        return Outcome()
    task = Task(
        id=derive(signed.group_id, "task", CODE),
        home_noun="work_order",
        home_id=order.id,
        code=CODE,
        params={"code": signed.code, "first": first.work_order_id},
        op_id=signed.group_id,
        at=signed.at,
    )
    return Outcome(rows=(task,), flags=(Flag(code=CODE),))


def strokes_of(args: TakeArgs) -> str | None:
    """The hash of what the customer wrote, whatever pad it was on; None where that is nothing."""
    return _written(args.ink)


@lru_cache(maxsize=INKS_KEPT)
def _written(ink: Ink | None) -> str | None:
    """The same, asked for thrice of each signature of a push."""
    return digest(list(ink.strokes)) if ink is not None and is_signature(ink) else None


def held(reach: Reach) -> tuple[Aggregate, ...]:
    """What is locked while it is found out whose strokes these are."""
    strokes = strokes_of(reach.args)
    return (("ink", strokes),) if strokes is not None else ()


def claimed(reach: Reach) -> tuple[Ref, ...]:
    """The claim of these strokes, if there is one."""
    strokes = strokes_of(reach.args)
    return ((InkClaim, claim_id(strokes)),) if strokes is not None else ()


def claim_id(strokes: str) -> str:
    """The id of the one claim of some strokes."""
    return derive("ink", strokes)

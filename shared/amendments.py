"""Amendments: what a customer may see of a visit that was signed for already, and did not sign."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from shared.errors import Flag
from shared.ids import derive
from shared.records import State
from shared.registry import Act, Outcome
from shared.sign_off import SignOff
from shared.tasks import Task

CODE: Final = "unsigned_addition"


def amendment(state: State, act: Act, visit_id: str | None, *, new: str = "") -> Outcome:
    """The flag and the task of what a customer may see otherwise than it was signed for.

    `visit_id` is that of the fact, and `new` its id where it begins with this act. Nothing where
    the visit is not signed for; what is of no visit belongs to whichever was signed. One task
    stands for all of this on a job, until a sign-off lists it.
    """
    order_id = act.on[1]
    seals = list(visit_seals(state, order_id))
    # What a sign-off waits for was shown: it comes late only because the office had to mend it.
    was_shown = any(new in one.faults for one in seals if one.state == "pending")
    if was_shown or not any(visit_id in (None, one.visit_id) for one in seals):
        return Outcome()
    rows = tuple(opened(state, order_id, (act.op_id, act.at)))
    return Outcome(rows=rows, flags=(Flag(code=CODE),))


def visit_seals(state: State, order_id: str) -> Iterator[SignOff]:
    """The sign-offs of a job's visits; where somebody refused, nothing was signed for."""
    seals = state.of(SignOff, order_id)
    return (one for one in seals if one.purpose == "visit" and not one.refusal)


def opened(state: State, order_id: str, op: tuple[str, int]) -> Iterator[Task]:
    """The one task of a job whose customer has not signed for all of it, unless it is open.

    `op` is (id of the op, corrected time in ms).
    """
    known = state.find(Task, addition_id(order_id))
    if known is None or known.done:
        yield Task(
            id=addition_id(order_id),
            home_noun="work_order",
            home_id=order_id,
            code=CODE,
            op_id=op[0],
            at=op[1],
        )


def settled(state: State, order_id: str, by: tuple[str, int]) -> Iterator[Task]:
    """That task closed, where it is open: everything is signed for now.

    `by` is (who took the signature, corrected time in ms).
    """
    known = state.find(Task, addition_id(order_id))
    if known is not None and not known.done:
        yield structs.replace(known, done=True, closed_by=by[0], closed_at=by[1])


def addition_id(order_id: str) -> str:
    """The id of the one task of a job about what nobody signed for."""
    return derive("unsigned_addition", order_id)

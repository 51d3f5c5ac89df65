"""What a technician does next, by what the phone shows of the jobs."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from msgspec import Struct

from shared.work_order import OPEN, WorkOrder
from tests.benchmarks.company import CHECKS, NUMBERS, PARTS

ENDS: Final = 0.12  # of the acts at work: a job is some ten of them


class Act(Struct, frozen=True):
    """One act: its kind, the work order it is on, its arguments."""

    kind: str
    order: str
    args: dict[str, Any]


# The step that follows where work has not begun.
STEPS: Final = {
    "assigned": "work_order.accept",
    "accepted": "work_order.depart",
    "en_route": "work_order.arrive",
    "on_site": "work_order.start",
    "paused": "work_order.resume",
}
Deed = tuple[str, dict[str, Any]]


def next_act(orders: Sequence[WorkOrder], van: str, dice: Random) -> Act | None:
    """Something that is to be done on one of these jobs; nothing where there is none."""
    if not orders:
        return None
    begun = [one for one in orders if one.status in ("working", "paused")]
    still = [one for one in orders if one.status in OPEN]
    order = dice.choice(begun or still[:1] or orders)
    kind, args = _deed(order, van, dice)
    return Act(kind=kind, order=order.id, args=args)


def _deed(order: WorkOrder, van: str, dice: Random) -> Deed:
    if order.status in STEPS:
        return (STEPS[order.status], {})
    if order.status != "working":
        return _note(order, van, dice)
    if dice.random() < ENDS:
        return ("work_order.complete", {"outcome": "done", "work_done": "Filter changed"})
    return dice.choice(DEEDS)(order, van, dice)


def _note(order: WorkOrder, van: str, dice: Random) -> Deed:
    text = f"So far {dice.randrange(1000)} / 左边"
    return ("note.add", {"text": text, "audience": "internal"})


def _reading(order: WorkOrder, van: str, dice: Random) -> Deed:
    value = f"{dice.randrange(1, 40)}.{dice.randrange(1, 10)}"
    return ("checklist.answer", {"item": f"value_{dice.randrange(NUMBERS)}", "value": value})


def _check(order: WorkOrder, van: str, dice: Random) -> Deed:
    return ("checklist.answer", {"item": f"check_{dice.randrange(CHECKS)}", "value": "pass"})


def _part(order: WorkOrder, van: str, dice: Random) -> Deed:
    return ("parts.use", {"part": dice.choice(PARTS), "location": van, "quantity": "1"})


def _edit(order: WorkOrder, van: str, dice: Random) -> Deed:
    text = f"Key at gate {dice.randrange(1000)}"
    return ("edit", {"fields": {"job_note": [order.job_note, text]}})


def _pause(order: WorkOrder, van: str, dice: Random) -> Deed:
    return ("work_order.pause", {"reason": "lunch"})


DEEDS: Final[tuple[Callable[[WorkOrder, str, Random], Deed], ...]] = (
    _note,
    _reading,
    _reading,
    _check,
    _part,
    _edit,
    _pause,
)

"""The workload: a technician's day, op by op, and the set of ten thousand rows.

A note with as many bytes as its strokes stands in for a sign-off, which carries a document of all
that a phone shows: a phone of the bench keeps no rows.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from msgspec import Struct

from shared.ids import derive
from tests.benchmarks.company import CHECKS, NUMBERS, PARTS, Company, Technician

JOBS_PER_DAY = 12
READINGS_PER_DAY, PARTS_PER_DAY = 10, 2
READINGS_OF_SET, PARTS_OF_SET = 14, 3
STROKES, POINTS = 8, 24
NOTED = "Key at the gate; the pump stands behind the second door, 左边"


class Deed(Struct, frozen=True):
    """One act of a day: its kind, the work order it is on, its arguments."""

    kind: str
    order: str
    args: dict[str, Any]


def strokes(dice: Random) -> str:
    """Pen strokes as they would be signed with: about 1.5 kB."""
    points = range(STROKES * POINTS)
    return " ".join(f"{dice.randrange(1000)},{dice.randrange(400)}" for _ in points)


def day(orders: Sequence[str], technician: Technician, dice: Random) -> Iterator[Deed]:
    """A day's work: 17 acts for each work order."""
    for order in orders:
        yield Deed("work_order.arrive", order, {})
        yield Deed("work_order.start", order, {})
        yield from readings(order, READINGS_PER_DAY, dice)
        yield from parts(order, PARTS_PER_DAY, technician)
        yield Deed("edit", order, {"fields": {"job_note": ["Key at the gate", NOTED]}})
        yield signature(order, dice)
        yield Deed("work_order.complete", order, {"outcome": "done", "work_done": "Filter changed"})


def readings(order: str, count: int, dice: Random) -> Iterator[Deed]:
    """Answers to the checklist: numbers first, then what is tight."""
    for number in range(count):
        if number < NUMBERS:
            value, item = f"{dice.randrange(1, 40)}.{dice.randrange(1, 10)}", f"value_{number}"
        else:
            value, item = "pass", f"check_{(number - NUMBERS) % CHECKS}"
        yield Deed("checklist.answer", order, {"item": item, "value": value})


def parts(order: str, count: int, technician: Technician) -> Iterator[Deed]:
    """Parts from the van."""
    for part in PARTS[:count]:
        told = {"part": part, "location": technician.van, "quantity": "1"}
        yield Deed("parts.use", order, told)


def signature(order: str, dice: Random) -> Deed:
    """What stands in for a sign-off."""
    return Deed("note.add", order, {"text": strokes(dice), "audience": "customer"})


def write_set(company: Company, technician: Technician, count: int) -> None:
    """So many work orders with 1 note, 14 readings, 3 parts and a sign-off each."""
    for order in company.jobs(count, technician):
        deeds = (
            Deed("note.add", order, {"text": "Customer asks to be called", "audience": "internal"}),
            *readings(order, READINGS_OF_SET, company.dice),
            *parts(order, PARTS_OF_SET, technician),
            signature(order, company.dice),
        )
        for deed in deeds:
            company.say(deed.kind, ("work_order", order), deed.args, by=technician)
    company.flush()


# What a fact leaves: the table, and the name its row's id is derived by.
LEAVES = {
    "checklist.answer": ("reading", "reading"),
    "parts.use": ("part_use", "part"),
    "note.add": ("note", "note"),
    "work_order.arrive": ("status_change", "status"),
    "work_order.start": ("status_change", "status"),
    "work_order.complete": ("status_change", "status"),
}


def row_of(kind: str, op_id: str) -> tuple[str, str] | None:
    """The table and id of the row that an op of a day leaves; an edit leaves none of its own."""
    if kind not in LEAVES:
        return None
    table, name = LEAVES[kind]
    return (table, derive(op_id, name))

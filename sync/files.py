"""Which files an act names, and what each is worth: they wait from the moment it is recorded."""

from typing import Any

from shared.checklist import Checklist
from shared.photos import AddArgs
from shared.records import Aggregate
from shared.work_order import WorkOrder
from sync.ports import Replica, Wanted
from sync.shelf import DRAWING, OTHER, REQUIRED, THUMBNAIL, File


def named(replica: Replica, on: Aggregate, args: Any, recorded: int) -> tuple[File, ...]:
    """The files that the arguments of an act name, as of when it is recorded (ms)."""
    if not isinstance(args, AddArgs):
        return ()
    rank = DRAWING if args.drawn_on is not None else _rank(replica, on, args.slot)
    final = File(sha256=args.sha256, size=args.size, rank=rank, on=on, recorded=recorded)
    thumb = File(
        sha256=args.thumb_sha256,
        size=args.thumb_size,
        rank=THUMBNAIL,
        on=on,
        recorded=recorded,
    )
    return (thumb, final)


def _rank(replica: Replica, on: Aggregate, slot: str) -> int:
    """What the checklist requires goes before what it does not ask for."""
    job = replica.load(Wanted(aggregates=frozenset({on}), refs=frozenset()), base=False)
    order = job.find(WorkOrder, on[1])
    if order is None or order.checklist_id is None:
        return OTHER
    wanted = Wanted(aggregates=frozenset(), refs=frozenset({(Checklist, order.checklist_id)}))
    checklist = replica.load(wanted, base=False).find(Checklist, order.checklist_id)
    slots = checklist.photos if checklist is not None else ()
    return REQUIRED if any(one.required and one.code == slot for one in slots) else OTHER

"""Facts: what a phone's person has last been told of a thing, so that only news is news.

They are kept beside the outbox, not beside the copy of the streams: nothing is told twice when
that copy is thrown away and read anew, and nothing is missed. One's own acts change them at once,
because nobody needs to be told what they did themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shared.editing import EditArgs
from shared.fields import FIELDS, same
from shared.records import Aggregate, Record, State
from shared.registry import Emit
from shared.site import Customer, Site
from shared.visit import Visit, next_planned, open_visits
from shared.work_order import OPEN, WorkOrder, current
from sync.arrival import Arrived
from sync.ports import Facts

# What is told of a change in, by noun; of a job also its times, its end and whose it is.
DETAILS: Final[dict[str, tuple[type[Record], tuple[str, ...]]]] = {
    "work_order": (WorkOrder, ("priority", "job_note", "summary", "skill")),
    "site": (Site, ("name", "address", "contact_name", "contact_phone", "access_notes")),
    "customer": (Customer, ("name", "phone")),
}
TIMES: Final = ("planned_from", "planned_to")
HELD: Final = ("assignment", "role", "since")
STANDING: Final = ("status", *TIMES, *HELD)
# By each of one's own acts on a job that may yet come to nothing, in their order: what of how it
# stands was known before, where the act changed that.
BEFORE: Final = "before"
# Of a thing that a verdict came of without rows while more was to come: only then is it known
# whether it is whole, and there may be something to tell of it.
UNSAID: Final = "unsaid"
MOVE: Final = "stock.move"


def facts_of(state: State, thing: Aggregate, person: str) -> Facts | None:
    """What there is to tell somebody of a thing that is shown, or None where it is not."""
    kind, fields = DETAILS[thing[0]]
    row = state.find(kind, thing[1])
    if row is None:
        return None
    known = {name: getattr(row, name) for name in fields}
    return {**known, **_of_order(state, row, person)} if isinstance(row, WorkOrder) else known


def _of_order(state: State, order: WorkOrder, person: str) -> Facts:
    mine = [one for one in current(state, order.id) if one.person_id == person]
    held = max(mine, key=lambda one: (one.from_ms, one.id), default=None)
    when = next_planned(open_visits(state.of(Visit, order.id), person)) or order
    return {
        "number": order.number,
        "site_id": order.site_id,
        "customer_id": order.customer_id,
        "status": order.status,
        "reason": order.cancel_reason,
        "planned_from": when.planned_from,
        "planned_to": when.planned_to,
        "assignment": held.id if held is not None else None,
        "role": held.role if held is not None else "",
        "since": held.from_ms if held is not None else 0,
    }


def unsaid(told: Mapping[Aggregate, Facts]) -> set[Aggregate]:
    """The things of which there may be something to tell once all streams are read."""
    return {thing for thing, known in told.items() if UNSAID in known}


def first_job(told: Mapping[Aggregate, Facts], thing: Aggregate) -> str | None:
    """The open job of this person that comes first at a site or for a customer.

    One that they gave back is still theirs until the office has heard of it.
    """
    noun, identity = thing
    found = [
        (known.get("planned_from") or "~", job)
        for (kind, job), known in told.items()
        if kind == "work_order"
        and known.get(f"{noun}_id") == identity
        and (known.get("assignment") is not None or _gives_back(known))
        and known.get("status") in OPEN
    ]
    return min(found)[1] if found else None


def _gives_back(known: Facts) -> bool:
    return any("assignment" in before for before in known.get(BEFORE, {}).values())


def differing(before: Facts | None, after: Facts | None) -> Facts:
    """What an act made otherwise; of what it began, all there is."""
    if before is None or after is None:
        return after or {}
    return {name: value for name, value in after.items() if before.get(name) != value}


def did(known: Facts, op_id: str, learnt: Facts) -> Facts:
    """What is known of a thing by somebody who recorded an op on it."""
    before = {name: known[name] for name in STANDING if name in learnt and name in known}
    mine = {BEFORE: {**known.get(BEFORE, {}), op_id: before}} if before else {}
    return {**known, **learnt, **mine}


def undone(known: Facts, op_id: str) -> Facts:
    """What is known of a job when an act on it came to nothing: what was before it."""
    mine = dict(known.get(BEFORE, {}))
    acts = list(mine)
    later = acts[acts.index(op_id) + 1 :] if op_id in mine else []
    after = known
    for name, value in mine.pop(op_id, {}).items():
        heir = next((one for one in later if name in mine[one]), None)
        if heir is None:
            after = {**after, name: value}
        else:
            mine[heir] = {**mine[heir], name: value}
    return _with_acts(after, mine)


def settled(known: Facts, op_id: str) -> Facts:
    """What is known of a job when an act on it came about: the same, and for good."""
    acts = known.get(BEFORE, {})
    return _with_acts(known, {one: acts[one] for one in acts if one != op_id})


def _with_acts(known: Facts, acts: Facts) -> Facts:
    kept = {name: value for name, value in known.items() if name != BEFORE}
    return {**kept, BEFORE: acts} if acts else kept


def as_told(known: Facts, now: Facts) -> Facts:
    """What is known of a job but for what one's own acts changed and is all the same as it was.

    A job that its person gave back and that is still theirs was never another's.
    """
    acts = reversed(known.get(BEFORE, {}).values())
    same_still = {
        name: value for before in acts for name, value in before.items() if now[name] == value
    }
    return {**known, **same_still}


def learnt(thing: Aggregate, before: Facts | None, now: Facts) -> Facts:
    """What is known from now on; what changes while a job is called off, or is not this person's,
    waits for its return.
    """
    if before is None:
        return now
    away = "assignment" in now and now["assignment"] is None
    waits = (*DETAILS[thing[0]][1], *TIMES) if away or now.get("status") == "cancelled" else ()
    after = {**now, **{name: before[name] for name in waits if name in before}}
    return _with_acts(after, _in_effect(before, after))


def _in_effect(before: Facts, after: Facts) -> Facts:
    """What one's own acts changed that has not been overtaken by what is known now."""
    return {
        op_id: {name: value for name, value in was.items() if after[name] == before.get(name)}
        for op_id, was in before.get(BEFORE, {}).items()
    }


def moves(emits: Iterable[Emit]) -> dict[Aggregate, dict[str, int]]:
    """How much more (or less) of each part each place holds by what an act causes."""
    found: dict[Aggregate, dict[str, int]] = {}
    for emit in emits:
        if emit.name != MOVE:
            continue
        part, amount = str(emit.args["part"]), int(emit.args["amount"] or 0)
        held = found.setdefault(emit.on, {})
        sign = 1 if emit.args["target"] == emit.on[1] else -1
        held[part] = held.get(part, 0) + sign * amount
    return found


def moved(known: Facts, change: dict[str, int], *, sign: int = 1) -> Facts:
    """What a place is known to hold, with what an act moved there, or moved back."""
    return {**known, **{part: known.get(part, 0) + sign * more for part, more in change.items()}}


def put_right(
    known: Facts, arrived: Arrived, *, lost: bool, before: Sequence[EditArgs] = ()
) -> Facts:
    """What is known of a thing when an act on it did not come about as it was meant.

    A field that lost is learnt anew without a word: the conflict is told anyway. A field that was
    refused is again what its author saw; where that was their own doing and did not come about
    either, what they saw then: `before` are those of their edits of the thing, the newest first.
    How a job stands is again what was known before the act.
    """
    args: Any = arrived.args
    if not isinstance(args, EditArgs):
        return undone(known, arrived.op_id)
    known = settled(known, arrived.op_id)
    if lost:
        return {name: value for name, value in known.items() if name not in args.fields}
    return {**known, **_seen(known, args, before)}


def standing(known: Facts, shown: Facts | None) -> Facts:
    """What is known of a job once acts are not laid over it any more: its status by what is shown
    now, but for its end; that, whose it is and when, its person is told of.
    """
    status = shown["status"] if shown is not None and "status" in shown else "cancelled"
    return known if status == "cancelled" else {**known, "status": status}


def _seen(known: Facts, args: EditArgs, before: Sequence[EditArgs]) -> Facts:
    """What an author had been told of the fields that they are still known to have changed."""
    told = {
        name: seen
        for name, (seen, new) in args.fields.items()
        if name in FIELDS and same(FIELDS[name], known.get(name), new)
    }
    for earlier in before:
        for name, (seen, new) in earlier.fields.items():
            if name in told and same(FIELDS[name], told[name], new):
                told[name] = seen
    return told

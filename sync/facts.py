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
# Of a job that its person gave back: by which op, and the assignment that they had; for the op may
# come to nothing.
GIVEN_BACK: Final = "given_back"
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


def first_job(told: Mapping[Aggregate, Facts], thing: Aggregate) -> str | None:
    """The open job of this person that comes first at a site or for a customer."""
    noun, identity = thing
    found = [
        (known.get("planned_from") or "~", job)
        for (kind, job), known in told.items()
        if kind == "work_order"
        and known.get(f"{noun}_id") == identity
        and known.get("assignment") is not None
        and known.get("status") in OPEN
    ]
    return min(found)[1] if found else None


def differing(before: Facts | None, after: Facts | None) -> Facts:
    """What an act made otherwise; of what it began, all there is."""
    if before is None or after is None:
        return after or {}
    return {name: value for name, value in after.items() if before.get(name) != value}


def did(known: Facts, op_id: str, learnt: Facts) -> Facts:
    """What is known of a thing by somebody who recorded an op on it."""
    held, after = known.get("assignment"), {**known, **learnt}
    gave_back = held is not None and after["assignment"] is None
    return {**after, GIVEN_BACK: [op_id, held]} if gave_back else after


def held_before(known: Facts, now: Facts) -> str | None:
    """The assignment a person had of a job; where that is not known, as it is now.

    One that they gave back and that is theirs all the same was never another's.
    """
    held: str | None = known.get("assignment", now["assignment"])
    _, given = known.get(GIVEN_BACK, (None, None))
    return given if held is None and given == now["assignment"] else held


def learnt(thing: Aggregate, before: Facts | None, now: Facts) -> Facts:
    """What is known from now on; what changes while a job is called off, or is not this person's,
    waits for its return.
    """
    if before is None:
        return now
    away = "assignment" in now and now["assignment"] is None
    if not away and now.get("status") != "cancelled":
        return now
    names = (*DETAILS[thing[0]][1], *TIMES, *((GIVEN_BACK,) if away else ()))
    return {**now, **{name: before[name] for name in names if name in before}}


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
    known: Facts,
    shown: Facts | None,
    arrived: Arrived,
    *,
    lost: bool,
    before: Sequence[EditArgs] = (),
) -> Facts:
    """What is known of a thing when an act on it did not come about as it was meant.

    A field that lost is learnt anew without a word: the conflict is told anyway. A field that was
    refused is again what its author saw; where that was their own doing and did not come about
    either, what they saw then: `before` are those of their edits of the thing, the newest first.
    Whose job it is and when is what is shown now; its end is not, nor that it was taken from its
    author or given anew meanwhile. One that was given back is its author's as it was before.
    """
    args: Any = arrived.args
    if isinstance(args, EditArgs):
        if lost:
            return {name: value for name, value in known.items() if name not in args.fields}
        return {**known, **_seen(known, args, before)}
    by, given = known.get(GIVEN_BACK, (None, None))
    if by == arrived.op_id:
        known = {name: value for name, value in known.items() if name != GIVEN_BACK}
        known["assignment"] = given
    moved_on = shown is not None and known.get("assignment") not in (None, shown.get("assignment"))
    return standing(known, shown, HELD if moved_on else ())


def standing(known: Facts, shown: Facts | None, news: Iterable[str]) -> Facts:
    """What is known of a job once acts are not laid over it any more: how it stands by what is
    shown now, but for its end and other news, which its person is told of.
    """
    if shown is None or "assignment" not in shown:
        return known
    told = {*news, *(("status",) if shown["status"] == "cancelled" else ())}
    return {**known, **{one: shown[one] for one in STANDING if one not in told}}


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

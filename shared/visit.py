"""The visit: the unit of field work, by whom, when, and how it ended."""

from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta, Struct

from shared.amounts import Id, LocalTime, OptionalLine, is_real
from shared.errors import Refused, refuse_value
from shared.records import Record, State

# R-ONS-11 and its neighbours: how a visit ends, and whether the work order ends with it.
OUTCOMES: Final[dict[str, bool]] = {
    "done": True,
    "no_fault_found": True,
    "price_refused": True,
    "customer_refuses": True,
    "customer_not_in": False,
    "customer_moved_date": False,
    "waits_for_part": False,
    "wrong_address": False,
    "taken_back": False,
    "unsafe": False,
}
# Outcomes that need no work to have begun: the technician may still stand at the gate.
AT_THE_DOOR: Final = frozenset(
    {"customer_not_in", "customer_moved_date", "wrong_address", "customer_refuses", "unsafe"}
)
VisitOutcome = Annotated[str, Meta(pattern=rf"^({'|'.join(OUTCOMES)})$(?!\n)")]


class Attendance(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When one person left for a visit and got there (ms), so that two can share it."""

    person_id: Id
    departed_at: int | None = None
    arrived_at: int | None = None


class Visit(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One going there. `planned_from` and `planned_to` are wall times at the site."""

    home = ("work_order", "work_order_id")

    work_order_id: Id
    person_id: Id
    planned_from: LocalTime | None = None
    planned_to: LocalTime | None = None
    attendance: tuple[Attendance, ...] = ()
    ended_at: int | None = None
    outcome: VisitOutcome | None = None
    remark: OptionalLine = ""
    moved: bool = False
    fault: str = ""


def open_visit(state: State, work_order_id: str, person_id: str) -> Visit | None:
    """The visit somebody is on, or is to go on next, at a job."""
    return first_open(state.of(Visit, work_order_id), person_id)


def first_open(visits: Iterable[Visit], person_id: str) -> Visit | None:
    """The one of somebody's open visits that has begun, else the one planned earliest."""
    mine = open_visits(visits, person_id)
    return min(mine, key=lambda one: (not one.attendance, one.planned_from or ""), default=None)


def open_visits(visits: Iterable[Visit], person_id: str) -> list[Visit]:
    """Those of somebody that have not ended."""
    return [one for one in visits if one.ended_at is None and one.person_id == person_id]


def last_visit(visits: Iterable[Visit], person_id: str) -> Visit | None:
    """The one of somebody's visits that ended last, if any did."""
    ended = [one for one in visits if one.ended_at is not None and one.person_id == person_id]
    return max(ended, key=lambda one: (one.ended_at or 0, one.id), default=None)


def visit_at_hand(visits: Iterable[Visit], person_id: str) -> Visit | None:
    """The visit that somebody's proof and bill belong to: the one begun, else the last one."""
    known = list(visits)
    begun = [one for one in open_visits(known, person_id) if one.attendance]
    return next(iter(begun), None) or last_visit(known, person_id) or first_open(known, person_id)


def next_planned(visits: Iterable[Visit]) -> Visit | None:
    """The one of these visits that is planned earliest, if any is planned."""
    planned = [one for one in visits if one.planned_from is not None]
    return min(planned, key=lambda one: one.planned_from or "", default=None)


def attended(visit: Visit, person_id: str) -> Attendance:
    """What is known of one person's going there."""
    for one in visit.attendance:
        if one.person_id == person_id:
            return one
    return Attendance(person_id=person_id)


def with_attendance(visit: Visit, one: Attendance) -> tuple[Attendance, ...]:
    """The visit's attendance with one person's changed."""
    others = tuple(known for known in visit.attendance if known.person_id != one.person_id)
    return (*others, one)


def unfit_window(start: str | None, end: str | None, path: str) -> Refused | None:
    """The refusal of a window that is not in the calendar or ends before it begins, or None."""
    for name, local in (("planned_from", start), ("planned_to", end)):
        if local is not None and not is_real(local):
            return refuse_value("wrong_value", f"{path}.{name}", reason=local)
    if start is not None and end is not None and end <= start:
        return refuse_value("out_of_range", f"{path}.planned_to", reason=end)
    return None

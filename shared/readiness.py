"""Readiness: what speaks against having a job signed for now.

A phone refuses the signature while the technician can still put it right; the server flags it.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from shared.checklist import missing_items
from shared.document import SeenJob
from shared.errors import Flag
from shared.records import State
from shared.visit import Visit
from shared.work_order import ANSWERS_TO_PASS, WorkOrder

COMMA: Final = ", "
TOO: Final = {"not_arrived": "not_arrived_too", "incomplete": "incomplete_too"}


class Signed(Struct, frozen=True, kw_only=True):
    """One job as it is signed for: for what, on which visit, and how that ended, if it has."""

    job: str
    purpose: str
    visit_id: str | None = None
    outcome: str = ""


def shown(job: SeenJob, purpose: str) -> Signed:
    """A job as a document shows it."""
    visit = job.visit
    return Signed(
        job=job.id,
        purpose=purpose,
        visit_id=visit.id if visit is not None else None,
        outcome=visit.outcome if visit is not None else "",
    )


def unready(state: State, signed: Signed) -> Iterator[Flag]:
    """What is missing on the job that a signature is taken on."""
    if signed.purpose != "item_return" and not _is_there(state, signed.visit_id):
        yield Flag(code="not_arrived")
    missing = _missing(state, signed)
    if missing:
        yield Flag(code="incomplete", params={"items": COMMA.join(missing)})


def unready_too(state: State, signed: Signed) -> Iterator[Flag]:
    """The same of another job that is signed for with it, which is told by its number."""
    order = state.find(WorkOrder, signed.job)
    number = order.number if order is not None else None
    for flag in unready(state, signed):
        yield Flag(code=TOO[flag.code], params={**flag.params, "number": number or ""})


def _is_there(state: State, visit_id: str | None) -> bool:
    visit = state.find(Visit, visit_id)
    return visit is not None and any(one.arrived_at is not None for one in visit.attendance)


def _missing(state: State, signed: Signed) -> list[str]:
    """What is missing of a visit that is signed for as done, or whose end is still open."""
    if signed.purpose != "visit" or (signed.outcome and signed.outcome not in ANSWERS_TO_PASS):
        return []
    order = state.find(WorkOrder, signed.job)
    return missing_items(state, order.checklist_id, order.id) if order is not None else []

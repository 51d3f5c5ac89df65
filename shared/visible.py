"""What a customer may see of a job: the rows that a document of a visit lists, and no others."""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from msgspec import Struct

from shared.amendments import visit_seals
from shared.charges import Charge, CoverageDecision, Quote
from shared.checklist import Reading
from shared.notes import Note
from shared.parts import PartUse
from shared.payments import Payment
from shared.photos import Photo
from shared.records import Record, State
from shared.registry import Ref, by
from shared.take_away import TakenItem
from shared.work_order import Completion

CUSTOMER: Final = "customer"
# What a document may list and a job is not loaded with anyway.
LISTED: Final[tuple[type[Record], ...]] = (
    *(Photo, Note, PartUse),
    *(CoverageDecision, Charge, Quote, Payment, TakenItem),
)
R = TypeVar("R", bound=Record)


class Visible(Struct, frozen=True, kw_only=True):
    """The rows of one job that a document of one visit lists, in the order they came about."""

    report: Completion | None
    coverage: CoverageDecision | None
    readings: tuple[Reading, ...]
    parts: tuple[PartUse, ...]
    photos: tuple[Photo, ...]
    notes: tuple[Note, ...]
    charges: tuple[Charge, ...]
    items: tuple[TakenItem, ...]
    payments: tuple[Payment, ...]


def visible(state: State, order_id: str, visit_id: str | None) -> Visible:
    """What is to be signed of a job on a visit: all of it that no other visit was signed for.

    What is done in two visits has two signatures: nothing is signed for twice, and what came
    after the first one is signed for with the second.
    """
    others = [one for one in visit_seals(state, order_id) if one.visit_id != visit_id]
    gone = {identity for one in others for identity in one.listed}
    signed = {one.visit_id for one in others} - {None}

    def of(kind: type[R]) -> list[R]:
        found = (one for one in state.of(kind, order_id) if one.id not in gone)
        return sorted(found, key=_when)

    answers = {one.item: one for one in sorted(state.of(Reading, order_id), key=_when)}
    reports = [one for one in of(Completion) if one.visit_id == visit_id]
    decisions = sorted(state.of(CoverageDecision, order_id), key=_when)
    return Visible(
        report=reports[-1] if reports else None,
        coverage=decisions[-1] if decisions else None,
        readings=tuple(one for one in answers.values() if one.id not in gone),
        parts=tuple(one for one in of(PartUse) if fitted(one) > 0),
        photos=tuple(one for one in of(Photo) if is_shown(one)),
        notes=tuple(one for one in of(Note) if one.audience == CUSTOMER),
        charges=tuple(one for one in of(Charge) if one.dropped_at is None),
        items=tuple(one for one in of(TakenItem) if one.state != "returned"),
        payments=tuple(
            one for one in of(Payment) if one.void_at is None and one.visit_id not in signed
        ),
    )


def unlisted(
    state: State, order_id: str, visit_id: str | None, listed: Iterable[str]
) -> tuple[str, ...]:
    """The ids of what a customer may see of a visit and a document that lists these does not say.

    What belongs to another visit that nobody has signed for is signed for with that one. Money
    that was paid and items taken away have papers of their own.
    """
    seen = visible(state, order_id, visit_id)
    signed = {one.visit_id for one in visit_seals(state, order_id)}
    told = set(listed)
    single = [one for one in (seen.report, seen.coverage) if one is not None]
    rows: list[Any] = [*single, *seen.readings, *seen.parts, *seen.photos, *seen.notes]
    return tuple(
        one.id
        for one in (*rows, *seen.charges)
        if one.id not in told
        and (one.visit_id in (None, visit_id) or one.visit_id in signed)
        and not _is_signed(state, order_id, one.id)
    )


def books_of(order_id: str) -> tuple[Ref, ...]:
    """All rows of a job that a document may list."""
    return tuple((kind, by("work_order_id", order_id)) for kind in LISTED)


def fitted(use: PartUse) -> int:
    """How much of a part is in the machine: what was used less what was taken back."""
    return use.amount - (use.returned or 0)


def is_shown(photo: Photo) -> bool:
    """Whether a customer sees a photo."""
    return photo.audience == CUSTOMER and photo.dropped_at is None


def _is_signed(state: State, order_id: str, identity: str) -> bool:
    return any(identity in one.listed for one in visit_seals(state, order_id))


def _when(row: Any) -> tuple[int, str]:
    return (row.at, row.id)

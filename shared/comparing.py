"""Comparing: whether what a document lists is what the rows say, fact by fact."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from shared.charges import Charge, CoverageDecision, Quote
from shared.checklist import Reading
from shared.document import Document, SeenCharge, SeenJob, SeenPart, SeenQuote, lines_of
from shared.money import total_of
from shared.notes import Note
from shared.parts import PartUse
from shared.payments import Payment, paid_of
from shared.photos import Photo
from shared.prices import PriceList
from shared.records import Record, State
from shared.take_away import TakenItem
from shared.visible import CUSTOMER, fitted, is_shown
from shared.visit import Visit
from shared.work_order import Completion, WorkOrder

SUM: Final = "sum"
_QUOTED: Final = ("kind", "amount", "unit", "price", "tax", "net", "covered")

# Per list of a document: the rows it is made of, and the fields that have to be equal. Times are
# not: what a phone's clock said is corrected later. Nor are words of the product and master data.
LISTS: Final[dict[str, tuple[type[Record], tuple[str, ...]]]] = {
    "readings": (Reading, ("item", "value", "not_applicable", "out_of_limits")),
    "parts": (PartUse, ("serial",)),
    "photos": (Photo, ("sha256", "caption")),
    "notes": (Note, ("text",)),
    "charges": (Charge, ("note", *_QUOTED)),
    "items": (
        TakenItem,
        ("receipt", "what", "serial", "accessories", "condition", "reason", "back_by", "estimate"),
    ),
    "payments": (Payment, ("receipt", "method", "amount")),
}
# All kinds of rows that a document names by their ids.
KINDS: Final[tuple[type[Record], ...]] = (
    *(WorkOrder, Visit, Completion, CoverageDecision, Quote, PriceList),
    *(kind for kind, _ in LISTS.values()),
)
_COVERAGE: Final = ("category", "basis", "code", "params", "note")
_REPORT: Final = ("diagnosis", "work_done")
_PINNED: Final = ("currency", "tax_inclusive", "edition")


class Compared(Struct, frozen=True, kw_only=True):
    """The ids of what a document lists that is not there (yet), and of what is not as it says.

    `sum` among them is the total.
    """

    absent: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


class Fact(Struct, frozen=True, kw_only=True):
    """One fact that a document lists of a job: its id, what row it is made of, what has to agree.

    `job` is empty for what belongs to no job.
    """

    id: str
    kind: type[Record]
    job: str
    seen: Any
    fields: tuple[str, ...] = ()


def compare(state: State, document: Document) -> Compared:
    """What of a document is not, or not yet, what the rows say.

    A row that only this phone has is not there yet: the office has not spoken.
    """
    found = [(fact, state.find(fact.kind, fact.id)) for fact in facts(document)]
    wrong = [fact.id for fact, row in found if row is not None and not _is_as_shown(row, fact)]
    absent = [fact.id for fact, row in found if row is None or row.version is None]
    return Compared(
        absent=tuple(one for one in absent if one not in wrong),
        wrong=(*wrong, *(() if adds_up(state, document) else (SUM,))),
    )


def adds_up(state: State, document: Document) -> bool:
    """Whether the total is what the lines of the document come to at the prices that it names.

    What cannot be known while the price list is not there is believed.
    """
    lines = lines_of(document)
    if document.sum is None:
        return not lines
    prices = state.find(PriceList, document.sum.price_list_id)
    return prices is None or total_of(lines, prices, paid_of(document)) == document.sum


def listed_ids(job: SeenJob) -> tuple[str, ...]:
    """The ids of the facts that a document lists of one job."""
    single = (job.report_id, job.coverage.id if job.coverage is not None else "")
    several = (one.id for name in LISTS for one in getattr(job, name))
    return tuple(one for one in (*single, *several) if one)


def facts(document: Document) -> Iterator[Fact]:
    """Every fact that a document lists."""
    for job in document.jobs:
        yield from _facts_of(job)
    main = document.jobs[0].id if document.jobs else ""
    if document.quote is not None:
        yield Fact(id=document.quote.id, kind=Quote, job=main, seen=document.quote)
    if document.sum is not None:
        pinned = document.sum
        yield Fact(id=pinned.price_list_id, kind=PriceList, job="", seen=pinned, fields=_PINNED)


def _facts_of(job: SeenJob) -> Iterator[Fact]:
    yield Fact(id=job.id, kind=WorkOrder, job="", seen=job)
    if job.visit is not None:
        # How a visit ends may be said after its signature; it is signed for anew then.
        ended = ("outcome", "remark") if job.visit.outcome else ()
        yield Fact(id=job.visit.id, kind=Visit, job=job.id, seen=job.visit, fields=ended)
    if job.report_id:
        yield Fact(id=job.report_id, kind=Completion, job=job.id, seen=job, fields=_REPORT)
    if job.coverage is not None:
        seen = job.coverage
        yield Fact(id=seen.id, kind=CoverageDecision, job=job.id, seen=seen, fields=_COVERAGE)
    for name, (kind, fields) in LISTS.items():
        for one in getattr(job, name):
            yield Fact(id=one.id, kind=kind, job=job.id, seen=one, fields=fields)


def _is_as_shown(row: Any, fact: Fact) -> bool:
    if fact.job and row.work_order_id != fact.job:
        return False
    stands = _STANDS.get(fact.kind)
    same = all(getattr(row, name) == getattr(fact.seen, name) for name in fact.fields)
    return same and (stands is None or stands(row, fact.seen))


def _is_fitted(row: PartUse, seen: SeenPart) -> bool:
    return (fitted(row), row.old_part or "") == (seen.amount, seen.old_part)


def _is_charged(row: Charge, seen: SeenCharge) -> bool:
    return row.dropped_at is None and (row.en, row.zh) == (seen.name.en, seen.name.zh)


def _is_quoted(row: Quote, seen: SeenQuote) -> bool:
    asked = [(*(getattr(one, name) for name in _QUOTED), one.en, one.zh) for one in row.lines]
    shown = [
        (*(getattr(one, name) for name in _QUOTED), one.name.en, one.name.zh) for one in seen.lines
    ]
    return asked == shown


# What more has to hold, beside fields that are called the same.
_STANDS: Final[dict[type[Record], Callable[[Any, Any], bool]]] = {
    PartUse: _is_fitted,
    Charge: _is_charged,
    Quote: _is_quoted,
    Photo: lambda row, _seen: is_shown(row),
    Note: lambda row, _seen: bool(row.audience == CUSTOMER),
    Payment: lambda row, _seen: row.void_at is None,
}

"""Seen: each row as the document of a visit says it, with the words that a stranger needs."""

from collections.abc import Iterable

from msgspec import structs

from shared.charges import Charge, CoverageDecision, Quote, QuoteLine
from shared.checklist import Checklist, Item, Reading
from shared.document import (
    Machine,
    Named,
    SeenCharge,
    SeenCoverage,
    SeenItem,
    SeenNote,
    SeenPart,
    SeenPayment,
    SeenPhoto,
    SeenQuote,
    SeenReading,
    SeenVisit,
)
from shared.notes import Note
from shared.parts import Part, PartUse
from shared.payments import Payment
from shared.photos import Photo
from shared.records import State
from shared.site import Asset
from shared.take_away import TakenItem
from shared.visible import fitted
from shared.visit import Visit, attended


def visit(row: Visit, person_id: str) -> SeenVisit:
    """A visit as one person went on it."""
    mine = attended(row, person_id)
    return SeenVisit(
        id=row.id,
        outcome=row.outcome or "",
        remark=row.remark,
        departed_at=mine.departed_at,
        arrived_at=mine.arrived_at,
        ended_at=row.ended_at,
    )


def machine(row: Asset) -> Machine:
    """What was worked on."""
    return Machine(
        id=row.id,
        name=row.name,
        model=row.model,
        serial=row.serial,
        delivered_on=row.delivered_on,
    )


def readings(rows: Iterable[Reading], checklist: Checklist | None) -> tuple[SeenReading, ...]:
    """Answers in the order of the checklist; what it does not ask for comes last."""
    items = {one.code: one for one in checklist.items} if checklist is not None else {}
    place = {code: number for number, code in enumerate(items)}
    ordered = sorted(rows, key=lambda one: (place.get(one.item, len(items)), one.at, one.id))
    return tuple(_reading(one, items.get(one.item)) for one in ordered)


def _reading(row: Reading, item: Item | None) -> SeenReading:
    bare = SeenReading(
        id=row.id,
        item=row.item,
        label=Named(en=row.item, zh=row.item),
        value=row.value,
        not_applicable=row.not_applicable,
        out_of_limits=row.out_of_limits,
    )
    if item is None:
        return bare
    chosen = next((one for one in item.choices if one.code == row.value), None)
    return structs.replace(
        bare,
        label=Named(en=item.en, zh=item.zh),
        choice=Named(en=chosen.en, zh=chosen.zh) if chosen is not None else None,
        unit=item.unit,
        low=item.low,
        high=item.high,
    )


def part(row: PartUse, state: State) -> SeenPart:
    """A part that is in the machine now, less what was taken back of it."""
    known = state.find(Part, row.part_id)
    return SeenPart(
        id=row.id,
        number=known.number if known is not None else "",
        name=Named(en=known.en, zh=known.zh) if known is not None else Named(en="", zh=""),
        amount=fitted(row),
        unit=known.unit if known is not None else "",
        serial=row.serial,
        old_part=row.old_part or "",
    )


def photo(row: Photo, checklist: Checklist | None) -> SeenPhoto:
    """A photo by its hash, and the words of the place it was taken for."""
    slots = checklist.photos if checklist is not None else ()
    slot = next((one for one in slots if one.code == row.slot), None)
    return SeenPhoto(
        id=row.id,
        sha256=row.sha256,
        caption=row.caption,
        slot=Named(en=slot.en, zh=slot.zh) if slot is not None else None,
        at=row.at,
    )


def note(row: Note) -> SeenNote:
    """A note for the customer."""
    return SeenNote(id=row.id, text=row.text)


def coverage(row: CoverageDecision) -> SeenCoverage:
    """Who pays, and why."""
    return SeenCoverage(
        id=row.id,
        category=row.category,
        basis=row.basis,
        code=row.code,
        params=row.params,
        note=row.note,
    )


def charge(row: Charge) -> SeenCharge:
    """One line of the bill."""
    return _line(row, row.id, row.note)


def quote(row: Quote) -> SeenQuote:
    """A quote; its lines are counted from one."""
    lines = enumerate(row.lines, start=1)
    return SeenQuote(id=row.id, lines=tuple(_line(one, str(place), "") for place, one in lines))


def _line(row: Charge | QuoteLine, identity: str, note: str) -> SeenCharge:
    return SeenCharge(
        id=identity,
        kind=row.kind,
        name=Named(en=row.en, zh=row.zh),
        note=note,
        amount=row.amount,
        unit=row.unit,
        price=row.price,
        tax=row.tax,
        net=row.net,
        covered=row.covered,
    )


def item(row: TakenItem) -> SeenItem:
    """An item on its way through the workshop."""
    return SeenItem(
        id=row.id,
        receipt=row.receipt,
        what=row.what,
        serial=row.serial,
        accessories=row.accessories,
        condition=row.condition,
        reason=row.reason,
        back_by=row.back_by,
        estimate=row.estimate,
    )


def payment(row: Payment) -> SeenPayment:
    """Money that was collected."""
    return SeenPayment(id=row.id, receipt=row.receipt, method=row.method, amount=row.amount)

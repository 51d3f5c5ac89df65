"""The parts of a job in three lists: what was planned, what went in, and what is to be ordered."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from mobile.queries import Ordered, Planned, Sheet, Van
from mobile.texts import Words
from mobile.views.work_order import Tone, is_open
from shared.amounts import quantity_text, thousandths
from shared.parts import OLD_PARTS, Part, PartUse, PlannedPart
from shared.typed import quantity as quantity_of

ONE: Final = 1000  # thousandths
Held = Mapping[str, int]  # id of a part -> how much of it one's own van holds, in thousandths
UNCOUNTED: Final = frozenset({"metre", "litre", "kilogram"})


class PartRow(Struct, frozen=True, kw_only=True):
    """One line of a list. `id` is that of the row behind it, `part` that of the part, if known.

    `tap` is the one thing a tap on its button does: `use`, `take_back`, or nothing.
    """

    id: str
    part: str
    name: str
    number: str
    quantity: str
    amount: str
    van: str
    van_tone: Tone
    extra: str
    tap: str = ""
    tap_label: str = ""
    is_direct: bool = False  # one tap is enough: nothing has to be asked


class PartsView(Struct, frozen=True, kw_only=True):
    """The three lists."""

    title: str
    planned: tuple[PartRow, ...]
    used: tuple[PartRow, ...]
    ordered: tuple[PartRow, ...]
    is_open: bool


class Found(Struct, frozen=True, kw_only=True):
    """One part that a search found."""

    part: str
    name: str
    number: str
    van: str
    van_tone: Tone


class Picked(Struct, frozen=True, kw_only=True):
    """A part about to be used or ordered: what is asked, and where its number goes by steps."""

    part: str
    name: str
    number: str
    unit: str
    van: str
    van_tone: Tone
    needs_serial: bool
    is_measured: bool
    old_parts: tuple[tuple[str, str], ...]
    short: str


def parts(sheet: Sheet, van: Held, words: Words) -> PartsView:
    """The parts of a job; a planned one that was used no longer stands among the planned."""
    opened = is_open(sheet)
    left = [(one, _left(one.line, sheet)) for one in sheet.planned]
    return PartsView(
        title=words("job_parts", "title"),
        planned=tuple(
            _planned(one, amount, (van, words), is_open=opened)
            for one, amount in left
            if amount > 0
        ),
        used=tuple(
            _used(one.use, one.part, words, is_open=opened)
            for one in sorted(sheet.parts, key=lambda used: used.use.at)
        ),
        ordered=tuple(_ordered(one, words) for one in sheet.ordered),
        is_open=opened,
    )


def held(van: Van | None) -> Held:
    """What a van holds, by the id of the part."""
    return {line.part.id: line.amount for line in van.lines} if van is not None else {}


def found(known: Iterable[Part], van: Held, words: Words) -> tuple[Found, ...]:
    """Parts as a search shows them, those in the van first."""
    first = sorted(known, key=lambda one: (van.get(one.id, 0) <= 0, one.number))
    return tuple(
        Found(
            part=one.id,
            name=name_of(one, words),
            number=one.number,
            van=in_van(one, van, words),
            van_tone=_van_tone(one, van, ONE),
        )
        for one in first
    )


def picked(part: Part, van: Held, quantity: str, words: Words) -> Picked:
    """A part about to be used; `short` says that the van's books show less."""
    amount = amount_of(quantity)
    held = van.get(part.id, 0)
    short = amount is not None and amount > held
    return Picked(
        part=part.id,
        name=name_of(part, words),
        number=part.number,
        unit=words("units", part.unit),
        van=in_van(part, van, words),
        van_tone=_van_tone(part, van, amount or ONE),
        needs_serial=part.serialised,
        is_measured=part.unit in UNCOUNTED,
        old_parts=tuple((one, words("job_parts", one)) for one in OLD_PARTS),
        short=words(
            "job_parts",
            "more_than_van",
            quantity=quantity_text(held),
            unit=words("units", part.unit),
        )
        if short
        else "",
    )


def amount_of(quantity: str) -> int | None:
    """A typed quantity in thousandths, or None where it is none."""
    plain = quantity_of(quantity)
    return thousandths(plain) if plain else None


def more(quantity: str, by: int) -> str:
    """A quantity one step up or down: whole steps, never below one."""
    amount = amount_of(quantity) or 0
    return quantity_text(max(ONE, amount + by * ONE))


def name_of(part: Part, words: Words) -> str:
    """What a part is called in this language."""
    return str(getattr(part, words.language))


def in_van(part: Part, van: Held, words: Words) -> str:
    """How much of a part one has along."""
    held = van.get(part.id, 0)
    if held <= 0:
        return words("job_parts", "not_in_van")
    unit = words("units", part.unit)
    return words("job_parts", "in_van", quantity=quantity_text(held), unit=unit)


def _left(planned: PlannedPart, sheet: Sheet) -> int:
    """How much of a line of the plan has not gone in yet."""
    uses = (one.use for one in sheet.parts if one.use.planned_id == planned.id)
    return planned.amount - sum(one.amount - (one.returned or 0) for one in uses)


def _planned(
    planned: Planned, amount: int, around: tuple[Held, Words], *, is_open: bool
) -> PartRow:
    van, words = around
    part = planned.part
    return PartRow(
        id=planned.line.id,
        part=planned.line.part_id,
        name=name_of(part, words) if part is not None else "",
        number=part.number if part is not None else "",
        quantity=_measured(amount, part, words),
        amount=quantity_text(amount),
        van=in_van(part, van, words) if part is not None else "",
        van_tone=_van_tone(part, van, amount) if part is not None else "neutral",
        extra=planned.line.note,
        tap="use" if is_open and part is not None else "",
        tap_label=words("job_parts", "use"),
        is_direct=part is not None and not part.serialised,
    )


def _used(use: PartUse, part: Part | None, words: Words, *, is_open: bool) -> PartRow:
    left = use.amount - (use.returned or 0)
    serial = words("job_parts", "serial_is", serial=use.serial) if use.serial else ""
    old = words("job_parts", use.old_part) if use.old_part else ""
    old = words("job_parts", "old_is", what=old) if old else ""
    gone = words("job_parts", "taken_back") if left == 0 else ""
    return PartRow(
        id=use.id,
        part=use.part_id,
        name=name_of(part, words) if part is not None else "",
        number=part.number if part is not None else "",
        quantity=_measured(left or use.amount, part, words),
        amount=quantity_text(left),
        van="",
        van_tone="neutral",
        extra="\n".join(one for one in (gone, serial, old) if one),
        tap="take_back" if is_open and left > 0 else "",
        tap_label=words("job_parts", "take_back"),
    )


def _ordered(ordered: Ordered, words: Words) -> PartRow:
    one, part = ordered.line, ordered.part
    is_there = one.supplied_at is not None
    return PartRow(
        id=one.id,
        part=one.part_id or "",
        name=name_of(part, words) if part is not None else one.text,
        number=part.number if part is not None else "",
        quantity=_measured(one.amount, part, words),
        amount=ordered.quantity,
        van=words("job_parts", "supplied" if is_there else "waiting"),
        van_tone="success" if is_there else "info",
        extra=one.note,
    )


def _measured(amount: int, part: Part | None, words: Words) -> str:
    unit = words("units", part.unit) if part is not None else ""
    return f"{quantity_text(amount)} {unit}".strip()


def _van_tone(part: Part, van: Held, amount: int) -> Tone:
    return "success" if van.get(part.id, 0) >= amount else "warning"

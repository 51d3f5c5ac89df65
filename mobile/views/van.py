"""What is in one's own van: by part, found by name, number or bar code."""

from collections.abc import Sequence

from msgspec import Struct

from mobile.queries import Stocked, Van
from mobile.texts import Words
from mobile.views.jobs import folded
from mobile.views.today import Emptiness
from mobile.views.work_order import Tone
from shared.parts import Part


class VanLine(Struct, frozen=True, kw_only=True):
    """One part of the van. `note` says what is odd about it."""

    id: str
    name: str
    number: str
    amount: str
    tone: Tone
    note: str = ""


class VanView(Struct, frozen=True, kw_only=True):
    """The van and what is in it."""

    title: str
    subtitle: str
    lines: tuple[VanLine, ...]
    nothing: Emptiness | None


class PartView(Struct, frozen=True, kw_only=True):
    """One part of the van, with everything known of it."""

    name: str
    other_name: str
    amount: str
    tone: Tone
    note: str
    facts: tuple[tuple[str, str], ...]


def van(held: Van | None, words: Words, text: str = "") -> VanView:
    """The parts that hold every word of a text, or all."""
    if held is None:
        return VanView(
            title=words("van", "title"), subtitle="", lines=(), nothing=_nothing("no_van", words)
        )
    asked = folded(text).split()
    wanted = [one for one in held.lines if _mentions(one.part, asked)]
    code = "" if wanted else "nothing" if asked else "none"
    return VanView(
        title=words("van", "title"),
        subtitle=words.join(
            getattr(held.location, words.language),
            held.location.code,
            words("van", "parts", count=len(wanted)),
        ),
        lines=tuple(
            VanLine(
                id=one.part.id,
                name=name(one.part, words),
                number=one.part.number,
                amount=amount(one.quantity, one.part, words),
                tone=_tone(one.amount, recount=one.recount),
                note=_note(one.amount, words, recount=one.recount),
            )
            for one in sorted(wanted, key=lambda one: not one.recount)
        ),
        nothing=_nothing(code, words, text.strip()) if code else None,
    )


def part(held: Van | None, part_id: str, words: Words) -> PartView | None:
    """One part of the van."""
    lines: Sequence[Stocked] = held.lines if held is not None else ()
    for one in lines:
        if one.part.id == part_id:
            known = one.part
            serial = "serialised_yes" if known.serialised else "serialised_no"
            facts = (
                (words("van", "number"), known.number),
                (words("van", "barcode"), known.barcode or words("van", "no_barcode")),
                (words("van", "type"), words("part_types", known.type)),
                (words("van", "serialised"), words("van", serial)),
            )
            return PartView(
                name=name(known, words),
                other_name=known.zh if words.language == "en" else known.en,
                amount=amount(one.quantity, known, words),
                tone=_tone(one.amount, recount=one.recount),
                note=words("van", "recount_say") if one.recount else "",
                facts=facts,
            )
    return None


def name(known: Part, words: Words) -> str:
    """What a part is called in the language of the screens."""
    return known.zh if words.language == "zh" else known.en


def amount(quantity: str, known: Part, words: Words) -> str:
    """How much, with its unit."""
    unit = words("units", known.unit)
    return f"{quantity} {unit}"


def _mentions(known: Part, asked: list[str]) -> bool:
    hay = folded(f"{known.number} {known.barcode} {known.en} {known.zh}")
    return all(word in hay for word in asked)


def _tone(held: int, *, recount: bool) -> Tone:
    if recount or held < 0:
        return "danger"
    return "neutral" if held else "warning"


def _note(held: int, words: Words, *, recount: bool) -> str:
    if recount or held < 0:
        return words("van", "recount")
    return "" if held else words("van", "empty")


def _nothing(code: str, words: Words, asked: str = "") -> Emptiness:
    return Emptiness(
        title=words("van", code, text=asked),
        text=words("van", f"{code}_say"),
        action=words("jobs", "clear") if code == "nothing" else "",
    )

"""The blocks that papers are built of: head, facts, columns, sections, signatures and foot."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, structs

from shared.document import Head
from shared.ink import Ink
from shared.papers.drawing import frame, line_of, mark, qr, rule, sign, signature, upright
from shared.papers.sheet import (
    AMBER,
    ARTIFACT,
    BRAND,
    FAINT,
    GREEN,
    INK,
    LINE,
    RED,
    SOFT,
    TINT,
    Box,
    Draft,
    Face,
    Marks,
    Path,
    Shape,
    Sheet,
    Style,
)
from shared.papers.wording import Words

LEFT, WIDE, COLUMN = 16.0, 178.0, 28.0  # the margin, the width, and the column of titles
X, W = LEFT + COLUMN, WIDE - COLUMN  # where content stands
GAP: Final = 7.0

TITLE: Final = Style(size=14.5, bold=True, align="right", lead=1.3, tag="H1")
NUMBER: Final = Style(size=11, align="right", lead=1.3)
COMPANY: Final = Style(size=11, bold=True, lead=1.3, limit=2)
BESIDE: Final = Style(size=7.6, colour=SOFT, lead=1.35, limit=2)
LABEL: Final = Style(size=6.9, colour=SOFT, lead=1.3, limit=1)
VALUE: Final = Style(size=9.6, bold=True, lead=1.3, limit=1)
BLOCK: Final = Style(size=7.2, bold=True, colour=SOFT, tag="H2")
FIRST: Final = Style(size=9.2, bold=True, lead=1.35, limit=8)
REST: Final = Style(size=8.4, lead=1.4, limit=8)
SECTION: Final = Style(size=9, bold=True, lead=1.3, tag="H2")
UNDER: Final = Style(size=7.6, colour=SOFT, lead=1.35)
BODY: Final = Style(size=8.8)
SMALL: Final = Style(size=7.8, colour=SOFT)
FOOT: Final = Style(size=6.8, colour=FAINT, limit=1, tag=ARTIFACT)
NAME: Final = Style(size=8.8, bold=True, lead=1.35, limit=2)


class Signal(Struct, frozen=True, kw_only=True):
    """A sign before a value: which, in which colour, in what."""

    name: str
    colour: str
    around: str


GOOD: Final = Signal(name="tick", colour=GREEN, around="ring")
BAD: Final = Signal(name="bang", colour=RED, around="square")
HEED: Final = Signal(name="bang", colour=AMBER, around="square")
NOTED: Final = Signal(name="bang", colour=INK, around="square")
WAITS: Final = Signal(name="wait", colour=AMBER, around="ring")


class Fact(Struct, frozen=True, kw_only=True):
    """One cell of the strip of facts."""

    label: str
    value: str
    signal: Signal | None = None


class Block(Struct, frozen=True, kw_only=True):
    """One of the columns side by side: its title, a first line that counts, and the rest."""

    title: str
    first: str = ""
    rest: tuple[str, ...] = ()


class Paper(Struct, frozen=True, kw_only=True):
    """A paper being set: the sheet, the words on it, whose it is, what it is called, its number.

    `code` stands at the head of all pages but the first.
    """

    sheet: Sheet
    words: Words
    head: Head
    title: str
    number: str
    code: str = ""


def begin(
    size: tuple[float, float], faces: tuple[Face, Face], words: Words, *, roll: bool = False
) -> Sheet:
    """An empty sheet."""
    return Sheet(size, faces, words.language, roll=roll)


def masthead(paper: Paper, y: float = 13, code: str = "") -> None:
    """Whose paper it is and what it is; with a small QR code of a text, where one is given."""
    sheet, head = paper.sheet, paper.head
    shift = 21.0 if code else 0.0
    titled = max(sheet.width(paper.title, TITLE), sheet.width(paper.number, NUMBER))
    name = paper.words.named(head.name)
    sheet.put(mark(Box(LEFT, y, 12), BRAND, paper.words("mark", name=name)))
    at = Box(LEFT + 15.5, y + 0.4, WIDE - 15.5 - shift - 5 - titled)
    used = sheet.text(at, name, COMPANY) if name else 0
    beside = " · ".join(one for one in (paper.words.named(head.tagline), head.phone) if one)
    used += sheet.text(Box(at.x, y + 1.2 + used, at.w), beside, BESIDE) if beside else 0
    right = LEFT + WIDE - titled - shift - 2
    sheet.text(Box(right, y - 0.9, titled + 2), paper.title, TITLE)
    sheet.text(Box(right, y + 6.1, titled + 2), paper.number, NUMBER)
    if code:
        sheet.put(qr(code, Box(LEFT + WIDE - 17, y - 2.4, 17), paper.words("qr_number")))
    sheet.y = y + max(17.0, used + 5)


def strip(paper: Paper, facts: Sequence[Fact]) -> None:
    """The facts that are looked for first. A cell is as wide as it wants, and shares what is left.

    Where they want more than there is, each gets less and is cut short.
    """
    sheet, high, x = paper.sheet, 13.6, LEFT
    wants = [
        max(sheet.width(one.label, LABEL), sheet.width(one.value, VALUE) + _pad(one)) + 6.6
        for one in facts
    ]
    most = WIDE / len(facts) * 1.5
    wants = [min(one, most) for one in wants]
    scale = min(1.0, WIDE / sum(wants))
    spare = max(0.0, WIDE - sum(wants)) / len(facts)
    y = sheet.y
    sheet.put(
        frame(Box(LEFT, y, WIDE, high), Path(steps=(), fill=TINT, stroke=LINE, width=0.2), 1.6)
    )
    for number, (one, want) in enumerate(zip(facts, wants, strict=True)):
        w = want * scale + spare
        if number:
            sheet.put(upright(x, y + 2.6, y + high - 2.6, line_of()))
        sheet.text(Box(x + 3.4, y + 2, w - 4), one.label, LABEL)
        if one.signal is not None:
            sheet.put(signalled(one.signal, Box(x + 3.4, y + 6.9, 3.6)))
        pad = _pad(one)
        sheet.text(Box(x + 3.4 + pad, y + 6.2, w - 3.6 - pad), one.value, VALUE)
        x += w
    sheet.y = y + high + 5.4


def columns(paper: Paper, blocks: Sequence[Block]) -> None:
    """Blocks side by side."""
    sheet, low = paper.sheet, paper.sheet.y
    w = (WIDE - GAP * (len(blocks) - 1)) / len(blocks)
    for number, block in enumerate(blocks):
        x, y = LEFT + number * (w + GAP), sheet.y
        y += sheet.text(Box(x, y, w), block.title, BLOCK) + 0.5
        if block.first:
            y += sheet.text(Box(x, y, w), block.first, FIRST) + 0.5
        for one in block.rest:
            y += sheet.text(Box(x, y, w), one, structs.replace(REST, colour=SOFT))
        low = max(low, y)
    sheet.y = low + 4.6


def section(paper: Paper, title: str, room: float, under: str = "") -> None:
    """Begin a section with its title beside it; on a new page where there is not enough room."""
    sheet = paper.sheet
    sheet.y = max(sheet.y, sheet.floor)
    titled = sheet.height(COLUMN - 3, title, SECTION) if title else 0
    if not sheet.need(max(room, titled + 5)):
        sheet.put(rule(LEFT, LEFT + WIDE, sheet.y, line_of()))
    sheet.y += 2.4
    used = sheet.text(Box(LEFT, sheet.y, COLUMN - 3), title, SECTION) if title else 0
    if under:
        used += sheet.text(Box(LEFT, sheet.y + used + 0.6, COLUMN - 3), under, UNDER)
    sheet.floor = sheet.y + used + 2.4


def prose(paper: Paper, title: str, text: str, style: Style = BODY) -> None:
    """A section of one text that may run over pages."""
    section(paper, title, min(7 + paper.sheet.height(W, text, style), 40))
    paper.sheet.prose(X, W, text, style)
    paper.sheet.y += 3


def boxed(paper: Paper, title: str, text: str, signal: Signal = NOTED) -> None:
    """A section that must not be overlooked."""
    sheet, style = paper.sheet, Style(size=8.6, limit=24)
    high = sheet.height(W - 12, text, style) + 4
    section(paper, title, high + 6)
    sheet.put(frame(Box(X, sheet.y - 0.4, W, high), line_of(INK, 0.3), 1.2))
    sheet.put(signalled(signal, Box(X + 3, sheet.y + 1.7, 3.4)))
    sheet.text(Box(X + 9, sheet.y + 1.5, W - 12), text, style)
    sheet.y += high + 2.8


class Hand(Struct, frozen=True, kw_only=True):
    """Whoever signs: the title over the field, the name under it, and lines below the name.

    `instead` stands in the field where there is no ink.
    """

    title: str
    name: str = ""
    below: tuple[str, ...] = ()
    ink: Ink | None = None
    instead: str = ""


def signed_field(paper: Paper, box: Box, hand: Hand) -> float:
    """A field with somebody's signature, or for one; returns how high it is with its texts."""
    sheet = paper.sheet
    sheet.text(Box(box.x, box.y, box.w), hand.title, structs.replace(BLOCK, lead=1.3, limit=1))
    sheet.put(frame(Box(box.x, box.y + 4.2, box.w, box.h), line_of(), 1.2))
    foot = box.y + 4.2 + box.h
    if hand.ink is not None:
        field = Box(box.x + 4, box.y + 5.4, box.w - 8, box.h - 2.4)
        sheet.put(signature(hand.ink, field, paper.words("ink", name=hand.name)))
    elif hand.instead:
        style = Style(size=8.2, limit=4)
        sheet.text(Box(box.x + 4, box.y + 7, box.w - 8), hand.instead, style)
    if hand.ink is not None or hand.name:
        dashed = line_of(LINE, 0.2, 0.8)
        sheet.put(rule(box.x + 4, box.x + box.w - 4, foot - 3.8, dashed))
    y = foot + 1.2
    if hand.name:
        y += sheet.text(Box(box.x, y, box.w), hand.name, NAME)
    for one in hand.below:
        style = structs.replace(SMALL, lead=1.35, limit=2)
        y += sheet.text(Box(box.x, y, box.w), one, style)
    return y - box.y


def by_hand(paper: Paper, box: Box, title: str) -> None:
    """A field to be signed and dated with a pen."""
    signed_field(paper, box, Hand(title=title))
    style = Style(size=7.2, colour=SOFT, lead=1.35)
    label = paper.words.pair(paper.words("date"), "")
    paper.sheet.text(Box(box.x + 2.4, box.y + box.h - 0.4, box.w - 4), label.strip(), style)


def signalled(signal: Signal, box: Box, alt: str = "") -> Shape:
    """A signal, to be put on a sheet."""
    return sign(signal.name, box, signal.colour, alt, around=signal.around)


def finished(paper: Paper, marks: Marks) -> Draft:
    """The paper with its foot on every page, and its number at the head of all but the first."""
    sheet = paper.sheet
    size = sheet.size
    if sheet.roll:
        size = (size[0], sheet.y + sheet.bottom)
    else:
        pages = sheet.pages
        for number in range(1, len(pages) + 1):
            sheet.pages = pages[:number]
            _edge(paper, number, len(pages))
        sheet.pages = pages
    return Draft(
        size=size,
        pages=tuple(map(tuple, sheet.pages)),
        marks=marks,
        lacking=tuple(sheet.lacking),
    )


def lacking(paper: Paper) -> None:
    """Say in small print which characters could not be set."""
    sheet = paper.sheet
    if not sheet.lacking:
        return
    told = list(sheet.lacking)[:LACKING_MAX]
    listed = ", ".join(f"U+{ord(one):04X}" for one in told)
    more = len(sheet.lacking) - len(told)
    text = paper.words("lacking", codes=listed + (f" +{more}" if more else ""))
    style = Style(size=6.4, colour=FAINT, lead=1.4)
    x, w = (4.0, 72.0) if sheet.roll else (LEFT, WIDE)
    sheet.need(sheet.height(w, text, style) + 2)
    sheet.y += sheet.text(Box(x, sheet.y + 1, w), text, style) + 1.5


LACKING_MAX: Final = 40


def _edge(paper: Paper, number: int, total: int) -> None:
    sheet, words, head = paper.sheet, paper.words, paper.head
    y = sheet.size[1] - 11.5
    sheet.put(rule(LEFT, LEFT + WIDE, y - 1.6, line_of()))
    whose = " · ".join(one for one in (words.named(head.name), words.named(head.address)) if one)
    sheet.text(Box(LEFT, y, WIDE - 40), whose, FOOT)
    page = structs.replace(FOOT, colour=SOFT, align="right")
    sheet.text(Box(LEFT + WIDE - 36, y, 36), words("page", number=number, total=total), page)
    if number > 1:
        style = Style(size=8.2, bold=True, limit=1, tag=ARTIFACT)
        sheet.text(Box(LEFT, 11.5, 110), f"{paper.title} {paper.number}", style)
        code = structs.replace(style, bold=False, colour=SOFT, align="right")
        if paper.code:
            text = words.pair(words("code"), paper.code)
            sheet.text(Box(LEFT + WIDE - 66, 11.5, 66), text, code)
        sheet.put(rule(LEFT, LEFT + WIDE, 17.4, line_of(INK, 0.35)))


def _pad(fact: Fact) -> float:
    return 5.0 if fact.signal is not None else 0.0

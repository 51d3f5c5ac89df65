"""Stickers: labels with a QR code that leads to the form for one machine, on a sheet or by one."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import segno
from msgspec import Struct

from shared.papers.press import Fonts, Press
from shared.papers.sheet import (
    A4,
    BLACK,
    FAINT,
    HAIR,
    INK,
    Box,
    Draft,
    Face,
    Marks,
    Path,
    Shape,
    Sheet,
    Style,
)

Run = tuple[int, int, int]  # dark squares in a row: where they begin, in which row, how many
Paper = Literal["a4", "label"]
PAPERS: Final[tuple[Paper, ...]] = ("a4", "label")
LABEL: Final = (70.0, 40.0)
# Three by seven on a sheet of A4, as such labels are sold: 63.5 by 38.1 mm.
ACROSS, DOWN = 3, 7
FIRST_X, FIRST_Y, STEP_X, STEP_Y = 7.2, 15.1, 66.0, 38.1
WIDE, HIGH = 63.5, 38.1
EDGE: Final = 2.5
CODE: Final = 29.0  # side of the QR code with the white around it
GAP: Final = 1.5
QUIET: Final = 2  # white squares around the code, beside the white of the label


class Sticker(Struct, frozen=True, kw_only=True):
    """What stands on one label: the machine, and the address that its QR code leads to."""

    name: str
    model: str
    serial: str
    link: str


class Heading(Struct, frozen=True, kw_only=True):
    """What stands on every label of a sheet, in one language; `made_at` in ms."""

    title: str
    house: str
    phone: str
    scan: str
    serial: str
    language: str
    identity: str
    made_at: int


def stickers(labels: Sequence[Sticker], heading: Heading, paper: Paper, fonts: Fonts) -> bytes:
    """A PDF of labels: on sheets of A4, or each on a page of its own."""
    press = Press(fonts)
    return press.print(draft(labels, heading, paper, press.faces()))


def draft(
    labels: Sequence[Sticker], heading: Heading, paper: Paper, faces: tuple[Face, Face]
) -> Draft:
    """The pages before they are printed."""
    sheet = Sheet(A4 if paper == "a4" else LABEL, faces, heading.language, roll=False)
    for place, label in enumerate(labels):
        on_page = place % (ACROSS * DOWN) if paper == "a4" else 0
        if place and on_page == 0:
            sheet.turn()
        _label(sheet, _place(on_page) if paper == "a4" else Box(0, 0, *LABEL), label, heading)
    return Draft(
        size=sheet.size,
        pages=tuple(tuple(one) for one in sheet.pages),
        marks=Marks(
            title=heading.title,
            subject=heading.scan,
            author=heading.house,
            keywords="",
            language=heading.language,
            made_at=heading.made_at,
            identity=heading.identity,
        ),
        lacking=tuple(sheet.lacking),
    )


def _place(number: int) -> Box:
    """Where a label is on a sheet of A4: row by row."""
    row, column = divmod(number, ACROSS)
    return Box(FIRST_X + column * STEP_X, FIRST_Y + row * STEP_Y, WIDE, HIGH)


def _label(sheet: Sheet, box: Box, label: Sticker, heading: Heading) -> None:
    top = box.y + (box.h - CODE) / 2
    sheet.put(_code(Box(box.x + EDGE, top, CODE, CODE), label))
    x = box.x + EDGE + CODE + GAP
    width = box.w - EDGE - CODE - GAP - EDGE
    told = (
        (heading.scan, Style(size=8.4, bold=True, colour=INK, limit=2, lead=1.25)),
        (label.name, Style(size=7.6, bold=True, colour=BLACK, limit=2, lead=1.25)),
        (label.model, Style(size=6.8, colour=BLACK, limit=1, lead=1.25)),
        (
            f"{heading.serial} {label.serial}" if label.serial else "",
            Style(size=6.8, colour=BLACK, limit=2, lead=1.25),
        ),
        (heading.house, Style(size=6.0, colour=FAINT, limit=2, lead=1.25)),
        (heading.phone, Style(size=6.0, colour=FAINT, limit=1, lead=1.25)),
    )
    shown = [(text, style) for text, style in told if text]
    high = sum(sheet.height(width, *one) for one in shown) + GAP / 2 * (len(shown) - 1)
    y = box.y + max((box.h - high) / 2, 0.5)
    for text, style in shown:
        y += sheet.text(Box(x, y, width), text, style) + GAP / 2


def _code(box: Box, label: Sticker) -> Shape:
    """A QR code as rectangles, with a hair line around its white."""
    matrix = segno.make(label.link, error="m", micro=False).matrix
    unit = box.w / (len(matrix) + 2 * QUIET)
    steps: list[tuple[str | float, ...]] = []
    for column, row, length in runs(matrix):
        left, top = box.x + (column + QUIET) * unit, box.y + (row + QUIET) * unit
        right, bottom = left + length * unit, top + unit
        steps += [("M", left, top), ("L", right, top), ("L", right, bottom), ("L", left, bottom)]
        steps.append(("Z",))
    around = (
        *(("M", box.x, box.y), ("L", box.x + box.w, box.y)),
        *(("L", box.x + box.w, box.y + box.h), ("L", box.x, box.y + box.h), ("Z",)),
    )
    return Shape(
        box=box,
        paths=(Path(steps=around, stroke=HAIR, width=0.1), Path(steps=tuple(steps), fill=BLACK)),
        alt=label.link,
    )


def runs(matrix: Any) -> Iterator[Run]:
    """The dark squares of a code, those beside each other as one."""
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                yield (x, y, length)
            x += max(length, 1)

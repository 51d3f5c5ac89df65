"""Tables on paper: a head that is set again on every page, cells of several lines, short notes."""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct, structs

from shared.papers.blocks import COLUMN, LEFT, UNDER, Paper, Signal, X, signalled
from shared.papers.drawing import frame, line_of, rule
from shared.papers.sheet import FAINT, HAIR, INK, SOFT, Box, Style

HEAD: Final = Style(size=7, colour=SOFT, lead=1.3, limit=1, tag="TH")
CELL: Final = Style(size=8.2, lead=1.36, limit=40, tag="TD")
NOTE: Final = Style(size=7, colour=SOFT, lead=1.36, limit=6)
PAD: Final = 4.2  # of a sign before a text
AIR: Final = 3.0  # between a text and the next column


class Column(Struct, frozen=True, kw_only=True):
    """One column: what stands at its head, how wide it is, at which edge its texts stand."""

    title: str
    w: float
    align: Literal["left", "right"] = "left"


class Cell(Struct, frozen=True, kw_only=True):
    """One text in a table, with a note below it, a sign before it, or a field for a pen."""

    text: str = ""
    note: str = ""
    bold: bool = False
    colour: str = INK
    signal: Signal | None = None
    field: bool = False


Row = Sequence[Cell | str]


def table(paper: Paper, columns: Sequence[Column], rows: Sequence[Row], title: str) -> None:
    """Set rows at the cursor; `title` is that of the section, said again where it goes on."""
    sheet = paper.sheet
    wide = sum(one.w for one in columns)
    _head(paper, columns)
    for row in rows:
        cells = [Cell(text=one) if isinstance(one, str) else one for one in row]
        high = _height(paper, columns, cells)
        if sheet.need(high):
            again = paper.words("continued", title=title)
            sheet.y += 2.4
            sheet.text(Box(LEFT, sheet.y, COLUMN - 3), again, UNDER)
            _head(paper, columns)
        x = X
        for column, cell in zip(columns, cells, strict=True):
            _cell(paper, Box(x, sheet.y, column.w, high), column, cell)
            x += column.w
        sheet.y += high
        sheet.put(rule(X, X + wide, sheet.y, line_of(HAIR)))
    sheet.y += 1.2


def height_of(paper: Paper, columns: Sequence[Column], rows: Sequence[Row]) -> float:
    """How high a table becomes where it stays on one page."""
    told = [[Cell(text=one) if isinstance(one, str) else one for one in row] for row in rows]
    return 6.0 + sum(_height(paper, columns, row) for row in told)


def _head(paper: Paper, columns: Sequence[Column]) -> None:
    sheet, x = paper.sheet, X
    sheet.y += 0.3
    for one in columns:
        air = 0.0 if one.align == "right" else 1.0
        if one.title:
            style = structs.replace(HEAD, align=one.align)
            sheet.text(Box(x, sheet.y, one.w - air), one.title, style)
        x += one.w
    sheet.y += 4.3
    sheet.put(rule(X, x, sheet.y, line_of(INK, 0.25)))


def _height(paper: Paper, columns: Sequence[Column], cells: Sequence[Cell]) -> float:
    return max(
        _text_height(paper, column, cell) for column, cell in zip(columns, cells, strict=True)
    )


def _text_height(paper: Paper, column: Column, cell: Cell) -> float:
    w = _room(column, cell)
    high = paper.sheet.height(w, cell.text, _style(column, cell))
    return high + (paper.sheet.height(w, cell.note, NOTE) if cell.note else 0) + 2.3


def _cell(paper: Paper, box: Box, column: Column, cell: Cell) -> None:
    sheet, y, w = paper.sheet, box.y + 1.15, _room(column, cell)
    style = _style(column, cell)
    right = column.align == "right"
    pad = PAD if cell.signal is not None else 0.0
    if cell.signal is not None:
        before = box.w - sheet.width(cell.text, style) - PAD if right else 0
        sheet.put(signalled(cell.signal, Box(box.x + before, y + 0.35, 3)))
    x = box.x + pad
    if cell.text:
        y += sheet.text(Box(x, y, w), cell.text, style)
    if cell.note:
        sheet.text(Box(x, y, w), cell.note, NOTE)
    if cell.field:
        sheet.put(frame(Box(box.x, box.y + 0.8, box.w, box.h - 1.6), line_of(FAINT), 0.6))


def _room(column: Column, cell: Cell) -> float:
    pad = PAD if cell.signal is not None else 0.0
    return column.w - pad - (0.0 if column.align == "right" or pad else AIR)


def _style(column: Column, cell: Cell) -> Style:
    return structs.replace(CELL, bold=cell.bold, colour=cell.colour, align=column.align)

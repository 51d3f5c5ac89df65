"""Spreadsheets: tables as CSV and XLSX, in which what people typed is text and never a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

import xlsxwriter
from msgspec import Struct

CELL_CHARS_MAX: Final = 32_000  # what a cell of a spreadsheet holds
SHEET_CHARS_MAX: Final = 31
# How a cell begins that is reckoned with; spreadsheets of East Asia take wide signs, too.
UNSAFE: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
MARK: Final = "\ufeff"  # by which spreadsheets know that a table is UTF-8
WIDTHS: Final = (8, 60)
Cell = str | int | float | None


class Table(Struct, frozen=True, kw_only=True):
    """A table with its name and its head."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def as_csv(table: Table) -> bytes:
    """One table, for whatever reads tables."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerows([_safe(cell) for cell in row] for row in (table.head, *table.rows))
    return (MARK + sheet.getvalue()).encode()


def _safe(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula; a number is none."""
    if not isinstance(cell, str):
        return cell
    told = cell[:CELL_CHARS_MAX]
    return f"'{told}" if told.startswith(UNSAFE) else told


def as_xlsx(tables: Iterable[Table]) -> bytes:
    """Several tables as the sheets of one workbook."""
    made = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        for table in tables:
            sheet = book.add_worksheet(table.name[:SHEET_CHARS_MAX])
            sheet.freeze_panes(1, 0)
            for column, name in enumerate(table.head):
                sheet.write_string(0, column, name, head)
                sheet.set_column(column, column, _width(table, column))
            for place, row in enumerate(table.rows, start=1):
                for column, cell in enumerate(row):
                    _write(sheet, (place, column), cell)
    return made.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, at: tuple[int, int], cell: Cell) -> None:
    if isinstance(cell, str):
        sheet.write_string(*at, cell[:CELL_CHARS_MAX])
    elif cell is not None:
        sheet.write_number(*at, cell)


def _width(table: Table, column: int) -> int:
    longest = max(
        (len(str(row[column])) for row in (table.head, *table.rows[:200])), default=WIDTHS[0]
    )
    return min(max(longest + 2, WIDTHS[0]), WIDTHS[1])

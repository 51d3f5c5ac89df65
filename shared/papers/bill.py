"""The bill on paper: its lines, what they come to, and what was paid of it."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import structs

from shared.amounts import quantity_text
from shared.coverage import explain
from shared.document import Document, SeenCharge, SeenCoverage, SeenJob, Sum, lines_of
from shared.money import in_capitals
from shared.papers.blocks import BAD, Paper, W, X, boxed, section
from shared.papers.content import adds_up
from shared.papers.drawing import line_of, rule
from shared.papers.sheet import HAIR, INK, SOFT, Box, Style
from shared.papers.tables import Cell, Column, height_of, table
from shared.texts import has_text

DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
CURRENCY: Final = "CNY"  # whose amounts are written in capitals
WHOLE_MM: Final = 190.0  # a bill up to this height stays on one page
RIGHT = 84.0  # how far in the totals stand
TOTAL: Final = Style(size=12.5, bold=True, align="right", lead=1.3)
SAID: Final = Style(size=7.2, bold=True, colour=SOFT, lead=1.35)
FIGURE: Final = Style(size=8.2, align="right", lead=1.36)


def bill(paper: Paper, document: Document) -> None:
    """The section of what it costs; nothing where there are neither lines nor a total."""
    lines, total = lines_of(document), document.sum
    if not lines or total is None:
        return
    words = paper.words
    title = words("quote" if document.quote is not None else "charges")
    rows = [_line(paper, one, total.currency) for one in lines]
    columns = _columns(paper)
    whole = height_of(paper, columns, rows) + 52
    section(paper, title, whole if whole < WHOLE_MM else 40, _categories(paper, document))
    table(paper, columns, rows, title)
    paper.sheet.need(38)
    top = paper.sheet.y + 0.6
    low = _totals(paper, total, top)
    paper.sheet.y = max(low, _words_of(paper, document, total, top)) + 3
    if not adds_up(document):
        boxed(paper, words("warning"), words("mismatch"), BAD)


def capitals(paper: Paper, minor: int, currency: str) -> str:
    """An amount in capitals, where that is how the language writes amounts down."""
    if paper.words.language != "zh" or currency != CURRENCY:
        return ""
    return in_capitals(minor)


def tax_rows(paper: Paper, total: Sum) -> list[tuple[str, str]]:
    """Each rate and what it comes to; with the prices, or on top of them."""
    code = "tax_in" if total.tax_inclusive else "tax_on"
    money, percent = paper.words.money, paper.words.percent
    return [
        (paper.words(code, rate=percent(one.rate)), money(one.tax, total.currency))
        for one in total.taxes
        if one.rate
    ]


def _categories(paper: Paper, document: Document) -> str:
    found = dict.fromkeys(one.category for one in document.jobs)
    return "\n".join(f"{one} {paper.words(one, 'categories')}" for one in found)


def _columns(paper: Paper) -> Sequence[Column]:
    words = paper.words
    return (
        Column(title=words("item"), w=70),
        Column(title=words("amount"), w=14, align="right"),
        Column(title="", w=2),
        Column(title=words("unit"), w=11),
        Column(title=words("price"), w=21, align="right"),
        Column(title=words("rate"), w=11, align="right"),
        Column(title=words("net"), w=21, align="right"),
    )


def _line(paper: Paper, line: SeenCharge, currency: str) -> list[Cell]:
    words = paper.words
    net = words("covered") if line.covered else words.money(line.net, currency)
    return [
        Cell(text=words.named(line.name), note=line.note),
        Cell(text=quantity_text(line.amount)),
        Cell(),
        Cell(text=words.unit(line.unit), colour=SOFT),
        Cell(text=words.money(line.price, currency)),
        Cell(text=words.percent(line.tax) if line.tax else "–", colour=SOFT),
        Cell(text=net, colour=SOFT if line.covered else INK),
    ]


def _totals(paper: Paper, total: Sum, y: float) -> float:
    """The right half: what it comes to; returns where it ends."""
    sheet, words = paper.sheet, paper.words
    x, w = X + RIGHT, W - RIGHT

    def pair(label: str, value: str, style: Style) -> float:
        left = structs.replace(style, align="left")
        used = sheet.text(Box(x, y, w - 26), label, left)
        return max(used, sheet.text(Box(x + w - 26, y, 26), value, style)) + 0.7

    soft = structs.replace(FIGURE, colour=SOFT)
    taxes = tax_rows(paper, total)
    y += pair(words("lines"), words.money(total.lines, total.currency), soft)
    if total.discount:
        y += pair(words("discount"), words.money(total.discount, total.currency), soft)
    for label, value in [] if total.tax_inclusive else taxes:
        y += pair(label, value, soft)
    sheet.put(rule(x, x + w, y + 0.3, line_of(INK, 0.4)))
    sheet.text(Box(x, y + 1.5, w - 36), words("total"), Style(size=9.2, bold=True, lead=1.5))
    sheet.text(Box(x + w - 36, y + 1.1, 36), words.money(total.total, total.currency), TOTAL)
    y += 8.2
    small = structs.replace(FIGURE, size=7.6, colour=SOFT)
    for label, value in taxes if total.tax_inclusive else []:
        y += pair(label, value, small)
    sheet.put(rule(x, x + w, y + 0.6, line_of(HAIR)))
    y += 1.6
    bold = structs.replace(FIGURE, bold=True)
    y += pair(words("paid"), words.money(total.paid, total.currency), bold)
    return y + pair(words("due"), words.money(total.due, total.currency), bold)


def _words_of(paper: Paper, document: Document, total: Sum, y: float) -> float:
    """The left half: the total in capitals, who pays and why, and what was paid how."""
    sheet, words, w = paper.sheet, paper.words, RIGHT - 8
    told = [(words("capitals"), capitals(paper, total.total, total.currency), True)]
    told += [(words("coverage"), one, False) for one in _coverage(paper, document)]
    told.append((words("payment"), "\n".join(_payments(paper, document, total.currency)), False))
    prices = words("prices_of", name=total.price_list, edition=total.edition)
    told.append((words("prices"), prices, False))
    for label, value, large in told:
        if value:
            y += sheet.text(Box(X, y, w), label, SAID)
            style = Style(size=9.4, bold=True) if large else Style(size=8.2, limit=12)
            y += sheet.text(Box(X, y, w), value, style) + 1.4
    return y


def _coverage(paper: Paper, document: Document) -> list[str]:
    told = (
        " ".join(part for part in (_explained(paper, job, job.coverage), job.coverage.note) if part)
        for job in document.jobs
        if job.coverage is not None
    )
    return list(dict.fromkeys(told))


def _explained(paper: Paper, job: SeenJob, decided: SeenCoverage) -> str:
    """Why somebody else pays, or the customer does; days as people write them."""
    covered = dict.fromkeys(one.kind for one in job.charges if one.covered)
    params = {
        name: paper.words.day(value) if isinstance(value, str) and DAY.fullmatch(value) else value
        for name, value in decided.params.items()
    }
    if not has_text(paper.words.texts, "coverage", decided.code):
        return paper.words(decided.basis, "bases")
    return explain(paper.words.texts, decided.code, params, covered)


def _payments(paper: Paper, document: Document, currency: str) -> list[str]:
    words = paper.words
    return [
        f"{words(one.method, 'payment_methods')} {words.money(one.amount, currency)}"
        f" · {one.receipt}"
        for job in document.jobs
        for one in job.payments
    ]

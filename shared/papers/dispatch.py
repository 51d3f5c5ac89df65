"""The dispatch order: what a technician takes along, and fills in by hand where no phone works."""

from typing import Final

from msgspec import Struct

from shared.document import Named
from shared.papers.blocks import (
    HEED,
    Fact,
    Paper,
    W,
    X,
    begin,
    by_hand,
    columns,
    finished,
    lacking,
    masthead,
    prose,
    section,
    strip,
)
from shared.papers.content import Content
from shared.papers.drawing import frame, line_of, rule, sign
from shared.papers.report import limits, marks_of, people
from shared.papers.sheet import A4, FAINT, INK, LINE, SOFT, Box, Draft, Face, Style
from shared.papers.tables import Cell, Column, table
from shared.payments import METHODS
from shared.visit import OUTCOMES

CATEGORIES: Final = ("A", "B", "C", "D")
URGENT: Final = frozenset({"urgent", "emergency"})
TEXT: Final = Style(size=8.2)
CHOICE: Final = Style(size=8.4, lead=1.5, limit=1)
TICK: Final = 3.4
PACE: Final = 5.8
LINES: Final = 4  # to write on


class Past(Struct, frozen=True, kw_only=True):
    """An earlier visit to the machine: the day, and what was done."""

    day: str
    text: str


class ToTake(Struct, frozen=True, kw_only=True):
    """A part that will probably be needed; `amount` in thousandths of `unit`."""

    number: str
    name: Named
    amount: int
    unit: str


class ToCheck(Struct, frozen=True, kw_only=True):
    """Something to be looked at, with its limits (thousandths of `unit`)."""

    label: Named
    unit: str = ""
    low: int | None = None
    high: int | None = None


class Dispatch(Struct, frozen=True, kw_only=True):
    """The content of a dispatch order. `printed_at` is in ms, planned times are the site's."""

    about: Content
    priority: str
    planned_from: str | None = None
    planned_to: str | None = None
    access: str = ""
    job_note: str = ""
    printed_at: int
    history: tuple[Past, ...] = ()
    parts: tuple[ToTake, ...] = ()
    checks: tuple[ToCheck, ...] = ()


def dispatch(content: Dispatch, faces: tuple[Face, Face]) -> Draft:
    """The pages of a dispatch order."""
    about, words = content.about, content.about.words
    job = about.document.jobs[0]
    paper = Paper(
        sheet=begin(A4, faces, words),
        words=words,
        head=about.document.head,
        title=words("title_dispatch"),
        number=about.called,
    )
    paper.sheet.bottom = 14.2
    masthead(paper, y=11, code=about.number)
    strip(paper, _facts(content))
    columns(paper, people(words, about.document))
    section(paper, words("category"), 10)
    _choices(paper, [(one, one == job.category) for one in CATEGORIES], "categories", 4)
    prose(paper, words("problem"), job.problem or job.summary)
    for code, text in (("access", content.access), ("job_note", content.job_note)):
        if text:
            prose(paper, words(code), text, TEXT)
    _history(paper, content)
    _parts(paper, content)
    _checks(paper, content)
    _times(paper)
    section(paper, words("outcome"), 20)
    _choices(paper, [(one, False) for one in OUTCOMES], "outcomes", 3)
    _remarks(paper)
    lacking(paper)
    _money(paper)
    section(paper, words("signatures"), 26)
    third = (W - 12) / 3
    for place, code in enumerate(("customer_signs", "technician_signs", "stamp")):
        box = Box(X + place * (third + 6), paper.sheet.y, third, 16)
        by_hand(paper, box, words(code))
    paper.sheet.y += 22
    return finished(paper, marks_of(about, paper.title))


def _facts(content: Dispatch) -> list[Fact]:
    words, document = content.about.words, content.about.document
    when = words.span(content.planned_from, content.planned_to) or words("no_appointment")
    urgency = words(content.priority, "priorities")
    return [
        Fact(label=words("appointment"), value=when),
        Fact(
            label=words("urgency"),
            value=urgency,
            signal=HEED if content.priority in URGENT else None,
        ),
        Fact(label=words("technician"), value=document.technician or "–"),
        Fact(label=words("printed"), value=words.moment(content.printed_at)),
    ]


def _choices(paper: Paper, choices: list[tuple[str, bool]], group: str, across: int) -> None:
    """Boxes to tick, some of them ticked."""
    sheet, wide = paper.sheet, W / across
    for place, (code, ticked) in enumerate(choices):
        x, y = X + place % across * wide, sheet.y + place // across * PACE
        sheet.put(frame(Box(x, y + 0.5, TICK, TICK), line_of(INK, 0.3), 0.5))
        if ticked:
            sheet.put(sign("tick", Box(x + 0.2, y + 0.7, 3), INK))
        text = paper.words(code, group)
        named = f"{code} {text}" if group == "categories" else text
        style = Style(size=8.4, lead=1.5, limit=1, bold=ticked)
        sheet.text(Box(x + 5.2, y, wide - 6), named, style)
    sheet.y += -(-len(choices) // across) * PACE + 1.4


def _history(paper: Paper, content: Dispatch) -> None:
    sheet, words = paper.sheet, paper.words
    section(paper, words("history"), 12)
    for one in content.history:
        style = Style(size=8.2, limit=3)
        sheet.need(sheet.height(W - 28, one.text, style))
        sheet.text(Box(X, sheet.y, 27), words.day(one.day), Style(size=8.2, colour=SOFT))
        sheet.y += sheet.text(Box(X + 28, sheet.y, W - 28), one.text, style) + 0.4
    if not content.history:
        sheet.y += sheet.text(Box(X, sheet.y, W), words("no_history"), Style(size=8.2, colour=SOFT))
    sheet.y += 2


def _parts(paper: Paper, content: Dispatch) -> None:
    """Parts to take, with fields for what became of them, and a row for what was forgotten."""
    words = paper.words
    section(paper, words("to_take"), 26)
    heads = (
        Column(title=words("item"), w=50),
        Column(title=words("part_number"), w=28),
        Column(title=words("amount"), w=19, align="right"),
        Column(title="", w=3),
        Column(title=words("used"), w=14),
        Column(title="", w=3),
        Column(title=words("returned"), w=14),
        Column(title="", w=3),
        Column(title=words("old_part"), w=16),
    )
    fields: list[Cell | str] = ["", Cell(field=True), "", Cell(field=True), "", Cell(field=True)]
    rows: list[list[Cell | str]] = [
        [
            words.named(one.name) or one.number,
            Cell(text=one.number, colour=SOFT),
            words.quantity(one.amount, one.unit),
            *fields,
        ]
        for one in content.parts
    ]
    table(paper, heads, [*rows, [" ", "", "", *fields]], words("to_take"))
    paper.sheet.y += 1.8


def _checks(paper: Paper, content: Dispatch) -> None:
    """What is to be measured, two in a row, each with a field for its value."""
    if not content.checks:
        return
    sheet, words = paper.sheet, paper.words
    section(paper, words("to_check"), 20)
    half = W / 2 - 4
    for first in range(0, len(content.checks), 2):
        sheet.need(7.4)
        for place, one in enumerate(content.checks[first : first + 2]):
            x = X + place * (half + 8)
            label = Style(size=8.2, lead=1.3, limit=1)
            sheet.text(Box(x, sheet.y, half - 24), words.named(one.label), label)
            span = f"{limits(one.low, one.high)} {one.unit}".strip()
            soft = Style(size=6.9, colour=SOFT, lead=1.3, limit=1)
            sheet.text(Box(x, sheet.y + 3.6, half - 24), span, soft)
            field = Box(x + half - 22, sheet.y - 0.1, 22, 6.2)
            sheet.put(frame(field, line_of(FAINT), 0.8))
        sheet.y += 7.4
    sheet.y += 1.2


def _times(paper: Paper) -> None:
    sheet, words = paper.sheet, paper.words
    section(paper, words("times"), 14)
    codes = ("departed", "arrived", "ended", "kilometres")
    wide = (W - 4 * (len(codes) - 1)) / len(codes)
    for place, code in enumerate(codes):
        x = X + place * (wide + 4)
        label = Style(size=7, colour=SOFT, lead=1.3, limit=1)
        sheet.text(Box(x, sheet.y, wide), words(code), label)
        sheet.put(frame(Box(x, sheet.y + 3.6, wide, 6.6), line_of(FAINT), 0.8))
    sheet.y += 12.4


def _remarks(paper: Paper) -> None:
    sheet = paper.sheet
    section(paper, paper.words("by_hand"), 8 + LINES * 6.4)
    for place in range(LINES):
        sheet.put(rule(X, X + W, sheet.y + 5.2 + place * 6.4, line_of(LINE)))
    sheet.y += 5.2 + (LINES - 1) * 6.4 + 2.2


def _money(paper: Paper) -> None:
    sheet, words = paper.sheet, paper.words
    section(paper, words("collected"), 10)
    told = [words(code, "payment_methods") for code in METHODS]
    widths = [sheet.width(one, CHOICE) + 10 for one in told]
    x = X + max(24.0, W - sum(widths))
    sheet.put(rule(X, x - 6, sheet.y + 4.6, line_of(FAINT)))
    for text, wide in zip(told, widths, strict=True):
        sheet.put(frame(Box(x, sheet.y + 0.5, TICK, TICK), line_of(INK, 0.3), 0.5))
        sheet.text(Box(x + 5.2, sheet.y, wide - 5), text, CHOICE)
        x += wide
    sheet.y += 7.6

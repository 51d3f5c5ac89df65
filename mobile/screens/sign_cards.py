"""How a document is drawn for a customer: large, plain, in the order of the paper."""

from typing import Final

from kivy.metrics import dp

from mobile.screens.pen import Pen
from mobile.texts import Words
from mobile.views.sign_off import Obstacle
from mobile.views.summary import Bill, Block, JobSummary, Notice, Row, Summary

BODY: Final = "large"
STRONG: Final = "large_strong"


def party(pen: Pen, told: Summary) -> None:
    """Whose paper it is: for whom, and where."""
    pen.text(told.lead, BODY, "text_2")
    pen.gap(10)
    pen.text(told.party, STRONG)
    pen.text(told.place, BODY)


def job(pen: Pen, told: JobSummary) -> None:
    """One job: which, on what, when, how it ended, and all that was seen and done."""
    pen.text(told.title, "headline")
    pen.gap(4)
    pen.text(told.number, "body", "text_2")
    pen.text(told.machine, "body", "text_2")
    pen.text(told.when, "body", "text_2")
    if told.ending is not None:
        pen.gap(12)
        _ending(pen, told.ending)
    for block in told.blocks:
        pen.gap(14)
        _block(pen, block)


def bill(pen: Pen, told: Bill) -> None:
    """What it costs, with the one figure that counts in large."""
    pen.text(told.title, "title")
    for row in told.rows:
        pen.gap(10)
        _row(pen, row)
    if told.rows:
        pen.gap(12)
        pen.line()
    for row in told.sums:
        pen.gap(8)
        _row(pen, row)
    if told.total is not None:
        pen.gap(12)
        pen.pair(told.total.label, told.total.value, STRONG, end="total")
    for row in told.after:
        pen.gap(8)
        _row(pen, row)
    for note in told.notes:
        pen.gap(12)
        pen.mark("verified", note, "body", "text_2")


def total(pen: Pen, told: Row) -> None:
    """The one figure that counts, beside the button."""
    pen.pair(told.label, told.value, STRONG, end="figure")


def code(pen: Pen, told: str, words: Words) -> None:
    """The code of what is shown, which stands on the paper, too."""
    pen.pair(words("sign_off", "code"), told, "body", "text", end="figure")
    pen.gap(6)
    pen.text(words("sign_off", "code_why"), "body_s", "text_2")


def obstacles(pen: Pen, found: tuple[Obstacle, ...]) -> None:
    """What is in the way, each with the place where it is put right."""
    for index, one in enumerate(found):
        if index:
            pen.gap(12)
        pen.notice(one.icon, one.text, "warning")
        if one.place:
            pen.gap(8)
            pen.buttons([(f"to:{one.place}", one.action, "chevron_right")])


def notice(pen: Pen, icon: str, text: str, tone: str) -> None:
    """One sentence that has to be seen."""
    pen.notice(icon, text, tone)


def facts(pen: Pen, title: str, icon: str, rows: tuple[Row, ...]) -> None:
    """Names and values for the technician."""
    pen.head(icon, title)
    for row in rows:
        pen.gap(4)
        _row(pen, row, "body")


def _ending(pen: Pen, told: Notice) -> None:
    pen.mark(told.icon, told.title, STRONG, told.tone, sign_tone=told.tone)
    pen.gap(2)
    pen.text(told.text, BODY, left=dp(26))


def _block(pen: Pen, block: Block) -> None:
    pen.text(block.title, "body_strong", "text_2")
    pen.gap(2)
    for text in block.texts:
        pen.text(text, BODY)
    for row in block.rows:
        pen.gap(6)
        _row(pen, row)


def _row(pen: Pen, row: Row, role: str = BODY) -> None:
    pen.pair(row.label, row.value, role, row.tone)
    pen.text(row.note, "body", "text_2")

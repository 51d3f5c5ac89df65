"""Receipts on half a sheet or on a roll: for an item that is taken away, and for money."""

from typing import Final

from msgspec import Struct, structs

from shared.ink import Ink
from shared.papers import roll
from shared.papers.bill import capitals
from shared.papers.blocks import (
    LEFT,
    WIDE,
    Hand,
    Paper,
    begin,
    by_hand,
    finished,
    lacking,
    masthead,
    signed_field,
)
from shared.papers.content import Content, address_of, content_hash
from shared.papers.drawing import line_of, qr, rule
from shared.papers.proof import customer, technician
from shared.papers.report import marks_of
from shared.papers.sheet import A4, A5, INK, RED, SOFT, Box, Draft, Face, Marks, Style
from shared.payments import ON_ACCOUNT, Payment

LABEL: Final = Style(size=7.6, colour=SOFT, lead=1.66)
VALUE: Final = Style(size=8.8, lead=1.42)
STRONG: Final = Style(size=8.8, bold=True, lead=1.42)
QR_MM: Final = 27.0
FIELD_MM: Final = 19.0

Row = tuple[str, str]


class TakeAway(Struct, frozen=True, kw_only=True):
    """The content of a receipt for an item: of its going, and of its coming back if it did."""

    taken: Content
    back: Content | None = None


class Paid(Struct, frozen=True, kw_only=True):
    """The content of a receipt for money; `about` is the visit that it is for."""

    about: Content
    payment: Payment


def take_away(content: TakeAway, faces: tuple[Face, Face]) -> Draft:
    """The customer's proof of an item: what, in which state, by when; signed on both sides."""
    taken, words = content.taken, content.taken.words
    item = taken.document.jobs[0].items[0]
    paper = _opened(taken, faces, (words("title_take_away"), item.receipt))
    sheet, party = paper.sheet, taken.document.party
    who = "\n".join(
        one for one in (party.customer, f"{party.contact} {party.phone}".strip()) if one
    )
    estimate = words.money(item.estimate, _currency(taken)) if item.estimate is not None else ""
    left = [
        ("customer", who),
        ("work_order", taken.called),
        ("taken", item.what),
        ("serial", item.serial),
        ("accessories", item.accessories),
    ]
    right = [
        ("condition", item.condition),
        ("reason", item.reason),
        ("back_by", words.day(item.back_by) if item.back_by else ""),
        ("estimate", estimate),
    ]
    half, top = (WIDE - 8) / 2, sheet.y
    low = _pairs(paper, Box(LEFT, top, half), left)
    sheet.y = max(low, _pairs(paper, Box(LEFT + half + 8, top, half), right)) + 0.8
    sheet.put(rule(LEFT, LEFT + WIDE, sheet.y, line_of()))
    sheet.y += 2
    sheet.y += sheet.text(Box(LEFT, sheet.y, WIDE), words("keep"), STRONG) + 1.5
    lacking(paper)
    _hands(paper, content)
    return finished(paper, marks_of(taken, paper.title))


def payment(content: Paid, faces: tuple[Face, Face], *, whole: bool = False) -> Draft:
    """A receipt for money, in figures and in capitals; on half a sheet, or on a whole one."""
    about, paid, words = content.about, content.payment, content.about.words
    size = A4 if whole else A5
    paper = _opened(about, faces, (words("title_payment"), paid.receipt), size)
    sheet = paper.sheet
    _amount(paper, content)
    for one in _warnings(content):
        style = structs.replace(STRONG, colour=RED if paid.void_at is not None else INK)
        sheet.y += sheet.text(Box(LEFT, sheet.y, WIDE), one, style) + 1
    lacking(paper)
    sheet.need(FIELD_MM + 18)
    if not whole:
        sheet.y = max(sheet.y, size[1] - sheet.bottom - FIELD_MM - 14)
    third = (WIDE - 34 - 6) / 2
    got = Hand(title=words("receives"), name=about.document.technician, ink=_ink(about))
    signed_field(paper, Box(LEFT, sheet.y, third, FIELD_MM), got)
    by_hand(paper, Box(LEFT + third + 6, sheet.y, third, FIELD_MM), words("stamp"))
    if about.sign_off is not None:
        box = Box(LEFT + WIDE - QR_MM, sheet.y + 1, QR_MM)
        sheet.put(qr(address_of(about), box, words("qr")))
    sheet.y += FIELD_MM + 14
    return finished(paper, _marks(content, paper))


def _amount(paper: Paper, content: Paid) -> None:
    """How much, in capitals on the left and in figures on the right."""
    sheet, words, paid = paper.sheet, paper.words, content.payment
    rows = _payment_rows(content)
    sheet.y = _pairs(paper, Box(LEFT, sheet.y, WIDE), rows) + 0.6
    sheet.put(rule(LEFT, LEFT + WIDE, sheet.y, line_of(INK, 0.4)))
    sheet.y += 2.4
    sheet.text(Box(LEFT, sheet.y, 40), words("received"), structs.replace(LABEL, size=9))
    figures = words.money(paid.amount, paid.currency)
    large = Style(size=15, bold=True, align="right", lead=1.2)
    inwords = capitals(paper, paid.amount, paid.currency)
    room = sheet.width(figures, large) + 4
    if inwords:
        style = Style(size=11, bold=True, lead=1.5)
        sheet.text(Box(LEFT + 28, sheet.y, WIDE - 28 - room), inwords, style)
    sheet.y += sheet.text(Box(LEFT + WIDE - room, sheet.y - 0.6, room), figures, large) + 4


def payment_roll(content: Paid, faces: tuple[Face, Face]) -> Draft:
    """The same on a roll, with the lines that it is for."""
    about, words, paid = content.about, content.about.words, content.payment
    paper = roll.opened(about, faces, words("title_payment"))
    roll.pair(paper, words("receipt_number"), paid.receipt, roll.LINE)
    for label, value in _payment_rows(content):
        roll.pair(paper, words(label), value, roll.LINE)
    roll.lines(paper, about)
    large = Style(size=13, bold=True, lead=1.4)
    roll.pair(paper, words("received"), words.money(paid.amount, paid.currency), large)
    inwords = capitals(paper, paid.amount, paid.currency)
    if inwords:
        text = words.pair(words("capitals"), inwords)
        roll.say(paper, text, Style(size=9, bold=True))
    for one in _warnings(content):
        roll.say(paper, one, roll.STRONG)
    roll.cut(paper)
    roll.proof(paper, about)
    return finished(paper, _marks(content, paper))


def _opened(
    content: Content,
    faces: tuple[Face, Face],
    called: tuple[str, str],
    size: tuple[float, float] = A5,
) -> Paper:
    sheet = begin(size, faces, content.words)
    paper = Paper(
        sheet=sheet,
        words=content.words,
        head=content.document.head,
        title=called[0],
        number=called[1],
        code=content.code,
    )
    masthead(paper, y=10)
    sheet.y -= 1.5
    sheet.put(rule(LEFT, LEFT + WIDE, sheet.y, line_of(INK, 0.4)))
    sheet.y += 2.4
    return paper


def _pairs(paper: Paper, box: Box, rows: list[Row]) -> float:
    """Labels with their values below each other; returns where they end."""
    sheet, y = paper.sheet, box.y
    for label, value in rows:
        if value:
            sheet.text(Box(box.x, y, 25), paper.words(label), LABEL)
            style = STRONG if label in ("taken", "received_from") else VALUE
            used = sheet.text(Box(box.x + 26, y, box.w - 26), value, style)
            y += max(used, sheet.step(LABEL)) + 1.2
    return y


def _payment_rows(content: Paid) -> list[Row]:
    about, paid, words = content.about, content.payment, content.about.words
    job = about.document.jobs[0]
    return [
        ("received_from", paid.payer or about.document.party.customer),
        ("customer", about.document.party.customer if paid.payer else ""),
        ("work_order", about.called),
        ("what_for", job.summary),
        ("date", words.moment(paid.at)),
        ("method", words(paid.method, "payment_methods")),
        ("transaction", paid.transaction),
        ("technician", about.document.technician),
    ]


def _warnings(content: Paid) -> list[str]:
    words, paid = content.about.words, content.payment
    told = [words("on_account")] if paid.method == ON_ACCOUNT else []
    if paid.void_at is not None:
        told.append(words.pair(words("voided"), paid.void_reason or "–"))
    return told


def _hands(paper: Paper, content: TakeAway) -> None:
    """Three fields: given, taken, and given back; beside them how the receipt is verified."""
    sheet, words, taken = paper.sheet, paper.words, content.taken
    sheet.need(FIELD_MM + 20)
    sheet.y = max(sheet.y, sheet.size[1] - sheet.bottom - FIELD_MM - 21)
    third = (WIDE - QR_MM - 4 - 12) / 3
    boxes = [Box(LEFT + place * (third + 6), sheet.y, third, FIELD_MM) for place in range(3)]
    given = structs.replace(customer(paper, taken), title=words("hands_over"))
    got = structs.replace(technician(paper, taken), title=words("receives"))
    used = [signed_field(paper, boxes[0], given), signed_field(paper, boxes[1], got)]
    if content.back is not None and content.back.sign_off is not None:
        back = structs.replace(customer(paper, content.back), title=words("takes_back"))
        used.append(signed_field(paper, boxes[2], back))
    else:
        by_hand(paper, boxes[2], words("takes_back"))
    if taken.sign_off is not None:
        box = Box(LEFT + WIDE - QR_MM, sheet.y + 1, QR_MM)
        sheet.put(qr(address_of(taken), box, words("qr")))
        style = Style(size=6.8, align="right", lead=1.35, limit=1)
        sheet.text(Box(box.x, box.y + QR_MM + 1, QR_MM), taken.code, style)
    sheet.y += max(used)


def _currency(content: Content) -> str:
    return content.document.sum.currency if content.document.sum is not None else "CNY"


def _ink(content: Content) -> Ink | None:
    return content.signed.technician_ink if content.signed is not None else None


def _marks(content: Paid, paper: Paper) -> Marks:
    """As of its own moment, under its own name."""
    paid = content.payment
    whole = content_hash(content.about)
    return structs.replace(
        marks_of(content.about, paper.title),
        title=f"{paper.title} {paid.receipt}",
        keywords=f"{paid.receipt}, {content.about.number}, {whole}",
        made_at=paid.at,
        identity=(paid.id.replace("-", "") + whole)[:32],
    )

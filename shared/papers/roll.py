"""Short papers on a roll of 80 mm: thermal printers know black and nothing finer than a dot row."""

from typing import Final

from msgspec import structs

from shared.document import SeenCharge, Sum, lines_of
from shared.papers.bill import capitals, tax_rows
from shared.papers.blocks import Paper, begin, finished, lacking
from shared.papers.content import Content, address_of, adds_up, content_hash, standing
from shared.papers.drawing import line_of, mark, qr, rule, signature
from shared.papers.report import marks_of
from shared.papers.sheet import BLACK, ROLL, Box, Draft, Face, Style

LEFT, WIDE = 4.0, 72.0  # what such a printer reaches
LINE: Final = Style(size=8.6, lead=1.4)
STRONG: Final = Style(size=8.6, bold=True, lead=1.4)
SMALL: Final = Style(size=7.6, lead=1.35)
MIDDLE: Final = Style(size=8.6, align="centre", lead=1.4)
QR_MM: Final = 38.0
INK_MM: Final = 18.0


def short_report(content: Content, faces: tuple[Face, Face]) -> Draft:
    """The report in short: who, what, what it costs, who signed; the whole of it is on A4."""
    document, words = content.document, content.words
    paper = opened(content, faces, words(f"title_{document.purpose}"))
    state = standing(content)
    date = content.sign_off.signed_at if content.sign_off is not None else document.made_at
    for label, value in (
        ("work_order", ", ".join(words.called(one.number) for one in document.jobs)),
        ("date", words.moment(date)),
        ("customer", document.party.customer),
        ("site", document.party.address or document.party.site),
        ("technician", document.technician),
        ("status", words(state, "papers.states")),
    ):
        pair(paper, words(label), value, LINE)
    cut(paper)
    for job in document.jobs:
        told = [job.summary, job.problem, job.work_done]
        told.append(words(job.visit.outcome, "outcomes") if job.visit is not None else "")
        told.append(job.visit.remark if job.visit is not None else "")
        for number, text in enumerate(one for one in told if one):
            say(paper, text, STRONG if number == 0 else LINE)
    lines(paper, content)
    if document.guarantee_days:
        say(paper, words("guarantee_text", count=document.guarantee_days), SMALL)
        cut(paper)
    _signed(paper, content)
    proof(paper, content)
    return finished(paper, marks_of(content, paper.title))


def opened(content: Content, faces: tuple[Face, Face], title: str) -> Paper:
    """A roll with whose it is and what it is."""
    document, words = content.document, content.words
    paper = Paper(
        sheet=begin(ROLL, faces, words, roll=True),
        words=words,
        head=document.head,
        title=title,
        number=content.number,
    )
    sheet, name = paper.sheet, words.named(document.head.name)
    tile = Box(LEFT + WIDE / 2 - 5, sheet.y, 10)
    sheet.put(mark(tile, BLACK, words("mark", name=name)))
    sheet.y += 12
    say(paper, name, Style(size=10.5, bold=True, align="centre", lead=1.35))
    say(paper, document.head.phone, structs.replace(MIDDLE, size=8))
    sheet.y += 1
    say(paper, title, Style(size=13, bold=True, align="centre", lead=1.4, tag="H1"))
    cut(paper)
    return paper


def say(paper: Paper, text: str, style: Style) -> None:
    """A text over the whole width; nothing where there is none."""
    if text:
        sheet = paper.sheet
        sheet.y += sheet.text(Box(LEFT, sheet.y, WIDE), text, style) + 0.4


def pair(paper: Paper, label: str, value: str, style: Style) -> None:
    """A label at the left edge and its value at the right one; nothing where there is none."""
    if not value:
        return
    sheet = paper.sheet
    left = min(sheet.width(label, style) + 2, WIDE * 0.62)
    used = sheet.text(Box(LEFT, sheet.y, left), label, style)
    right = structs.replace(style, align="right")
    used = max(used, sheet.text(Box(LEFT + left, sheet.y, WIDE - left), value, right))
    sheet.y += used + 0.5


def cut(paper: Paper) -> None:
    """A dashed line across."""
    sheet = paper.sheet
    sheet.put(rule(LEFT, LEFT + WIDE, sheet.y + 1.6, line_of(BLACK, 0.3, 0.9)))
    sheet.y += 3.4


def lines(paper: Paper, content: Content) -> None:
    """The lines of the bill and what they come to."""
    document, total = content.document, content.document.sum
    cut(paper)
    if total is None:
        return
    for one in lines_of(document):
        _line(paper, one, total.currency)
    cut(paper)
    _totals(paper, total)
    if not adds_up(document):
        say(paper, paper.words("mismatch"), STRONG)
    cut(paper)


def proof(paper: Paper, content: Content) -> None:
    """The code, with the QR code that verifies it where it was signed."""
    sheet, words = paper.sheet, paper.words
    if content.sign_off is not None:
        box = Box(LEFT + (WIDE - QR_MM) / 2, sheet.y + 1, QR_MM)
        sheet.put(qr(address_of(content), box, words("qr")))
        sheet.y += QR_MM + 2.4
    code = words.pair(words("code"), content.code)
    say(paper, code, Style(size=10, bold=True, align="centre", lead=1.4))
    whole = content_hash(content)
    say(paper, whole[:32], Style(size=6.8, align="centre", lead=1.4))
    say(paper, whole[32:], Style(size=6.8, align="centre", lead=1.4))
    lacking(paper)
    say(paper, words("thanks"), MIDDLE)


def _line(paper: Paper, line: SeenCharge, currency: str) -> None:
    words = paper.words
    say(paper, words.named(line.name), STRONG)
    price = f"{words.quantity(line.amount, line.unit)} × {words.money(line.price, currency)}"
    net = words("covered") if line.covered else words.money(line.net, currency)
    pair(paper, price, net, LINE)
    say(paper, line.note, SMALL)


def _totals(paper: Paper, total: Sum) -> None:
    words, currency = paper.words, total.currency
    pair(paper, words("lines"), words.money(total.lines, currency), LINE)
    if total.discount:
        pair(paper, words("discount"), words.money(total.discount, currency), LINE)
    large = Style(size=13, bold=True, lead=1.4)
    taxes = tax_rows(paper, total)
    for label, value in [] if total.tax_inclusive else taxes:
        pair(paper, label, value, SMALL)
    pair(paper, words("total"), words.money(total.total, currency), large)
    inwords = capitals(paper, total.total, currency)
    if inwords:
        say(paper, words.pair(words("capitals"), inwords), Style(size=9, bold=True))
    for label, value in taxes if total.tax_inclusive else []:
        pair(paper, label, value, SMALL)
    pair(paper, words("paid"), words.money(total.paid, currency), LINE)
    pair(paper, words("due"), words.money(total.due, currency), STRONG)


def _signed(paper: Paper, content: Content) -> None:
    """Who signed, in ink; or that nobody did, and why."""
    sign_off, sheet, words = content.sign_off, paper.sheet, paper.words
    if sign_off is None:
        say(paper, words("unsigned_why"), STRONG)
        cut(paper)
        return
    if sign_off.refusal:
        say(paper, words("refused_why", reason=sign_off.refusal), STRONG)
    elif content.signed is not None and content.signed.ink is not None:
        box = Box(LEFT + 8, sheet.y, WIDE - 16, INK_MM)
        sheet.put(signature(content.signed.ink, box, words("ink", name=sign_off.signer)))
        sheet.y += INK_MM + 1
    role = words(sign_off.signer_role, "signer_roles")
    pair(paper, sign_off.signer or "–", role, LINE)
    cut(paper)

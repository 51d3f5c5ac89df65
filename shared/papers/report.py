"""The service report: what was found, done and charged on a visit, and who signed for it (A4)."""

from collections.abc import Mapping
from typing import Final

from msgspec import structs

from shared.amounts import quantity_text
from shared.document import Document, SeenJob, SeenReading
from shared.papers.bill import bill
from shared.papers.blocks import (
    BAD,
    GOOD,
    HEED,
    NOTED,
    SMALL,
    WAITS,
    Block,
    Fact,
    Paper,
    Signal,
    W,
    X,
    begin,
    boxed,
    columns,
    finished,
    lacking,
    masthead,
    prose,
    section,
    strip,
)
from shared.papers.content import Content, Standing, content_hash, standing
from shared.papers.drawing import line_of, ring, rule
from shared.papers.proof import photographs, signatures, verification
from shared.papers.sheet import A4, GREEN, INK, RED, SOFT, WHITE, Box, Draft, Face, Marks, Style
from shared.papers.tables import Cell, Column, table
from shared.papers.wording import Words

SIGNALS: Final[Mapping[Standing, Signal]] = {
    "sealed": GOOD,
    "pending": WAITS,
    "diverged": BAD,
    "unsigned": NOTED,
    "refused": HEED,
}
FINISHED: Final = frozenset({"", "done", "no_fault_found"})
LONG: Final = 60  # characters of an answer that needs more room than a column


def report(content: Content, faces: tuple[Face, Face]) -> Draft:
    """The pages of a report."""
    document, words = content.document, content.words
    sheet = begin(A4, faces, words)
    title = words(f"title_{document.purpose}")
    number = ", ".join(words.called(one.number) for one in document.jobs[:3])
    paper = Paper(
        sheet=sheet,
        words=words,
        head=document.head,
        title=title,
        number=number,
        code=content.code,
    )
    masthead(paper)
    strip(paper, _facts(content))
    columns(paper, people(words, document))
    if standing(content) == "diverged":
        boxed(paper, words("warning"), words("diverged_why"), BAD)
    for job in document.jobs:
        _job(paper, content, job)
    if document.guarantee_days:
        text = words("guarantee_text", count=document.guarantee_days)
        prose(paper, words("guarantee"), text, Style(size=8.2))
    bill(paper, document)
    photographs(paper, content)
    signatures(paper, content)
    lacking(paper)
    verification(paper, content)
    return finished(paper, marks_of(content, title))


def marks_of(content: Content, title: str) -> Marks:
    """What the PDF says of itself."""
    document, sign_off = content.document, content.sign_off
    whole = content_hash(content)
    return Marks(
        title=f"{title} {content.number}",
        subject=" · ".join(one.summary for one in document.jobs),
        author=content.words.named(document.head.name),
        keywords=f"{content.number}, {content.code}, {whole}",
        language=content.words.language,
        made_at=sign_off.signed_at if sign_off is not None else document.made_at,
        identity=whole[:32],
    )


def people(words: Words, document: Document) -> list[Block]:
    """For whom, where, and on what."""
    party = document.party
    told = () if party.salutation in party.contact else (party.salutation,)
    called = " ".join(_some(party.contact, *told))
    machines = [one.machine for one in document.jobs if one.machine is not None]
    known = {one.id: one for one in machines}.values()
    first = next(iter(known), None)
    rest: list[str] = []
    if first is not None:
        rest.append(" · ".join(one for one in (first.model, first.serial) if one))
        if first.delivered_on:
            rest.append(words.pair(words("delivered"), words.day(first.delivered_on)))
    rest += [f"{one.name} · {one.model} · {one.serial}" for one in list(known)[1:]]
    return [
        Block(title=words("customer"), first=party.customer, rest=_some(called, party.phone)),
        Block(title=words("site"), first=party.site, rest=_some(party.address)),
        Block(
            title=words("machine"),
            first=first.name if first is not None else "–",
            rest=_some(*rest),
        ),
    ]


def _some(*texts: str) -> tuple[str, ...]:
    return tuple(one for one in texts if one)


def _facts(content: Content) -> list[Fact]:
    document, words = content.document, content.words
    state = standing(content)
    at = content.sign_off.signed_at if content.sign_off is not None else document.made_at
    facts = [
        Fact(label=words("status"), value=words(state, "papers.states"), signal=SIGNALS[state]),
        Fact(label=words("code"), value=content.code),
        Fact(label=words("date"), value=words.on_day(at)),
        Fact(label=words("technician"), value=document.technician or "–"),
    ]
    total = document.sum
    if total is not None:
        facts.append(Fact(label=words("total"), value=words.money(total.total, total.currency)))
    return facts


def _job(paper: Paper, content: Content, job: SeenJob) -> None:
    """All that was done on one job."""
    words = paper.words
    if len(content.document.jobs) > 1:
        section(paper, words("work_order"), 24)
        style = Style(size=9.6, bold=True, limit=3)
        called = f"{words.called(job.number)} · {job.summary}"
        paper.sheet.y += paper.sheet.text(Box(X, paper.sheet.y - 0.3, W), called, style) + 2
    _timeline(paper, content, job)
    what = words(job.service, "services")
    prose(paper, words("job"), f"{what} · {job.summary}")
    for code, text in (
        ("problem", job.problem),
        ("diagnosis", job.diagnosis),
        ("work_done", job.work_done),
    ):
        if text:
            prose(paper, words(code), text)
    _readings(paper, job)
    _parts(paper, job)
    for note in job.notes:
        prose(paper, words("note"), note.text)
    _open_point(paper, job)
    for item in job.items:
        told = [item.what, item.serial, item.accessories, item.condition, item.reason]
        prose(paper, words("items"), " · ".join([item.receipt, *_some(*told)]))


def _open_point(paper: Paper, job: SeenJob) -> None:
    """How the visit ended, where it did not end well, and what was remarked on it."""
    visit, words = job.visit, paper.words
    if visit is None or (visit.outcome in FINISHED and not visit.remark):
        return
    ended = words(visit.outcome, "outcomes") if visit.outcome not in FINISHED else ""
    text = "\n".join(_some(ended, visit.remark))
    boxed(paper, words("open_point" if ended else "remark"), text)


def _timeline(paper: Paper, content: Content, job: SeenJob) -> None:
    """When somebody left, arrived and was done, and when it was signed."""
    visit, sheet, words = job.visit, paper.sheet, paper.words
    signed = content.sign_off.signed_at if content.sign_off is not None else None
    known = [] if visit is None else [("departed", visit.departed_at)]
    known += [] if visit is None else [("arrived", visit.arrived_at), ("ended", visit.ended_at)]
    moments = [(code, at) for code, at in [*known, ("signed_at", signed)] if at is not None]
    if not moments:
        return
    section(paper, words("visit"), 24)
    step, y = W / 5, sheet.y
    if len(moments) > 1:
        end = X + step * (len(moments) - 1) + 1.2
        sheet.put(rule(X + 1.2, end, y + 1.9, line_of(INK, 0.3)))
    day = ""
    for number, (code, at) in enumerate(moments):
        x, last = X + number * step, number == len(moments) - 1
        dot = structs.replace(line_of(INK, 0.35), fill=INK if last else WHITE)
        sheet.put(ring(Box(x + 0.1, y + 0.8, 2.2), dot))
        style = Style(size=7.6, bold=True, lead=1.3, limit=1)
        sheet.text(Box(x, y + 4.4, step - 1.5), words(code), style)
        now = words.on_day(at)
        stamp = words.time(at) + (f"\n{now}" if now != day else "")
        soft = structs.replace(style, bold=False, colour=SOFT, limit=2)
        sheet.text(Box(x, y + 8.1, step - 1.5), stamp, soft)
        day = now
    sheet.y = y + 15.4
    if visit is not None:
        _lengths(paper, visit.departed_at, visit.arrived_at, visit.ended_at)


def _lengths(paper: Paper, left: int | None, came: int | None, went: int | None) -> None:
    words = paper.words
    told = [
        words(code, length=words.duration(end - start))
        for code, start, end in (("travel", left, came), ("on_site", came, went))
        if start is not None and end is not None and end >= start
    ]
    if told:
        box = Box(X, paper.sheet.y, W)
        paper.sheet.y += paper.sheet.text(box, " · ".join(told), SMALL) + 2


def _readings(paper: Paper, job: SeenJob) -> None:
    words = paper.words
    short = [one for one in job.readings if len(_value(words, one)) <= LONG]
    if short:
        section(paper, words("readings"), 26)
        heads = (
            Column(title=words("item"), w=55),
            Column(title=words("value"), w=26, align="right"),
            Column(title="", w=3),
            Column(title=words("unit"), w=19),
            Column(title=words("limit"), w=22),
            Column(title=words("result"), w=25),
        )
        table(paper, heads, [_reading(words, one) for one in short], words("readings"))
        paper.sheet.y += 1.6
    for one in job.readings:
        if len(_value(words, one)) > LONG:
            prose(paper, words.named(one.label), _value(words, one), Style(size=8.2))


def _value(words: Words, reading: SeenReading) -> str:
    if reading.not_applicable:
        return words("not_applicable")
    if reading.choice is not None:
        return words.named(reading.choice)
    return words(reading.value, "answers")


def _reading(words: Words, reading: SeenReading) -> list[Cell | str]:
    """Good or bad in shape and word, then in colour."""
    bad = reading.out_of_limits or reading.value == "fail"
    judged = reading.low is not None or reading.high is not None
    judged = (judged or reading.value == "pass") and not reading.not_applicable
    cross = Signal(name="cross", colour=INK, around="")
    value = Cell(text=_value(words, reading), bold=bad, signal=cross if bad else None)
    result = Cell()
    if bad:
        code = "failed" if reading.value == "fail" else "out_of_limits"
        result = Cell(text=words(code), bold=True, colour=RED, signal=BAD)
    elif judged:
        code = "passed" if reading.value == "pass" else "in_limits"
        result = Cell(text=words(code), colour=GREEN, signal=GOOD)
    return [
        words.named(reading.label),
        value,
        "",
        Cell(text=reading.unit, colour=SOFT),
        limits(reading.low, reading.high),
        result,
    ]


def limits(low: int | None, high: int | None) -> str:
    """Between what a reading should be (thousandths)."""
    if low is not None and high is not None:
        return f"{quantity_text(low)} – {quantity_text(high)}"
    if low is not None:
        return f"≥ {quantity_text(low)}"
    return f"≤ {quantity_text(high)}" if high is not None else ""


def _parts(paper: Paper, job: SeenJob) -> None:
    words = paper.words
    if not job.parts:
        return
    section(paper, words("parts"), 22)
    heads = (
        Column(title=words("item"), w=62),
        Column(title=words("part_number"), w=30),
        Column(title=words("amount"), w=20, align="right"),
        Column(title="", w=3),
        Column(title=words("old_part"), w=35),
    )
    rows: list[list[Cell | str]] = [
        [
            Cell(
                text=words.named(one.name) or one.number,
                note=words.pair(words("serial"), one.serial) if one.serial else "",
            ),
            Cell(text=one.number, colour=SOFT),
            words.quantity(one.amount, one.unit),
            "",
            Cell(text=words(one.old_part, "old_parts") if one.old_part else "–", colour=SOFT),
        ]
        for one in job.parts
    ]
    table(paper, heads, rows, words("parts"))
    paper.sheet.y += 1.6

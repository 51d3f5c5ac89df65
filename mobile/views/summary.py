"""What a customer reads before signing: the document in plain words, in its own language."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from mobile.texts import Words
from mobile.views.coverage import with_days
from shared.amounts import quantity_text
from shared.clock import zone_of
from shared.coverage import explain
from shared.document import Document, Named, SeenCharge, SeenItem, SeenJob, SeenReading, Sum
from shared.money import written as money
from shared.texts import Language, choose_language

ENDS_WELL: Final = ("done", "no_fault_found")
PERCENT: Final = 100  # basis points in one per cent


class Row(Struct, frozen=True, kw_only=True):
    """A name and its value; `note` stands below, `tone` says how serious it is."""

    label: str
    value: str
    note: str = ""
    tone: str = "text"


class Block(Struct, frozen=True, kw_only=True):
    """Something under a heading: texts, then rows."""

    icon: str
    title: str
    texts: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


class Notice(Struct, frozen=True, kw_only=True):
    """How the visit ended, and what comes next."""

    icon: str
    title: str
    text: str
    tone: str


class JobSummary(Struct, frozen=True, kw_only=True):
    """One job of the document."""

    number: str
    title: str
    machine: str
    when: str
    ending: Notice | None
    blocks: tuple[Block, ...]


class Bill(Struct, frozen=True, kw_only=True):
    """What it costs: lines, then what they come to, then the one figure that counts."""

    title: str
    rows: tuple[Row, ...]
    sums: tuple[Row, ...]
    total: Row | None
    after: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()


class Summary(Struct, frozen=True, kw_only=True):
    """The whole document. `total` is the one amount, empty where nothing is to be paid."""

    company: str
    title: str
    lead: str
    party: str
    place: str
    jobs: tuple[JobSummary, ...]
    bill: Bill | None
    declaration: str
    total: str


def words_of(document: Document) -> Words:
    """The words of a document: in its language, with the wall times of its place."""
    return Words(language_of(document.language), zone=zone_of(document.time_zone))


def language_of(named: str) -> Language:
    """The language of the texts that is meant."""
    return choose_language(named)


def summary(document: Document, words: Words) -> Summary:
    """The document in words."""
    purpose = document.purpose
    party = document.party
    found = document.sum
    return Summary(
        company=_named(document.head.name, words),
        title=words("sign_title", purpose),
        lead=words("sign_lead", purpose),
        party=words.join(party.customer, party.salutation),
        place=party.address or party.site,
        jobs=tuple(_job(one, purpose, words) for one in document.jobs),
        bill=_bill(document, words),
        declaration=words("declaration", f"{purpose}_{document.declaration}"),
        total=money(found.total, found.currency) if found is not None and found.total else "",
    )


def _named(name: Named, words: Words) -> str:
    first, other = (name.zh, name.en) if words.language == "zh" else (name.en, name.zh)
    return first or other


def _job(job: SeenJob, purpose: str, words: Words) -> JobSummary:
    machine = job.machine
    told = [machine.name, machine.model, machine.serial] if machine is not None else []
    blocks = _items(job, words) if purpose in ("take_away", "item_return") else _work(job, words)
    return JobSummary(
        number=words.numbered(job.number),
        title=job.summary,
        machine=words.join(*told),
        when=_when(job, words),
        ending=_ending(job, words) if purpose == "visit" else None,
        blocks=tuple(blocks),
    )


def _when(job: SeenJob, words: Words) -> str:
    """On which day, from when to when, and how long that was."""
    visit = job.visit
    begin, end = (visit.arrived_at, visit.ended_at) if visit is not None else (None, None)
    if begin is None:
        return words.join(words.day(words.local(end)), words.time(end)) if end is not None else ""
    day = words.day(words.local(begin))
    if end is None:
        return words.join(day, words.time(begin))
    span = words.span(words.wall(begin), words.wall(end))
    return words.join(day, span, words.duration(end - begin))


def _ending(job: SeenJob, words: Words) -> Notice | None:
    visit = job.visit
    outcome = visit.outcome if visit is not None else ""
    if visit is None or not outcome:
        return None
    good = outcome in ENDS_WELL
    return Notice(
        icon="check_circle" if good else "event_repeat",
        title=words("sign_ending", outcome),
        text=words.join(words("sign_next", outcome), visit.remark),
        tone="success" if good else "warning",
    )


def _work(job: SeenJob, words: Words) -> Iterator[Block]:
    said = [one for one in (job.problem, job.diagnosis) if one and one != job.summary]
    if said:
        yield Block(icon="report", title=words("sign_head", "wrong"), texts=tuple(said))
    if job.work_done:
        yield Block(icon="handyman", title=words("sign_head", "done"), texts=(job.work_done,))
    if job.parts:
        rows = tuple(
            Row(
                label=_named(one.name, words),
                value=f"{quantity_text(one.amount)} {_unit(one.unit, words)}",
                note=words("sign_head", "serial", text=one.serial) if one.serial else "",
            )
            for one in job.parts
        )
        yield Block(icon="inventory_2", title=words("sign_head", "parts"), rows=rows)
    if job.readings:
        yield _readings(job.readings, words)
    if job.photos:
        told = words("sign_head", "photo_count", count=len(job.photos))
        yield Block(icon="photo_camera", title=words("sign_head", "photos"), texts=(told,))
    if job.notes:
        texts = tuple(one.text for one in job.notes)
        yield Block(icon="sticky_note_2", title=words("sign_head", "notes"), texts=texts)
    yield from _items(job, words)


def _readings(readings: tuple[SeenReading, ...], words: Words) -> Block:
    """Those that are not as they should be, one by one; of the others how many there are."""
    bad = tuple(_reading(one, words) for one in readings if one.out_of_limits)
    code = "checks_bad" if bad else "checks_good"
    told = words("sign_head", code, count=len(readings), bad=len(bad))
    return Block(icon="checklist", title=words("sign_head", "checks"), texts=(told,), rows=bad)


def _reading(one: SeenReading, words: Words) -> Row:
    value = _named(one.choice, words) if one.choice is not None else one.value
    if value in ("pass", "fail"):
        value = words("answers", value)
    low, high = (None if side is None else quantity_text(side) for side in (one.low, one.high))
    limits = ""
    if low is not None or high is not None:
        limits = words("sign_head", "limits", span=f"{low or ''}–{high or ''} {one.unit}".strip())
    return Row(
        label=_named(one.label, words),
        value=f"{value} {one.unit}".strip(),
        note=limits,
        tone="warning",
    )


def _items(job: SeenJob, words: Words) -> Iterator[Block]:
    for one in job.items:
        yield Block(
            icon="home_repair_service",
            title=words("sign_head", "item"),
            texts=(one.what,),
            rows=tuple(_item_rows(one, words)),
        )


def _item_rows(one: SeenItem, words: Words) -> Iterator[Row]:
    day = words.day(one.back_by) if one.back_by else ""
    facts = {
        "receipt": one.receipt,
        "item_serial": one.serial,
        "accessories": one.accessories,
        "condition": one.condition,
        "reason": one.reason,
        "back_by": day,
    }
    for code, value in facts.items():
        if value:
            yield Row(label=words("sign_head", code), value=value)


def _bill(document: Document, words: Words) -> Bill | None:
    found = document.sum
    quote = document.quote
    several = len(document.jobs) > 1
    lines = [(one, job.number if several else "") for job in document.jobs for one in job.charges]
    if quote is not None:
        lines = [(one, "") for one in quote.lines]
    notes = [one for job in document.jobs for one in _covered(document, job, words)]
    if document.purpose not in ("visit", "quote") or not (lines or notes or found is not None):
        return None
    currency = found.currency if found is not None else ""
    repaired = any(one.visit is not None and one.visit.outcome == "done" for one in document.jobs)
    if document.guarantee_days and document.purpose == "visit" and repaired:
        notes.append(words("sign_head", "guarantee", count=document.guarantee_days))
    return Bill(
        title=words("sign_head", "quote" if quote is not None else "bill"),
        rows=tuple(_line(one, number, currency, words) for one, number in lines),
        sums=tuple(_sums(found, words)) if found is not None else (),
        total=Row(label=words("sign_head", "total"), value=money(found.total, currency))
        if found is not None
        else None,
        after=tuple(_paid(found, words)) if found is not None else (),
        notes=tuple(notes),
    )


def _covered(document: Document, job: SeenJob, words: Words) -> Iterator[str]:
    """Who pays for a job and why, if somebody has decided that."""
    decided = job.coverage
    if decided is not None:
        kinds = dict.fromkeys(one.kind for one in job.charges if one.covered)
        params = with_days(decided.params, words, words.today(document.made_at))
        told = explain(words.catalogue, decided.code, params, kinds)
        yield words.join(told, decided.note)


def _line(one: SeenCharge, number: str, currency: str, words: Words) -> Row:
    each = f"{quantity_text(one.amount)} {_unit(one.unit, words)} × {money(one.price, currency)}"
    return Row(
        label=_named(one.name, words),
        value=words("sign_head", "covered") if one.covered else money(one.net, currency),
        note=words.join(number, each if one.amount != 1000 else "", one.note),
        tone="text_2" if one.covered else "text",
    )


def _sums(found: Sum, words: Words) -> Iterator[Row]:
    """Between the lines and the total: nothing where they say the same."""
    if found.discount:
        label = words("sign_head", "discount")
        yield Row(label=label, value=money(found.discount, found.currency))
    for one in found.taxes:
        if one.tax:
            code = "tax_in" if found.tax_inclusive else "tax"
            percent = f"{one.rate / PERCENT:g}"
            label = words("sign_head", code, percent=percent)
            yield Row(label=label, value=money(one.tax, found.currency))


def _paid(found: Sum, words: Words) -> Iterator[Row]:
    if found.paid:
        yield Row(label=words("sign_head", "paid"), value=money(found.paid, found.currency))
        yield Row(label=words("sign_head", "due"), value=money(found.due, found.currency))


def _unit(code: str, words: Words) -> str:
    return words("units", code)

"""Every paper of the sample visit, by name, and what a printed one looks like from outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import pypdfium2
from msgspec import structs

from shared.document import Named
from shared.papers.dispatch import Dispatch, Past, ToCheck, ToTake, dispatch
from shared.papers.press import Press
from shared.papers.receipts import Paid, TakeAway, payment, payment_roll, take_away
from shared.papers.report import report
from shared.papers.roll import short_report
from shared.papers.sheet import Draft, Face, Text
from shared.payments import Payment
from shared.texts import Language
from tests.papers import visit
from tests.papers.visit import FONTS, MADE_AT, ident

Draw = Callable[[tuple[Face, Face]], Draft]
RECEIVED: Final = Payment(
    id=ident("payment"),
    work_order_id=ident("job"),
    receipt="SK-91C27F",
    method="qr",
    amount=100_000,
    currency="CNY",
    transaction="4200 0026 1123 7714 0293",
    person_id=ident("technician"),
    at=MADE_AT,
)


def order(language: Language) -> Dispatch:
    """The dispatch order of the visit."""
    about = visit.unsigned(language)
    zh = language == "zh"
    return Dispatch(
        about=about,
        priority="urgent",
        planned_from="2026-11-23T13:30",
        planned_to="2026-11-23T15:30",
        access="由货梯进入，凭保安室通行证" if zh else "By the goods lift, permit from the guard",
        job_note="",
        printed_at=MADE_AT,
        history=(
            Past(
                day="2026-08-14",
                text="季度保养，各项读数合格 · 周健" if zh else "Maintenance, all in limits · Zhou",
            ),
        ),
        parts=(
            ToTake(
                number="P-HPT-30B",
                name=Named(en="Pressure transducer 0–3.0 MPa", zh="高压压力传感器 0–3.0 MPa"),
                amount=1_000,
                unit="piece",
            ),
            ToTake(
                number="R-134A",
                name=Named(en="Refrigerant R134a", zh="制冷剂 R134a"),
                amount=13_600,
                unit="kilogram",
            ),
        ),
        checks=tuple(
            ToCheck(label=one.label, unit=one.unit, low=one.low, high=one.high)
            for one in about.document.jobs[0].readings
        ),
    )


def every(language: Language) -> dict[str, Draw]:
    """How each paper is drawn."""
    signed = visit.signed(language)
    refused = visit.signed(language, refusal="认为价格偏高", rating=None, state="pending")
    taken = TakeAway(taken=visit.signed(language, "take_away"))
    returned = structs.replace(taken, back=visit.signed(language, "item_return"))
    paid = Paid(about=signed, payment=RECEIVED)
    void = structs.replace(RECEIVED, void_at=MADE_AT, void_reason="x", method="account")
    return {
        "report": lambda faces: report(signed, faces),
        "diverged": lambda faces: report(visit.signed(language, state="diverged"), faces),
        "refused": lambda faces: report(refused, faces),
        "unsigned": lambda faces: report(visit.unsigned(language), faces),
        "quote": lambda faces: report(visit.signed(language, "quote"), faces),
        "take_away": lambda faces: report(visit.signed(language, "take_away"), faces),
        "item_return": lambda faces: report(visit.signed(language, "item_return"), faces),
        "short": lambda faces: short_report(signed, faces),
        "short_refused": lambda faces: short_report(refused, faces),
        "short_unsigned": lambda faces: short_report(visit.unsigned(language), faces),
        "dispatch": lambda faces: dispatch(order(language), faces),
        "receipt": lambda faces: take_away(taken, faces),
        "returned": lambda faces: take_away(returned, faces),
        "payment": lambda faces: payment(paid, faces),
        "payment_a4": lambda faces: payment(paid, faces, whole=True),
        "payment_roll": lambda faces: payment_roll(paid, faces),
        "void": lambda faces: payment(structs.replace(paid, payment=void), faces),
    }


@cache
def faces() -> tuple[Face, Face]:
    """The typeface, to measure with."""
    return Press(FONTS).faces()


def printed(draw: Draw) -> tuple[Draft, bytes]:
    """A paper before and after it is printed."""
    press = Press(FONTS)
    draft = draw(press.faces())
    return draft, press.print(draft)


@contextmanager
def opened(pdf: bytes) -> Iterator[Any]:
    """A PDF as a reader sees it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def text_of(pdf: bytes) -> str:
    """All of its text in the order in which it is read, without line ends."""
    with opened(pdf) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return " ".join(" ".join(pages).split())


def words_on(draw: Draw) -> str:
    """All the text of a paper before it is printed, without line ends."""
    draft = draw(faces())
    texts = ["".join(one.lines) for page in draft.pages for one in page if isinstance(one, Text)]
    return " ".join(" ".join(texts).split())

"""A finished visit of the test company, with one of everything that a customer may see."""

from typing import Any

from msgspec import structs

from shared.charges import Charge, CoverageDecision, Quote, QuoteLine
from shared.checklist import PhotoSlot, Reading
from shared.document import Document
from shared.notes import Note
from shared.parts import PartUse
from shared.payments import Payment
from shared.photos import Photo
from shared.prices import LineKind, Organisation, PriceItem, PriceList
from shared.records import Record, State
from shared.showing import Asked, build
from shared.sign_off import Purpose
from shared.take_away import TakenItem
from shared.visit import Attendance
from shared.work_order import Completion
from tests.shared.company import (
    ANN,
    CHECKLIST,
    FILTER,
    NOW,
    ORDER,
    ROWS,
    VAN,
    VISIT,
    ident,
)

SLOTS = structs.replace(
    CHECKLIST,
    photos=(PhotoSlot(code="plate", en="Rating plate", zh="铭牌", required=True),),
)
HOUSE = Organisation(
    id=ident("house"),
    en="Cloud Brook Service",
    zh="云溪服务",
    tagline_zh="二十年",
    phone="400 000 1234",
    verify_url="https://service.example/verify",
)
PRICES = PriceList(
    id=ident("prices"),
    name="2026",
    edition=3,
    valid_from="2026-01-01",
    currency="CNY",
    on_spot_limit=200_000,
    warranty_from="delivery",
    guarantee_days=90,
    items=(
        PriceItem(code="visit", kind="visit", en="Visit", zh="上门费", unit="piece", price=8_000),
    ),
)
HERE = structs.replace(
    VISIT,
    attendance=(Attendance(person_id=ANN.id, departed_at=NOW - 900, arrived_at=NOW),),
    ended_at=NOW + 500,
    outcome="done",
    remark="ok",
)
DONE = structs.replace(ORDER, number="WO-26-000007", status="done", outcome="done")
REPORT = Completion(
    id=ident("report"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    person_id=ANN.id,
    outcome="done",
    diagnosis="滤网堵塞",
    work_done="清洗",
    remark="ok",
    at=NOW + 500,
)


def reading(item: str, value: str, **more: Any) -> Reading:
    """An answer to an item."""
    return structs.replace(
        Reading(
            id=ident(f"reading {item} {value}"),
            work_order_id=ORDER.id,
            visit_id=VISIT.id,
            item=item,
            value=value,
            person_id=ANN.id,
            at=NOW + 10,
        ),
        **more,
    )


LEAKS = reading("leaks", "pass")
PRESSURE = reading("pressure", "2", amount=2_000, out_of_limits=True, at=NOW + 20)
USED = PartUse(
    id=ident("use"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    part_id=FILTER.id,
    location_id=VAN.id,
    amount=3_000,
    returned=1_000,
    serial="S-1",
    old_part="scrapped",
    person_id=ANN.id,
    at=NOW + 30,
)
PLATE = Photo(
    id=ident("photo"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    slot="plate",
    caption="铭牌",
    audience="customer",
    sha256="a" * 64,
    size=400_000,
    width=1600,
    height=1200,
    thumb_sha256="b" * 64,
    thumb_size=9_000,
    person_id=ANN.id,
    at=NOW + 40,
)
ADVICE = Note(
    id=ident("note"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    text="半年后再清洗",
    audience="customer",
    person_id=ANN.id,
    at=NOW + 50,
)
DECIDED = CoverageDecision(
    id=ident("decided"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    category="A",
    before="A",
    basis="none",
    code="out_of_warranty",
    params={"until": "2026-03-01"},
    person_id=ANN.id,
    at=NOW + 60,
)


def charge(kind: LineKind, price: int, **more: Any) -> Charge:
    """A line of one piece."""
    return structs.replace(
        Charge(
            id=ident(f"charge {kind}"),
            work_order_id=ORDER.id,
            visit_id=VISIT.id,
            kind="visit",
            item=kind,
            en=f"{kind} fee",
            zh=f"{kind} 费",
            amount=1_000,
            unit="piece",
            price=price,
            tax=600,
            net=price,
            price_list_id=PRICES.id,
            person_id=ANN.id,
            at=NOW + 70,
        ),
        kind=kind,
        **more,
    )


VISIT_FEE = charge("visit", 8_000)
LABOUR = charge("labour", 12_000, amount=1_500, net=18_000, at=NOW + 71)
COVERED = charge("part", 5_000, covered=True, at=NOW + 72)
PAID = Payment(
    id=ident("payment"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    receipt="R-1",
    method="cash",
    amount=6_000,
    currency="CNY",
    person_id=ANN.id,
    at=NOW + 80,
)
PUMP = TakenItem(
    id=ident("item"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    receipt="TA-1",
    what="水泵",
    condition="旧",
    reason="检修",
    back_by="2026-12-01",
    estimate=30_000,
    state="taken",
    person_id=ANN.id,
    at=NOW + 90,
)
QUOTED = Quote(
    id=ident("quote"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    price_list_id=PRICES.id,
    lines=(
        QuoteLine(
            kind="labour",
            en="Labour",
            zh="工时",
            amount=2_000,
            unit="hour",
            price=12_000,
            tax=600,
            net=24_000,
        ),
    ),
    total=25_440,
    tax_total=1_440,
    currency="CNY",
    person_id=ANN.id,
    at=NOW + 5,
)
INTERNAL = (
    structs.replace(ADVICE, id=ident("internal note"), audience="internal"),
    structs.replace(PLATE, id=ident("internal photo"), audience="internal", slot=""),
    structs.replace(PLATE, id=ident("dropped photo"), dropped_at=NOW + 99),
    structs.replace(USED, id=ident("returned use"), returned=3_000),
    structs.replace(VISIT_FEE, id=ident("dropped charge"), dropped_at=NOW + 99),
    structs.replace(PAID, id=ident("void payment"), void_at=NOW + 99),
    structs.replace(LEAKS, id=ident("older reading"), value="fail", at=NOW + 1),
    structs.replace(DECIDED, id=ident("older decision"), category="C", at=NOW + 2),
    structs.replace(PUMP, id=ident("returned item"), state="returned"),
)
SHOWN: tuple[Record, ...] = (
    *(REPORT, LEAKS, PRESSURE, USED, PLATE, ADVICE, DECIDED),
    *(VISIT_FEE, LABOUR, COVERED, PAID, PUMP),
)
BOOKS: tuple[Record, ...] = (DONE, HERE, SLOTS, HOUSE, PRICES, QUOTED, *SHOWN, *INTERNAL)


def books(*more: Record, without: Record | None = None) -> State:
    """The rows of the visit as the office has them: each has been there before."""
    known = {(type(row), row.id): row for row in (*ROWS, *BOOKS, *more)}
    return State(
        structs.replace(row, version=1)
        for row in known.values()
        if without is None or row.id != without.id
    )


def asked(purpose: Purpose = "visit", **more: Any) -> Asked:
    """What the phone asks for when the customer is to sign."""
    told: dict[str, Any] = {
        "jobs": (ORDER.id,),
        "person": ANN.id,
        "language": "zh",
        "made_at": NOW + 1000,
        **more,
    }
    return Asked(purpose=purpose, **told)


def document(known: State | None = None, **more: Any) -> Document:
    """The document of the visit."""
    built = build(known or books(), asked(**more))
    assert isinstance(built, Document), built
    return built

"""A price list, and a job of the test company with something on its bill."""

from typing import Any

from msgspec import structs

from shared.charges import Charge
from shared.parts import PartUse
from shared.payments import Payment
from shared.people import Person
from shared.prices import PriceItem, PriceList, WarrantyTerm
from shared.records import Record, State
from shared.registry import Outcome
from shared.sign_off import SignOff
from tests.shared.company import (
    ANN,
    FILTER,
    NOW,
    ORDER,
    VAN,
    VISIT,
    act,
    done,
    ident,
    only,
    state,
)

FINN = Person(id=ident("finn"), login="finn", name="Finn", roles=("finance",))
PRICES = PriceList(
    id=ident("price list"),
    name="Standard",
    edition=2,
    valid_from="2026-01-01",
    currency="CNY",
    tax_inclusive=True,
    on_spot_limit=50_000,
    warranty_from="delivery",
    items=(
        PriceItem(
            code="visit", kind="visit", en="Visit", zh="上门费", unit="time", price=8_000, tax=600
        ),
        PriceItem(
            code="labour",
            kind="labour",
            en="Labour",
            zh="工时",
            unit="hour",
            price=12_345,
            tax=1300,
        ),
        PriceItem(
            code="filter",
            kind="part",
            en="Filter",
            zh="滤芯",
            unit="piece",
            price=9_900,
            tax=1300,
            part_id=FILTER.id,
        ),
        PriceItem(
            code="loyal",
            kind="discount",
            en="Loyal",
            zh="老客户",
            unit="time",
            price=2_000,
            tax=1300,
        ),
    ),
    warranty=(WarrantyTerm(product_class="pump", months=24), WarrantyTerm(months=12)),
)
LATER = structs.replace(PRICES, id=ident("later"), edition=3, valid_from="2026-07-01")
USE = PartUse(
    id=ident("use"),
    work_order_id=ORDER.id,
    visit_id=VISIT.id,
    part_id=FILTER.id,
    location_id=VAN.id,
    amount=1_000,
    person_id=ANN.id,
    at=NOW,
)


def books(*more: Record) -> State:
    """The test company with prices and a used part."""
    return state(FINN, PRICES, LATER, USE, *more)


def line(**wish: Any) -> dict[str, Any]:
    """The arguments of `charge.add`."""
    return {"line": {"quantity": "1", **wish}, "price_list": PRICES.id}


def adding(*more: Record, by: Person = ANN, **wish: Any) -> Outcome:
    """What becomes of a line."""
    return done(books(*more), act("charge.add", line(**wish), by=by, visit=VISIT.id))


def charge(name: str = "charge", **wish: Any) -> Charge:
    """A line that is on the bill."""
    given = wish or {"kind": "visit", "item": "visit"}
    asked = act("charge.add", line(**given), visit=VISIT.id, op=name)
    return only(done(books(), asked), Charge)


def payment(name: str = "payment", **more: Any) -> Payment:
    """Money that was taken."""
    told: dict[str, Any] = {"method": "cash", "amount": 5_000, **more}
    return Payment(
        id=ident(name),
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        receipt="7F3A-91C2",
        currency="CNY",
        person_id=ANN.id,
        at=NOW,
        **told,
    )


def signed_visit(*listed: str) -> SignOff:
    """The visit signed for, with these facts in the document."""
    return SignOff(
        id=ident("sign-off"),
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        group_id=ident("signing"),
        purpose="visit",
        shown_hash="7" * 64,
        code="7777-7777",
        seal="8" * 64,
        state="sealed",
        listed=listed,
        language="zh",
        signer="陈美玲",
        signer_role="customer",
        person_id=ANN.id,
        signed_at=NOW,
        at=NOW,
    )

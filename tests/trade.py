"""Prices for the small company, and acts about money said in it."""

from typing import Any, Final

from shared.ids import derive
from shared.ops import SYSTEM
from shared.prices import PriceList
from shared.records import State
from shared.registry import Ref, by
from shared.visible import LISTED
from sync.ports import Replica, Wanted
from tests.world import CUSTOMER, FILTER, PRICES, World, known

FINN: Final = known("finn")
LATER: Final = known("later prices")
ROW: Final[dict[str, Any]] = {
    "name": "Standard",
    "edition": 1,
    "valid_from": "2026-01-01",
    "currency": "CNY",
    "tax_inclusive": True,
    "on_spot_limit": 50_000,
    "warranty_from": "delivery",
    "guarantee_days": 90,
    "items": [
        {
            "code": "visit",
            "kind": "visit",
            "en": "Call-out",
            "zh": "上门费",
            "unit": "time",
            "price": 8_000,
            "tax": 600,
        },
        {
            "code": "labour",
            "kind": "labour",
            "en": "Labour",
            "zh": "工时费",
            "unit": "hour",
            "price": 12_345,
            "tax": 1300,
        },
        {
            "code": "filter",
            "kind": "part",
            "en": "Filter",
            "zh": "过滤器",
            "unit": "piece",
            "price": 3_333,
            "tax": 1300,
            "part_id": FILTER,
        },
    ],
    "warranty": [{"months": 12}],
}
CONTRACT: Final[dict[str, Any]] = {
    "customer_id": CUSTOMER,
    "number": "HT-1",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "covers": ["visit", "labour"],
}


def open_trade(world: World) -> None:
    """Give the company a price list, a contract, and somebody who sees to the money."""
    finn = {"login": "finn", "name": "Finn", "roles": ["finance"]}
    for noun, identity, row in (
        ("price_list", PRICES, ROW),
        ("contract", known("contract"), CONTRACT),
        ("person", FINN, finn),
    ):
        world.must(world.office("master.put", (noun, identity), {"row": row}, by=SYSTEM))


def line(item: str = "visit", quantity: str = "1", **more: Any) -> dict[str, Any]:
    """The arguments of `charge.add` for an item of the list."""
    kind = "part" if item == "filter" else item
    wish = {"kind": kind, "item": item, "quantity": quantity, **more}
    return {"line": wish, "price_list": PRICES}


def paying(amount: int, method: str = "cash") -> dict[str, Any]:
    """The arguments of `payment.take`."""
    return {"method": method, "amount": amount, "currency": "CNY", "price_list": PRICES}


def bill_on(replica: Replica, order: str) -> State:
    """What a phone shows of the bill of a job."""
    its: list[Ref] = [(kind, by("work_order_id", order)) for kind in LISTED]
    wanted = Wanted(
        aggregates=frozenset({("work_order", order)}),
        refs=frozenset([*its, (PriceList, PRICES)]),
    )
    return replica.load(wanted, base=False)


def charge_id(op_id: str) -> str:
    """The id of the line that an op put on a bill."""
    return derive(op_id, "charge")

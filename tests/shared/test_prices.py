"""Price lists stay as they were shown; contracts and dates make sense."""

from typing import Any

import msgspec
import pytest
from msgspec import structs

from shared.kinds import REGISTRY
from shared.prices import (
    ORGANISATION,
    Contract,
    PriceList,
    current,
    item_of,
    price_of,
    usual_tax,
)
from shared.registry import Act, Outcome, Reach, by
from tests.shared.bill import LATER, PRICES, books
from tests.shared.company import (
    ASSET,
    CUSTOMER,
    DORA,
    FILTER,
    SITE,
    act,
    done,
    ident,
    only,
    refusal,
)


def row_of(record: Any) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(record)
    return {name: value for name, value in told.items() if name not in ("id", "version")}


def putting(noun: str, identity: str, row: dict[str, Any]) -> Act:
    return act("master.put", {"row": row}, on=(noun, identity), by=DORA)


NEW = {**row_of(PRICES), "edition": 4, "valid_from": "2027-01-01"}


def listing(**more: Any) -> Act:
    return putting("price_list", ident("new list"), {**NEW, **more})


def test_a_new_edition_is_a_new_record() -> None:
    outcome = done(books(), listing())
    assert only(outcome, PriceList) == structs.replace(
        PRICES, id=ident("new list"), edition=4, valid_from="2027-01-01"
    )


@pytest.mark.parametrize("edition", [1, 2, 3])
def test_an_edition_is_higher_than_those_before(edition: int) -> None:
    asked = listing(edition=edition)
    assert refusal(books(), asked) == ("already_exists", "args.row.edition")
    assert done(books(), listing(edition=edition, name="Night")).rows


def test_an_edition_is_never_changed_in_place_but_it_is_retired() -> None:
    """S14."""
    asked = putting("price_list", PRICES.id, {**row_of(PRICES), "on_spot_limit": 1})
    assert refusal(books(), asked) == ("edition_fixed", "args.row.edition")
    again = done(books(), putting("price_list", PRICES.id, row_of(PRICES)))
    assert again == Outcome(rows=(PRICES,))
    kept = books(structs.replace(PRICES, version=7))
    retired = done(kept, putting("price_list", PRICES.id, {**row_of(PRICES), "retired": True}))
    assert only(retired, PriceList).retired


ITEM = {"code": "a", "kind": "part", "en": "A", "zh": "甲", "unit": "piece", "price": 1}
TERM = {"product_class": "pump", "months": 12}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"items": [ITEM, ITEM]}, "args.row.items"),
        (
            {
                "items": [
                    {**ITEM, "part_id": FILTER.id},
                    {**ITEM, "code": "b", "part_id": FILTER.id},
                ]
            },
            "args.row.items",
        ),
        ({"items": [{**ITEM, "kind": "labour", "part_id": FILTER.id}]}, "args.row.items"),
        ({"warranty": [TERM, TERM]}, "args.row.warranty"),
        ({"valid_from": "2026-02-30"}, "args.row.valid_from"),
        ({"currency": "yuan"}, "args.row"),
        ({"items": [{**ITEM, "price": -1}]}, "args.row"),
        ({"items": [{**ITEM, "price": 1.5}]}, "args.row"),
        ({"items": [{**ITEM, "tax": 10_001}]}, "args.row"),
    ],
)
def test_a_price_list_that_contradicts_itself_is_refused(wrong: dict[str, Any], field: str) -> None:
    assert refusal(books(), listing(**wrong)) == ("wrong_value", field)


CONTRACT = {
    "customer_id": CUSTOMER.id,
    "number": "HT-1",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "covers": ["labour"],
}


def test_a_contract_lives_with_its_customer() -> None:
    asked = putting("contract", ident("contract"), CONTRACT)
    assert only(done(books(), asked), Contract).customer_id == CUSTOMER.id
    kind = REGISTRY.kinds["master.put"]
    reach = Reach(on=asked.on, args=asked.args, links={})
    assert tuple(kind.touches(reach)) == (("customer", CUSTOMER.id),)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"valid_to": "2025-12-31"}, "wrong_value", "args.row.valid_to"),
        ({"valid_from": "2026-02-30"}, "wrong_value", "args.row.valid_from"),
        ({"valid_to": "2026-02-30"}, "wrong_value", "args.row.valid_to"),
        ({"covers": ["everything"]}, "wrong_value", "args.row"),
        ({"customer_id": ident("none")}, "unknown_subject", "args.row.customer_id"),
    ],
)
def test_a_contract_that_cannot_be_is_refused(wrong: dict[str, Any], code: str, field: str) -> None:
    asked = putting("contract", ident("contract"), {**CONTRACT, **wrong})
    assert refusal(books(), asked) == (code, field)


def test_there_is_one_organisation() -> None:
    row = {"en": "Cloud Brook Service", "zh": "云溪服务"}
    assert done(books(), putting("organisation", ORGANISATION, row)).rows
    asked = putting("organisation", ident("another"), row)
    assert refusal(books(), asked) == ("wrong_value", "on")


@pytest.mark.parametrize("field", ["delivered_on", "invoiced_on", "warranty_until"])
def test_a_machine_has_no_day_that_is_not_in_the_calendar(field: str) -> None:
    row = {"site_id": SITE.id, "name": "x", "model": "x", field: "2026-02-30"}
    asked = putting("asset", ASSET.id, row)
    assert refusal(books(), asked) == ("wrong_value", f"args.row.{field}")


def test_a_price_list_is_read_with_those_of_its_name() -> None:
    kind = REGISTRY.kinds["master.put"]
    asked = listing()
    reach = Reach(on=asked.on, args=asked.args, links={})
    assert tuple(kind.touches(reach)) == (("catalog", "catalog"),)
    assert list(kind.refs(reach)) == [
        (PriceList, ident("new list")),
        (PriceList, by("name", "Standard")),
    ]


@pytest.mark.parametrize(
    ("day", "edition"),
    [("2025-12-31", None), ("2026-01-01", 2), ("2026-06-30", 2), ("2026-07-01", 3)],
)
def test_the_edition_in_force_is_the_one_that_began_last(day: str, edition: int | None) -> None:
    found = current([LATER, PRICES], day)
    assert (found.edition if found is not None else None) == edition
    retired = structs.replace(LATER, retired=True)
    assert current([retired, PRICES], "2026-08-01") == PRICES


def test_an_item_is_found_by_its_code_or_its_part() -> None:
    found = item_of(PRICES, "filter")
    assert found == price_of(PRICES, FILTER.id)
    assert (item_of(PRICES, "none"), price_of(PRICES, ident("none"))) == (None, None)


def test_the_usual_tax_is_that_of_most_items() -> None:
    assert usual_tax(PRICES) == 1300
    assert usual_tax(structs.replace(PRICES, items=())) == 0
    assert usual_tax(structs.replace(PRICES, items=PRICES.items[:2])) == 1300

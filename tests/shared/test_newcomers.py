"""Customers, sites and machines written down on the telephone, and those that are there already."""

from typing import Any

import pytest
from msgspec import structs

from shared.site import Asset, Customer, Site
from tests.shared.company import (
    ASSET,
    CUSTOMER,
    DORA,
    SITE,
    act,
    done,
    ident,
    only,
    refusal,
    refused,
    state,
)

PEOPLE = {"name": " 沈 岚 ", "type": "person", "phone": "138-0013-8000", "language": "zh"}
PLACE = {
    "customer": CUSTOMER.id,
    "address": "江州市云溪区兰亭路 8 号",
    "time_zone": "Asia/Shanghai",
}
MACHINE = {"site": SITE.id, "model": "KF-35", "serial": " S-9 "}


def adding(noun: str, args: dict[str, Any], **changes: Any) -> Any:
    return act(f"{noun}.add", {**args, **changes}, on=(noun, ident("op")), by=DORA)


def test_a_customer_is_written_down_as_said() -> None:
    new = only(done(state(), adding("customer", PEOPLE)), Customer)
    assert new == Customer(
        id=ident("op"), name="沈 岚", type="person", phone="138-0013-8000", language="zh"
    )


@pytest.mark.parametrize("phone", ["13800138000", "138 0013 8000", "138-0013-8000"])
def test_a_customer_of_this_name_and_number_is_there_however_it_is_written(phone: str) -> None:
    known = structs.replace(CUSTOMER, phone=phone, name="沈 岚")
    answer = refused(state(known), adding("customer", PEOPLE))
    assert (answer.code, answer.field) == ("on_file", "args.phone")
    assert answer.params == {"value": "138-0013-8000", "id": known.id}


@pytest.mark.parametrize(
    "known",
    [
        {"phone": "138-0013-8000", "name": "沈建国"},
        {"phone": "139-0013-8000", "name": "沈 岚"},
        {"phone": "", "name": "沈 岚"},
    ],
)
def test_a_family_may_share_a_number_and_strangers_a_name(known: dict[str, str]) -> None:
    rows = state(structs.replace(CUSTOMER, **known))
    assert only(done(rows, adding("customer", PEOPLE)), Customer).name == "沈 岚"


def test_two_customers_without_a_number_may_have_one_name() -> None:
    rows = state(structs.replace(CUSTOMER, name="沈 岚", phone=""))
    assert not done(rows, adding("customer", PEOPLE, phone="")).merged


def test_a_place_is_written_down_for_its_customer() -> None:
    new = only(done(state(), adding("site", PLACE, contact_name="沈女士", zone="N")), Site)
    assert new == Site(
        id=ident("op"),
        customer_id=CUSTOMER.id,
        address="江州市云溪区兰亭路 8 号",
        zone="N",
        time_zone="Asia/Shanghai",
        contact_name="沈女士",
    )


def test_an_address_of_the_same_customer_is_there_however_it_is_spaced() -> None:
    answer = refused(state(), adding("site", PLACE, address="江州市 云溪区桂月路1号"))
    assert (answer.code, answer.field) == ("on_file", "args.address")
    assert answer.params["id"] == SITE.id
    neighbour = structs.replace(CUSTOMER, id=ident("neighbour"))
    rows = state(neighbour)
    same = adding("site", PLACE, address=SITE.address, customer=neighbour.id)
    assert only(done(rows, same), Site).customer_id == neighbour.id


def test_a_machine_is_called_by_its_model_unless_it_has_a_name() -> None:
    new = only(done(state(), adding("asset", MACHINE, delivered_on="2025-03-01")), Asset)
    assert new == Asset(
        id=ident("op"),
        site_id=SITE.id,
        name="KF-35",
        model="KF-35",
        serial="S-9",
        delivered_on="2025-03-01",
    )
    assert only(done(state(), adding("asset", MACHINE, name="挂机")), Asset).name == "挂机"


def test_a_machine_of_this_model_and_number_is_there_wherever_it_stands() -> None:
    known = structs.replace(ASSET, model="KF-35", serial="S-9", site_id=ident("far away"))
    answer = refused(state(known), adding("asset", MACHINE))
    assert (answer.code, answer.field) == ("on_file", "args.serial")
    assert answer.params == {"value": "S-9", "id": known.id}
    other = structs.replace(known, model="KF-72")
    assert not done(state(other), adding("asset", MACHINE)).merged
    nameless = structs.replace(known, serial="")
    assert not done(state(nameless), adding("asset", MACHINE, serial="")).merged


def test_saying_it_again_is_no_duplicate_of_itself() -> None:
    rows = state()
    for noun, args in (("customer", PEOPLE), ("site", PLACE), ("asset", MACHINE)):
        outcome = done(rows, adding(noun, args))
        for row in outcome.rows:
            rows.put(row)
        again = done(rows, adding(noun, args))
        assert [structs.replace(row, version=None) for row in again.rows] == list(outcome.rows)


@pytest.mark.parametrize(
    ("noun", "args", "changes", "code", "field"),
    [
        ("customer", PEOPLE, {"name": " "}, "not_text", "args.name"),
        ("customer", PEOPLE, {"salutation": "\u202e"}, "not_text", "args.salutation"),
        ("site", PLACE, {"customer": ident("none")}, "unknown_subject", "args.customer"),
        ("site", PLACE, {"address": "\u200b"}, "not_text", "args.address"),
        ("site", PLACE, {"access_notes": "a\x00b"}, "not_text", "args.access_notes"),
        ("asset", MACHINE, {"site": ident("none")}, "unknown_subject", "args.site"),
        ("asset", MACHINE, {"model": "  "}, "not_text", "args.model"),
        ("asset", MACHINE, {"delivered_on": "2026-02-30"}, "wrong_value", "args.delivered_on"),
    ],
)
def test_what_cannot_be_written_down_says_which_entry_is_at_fault(
    noun: str, args: dict[str, Any], changes: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(state(), adding(noun, args, **changes)) == (code, field)

"""Contracts and the papers of machines are written down and put right in the office."""

from typing import Any

import pytest
from msgspec import structs

from shared.prices import Contract
from shared.site import Asset
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
    state,
)

BOUGHT: dict[str, Any] = {
    "customer": CUSTOMER.id,
    "number": " HT-7 ",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "covers": ["labour", "visit", "labour"],
    "note": " 每年两次 ",
}
CONTRACT = Contract(
    id=ident("contract"),
    customer_id=CUSTOMER.id,
    number="HT-7",
    valid_from="2026-01-01",
    valid_to="2026-12-31",
    covers=("visit", "labour"),
    note="每年两次",
)
PAPERS: dict[str, Any] = {
    "model": " KF-35 ",
    "serial": " S-9 ",
    "product_class": "pump",
    "delivered_on": "2025-03-01",
    "invoiced_on": "2025-03-04",
    "warranty_until": "2028-03-03",
}


def bought(**changes: Any) -> Any:
    return act("contract.add", {**BOUGHT, **changes}, on=("contract", ident("op")), by=DORA)


def ending(last_day: str) -> Any:
    return act("contract.end", {"last_day": last_day}, on=("contract", CONTRACT.id), by=DORA)


def corrected(**changes: Any) -> Any:
    return act("asset.correct", {**PAPERS, **changes}, on=("asset", ASSET.id), by=DORA)


def test_a_contract_is_written_down_as_said() -> None:
    assert only(done(state(), bought()), Contract) == structs.replace(CONTRACT, id=ident("op"))
    own = only(done(state(), bought(site=SITE.id)), Contract)
    assert own.site_id == SITE.id


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"customer": ident("nobody")}, "unknown_subject", "args.customer"),
        ({"site": ident("nowhere")}, "unknown_subject", "args.site"),
        ({"number": " "}, "not_text", "args.number"),
        ({"note": "\u202e"}, "not_text", "args.note"),
        ({"valid_from": "2026-02-30"}, "wrong_value", "args.valid_from"),
        ({"valid_to": "2026-02-30"}, "wrong_value", "args.valid_to"),
        ({"valid_to": "2025-12-31"}, "ends_before", "args.valid_to"),
        ({"covers": ["visit", "discount"]}, "wrong_value", "args.covers"),
    ],
)
def test_a_contract_that_cannot_be_is_refused(
    changes: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(state(), bought(**changes)) == (code, field)


def test_the_place_of_somebody_else_is_under_no_contract_of_theirs() -> None:
    far = structs.replace(SITE, id=ident("far"), customer_id=ident("somebody else"))
    assert refusal(state(far), bought(site=far.id)) == ("unknown_subject", "args.site")


def test_a_customer_has_a_number_once_and_another_may_have_it_too() -> None:
    assert refusal(state(CONTRACT), bought()) == ("on_file", "args.number")
    theirs = structs.replace(CONTRACT, customer_id=ident("somebody else"))
    assert done(state(theirs), bought()).rows != ()


def test_a_contract_gets_another_last_day_and_gets_the_old_one_back() -> None:
    sooner = only(done(state(CONTRACT), ending("2026-06-30")), Contract)
    assert sooner == structs.replace(CONTRACT, valid_to="2026-06-30")
    assert only(done(state(sooner), ending("2026-12-31")), Contract) == CONTRACT
    assert done(state(CONTRACT), ending("2026-12-31")).merged


@pytest.mark.parametrize(
    ("day", "code", "field"),
    [
        ("2025-12-31", "ends_before", "args.last_day"),
        ("2026-06-31", "wrong_value", "args.last_day"),
    ],
)
def test_a_last_day_that_cannot_be_is_refused(day: str, code: str, field: str) -> None:
    assert refusal(state(CONTRACT), ending(day)) == (code, field)


def test_nothing_ends_that_is_not_there() -> None:
    assert refusal(state(), ending("2026-06-30")) == ("unknown_subject", "on")
    nothing = act("asset.correct", PAPERS, on=("asset", ident("none")), by=DORA)
    assert refusal(state(), nothing) == ("unknown_subject", "on")


def test_the_papers_of_a_machine_are_put_right() -> None:
    after = only(done(state(), corrected()), Asset)
    assert after == structs.replace(
        ASSET,
        name="KF-35",
        model="KF-35",
        serial="S-9",
        product_class="pump",
        delivered_on="2025-03-01",
        invoiced_on="2025-03-04",
        warranty_until="2028-03-03",
    )
    assert done(state(after), corrected()).merged
    bare = act("asset.correct", {"model": "KF-35", "name": "挂机"}, on=("asset", ASSET.id), by=DORA)
    known = only(done(state(after), bare), Asset)
    assert (known.name, known.serial, known.invoiced_on) == ("挂机", "", None)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"model": " "}, "not_text", "args.model"),
        ({"name": "\u202e"}, "not_text", "args.name"),
        ({"delivered_on": "2025-02-29"}, "wrong_value", "args.delivered_on"),
        ({"invoiced_on": "2025-02-29"}, "wrong_value", "args.invoiced_on"),
        ({"warranty_until": "2025-02-29"}, "wrong_value", "args.warranty_until"),
    ],
)
def test_papers_that_cannot_be_are_refused(changes: dict[str, Any], code: str, field: str) -> None:
    assert refusal(state(), corrected(**changes)) == (code, field)


def test_no_two_machines_have_one_model_and_number() -> None:
    other = structs.replace(ASSET, id=ident("other"), model="KF-35", serial="S-9")
    assert refusal(state(other), corrected()) == ("on_file", "args.serial")
    assert done(state(other), corrected(serial="")).rows != ()

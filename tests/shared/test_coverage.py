"""Who pays follows from the papers: warranty, contract, or neither, and each is explained."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from shared.charges import BASES, DecideArgs
from shared.coverage import (
    BASES_OF,
    CODES,
    IN_WARRANTY,
    Case,
    Decision,
    by_a_person,
    decide,
    explain,
    options,
    warranty,
)
from shared.prices import LINE_KINDS, Contract
from shared.registry import Outcome
from shared.texts import LANGUAGES
from tests.shared.bill import PRICES, books
from tests.shared.company import ASSET, CUSTOMER, SITE, act, ident, judge
from tests.shared.test_texts import TEXTS

PUMP = structs.replace(ASSET, product_class="pump", delivered_on="2025-03-01")
CONTRACT = Contract(
    id=ident("contract"),
    customer_id=CUSTOMER.id,
    number="HT-26-018",
    valid_from="2026-01-01",
    valid_to="2026-12-31",
    covers=("visit", "labour"),
)


def case(day: str = "2026-11-21", **more: Any) -> Case:
    told: dict[str, Any] = {
        "category": "A",
        "site_id": SITE.id,
        "asset": PUMP,
        "prices": PRICES,
        **more,
    }
    return Case(day=day, **told)


def test_what_was_delivered_is_in_warranty_for_the_term_of_its_class() -> None:
    free = Decision(
        category="C",
        basis="warranty",
        code="in_warranty_delivery",
        params={"until": "2027-03-01", "since": "2025-03-01"},
        covers=IN_WARRANTY,
    )
    assert decide(case()) == free
    assert decide(case("2027-03-01")) == free
    over = Decision(category="A", basis="none", code="warranty_over_delivery", params=free.params)
    assert decide(case("2027-03-02")) == over


@pytest.mark.parametrize(
    ("asset", "first", "code", "until"),
    [
        ({"invoiced_on": "2025-02-01"}, "delivery", "in_warranty_delivery", "2027-03-01"),
        ({"invoiced_on": "2025-02-01"}, "invoice", "in_warranty_invoice", "2027-02-01"),
        ({}, "invoice", "in_warranty_delivery", "2027-03-01"),
        (
            {"delivered_on": None, "invoiced_on": "2025-02-01"},
            "delivery",
            "in_warranty_invoice",
            "2027-02-01",
        ),
        ({"warranty_until": "2030-01-01"}, "delivery", "in_warranty_until", "2030-01-01"),
        ({"product_class": "fan", "delivered_on": "2026-01-31"}, "delivery", None, "2027-01-31"),
        ({"product_class": "", "delivered_on": "2024-02-29"}, "delivery", None, "2025-02-28"),
    ],
)
def test_a_warranty_is_counted_from_the_wanted_day_or_the_other_one(
    asset: dict[str, Any], first: Any, code: str | None, until: str
) -> None:
    prices = structs.replace(PRICES, warranty_from=first)
    machine = structs.replace(PUMP, **asset)
    known = warranty(machine, prices)
    assert known is not None
    assert known.until == until
    assert code in (None, decide(case(asset=machine, prices=prices)).code)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"asset": None}, "no_machine"),
        ({"asset": structs.replace(PUMP, delivered_on=None)}, "no_date"),
        ({"asset": structs.replace(PUMP, delivered_on="2025-02-30")}, "no_date"),
        ({"prices": structs.replace(PRICES, warranty=())}, "no_term"),
        ({"prices": None}, "no_term"),
        ({"asset": structs.replace(PUMP, warranty_until="2026-11-20")}, "warranty_over_until"),
    ],
)
def test_what_cannot_be_shown_to_be_in_warranty_is_paid_for_and_explained(
    more: dict[str, Any], code: str
) -> None:
    told = decide(case(**more))
    assert (told.category, told.basis, told.code, told.covers) == ("A", "none", code, ())


def test_a_contract_pays_for_what_it_names() -> None:
    told = decide(case(asset=None, contracts=(CONTRACT,)))
    assert told == Decision(
        category="B",
        basis="contract",
        code="contract",
        params={"number": "HT-26-018", "until": "2026-12-31"},
        covers=("visit", "labour"),
    )


@pytest.mark.parametrize(
    ("contract", "day", "code"),
    [
        ({}, "2026-01-01", "contract"),
        ({}, "2026-12-31", "contract"),
        ({}, "2027-01-01", "contract_over"),
        ({}, "2025-12-31", "no_machine"),
        ({"site_id": SITE.id}, "2026-06-01", "contract"),
        ({"site_id": ident("elsewhere")}, "2026-06-01", "no_machine"),
    ],
)
def test_a_contract_has_its_days_and_its_place(
    contract: dict[str, Any], day: str, code: str
) -> None:
    known = structs.replace(CONTRACT, **contract)
    assert decide(case(day, category="B", asset=None, contracts=(known,))).code == code


def test_the_contract_for_the_place_comes_before_one_for_all() -> None:
    here = structs.replace(CONTRACT, id=ident("here"), number="HT-9", site_id=SITE.id)
    told = decide(case(asset=None, contracts=(CONTRACT, here)))
    assert told.params["number"] == "HT-9"


def test_a_warranty_spares_the_contract_unless_the_job_is_one_of_it() -> None:
    assert decide(case(contracts=(CONTRACT,))).basis == "warranty"
    assert decide(case(category="B", contracts=(CONTRACT,))).basis == "contract"
    assert decide(case(category="B")).basis == "warranty"


def test_internal_work_is_nobodys_bill() -> None:
    told = decide(case(category="D"))
    assert (told.category, told.basis, told.code) == ("D", "internal", "internal")


def test_a_person_may_decide_otherwise() -> None:
    told = by_a_person(case())
    assert [(one.category, one.code) for one in told] == [
        ("C", "goodwill"),
        ("A", "damage"),
        ("A", "excluded"),
        ("A", "agreed"),
    ]


def test_what_is_not_covered_is_offered_for_money() -> None:
    paid = options(decide(case("2030-01-01")), PRICES)
    assert [one.code for one in paid] == ["visit", "labour", "filter"]
    bought = options(decide(case(asset=None, contracts=(CONTRACT,))), PRICES)
    assert [one.code for one in bought] == ["filter"]
    assert options(decide(case()), PRICES) == ()


def test_every_explanation_has_words_in_both_languages() -> None:
    for language in LANGUAGES:
        worded = TEXTS[language].groups["coverage"].keys() - {"between"}
        assert worded == set(CODES)
        assert TEXTS[language].groups["bases"].keys() == set(BASES)
        assert TEXTS[language].groups["line_kinds"].keys() == set(LINE_KINDS)
    assert {one for bases in BASES_OF.values() for one in bases} == set(BASES)


def test_an_explanation_says_dates_numbers_and_kinds() -> None:
    told = decide(case())
    assert explain(TEXTS["en"], told.code, told.params) == (
        "In warranty until 2027-03-01: delivered on 2025-03-01"
    )
    assert explain(TEXTS["zh"], told.code, told.params) == (
        "保修期内，至 2027-03-01（交付日期 2025-03-01）"
    )
    bought = decide(case(asset=None, contracts=(CONTRACT,)))
    both = {one: explain(TEXTS[one], bought.code, bought.params, bought.covers) for one in TEXTS}
    assert both == {
        "en": "Contract HT-26-018 until 2026-12-31 covers: Call-out, Labour",
        "zh": "合同 HT-26-018（至 2026-12-31）包含：上门费、工时费",
    }


DAYS = st.dates().map(lambda day: day.isoformat()) | st.just("2025-02-30")


@given(
    st.sampled_from("ABCD"),
    DAYS,
    st.none() | st.builds(structs.replace, st.just(PUMP), delivered_on=st.none() | DAYS),
    st.booleans(),
)
def test_every_decision_is_one_that_may_be_written_down(
    category: str, day: str, asset: Any, bought: bool
) -> None:
    given = case(day, category=category, asset=asset, contracts=(CONTRACT,) if bought else ())
    for told in (decide(given), *by_a_person(given)):
        args = DecideArgs(**structs.asdict(told))
        asked = structs.replace(act("charge.drop", {"charge": ident("x")}), args=args)
        outcome = judge(books(), structs.replace(asked, kind="charge.decide"))
        assert isinstance(outcome, Outcome)

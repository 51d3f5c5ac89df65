"""Who pays is decided with a reason; a line costs what the named edition says, and no other."""

from typing import Any

import pytest
from msgspec import structs

from shared.charges import Charge, CoverageDecision, Quote
from shared.errors import Flag
from shared.registry import Outcome
from shared.tasks import Task
from shared.work_order import WorkOrder
from tests.shared.bill import LATER, PRICES, USE, adding, books, charge, line, signed_visit
from tests.shared.company import (
    ANN,
    DORA,
    NOW,
    ORDER,
    VISIT,
    act,
    done,
    flags,
    ident,
    only,
    refusal,
    refused,
    tables,
)

FREE = {
    "category": "C",
    "basis": "warranty",
    "code": "in_warranty_delivery",
    "params": {"until": "2027-03-01", "since": "2025-03-01"},
    "covers": ["labour", "part"],
    "note": " 主板 ",
}


def deciding(**more: Any) -> dict[str, Any]:
    return {**FREE, **more}


def test_a_decision_changes_the_category_and_keeps_the_one_before() -> None:
    outcome = done(books(), act("charge.decide", FREE, visit=VISIT.id))
    decision = only(outcome, CoverageDecision)
    assert decision == CoverageDecision(
        id=decision.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        category="C",
        before="A",
        basis="warranty",
        code="in_warranty_delivery",
        params={"until": "2027-03-01", "since": "2025-03-01"},
        covers=("labour", "part"),
        note="主板",
        person_id=ANN.id,
        at=NOW + 1000,
    )
    assert only(outcome, WorkOrder) == structs.replace(ORDER, category="C")
    assert outcome.flags == (Flag(code="category_changed", params={"before": "A", "after": "C"}),)


def test_a_decision_for_the_category_there_is_changes_no_job() -> None:
    said = {"category": "A", "basis": "none", "code": "damage"}
    outcome = done(books(), act("charge.decide", said, by=DORA))
    assert (tables(outcome), flags(outcome)) == (["CoverageDecision"], [])


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"code": "because"}, "unknown_choice", "args.code"),
        ({"basis": "none"}, "wrong_value", "args.basis"),
        ({"category": "B"}, "wrong_value", "args.basis"),
        ({"category": "A", "basis": "none"}, "wrong_value", "args.covers"),
        ({"note": "\u202egnp"}, "not_text", "args.note"),
    ],
)
def test_a_decision_that_contradicts_itself_is_refused(
    wrong: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(books(), act("charge.decide", deciding(**wrong))) == (code, field)


def test_a_line_of_the_list_has_its_names_unit_price_and_tax() -> None:
    outcome = adding(kind="labour", item="labour", quantity="1.5", note=" 含高空作业 ")
    row = only(outcome, Charge)
    assert row == Charge(
        id=row.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        kind="labour",
        item="labour",
        en="Labour",
        zh="工时",
        note="含高空作业",
        amount=1_500,
        unit="hour",
        price=12_345,
        tax=1300,
        net=18_518,
        price_list_id=PRICES.id,
        person_id=ANN.id,
        at=NOW + 1000,
    )
    assert flags(outcome) == []


def test_a_part_is_charged_for_its_use() -> None:
    row = only(adding(kind="part", item="filter", use=USE.id, covered=True), Charge)
    assert (row.use_id, row.net, row.covered) == (USE.id, 9_900, True)


def test_a_discount_takes_off() -> None:
    row = only(adding(kind="discount", item="loyal"), Charge)
    assert (row.price, row.net) == (-2_000, -2_000)
    by_hand = only(adding(kind="discount", name="抹零", price=340), Charge)
    assert (by_hand.net, by_hand.en, by_hand.zh, by_hand.tax) == (-340, "抹零", "抹零", 1300)


def test_a_price_by_hand_is_told() -> None:
    outcome = adding(kind="other", name="吊车", price=30_000, tax=900)
    row = only(outcome, Charge)
    assert (row.item, row.price, row.tax, row.unit) == ("", 30_000, 900, "piece")
    assert flags(outcome) == ["price_by_hand"]


@pytest.mark.parametrize(
    ("wish", "code", "field"),
    [
        ({"kind": "visit", "item": "nothing"}, "unknown_subject", "args.line.item"),
        ({"kind": "labour", "item": "visit"}, "wrong_value", "args.line.kind"),
        ({"kind": "visit", "item": "visit", "price": 1}, "price_is_listed", "args.line.price"),
        ({"kind": "visit", "item": "visit", "tax": 0}, "price_is_listed", "args.line.tax"),
        ({"kind": "visit", "item": "visit", "name": "x"}, "price_is_listed", "args.line.name"),
        ({"kind": "labour", "name": "x", "price": 1}, "price_is_listed", "args.line.item"),
        ({"kind": "other", "price": 1}, "missing_field", "args.line.name"),
        ({"kind": "other", "name": "x"}, "missing_field", "args.line.price"),
        ({"kind": "other", "name": "\u200b", "price": 1}, "missing_field", "args.line.name"),
        ({"kind": "other", "name": "a\x00", "price": 1}, "not_text", "args.line.name"),
        ({"kind": "visit", "item": "visit", "note": "\x07"}, "not_text", "args.line.note"),
        ({"kind": "visit", "item": "visit", "quantity": "0"}, "wrong_quantity", None),
        ({"kind": "visit", "item": "visit", "quantity": "100001"}, "wrong_quantity", None),
        (
            {"kind": "other", "name": "x", "price": 10**10, "quantity": "2"},
            "out_of_range",
            "args.line.quantity",
        ),
        ({"kind": "discount", "item": "loyal", "covered": True}, "wrong_value", None),
        ({"kind": "part", "item": "filter", "use": ident("none")}, "unknown_subject", None),
        ({"kind": "visit", "item": "visit", "use": USE.id}, "wrong_value", "args.line.kind"),
        ({"kind": "part", "name": "x", "price": 1, "use": USE.id}, "price_is_listed", None),
    ],
)
def test_a_line_that_cannot_be_is_refused(
    wish: dict[str, Any], code: str, field: str | None
) -> None:
    answer = refused(books(), act("charge.add", line(**wish)))
    assert answer.code == code
    assert field in (None, answer.field)


def test_a_part_of_another_job_is_not_charged_here() -> None:
    other = structs.replace(USE, id=ident("their use"), work_order_id=ident("their job"))
    asked = act("charge.add", line(kind="part", item="filter", use=other.id))
    assert refusal(books(other), asked) == ("unknown_subject", "args.line.use")


def test_a_part_has_the_price_of_that_part() -> None:
    other = structs.replace(USE, id=ident("other use"), part_id=ident("board"))
    asked = act("charge.add", line(kind="part", item="filter", use=other.id))
    assert refusal(books(other), asked) == ("wrong_value", "args.line.item")
    by_hand = adding(other, kind="part", name="主板", price=88_000, use=other.id)
    assert flags(by_hand) == ["price_by_hand"]


def test_prices_that_nobody_has_are_refused() -> None:
    args = {**line(kind="visit", item="visit"), "price_list": ident("no list")}
    assert refusal(books(), act("charge.add", args)) == ("unknown_subject", "args.price_list")
    asked = {"lines": [{"kind": "visit", "item": "visit", "quantity": "1"}]}
    args = {**asked, "price_list": ident("no list")}
    assert refusal(books(), act("quote.make", args)) == ("unknown_subject", "args.price_list")


def test_the_same_use_twice_on_a_bill_is_told() -> None:
    first = charge(kind="part", item="filter", use=USE.id)
    outcome = adding(first, kind="part", item="filter", use=USE.id)
    assert flags(outcome) == ["charged_twice"]
    dropped = structs.replace(first, dropped_at=NOW)
    assert flags(adding(dropped, kind="part", item="filter", use=USE.id)) == []


def test_the_same_item_for_another_use_is_no_second_charge_for_the_first() -> None:
    first = charge(kind="part", item="filter", use=USE.id)
    other = structs.replace(USE, id=ident("second use"))
    assert flags(adding(first, other, kind="part", item="filter", use=other.id)) == []
    by_list = charge(kind="visit", item="visit")
    assert flags(adding(by_list, kind="visit", item="visit")) == []


def test_a_line_comes_off_once_and_only_from_its_own_bill() -> None:
    row = charge()
    outcome = done(books(row), act("charge.drop", {"charge": row.id}))
    assert outcome.rows == (structs.replace(row, dropped_at=NOW + 1000),)
    gone = books(structs.replace(row, dropped_at=NOW))
    assert done(gone, act("charge.drop", {"charge": row.id})) == Outcome(merged=True)
    theirs = books(structs.replace(row, work_order_id=ident("theirs")))
    for rows in (theirs, books()):
        asked = act("charge.drop", {"charge": row.id})
        assert refusal(rows, asked) == ("unknown_subject", "args.charge")


QUOTED = {
    "lines": [
        {"kind": "labour", "item": "labour", "quantity": "2"},
        {"kind": "part", "item": "filter", "quantity": "1", "covered": True},
        {"kind": "discount", "name": "优惠", "price": 690, "quantity": "1"},
    ],
    "price_list": PRICES.id,
}


def test_a_quote_adds_up_its_lines() -> None:
    outcome = done(books(), act("quote.make", QUOTED, visit=VISIT.id))
    quote = only(outcome, Quote)
    assert [one.net for one in quote.lines] == [24_690, 9_900, -690]
    assert (quote.total, quote.tax_total, quote.currency) == (24_000, 2_761, "CNY")
    assert (quote.price_list_id, quote.visit_id, quote.agreed_at) == (PRICES.id, VISIT.id, None)
    assert flags(outcome) == ["price_by_hand"]


def test_a_quote_with_a_line_that_cannot_be_is_refused_whole() -> None:
    args = {**QUOTED, "lines": [*QUOTED["lines"], {"kind": "visit", "quantity": "1"}]}
    assert refusal(books(), act("quote.make", args)) == ("price_is_listed", "args.lines.item")


def quoted(**more: Any) -> Quote:
    made = only(done(books(), act("quote.make", QUOTED, op="quote")), Quote)
    return structs.replace(made, **more)


def test_a_quote_is_declined_once_with_a_reason() -> None:
    quote = quoted()
    asked = act("quote.decline", {"quote": quote.id, "reason": " 太贵 "})
    (after,) = done(books(quote), asked).rows
    assert after == structs.replace(quote, declined_at=NOW + 1000, decline_reason="太贵")
    assert done(books(after), asked) == Outcome(merged=True)
    agreed = books(structs.replace(quote, agreed_at=NOW))
    assert refusal(agreed, asked) == ("already_settled", None)
    theirs = books(structs.replace(quote, work_order_id=ident("theirs")))
    for rows in (theirs, books()):
        assert refusal(rows, asked) == ("unknown_subject", "args.quote")
    silent = act("quote.decline", {"quote": quote.id, "reason": " "})
    assert refusal(books(quote), silent) == ("not_text", "args.reason")


def test_an_agreed_quote_pins_its_prices() -> None:
    agreed = quoted(agreed_at=NOW)
    args = {**line(kind="visit", item="visit"), "price_list": LATER.id}
    assert flags(done(books(agreed), act("charge.add", args))) == ["other_prices"]
    assert flags(adding(agreed, kind="visit", item="visit")) == []
    assert flags(done(books(quoted()), act("charge.add", args))) == []


@pytest.mark.parametrize(("status", "late"), [("done", []), ("cancelled", ["late"])])
def test_a_bill_may_be_made_out_after_the_work(status: str, late: list[str]) -> None:
    over = structs.replace(ORDER, status=status)
    assert flags(adding(over, kind="visit", item="visit")) == late
    row = charge()
    dropped = done(books(over, row), act("charge.drop", {"charge": row.id}))
    assert flags(dropped) == late
    assert flags(done(books(over), act("quote.make", QUOTED))) == ["price_by_hand", *late]


@pytest.mark.parametrize("kind", ["charge.decide", "charge.add", "charge.drop", "quote.decline"])
def test_nothing_is_charged_on_a_job_that_is_not_there(kind: str) -> None:
    args: dict[str, Any] = {
        "charge.decide": FREE,
        "charge.add": line(kind="visit", item="visit"),
        "charge.drop": {"charge": ident("x")},
        "quote.decline": {"quote": ident("x"), "reason": "x"},
    }[kind]
    asked = act(kind, args, on=("work_order", ident("nothing")))
    assert refusal(books(), asked) == ("unknown_subject", "on")


@pytest.mark.parametrize("kind", ["charge.add", "charge.drop", "charge.decide"])
def test_what_changes_a_signed_bill_is_told(kind: str) -> None:
    row = charge()
    args: dict[str, Any] = {
        "charge.add": line(kind="visit", item="visit"),
        "charge.drop": {"charge": row.id},
        "charge.decide": {"category": "A", "basis": "none", "code": "no_date"},
    }[kind]
    outcome = done(books(row, signed_visit(row.id)), act(kind, args, visit=VISIT.id))
    assert flags(outcome) == ["unsigned_addition"]
    assert only(outcome, Task).code == "unsigned_addition"

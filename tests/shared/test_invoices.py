"""An invoice is asked for with what it takes, over what is charged, and answered once."""

from typing import Any

import pytest
from msgspec import structs

from shared.errors import REFUSED_ON_DEVICE
from shared.payments import InvoiceRequest
from shared.registry import Outcome
from tests.shared.bill import FINN, PRICES, books, charge
from tests.shared.company import (
    ANN,
    NOW,
    ORDER,
    VISIT,
    act,
    done,
    flags,
    ident,
    only,
    refusal,
)

NUMBER = "91350100M000100Y43"
PLAIN = {"price_list": PRICES.id, "type": "plain", "title": " 陈美玲 ", "delivery": "message"}
SPECIAL = {
    "price_list": PRICES.id,
    "type": "special",
    "title": "江州禾丰食品有限公司",
    "tax_number": "9135 0100 m000100y43",
    "delivery": "paper",
    "address": "江州市开发区 8 号 0329-8555 0001",
    "bank": "江州银行 6222 0000",
}
BILL = (
    charge("visit"),
    charge("work", kind="labour", item="labour", quantity="2"),
    charge("free", kind="part", item="filter", covered=True),
)


def asking(**more: Any) -> Outcome:
    return done(books(*BILL), act("invoice.ask", {**SPECIAL, **more}, visit=VISIT.id))


def request(**more: Any) -> InvoiceRequest:
    return structs.replace(only(asking(), InvoiceRequest), **more)


def test_an_invoice_is_over_what_is_charged_then() -> None:
    outcome = asking()
    row = only(outcome, InvoiceRequest)
    assert row == InvoiceRequest(
        id=row.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        type="special",
        title="江州禾丰食品有限公司",
        tax_number=NUMBER,
        delivery="paper",
        address="江州市开发区 8 号 0329-8555 0001",
        bank="江州银行 6222 0000",
        amount=8_000 + 24_690,
        tax_amount=453 + 2_840,
        currency="CNY",
        state="asked",
        person_id=ANN.id,
        at=NOW + 1000,
    )
    assert flags(outcome) == []


def test_a_private_customer_needs_no_number() -> None:
    row = only(done(books(*BILL), act("invoice.ask", PLAIN)), InvoiceRequest)
    assert (row.title, row.tax_number, row.state) == ("陈美玲", "", "asked")


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"tax_number": "91350100M000100Y44"}, "wrong_check_digit", "args.tax_number"),
        ({"tax_number": "123"}, "wrong_value", "args.tax_number"),
        ({"tax_number": ""}, "missing_field", "args.tax_number"),
        ({"bank": " "}, "missing_field", "args.bank"),
        ({"address": ""}, "missing_field", "args.address"),
        ({"type": "plain", "delivery": "email", "address": ""}, "missing_field", "args.address"),
        ({"title": "\u2060"}, "not_text", "args.title"),
        ({"bank": "a\x00b"}, "not_text", "args.bank"),
        ({"price_list": ident("none")}, "unknown_subject", "args.price_list"),
    ],
)
def test_an_invoice_that_could_not_be_written_is_refused(
    wrong: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(books(*BILL), act("invoice.ask", {**SPECIAL, **wrong})) == (code, field)


def test_an_invoice_over_nothing_is_told() -> None:
    free = structs.replace(BILL[0], covered=True)
    for rows in (books(), books(free)):
        assert flags(done(rows, act("invoice.ask", PLAIN))) == ["nothing_charged"]
    assert "nothing_charged" in REFUSED_ON_DEVICE


def issuing(number: str = " 2695 ") -> Any:
    return act("invoice.issue", {"request": request().id, "number": number}, by=FINN)


def test_an_invoice_is_issued_once() -> None:
    asked = request()
    (after,) = done(books(*BILL, asked), issuing()).rows
    assert after == structs.replace(
        asked, state="issued", number="2695", issued_at=NOW + 1000, issued_by=FINN.id
    )
    assert done(books(after), issuing()) == Outcome(merged=True)
    assert refusal(books(after), issuing("other")) == ("already_settled", None)
    assert refusal(books(asked), issuing(" ")) == ("not_text", "args.number")


def test_charges_that_changed_since_are_told() -> None:
    assert flags(done(books(*BILL, request()), issuing())) == []
    dropped = structs.replace(BILL[0], dropped_at=NOW)
    assert flags(done(books(*BILL[1:], dropped, request()), issuing())) == ["amount_changed"]


def test_the_charges_are_compared_without_the_tax_where_prices_are() -> None:
    prices = structs.replace(PRICES, tax_inclusive=False)
    asked = only(done(books(*BILL, prices), act("invoice.ask", SPECIAL)), InvoiceRequest)
    assert asked.amount == 8_000 + 480 + 24_690 + 3_210
    assert flags(done(books(*BILL, prices, asked), issuing())) == []


def test_an_issued_invoice_is_reversed_once_with_a_reason() -> None:
    issued = request(state="issued", number="1")
    asked = act("invoice.reverse", {"request": issued.id, "reason": "抬头有误"}, by=FINN)
    (after,) = done(books(issued), asked).rows
    assert after == structs.replace(
        issued, state="reversed", reversed_at=NOW + 1000, reverse_reason="抬头有误"
    )
    assert done(books(after), asked) == Outcome(merged=True)
    assert refusal(books(after), issuing()) == ("already_settled", None)
    assert refusal(books(request()), asked) == ("not_issued", None)
    silent = act("invoice.reverse", {"request": issued.id, "reason": " "}, by=FINN)
    assert refusal(books(issued), silent) == ("not_text", "args.reason")


@pytest.mark.parametrize("kind", ["invoice.issue", "invoice.reverse"])
def test_a_request_belongs_to_one_job(kind: str) -> None:
    theirs = request(work_order_id=ident("theirs"))
    args = {"request": theirs.id, ("number" if kind == "invoice.issue" else "reason"): "1"}
    for rows in (books(theirs), books()):
        assert refusal(rows, act(kind, args)) == ("unknown_subject", "args.request")


def test_no_invoice_is_asked_for_on_a_job_that_is_not_there_or_silently_on_one_that_is_over() -> (
    None
):
    asked = act("invoice.ask", PLAIN, on=("work_order", ident("nothing")))
    assert refusal(books(), asked) == ("unknown_subject", "on")
    over = structs.replace(ORDER, status="handed_in")
    assert flags(done(books(*BILL, over), act("invoice.ask", PLAIN))) == ["late"]

"""Money is taken up to a limit, against a receipt, and goes to finance once."""

from typing import Any

import pytest
from msgspec import structs

from shared.errors import REFUSED_ON_DEVICE, Flag
from shared.ids import derive
from shared.money import receipt_of
from shared.payments import Payment
from shared.photos import Photo
from shared.registry import Outcome
from shared.tasks import Task
from tests.shared.bill import FINN, LATER, PRICES, books, charge, payment, signed_visit
from tests.shared.company import (
    ANN,
    BEN,
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
    tables,
)
from tests.shared.test_billing import quoted

PAID = {"method": "qr", "amount": 8_000, "currency": "CNY", "price_list": PRICES.id}
FULL = {**PAID, "payer": " 陈女士 ", "transaction": "4200 0026"}
SHOT = Photo(
    id=ident("shot"),
    work_order_id=ORDER.id,
    audience="internal",
    sha256="a" * 64,
    size=9,
    width=1,
    height=1,
    thumb_sha256="b" * 64,
    thumb_size=9,
    person_id=ANN.id,
    at=NOW,
)
BILL = charge()  # a call-out at 80.00


def taking(*more: Any, **said: Any) -> Outcome:
    return done(books(BILL, *more), act("payment.take", {**PAID, **said}, visit=VISIT.id))


def test_a_payment_is_kept_with_its_receipt() -> None:
    asked = act("payment.take", {**FULL, "photo": SHOT.id}, visit=VISIT.id)
    outcome = done(books(BILL, SHOT), asked)
    row = only(outcome, Payment)
    assert row == Payment(
        id=row.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        receipt=receipt_of(ident("op")),
        method="qr",
        amount=8_000,
        currency="CNY",
        payer="陈女士",
        transaction="4200 0026",
        photo_id=SHOT.id,
        person_id=ANN.id,
        at=NOW + 1000,
    )
    assert flags(outcome) == []


@pytest.mark.parametrize(
    "photo", [None, structs.replace(SHOT, work_order_id=derive("another job"))]
)
def test_a_picture_that_is_not_there_keeps_no_money_from_being_written_down(
    photo: Photo | None,
) -> None:
    outcome = taking(*([photo] if photo else []), photo=SHOT.id)
    assert only(outcome, Payment).photo_id is None


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"price_list": ident("none")}, "unknown_subject", "args.price_list"),
        ({"currency": "USD"}, "wrong_value", "args.currency"),
        ({"payer": "\x1b[2J"}, "not_text", "args.payer"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(wrong: dict[str, Any], code: str, field: str) -> None:
    assert refusal(books(BILL), act("payment.take", {**PAID, **wrong})) == (code, field)


def test_what_may_be_taken_on_the_spot_has_a_limit_for_all_of_a_job() -> None:
    bill = charge("big", kind="labour", item="labour", quantity="100")
    limit = PRICES.on_spot_limit
    assert flags(taking(bill, amount=limit)) == []
    over = taking(bill, amount=limit + 1, method="cash")
    assert over.flags == (Flag(code="over_limit", params={"limit": limit, "sum": limit + 1}),)
    assert flags(taking(bill, payment(amount=limit), amount=1)) == ["over_limit"]
    gone = payment(amount=limit, void_at=NOW)
    assert flags(taking(bill, gone, amount=limit)) == []
    owed = payment(amount=limit, method="account")
    assert flags(taking(bill, owed, amount=limit)) == []
    assert flags(taking(bill, amount=limit * 9, method="account")) == []
    assert "over_limit" in REFUSED_ON_DEVICE


def test_the_limit_is_that_of_the_edition_that_is_named() -> None:
    strict = structs.replace(LATER, on_spot_limit=100)
    args = {**PAID, "price_list": strict.id}
    assert flags(done(books(BILL, strict), act("payment.take", args))) == ["over_limit"]


def test_more_than_is_due_is_told() -> None:
    over = taking(payment(amount=3_000), amount=6_000)
    assert over.flags == (Flag(code="overpaid", params={"over": 1_000}),)
    assert flags(taking(payment(amount=2_000, method="account"), amount=7_000)) == ["overpaid"]
    assert flags(taking(structs.replace(BILL, dropped_at=NOW))) == ["overpaid"]
    assert flags(taking(quoted(agreed_at=NOW), amount=24_000)) == []
    assert flags(taking(quoted(), amount=24_000)) == ["overpaid"]


def test_a_payment_is_taken_back_once_with_a_reason() -> None:
    row = payment()
    asked = act("payment.void", {"payment": row.id, "reason": " 写错 "})
    outcome = done(books(row), asked)
    after = structs.replace(row, void_at=NOW + 1000, void_reason="写错")
    assert outcome == Outcome(rows=(after,))
    assert done(books(after), asked) == Outcome(merged=True)
    silent = act("payment.void", {"payment": row.id, "reason": "\u200b"})
    assert refusal(books(row), silent) == ("not_text", "args.reason")


def test_nobody_in_the_field_takes_back_what_finance_has() -> None:
    row = payment(handed_at=NOW)
    args = {"payment": row.id, "reason": "x"}
    assert refusal(books(row), act("payment.void", args)) == ("handed_over", None)
    assert only(done(books(row), act("payment.void", args, by=FINN)), Payment).void_at


def test_a_colleagues_payment_is_taken_back_and_the_office_hears_of_it() -> None:
    row = payment()
    asked = act("payment.void", {"payment": row.id, "reason": "x"}, by=BEN)
    outcome = done(books(row), asked)
    assert only(outcome, Payment).void_at
    assert outcome.flags == (Flag(code="not_collector", params={"receipt": row.receipt}),)
    task = only(outcome, Task)
    assert (task.code, task.params, task.home_id) == (
        *("not_collector", {"receipt": row.receipt}),
        ORDER.id,
    )
    assert "not_collector" in REFUSED_ON_DEVICE
    assert flags(done(books(row), structs.replace(asked, by=FINN))) == []


def test_a_payment_that_was_signed_for_is_not_taken_back_in_silence() -> None:
    row = payment()
    args = {"payment": row.id, "reason": "x"}
    outcome = done(books(row, signed_visit(row.id)), act("payment.void", args))
    assert (flags(outcome), tables(outcome)) == (["unsigned_addition"], ["Payment", "Task"])
    assert flags(done(books(row, signed_visit()), act("payment.void", args))) == []


def test_money_is_handed_over_once() -> None:
    row = payment()
    asked = act("payment.hand_over", {"payment": row.id}, by=FINN)
    (after,) = done(books(row), asked).rows
    assert after == structs.replace(row, handed_at=NOW + 1000, handed_to=FINN.id)
    assert done(books(after), asked) == Outcome(merged=True)


@pytest.mark.parametrize("row", [payment(void_at=NOW), payment(method="account")])
def test_there_is_no_money_to_hand_over(row: Payment) -> None:
    asked = act("payment.hand_over", {"payment": row.id}, by=FINN)
    assert refusal(books(row), asked) == ("no_money", None)


@pytest.mark.parametrize("kind", ["payment.void", "payment.hand_over"])
def test_a_payment_belongs_to_one_job(kind: str) -> None:
    row = payment()
    args = {"payment": row.id, **({"reason": "x"} if kind == "payment.void" else {})}
    theirs = structs.replace(row, work_order_id=ident("theirs"))
    for rows in (books(theirs), books()):
        asked = act(kind, args, by=FINN)
        assert refusal(rows, asked) == ("unknown_subject", "args.payment")


@pytest.mark.parametrize(("status", "late"), [("done", []), ("handed_in", ["late"])])
def test_money_is_taken_after_the_work(status: str, late: list[str]) -> None:
    over = structs.replace(ORDER, status=status)
    assert flags(taking(over)) == late
    row = payment()
    voided = done(books(over, row), act("payment.void", {"payment": row.id, "reason": "x"}))
    assert flags(voided) == late


@pytest.mark.parametrize("kind", ["payment.take", "payment.void"])
def test_no_money_is_taken_on_a_job_that_is_not_there(kind: str) -> None:
    args = PAID if kind == "payment.take" else {"payment": ident("x"), "reason": "x"}
    asked = act(kind, args, on=("work_order", ident("nothing")), by=DORA)
    assert refusal(books(), asked) == ("unknown_subject", "on")

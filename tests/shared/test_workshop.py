"""An item that is taken away has a receipt, a place in the customer's file, and a way back."""

from typing import Any

import pytest
from msgspec import structs

from shared.money import receipt_of
from shared.registry import Outcome
from shared.take_away import TakenItem
from shared.ticket import TicketEvent
from tests.shared.company import (
    ANN,
    ASSET,
    NOW,
    ORDER,
    OTHER_ASSET,
    TICKET,
    VISIT,
    WILL,
    act,
    done,
    flags,
    ident,
    land,
    only,
    refusal,
    state,
)

PUMP = {
    "what": " 水泵电机 ",
    "reason": "绕组需烘干",
    "asset": ASSET.id,
    "serial": "SN-4",
    "accessories": "联轴器",
    "condition": "外壳有划痕",
    "back_by": "2026-12-04",
    "estimate": 58_000,
}


def taken(**more: Any) -> TakenItem:
    row = only(done(state(), act("item.take", PUMP, visit=VISIT.id, op="take")), TakenItem)
    return structs.replace(row, **more)


def test_an_item_is_taken_away_against_a_receipt() -> None:
    assert taken() == TakenItem(
        id=taken().id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        asset_id=ASSET.id,
        receipt=receipt_of(ident("take")),
        what="水泵电机",
        serial="SN-4",
        accessories="联轴器",
        condition="外壳有划痕",
        reason="绕组需烘干",
        back_by="2026-12-04",
        estimate=58_000,
        state="taken",
        person_id=ANN.id,
        at=NOW + 1000,
    )


def test_every_step_of_an_item_is_in_the_file_of_the_customer() -> None:
    rows = state()
    steps = {
        "item.take": (act("item.take", PUMP, op="take"), ANN),
        "item.hand_in": (act("item.hand_in", {"item": taken().id}, by=WILL, op="in"), WILL),
        "item.return": (act("item.return", {"item": taken().id}, op="back"), ANN),
    }
    for name, (asked, who) in steps.items():
        (landing,) = land(rows, done(rows, asked), name)
        event = only(landing, TicketEvent)
        assert (event.ticket_id, event.what, event.by) == (TICKET.id, name, who.id)
        assert event.status == "in_progress"


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"asset": OTHER_ASSET.id}, "unknown_subject", "args.asset"),
        ({"asset": ident("none")}, "unknown_subject", "args.asset"),
        ({"back_by": "2026-02-30"}, "wrong_value", "args.back_by"),
        ({"what": " "}, "not_text", "args.what"),
        ({"reason": "\u200b"}, "not_text", "args.reason"),
        ({"condition": "\x08"}, "not_text", "args.condition"),
    ],
)
def test_an_item_that_cannot_be_taken_is_refused(
    wrong: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(state(), act("item.take", {**PUMP, **wrong})) == (code, field)


def test_an_item_is_taken_in_once() -> None:
    item = taken()
    asked = act("item.hand_in", {"item": item.id}, by=WILL)
    (after,) = done(state(item), asked).rows
    assert after == structs.replace(
        item, state="handed_in", handed_in_at=NOW + 1000, handed_in_by=WILL.id
    )
    assert done(state(after), asked) == Outcome(merged=True)
    gone = state(structs.replace(item, state="returned"))
    assert refusal(gone, asked) == ("already_settled", None)


@pytest.mark.parametrize("before", ["taken", "handed_in"])
def test_an_item_goes_back_once(before: str) -> None:
    item = taken(state=before)
    asked = act("item.return", {"item": item.id})
    (after,) = done(state(item), asked).rows
    assert after == structs.replace(
        item, state="returned", returned_at=NOW + 1000, returned_by=ANN.id
    )
    assert done(state(after), asked) == Outcome(merged=True)


@pytest.mark.parametrize("kind", ["item.hand_in", "item.return"])
def test_an_item_belongs_to_one_job(kind: str) -> None:
    theirs = taken(work_order_id=ident("theirs"))
    for rows in (state(theirs), state()):
        asked = act(kind, {"item": theirs.id}, by=WILL)
        assert refusal(rows, asked) == ("unknown_subject", "args.item")


@pytest.mark.parametrize("kind", ["item.take", "item.hand_in", "item.return"])
def test_nothing_is_taken_on_a_job_that_is_not_there(kind: str) -> None:
    args = PUMP if kind == "item.take" else {"item": taken().id}
    asked = act(kind, args, on=("work_order", ident("nothing")), by=WILL)
    assert refusal(state(), asked) == ("unknown_subject", "on")


@pytest.mark.parametrize(("status", "late"), [("done", []), ("cancelled", ["late"])])
def test_an_item_may_be_taken_at_the_end(status: str, late: list[str]) -> None:
    over = structs.replace(ORDER, status=status)
    assert flags(done(state(over), act("item.take", PUMP))) == late
    back = act("item.return", {"item": taken().id})
    assert flags(done(state(over, taken()), back)) == late

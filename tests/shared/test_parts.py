"""The stock ledger: whatever happens in whatever order, nothing appears and nothing vanishes."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from shared.amounts import quantity_text
from shared.parts import (
    INSTALLED,
    SUPPLIER,
    Balance,
    Movement,
    PartUse,
    balance_id,
    moved,
)
from shared.records import State
from shared.registry import Emit
from shared.serials import SerialClaim, claim_id
from shared.tasks import Task
from tests.shared.company import (
    ANN,
    BEN,
    BOARD,
    FILTER,
    NOW,
    ORDER,
    SHELF,
    VAN,
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
    stock,
    tables,
)


def using(part: str = FILTER.id, quantity: str = "2", **more: Any) -> Any:
    op = more.pop("op", "op")
    on = more.pop("on", ("work_order", ORDER.id))
    args = {"part": part, "location": VAN.id, "quantity": quantity, **more}
    return act("parts.use", args, op=op, visit=VISIT.id, on=on)


def receiving(quantity: str, *, place: str = VAN.id, part: str = FILTER.id, op: str = "op") -> Any:
    args = {"part": part, "quantity": quantity}
    return act("stock.receive", args, on=("location", place), by=WILL, op=op)


def held(rows: State, part: str = FILTER.id, place: str = VAN.id) -> int:
    balance = rows.find(Balance, balance_id(place, part))
    return balance.amount if balance is not None else 0


def test_a_used_part_goes_from_the_van_into_the_machine() -> None:
    rows = state(stock(FILTER, 5000))
    outcome = done(rows, using())
    used = only(outcome, PartUse)
    assert used == PartUse(
        id=used.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        part_id=FILTER.id,
        location_id=VAN.id,
        amount=2000,
        person_id=ANN.id,
        at=NOW + 1000,
    )
    (landing,) = land(rows, outcome)
    movement = only(landing, Movement)
    assert movement == Movement(
        id=movement.id,
        op_id=ident("op"),
        part_id=FILTER.id,
        source_id=VAN.id,
        target_id=INSTALLED,
        amount=2000,
        at=NOW,
    )
    assert (held(rows), landing.flags) == (3000, ())


def test_parts_that_come_in_come_from_the_supplier() -> None:
    rows = state()
    (landing,) = land(rows, done(rows, receiving("2.5")))
    movement = only(landing, Movement)
    assert (movement.source_id, movement.target_id, movement.amount) == (SUPPLIER, VAN.id, 2500)
    assert held(rows) == 2500


def test_using_what_is_not_there_is_kept_and_opens_one_recount() -> None:
    rows = state(stock(FILTER, 1000))
    (first,) = land(rows, done(rows, using(quantity="3", op="1")), "1")
    (second,) = land(rows, done(rows, using(quantity="1", op="2")), "2")
    assert held(rows) == -3000
    assert [(flag.code, flag.params["missing"]) for flag in first.flags] == [("short", 2000)]
    assert [flag.code for flag in second.flags] == ["short"]
    recount = only(first, Task)
    assert (recount.code, recount.home_noun, recount.home_id) == ("recount", "location", VAN.id)
    assert only(second, Task).id == recount.id
    assert only(second, Task).params == {"part": FILTER.id, "amount": -3000}


def test_parts_that_come_in_open_no_recount_even_if_the_books_stay_short() -> None:
    rows = state(stock(FILTER, -5000))
    (landing,) = land(rows, done(rows, receiving("1")))
    assert (flags(landing), tables(landing)) == ([], ["Balance", "Movement"])


@given(
    st.lists(
        st.tuples(
            st.sampled_from([VAN.id, SHELF.id]),
            st.sampled_from([FILTER.id, BOARD.id]),
            st.integers(1, 10**7),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_every_balance_is_the_sum_of_its_movements(
    acts: list[tuple[str, str, int, bool]],
) -> None:
    """C37."""
    rows = state()
    for number, (place, part, amount, comes_in) in enumerate(acts):
        op, quantity = f"op {number}", quantity_text(amount)
        if comes_in:
            asked = receiving(quantity, place=place, part=part, op=op)
        else:
            asked = using(FILTER.id, quantity, location=place, op=op)
        land(rows, done(rows, asked), op)
    movements = [row for row in rows.changed.values() if isinstance(row, Movement)]
    assert len(movements) == len(acts)
    for place in (VAN.id, SHELF.id):
        for part in (FILTER.id, BOARD.id):
            came = sum(
                one.amount for one in movements if (one.target_id, one.part_id) == (place, part)
            )
            went = sum(
                one.amount for one in movements if (one.source_id, one.part_id) == (place, part)
            )
            assert held(rows, part, place) == came - went


@given(st.permutations(range(6)))
def test_the_order_of_movements_does_not_matter(order: list[int]) -> None:
    """C54."""
    rows = state()
    asked = [receiving(str(n + 1), op=str(n)) for n in range(3)]
    asked += [using(quantity=str(n), op=str(n)) for n in range(3, 6)]
    for place in order:
        land(rows, done(rows, asked[place]), str(place))
    assert held(rows) == 6000 - 12_000


def test_a_move_between_two_places_is_booked_once() -> None:
    rows = state(stock(FILTER, 5000, SHELF))
    fact: dict[str, Any] = {"part": FILTER.id, "source": SHELF.id, "target": VAN.id, "amount": 2000}
    landings = [
        moved(
            rows,
            Emit(on=("location", place), name="stock.move", args={**fact, "book": book}),
            ident("op"),
            NOW,
        )
        for place, book in ((SHELF.id, True), (VAN.id, False))
    ]
    assert [tables(landing) for landing in landings] == [["Balance", "Movement"], ["Balance"]]
    assert [only(landing, Balance).amount for landing in landings] == [3000, 2000]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"part": ident("none")}, "unknown_subject", "args.part"),
        ({"location": ident("none")}, "unknown_subject", "args.location"),
        ({"quantity": "0"}, "wrong_quantity", "args.quantity"),
        ({"quantity": "0.000"}, "wrong_quantity", "args.quantity"),
        ({"quantity": "100000.001"}, "wrong_quantity", "args.quantity"),
        ({"part": BOARD.id, "quantity": "2", "serial": "S1"}, "wrong_quantity", "args.quantity"),
        ({"part": BOARD.id, "quantity": "1"}, "missing_field", "args.serial"),
        ({"part": BOARD.id, "quantity": "1", "serial": "  "}, "missing_field", "args.serial"),
        ({"on": ("work_order", ident("none"))}, "unknown_subject", "on"),
    ],
)
def test_a_part_that_cannot_have_been_used_says_why(
    changes: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(state(), using(**changes)) == (code, field)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"place": ident("none")}, "unknown_subject", "on"),
        ({"part": ident("none")}, "unknown_subject", "args.part"),
        ({"quantity": "0"}, "wrong_quantity", "args.quantity"),
    ],
)
def test_what_cannot_be_booked_in_says_why(changes: dict[str, str], code: str, field: str) -> None:
    assert refusal(state(), receiving(**{"quantity": "1", **changes})) == (code, field)


def test_the_first_claim_of_a_serial_number_stands_and_the_second_is_looked_into() -> None:
    rows = state(stock(BOARD, 5000))
    first = done(rows, using(BOARD.id, "1", serial="S1", op="1"))
    _, claim = land(rows, first, "1")
    assert only(claim, SerialClaim) == SerialClaim(
        id=claim_id(BOARD.id, "S1"),
        location_id=VAN.id,
        part_id=BOARD.id,
        serial="S1",
        work_order_id=ORDER.id,
        op_id=ident("1"),
    )
    _, again = land(rows, first, "1")
    assert (tables(again), flags(again)) == (["SerialClaim"], [])
    second = done(rows, using(BOARD.id, "1", serial=" S1\n", op="2"))
    _, twice = land(rows, second, "2")
    task = only(twice, Task)
    assert (task.code, task.params) == (
        "serial_twice",
        {"serial": "S1", "part": BOARD.id, "first": ORDER.id},
    )
    assert flags(twice) == ["serial_twice"]
    kept = rows.find(SerialClaim, claim_id(BOARD.id, "S1"))
    assert kept is not None
    assert kept.op_id == ident("1")


def test_the_same_number_on_another_part_is_another_number() -> None:
    rows = state()
    land(rows, done(rows, using(BOARD.id, "1", serial="S1", op="1")), "1")
    _, other = land(rows, done(rows, using(FILTER.id, "1", serial="S1", op="2")), "2")
    assert tables(other) == ["SerialClaim"]


def test_a_part_used_after_the_end_is_kept_and_marked_late() -> None:
    rows = state(structs.replace(ORDER, status="cancelled"), stock(FILTER, 5000))
    assert flags(done(rows, using())) == ["late"]


def test_anybodys_van_may_be_used_from() -> None:
    rows = state(stock(FILTER, 5000))
    args = {"part": FILTER.id, "location": VAN.id, "quantity": "1"}
    used = only(done(rows, act("parts.use", args, by=BEN)), PartUse)
    assert (used.location_id, used.person_id) == (VAN.id, BEN.id)

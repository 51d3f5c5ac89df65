"""Parts that are moved from place to place, and what a count makes of the books."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from shared.amounts import quantity_text
from shared.parts import COUNTED, Balance, Movement, balance_id, recount_id
from shared.records import State
from shared.tasks import Task
from tests.shared.company import (
    FILTER,
    NOW,
    SHELF,
    VAN,
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


def moving(quantity: str, *, to: str = VAN.id, place: str = SHELF.id, part: str = FILTER.id) -> Any:
    args = {"part": part, "quantity": quantity, "to": to}
    return act("stock.move", args, on=("location", place), by=WILL, op="move")


def counting(counted: str, *, place: str = VAN.id, part: str = FILTER.id, op: str = "count") -> Any:
    args = {"part": part, "counted": counted}
    return act("stock.count", args, on=("location", place), by=WILL, op=op)


def held(rows: State, place: str) -> int:
    balance = rows.find(Balance, balance_id(place, FILTER.id))
    return balance.amount if balance is not None else 0


def test_what_leaves_one_place_comes_to_the_other() -> None:
    rows = state(stock(FILTER, 5000, SHELF), stock(FILTER, 500))
    left, came = land(rows, done(rows, moving("2.5")))
    movement = only(left, Movement)
    assert (movement.source_id, movement.target_id, movement.amount) == (SHELF.id, VAN.id, 2500)
    assert tables(came) == ["Balance"]
    assert (held(rows, SHELF.id), held(rows, VAN.id)) == (2500, 3000)


def test_moving_what_the_books_do_not_have_opens_a_recount() -> None:
    rows = state()
    left, _ = land(rows, done(rows, moving("1")))
    assert (flags(left), only(left, Task).code) == (["short"], "recount")
    assert (held(rows, SHELF.id), held(rows, VAN.id)) == (-1000, 1000)


@pytest.mark.parametrize(("before", "more"), [(-3000, True), (9000, False)])
def test_a_count_makes_the_books_right_by_one_movement(before: int, more: bool) -> None:
    rows = state(stock(FILTER, before))
    (landing,) = land(rows, done(rows, counting("7.5")), "count")
    movement = only(landing, Movement)
    path = (COUNTED, VAN.id) if more else (VAN.id, COUNTED)
    assert (movement.source_id, movement.target_id, movement.amount) == (
        *path,
        abs(7500 - before),
    )
    assert (held(rows, VAN.id), landing.flags) == (7500, ())


def test_a_count_closes_the_recount_that_asked_for_it() -> None:
    rows = state()
    land(rows, done(rows, moving("1", place=VAN.id, to=SHELF.id)))
    outcome = done(rows, counting("0"))
    task = only(outcome, Task)
    assert (task.id, task.done, task.closed_by, task.closed_at) == (
        recount_id(VAN.id, FILTER.id),
        True,
        WILL.id,
        NOW + 1000,
    )
    land(rows, outcome)
    assert held(rows, VAN.id) == 0
    again = done(rows, counting("0", op="again"))
    assert (again.merged, again.rows, again.emits) == (True, (), ())


def test_a_recount_opens_again_after_the_next_surprise() -> None:
    rows = state()
    move = moving("1", place=VAN.id, to=SHELF.id)
    land(rows, done(rows, move))
    land(rows, done(rows, counting("0")))
    land(rows, done(rows, move), "second")
    (task,) = rows.all(Task)
    assert (task.done, task.closed_at) == (False, None)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**8)), max_size=12))
def test_after_a_count_the_books_say_what_was_counted(steps: list[tuple[bool, int]]) -> None:
    rows = state(stock(FILTER, 1000))
    for number, (count, amount) in enumerate(steps):
        quantity = quantity_text(amount)
        asked = (
            counting(quantity)
            if count
            else moving(quantity_text(amount + 1), place=VAN.id, to=SHELF.id)
        )
        land(rows, done(rows, asked), str(number))
        assert held(rows, VAN.id) == amount or not count
    booked = [row for row in rows.changed.values() if isinstance(row, Movement)]
    came = sum(one.amount for one in booked if one.target_id == VAN.id)
    went = sum(one.amount for one in booked if one.source_id == VAN.id)
    assert held(rows, VAN.id) == 1000 + came - went


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        (moving("0"), "wrong_quantity", "args.quantity"),
        (moving("1", to=SHELF.id), "wrong_value", "args.to"),
        (moving("1", to=ident("none")), "unknown_subject", "args.to"),
        (moving("1", place=ident("none")), "unknown_subject", "on"),
        (moving("1", part=ident("none")), "unknown_subject", "args.part"),
        (counting("100000.001"), "wrong_quantity", "args.counted"),
        (counting("1", place=ident("none")), "unknown_subject", "on"),
        (counting("1", part=ident("none")), "unknown_subject", "args.part"),
    ],
)
def test_what_cannot_be_moved_or_counted_says_why(asked: Any, code: str, field: str) -> None:
    assert refusal(state(), asked) == (code, field)

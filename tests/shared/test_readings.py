"""Answers to a checklist: each kept, each judged by its item and its limits."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from shared.amounts import TEXT_CHARS_MAX, quantity_text
from shared.checklist import Reading, beyond, check, missing_items
from shared.kinds import read_row, write_row
from shared.registry import Outcome
from tests.shared.company import (
    ANN,
    ASSET,
    CHECKLIST,
    NOW,
    ORDER,
    VISIT,
    act,
    done,
    flags,
    ident,
    judge,
    only,
    refusal,
    state,
)

ITEMS = {item.code: item for item in CHECKLIST.items}


def answering(item: str, value: str, **more: Any) -> Any:
    return act("checklist.answer", {"item": item, "value": value, **more}, visit=VISIT.id)


def test_an_answer_is_kept_with_who_where_and_when() -> None:
    outcome = done(state(), answering("pressure", "1.25", asset=ASSET.id))
    reading = only(outcome, Reading)
    assert reading == Reading(
        id=reading.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        asset_id=ASSET.id,
        checklist_id=CHECKLIST.id,
        item="pressure",
        value="1.25",
        amount=1250,
        person_id=ANN.id,
        at=NOW + 1000,
    )
    assert flags(outcome) == []


@given(st.integers(-(10**9), 10**9))
def test_a_measurement_is_beyond_its_limits_or_within(amount: int) -> None:
    outcome = done(state(), answering("pressure", quantity_text(amount)))
    outside = not 500 <= amount <= 1600
    assert only(outcome, Reading).out_of_limits is outside
    assert [(flag.code, flag.params) for flag in outcome.flags] == (
        [("out_of_limits", {"item": "pressure", "value": quantity_text(amount)})] if outside else []
    )


@pytest.mark.parametrize(
    ("low", "high", "amount", "outside"),
    [
        (None, None, 10**9, False),
        (100, None, 99, True),
        (100, None, 100, False),
        (None, 100, 100, False),
        (None, 100, 101, True),
        (-20_000, -15_000, -25_000, True),
    ],
)
def test_a_limit_belongs_to_what_is_allowed(
    low: int | None, high: int | None, amount: int, outside: bool
) -> None:
    limited = type(ITEMS["pressure"])(code="x", type="number", en="x", zh="x", low=low, high=high)
    assert beyond(limited, amount) is outside


@pytest.mark.parametrize(
    ("item", "value"),
    [("leaks", "pass"), ("leaks", "fail"), ("pressure", "-3.5"), ("oil", "good"), ("remark", "好")],
)
def test_an_answer_that_fits_its_item_is_taken(item: str, value: str) -> None:
    assert only(done(state(), answering(item, value)), Reading).value == value


@pytest.mark.parametrize(
    ("item", "value", "code", "field"),
    [
        ("nothing", "pass", "unknown_choice", "args.item"),
        ("leaks", "yes", "unknown_choice", "args.value"),
        ("oil", "bad", "unknown_choice", "args.value"),
        ("pressure", "high", "wrong_value", "args.value"),
        ("pressure", "1,5", "wrong_value", "args.value"),
        ("pressure", "1e3", "wrong_value", "args.value"),
        ("remark", "turned \u202e round", "not_text", "args.value"),
        ("remark", " \n ", "not_text", "args.value"),
    ],
)
def test_an_answer_that_does_not_fit_says_where(
    item: str, value: str, code: str, field: str
) -> None:
    assert refusal(state(), answering(item, value)) == (code, field)


def test_an_item_that_does_not_apply_takes_any_word() -> None:
    outcome = done(state(), answering("pressure", "no gauge", not_applicable=True))
    reading = only(outcome, Reading)
    assert (reading.value, reading.amount, reading.not_applicable) == ("no gauge", None, True)
    assert flags(outcome) == []


def test_a_job_without_a_checklist_takes_any_answer() -> None:
    rows = state(structs.replace(ORDER, checklist_id=None))
    reading = only(done(rows, answering("anything", "12")), Reading)
    assert (reading.amount, reading.checklist_id) == (None, None)


def test_an_answer_after_the_end_is_kept_and_marked_late() -> None:
    over = state(structs.replace(ORDER, status="done"))
    assert flags(done(over, answering("leaks", "pass"))) == ["late"]


def test_an_answer_on_a_job_nobody_knows_is_refused() -> None:
    asked = act(
        "checklist.answer",
        {"item": "leaks", "value": "pass"},
        on=("work_order", ident("nothing")),
    )
    assert refusal(state(), asked) == ("unknown_subject", "on")


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.sampled_from([1, 100]),
)
def test_whatever_is_kept_can_be_read_again(value: str, times: int) -> None:
    # U+FB2C becomes three characters when it is normalised
    for typed in ((value * times)[:2000], (value + "\ufb2c" * 2000)[:2000]):
        outcome = judge(state(), answering("remark", typed))
        if isinstance(outcome, Outcome):
            reading = only(outcome, Reading)
            assert read_row("reading", write_row(reading)) == reading
            assert len(reading.value) <= TEXT_CHARS_MAX


def test_required_items_are_missing_until_somebody_answered() -> None:
    rows = state()
    assert missing_items(rows, CHECKLIST.id, ORDER.id) == ["leaks", "pressure"]
    rows.put(only(done(rows, answering("leaks", "fail")), Reading))
    assert missing_items(rows, CHECKLIST.id, ORDER.id) == ["pressure"]
    assert missing_items(rows, ident("unknown"), ORDER.id) == []
    assert missing_items(rows, None, ORDER.id) == []


def test_a_word_that_does_not_apply_is_not_checked() -> None:
    assert check(ITEMS["oil"], "none fitted", not_applicable=True) is None

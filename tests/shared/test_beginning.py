"""What the rules say of a job begun on the spot: what it takes over, and how it is called."""

from typing import Any

import pytest
from msgspec import structs

from shared.amounts import is_provisional
from shared.beginning import (
    Begun,
    orphan,
    phone_code,
    provisional_number,
    told_of,
)
from shared.tasks import Task
from shared.work_order import Assignment, StatusChange, WorkOrder
from tests.shared.company import (
    ANN,
    ASSET,
    NOW,
    ORDER,
    OTHER_ASSET,
    TICKET,
    act,
    done,
    flags,
    ident,
    only,
    refusal,
    state,
)

NEW = ("work_order", ident("new"))


def beginning(**changes: Any) -> Any:
    said = {
        "beside": ORDER.id,
        "provisional": "K7Q-0012",
        "summary": "Bracket is loose",
        "service": "repair",
        "asset": ASSET.id,
        "note": "Today",
    }
    return act("work_order.begin", {**said, **changes}, on=NEW, op="new")


def test_it_is_of_the_same_request_place_and_category_and_its_author_s_at_once() -> None:
    outcome = done(state(), beginning())
    assert only(outcome, WorkOrder) == WorkOrder(
        id=NEW[1],
        provisional="K7Q-0012",
        beside_id=ORDER.id,
        ticket_id=TICKET.id,
        customer_id=ORDER.customer_id,
        site_id=ORDER.site_id,
        asset_id=ASSET.id,
        category=ORDER.category,
        service="repair",
        priority=ORDER.priority,
        summary="Bracket is loose",
        job_note="Today",
        status="accepted",
        created_at=NOW + 1000,
    )
    given = only(outcome, Assignment)
    assert (given.person_id, given.role, given.until_ms) == (ANN.id, "lead", None)
    assert given.seen_at == given.accepted_at == NOW + 1000
    step = only(outcome, StatusChange)
    assert (step.before, step.after) == ("created", "accepted")
    assert {emit.name for emit in outcome.emits} == {"ticket.progress", "subscribe"}
    assert outcome.flags == ()


@pytest.mark.parametrize("asset", [OTHER_ASSET.id, ident("none")])
def test_a_machine_that_stands_elsewhere_is_left_out(asset: str) -> None:
    assert only(done(state(), beginning(asset=asset)), WorkOrder).asset_id is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"beside": ident("none")}, ("unknown_subject", "args.beside")),
        ({"summary": "\u200b"}, ("not_text", "args.summary")),
    ],
)
def test_what_cannot_be_begun(changes: dict[str, str], told: tuple[str, str]) -> None:
    assert refusal(state(), beginning(**changes)) == told


def test_beside_a_job_that_is_over_it_is_late() -> None:
    over = state(structs.replace(ORDER, status="cancelled"))
    assert flags(done(over, beginning())) == ["late"]


def test_of_two_that_are_called_the_same_the_second_opens_a_task() -> None:
    other = structs.replace(ORDER, id=ident("other"), number="WO-26-1", provisional="K7Q-0012")
    outcome = done(state(other), beginning())
    assert flags(outcome) == ["alias_twice"]
    assert only(outcome, Task).params == {"provisional": "K7Q-0012", "other": "WO-26-1"}


def test_a_number_is_a_phone_s_code_and_a_count() -> None:
    numbers = {provisional_number(ident(str(one)), 12) for one in range(300)}
    assert all(is_provisional(one) for one in numbers)
    assert not any(map(is_provisional, ("WO-26-000123", "T-26-000123", "", "K7Q-12")))
    assert {one.partition("-")[2] for one in numbers} == {"0012"}
    assert len({phone_code(ident(str(one))) for one in range(300)}) > 290  # seldom twice
    assert not any(sign in "IO01" for one in numbers for sign in one.partition("-")[0])
    assert provisional_number(ident("a"), 123_456).endswith("-123456")


def test_a_stub_takes_of_the_words_what_can_be_used() -> None:
    said = {
        "args": {"beside": ORDER.id, "provisional": "no", "summary": "\u0000", "service": 5},
    }
    assert told_of(said) == {"beside": ORDER.id}
    nothing: tuple[Any, ...] = (None, 5, [], {}, {"args": 5})
    assert [told_of(one) for one in nothing] == [{}] * len(nothing)
    begun = Begun(id=NEW[1], by=ANN.id, at=NOW, **told_of(said))
    stub, once, asked = orphan(begun, ORDER)
    assert isinstance(stub, WorkOrder)
    assert isinstance(once, Assignment)
    assert isinstance(asked, Task)
    assert (stub.orphan, stub.summary, stub.status) == (True, ORDER.summary, "created")
    assert once.until_ms is not None
    assert (asked.code, asked.home_id) == ("orphan", NEW[1])

"""The same strokes under two customers' papers are copied: that is told, and nothing is lost."""

from typing import Any

import pytest
from msgspec import structs

from shared.errors import Flag
from shared.ink_claims import InkClaim
from shared.registry import Outcome
from shared.sign_off import SignOff
from shared.tasks import Task
from tests.proof import DOT, INK, signature
from tests.shared.company import ANN, ORDER, done, flags, ident, land, only
from tests.shared.proven import DONE, books, document
from tests.shared.test_signing import OTHER, THEIRS, seal_in, take

STRANGE = structs.replace(OTHER, customer_id=ident("another customer"))


def sign(known: Any, order: str, op: str, **changes: Any) -> Outcome:
    made = document(known, jobs=(order,))
    asked = structs.replace(
        take(signature(made, ANN.id, **changes), op=op), on=("work_order", order)
    )
    outcome = done(known, asked)
    land(known, outcome)
    return outcome


def told(outcome: Outcome) -> list[str]:
    return [code for code in flags(outcome) if code == "ink_reused"]


def test_the_first_claim_of_some_strokes_stands_and_the_second_opens_a_task() -> None:
    """S3."""
    known = books(*THEIRS, STRANGE)
    first = sign(known, ORDER.id, "first")
    claim = only(first, InkClaim)
    assert (claim.customer_id, claim.work_order_id, claim.group_id) == (
        DONE.customer_id,
        ORDER.id,
        ident("first"),
    )
    assert told(first) == []
    second = sign(known, OTHER.id, "second")
    assert Flag(code="ink_reused") in second.flags
    assert [row for row in second.rows if isinstance(row, InkClaim)] == []
    (task,) = (row for row in second.rows if isinstance(row, Task) and row.code == "ink_reused")
    assert (task.home_id, task.done, task.params) == (
        OTHER.id,
        False,
        {"code": seal_in(second).code, "first": ORDER.id},
    )
    assert only(second, SignOff).work_order_id == OTHER.id


def test_another_pad_makes_no_other_strokes() -> None:
    known = books(*THEIRS, STRANGE)
    sign(known, ORDER.id, "first")
    wider = structs.replace(INK, width=INK.width + 1)
    assert told(sign(known, OTHER.id, "second", ink=wider)) == ["ink_reused"]


def test_a_customer_may_sign_for_several_jobs_and_again() -> None:
    known = books(*THEIRS)
    sign(known, ORDER.id, "first")
    assert told(sign(known, OTHER.id, "second")) == []


def test_several_jobs_in_one_signature_are_one_use_of_the_ink() -> None:
    known = books(*THEIRS, STRANGE)
    made = document(known, jobs=(ORDER.id, OTHER.id))
    assert told(done(known, take(signature(made, ANN.id)))) == []


@pytest.mark.parametrize("ink", [None, DOT], ids=["none", "a dot"])
def test_what_is_no_signature_is_nobodys(ink: Any) -> None:
    known = books(*THEIRS, STRANGE)
    first = sign(known, ORDER.id, "first", ink=ink)
    assert [row for row in first.rows if isinstance(row, InkClaim)] == []
    assert told(sign(known, OTHER.id, "second", ink=ink)) == []


def test_other_strokes_are_another_signature() -> None:
    known = books(*THEIRS, STRANGE)
    sign(known, ORDER.id, "first")
    other = structs.replace(INK, strokes=(INK.strokes[0],))
    assert told(sign(known, OTHER.id, "second", ink=other)) == []

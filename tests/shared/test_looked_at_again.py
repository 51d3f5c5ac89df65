"""The office looks at a signature again once more is known, and settles each fact once."""

from typing import Any

import pytest
from msgspec import structs

from shared.records import Record, State
from shared.registry import Outcome
from shared.sign_off import SignedDocument, SignOff
from shared.tasks import Task
from tests.proof import signature
from tests.shared.company import ANN, BEN, NOW, ORDER, act, done, flags, ident, land, refusal
from tests.shared.proven import ADVICE, PLATE, PRICES, books, document
from tests.shared.test_signing import (
    OTHER,
    THEIRS,
    codes,
    seal_in,
    signed,
    take,
    with_other_ink,
)


def check(known: State, found: SignOff, **more: Any) -> Outcome:
    told = {"sign_off": found.id, "also": [], "price_list": PRICES.id, **more}
    return done(known, act("sign_off.check", told, op="check"))


def pending(*missing: Record) -> tuple[State, SignOff]:
    """A sign-off that waits for some facts, and the books without them."""
    gone = {row.id for row in missing}
    known = State(row for row in books()._rows.values() if row.id not in gone)
    outcome = signed(known)
    land(known, outcome)
    return known, seal_in(outcome)


def test_what_has_come_seals_a_sign_off_that_waited() -> None:
    known, found = pending(ADVICE, PLATE)
    assert set(found.faults) == {ADVICE.id, PLATE.id}
    known.put(ADVICE)
    known.put(PLATE)
    outcome = check(known, found)
    assert (seal_in(outcome).state, seal_in(outcome).faults) == ("sealed", ())
    assert (flags(outcome), codes(outcome)) == ([], [])
    land(known, outcome)
    assert check(known, seal_in(outcome)).merged


def test_what_never_comes_makes_it_diverge_and_what_comes_after_all_seals_it() -> None:
    known, found = pending(ADVICE)
    outcome = check(known, found)
    assert (seal_in(outcome).state, seal_in(outcome).faults) == ("diverged", (ADVICE.id,))
    assert (flags(outcome), codes(outcome)) == (["seal_diverged"], ["seal_diverged"])
    land(known, outcome)
    assert check(known, seal_in(outcome)).merged
    known.put(ADVICE)
    healed = check(known, seal_in(outcome))
    assert seal_in(healed).state == "sealed"
    assert [row.done for row in healed.rows if isinstance(row, Task)] == [True]


def test_a_task_that_somebody_has_closed_stays_as_they_closed_it() -> None:
    known, found = pending(ADVICE)
    outcome = check(known, found)
    land(known, outcome)
    (task,) = known.all(Task)
    known.put(structs.replace(task, done=True, closed_by=BEN.id, closed_at=NOW))
    known.put(ADVICE)
    healed = check(known, seal_in(outcome))
    assert seal_in(healed).state == "sealed"
    assert [row for row in healed.rows if isinstance(row, Task)] == []


def test_what_comes_otherwise_than_it_was_shown_makes_it_diverge() -> None:
    known, found = pending(ADVICE)
    known.put(structs.replace(ADVICE, text="x"))
    assert seal_in(check(known, found)).faults == (ADVICE.id,)


def test_what_changed_after_the_signature_is_no_divergence() -> None:
    known, found = pending(ADVICE)
    known.put(ADVICE)
    known.put(structs.replace(PLATE, caption="said better since"))
    assert seal_in(check(known, found)).state == "sealed"


def test_a_broken_seal_stays_broken() -> None:
    known = books()
    outcome = done(known, take(with_other_ink(signature(document(), ANN.id))))
    land(known, outcome)
    assert check(known, seal_in(outcome)).merged


def test_the_other_jobs_hear_of_it_too() -> None:
    known = books(*THEIRS)
    made = document(known, jobs=(ORDER.id, OTHER.id))
    known = State(row for row in known._rows.values() if row.id != ident("other note"))
    outcome = signed(known, made)
    land(known, outcome)
    known.put(THEIRS[3])
    land(known, check(known, seal_in(outcome), also=[OTHER.id]))
    assert [one.state for one in known.all(SignOff)] == ["sealed", "sealed"]


@pytest.mark.parametrize("gone", [SignOff, SignedDocument])
def test_a_sign_off_that_is_not_there_cannot_be_looked_at(gone: type[Record]) -> None:
    known, found = pending(ADVICE)
    rows = State(row for row in known._rows.values() if not isinstance(row, gone))
    told = act("sign_off.check", {"sign_off": found.id})
    assert refusal(rows, told) == ("unknown_subject", "args.sign_off")


def test_a_sign_off_is_looked_at_on_its_own_job_only() -> None:
    known, found = pending(ADVICE)
    elsewhere = act("sign_off.check", {"sign_off": found.id}, on=("work_order", OTHER.id))
    known.put(OTHER)
    assert refusal(known, elsewhere) == ("unknown_subject", "args.sign_off")

"""Notes are kept word for word with their authors; mending an op names the right one."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from shared.amounts import TEXT_CHARS_MAX, tidy
from shared.kinds import read_row, write_row
from shared.notes import Note
from shared.registry import Outcome
from tests.shared.company import (
    DORA,
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


def writing(text: str, audience: str = "internal") -> Outcome:
    asked = act("note.add", {"text": text, "audience": audience}, by=DORA, visit=VISIT.id)
    return done(state(), asked)


def test_a_note_is_kept_with_its_author() -> None:
    note = only(writing(" gate 3\r\nring twice ", "customer"), Note)
    assert note == Note(
        id=note.id,
        work_order_id=ORDER.id,
        visit_id=VISIT.id,
        text="gate 3\nring twice",
        audience="customer",
        person_id=DORA.id,
        at=NOW + 1000,
    )


@pytest.mark.parametrize("text", [" ", "\n\t", "a\x00b", "\u202eevil", "\ufb2c" * TEXT_CHARS_MAX])
def test_a_note_that_says_nothing_or_cannot_be_shown_is_refused(text: str) -> None:
    asked = act("note.add", {"text": text, "audience": "internal"})
    assert refusal(state(), asked) == ("not_text", "args.text")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_a_note_that_is_kept_can_be_read_again(text: str) -> None:
    outcome = judge(state(), act("note.add", {"text": text, "audience": "internal"}))
    if isinstance(outcome, Outcome):
        note = only(outcome, Note)
        assert note.text == tidy(text)
        assert read_row("note", write_row(note)) == note


def test_a_note_on_a_closed_job_is_late_but_kept() -> None:
    rows = state(structs.replace(ORDER, status="handed_in"))
    outcome = done(rows, act("note.add", {"text": "x", "audience": "internal"}))
    assert flags(outcome) == ["late"]


def test_a_note_on_nothing_is_refused() -> None:
    args = {"text": "x", "audience": "internal"}
    asked = act("note.add", args, on=("work_order", ident("nothing")))
    assert refusal(state(), asked) == ("unknown_subject", "on")


OTHER = ident("other op")
MENDED: dict[str, dict[str, Any]] = {
    "op.discard": {"of": OTHER, "reason": "typed twice"},
    "op.accept": {"of": OTHER, "body_fingerprint": "0" * 64},
    "op.repair": {
        "of": OTHER,
        "body_fingerprint": "0" * 64,
        "kind": "note.add",
        "v": 1,
        "on": ["work_order", ORDER.id],
        "args": {"text": "x", "audience": "internal"},
    },
}


@pytest.mark.parametrize("kind", MENDED)
def test_mending_an_op_does_nothing_by_itself(kind: str) -> None:
    assert done(state(), act(kind, MENDED[kind], on=("op", OTHER))) == Outcome()


@pytest.mark.parametrize("kind", MENDED)
def test_mending_must_be_on_the_op_it_names(kind: str) -> None:
    asked = act(kind, MENDED[kind], on=("op", ident("another op")))
    assert refusal(state(), asked) == ("wrong_value", "args.of")

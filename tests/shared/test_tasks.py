"""Tasks: somebody sees to them and says what became of it."""

from typing import Any

from msgspec import structs

from shared.tasks import Task
from tests.shared.company import DORA, NOW, VAN, act, done, ident, refusal, state

OPEN = Task(id=ident("task"), home_noun="location", home_id=VAN.id, code="recount", op_id="o", at=1)


def closing(note: str = "", task: str = OPEN.id) -> Any:
    return act("task.close", {"note": note} if note else {}, on=("task", task), by=DORA)


def test_a_task_says_who_closed_it_when_and_how() -> None:
    assert done(state(OPEN), closing(" 已电话联系 ")).rows == (
        structs.replace(
            OPEN, done=True, closed_at=NOW + 1000, closed_by=DORA.id, note="已电话联系"
        ),
    )


def test_closing_a_closed_task_changes_nothing() -> None:
    outcome = done(state(structs.replace(OPEN, done=True)), closing())
    assert (outcome.merged, outcome.rows) == (True, ())


def test_a_task_that_is_not_there_or_a_note_nobody_can_read_is_refused() -> None:
    assert refusal(state(), closing()) == ("unknown_subject", "on")
    assert refusal(state(OPEN), closing("\u202e")) == ("not_text", "args.note")

"""Notes: what people write on a job, each line kept with its author."""

from typing import Literal

from shared.amendments import amendment
from shared.amounts import Id, Text, is_sayable, tidy
from shared.errors import Refused, refuse_value
from shared.ids import derive
from shared.records import Record, State
from shared.registry import Act, Args, Kind, Outcome
from shared.work_order import lateness, subject


class Note(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One note. Internal notes are never shown to the customer."""

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    text: Text
    audience: Literal["internal", "customer"]
    person_id: Id
    at: int


class AddArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What is written, and who may read it."""

    text: Text
    audience: Literal["internal", "customer"]


def add(state: State, act: Act) -> Outcome | Refused:
    """Write a note on a job."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: AddArgs = act.args
    if not is_sayable(args.text):
        return refuse_value("not_text", "args.text")
    note = Note(
        id=derive(act.op_id, "note"),
        work_order_id=order.id,
        visit_id=act.visit,
        text=tidy(args.text),
        audience=args.audience,
        person_id=act.by.id,
        at=act.at,
    )
    late = Outcome()
    if note.audience == "customer":
        late = amendment(state, act, note.visit_id, new=note.id)
    return Outcome(rows=(note, *late.rows), flags=(*lateness(order), *late.flags))


KINDS = (
    Kind(
        name="note.add",
        cls="fact",
        nouns=frozenset({"work_order"}),
        args=AddArgs,
        reduce=add,
        device=True,
    ),
)

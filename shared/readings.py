"""Answering a checklist: one reading at a time, each kept."""

from typing import Annotated

from msgspec import Meta

from shared.amendments import amendment
from shared.amounts import Code, Id, is_sayable, thousandths, tidy
from shared.checklist import Checklist, Item, Reading, beyond, check
from shared.errors import Flag, Refused, refuse_value
from shared.ids import derive
from shared.records import State
from shared.registry import Act, Args, Kind, Outcome
from shared.work_order import lateness, subject, with_its_checklist

VALUE_CHARS_MAX = 2000


class AnswerArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """An answer to one item: `pass` or `fail`, a number as text, a choice's code, or words."""

    item: Code
    value: Annotated[str, Meta(min_length=1, max_length=VALUE_CHARS_MAX)]
    not_applicable: bool = False
    asset: Id | None = None


def answer(state: State, act: Act) -> Outcome | Refused:
    """Write one answer down (R-DIA-01); a measurement beyond its limits is kept and marked."""
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: AnswerArgs = act.args
    checklist = state.find(Checklist, order.checklist_id)
    item = (
        next((one for one in checklist.items if one.code == args.item), None) if checklist else None
    )
    if checklist is not None and item is None:
        return refuse_value("unknown_choice", "args.item", item=args.item, value=args.item)
    refused = check(item, args.value, not_applicable=args.not_applicable) if item else None
    if refused is not None:
        return refused
    if not is_sayable(args.value):
        return refuse_value("not_text", "args.value", item=args.item)
    reading = _reading(act, order.checklist_id, item)
    marked = (
        (Flag(code="out_of_limits", params={"item": args.item, "value": args.value}),)
        if reading.out_of_limits
        else ()
    )
    late = amendment(state, act, reading.visit_id, new=reading.id)
    return Outcome(rows=(reading, *late.rows), flags=(*marked, *lateness(order), *late.flags))


def _reading(act: Act, checklist_id: str | None, item: Item | None) -> Reading:
    args: AnswerArgs = act.args
    measured = item is not None and item.type == "number" and not args.not_applicable
    amount = thousandths(args.value) if measured else None
    return Reading(
        id=derive(act.op_id, "reading"),
        work_order_id=act.on[1],
        visit_id=act.visit,
        asset_id=args.asset,
        checklist_id=checklist_id,
        item=args.item,
        value=tidy(args.value),
        amount=amount,
        not_applicable=args.not_applicable,
        out_of_limits=item is not None and amount is not None and beyond(item, amount),
        person_id=act.by.id,
        at=act.at,
    )


KINDS = (
    Kind(
        name="checklist.answer",
        cls="fact",
        nouns=frozenset({"work_order"}),
        args=AnswerArgs,
        reduce=answer,
        device=True,
        mentions=(("asset", "asset"),),
        refs=with_its_checklist,
    ),
)

"""Checklists: what is to be looked at, with limits, and the readings taken."""

from typing import Literal

import msgspec
from msgspec import Struct

from shared.amounts import (
    Code,
    Id,
    Line,
    Number,
    OptionalLine,
    Text,
)
from shared.errors import Refused, refuse_value
from shared.photos import Photo
from shared.records import Record, State

ItemType = Literal["pass_fail", "number", "choice", "text"]
PASS_FAIL = ("pass", "fail")


class Choice(Struct, frozen=True, kw_only=True):
    """One answer that may be chosen, in both languages."""

    code: Code
    en: Line
    zh: Line


class Item(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to look at. `low` and `high` are thousandths of `unit`, both included."""

    code: Code
    type: ItemType
    en: Line
    zh: Line
    required: bool = False
    unit: OptionalLine = ""
    low: int | None = None
    high: int | None = None
    choices: tuple[Choice, ...] = ()


class PhotoSlot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture that the job asks for, by what it is to show."""

    code: Code
    en: Line
    zh: Line
    required: bool = False


class Checklist(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be looked at on one kind of job. A new edition is a new record."""

    home = ("catalog", "")

    en: Line
    zh: Line
    items: tuple[Item, ...]
    photos: tuple[PhotoSlot, ...] = ()


class Reading(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One answer or measurement. The newest of an item stands; older ones are kept.

    `value` is the text as given; `amount` the same in thousandths where it is a number.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    asset_id: Id | None = None
    checklist_id: Id | None = None
    item: Code
    value: Text
    amount: int | None = None
    not_applicable: bool = False
    out_of_limits: bool = False
    person_id: Id
    at: int


def check(item: Item, value: str, *, not_applicable: bool) -> Refused | None:
    """The refusal of a value that an item cannot hold, or None."""
    if not_applicable:
        return None
    if item.type == "pass_fail" and value not in PASS_FAIL:
        return refuse_value("unknown_choice", "args.value", item=item.code, value=value)
    if item.type == "choice" and value not in {one.code for one in item.choices}:
        return refuse_value("unknown_choice", "args.value", item=item.code, value=value)
    if item.type == "number" and not is_number(value):
        return refuse_value("wrong_value", "args.value", reason=value, item=item.code)
    return None


def is_number(text: str) -> bool:
    """Whether a text is a number as readings are written."""
    try:
        msgspec.convert(text, Number)
    except msgspec.ValidationError:
        return False
    return True


def beyond(item: Item, amount: int) -> bool:
    """Whether a measurement lies outside an item's limits."""
    low, high = item.low, item.high
    return (low is not None and amount < low) or (high is not None and amount > high)


def missing_items(state: State, checklist_id: str | None, work_order_id: str) -> list[str]:
    """The codes of required items that nobody has answered, and of photos that nobody took."""
    checklist = state.find(Checklist, checklist_id)
    if checklist is None:
        return []
    answered = {one.item for one in state.of(Reading, work_order_id)}
    taken = {one.slot for one in state.of(Photo, work_order_id) if one.dropped_at is None}
    return [
        *(one.code for one in checklist.items if one.required and one.code not in answered),
        *(one.code for one in checklist.photos if one.required and one.code not in taken),
    ]

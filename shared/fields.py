"""The merge policy of every field that both sides may edit: one table, no `if`."""

import re
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from shared.amounts import (
    LocalTime,
    OptionalLine,
    OptionalText,
    has_control_characters,
    tidy,
)
from shared.errors import Refused, refuse_value

Wins = Literal["office", "device", "both"]
PRIORITIES: Final = ("low", "normal", "urgent", "emergency")
Priority = Annotated[str, Meta(pattern=rf"^({'|'.join(PRIORITIES)})$(?!\n)")]
Phone = Annotated[str, Meta(max_length=40, pattern=r"^[0-9+()\-. #*/x]*$(?!\n)")]


class Field(Struct, frozen=True, kw_only=True):
    """How one field is written and who wins when both sides changed it.

    `office` and `device` name the side whose value stands; `both` keeps both texts with their
    authors. `digits_only` compares telephone numbers without their punctuation.
    """

    noun: str
    kind: Any
    wins: Wins
    digits_only: bool = False


FIELDS: Final[dict[str, Field]] = {
    "contact_name": Field(noun="site", kind=OptionalLine, wins="device"),
    "contact_phone": Field(noun="site", kind=Phone, wins="device", digits_only=True),
    "access_notes": Field(noun="site", kind=OptionalText, wins="device"),
    "planned_from": Field(noun="work_order", kind=LocalTime | None, wins="office"),
    "planned_to": Field(noun="work_order", kind=LocalTime | None, wins="office"),
    "priority": Field(noun="work_order", kind=Priority, wins="office"),
    "job_note": Field(noun="work_order", kind=OptionalText, wins="both"),
}


def same(field: Field, one: Any, other: Any) -> bool:
    """Whether two values of a field mean the same."""
    return bool(normal(field, one) == normal(field, other))


_MOBILE: Final = re.compile(r"(\+86)?(1[3-9]\d)(\d{4})(\d{4})")
_EXTRA: Final = re.compile(r"[^\d\s+()-]")  # an extension, a name: nothing to be lost


def normal(field: Field, value: Any) -> Any:
    """A value as it is compared: tidy text, an empty one like none, a number by its digits."""
    if not isinstance(value, str):
        return value or None
    text = tidy(value)
    return (digits(text) if field.digits_only else text) or None


def digits(phone: str) -> str:
    """A telephone number as it is compared, without its punctuation."""
    return "".join(sign for sign in phone if sign.isdigit() or sign == "+")


def read_out(phone: str) -> str:
    """A telephone number as it is read out: a mobile one in groups, another as it is written."""
    found = _MOBILE.fullmatch(digits(phone))
    if found is None or _EXTRA.search(phone):
        return phone
    return " ".join(part for part in found.groups() if part)


def check(name: str, value: Any) -> Refused | None:
    """The refusal of a value that a field cannot hold once it is tidy, or None."""
    path = f"args.fields.{name}"
    kept = tidy(value) if isinstance(value, str) else value
    try:
        msgspec.convert(kept, FIELDS[name].kind)
    except msgspec.ValidationError as wrong:
        return refuse_value("wrong_value", path, reason=str(wrong))
    if isinstance(kept, str) and has_control_characters(kept):
        return refuse_value("not_text", path)
    return None

"""Money, quantities and text: the scalar types of the wire, with their limits."""

import datetime
import re
import unicodedata
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from shared.ids import ID_PATTERN

QUANTITY_PATTERN = r"^[0-9]{1,7}(\.[0-9]{1,3})?$(?!\n)"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
THOUSAND = 1000
LINE_CHARS_MAX = 200
# At least one character that can be seen: neither space nor an invisible joiner or mark.
_VISIBLE = re.compile(r"[^\s\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff]")
TEXT_CHARS_MAX = 4000

Id = Annotated[str, Meta(pattern=ID_PATTERN, description="UUID, lower case with dashes")]
Quantity = Annotated[
    str,
    Meta(pattern=QUANTITY_PATTERN, description="decimal text, at most three places, e.g. 1.5"),
]
Number = Annotated[
    str,
    Meta(
        pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,3})?$(?!\n)",
        description="decimal text, may be negative",
    ),
]
Line = Annotated[str, Meta(min_length=1, max_length=LINE_CHARS_MAX)]
OptionalLine = Annotated[str, Meta(max_length=LINE_CHARS_MAX)]
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
OptionalText = Annotated[str, Meta(max_length=TEXT_CHARS_MAX)]
PROVISIONAL_PATTERN = r"^[A-Z][0-9A-Z]{2}-[0-9]{4,9}$(?!\n)"
Provisional = Annotated[
    str, Meta(pattern=PROVISIONAL_PATTERN, description="a phone's code and a count, K7Q-0012")
]
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,40}$(?!\n)", description="stable code")]
LocalTime = Annotated[
    str,
    Meta(
        pattern=rf"^{_DAY}T([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)",
        description="local wall time at the site, 2026-11-21T09:30",
    ),
]
LocalDate = Annotated[
    str,
    Meta(
        pattern=rf"^{_DAY}$(?!\n)",
        description="a day, 2026-11-21",
    ),
]

_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Money(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount in minor units (cents, 分) of an ISO 4217 currency."""

    minor: int
    currency: str


def is_provisional(number: str) -> bool:
    """Whether a job's number is one that a phone gave it, until the office knows of it."""
    return re.match(PROVISIONAL_PATTERN, number) is not None


def thousandths(quantity: str) -> int:
    """A quantity or reading of the wire (`1.5`) as an integer number of thousandths (1500)."""
    return int(Decimal(quantity) * THOUSAND)


def quantity_text(amount: int) -> str:
    """An integer number of thousandths (1500) as people write it (`1.5`)."""
    sign, whole, rest = "-" if amount < 0 else "", *divmod(abs(amount), THOUSAND)
    return f"{sign}{whole}" + (f".{rest:03d}".rstrip("0") if rest else "")


def tidy(text: str) -> str:
    """Text as it is kept and compared: NFC, one kind of line end, no space at the ends."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def is_sayable(text: str) -> bool:
    """Whether text, once tidy, says something, can be shown, and is not too long to be kept.

    Normalising can make a text up to three times as long.
    """
    kept = tidy(text)
    if len(kept) > TEXT_CHARS_MAX or _VISIBLE.search(kept) is None:
        return False
    return not has_control_characters(kept)


def is_real(local: str) -> bool:
    """Whether a day or a wall time that looks like one is in the calendar (no 30 February)."""
    try:
        datetime.datetime.fromisoformat(local)
    except ValueError:
        return False
    return True


def without_control_characters(text: str) -> str:
    """What is left of a text that was pasted from anywhere."""
    return _FORBIDDEN.sub("", text)


def has_control_characters(text: str) -> bool:
    """Whether text holds what no person types: controls, direction overrides, lone surrogates."""
    return _FORBIDDEN.search(text) is not None

"""Tax numbers: whether what somebody dictates can be one, down to its check digit."""

import re
from typing import Final, Literal

# 统一社会信用代码 (GB 32100): seventeen signs and one that checks them; no I, O, S, V, Z.
SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_CHARS: Final = 18
_WEIGHT: Final = 3
# What was given before, or to people: only the shape can be looked at.
_OLDER: Final = re.compile(r"[0-9]{6}[0-9A-Z]{9}|[0-9]{17}[0-9X][0-9]{2}")
_CODE: Final = re.compile(rf"[{SIGNS}]{{{CODE_CHARS}}}")

Fault = Literal["", "wrong_value", "wrong_check_digit"]


def plain(number: str) -> str:
    """A tax number as it is kept: without spaces, in capitals, full-width signs made plain."""
    narrow = (chr(ord(one) - 0xFEE0) if "！" <= one <= "～" else one for one in number)
    return "".join("".join(narrow).split()).upper()


def check_sign(code: str) -> str:
    """The last sign of a 统一社会信用代码, from its first seventeen."""
    count = len(SIGNS)
    added = sum(
        SIGNS.index(one) * pow(_WEIGHT, place, count)
        for place, one in enumerate(code[: CODE_CHARS - 1])
    )
    return SIGNS[-added % count]


def fault(number: str) -> Fault:
    """What is wrong with a number, written plainly: its shape, or its check digit."""
    if _OLDER.fullmatch(number):
        return ""
    if _CODE.fullmatch(number) is None:
        return "wrong_value"
    return "" if number[-1] == check_sign(number) else "wrong_check_digit"

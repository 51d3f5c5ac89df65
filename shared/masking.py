"""Masking: a telephone number as it may be seen over a shoulder, or on a paper left behind."""

import re
from typing import Final

NOTHING: Final = "–"
# The number itself, however it is spaced, and an extension behind it.
_PHONE: Final = re.compile(r"(\D*\d(?:\D{0,3}\d){6,}?)([-x#]\d{1,6})?")
_AREA: Final = re.compile(r"\D*0\d{3}\D")  # an area code of four digits
# What may be a number within a text: digits, in groups, and at least as many as one has.
_IN_TEXT: Final = re.compile(r"(?<![\w-])\+?\d(?:[ ()\-]{0,2}\d){6,19}(?![\w])")
SHOWN_FIRST, SHOWN_LAST = 3, 4


def masked(phone: str | None) -> str:
    """138 **** 5678: a number as it may be seen over a shoulder."""
    found = _PHONE.fullmatch(phone or "")
    if found is None:
        return phone or NOTHING
    count = sum(sign.isdigit() for sign in found[1])
    first = SHOWN_FIRST + (_AREA.match(found[1]) is not None)
    hidden = range(min(first, count - SHOWN_LAST), count - SHOWN_LAST)
    places = (place for place, sign in enumerate(found[1]) if sign.isdigit())
    stars = {place for number, place in enumerate(places) if number in hidden}
    shown = ("*" if place in stars else sign for place, sign in enumerate(found[1]))
    return "".join(shown) + (found[2] or "")


def masked_in(text: str) -> str:
    """A text in which every telephone number is masked."""
    return _IN_TEXT.sub(lambda found: masked(found[0]), text)

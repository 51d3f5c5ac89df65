"""What people type into the fields of amounts, rates and quantities, as they write it.

A Chinese keyboard writes １２３．５０ as readily as 123.50, and both mean the same here, in the app
and in the console. What could be read in two ways is read in none.
"""

import re
import unicodedata
from typing import Final

from shared.amounts import QUANTITY_PATTERN
from shared.money import DECIMALS
from shared.prices import MINOR_MAX

WIDE: Final = "<wide>"  # how Unicode marks the full-width form of a character
_GROUPED: Final = re.compile(r"[1-9][0-9]{0,2}(?:[, ][0-9]{3})+(?=$|\.)")
_AMOUNT: Final = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{0,3}))?")
_RATE: Final = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?")
_SIGNS: Final = "¥$€£"
RATE_MAX: Final = 10_000


def plain(text: str) -> str:
    """A text with full-width characters as the ordinary ones, and without space around it.

    Only those: a raised ² is no 2, and ½ no 1 and 2.
    """
    told = (
        unicodedata.normalize("NFKC", one)
        if unicodedata.decomposition(one).startswith(WIDE)
        else one
        for one in text
    )
    return "".join(told).replace("。", ".").replace("\u00a0", " ").strip()


def minor(text: str, currency: str) -> int | None:
    """An amount as people write it, in minor units; None for what is none: `1,280.5` is 128050.

    A comma before three digits groups them, any other begins the fraction, as in `80,50`.
    """
    digits = DECIMALS.get(currency, 2)
    bare = plain(text).lstrip(_SIGNS).strip()
    grouped = _GROUPED.match(bare)
    if grouped is not None:
        bare = re.sub("[, ]", "", grouped[0]) + bare[grouped.end() :]
    found = _AMOUNT.fullmatch(bare)
    if found is None or len(found[2] or "") > digits:
        return None
    amount = int(found[1]) * 10**digits + int((found[2] or "").ljust(digits, "0") or 0)
    return amount if amount <= MINOR_MAX else None


def major(amount: int, currency: str) -> str:
    """An amount as it stands in a field: `1280.50`."""
    digits = DECIMALS.get(currency, 2)
    whole, rest = divmod(amount, 10**digits)
    return f"{whole}.{rest:0{digits}}" if digits else str(whole)


def rate(text: str) -> int | None:
    """A tax rate in percent as basis points; None for what is none: `13` and `13%` are 1300."""
    found = _RATE.fullmatch(plain(text).removesuffix("%").strip())
    if found is None:
        return None
    points = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return points if points <= RATE_MAX else None


def percent(points: int) -> str:
    """A tax rate as it stands in a field: `13`."""
    return f"{points / 100:g}"


def quantity(text: str) -> str:
    """A quantity as the wire has it (`1,5` is 1.5), or an empty text where it is none."""
    bare = plain(text).replace(",", ".")
    bare = f"0{bare}" if bare.startswith(".") else bare.removesuffix(".")
    return bare if re.search(QUANTITY_PATTERN, bare) else ""


def whole(text: str, digits_max: int) -> int | None:
    """A whole number, as of days; None for what is none, or has more digits."""
    bare = plain(text)
    fits = bare.isascii() and bare.isdigit() and len(bare) <= digits_max
    return int(bare) if fits else None

"""Lines of text: where mixed Chinese and Latin text may be broken, and what air stands within it.

Widths are in thousandths of an em, as fonts have them.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

EM: Final = 1000
ELLIPSIS: Final = "…"
END: Final = "\0"  # what stands behind the last character, with no air before it
SPACES: Final = " \u00a0"
_FIRM: Final = "\u00a0"  # a space that no line ends at
# Closing marks never open a line, opening marks never end one (GB/T 15834, W3C clreq 3.1).
NO_START: Final = frozenset("，。、；：？！）】》〉」』〕”’…—·～％‰℃々ー,.;:?!)]}%°²³")
NO_END: Final = frozenset("（【《〈「『〔“‘([{¥￥＃#№€£$")
# Full-width marks leave half of their em empty: behind it or before it.
CLOSING: Final = frozenset("，。、；：）】》〉」』〕")
OPENING: Final = frozenset("（【《〈「『〔")
COUNTERS: Final = frozenset("年月日号栋幢座层室楼弄路米元角分台个件只次根度时秒天套升卷副页岁")
_JOINTS: Final = frozenset("-/_@.")  # long codes and addresses may be broken behind these
_MONTHS: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_UNITS: Final = "[kMm]?Pa|[kmMG]?[VAWΩg]|kg|mg|min|h|s|K|[kcm]?m|Hz|°C|℃|%|L|days?|pcs?"
_FIRMLY: Final = re.compile(
    rf"(?<=\d) (?=(?:{_UNITS}|{_MONTHS}|[天个只次件套米升卷副]|小时|分钟|公里|公斤)(?![A-Za-z]))"
    r"|(?<=[a-z]{2}) (?=20\d\d\b)"
)
_PUSHED: Final = re.compile(" (?=[" + re.escape("".join(sorted(NO_START - set("°²³")))) + "])")
SQUEEZE: Final = -500
AIR: Final = 90  # less than readers of a PDF take for a space
_LONELY: Final = 2
_LINGER: Final = 6

Widths = Callable[[str], int]


def is_han(sign: str) -> bool:
    """Whether a character stands in a square of its own."""
    return (
        "\u2e80" <= sign <= "\u9fff"
        or "\uf900" <= sign <= "\ufaff"
        or "\uff00" <= sign <= "\uffef"
        or "\U00020000" <= sign <= "\U0003ffff"
        or sign == "℃"
    )


def gap(before: str, after: str) -> int:
    """The air between two characters: marks that meet close up, Chinese keeps off Latin."""
    if before in CLOSING and (after in CLOSING or after in OPENING):
        return SQUEEZE
    if before in OPENING and after in OPENING:
        return SQUEEZE
    apart = is_han(before) != is_han(after)
    latin = after.isalnum() or after in "¥€$"
    return AIR if apart and before.isalnum() and latin else 0


def tidied(text: str) -> str:
    """A text with its letters put together, one kind of space, and its units held to figures."""
    plain = unicodedata.normalize("NFC", text).replace("\t", " ").replace("\r\n", "\n")
    return _PUSHED.sub(_FIRM, _FIRMLY.sub(_FIRM, plain))


def width_of(text: str, widths: Widths) -> int:
    """How wide a text is, with the air in it."""
    return sum(widths(one) + gap(one, after) for one, after in pairwise(text + END))


def broken(text: str, width: int, widths: Widths) -> list[str]:
    """The lines of a tidied text. One that was broken at a space keeps it at its end."""
    return [line for part in text.split("\n") for line in _filled(part, width, widths)]


def limited(lines: Sequence[str], limit: int, width: int, widths: Widths) -> list[str]:
    """No more than so many lines; where there are more, the last one ends in an ellipsis."""
    if not limit or len(lines) <= limit:
        return list(lines)
    last = lines[limit - 1].rstrip(SPACES)
    while last and width_of(last + ELLIPSIS, widths) > width:
        last = last[:-1]
    return [*lines[: limit - 1], last.rstrip(" ,·，、") + ELLIPSIS]


def _filled(text: str, width: int, widths: Widths) -> list[str]:
    """One paragraph in lines, each as full as it may be."""
    lines: list[str] = []
    begin = 0
    while begin < len(text):
        end = _end(text, begin, width, widths)
        lines.append(text[begin:end])
        begin = end
    return _without_a_lonely_end(lines or [""])


def _end(text: str, begin: int, width: int, widths: Widths) -> int:
    """Where the line that begins here ends."""
    used = 0
    for place in range(begin, len(text)):
        sign = text[place]
        wide = widths(sign)
        if sign not in SPACES and used + wide - _hanging(sign) > width and place > begin:
            fits = (one for one in range(place, begin, -1) if _may_part(text, one))
            return next(fits, None) or _cut(text, begin, place)
        used += wide + gap(sign, text[place + 1 : place + 2] or END)
    return len(text)


def _hanging(sign: str) -> int:
    """How much of a mark at the end of a line is empty, and may stand beyond it."""
    return -SQUEEZE if sign in CLOSING else 0


def _may_part(text: str, place: int) -> bool:
    """Whether a line may end before the character at a place."""
    before, after = text[place - 1], text[place]
    if after in NO_START or before in NO_END or after in SPACES or before == _FIRM:
        return False
    if before == " ":
        return True
    if is_han(before) or is_han(after):
        return not (before.isdigit() and after in COUNTERS)
    return place > 1 and before in _JOINTS and text[place - 2].isalpha() and after.isalpha()


def _cut(text: str, begin: int, end: int) -> int:
    """Where something that has no place to break is cut, not before a closing mark if it can be."""
    for place in range(end, max(begin + 1, end - 4), -1):
        if text[place] not in NO_START and text[place - 1] not in NO_END:
            return place
    return end


def _without_a_lonely_end(lines: list[str]) -> list[str]:
    """A single Chinese character gets company on the last line."""
    *_, before, last = ["", *lines]
    if is_han(last[:1]) and len(last) <= _LONELY and len(before) > _LINGER and is_han(before[-1]):
        place = len(before) - 1
        if _may_part(before + last, place):
            return [*lines[:-2], before[:place], before[place:] + last]
    return lines

"""Where lines of mixed Chinese and Latin text may end, and how they are cut short."""

import re
from collections.abc import Callable, Iterator
from typing import Final

ELLIPSIS: Final = "…"
# Closing marks never open a line, opening marks never end one (GB/T 15834, W3C clreq 3.1).
NO_START: Final = frozenset("，。、；：！？）》」』】〕’”…—·％℃%,.;:!?)]}°²³～〉〗々ー")
NO_END: Final = frozenset("（《「『【〔‘“〈〖([{¥￥$£€#№")
_HAN: Final = (
    "\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
)
_PIECE: Final = re.compile(rf"\n|[^\S\n]+|[{_HAN}]|[^\s{_HAN}]+")

Measure = Callable[[str], float]


def broken(text: str, width: float, measure: Measure, limit: int = 0) -> list[str]:
    """The lines of a text that fit into a width; the last of `limit` lines ends in an ellipsis."""
    lines = [line for part in text.split("\n") for line in _filled(part, width, measure)]
    if not limit or len(lines) <= limit:
        return lines
    rest = (
        "".join(lines[limit - 1 :])
        if _is_han(lines[limit - 1][-1:])
        else " ".join(lines[limit - 1 :])
    )
    return [*lines[: limit - 1], shortened(rest + ELLIPSIS, width, measure)]


def shortened(text: str, width: float, measure: Measure) -> str:
    """A text cut at its right end, so that it fits with an ellipsis; as it is where it fits."""
    if measure(text) <= width:
        return text
    fits, over = 0, len(text)
    while fits + 1 < over:
        middle = (fits + over) // 2
        if measure(text[:middle].rstrip() + ELLIPSIS) <= width:
            fits = middle
        else:
            over = middle
    return text[:fits].rstrip(" ,·，、…") + ELLIPSIS


def pieces(text: str) -> list[str]:
    """What may not be torn apart, in order; spaces stand alone."""
    found: list[str] = []
    for piece in _PIECE.findall(text):
        if found and _clings(found[-1], piece):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _clings(before: str, piece: str) -> bool:
    if before.isspace() or piece.isspace():
        return False
    return piece[0] in NO_START or before[-1] in NO_END


def _filled(text: str, width: float, measure: Measure) -> Iterator[str]:
    if measure(text.strip()) <= width:  # nearly always
        yield text.strip()
        return
    line, taken = "", 0.0
    for whole in pieces(text):
        for piece in _torn(whole, width, measure):
            wide = measure(piece)
            # The sum of widths is nearly that of the whole; only where it is tight is it measured.
            if not line or taken + wide < width or measure((line + piece).rstrip()) <= width:
                if line or not piece.isspace():
                    line, taken = line + piece, taken + wide
            else:
                yield line.rstrip()
                line = piece.lstrip()
                taken = wide if line else 0.0
    yield line.rstrip()


def _torn(piece: str, width: float, measure: Measure) -> Iterator[str]:
    """A piece in parts that each fit into a line; nearly always the piece itself."""
    while len(piece) > 1 and measure(piece) > width:
        fits, over = 1, len(piece)
        while fits + 1 < over:
            middle = (fits + over) // 2
            fits, over = (middle, over) if measure(piece[:middle]) <= width else (fits, middle)
        tear = fits
        while tear > 1 and (piece[tear] in NO_START or piece[tear - 1] in NO_END):
            tear -= 1
        fits = tear if tear > 1 else fits
        yield piece[:fits]
        piece = piece[fits:]
    yield piece


def _is_han(char: str) -> bool:
    return bool(char) and re.fullmatch(rf"[{_HAN}]", char) is not None

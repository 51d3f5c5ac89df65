"""An invitation as a picture that a phone's camera reads."""

import segno
from msgspec import Struct

QUIET: int = 4  # white modules around it, as the standard wants


class Squares(Struct, frozen=True, kw_only=True):
    """A QR code: its side with the white around it, and its dark runs as one SVG path."""

    side: int
    path: str


def squares(text: str) -> Squares:
    """The QR code of a text."""
    matrix = segno.make(text, error="m", micro=False).matrix
    runs: list[str] = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                runs.append(f"M{x + QUIET} {y + QUIET}.5h{length}")
            x += max(length, 1)
    return Squares(side=len(matrix) + 2 * QUIET, path="".join(runs))

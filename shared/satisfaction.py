"""Satisfaction: what many scores say together (R-SAT-24, R-SAT-25), by formulas on the page.

Scores of the link and by telephone alone: what was ticked at the door is never mixed with them.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from shared.figures import BASIS_POINTS

POINTS: Final = (5, 4, 3, 2, 1)
CONTENT: Final = 4  # from here on a customer counts as content
HUNDREDTHS: Final = 100


class Scores(Struct, frozen=True, kw_only=True):
    """How many of each score; `mean` in hundredths, `share` of those content in basis points."""

    counts: Mapping[int, int]

    @property
    def total(self) -> int:
        """How many scores there are."""
        return sum(self.counts.values())

    @property
    def mean(self) -> int | None:
        """The mean in hundredths, rounded; none where nobody scored."""
        if not self.total:
            return None
        points = sum(score * count for score, count in self.counts.items())
        return (points * HUNDREDTHS * 2 + self.total) // (2 * self.total)

    @property
    def share(self) -> int | None:
        """How many score 4 or 5, in basis points, rounded down."""
        if not self.total:
            return None
        content = sum(count for score, count in self.counts.items() if score >= CONTENT)
        return content * BASIS_POINTS // self.total


def scores(told: Iterable[int | None]) -> Scores:
    """What scores say together; who did not score is in none of it."""
    known = [one for one in told if one is not None]
    return Scores(counts={one: known.count(one) for one in POINTS})


def share_of(part: int, whole: int) -> int | None:
    """A part of a whole in basis points, rounded down; none of nothing."""
    return part * BASIS_POINTS // whole if whole else None

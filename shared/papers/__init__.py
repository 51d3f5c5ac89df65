"""Papers: what a visit leaves on paper, from its content to the bytes of a PDF."""

from typing import Final, Literal

Kind = Literal["report", "dispatch", "receipt", "take_away"]
Size = Literal["a4", "80mm"]
KINDS: Final[tuple[Kind, ...]] = ("report", "dispatch", "receipt", "take_away")
SIZES: Final[tuple[Size, ...]] = ("a4", "80mm")
PICTURES_BYTES_MAX: Final = 40_000_000  # of all pictures on one paper

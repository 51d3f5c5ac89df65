"""Pictures: what can be told of a file without opening the picture in it.

Anybody's phone may send anything under any name. A file is a picture only if it is a whole JPEG of
a usual kind.
"""

import os
from typing import BinaryIO, Final

from PIL import Image, UnidentifiedImageError

from shared.jpeg import END, START
from shared.photos import EDGE_MAX

PIXELS_MAX: Final = 40_000_000
MODES: Final = frozenset({"RGB", "L"})  # what phones make; no printer's colours
NO_PICTURE: Final = (
    *(UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning),
    # Over a head that was made to be stumbled over, its reader stumbles.
    *(OSError, ValueError, SyntaxError, IndexError, KeyError, TypeError, OverflowError),
)


def is_picture(file: BinaryIO) -> bool:
    """Whether a file is a whole JPEG that may be shown. Only its head and its end are read."""
    head = file.read(len(START))
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(END)))
    if head != START or file.read() != END:
        return False
    file.seek(0)
    try:
        image = Image.open(file, formats=("JPEG",))
    except NO_PICTURE:
        return False
    wide, high = image.size
    usual = image.format == "JPEG" and image.mode in MODES
    return usual and max(wide, high) <= EDGE_MAX and wide * high <= PIXELS_MAX

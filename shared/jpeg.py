"""A JPEG file without anything that a camera or a program wrote beside the picture."""

from collections.abc import Iterator
from typing import Final

START, END = b"\xff\xd8", b"\xff\xd9"
MARK: Final = 0xFF
SCAN: Final = 0xDA  # from here on there is only the picture
LENGTH_BYTES: Final = 2
# What a picture needs: not the notes of cameras and programs, among them where it was taken.
SAID_BESIDE: Final = frozenset({*range(0xE1, 0xF0), 0xFE}) - {0xEE}  # but how colours are coded


def bare(jpeg: bytes) -> bytes:
    """A JPEG's picture alone: where and with what it was taken is not told, nor anything after it.

    What does not look like a JPEG comes back empty.
    """
    end = jpeg.rfind(END)
    if not jpeg.startswith(START) or end < 0:
        return b""
    kept = [START]
    for mark, segment in _segments(jpeg):
        if mark == SCAN:
            return b"".join((*kept, segment[: len(segment) - (len(jpeg) - end - len(END))]))
        if mark not in SAID_BESIDE:
            kept.append(segment)
    return b""


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts of a head, each with its mark; the last is the picture and all that follows."""
    at = len(START)
    while at + 2 + LENGTH_BYTES <= len(jpeg) and jpeg[at] == MARK:
        mark = jpeg[at + 1]
        if mark == MARK:  # fill
            at += 1
            continue
        if mark == SCAN:
            yield mark, jpeg[at:]
            return
        length = int.from_bytes(jpeg[at + 2 : at + 2 + LENGTH_BYTES], "big")
        yield mark, jpeg[at : at + 2 + length]
        at += 2 + length

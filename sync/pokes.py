"""Pokes: what a phone hears on the line that is open while its app is in use.

A poke says that there is news and nothing of what. It is a hint: whoever misses it asks anyway, a
while later, and of many in a row one counts. Lines are those of server-sent events.
"""

from typing import Final, Literal

from msgspec import Struct

POKE: Final = "poke"
KEEP_ALIVE_S: Final = 15  # after so long without a poke the server gives a sign of life
SILENT_S: Final = 40  # after so long without one nobody is believed to be there
LINE_BYTES_MAX: Final = 1_000
_POKES: Final = f"event: {POKE}".encode()
_ALIVE: Final = b":"

Heard = Literal["alive", "poke"]


class Babble(Exception):
    """Whoever speaks there is not a server of ours."""


class Ear(Struct, kw_only=True):
    """Makes signs of life and pokes of bytes as they come, in pieces of any size."""

    rest: bytes = b""

    def take(self, piece: bytes) -> list[Heard]:
        """What another piece says. Raises `Babble`."""
        *lines, self.rest = (self.rest + piece).split(b"\n")
        if max(map(len, (*lines, self.rest))) > LINE_BYTES_MAX:
            raise Babble
        return [heard for line in lines if (heard := _heard(line.rstrip(b"\r"))) is not None]


def _heard(line: bytes) -> Heard | None:
    if line == _POKES:
        return "poke"
    return "alive" if line.startswith(_ALIVE) else None

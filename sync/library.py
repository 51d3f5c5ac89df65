"""The reading port: what the engine needs from the server's database to answer a phone."""

from collections.abc import Collection, Iterable
from typing import Protocol

from msgspec import Struct

from sync.digest import Sums
from sync.ports import Standing
from sync.prints import Original
from sync.protocol import Files, Row, SignedHead


class Head(Struct, frozen=True, kw_only=True):
    """Where a stream ends, its checksum there, and the oldest position a delta may start from.

    `entries` is how many the feed holds of it.
    """

    seq: int
    sums: Sums
    min_seq: int = 0
    entries: int = 0


class Piece(Struct, frozen=True, kw_only=True):
    """Rows of one stream as (seq, row), by seq, and whether they reach the stream's end."""

    rows: list[tuple[int, Row]]
    complete: bool


class Library(Original, Protocol):
    """The server's books inside one read transaction: a single snapshot of everything."""

    @property
    def epoch(self) -> str:
        """The server's epoch."""

    def scope(self, person: str) -> set[str]:
        """The streams a person's devices may follow, their own included."""

    def heads(self, streams: Collection[str]) -> dict[str, Head]:
        """Where the streams end; one that never had a row is left out."""

    def standing(self, incarnation: str) -> Standing | None:
        """What is known of an incarnation, without locking it."""

    def pages(self, wants: Iterable[tuple[str, int]], bytes_max: int) -> dict[str, Piece]:
        """Rows past each (stream, cursor), by seq; the streams in the order asked.

        Stops when the bodies together pass `bytes_max`, but gives at least one row if there is any;
        streams it did not come to are left out, and for a cursor of 0 also rows that are gone.
        """

    def audit_head(self, known: int) -> SignedHead | None:
        """The newest signed head if it is not of the known size, with its proof if it is larger."""

    def durable_through(self) -> int | None:
        """Receipts up to here (ms) are in a verified backup."""

    def files(self, device: str, hashes: Collection[str]) -> Files:
        """How files stand that a device asks about. Of what others uploaded nothing is told."""

"""The library: what devices may read, as one read transaction sees it (`sync.ports.Library`)."""

from collections.abc import Collection, Sequence

from msgspec import structs
from sqlalchemy import Connection

from server import feed, rows, tree
from server.entries import standing_of
from sync.ports import Head, Piece, Standing
from sync.protocol import SignedHead

DURABLE_THROUGH = "durable_through"


class ReadingRoom:
    """The server's books inside one read transaction: a single snapshot of everything."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._epoch: str | None = None

    @property
    def epoch(self) -> str:
        """The server's epoch."""
        if self._epoch is None:
            self._epoch = tree.current_epoch(self._connection)
        assert self._epoch is not None, "the first epoch is begun when a database is made"
        return self._epoch

    def scope(self, person: str) -> set[str]:
        """The streams a person's devices may follow, their own included."""
        return feed.followed(self._connection, person)

    def heads(self, streams: Collection[str]) -> dict[str, Head]:
        """Where the streams end; one that never had a row is left out."""
        return feed.heads(self._connection, streams)

    def standing(self, incarnation: str) -> Standing | None:
        """What is known of an incarnation, without locking it."""
        return standing_of(self._connection, incarnation, held=False)

    def pages(self, wants: Sequence[tuple[str, int]], bytes_max: int) -> dict[str, Piece]:
        """Rows past each (stream, cursor), by seq, until their bodies pass the size."""
        return feed.pages(self._connection, wants, bytes_max)

    def audit_head(self, known: int) -> SignedHead | None:
        """The newest signed head if it is larger than the known size, with its proof."""
        head = tree.head(self._connection)
        if head is None or head.size <= known:
            return None
        return structs.replace(head, proof=tree.consistency(self._connection, known, head.size))

    def durable_through(self) -> int | None:
        """Receipts up to here (ms) are in a verified backup."""
        kept = rows.setting(self._connection, DURABLE_THROUGH)
        return kept if isinstance(kept, int) else None

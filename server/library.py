"""The library: what devices may read, as one read transaction sees it (`sync.library.Library`)."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache, cached_property
from typing import Any, Final, cast

from msgspec import Struct, structs
from sqlalchemy import Connection, bindparam, select, true

from server import feed, portions, prints, rows, tree, uploads
from server.entries import STANDING, standing_in, standing_of
from server.portions import Portions, Reading
from server.questions import Question, from_json
from server.rows import SETTING
from server.tables import METADATA
from server.tree import EPOCH, HEAD
from sync.digest import Sums
from sync.library import Head, Piece
from sync.ports import Standing
from sync.prints import Key
from sync.protocol import Files, Row, SignedHead

DURABLE_THROUGH = "durable_through"
BEHIND_MS = 60_000  # a backup is vouched for only up to some time before it

_through: Final = select(SETTING.c.value).where(SETTING.c.name == DURABLE_THROUGH).scalar_subquery()
_epoch: Final = select(EPOCH.c.id).order_by(EPOCH.c.ordinal.desc()).limit(1).scalar_subquery()
_signed: Final = (
    select(*HEAD.c).where(HEAD.c.epoch == _epoch).order_by(HEAD.c.size.desc()).limit(1).subquery()
)
_here: Final = select(_through.label("through"), _epoch.label("its_epoch")).subquery()
_posts: Final = _here.outerjoin(_signed, true())
_SIGNPOST: Final = Question(select(*_here.c, *_signed.c).select_from(_posts))
_SIGNS: Final = len(_here.c) + len(_signed.c)

# What every exchange begins with.
_device: Final = METADATA.tables["device"]
_person: Final = METADATA.tables["person"]
_OWNED: Final = (
    *(_device.c.revoked_at, _device.c.drain_closed_at, _device.c.confirmed_at),
    *(_person.c.id, _person.c.roles, _person.c.disabled),
)
_STANDS: Final = _SIGNS + len(STANDING.c)
_entrance: Final = select(*_here.c, *_signed.c, *STANDING.c, *_OWNED).select_from(
    _posts.outerjoin(STANDING, STANDING.c.id == bindparam("incarnation"))
    .outerjoin(_device, _device.c.id == bindparam("device"))
    .outerjoin(_person, _person.c.id == _device.c.person_id)
)
_ENTRANCE: Final = Question(_entrance)


@cache
def _glance(dialect: str) -> Question:
    """The same, with the streams that the device's person may follow and where those end."""
    streams = feed.following(_device.c.person_id, dialect)
    return Question(_entrance.add_columns(streams))


class Unseen(Exception):
    """What is asked of a library was not seen at a glance."""


class _Nothing:
    """In place of a connection: whatever is asked of it was not seen."""

    def __getattr__(self, name: str) -> Any:
        raise Unseen(name)


class Owned(Struct, frozen=True):
    """A device as it is kept: since when (ms) it is revoked, hands in nothing more, and is in; and
    its person, their roles, and whether they are gone.
    """

    revoked_at: int | None
    drain_closed_at: int | None
    confirmed_at: int | None
    person: str
    roles: tuple[str, ...]
    disabled: bool


def distrust(connection: Connection, now_ms: int) -> None:
    """Take back what a backup was vouched for, where the clock was put back to before that time.

    What is received now would look as if it were in that backup.
    """
    through = ReadingRoom(connection).durable_through()
    if through is not None and now_ms < through + BEHIND_MS:
        rows.keep_setting(connection, DURABLE_THROUGH, None)


Signs = tuple[Any, str | None, SignedHead | None]  # of the last backup, the epoch, the newest head


class ReadingRoom:
    """The server's books inside one read transaction: a single snapshot of everything.

    `kept` are portions that others have read already.
    """

    def __init__(self, connection: Connection, kept: Portions | None = None) -> None:
        self._connection = connection
        self._portions = Portions(0) if kept is None else kept
        self._heads: dict[str, Head | None] = {}
        self._followed: dict[str, Head | None] | None = None
        self._standings: dict[str, Standing | None] = {}

    @property
    def books(self) -> Connection:
        """What is asked."""
        return self._connection

    @cached_property
    def _signpost(self) -> Signs:
        """What every answer tells, by one statement: last backup, epoch, newest signed head."""
        (found,) = _SIGNPOST.ask(self._connection)
        return self._signs(found)

    def _signs(self, row: Sequence[Any]) -> Signs:
        through, epoch, *head = row
        told = dict(zip(HEAD.c.keys(), head, strict=True))
        signed = None if head[0] is None else SignedHead(**told)
        return from_json(self._connection, through), epoch, signed

    def enter(self, device: str, incarnation: str) -> Owned | None:
        """The device that asks, if it is known. Read with it is what its exchange begins with."""
        (found,) = _ENTRANCE.ask(self._connection, device=device, incarnation=incarnation)
        return self._entered(found, incarnation)

    def glance(self, device: str, incarnation: str, *, with_streams: bool) -> Owned | None:
        """The same, and the streams of its person if wanted, by the only question that is asked.

        Whatever else would have to be asked of the books raises `Unseen` from then on.
        """
        if with_streams:
            ask = _glance(self._connection.dialect.name).ask
            ((*found, streams),) = ask(self._connection, device=device, incarnation=incarnation)
            self._followed = feed.followed_in(streams)
            owned = self._entered(found, incarnation)
        else:
            owned = self.enter(device, incarnation)
        self._connection = cast("Connection", _Nothing())
        return owned

    def _entered(self, found: Sequence[Any], incarnation: str) -> Owned | None:
        books = self._connection
        self._signpost = self._signs(found[:_SIGNS])
        self._standings[incarnation] = standing_in(books, found[_SIGNS:_STANDS])
        revoked_at, closed_at, confirmed_at, person, roles, disabled = found[_STANDS:]
        if person is None:
            return None
        may = tuple(from_json(books, roles))
        return Owned(revoked_at, closed_at, confirmed_at, person, may, bool(disabled))

    @property
    def epoch(self) -> str:
        """The server's epoch."""
        epoch = self._signpost[1]
        assert epoch is not None, "the first epoch is begun when a database is made"
        return epoch

    def scope(self, person: str) -> set[str]:
        """The streams a person's devices may follow, their own included."""
        followed = self._followed
        if followed is None:
            followed = feed.followed(self._connection, person)
        self._heads |= followed
        return set(followed)

    def heads(self, streams: Collection[str]) -> dict[str, Head]:
        """Where the streams end; one that never had a row is left out."""
        known = self._heads
        unknown = [stream for stream in streams if stream not in known]
        if unknown:
            known |= dict.fromkeys(unknown) | feed.heads(self._connection, unknown)
        return {one: head for one in streams if (head := known[one]) is not None}

    def standing(self, incarnation: str) -> Standing | None:
        """What is known of an incarnation, without locking it."""
        if incarnation not in self._standings:
            known = standing_of(self._connection, incarnation, held=False)
            self._standings[incarnation] = known
        return self._standings[incarnation]

    def pages(self, wants: Iterable[tuple[str, int]], bytes_max: int) -> dict[str, Piece]:
        """Rows past each (stream, cursor), by seq, until their bodies pass the size."""
        reading = Reading(self._connection, self.epoch, self.heads, self._portions)
        return portions.pages(reading, wants, bytes_max)

    def bucket_sums(self, stream: str, bits: int) -> dict[int, Sums]:
        """The rows of a stream added up by bucket; a bucket without rows is left out."""
        return prints.bucket_sums(self._connection, stream, bits)

    def prints_in(self, stream: str, bits: int, buckets: Collection[int]) -> list[tuple[Sums, Key]]:
        """The rows of a stream that are in these buckets, by position."""
        return prints.prints_in(self._connection, stream, bits, buckets)

    def rows_of(self, stream: str, keys: Collection[Key]) -> list[Row]:
        """These rows of a stream, by position."""
        return prints.rows_of(self._connection, stream, keys)

    def audit_head(self, known: int) -> SignedHead | None:
        """The newest signed head if it is not of the known size, with its proof if it is larger.

        A smaller one is no answer a phone may believe; it has to see it to say so.
        """
        head = self._signpost[2]
        if head is None or head.size == known:
            return None
        return structs.replace(head, proof=tree.consistency(self._connection, known, head.size))

    def durable_through(self) -> int | None:
        """Receipts up to here (ms) are in a verified backup."""
        kept = self._signpost[0]
        return kept if isinstance(kept, int) else None

    def files(self, device: str, hashes: Collection[str]) -> Files:
        """How files stand that a device asks about. Of what others uploaded nothing is told."""
        return uploads.standing(self._connection, device, hashes)

"""Prints: what two copies of a stream are compared by, row by row, without sending the rows.

The print of a row is its two lanes (`sync.digest.row_sums`), 8 bytes. A long stream is first
compared by buckets: rows whose prints begin with the same bits, added up.
"""

from collections.abc import Collection, Iterable, Sequence
from struct import Struct as Layout
from typing import Final, Protocol

from msgspec import Struct, field

from sync.digest import NO_ROWS, Sums, plus
from sync.protocol import BITS_MAX, PRINT_BYTES, Doubt, Finding, Row

PLAIN_ROWS_MAX: Final = 128  # a stream of so many rows is compared at once, row by row
ROWS_PER_BUCKET: Final = 100
LANE_BITS: Final = 32
_PRINT: Final = Layout(">II")

Key = tuple[str, str]  # table and id of a row
Place = tuple[str, str, str]  # stream, table and id of a row


class Doubted(Struct, frozen=True, kw_only=True):
    """A stream whose rows disagree: found when (server's ms), how often mended in vain, by rows."""

    found: int
    tries: int = 0
    rows: int = 0


class Care(Struct, frozen=True, kw_only=True):
    """What a phone does about its copy: which streams it doubts, and what it has to tell of that.

    All rows are read through once a week; `since` is when (server's ms) the week began, `place`
    where to go on while that is under way, `examined_at` when it last ended, and `examined` the
    same until the server has heard it.
    `head_keys` are the public keys (by id) whose heads are believed; none: of an older enrolment.
    `head_fault` is why the newest head was not.
    """

    doubts: dict[str, Doubted] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    since: int | None = None
    place: Place | None = None
    examined: int | None = None
    examined_at: int | None = None
    head_keys: dict[str, str] = field(default_factory=dict)
    head_fault: str = ""


class Copy(Protocol):
    """A phone's copy of streams, as it is compared. All but `recompute` only reads."""

    def prints(self, stream: str) -> list[Sums]:
        """The prints of a stream's rows, as the server sent them, in any order."""

    def printed(self, stream: str, prints: Collection[Sums]) -> list[Key]:
        """The rows of a stream that have these prints."""

    def added_up(self, stream: str) -> Sums:
        """The checksum of a stream's rows, added up anew."""

    def recompute(self, after: Place | None, rows_max: int) -> Place | None:
        """Print rows anew by their bytes, in order, past a place; where it ended, None at the end.

        A row that nobody can read any more is taken out.
        """

    def is_sound(self) -> bool:
        """Whether the file that all of it is in is whole."""


class Original(Protocol):
    """The server's streams, as they are compared."""

    def bucket_sums(self, stream: str, bits: int) -> dict[int, Sums]:
        """The rows of a stream added up by bucket; a bucket without rows is left out."""

    def prints_in(self, stream: str, bits: int, buckets: Collection[int]) -> list[tuple[Sums, Key]]:
        """The rows of a stream that are in these buckets, by position."""

    def rows_of(self, stream: str, keys: Collection[Key]) -> list[Row]:
        """These rows of a stream, by position."""


def packed(prints: Iterable[Sums]) -> bytes:
    """Prints as they are sent."""
    return b"".join(_PRINT.pack(*one) for one in prints)


def unpacked(data: bytes) -> list[Sums]:
    """The prints in bytes that were sent."""
    return [(first, second) for first, second in _PRINT.iter_unpack(data)]


def bits_for(rows: int) -> int:
    """By how many bits a stream of so many rows is put into buckets."""
    if rows <= PLAIN_ROWS_MAX:
        return 0
    return min((rows // ROWS_PER_BUCKET).bit_length(), BITS_MAX)


def bucket_of(one: Sums, bits: int) -> int:
    """The bucket of a print: its first bits."""
    return one[0] >> (LANE_BITS - bits)


def summed(prints: Iterable[Sums], bits: int) -> list[Sums]:
    """The sum of each bucket."""
    sums = [NO_ROWS] * (1 << bits)
    for one in prints:
        bucket = bucket_of(one, bits)
        sums[bucket] = plus(sums[bucket], one)
    return sums


def is_sound(doubt: Doubt) -> bool:
    """Whether a question can be answered: either all buckets, or whole prints of some."""
    buckets = 1 << doubt.bits
    if doubt.sums:
        return len(doubt.sums) == buckets * PRINT_BYTES and not (doubt.buckets or doubt.prints)
    named = all(0 <= one < buckets for one in doubt.buckets)
    return named and bool(doubt.buckets) and len(doubt.prints) % PRINT_BYTES == 0


def differing(mine: Sequence[Sums], theirs: dict[int, Sums]) -> list[int]:
    """The buckets whose sums are not the same."""
    return [one for one, sums in enumerate(mine) if theirs.get(one, NO_ROWS) != sums]

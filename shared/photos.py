"""Photos: what a picture is a fact of, long before its bytes arrive."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from shared.amounts import Id, Line, OptionalLine
from shared.records import Record
from shared.registry import Args

PHOTO_BYTES_MAX: Final = 8_000_000
THUMB_BYTES_MAX: Final = 60_000
EDGE_MAX: Final = 12_000  # pixels a side
Hash = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="SHA-256 in hexadecimal")]
Slot = Annotated[str, Meta(pattern=r"^([a-z][a-z0-9_]{0,40})?$(?!\n)")]
Edge = Annotated[int, Meta(ge=1, le=EDGE_MAX)]
Audience = Literal["internal", "customer"]
PhotoFault = Literal["", "unreadable", "set_aside"]


class Photo(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A picture, by the hash of its final bytes: turned upright, shrunk, without position.

    `slot` is the code of a place in the checklist that asks for a picture, empty for any other.
    `drawn_on` is the photo that this one is a drawing on. `arrived_at` (ms) is when the server had
    checked the bytes; `fault` says that they are no picture, or never agreed with their hash.
    `dropped_at` is when somebody took it back.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    asset_id: Id | None = None
    slot: Slot = ""
    caption: OptionalLine = ""
    audience: Audience
    sha256: Hash
    size: int
    width: int
    height: int
    thumb_sha256: Hash
    thumb_size: int
    drawn_on: Id | None = None
    person_id: Id
    at: int
    arrived_at: int | None = None
    fault: PhotoFault = ""
    dropped_at: int | None = None


class AddArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The picture's final bytes and its thumbnail, by hash and size, and what it shows."""

    sha256: Hash
    size: Annotated[int, Meta(ge=1, le=PHOTO_BYTES_MAX)]
    width: Edge
    height: Edge
    thumb_sha256: Hash
    thumb_size: Annotated[int, Meta(ge=1, le=THUMB_BYTES_MAX)]
    slot: Slot = ""
    caption: OptionalLine = ""
    audience: Audience
    asset: Id | None = None
    drawn_on: Id | None = None


class DescribeArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What a photo shows, said anew: all of it."""

    photo: Id
    slot: Slot = ""
    caption: OptionalLine = ""
    audience: Audience


class DropArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which photo was taken by mistake, and why. Its bytes stay."""

    photo: Id
    reason: Line


class ArriveArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which photo's bytes the server has now, or why it will not have them. Only it says so."""

    photo: Id
    fault: PhotoFault = ""

"""The enquiry: what somebody sent in by some channel, before a person made a ticket of it."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from shared.amounts import Id, OptionalLine, OptionalText
from shared.records import Record

STATES: Final = ("new", "opened", "linked", "refused")
FILES_MAX: Final = 20
TEXT_CHARS_MAX: Final = 4000
Names = Annotated[tuple["Attached", ...], Meta(max_length=FILES_MAX)]


class Attached(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that came with it: what it is called, of which kind, and how large."""

    name: OptionalLine = ""
    type: OptionalLine = ""
    size: int | None = None


class Enquiry(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What came in, from whom and when (ms), and what became of it. Never leaves the server.

    `reference` tells it from all others of its channel: the Message-ID of a mail. `site_id` and
    `asset_id` are those of the sticker whose link it came by.
    """

    channel: str
    reference: OptionalLine = ""
    sender: OptionalLine = ""
    contact: OptionalLine = ""
    address: OptionalLine = ""
    subject: OptionalLine = ""
    text: OptionalText = ""
    language: OptionalLine = ""
    files: tuple[Attached, ...] = ()
    site_id: Id | None = None
    asset_id: Id | None = None
    received_at: int
    state: str
    ticket_id: Id | None = None
    reason: OptionalText = ""
    settled_by: Id | None = None
    settled_at: int | None = None

"""Contacts: when devices were last heard of, and what they said of themselves."""

from typing import Any

from msgspec import Struct, structs


class Contact(Struct, frozen=True, kw_only=True):
    """The last a device was heard of: when (ms), how far its clock was ahead (ms), its app.

    Also how many ops it still holds and since when (ms), how many files and bytes of them, and its
    room, where it says so; when its copy last agreed with the books, and was read through (ms).
    """

    at: int
    clock_ms: int
    app: str
    unsent: int | None = None
    unsent_since: int | None = None
    unsent_files: int | None = None
    unsent_bytes: int | None = None
    free_bytes: int | None = None
    agreed_at: int | None = None
    examined_at: int | None = None


def kept_of(contact: Contact) -> dict[str, Any]:
    """What is kept of a device when it was heard of, by column."""
    told = structs.asdict(contact)
    seldom = {one: told.pop(one) for one in ("agreed_at", "examined_at")}  # the last time stands
    known = {name: at for name, at in seldom.items() if at is not None}
    return {"contact_at": told.pop("at"), **told, **known}

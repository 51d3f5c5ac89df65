"""Links: by which a customer follows their own request, without an account.

A link holds the id of a ticket and a mark that nothing but this server's key can make of it, so it
need not be kept and cannot be guessed. Whoever has it sees that one request. Taking it back begins
a new edition: every link of an older one leads nowhere from then on.
"""

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from server import rows
from server.keys import Ring
from server.office import Office
from server.tables import METADATA
from shared.ids import is_id

PATH: Final = "/t"
MARK_BYTES: Final = 16
ID_BYTES: Final = 16
TOKEN_CHARS: Final = 43  # of 32 bytes, base64url

_EDITION = METADATA.tables["ticket_link"]
_edition: Final = select(_EDITION.c.edition).where(_EDITION.c.ticket_id == bindparam("ticket"))


def address(office: Office, books: Connection, ticket: str) -> str:
    """The address that the customer of a ticket is given."""
    base = office.settings.public_url.rstrip("/")
    return f"{base}{PATH}/{token(office.keys.portal, ticket, edition(books, ticket))}"


def token(ring: Ring, ticket: str, number: int) -> str:
    """What opens the page of a ticket, in the edition that holds."""
    identity = UUID(ticket).bytes
    told = identity + _mark(ring.secret, identity, number)
    return urlsafe_b64encode(told).decode().rstrip("=")


def opened(ring: Ring, books: Connection, shown: str) -> str | None:
    """The id of the ticket that a token was made for, if it still opens it."""
    told = _bytes(shown)
    if told is None:
        return None
    identity, mark = told[:ID_BYTES], told[ID_BYTES:]
    ticket = str(UUID(bytes=identity))
    number = edition(books, ticket)
    # With every key there ever was, and each to the last sign.
    fits = [
        hmac.compare_digest(_mark(secret, identity, number), mark)
        for secret in ring.secrets.values()
    ]
    return ticket if any(fits) and is_id(ticket) else None


def edition(books: Connection, ticket: str) -> int:
    """How often the link of a ticket was taken back."""
    return int(books.scalar(_edition, {"ticket": ticket}) or 0)


def take_back(office: Office, ticket: str, by: str) -> None:
    """Have every link to a ticket that was given out lead nowhere. It is in the audit log."""
    with office.writing() as books:
        number = edition(books, ticket) + 1
        told: dict[str, Any] = {
            "ticket_id": ticket,
            "edition": number,
            "changed_at": office.now_ms(),
            "changed_by": by,
        }
        wanted = rows.insert_into(_EDITION, books.dialect.name).values(**told)
        changed = {name: value for name, value in told.items() if name != "ticket_id"}
        books.execute(wanted.on_conflict_do_update(index_elements=["ticket_id"], set_=changed))
        event = office.event("link.take_back", by, ("ticket", ticket), {"edition": number})
        office.ledger(books).note_event(event)


def _mark(secret: bytes, identity: bytes, number: int) -> bytes:
    told = b"ticket link" + identity + number.to_bytes(8, "big")
    return hmac.digest(secret, told, hashlib.sha256)[:MARK_BYTES]


def _bytes(shown: str) -> bytes | None:
    if len(shown) != TOKEN_CHARS or not shown.isascii():
        return None
    try:
        told = urlsafe_b64decode(f"{shown}=")
    except (binascii.Error, ValueError):
        return None
    # One spelling only: the last sign has two bits more than the bytes.
    return told if urlsafe_b64encode(told).decode().rstrip("=") == shown else None

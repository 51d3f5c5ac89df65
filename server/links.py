"""Links: by which a customer follows their own request, without an account.

A link holds the id of a ticket and a mark that nothing but this server's key can make of it, so it
need not be kept and cannot be guessed. Whoever has it sees that one request. Taking it back begins
a new edition: every link of an older one leads nowhere from then on, and what waits to be told with
one is worded anew.
"""

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from server import rows
from server.keys import Ring
from server.office import TIMER, Asked, Office
from server.queries import messages
from server.tables import METADATA
from shared.ids import derive, is_id
from shared.messages import WAITS
from shared.ops import SYSTEM
from sync.protocol import WireOp

PATH: Final = "/t"
ASKING: Final = "/request"  # where anybody asks for service, from a sticker too
MARK_BYTES: Final = 16
ID_BYTES: Final = 16
TOKEN_CHARS: Final = 43  # of 32 bytes, base64url
TAKEN_BACK: Final = "link_taken_back"  # why a message is called off, as a text has it
KEPT: Final = ("template", "language", "to", "phone", "email", "channel")

_EDITION = METADATA.tables["ticket_link"]
_edition: Final = select(_EDITION.c.edition).where(_EDITION.c.ticket_id == bindparam("ticket"))


def address(office: Office, books: Connection, ticket: str) -> str:
    """The address that the customer of a ticket is given."""
    base = office.settings.public_url.rstrip("/")
    return f"{base}{PATH}/{token(office.keys.portal, ticket, edition(books, ticket))}"


def token(ring: Ring, ticket: str, number: int) -> str:
    """What opens the page of a ticket, in the edition that holds."""
    return _token(ring.secret, ticket, number)


def _token(secret: bytes, ticket: str, number: int) -> str:
    identity = UUID(ticket).bytes
    told = identity + _mark(secret, identity, number)
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
        _worded_anew(office, books, ticket, number)


def _worded_anew(office: Office, books: Connection, ticket: str, number: int) -> None:
    """What waits to be told with a link that leads nowhere by now is called off.

    One that a person is going to copy, and look at, is there anew with the new link. What goes out
    by itself is not, as the link may have been taken back for where it went; nor what failed, or
    what a technician may just have sent.
    """
    dead = {_token(secret, ticket, number - 1) for secret in office.keys.portal.secrets.values()}
    fresh = token(office.keys.portal, ticket, number)
    said: list[Asked] = []
    for one in messages.of_ticket(books, ticket):
        found = next((old for old in dead if old in one["text"]), None)
        if found is not None and one["state"] in WAITS:
            off, anew = _replaced(one, (found, fresh), number)
            is_looked_at = one["state"] == "queued" and one["channel"] == "copy"
            said += (off, anew) if is_looked_at else (off,)
    now = office.now_ms()
    ops = [
        WireOp(lseq=place, id=act.id, body=office.body(act, SYSTEM, now, origin=TIMER))
        for place, act in enumerate(said)
    ]
    if ops:
        office.announce(books, ops, now)


def _replaced(one: Mapping[str, Any], link: tuple[str, str], number: int) -> tuple[Asked, Asked]:
    """A message that is called off, and the same with a link that leads somewhere."""
    off, anew = (derive(one["id"], "link", number, part) for part in ("off", "anew"))
    args = {name: one[name] for name in KEPT if one[name]}
    told = {name: value.replace(*link) for name, value in one["params"].items()}
    args |= {"ticket": one["ticket_id"], "text": one["text"].replace(*link), "params": told}
    args |= {"feedback": one["feedback_id"]} if one["feedback_id"] else {}
    return (
        Asked(id=off, kind="message.cancel", on=("message", one["id"]), args={"why": TAKEN_BACK}),
        Asked(id=anew, kind="message.queue", on=("message", anew), args=args),
    )


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

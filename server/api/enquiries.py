"""Enquiries: another system reports what its customers or machines ask for, by a key of its own.

A key can do nothing else: it reads nothing, and what it brings waits for a person.
"""

import hashlib
import hmac
from typing import Annotated, Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from server import throttle
from server.incoming import identity_of, keep, one_line, paragraphs
from server.office import AnyRequest, Office
from server.problems import FAULTS, Problem, throttled, wrong_field
from server.sessions import PUBLIC
from shared.amounts import Id, Line, OptionalLine, Text, is_sayable
from shared.enquiry import FILES_MAX, Attached
from shared.ticket import WishedFor

BODY_BYTES_MAX = 64_000
TRIES = (300, 10)  # enquiries, in so many minutes, by one key
WRONG_KEYS = (30, 10)  # wrong keys, in so many minutes, by all together


class Brought(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What another system brings; `reference` is its own, under which it is there once."""

    reference: Line
    text: Text
    sender: OptionalLine = ""
    contact: OptionalLine = ""
    address: OptionalLine = ""
    subject: OptionalLine = ""
    language: Annotated[str, Meta(pattern=r"^(en|zh)?$(?!\n)")] = ""
    wish: WishedFor = ""
    asset: Id | None = None
    received_at: Annotated[int, Meta(ge=0)] | None = None
    files: Annotated[tuple[Attached, ...], Meta(max_length=FILES_MAX)] = ()


class Kept(Struct, frozen=True, kw_only=True):
    """Under which id it is kept, and whether it was not there before."""

    id: str
    new: bool


@post(
    "/api/enquiries",
    opt={"intent": PUBLIC},
    status_code=200,
    responses=FAULTS,
    request_max_body_size=BODY_BYTES_MAX,
    sync_to_thread=True,
)
def bring(data: JSONBody[Brought], request: AnyRequest, office: NamedDependency[Office]) -> Kept:
    """Keep what another system brings until somebody has looked at it; twice is once."""
    key = key_of(office, request.headers.get("authorization", ""))
    now = office.now_ms()
    with office.writing() as books:
        limit, name = (TRIES, f"enquiries|{key}") if key else (WRONG_KEYS, "enquiries|wrong")
        wait = throttle.strike(books, name, limit, now)
    if wait:
        raise throttled(wait)
    if key is None:
        raise Problem("not_signed_in")
    told: dict[str, Any] = {
        "channel": "api",
        "received_at": min(data.received_at or now, now),
        "reference": one_line(data.reference),
        "language": data.language,
        "wish": data.wish,
        "text": paragraphs(data.text),
        "asset": data.asset,
        "files": [{"name": one_line(one.name), "type": one_line(one.type)} for one in data.files],
        **{name: one_line(getattr(data, name)) for name in ("sender", "contact", "address")},
        "subject": one_line(data.subject),
    }
    if not is_sayable(told["text"]):
        raise wrong_field("text")
    identity = identity_of(f"api|{key}", data.reference)
    new = keep(office, identity, {name: value for name, value in told.items() if value})
    return Kept(id=identity, new=new)


def key_of(office: Office, header: str) -> str | None:
    """The digest of the key in a header, if it is one that the settings name."""
    scheme, _, key = header.partition(" ")
    digest = hashlib.sha256(key.strip().encode()).hexdigest()
    known = [hmac.compare_digest(digest, one) for one in office.settings.intake_keys]
    return digest if scheme.lower() == "bearer" and any(known) else None

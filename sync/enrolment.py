"""Enrolment: what a device and the server say to each other at the door, both halves of it."""

import hashlib
import re
from typing import Annotated, Final
from urllib.parse import parse_qs, urlencode

from msgspec import Meta, Struct

from shared.ids import PLAIN_PATTERN
from shared.ops import Stamp

SCHEME: Final = "fieldfare:1?"
PUBLIC_KEY_CHARS_MAX: Final = 400
DIGITS: Final = 8
DIGIT_ROUNDS: Final = 100_000  # so that nobody finds a key with the same digits in a code's time
DIGITS_SALT: Final = b"fieldfare-check-digits"


class Invitation(Struct, frozen=True, kw_only=True):
    """What an enrolment text says: where the server is, the one-time code, the server's key.

    `person` is the id of whom the code is for; the text says it, a bare code does not.
    """

    server: str
    code: str
    key: str | None = None
    person: str | None = None


class Introduction(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device that asks to be let in: its code, its P-256 key (base64url DER), its names."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    public_key: Annotated[str, Meta(min_length=1, max_length=PUBLIC_KEY_CHARS_MAX)]
    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN_PATTERN)]
    app: Annotated[str, Meta(max_length=40, pattern=PLAIN_PATTERN)] = ""


class Owner(Struct, frozen=True, kw_only=True):
    """Whose device it now is."""

    id: str
    login: str
    name: str
    code: str


class Enrolled(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A device's identity, and proof of when (ms) it was given.

    `rescue` is the key (P-256, base64url DER) to which the device seals what it cannot hand in,
    `head_keys` are those that sign the audit log, by id.
    `unconfirmed` tells that the office has to confirm it before anything is taken from it.
    """

    device: str
    person: Owner
    server_epoch: str
    stamp: Stamp
    now: int
    rescue: str = ""
    head_keys: dict[str, str] = {}
    unconfirmed: bool = False


class Challenge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A device that wants an access token; with the signed nonce, or asking for one."""

    device: Annotated[str, Meta(max_length=64, pattern=PLAIN_PATTERN)]
    nonce: Annotated[str, Meta(max_length=64, pattern=PLAIN_PATTERN)] | None = None
    signature: Annotated[str, Meta(max_length=128)] | None = None


class Nonce(Struct, frozen=True, kw_only=True):
    """What a device has to sign next."""

    nonce: str


class Access(Struct, frozen=True, kw_only=True):
    """An access token, and how many seconds it is good for."""

    token: str
    expires_in: int


class Wiped(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device that is empty now, by this order; signed with the key that it had."""

    device: Annotated[str, Meta(max_length=64, pattern=PLAIN_PATTERN)]
    order: Annotated[str, Meta(max_length=64, pattern=PLAIN_PATTERN)]
    signature: Annotated[str, Meta(max_length=128)]


# What an invitation is written with; anything else ends it.
_ALONE: Final = re.compile(r"[A-Za-z0-9%&=._~+:/-]*")


def check_digits(public_key: str) -> str:
    """The digits by which people compare a device's key, on its screen and in the office.

    It takes some hundredths of a second, so that trying keys takes long.
    """
    made = hashlib.pbkdf2_hmac("sha256", public_key.encode(), DIGITS_SALT, DIGIT_ROUNDS)
    digits = f"{int.from_bytes(made) % 10**DIGITS:0{DIGITS}}"
    return f"{digits[: DIGITS // 2]} {digits[DIGITS // 2 :]}"


def token_text(device: str, nonce: str) -> str:
    """What a device signs to be given an access token."""
    return f"fieldfare-token|{device}|{nonce}"


def wiped_text(device: str, order: str) -> str:
    """What a device signs to say that it was emptied."""
    return f"fieldfare-wiped|{device}|{order}"


def invitation_text(server: str, code: str, key: str = "", person: str = "") -> str:
    """The text in the QR code: where the server is, the code, the key to know it by, for whom."""
    said = {"url": server, "code": code, "key": key, "person": person}
    return SCHEME + urlencode({name: value for name, value in said.items() if value})


def read_invitation(text: str) -> Invitation | None:
    """What a text of that form says, with nothing for what it leaves out; else None.

    It may stand in a message, among other words, and be broken where a line of it was full.
    """
    _, found, rest = text.partition(SCHEME)
    if not found:
        return None
    whole = "".join(rest.split("\n")).replace("\r", "")
    alone = whole if _ALONE.fullmatch(whole) else rest
    written = _ALONE.match(alone)
    said = {name: values[-1] for name, values in parse_qs(written[0] if written else "").items()}
    return Invitation(
        server=said.get("url", ""),
        code=said.get("code", ""),
        key=said.get("key"),
        person=said.get("person"),
    )

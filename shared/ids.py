"""Ids: made where an act happens, derived where an act makes something new."""

import hashlib
import re
from uuid import UUID

SPACE = UUID("6f1f5ac2-0b0e-5b57-9d7c-2f6f0a5d1c11").bytes
VARIANT_OF = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
RANDOM_BYTES = 10
# Patterns end in `$(?!\n)`: in Python `$` alone lets one more line end through, and JSON Schema
# knows no `\Z`.
ID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$(?!\n)"
PLAIN_PATTERN = r"^[^\x00-\x1f\x7f]*$(?!\n)"  # a text without control characters
_ID = re.compile(ID_PATTERN)


def uuid7(now_ms: int, random: bytes) -> str:
    """A UUIDv7 (RFC 9562) of a Unix time in milliseconds and ten random bytes."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"uuid7 needs {RANDOM_BYTES} random bytes")
    value = (now_ms & (1 << 48) - 1) << 80 | int.from_bytes(random, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def derive(*names: str | int) -> str:
    """The id that these names always give: of a row an op makes, of a balance, of a claim.

    A UUIDv5 (RFC 9562), written out here because the library takes three times as long.
    """
    named = SPACE + "\x00".join(map(str, names)).encode()
    told = hashlib.sha1(named, usedforsecurity=False).hexdigest()
    variant = VARIANT_OF[told[16]]
    return f"{told[:8]}-{told[8:12]}-5{told[13:16]}-{variant}{told[17:20]}-{told[20:32]}"


def is_id(text: str) -> bool:
    """Whether the text is a UUID in the one spelling that is accepted (lower case, dashes)."""
    return _ID.match(text) is not None


def fingerprint(body: str) -> str:
    """SHA-256, as 64 hexadecimal digits, of an op's body as it was sent."""
    return fingerprint_of(body.encode("utf-8", "surrogatepass"))


def fingerprint_of(body: bytes) -> str:
    """The same, of the body's bytes."""
    return hashlib.sha256(body).hexdigest()


def id_of_unreadable(body_fingerprint: str) -> str:
    """The id under which a body that cannot be read, or lies about its id, is kept."""
    return derive("unreadable", body_fingerprint)

"""Enrolment: a code lets one device in, once; from then on its key speaks for it."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import Struct
from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from server import throttle
from server.keys import Dice
from server.people import ALPHABET, GROUP, readable
from server.problems import Problem
from server.tables import METADATA, access
from sync.enrolment import PUBLIC_KEY_CHARS_MAX, token_text

SELECTOR_CHARS: Final = 4
SECRET_CHARS: Final = 8
NONCE_BYTES: Final = 24
NONCE_MS: Final = 2 * 60_000
NONCES_MAX: Final = 20
HALF_BYTES: Final = 32

_code: Table = METADATA.tables[access.EnrolmentCode.__tablename__]
_device: Table = METADATA.tables[access.Device.__tablename__]
_person: Table = METADATA.tables["person"]
_nonce: Table = METADATA.tables[access.TokenNonce.__tablename__]


class Newcomer(Struct, frozen=True, kw_only=True):
    """What a device says of itself when it enrols."""

    device: str
    name: str
    app: str
    public_key: str


class Shown(Struct, frozen=True, kw_only=True):
    """What is shown at the door: a code, and the public key of the device that wants in."""

    code: str
    public_key: str


class Let(Struct, frozen=True, kw_only=True):
    """Whom a code lets in, and as which device if that is known already."""

    person_id: str
    device: str | None = None


def issue(
    connection: Connection, persons: tuple[str, str], dice: Dice, times: tuple[int, int]
) -> str:
    """A new code, told once. `persons` are (whose device, who issued), `times` (now, end) in ms."""
    letters = readable(dice, SELECTOR_CHARS + SECRET_CHARS)
    connection.execute(delete(_code).where(_code.c.selector == letters[:SELECTOR_CHARS]))
    connection.execute(
        insert(_code).values(
            selector=letters[:SELECTOR_CHARS],
            hash=_hashed(letters),
            person_id=persons[0],
            issued_by=persons[1],
            issued_at=times[0],
            expires_at=times[1],
            tries=0,
        )
    )
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def redeem(connection: Connection, shown: Shown, now_ms: int, tries_max: int) -> Let | Problem:
    """Whom a code lets in; the code is spent by it. Shown again with the same key, it lets the
    same device in as long as it lasts: the first answer may have been lost.

    A refusal is returned, not raised: the try has to be committed all the same.
    """
    letters = _typed(shown.code)
    row = connection.execute(
        select(_code).where(_code.c.selector == letters[:SELECTOR_CHARS]).with_for_update()
    ).one_or_none()
    if row is None:
        return Problem("code_unknown")
    here = _code.c.selector == row.selector
    if row.tries >= tries_max or _has_left(connection, row.issued_by):
        return Problem("code_used")
    if not hmac.compare_digest(row.hash, _hashed(letters)):
        connection.execute(update(_code).where(here).values(tries=_code.c.tries + 1))
        return Problem("code_unknown")
    if row.used_at is not None:
        device = _let_in(connection, row, shown) if now_ms < row.expires_at else None
        return Let(person_id=row.person_id, device=device) if device else Problem("code_used")
    if now_ms >= row.expires_at:
        return Problem("code_expired")
    connection.execute(update(_code).where(here).values(used_at=now_ms))
    return Let(person_id=row.person_id)


def _has_left(connection: Connection, person_id: str) -> bool:
    """Whether somebody no longer works here: the codes they gave out are worth nothing."""
    gone = select(_person.c.id).where(_person.c.id == person_id, _person.c.disabled)
    return connection.scalar(gone) is not None


def _let_in(connection: Connection, code: Row[Any], shown: Shown) -> str | None:
    """The device that a code let in, if it has this key and has not been revoked."""
    found: str | None = connection.scalar(
        select(_device.c.id).where(
            _device.c.person_id == code.person_id,
            _device.c.created_at == code.used_at,
            _device.c.public_key == shown.public_key,
            _device.c.revoked_at.is_(None),
        )
    )
    return found


def admit(connection: Connection, person_id: str, newcomer: Newcomer, now_ms: int) -> None:
    """Write a new device down, at the time its code was redeemed (ms)."""
    connection.execute(
        insert(_device).values(
            id=newcomer.device,
            person_id=person_id,
            name=newcomer.name,
            app=newcomer.app,
            public_key=newcomer.public_key,
            created_at=now_ms,
            contact_at=now_ms,
        )
    )


def is_key(public_key: str) -> bool:
    """Whether a public key is P-256, base64url DER."""
    return len(public_key) <= PUBLIC_KEY_CHARS_MAX and _public_key(public_key) is not None


def is_enrolled(connection: Connection, device: str) -> bool:
    """Whether there is such a device, revoked or not."""
    found = connection.scalar(select(_device.c.id).where(_device.c.id == device))
    return found is not None


def note_contact(connection: Connection, device: str, heard: dict[str, Any]) -> None:
    """Write down when a device was last heard of, and what it said of itself, by column."""
    connection.execute(update(_device).where(_device.c.id == device).values(**heard))


def revoke(connection: Connection, device: str, now_ms: int) -> None:
    """Let a device in no longer."""
    connection.execute(
        update(_device)
        .where(_device.c.id == device, _device.c.revoked_at.is_(None))
        .values(revoked_at=now_ms)
    )


def challenge(connection: Connection, device: str, address: str, dice: Dice, now_ms: int) -> str:
    """A nonce for a device to sign. An unknown device is given one too, which nothing fits.

    Too many push out the oldest that were asked for from the same address, and no other's.
    """
    nonce, source = urlsafe_b64encode(dice(NONCE_BYTES)).decode(), throttle.hashed(address)
    connection.execute(delete(_nonce).where(_nonce.c.expires_at <= now_ms))
    known = connection.scalar(select(_device.c.id).where(_device.c.id == device))
    pending = connection.scalars(
        select(_nonce.c.nonce)
        .where(_nonce.c.device_id == device, _nonce.c.source == source)
        .order_by(_nonce.c.expires_at)
    ).all()
    if len(pending) >= NONCES_MAX:
        connection.execute(delete(_nonce).where(_nonce.c.nonce == pending[0]))
    if known is not None:
        connection.execute(
            insert(_nonce).values(
                nonce=nonce, device_id=device, source=source, expires_at=now_ms + NONCE_MS
            )
        )
    return nonce


def answered(
    connection: Connection, device: str, nonce: str, signature: str, now_ms: int
) -> Problem | None:
    """What is wrong with a device's answer to its nonce, which is spent by it; None if nothing."""
    spent = connection.execute(
        delete(_nonce).where(
            _nonce.c.nonce == nonce, _nonce.c.device_id == device, _nonce.c.expires_at > now_ms
        )
    ).rowcount
    row = connection.execute(
        select(_device.c.public_key, _device.c.revoked_at).where(_device.c.id == device)
    ).one_or_none()
    if row is None or not spent:
        return Problem("wrong_signature")
    if not is_signed(row.public_key, token_text(device, nonce), signature):
        return Problem("wrong_signature")
    return Problem("device_revoked") if row.revoked_at is not None else None


def is_signed(public_key: str, text: str, signature: str) -> bool:
    """Whether the signature (ES256, raw r and s, base64url) is this key's over this text."""
    key, raw = _public_key(public_key), _bytes(signature)
    if key is None or raw is None or len(raw) != 2 * HALF_BYTES:
        return False
    r, s = (int.from_bytes(half, "big") for half in (raw[:HALF_BYTES], raw[HALF_BYTES:]))
    try:
        key.verify(encode_dss_signature(r, s), text.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _public_key(text: str) -> ec.EllipticCurvePublicKey | None:
    der = _bytes(text)
    try:
        key = load_der_public_key(der) if der else None
    except (ValueError, UnsupportedAlgorithm):
        return None
    fits = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return key if fits and isinstance(key, ec.EllipticCurvePublicKey) else None


def _bytes(text: str) -> bytes | None:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, UnicodeEncodeError):
        return None


def _typed(code: str) -> str:
    """A code as somebody typed it: small letters, spaces and dashes do not matter."""
    return "".join(one for one in code.upper() if one in ALPHABET)[: SELECTOR_CHARS + SECRET_CHARS]


def _hashed(letters: str) -> str:
    return hashlib.sha256(f"enrolment|{letters}".encode()).hexdigest()

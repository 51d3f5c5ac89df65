"""Enrolment: a code lets one device in, once; from then on its key speaks for it."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import Struct
from sqlalchemy import (
    Connection,
    Row,
    Table,
    and_,
    case,
    delete,
    exists,
    insert,
    select,
    update,
)

from server import rows, throttle
from server.keys import Dice
from server.people import ALPHABET, GROUP, readable
from server.problems import Problem
from server.tables import METADATA, access
from sync.enrolment import PUBLIC_KEY_CHARS_MAX, check_digits, token_text

SELECTOR_CHARS: Final = 4
SECRET_CHARS: Final = 8
NONCE_BYTES: Final = 24
NONCE_MS: Final = 2 * 60_000
NONCES_MAX: Final = 20
HALF_BYTES: Final = 32
DIGITS_KEPT_MAX: Final = 256

_code: Table = METADATA.tables[access.EnrolmentCode.__tablename__]
_device: Table = METADATA.tables[access.Device.__tablename__]
_person: Table = METADATA.tables["person"]
_incarnation: Table = METADATA.tables["incarnation"]
_nonce: Table = METADATA.tables[access.TokenNonce.__tablename__]


class Newcomer(Struct, frozen=True, kw_only=True):
    """What a device says of itself when it enrols."""

    device: str
    name: str
    app: str
    public_key: str
    address: str = ""


class Known(Struct, frozen=True, kw_only=True):
    """A device that was let in, whatever became of it since."""

    device: str
    person_id: str
    name: str
    public_key: str
    revoked: bool
    confirmed_at: int | None = None
    issued_by: str | None = None

    @property
    def unconfirmed(self) -> bool:
        """Whether it waits for somebody to confirm it."""
        return self.confirmed_at is None and not self.revoked


class Shown(Struct, frozen=True, kw_only=True):
    """What is shown at the door: a code, and the public key of the device that wants in."""

    code: str
    public_key: str


class Let(Struct, frozen=True, kw_only=True):
    """Whom a code lets in, and as which device if that is known already."""

    person_id: str
    device: str | None = None
    issued_by: str = ""


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
        return _let(row, device) if device else Problem("code_used")
    if now_ms >= row.expires_at:
        return Problem("code_expired")
    connection.execute(update(_code).where(here).values(used_at=now_ms))
    return _let(row)


def _let(code: Row[Any], device: str | None = None) -> Let:
    return Let(person_id=code.person_id, device=device, issued_by=code.issued_by)


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


def admit(connection: Connection, let: Let, newcomer: Newcomer, now_ms: int) -> None:
    """Write a new device down, at the time its code was redeemed (ms); it waits to be confirmed."""
    connection.execute(
        insert(_device).values(
            id=newcomer.device,
            person_id=let.person_id,
            issued_by=let.issued_by or None,
            address=newcomer.address,
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


def known(connection: Connection, device: str) -> Known | None:
    """Whose device this is, and the key that it signs with; None if it never was let in."""
    row = connection.execute(select(_device).where(_device.c.id == device)).one_or_none()
    if row is None:
        return None
    return Known(
        device=row.id,
        person_id=row.person_id,
        name=row.name,
        public_key=row.public_key,
        revoked=row.revoked_at is not None,
        confirmed_at=row.confirmed_at,
        issued_by=row.issued_by,
    )


def revoked_at(connection: Connection, device: str) -> int | None:
    """Since when (ms) a device is revoked; None if it is not, or is not known."""
    found: int | None = connection.scalar(
        select(_device.c.revoked_at).where(_device.c.id == device)
    )
    return found


def unsent(connection: Connection, device: str) -> tuple[int | None, int | None]:
    """How many ops and files a device said that it still holds; None is what it never said."""
    columns = select(_device.c.unsent, _device.c.unsent_files).where(_device.c.id == device)
    row = connection.execute(columns).one_or_none()
    return (row.unsent, row.unsent_files) if row is not None else (None, None)


def note_contact(connection: Connection, device: str, heard: dict[str, Any]) -> None:
    """Write down when a device was last heard of, and what it said of itself, by column."""
    columns, values = zip(*sorted(heard.items()), strict=True)
    rows.change(connection, "device", ("id",), columns, [(device, *values)])


def confirm(connection: Connection, device: str, now_ms: int) -> None:
    """Let a device in that waited for it; where it came from is of no more use."""
    connection.execute(
        update(_device).where(_device.c.id == device).values(confirmed_at=now_ms, address="")
    )


def revoke(connection: Connection, device: str, now_ms: int) -> None:
    """Let a device in no longer. From one that nobody ever confirmed nothing is taken, either; one
    that was taken back may hand in what it recorded while it was in.
    """
    spoke = exists().where(_incarnation.c.device == device)
    never_in = and_(_device.c.confirmed_at.is_(None), ~spoke)
    closed = case((never_in, now_ms), else_=_device.c.drain_closed_at)
    connection.execute(
        update(_device)
        .where(_device.c.id == device, _device.c.revoked_at.is_(None))
        .values(revoked_at=now_ms, drain_closed_at=closed)
    )


def take_back(connection: Connection, device: str, by: str) -> None:
    """Undo that a device was revoked. It waits to be confirmed anew, and what it was given ends."""
    connection.execute(delete(_nonce).where(_nonce.c.device_id == device))
    connection.execute(
        update(_device)
        .where(_device.c.id == device)
        .values(revoked_at=None, drain_closed_at=None, confirmed_at=None, issued_by=by)
    )


def refusal(connection: Connection, device: str) -> Problem | None:
    """Why a device is not let in, if nobody has confirmed it yet."""
    found = known(connection, device)
    return Problem("device_unconfirmed") if found is not None and found.unconfirmed else None


def confirmed_at(connection: Connection, device: str) -> int | None:
    """Since when (ms) a device is in; None if nobody has confirmed it, or it is not known."""
    found: int | None = connection.scalar(
        select(_device.c.confirmed_at).where(_device.c.id == device)
    )
    return found


def digits_of(connection: Connection, device: str) -> str:
    """The digits by which people compare a device's key with what its screen shows."""
    key = known_key(connection, device)
    return "" if key is None else _digits(key)


def known_key(connection: Connection, device: str) -> str | None:
    """A device's public key."""
    found: str | None = connection.scalar(
        select(_device.c.public_key).where(_device.c.id == device)
    )
    return found


@lru_cache(maxsize=DIGITS_KEPT_MAX)
def _digits(public_key: str) -> str:
    return check_digits(public_key)


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
    fits = spent and speaks(connection, device, token_text(device, nonce), signature)
    return None if fits else Problem("wrong_signature")


def speaks(connection: Connection, device: str, text: str, signature: str) -> bool:
    """Whether a text was signed with the key of this device, revoked or not."""
    key = known_key(connection, device)
    return key is not None and is_signed(key, text, signature)


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

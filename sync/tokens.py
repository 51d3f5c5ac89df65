"""State tokens and stamps: what the server hands out so that it can tell its own later."""

import hashlib
import hmac
from collections.abc import Mapping

from msgspec import Struct

from shared.ops import Stamp

PARTS = 8
MAC_HEX = 32
STAMP_MAC_HEX = 16


class Token(Struct, frozen=True, kw_only=True):
    """Where the server saw one incarnation last: its n-th state, and the cursors it had told.

    `place` is the highest place (`lseq`) it had taken. A repeated request gets the same n again,
    and may bring new ops all the same: only `place` proves them to a server that was put back.
    """

    key: str
    epoch: str
    incarnation: str
    n: int
    place: int
    nonce: str
    vector: str


def seal_token(token: Token, keys: Mapping[str, bytes]) -> str:
    """The token as text, under a key that lives outside the database."""
    text = _token_text(token)
    return f"{text}.{_mac(keys[token.key], text)[:MAC_HEX]}"


def read_token(text: str, keys: Mapping[str, bytes]) -> Token | None:
    """The token in a text, or None if it was not sealed with a key that is known."""
    parts = text.split(".")
    if len(parts) != PARTS or parts[0] not in keys:
        return None
    key, epoch, incarnation, n, place, nonce, vector, mac = parts
    if not (n.isdecimal() and place.isdecimal()):
        return None
    token = Token(
        key=key,
        epoch=epoch,
        incarnation=incarnation,
        n=int(n),
        place=int(place),
        nonce=nonce,
        vector=vector,
    )
    expected = _mac(keys[key], _token_text(token))[:MAC_HEX]
    return token if hmac.compare_digest(expected.encode(), mac.encode()) else None


def make_stamp(key: str, secret: bytes, moment: tuple[str, int], device: str) -> Stamp:
    """Proof that a device had an answer at (epoch, server time in ms)."""
    epoch, server_ms = moment
    mac = _mac(secret, f"stamp|{key}|{epoch}|{server_ms}|{device}")[:STAMP_MAC_HEX]
    return Stamp(epoch=epoch, server_ms=server_ms, key=key, mac8=mac)


def is_ours(stamp: Stamp, keys: Mapping[str, bytes], device: str) -> bool:
    """Whether a stamp was made by this server for this device."""
    secret = keys.get(stamp.key)
    if secret is None:
        return False
    expected = make_stamp(stamp.key, secret, (stamp.epoch, stamp.server_ms), device)
    return hmac.compare_digest(expected.mac8.encode(), stamp.mac8.encode())


def _token_text(token: Token) -> str:
    state = (str(token.n), str(token.place), token.nonce, token.vector)
    return ".".join((token.key, token.epoch, token.incarnation, *state))


def _mac(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()

"""The device's own key: made at enrolment, never leaves the device, proves who is talking."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from mobile.device import write_private

if TYPE_CHECKING:  # takes longer to load than the app takes to show its first screen
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

FILE: Final = "device.key"
NEXT: Final = "device.key.next"
COORDINATE_BYTES: Final = 32


class DeviceKey(Protocol):
    """A P-256 key that can sign. A phone's keystore can stand in for the file."""

    def public(self) -> str:
        """The public key: DER SubjectPublicKeyInfo, base64url without padding."""

    def sign(self, text: str) -> str:
        """ES256 over the text's UTF-8: raw r and s, base64url without padding."""


class FileKey:
    """A key in a file that only its owner may read."""

    def __init__(self, key: "EllipticCurvePrivateKey") -> None:
        self._key = key

    def public(self) -> str:
        """The public key: DER SubjectPublicKeyInfo, base64url without padding."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return _text(der)

    def sign(self, text: str) -> str:
        """ES256 over the text's UTF-8: raw r and s, base64url without padding."""
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
        from cryptography.hazmat.primitives.hashes import SHA256

        r, s = decode_dss_signature(self._key.sign(text.encode(), ECDSA(SHA256())))
        return _text(r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big"))


class KeyLost(Exception):
    """This installation's key is gone or damaged: nobody can make it again."""


def is_signed(public: str, data: bytes, signature: str) -> bool:
    """Whether a signature (ES256, r and s in hexadecimal) is this key's (base64url DER) over data.

    Whatever a server says instead of a key or a signature is no proof, and no error.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(urlsafe_b64decode(public + "=" * (-len(public) % 4)))
        raw = bytes.fromhex(signature)
    except (ValueError, UnsupportedAlgorithm):
        return False
    if not isinstance(key, EllipticCurvePublicKey) or len(raw) != 2 * COORDINATE_BYTES:
        return False
    r, s = (int.from_bytes(half) for half in (raw[:COORDINATE_BYTES], raw[COORDINATE_BYTES:]))
    try:
        key.verify(encode_dss_signature(r, s), data, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def open_key(folder: Path) -> FileKey:
    """The key of this installation. Raises `KeyLost`."""
    key = _kept(folder / FILE)
    if key is None:
        raise KeyLost
    return FileKey(key)


def next_key(folder: Path) -> FileKey:
    """The key for the next enrolment; the same until it is adopted, as answers may be lost."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path = folder / NEXT
    key = _kept(path)
    if key is None:
        key = generate_private_key(SECP256R1())
        write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return FileKey(key)


def adopt_key(folder: Path) -> None:
    """Make the next key that of this installation; the old one is gone."""
    (folder / NEXT).replace(folder / FILE)


def _kept(path: Path) -> "EllipticCurvePrivateKey | None":
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (FileNotFoundError, ValueError):
        return None
    return key if isinstance(key, EllipticCurvePrivateKey) else None


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()

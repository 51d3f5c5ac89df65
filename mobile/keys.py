"""The device's own key: made at enrolment, never leaves the device, proves who is talking."""

from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from mobile.device import write_private

FILE: Final = "device.key"
COORDINATE_BYTES: Final = 32


class DeviceKey(Protocol):
    """A P-256 key that can sign. A phone's keystore can stand in for the file."""

    def public(self) -> str:
        """The public key: DER SubjectPublicKeyInfo, base64url without padding."""

    def sign(self, text: str) -> str:
        """ES256 over the text's UTF-8: raw r and s, base64url without padding."""


class FileKey:
    """A key in a file that only its owner may read."""

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        self._key = key

    def public(self) -> str:
        """The public key: DER SubjectPublicKeyInfo, base64url without padding."""
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return _text(der)

    def sign(self, text: str) -> str:
        """ES256 over the text's UTF-8: raw r and s, base64url without padding."""
        r, s = decode_dss_signature(self._key.sign(text.encode(), ECDSA(SHA256())))
        return _text(r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big"))


def open_key(folder: Path) -> FileKey:
    """The key of this installation, made if there is none yet."""
    path = folder / FILE
    if not path.exists():
        made = generate_private_key(SECP256R1())
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(path, pem)
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return FileKey(key)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()

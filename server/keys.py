"""Keys: what proves that something came from this server, in a folder apart from the database."""

import hashlib
import os
import stat
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_pem_x509_certificate
from msgspec import Struct, structs

from shared.rescue import name_of, public_text
from sync.protocol import Voucher
from sync.witness import vouched_bytes

SECRET_BYTES: Final = 32
LANE_BYTES: Final = 32  # of each half of a signature
KEY_ID_HEX: Final = 12
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
PAIRS: Final = frozenset({"notary", "rescue"})  # purposes whose keys have a public half
PURPOSES: Final = ("token", "session", "portal", *sorted(PAIRS))
EPOCH_FILE: Final = "epoch"

Dice = Callable[[int], bytes]
Signer = ec.EllipticCurvePrivateKey


class Exposed(Exception):
    """The key folder or a file in it can be read by others on this machine."""


class Ring(Struct, frozen=True, kw_only=True):
    """The keys of one purpose by key id. New things are made with `newest`."""

    newest: str
    secrets: Mapping[str, bytes]

    @property
    def secret(self) -> bytes:
        """The newest key."""
        return self.secrets[self.newest]


class Keys(Struct, frozen=True, kw_only=True):
    """All keys of a server: state tokens and stamps, access tokens, and the notary's signers.

    `portal` makes the links that customers are given.

    `rescue` opens what phones sealed to this server, by the name on the cover; `rescue_public` is
    what they are told to seal it with. `vouchers` are the word of each of the notary's keys for the
    next: phones that were let in under an older one believe the newer ones by them.
    """

    folder: Path
    token: Ring
    session: Ring
    portal: Ring
    notary: Mapping[str, Signer]
    notary_key: str
    rescue: Mapping[str, Signer]
    rescue_public: str
    vouchers: tuple[Voucher, ...] = ()

    @property
    def head_keys(self) -> dict[str, str]:
        """The public halves of the notary's keys by id, as phones are told them at the door."""
        return {key: public_text(one.public_key()) for key, one in self.notary.items()}

    @property
    def signer(self) -> Signer:
        """The key that signs audit heads now."""
        return self.notary[self.notary_key]

    @property
    def thumbprint(self) -> str:
        """SHA-256, base64url, of the signing key: what an enrolment code pins the server by."""
        return thumbprint(self.signer.public_key())


def open_keys(folder: Path, dice: Dice) -> Keys:
    """The keys in a folder; what is missing is made. Raises `Exposed`."""
    _private_folder(folder)
    for purpose in PURPOSES:
        if not _files(folder, purpose):
            rotate(folder, purpose, dice)
    signers = {key_id: _signer(secret) for key_id, secret in _ring(folder, "notary").items()}
    tokens, sessions, links = (_ring(folder, one) for one in ("token", "session", "portal"))
    openers = {
        public_text(one.public_key()): one for one in map(_signer, _ring(folder, "rescue").values())
    }
    return Keys(
        folder=folder,
        token=Ring(newest=list(tokens)[-1], secrets=tokens),
        session=Ring(newest=list(sessions)[-1], secrets=sessions),
        portal=Ring(newest=list(links)[-1], secrets=links),
        notary=signers,
        notary_key=list(signers)[-1],
        rescue={name_of(public): one for public, one in openers.items()},
        rescue_public=list(openers)[-1],
        vouchers=tuple(_vouched(signers, by, key) for by, key in pairwise(signers)),
    )


def publics_in(folder: Path) -> dict[str, ec.EllipticCurvePublicKey]:
    """The notary's public keys in a folder, if it has any; nothing is made. Raises `Exposed`."""
    if not _files(folder, "notary"):
        return {}
    require_private(folder)
    return {key: _signer(secret).public_key() for key, secret in _ring(folder, "notary").items()}


def rotate(folder: Path, purpose: str, dice: Dice) -> None:
    """Make a new key for a purpose. The older ones still check what they once signed."""
    assert purpose in PURPOSES
    files = _files(folder, purpose)
    number = int(files[-1].suffix[1:]) + 1 if files else 1
    secret = _new_signer() if purpose in PAIRS else dice(SECRET_BYTES).hex().encode()
    _write(folder / f"{purpose}.{number:06d}", secret)


def marked_epoch(folder: Path) -> str | None:
    """The server epoch as it is marked outside the database."""
    path = folder / EPOCH_FILE
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def mark_epoch(folder: Path, epoch: str) -> None:
    """Mark the server epoch outside the database, so that a restored one does not keep it."""
    _private_folder(folder)
    _write(folder / EPOCH_FILE, epoch.encode())


def thumbprint(public: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of a public key (DER, SubjectPublicKeyInfo), base64url without padding."""
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def certificate_thumbprint(path: Path) -> str:
    """The thumbprint of the key in a TLS certificate (PEM; the first one of a chain)."""
    public = load_pem_x509_certificate(path.read_bytes()).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def signed(signer: Signer, data: bytes) -> str:
    """ES256 over bytes: r and s of 32 bytes each, in hexadecimal; always the same (RFC 6979)."""
    algorithm = ec.ECDSA(SHA256(), deterministic_signing=True)
    halves = decode_dss_signature(signer.sign(data, algorithm))
    return b"".join(half.to_bytes(LANE_BYTES, "big") for half in halves).hex()


def _vouched(signers: Mapping[str, Signer], by: str, key: str) -> Voucher:
    told = Voucher(key=key, public=public_text(signers[key].public_key()), by=by, signature="")
    return structs.replace(told, signature=signed(signers[by], vouched_bytes(told)))


def _ring(folder: Path, purpose: str) -> dict[str, bytes]:
    """The keys of a purpose, oldest first. A key's id is the beginning of its file's hash."""
    ring = {}
    for path in _files(folder, purpose):
        require_private(path)
        content = path.read_bytes()
        secret = content if purpose in PAIRS else bytes.fromhex(content.decode())
        ring[hashlib.sha256(content).hexdigest()[:KEY_ID_HEX]] = secret
    return ring


def _files(folder: Path, purpose: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"{purpose}.*") if path.suffix[1:].isdecimal())


def _signer(pem: bytes) -> Signer:
    key = load_pem_private_key(pem, None)
    assert isinstance(key, Signer)
    return key


def _new_signer() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _private_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(mode=FOLDER_MODE, parents=True)
        folder.chmod(FOLDER_MODE)
    require_private(folder)


def require_private(path: Path) -> None:
    """See that nobody else on this machine can read a file or folder. Raises `Exposed`."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Exposed(f"{path} can be read by others: take their rights away (chmod go-rwx)")


def _write(path: Path, content: bytes) -> None:
    """The whole file or nothing, for our eyes only, and there after a power cut."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

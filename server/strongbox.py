"""The strongbox: files that only whoever has the passphrase or the private key can read.

A file is a line that says what it is, a line of JSON that says how its key is made, and pieces of
1 MiB, each encrypted and authenticated (AES-256-GCM) with its place, with whether it is the last
one, and with those two lines. So nothing can be changed, left out, moved or cut off unnoticed.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)
from msgspec import Struct, field

from server.keys import Dice, require_private
from server.settings import Unfit

FORMAT: Final = b"fieldfare strongbox 1\n"
PIECE_BYTES: Final = 1_048_576
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
HEAD_BYTES_MAX: Final = 4_096
PLACE_BYTES: Final = 11
LAST: Final = b"\x01"
NOT_LAST: Final = b"\x00"
SCRYPT_N: Final = 2**16  # 64 MiB and some tenths of a second for each try
SCRYPT_R: Final = 8
PASSPHRASE_CHARS_MIN: Final = 16


class Altered(Exception):
    """The file is not as it was written: cut off, changed, or never one of these."""


class Locked(Exception):
    """The passphrase or the private key is not the one that opens the file."""


class Head(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file's key is made: by a passphrase (`salt`), or by a key agreement (`public`).

    `nonce` makes each file's key another one. `check` tells a wrong passphrase from damage.
    """

    nonce: str
    check: str
    salt: str | None = None
    public: str | None = None


class Sign(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """By what files are known to be for the same passphrase or key, without either."""

    salt: str | None = None
    check: str | None = None
    recipient: str | None = None


class Lock(Struct, frozen=True, kw_only=True):
    """What closes files: a secret, and what their heads say of how it is found again."""

    secret: bytes
    sign: Sign
    salt: str | None = None
    public: str | None = None


class Opener(Struct, frozen=True, kw_only=True):
    """What opens files: a passphrase, or a private key. Secrets once found are kept."""

    passphrase: bytes | None = None
    private: X25519PrivateKey | None = None
    known: dict[str, bytes] = field(default_factory=dict)


def lock_of(passphrase: Path | None, public: Path | None, dice: Dice, salt: str | None) -> Lock:
    """A lock by a passphrase in a file, or by a public key (X25519, PEM).

    With a salt it closes as that passphrase did before. Raises `Unfit` and `Exposed`.
    """
    if (passphrase is None) == (public is None):
        raise Unfit("give --passphrase FILE, or --public-key FILE")
    if passphrase is not None:
        salt = salt or _text(dice(SALT_BYTES))
        secret = _stretched(_words_in(passphrase), b64decode(salt))
        return Lock(secret=secret, sign=Sign(salt=salt, check=_check(secret)), salt=salt)
    assert public is not None
    theirs = _loaded(load_pem_public_key, public)
    if not isinstance(theirs, X25519PublicKey):
        raise Unfit(f"{public}: an X25519 public key is expected")
    ours = X25519PrivateKey.from_private_bytes(dice(KEY_BYTES))
    sign = Sign(recipient=_text(theirs.public_bytes_raw()))
    told = _text(ours.public_key().public_bytes_raw())
    return Lock(secret=ours.exchange(theirs), sign=sign, public=told)


def opener_of(passphrase: Path | None, private: Path | None) -> Opener:
    """What opens files, by a passphrase in a file or a private key. Raises `Unfit`, `Exposed`."""
    if (passphrase is None) == (private is None):
        raise Unfit("give --passphrase FILE, or --private-key FILE")
    if passphrase is not None:
        return Opener(passphrase=_words_in(passphrase))
    assert private is not None
    ours = _loaded(lambda pem: load_pem_private_key(pem, None), private)
    require_private(private)
    if not isinstance(ours, X25519PrivateKey):
        raise Unfit(f"{private}: an X25519 private key is expected")
    return Opener(private=ours)


def as_opener(lock: Lock) -> Opener:
    """What opens the files of a lock while its secret is at hand: nobody is asked for it again."""
    named = lock.salt or lock.public
    assert named is not None
    return Opener(known={named: lock.secret})


class Writer:
    """Writes a file into the strongbox. Only `close` makes it whole."""

    def __init__(self, file: BinaryIO, lock: Lock, dice: Dice) -> None:
        nonce = dice(SALT_BYTES)
        head = Head(
            nonce=_text(nonce),
            check=_check(lock.secret),
            salt=lock.salt,
            public=lock.public,
        )
        self._head = FORMAT + msgspec.json.encode(head) + b"\n"
        self._cipher = AESGCM(_derived(lock.secret, nonce, b"file"))
        self._file = file
        self._waiting = bytearray()
        self._place = 0
        file.write(self._head)

    def write(self, data: bytes) -> int:
        """Take bytes in; a piece goes out once it is known not to be the last."""
        self._waiting += data
        while len(self._waiting) > PIECE_BYTES:
            self._put(bytes(self._waiting[:PIECE_BYTES]), NOT_LAST)
            del self._waiting[:PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the last piece."""
        self._put(bytes(self._waiting), LAST)
        self._waiting.clear()

    def _put(self, piece: bytes, last: bytes) -> None:
        nonce = self._place.to_bytes(PLACE_BYTES, "big") + last
        self._file.write(self._cipher.encrypt(nonce, piece, self._head))
        self._place += 1


def pieces_of(file: BinaryIO, opener: Opener) -> Iterator[bytes]:
    """The content of a file of the strongbox, piece by piece. Raises `Altered` and `Locked`.

    Nothing is whole before the last piece has come: whoever reads on the way must not believe yet.
    """
    form, line = file.readline(HEAD_BYTES_MAX), file.readline(HEAD_BYTES_MAX)
    cipher = _cipher(form, line, opener)
    sealed, place = file.read(PIECE_BYTES + TAG_BYTES), 0
    while True:
        following = file.read(PIECE_BYTES + TAG_BYTES)
        nonce = place.to_bytes(PLACE_BYTES, "big") + (NOT_LAST if following else LAST)
        try:
            yield cipher.decrypt(nonce, sealed, form + line)
        except (InvalidTag, ValueError) as wrong:
            raise Altered(f"piece {place} is not as it was written") from wrong
        if not following:
            return
        sealed, place = following, place + 1


def _cipher(form: bytes, line: bytes, opener: Opener) -> AESGCM:
    if form != FORMAT or not line.endswith(b"\n"):
        raise Altered("it is no file of this kind")
    try:
        head = msgspec.json.decode(line, type=Head)
        secret = _secret(head, opener)
        nonce = b64decode(head.nonce)
    except (msgspec.DecodeError, ValueError) as wrong:
        raise Altered("its head cannot be read") from wrong
    if _check(secret) != head.check:
        raise Locked
    return AESGCM(_derived(secret, nonce, b"file"))


def _secret(head: Head, opener: Opener) -> bytes:
    """The secret a file was closed with; each is found once, for that takes its time."""
    named = head.salt or head.public
    if named is None:
        raise Altered("its head names no key")
    if named not in opener.known:
        opener.known[named] = _found(head, b64decode(named), opener)
    return opener.known[named]


def _found(head: Head, told: bytes, opener: Opener) -> bytes:
    if head.salt is not None and opener.passphrase is not None:
        return _stretched(opener.passphrase, told)
    if head.public is not None and opener.private is not None:
        return opener.private.exchange(X25519PublicKey.from_public_bytes(told))
    raise Locked


def _stretched(passphrase: bytes, salt: bytes) -> bytes:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=SCRYPT_N, r=SCRYPT_R, p=1)
    return kdf.derive(passphrase)


def _derived(secret: bytes, nonce: bytes, purpose: bytes) -> bytes:
    kdf = HKDF(SHA256(), length=KEY_BYTES, salt=nonce, info=FORMAT + purpose)
    return kdf.derive(secret)


def _check(secret: bytes) -> str:
    return _text(_derived(secret, b"", b"check")[:SALT_BYTES])


def _words_in(path: Path) -> bytes:
    words = _read(path).strip()
    require_private(path)
    if len(words) < PASSPHRASE_CHARS_MIN:
        raise Unfit(f"{path}: a passphrase of at least {PASSPHRASE_CHARS_MIN} characters, please")
    return words


def _loaded(load: Callable[[bytes], Any], path: Path) -> Any:
    pem = _read(path)
    try:
        return load(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise Unfit(f"{path}: no key in PEM, or one that has a passphrase of its own") from wrong


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unfit(f"{path}: {error.strerror}") from error


def _text(data: bytes) -> str:
    return b64encode(data).decode()

"""Rescue files: a phone's work as one stream of bytes, sealed to its server, signed by the phone.

Anybody can read the cover: to which server it goes and how much is in it. The rest is cut into
chunks that follow from each other, so that nothing can be changed, left out, added or cut off.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from msgspec import Meta, Struct

from shared.ids import PLAIN_PATTERN
from shared.photos import PHOTO_BYTES_MAX, Hash

KIN: Final = b"fieldfare-rescue "
MAGIC: Final = KIN + b"1\n"
COVER_BYTES_MAX: Final = 2_000
CHUNK_BYTES: Final = 65_536
TAG_BYTES: Final = 16
COUNTER_BYTES: Final = 11
SECRET_BYTES: Final = 32
LENGTH_BYTES: Final = 4
RECORD_BYTES_MAX: Final = 2_000_000
OPS_MAX: Final = 100_000
FILES_MAX: Final = 5_000
BYTES_MAX: Final = 2_000_000_000
Harmed = Literal["op", "file", "list"]
SAID: Final = b"{"
RAW: Final = b"b"

Text = Annotated[str, Meta(max_length=200, pattern=PLAIN_PATTERN)]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=PLAIN_PATTERN)]
Private = ec.EllipticCurvePrivateKey
Public = ec.EllipticCurvePublicKey


class Limits(Struct, frozen=True, kw_only=True):
    """How much one file may hold; of what came to harm it names as many as it may hold ops."""

    ops: int = OPS_MAX
    files: int = FILES_MAX
    bytes: int = BYTES_MAX


class Unfit(Exception):
    """A rescue file that cannot be taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Cover(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What anybody may read of a rescue file.

    `key` names the server's key that it is sealed to, `ephemeral` is the key made for this file
    alone (DER, base64url).
    """

    id: Name
    key: Name
    ephemeral: Text
    ops: Annotated[int, Meta(ge=0, le=OPS_MAX)]
    files: Annotated[int, Meta(ge=0, le=FILES_MAX)]


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="is"):
    """A record of what is inside."""


class Manifest(Said, frozen=True, kw_only=True, tag="manifest"):
    """The first record: whose work it is, from which device, packed when by its clock (ms)."""

    device: Name
    person: Name
    app: Text
    made_at: int


class SavedOp(Said, frozen=True, kw_only=True, tag="op"):
    """An op as it was recorded, with its place in the outbox."""

    incarnation: Name
    lseq: Annotated[int, Meta(ge=0, le=2**53)]
    id: Name
    body: str


class SavedFile(Said, frozen=True, kw_only=True, tag="file"):
    """A file by its hash; its bytes follow."""

    sha256: Hash
    size: Annotated[int, Meta(ge=1, le=PHOTO_BYTES_MAX)]


class Torn(Said, frozen=True, kw_only=True, tag="torn"):
    """Something that came to harm on the phone and is not in here."""

    what: Harmed
    name: Text


class Signature(Said, frozen=True, kw_only=True, tag="signature"):
    """The last record: the device's signature over everything before it."""

    signature: Text


class Signed(Struct, frozen=True, kw_only=True):
    """What the device's signature has to be over, and the signature that is there."""

    text: str
    signature: str


DEFAULT_LIMITS: Final = Limits()
Record = Manifest | SavedOp | SavedFile | Torn | Signature
Read = Callable[[int], bytes]
_said = msgspec.json.Decoder(Record)
_cover = msgspec.json.Decoder(Cover)


def public_text(public: Public) -> str:
    """A public key as it is told: DER SubjectPublicKeyInfo, base64url without padding."""
    return _text(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def name_of(public: str) -> str:
    """The name by which a cover calls the key of a server: its thumbprint."""
    return _text(hashlib.sha256(public.encode()).digest())


def public_key(text: str) -> Public:
    """The P-256 key of such a text. Raises `ValueError`."""
    try:
        found = load_der_public_key(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except UnsupportedAlgorithm as wrong:
        raise ValueError(str(wrong)) from wrong
    if not isinstance(found, Public) or not isinstance(found.curve, ec.SECP256R1):
        raise ValueError("a key of another kind")
    return found


def signed_text(device: str, cover: bytes, inside: bytes) -> str:
    """What a device signs: that this inside (its hash) goes under this cover (its hash)."""
    return f"fieldfare-rescue|1|{device}|{cover.hex()}|{inside.hex()}"


class Sealer:
    """Packs a file piece by piece. Every method gives the bytes that are to be written next."""

    def __init__(self, cover: Cover, server: str, ephemeral: Private) -> None:
        self._head = MAGIC + msgspec.json.encode(cover) + b"\n"
        self._bound = hashlib.sha256(self._head).digest()
        self._box = AESGCM(_secret(ephemeral, public_key(server), self._bound))
        self._inside = hashlib.sha256()
        self._held = bytearray()
        self._count = 0

    def begin(self) -> bytes:
        """The cover."""
        return self._head

    def say(self, record: Said) -> bytes:
        """One record."""
        return self._put(SAID, msgspec.json.encode(record))

    def bring(self, content: bytes) -> bytes:
        """The bytes of the file whose record was the last one."""
        cut = range(0, len(content), CHUNK_BYTES)
        return b"".join(self._put(RAW, content[start : start + CHUNK_BYTES]) for start in cut)

    def end(self, device: str, sign: Callable[[str], str]) -> bytes:
        """The signature, and the last chunk, which says that it is the last."""
        text = signed_text(device, self._bound, self._inside.digest())
        rest = self.say(Signature(signature=sign(text)))
        return rest + self._seal(bytes(self._held), is_last=True)

    def _put(self, kind: bytes, content: bytes) -> bytes:
        framed = kind + len(content).to_bytes(LENGTH_BYTES, "big") + content
        self._inside.update(framed)
        self._held += framed
        sealed = b""
        while len(self._held) > CHUNK_BYTES:
            sealed += self._seal(bytes(self._held[:CHUNK_BYTES]), is_last=False)
            del self._held[:CHUNK_BYTES]
        return sealed

    def _seal(self, content: bytes, *, is_last: bool) -> bytes:
        sealed = self._box.encrypt(_nonce(self._count, is_last=is_last), content, self._bound)
        self._count += 1
        return sealed


def read_cover(read: Read) -> tuple[Cover, bytes]:
    """The cover of a file, and the hash that binds everything to it. Raises `Unfit`."""
    head = _whole(read, len(MAGIC))
    if not head.startswith(KIN):
        raise Unfit("rescue_no_file")
    if head != MAGIC:
        raise Unfit("rescue_newer")
    line = bytearray()
    while not line.endswith(b"\n"):
        one = read(1)
        if not one or len(line) >= COVER_BYTES_MAX:
            raise Unfit("rescue_spoiled")
        line += one
    try:
        cover = _cover.decode(line)
    except (msgspec.DecodeError, UnicodeError) as wrong:
        raise Unfit("rescue_spoiled") from wrong
    return cover, hashlib.sha256(head + line).digest()


def unpack(
    read: Read, keys: Mapping[str, Private], limits: Limits = DEFAULT_LIMITS
) -> Iterator[Record | bytes | Signed]:
    """Everything in a file in its order: records, the bytes of each file after its record, and
    at the very end what its device has to have signed.

    Nothing is to be believed before that signature has been checked. Raises `Unfit`.
    """
    cover, bound = read_cover(read)
    if cover.key not in keys:
        raise Unfit("rescue_other_server")
    try:
        box = AESGCM(_secret(keys[cover.key], public_key(cover.ephemeral), bound))
    except ValueError as wrong:
        raise Unfit("rescue_spoiled") from wrong
    reader = _Reader(bound, _opened(read, box, bound, limits), limits)
    return reader.records()


class _Bounds(Struct, kw_only=True):
    """How far one file has been read: whose it is, what has come, and what has still to come."""

    device: str = ""
    ops: int = 0
    files: int = 0
    torn: int = 0
    owed: int = 0
    hash: Any = None
    sha256: str = ""


class _Reader:
    def __init__(self, bound: bytes, chunks: Iterator[bytes], limits: Limits) -> None:
        self._bound = bound
        self._limits = limits
        self._chunks = chunks
        self._held = bytearray()
        self._inside = hashlib.sha256()
        self._so_far = _Bounds()

    def records(self) -> Iterator[Record | bytes | Signed]:
        """The records, each checked against those before it."""
        while True:
            before = self._inside.digest()
            kind, content = self._next()
            if kind == RAW:
                _owe(self._so_far, content)
                yield content
                continue
            one = _decoded(content)
            _fits(self._so_far, one, self._limits)
            if isinstance(one, Signature):
                self._see_the_end()
                text = signed_text(self._so_far.device, self._bound, before)
                yield Signed(text=text, signature=one.signature)
                return
            yield one

    def _next(self) -> tuple[bytes, bytes]:
        head = self._take(1 + LENGTH_BYTES)
        kind, length = head[:1], int.from_bytes(head[1:], "big")
        most = CHUNK_BYTES if kind == RAW else RECORD_BYTES_MAX
        if kind not in (RAW, SAID) or length > most:
            raise Unfit("rescue_spoiled")
        content = self._take(length)
        self._inside.update(head + content)
        return kind, content

    def _take(self, count: int) -> bytes:
        while len(self._held) < count:
            self._held += self._chunk()
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken

    def _chunk(self) -> bytes:
        chunk = next(self._chunks, None)
        if chunk is None:
            raise Unfit("rescue_spoiled")
        return chunk

    def _see_the_end(self) -> None:
        if self._held or next(self._chunks, None) is not None:
            raise Unfit("rescue_spoiled")


def _decoded(content: bytes) -> Record:
    try:
        found: Record = _said.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
        raise Unfit("rescue_spoiled") from wrong
    return found


def _owe(so_far: _Bounds, content: bytes) -> None:
    """Bytes belong to the file announced last, and are as many as it said, with its hash.

    They come in pieces as large as can be: a file of crumbs would take hours to read.
    """
    if not content or len(content) != min(CHUNK_BYTES, so_far.owed):
        raise Unfit("rescue_spoiled")
    so_far.owed -= len(content)
    so_far.hash.update(content)
    if not so_far.owed and so_far.hash.hexdigest() != so_far.sha256:
        raise Unfit("rescue_spoiled")


def _fits(so_far: _Bounds, one: Record, limits: Limits) -> None:
    """A record comes where it may: the manifest first and once, nothing before a file's bytes, and
    no op after a file: whoever decides about ops need not read the files.
    """
    is_late = isinstance(one, SavedOp) and so_far.files
    if so_far.owed or is_late or isinstance(one, Manifest) == bool(so_far.device):
        raise Unfit("rescue_spoiled")
    if isinstance(one, Manifest):
        so_far.device = one.device
    elif isinstance(one, SavedOp):
        so_far.ops += 1
    elif isinstance(one, Torn):  # whoever reads keeps their names
        so_far.torn += 1
    elif isinstance(one, SavedFile):
        so_far.files += 1
        so_far.owed, so_far.hash, so_far.sha256 = one.size, hashlib.sha256(), one.sha256
    if max(so_far.ops, so_far.torn) > limits.ops or so_far.files > limits.files:
        raise Unfit("rescue_too_large")


def _opened(read: Read, box: AESGCM, bound: bytes, limits: Limits) -> Iterator[bytes]:
    """The chunks in their order; the last one has to be the last. Raises `Unfit`."""
    sealed, count = _whole(read, CHUNK_BYTES + TAG_BYTES), 0
    total = len(sealed)
    while sealed:
        after = _whole(read, CHUNK_BYTES + TAG_BYTES)
        total += len(after)
        if total > limits.bytes:
            raise Unfit("rescue_too_large")
        try:
            content = box.decrypt(_nonce(count, is_last=not after), sealed, bound)
        except (InvalidTag, ValueError) as wrong:
            raise Unfit("rescue_spoiled") from wrong
        yield content
        sealed, count = after, count + 1


def _whole(read: Read, count: int) -> bytes:
    """So many bytes, or as many as there are; a read may give fewer at once."""
    got = bytearray()
    while len(got) < count:
        piece = read(count - len(got))
        if not piece:
            break
        got += piece
    return bytes(got)


def _secret(private: Private, public: Public, bound: bytes) -> bytes:
    common = private.exchange(ec.ECDH(), public)
    return HKDF(SHA256(), SECRET_BYTES, salt=bound, info=MAGIC).derive(common)


def _nonce(count: int, *, is_last: bool) -> bytes:
    return count.to_bytes(COUNTER_BYTES, "big") + (b"\x01" if is_last else b"\x00")


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()

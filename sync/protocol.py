"""What travels between a phone and the server, both halves of it, with every limit."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct, field, structs

from shared.clock import At
from shared.errors import Flag
from shared.ids import PLAIN_PATTERN
from shared.ops import Stamp, is_plain
from shared.photos import Hash

PROTOCOL: Final = 1
OPS_PER_PUSH_MAX: Final = 256  # a full day, which is some 200
PUSH_BYTES_MAX: Final = 256_000
REQUEST_BYTES_MAX: Final = 4_000_000  # after decompression
PULL_BYTES_WANTED: Final = 640_000
PULL_BYTES_MAX: Final = 1_000_000
WAITING_MAX: Final = 5_000  # ops of one incarnation that are held or set aside at once
OPS_PER_DAY_MAX: Final = 20_000  # per device; the rest waits with 429
BYTES_PER_DAY_MAX: Final = 400_000_000  # of the bodies of these ops

STREAMS_MAX: Final = 20_000  # named in one request
FILES_ASKED_MAX: Final = 200  # hashes of files named in one request
PRINT_BYTES: Final = 8  # of one row
BITS_MAX: Final = 12  # by which a stream's rows are put into buckets to be compared
PRINTS_MAX: Final = 4_096  # of rows, or of buckets, compared in one request
FINDINGS_MAX: Final = 50  # told in one request
DIFFERING_ROWS_MAX: Final = 500  # sent in one reply
DOUBTS_PER_DAY_MAX: Final = 1_000  # comparisons that a device may ask for

OpaqueId = Annotated[str, Meta(min_length=1, max_length=64, pattern=PLAIN_PATTERN)]
Stream = Annotated[str, Meta(max_length=80, pattern=PLAIN_PATTERN)]
Place = Annotated[int, Meta(ge=0, le=2**53)]
Lane = Annotated[int, Meta(ge=0, lt=2**32)]
Token = Annotated[str, Meta(max_length=400, pattern=PLAIN_PATTERN)]


class WireOp(Struct, frozen=True, kw_only=True):
    """An op on its way: its place in the incarnation, its id, and its body verbatim."""

    lseq: Place
    id: Annotated[str, Meta(max_length=64)]
    body: str


class Doubt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stream whose rows a phone wants compared (`sync.prints`), and when (ms) it found reason to.

    With `sums` (of all buckets) it asks which buckets differ; else which rows of `buckets` are not
    among those with these `prints`, and which prints are of no row.
    """

    stream: Stream
    found: Place
    bits: Annotated[int, Meta(ge=0, le=BITS_MAX)]
    sums: Annotated[bytes, Meta(max_length=PRINT_BYTES << BITS_MAX)] = b""
    buckets: Annotated[list[Place], Meta(max_length=1 << BITS_MAX)] = field(default_factory=list)
    prints: Annotated[bytes, Meta(max_length=PRINT_BYTES * PRINTS_MAX)] = b""


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a phone found wrong with its copy of a stream, or of all (""): when (ms), how it ended.

    `rows` is how many had to be put right.
    """

    stream: Annotated[str, Meta(max_length=80, pattern=PLAIN_PATTERN)]
    found: Place
    what: Annotated[str, Meta(max_length=20, pattern=PLAIN_PATTERN)]
    rows: Place = 0


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One round trip asked for: ops pushed, streams pulled, or both.

    `cursors` holds only those that differ from the last answered request (null: gone), or all of
    them when `full`; `vector` is the hash over all of them. `staged` holds the positions of
    half-loaded snapshots, `floors` the floors of those that have one. `clock` is the device's
    evidence at the time of sending. `head` is the size of the newest audit head the device knows.
    `forked_from` names the incarnation that this one replaces. `unsent` is how many ops the device
    holds beside those it pushes here, `unsent_since` when the oldest of them was recorded,
    `unsent_files` how many files the server is not known to have, `unsent_bytes` how much of them
    is still to be sent and `free_bytes` what room it has. `torn` says that rows of the last answer
    disagreed with their checksum; `doubt` is what is to be compared of them, `findings` what came
    of that, `examined` when (ms) all rows were last read through. `files` are hashes of files of
    which the device does not know whether the server has them, `others` how many ops and files
    people who had it before still hold on it.
    """

    protocol: Annotated[int, Meta(ge=1, le=1_000)]
    app: Annotated[str, Meta(max_length=40, pattern=PLAIN_PATTERN)]
    device: OpaqueId
    incarnation: OpaqueId
    clock: At
    token: Token | None = None
    ops: list[WireOp] = field(default_factory=list)
    cursors: Annotated[dict[Stream, Place | None], Meta(max_length=STREAMS_MAX)] = field(
        default_factory=dict
    )
    full: bool = False
    vector: Annotated[str, Meta(max_length=64)] = ""
    staged: Annotated[dict[Stream, Place], Meta(max_length=STREAMS_MAX)] = field(
        default_factory=dict
    )
    floors: Annotated[dict[Stream, Place], Meta(max_length=STREAMS_MAX)] = field(
        default_factory=dict
    )
    pull: bool = False
    want_bytes: Place | None = None
    head: Place | None = None
    forked_from: OpaqueId | None = None
    unsent: Place | None = None
    unsent_since: Place | None = None
    unsent_files: Place | None = None
    unsent_bytes: Place | None = None
    free_bytes: Place | None = None
    torn: bool = False
    doubt: Doubt | None = None
    findings: Annotated[list[Finding], Meta(max_length=FINDINGS_MAX)] = field(default_factory=list)
    examined: Place | None = None
    files: Annotated[list[Hash], Meta(max_length=FILES_ASKED_MAX)] = field(default_factory=list)
    others: tuple[Place, Place] | None = None


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one op. `at` says, per stream, from which position on its effect is in it."""

    lseq: Place
    id: str
    verdict: str
    received: Place
    code: str | None = None
    at: dict[Stream, Place] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    flags: list[Flag] = field(default_factory=list)


GONE: Final = Raw(b"null")


class Row(Struct, frozen=True, array_like=True):
    """One row as it is sent: table, id, and its bytes, or `GONE` (null) when it is gone."""

    table: str
    id: str
    body: Raw

    @property
    def data(self) -> bytes | None:
        """The row's bytes as they were sent, or None when it is gone."""
        data = bytes(self.body)
        return None if data in (b"", b"null") else data


class Page(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of one stream, from one position to the next.

    A `snapshot` replaces what the device has once its last page is there; a `delta` adds to it.
    `sums` is the checksum of the whole stream, sent where the page reaches the head. `floor` is up
    to where the server no longer knows what is gone; a snapshot that was begun under another one is
    begun anew.
    """

    stream: Stream
    kind: Literal["delta", "snapshot"]
    since: Place
    to: Place
    head: Place
    rows: list[Row] = field(default_factory=list)
    sums: tuple[Lane, Lane] | None = None
    floor: Place = 0


class Differences(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a compared stream differs by, as of its position `to`, where its checksum is `sums`.

    Either the `buckets` that differ, or the `rows` that the device lacks and the prints (`gone`) of
    those that are none. `more`: rows were left out, to be asked for again. `later`: nothing was
    compared, as the device has asked too often.
    """

    stream: Stream
    to: Place
    sums: tuple[Lane, Lane]
    buckets: list[Place] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    gone: bytes = b""
    more: bool = False
    later: bool = False


class Voucher(Struct, frozen=True, kw_only=True):
    """The word of one key (`by`) of the audit log for the next: its id and public half.

    The key is P-256 (base64url DER), the signature ES256, in hexadecimal.
    """

    key: str
    public: str
    by: str
    signature: str


class SignedHead(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A signed audit tree head: size, root and signature in hexadecimal, time in ms.

    `proof` shows that it extends the head whose size the request named (RFC 9162). `vouchers` lead
    from each key that ever signed to the next, oldest first.
    """

    epoch: OpaqueId
    size: Place
    root: str
    at: Place
    key: str
    signature: str
    proof: list[str] = field(default_factory=list)
    vouchers: list[Voucher] = field(default_factory=list)


class Wipe(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The office wants a device emptied: by which order, and what may be lost by it.

    A device that holds more unsent ops or files than that keeps everything.
    """

    order: OpaqueId
    ops: Place = 0
    files: Place = 0


class Reply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one round trip; a device takes it in one transaction.

    `fork` means that nothing was taken: somebody else already speaks as this incarnation.
    `need_vector` asks for all cursors; the answer to all of them (`full`) names all the streams
    that are the device's in `scope`. `durable_through` (ms) is the last verified backup. Of
    the files asked about, `have` are those that this very device uploaded and the server has
    checked, `wanted` those it would take; one in neither never agreed with its hash. `differences`
    answers a `doubt`. `revoked`
    tells a device that it reads nothing any more and that a person looks at what it hands in.
    """

    server_epoch: OpaqueId
    now: Place
    stamp: Stamp
    token: Token | None = None
    results: list[Result] = field(default_factory=list)
    streams: list[Page] = field(default_factory=list)
    drop: list[Stream] = field(default_factory=list)
    scope: list[Stream] | None = None
    more: bool = False
    need_vector: bool = False
    fork: bool = False
    head: SignedHead | None = None
    durable_through: Place | None = None
    have: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    revoked: bool = False
    wipe: Wipe | None = None
    differences: Differences | None = None


class Files(Struct, frozen=True, kw_only=True):
    """Of the files a device asked about: those it uploaded and are checked, and those wanted."""

    have: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()


_request = msgspec.json.Decoder(Request)
_reply = msgspec.json.Decoder(Reply)
_encoder = msgspec.json.Encoder()


def encode(message: Request | Reply) -> bytes:
    """A message's bytes, before compression."""
    return _encoder.encode(message)


def encode_apart(reply: Reply) -> tuple[bytes, list[bytes], bytes]:
    """The bytes of an answer with a comma between those of its pages: before, pages, and after."""
    frame = _encoder.encode(structs.replace(reply, streams=[]))
    return frame[:-1] + b',"streams":[', [_encoder.encode(one) for one in reply.streams], b"]}"


def decode_request(data: bytes) -> Request:
    """A request from its bytes. Raises `msgspec.DecodeError` or `msgspec.ValidationError`."""
    return _request.decode(data)


def decode_reply(data: bytes) -> Reply:
    """A reply from its bytes. Raises `msgspec.DecodeError`, whatever is wrong with them.

    What a phone is to keep and to say again has the same limits as what it says: else one wrong
    answer would make a request of it that is refused for ever.
    """
    try:
        reply = _reply.decode(data)
    except (UnicodeError, RecursionError) as wrong:
        raise msgspec.DecodeError(type(wrong).__name__) from wrong
    found = reply.differences
    if not is_plain(reply.stamp) or (found is not None and len(found.gone) % PRINT_BYTES):
        raise msgspec.ValidationError("out of range")
    return reply

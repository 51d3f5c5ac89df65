"""The op: what one person did, once, as it is written, sent, stored and judged."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from shared.amounts import Id, has_control_characters
from shared.clock import MS_MAX, At

BODY_BYTES_MAX = 200_000
STAMP_CHARS_MAX = 64
SALT_BYTES = 16  # of randomness, in hexadecimal in the op
Origin = Literal["device", "console", "api", "timer"]
SYSTEM = "00000000-0000-7000-8000-000000000001"


class Verdict(StrEnum):
    """What became of an op; `quarantined` and `held` are provisional, the others final."""

    APPLIED = "applied"
    MERGED = "merged"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    HELD = "held"


FINAL = frozenset({Verdict.APPLIED, Verdict.MERGED, Verdict.CONFLICT, Verdict.REJECTED})
PROVISIONAL = frozenset({Verdict.QUARANTINED, Verdict.HELD})


class Stamp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last server reply a device had seen: bounds the true time of an act from below."""

    epoch: str
    server_ms: int
    key: str
    mac8: str


def is_plain(stamp: Stamp) -> bool:
    """Whether it is one that a server gives: acts are recorded with it, so it has to be short."""
    texts = (stamp.epoch, stamp.key, stamp.mac8)
    return 0 <= stamp.server_ms <= MS_MAX and all(
        len(one) <= STAMP_CHARS_MAX and not has_control_characters(one) for one in texts
    )


class Op(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One act: its id, verb and version, what it is on, by whom, where and when, and the words.

    `on` is (noun, id). `prev` is the fingerprint of the body recorded before it in the same
    device file. `salt` hides the body behind its hash, so that it can be erased from the log.
    """

    id: Id
    kind: Annotated[str, Meta(max_length=40)]
    v: Annotated[int, Meta(ge=1, le=1_000_000)]
    on: tuple[Annotated[str, Meta(max_length=40)], Id]
    by: Id
    origin: Origin
    at: At
    salt: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
    args: Raw
    after: Stamp | None = None
    prev: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")] | None = None
    visit: Id | None = None


_decoder = msgspec.json.Decoder(Op)
_encoder = msgspec.json.Encoder()


def encode(op: Op) -> str:
    """The op's body: the text that is fingerprinted, sent and stored, and never rewritten."""
    return _encoder.encode(op).decode()


def decode(body: str) -> Op:
    """The op in a body. Raises `msgspec.DecodeError` or its child `msgspec.ValidationError`."""
    return _decoder.decode(body)

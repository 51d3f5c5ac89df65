"""Packs: answers compressed piece by piece, so that what was compressed before is not anew.

A piece is found by what is in it, so that it can be no other. Between pieces the compression
forgets what went before, and so they fit together in any order to one gzip member.
"""

import hashlib
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from struct import pack as laid_out
from threading import Lock
from typing import Final

from msgspec import Struct

LEVEL: Final = 5
KEPT_BYTES_MAX: Final = 16_000_000  # in one process
PIECE_BYTES: Final = 48_000  # smaller ones compress worse
PIECE_BYTES_MAX: Final = 128_000
ENTRY_BYTES: Final = 200  # what a piece takes in memory beside its own bytes
RAW: Final = -zlib.MAX_WBITS
GZIP_HEAD: Final = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
LENGTHS: Final = 1 << 32


class Item(Struct, frozen=True):
    """One of a list, as JSON. It `lasts` where others may be sent the same under this name."""

    name: str
    content: bytes
    lasts: bool


class Packs:
    """Pieces that were compressed lately, in the memory of one process.

    `bytes_max` is how much of it they may take; those longest not asked for go.
    """

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._lock = Lock()
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self.bytes = 0

    def packed(self, before: bytes, items: Iterable[Item], after: bytes) -> bytes:
        """The items of a JSON list, between what stands around them, as one gzip member."""
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
        told = [GZIP_HEAD, _compressed(before, packer)]
        check, size = zlib.crc32(before), len(before)
        for number, (piece, lasts) in enumerate(_pieces(items)):
            if number:
                told.append(PACKED_COMMA)
                check, size = zlib.crc32(COMMA, check), size + len(COMMA)
            told.append(self._of(piece, packer) if lasts else _compressed(piece, packer))
            check, size = zlib.crc32(piece, check), size + len(piece)
        check, size = zlib.crc32(after, check), size + len(after)
        told += [packer.compress(after), packer.flush(zlib.Z_FINISH)]
        told.append(laid_out("<II", check, size % LENGTHS))
        return b"".join(told)

    def _of(self, piece: bytes, packer: "zlib._Compress") -> bytes:
        key = hashlib.sha256(piece).digest()
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        fresh = _compressed(piece, packer)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = fresh
                self.bytes += len(fresh) + ENTRY_BYTES
            while self.bytes > self._bytes_max:
                self.bytes -= len(self._kept.popitem(last=False)[1]) + ENTRY_BYTES
        return fresh


def _compressed(piece: bytes, packer: "zlib._Compress") -> bytes:
    """A piece that refers to nothing before it, nor is referred to by what comes after it."""
    return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)


def _pieces(items: Iterable[Item]) -> Iterator[tuple[bytes, bool]]:
    """Items put together to pieces of some size, and whether a piece lasts.

    Where one ends is told by the names of what is in it: when something changes, only the pieces
    around it are others than before.
    """
    held: list[bytes] = []
    size, lasts = 0, False
    for item in items:
        if held and item.lasts is not lasts:
            yield COMMA.join(held), lasts
            held, size = [], 0
        lasts = item.lasts
        held.append(item.content)
        size += len(item.content)
        if size >= PIECE_BYTES_MAX or (size >= PIECE_BYTES and _ends_a_piece(item.name)):
            yield COMMA.join(held), lasts
            held, size = [], 0
    if held:
        yield COMMA.join(held), lasts


def _ends_a_piece(name: str) -> bool:
    return zlib.crc32(name.encode()) & 1 == 0


COMMA: Final = b","
PACKED_COMMA: Final = _compressed(COMMA, zlib.compressobj(LEVEL, zlib.DEFLATED, RAW))

"""Checksums: of the rows of a stream, as they were sent, and of a device's cursors."""

import hashlib
from collections.abc import Iterable, Mapping

LANE = 1 << 32
VECTOR_HEX = 32

Sums = tuple[int, int]
NO_ROWS: Sums = (0, 0)


def row_sums(table: str, identity: str, body: bytes) -> Sums:
    """The two 32-bit lanes of one row: the first 8 bytes of SHA-256(table NUL id NUL bytes)."""
    mixed = hashlib.sha256(f"{table}\x00{identity}\x00".encode() + body).digest()
    return (int.from_bytes(mixed[:4], "big"), int.from_bytes(mixed[4:8], "big"))


def plus(one: Sums, other: Sums) -> Sums:
    """The checksum with a row more."""
    return ((one[0] + other[0]) % LANE, (one[1] + other[1]) % LANE)


def minus(one: Sums, other: Sums) -> Sums:
    """The checksum with a row less."""
    return ((one[0] - other[0]) % LANE, (one[1] - other[1]) % LANE)


def total(rows: Iterable[Sums]) -> Sums:
    """The checksum of rows in any order."""
    result = NO_ROWS
    for row in rows:
        result = plus(result, row)
    return result


def vector_hash(epoch: str, cursors: Mapping[str, int]) -> str:
    """SHA-256/128 over the sorted cursors of one epoch, in hexadecimal."""
    lines = "".join(f"{stream}\x00{epoch}\x00{cursors[stream]}\n" for stream in sorted(cursors))
    return hashlib.sha256(lines.encode()).hexdigest()[:VECTOR_HEX]

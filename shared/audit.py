"""The audit log's mathematics: leaves, the RFC 9162 tree, and proofs anyone can check."""

import hashlib
from collections.abc import Iterable, Sequence

from msgspec import Struct

from shared.canonical import encoded

EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = tuple[int, int]  # level, and place within the level
Range = tuple[int, int]  # leaves from, and to (not included)


class Leaf(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the log says of one verdict: the n-th about this op in this server epoch.

    `fingerprint`, `detail_hash` and `rows` are SHA-256 in hexadecimal, `received` is in
    milliseconds. `rows` is over the `Trace` of what the op wrote; null where it wrote nothing.
    The op's body carries its own salt, so the leaf tells nothing about it once it is erased.
    """

    epoch: str
    op_id: str
    n: int
    fingerprint: str
    verdict: str
    code: str | None
    detail_hash: str
    received: int
    rows: str | None = None


class Traced(Struct, frozen=True, array_like=True):
    """One row as an op left it: its hash (`row_hash`) at that version, null where it is gone."""

    table: str
    id: str
    version: int | None
    hash: str | None


class Trace(Struct, frozen=True, kw_only=True):
    """The rows an op wrote, by table and id, and the salt of their hashes.

    The salt is the op's own and stands beside the leaf, not in it: once it is erased, nobody can
    try out what a row may have held, and the tree stays whole.
    """

    salt: str
    rows: tuple[Traced, ...]


def leaf_bytes(leaf: Leaf) -> bytes:
    """The canonical bytes of a leaf; `rows` is left out where it is null."""
    return encoded(leaf, leaf.n, leaf.received)


def rows_digest(rows: Sequence[Traced]) -> str:
    """What a leaf says of the rows its op wrote."""
    return hashlib.sha256(rows_bytes(rows)).hexdigest()


def rows_bytes(rows: Sequence[Traced]) -> bytes:
    """The canonical bytes of the rows an op wrote."""
    return encoded(rows, *(one.version for one in rows))


def row_hash(salt: str, place: tuple[str, str], data: bytes) -> str:
    """The hash of a row's bytes at its place (table, id)."""
    return hashlib.sha256("\0".join((salt, *place, "")).encode() + data).hexdigest()


def leaf_hash(data: bytes) -> bytes:
    """RFC 9162, 2.1.1: the hash of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 9162, 2.1.1: the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growth(Struct, kw_only=True):
    """A tree while leaves are added to it: its size, its complete subtrees, and the new ones.

    `peaks` are (level, hash), largest first; `nodes` are (level, place, hash).
    """

    size: int
    peaks: list[tuple[int, bytes]]
    nodes: list[tuple[int, int, bytes]] = []


def grow(growth: Growth, hashes: Iterable[bytes]) -> None:
    """Add leaves to a tree, noting each subtree that becomes complete."""
    for leaf in hashes:
        level, top = 0, leaf
        while growth.peaks and growth.peaks[-1][0] == level:
            top = node_hash(growth.peaks.pop()[1], top)
            level += 1
            growth.nodes.append((level, growth.size >> level, top))
        growth.peaks.append((level, top))
        growth.size += 1


def peaks_of(leaves: Range) -> list[Node]:
    """The complete subtrees that a range is made of, largest first."""
    start, end = leaves
    parts: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append((level, start >> level))
        start += 1 << level
    return parts


def root_of_peaks(peaks: Sequence[tuple[int, bytes]]) -> bytes:
    """The root over perfect subtrees, largest first."""
    if not peaks:
        return EMPTY_ROOT
    top = peaks[-1][1]
    for _, peak in reversed(peaks[:-1]):
        top = node_hash(peak, top)
    return top


def inclusion_ranges(leaves: Range, number: int) -> list[Range]:
    """RFC 9162, 2.1.3.1: the ranges whose roots are the path from a leaf, nearest first."""
    start, end = leaves
    if end - start <= 1:
        return []
    middle = start + _split(end - start)
    if number < middle:
        return [*inclusion_ranges((start, middle), number), (middle, end)]
    return [*inclusion_ranges((middle, end), number), (start, middle)]


def consistency_ranges(leaves: Range, older: int, *, whole: bool) -> list[Range]:
    """RFC 9162, 2.1.4.1: the ranges whose roots prove that the log up to `older` is a prefix."""
    start, end = leaves
    if older == end:
        return [] if whole else [leaves]
    middle = start + _split(end - start)
    if older <= middle:
        return [*consistency_ranges((start, middle), older, whole=whole), (middle, end)]
    return [*consistency_ranges((middle, end), older, whole=False), (start, middle)]


def _split(size: int) -> int:
    """The largest power of two smaller than size."""
    return 1 << (size - 1).bit_length() - 1


class Span(Struct, frozen=True, kw_only=True):
    """Two sizes of one log with the roots claimed for them."""

    older: int
    older_root: bytes
    newer: int
    newer_root: bytes


def includes(leaf: bytes, index: int, proof: Sequence[bytes], head: tuple[int, bytes]) -> bool:
    """RFC 9162, 2.1.3.2: whether the proof shows the leaf hash at `index` of (size, root)."""
    size, wanted = head
    if not 0 <= index < size:
        return False
    place, last, top = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            top = node_hash(step, top)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            top = node_hash(top, step)
        place, last = place >> 1, last >> 1
    return last == 0 and top == wanted


def extends(span: Span, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: whether the newer log begins with the whole older one."""
    if span.older == span.newer:
        return not proof and span.older_root == span.newer_root
    if span.older == 0:
        return not proof
    if span.older > span.newer:
        return False
    path = list(proof)
    if span.older & (span.older - 1) == 0:
        path.insert(0, span.older_root)
    return bool(path) and _walk(span, path) == (span.older_root, span.newer_root)


def _walk(span: Span, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    place, last = span.older - 1, span.newer - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    return (old, new) if last == 0 else None

"""RFC 9162 word by word, over the whole list of leaf hashes: what the code is compared with."""

import hashlib
from collections.abc import Sequence


def root(leaves: Sequence[bytes]) -> bytes:
    """2.1.1: the root of a tree with these leaf hashes."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(leaves)
    return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """2.1.3.1: the path that proves leaf `index` is in the tree of these leaves."""
    if len(leaves) <= 1:
        return []
    split = _split(leaves)
    if index < split:
        return [*inclusion_proof(leaves[:split], index), root(leaves[split:])]
    return [*inclusion_proof(leaves[split:], index - split), root(leaves[:split])]


def consistency_proof(leaves: Sequence[bytes], older: int) -> list[bytes]:
    """2.1.4.1: the proof that the tree of the first `older` leaves is a prefix."""
    return _subproof(leaves, older, whole=True) if 0 < older < len(leaves) else []


def _subproof(leaves: Sequence[bytes], older: int, *, whole: bool) -> list[bytes]:
    if older == len(leaves):
        return [] if whole else [root(leaves)]
    split = _split(leaves)
    if older <= split:
        return [*_subproof(leaves[:split], older, whole=whole), root(leaves[split:])]
    return [*_subproof(leaves[split:], older - split, whole=False), root(leaves[:split])]


def _split(leaves: Sequence[bytes]) -> int:
    """The largest power of two smaller than the number of leaves."""
    return max(1 << power for power in range(40) if 1 << power < len(leaves))

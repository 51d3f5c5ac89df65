"""Canonical JSON (RFC 8785) for what is hashed: sorted keys, no spaces, no floats."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

INTEGER_MAX = 2**53

_encoder = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of a value made of objects, arrays, text, booleans, null and integers.

    Keys are ASCII field names, so sorting by code point is the sorting RFC 8785 asks for.
    Raises ValueError for a float, an integer beyond 2^53, or a key that is not ASCII.
    """
    _check(value)
    return _encoder.encode(value)


def encoded(value: Any, *numbers: int | None) -> bytes:
    """The same of a value whose type leaves nothing amiss but how large these numbers are."""
    _check_all(numbers)
    return _encoder.encode(value)


def digest(value: Any) -> str:
    """SHA-256, as 64 hexadecimal digits, of a value's canonical bytes."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: Any) -> None:
    if isinstance(value, dict):
        if not "".join(value).isascii():
            raise ValueError(f"canonical keys are ASCII, not all of {list(value)!r}")
        _check_all(value.values())
    elif isinstance(value, list | tuple):
        _check_all(value)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > INTEGER_MAX):
        raise ValueError("canonical JSON holds neither floats nor integers beyond 2^53")


def _check_all(values: Iterable[Any]) -> None:
    """Most of what is hashed is text, of which every one will do, and small numbers."""
    for value in values:
        kind = type(value)
        if kind is str or (kind is int and -INTEGER_MAX <= value <= INTEGER_MAX):
            continue
        _check(value)

"""Columns: rows as PostgreSQL takes them in bulk, one list per column, as the bytes of an array.

The driver would look at every value by itself, and takes several times as long.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from psycopg import adapters, postgres
from psycopg.adapt import Dumper
from psycopg.pq import Format

# Dimensions, whether there are nulls, the type of its elements, how many, the first one's place.
_head: Final = struct.Struct(">iiiii")
_length: Final = struct.Struct(">i").pack
_whole: Final = struct.Struct(">iq").pack
_truth: Final = struct.Struct(">i?").pack
NULL: Final = _length(-1)
WHOLE_BYTES, TRUTH_BYTES = 8, 1


class _Array(bytes):
    """An array as PostgreSQL is sent it."""


class _Texts(_Array): ...


class _Bytes(_Array): ...


class _Wholes(_Array): ...


class _Truths(_Array): ...


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


_element: dict[type[_Array], int] = {}
for _kind, _name in ((_Texts, "varchar"), (_Bytes, "bytea"), (_Wholes, "int8"), (_Truths, "bool")):
    _known = postgres.types[_name]
    _element[_kind] = _known.oid
    adapters.register_dumper(_kind, type(_name, (_AsItIs,), {"oid": _known.array_oid}))


def texts(values: Sequence[str | None]) -> _Array:
    """A list of texts."""
    return _array(_Texts, values, _sized([one if one is None else one.encode() for one in values]))


def packed_list(values: list[Any]) -> Any:
    """A list of texts or of whole numbers, packed; any other as it is, for the driver."""
    kinds = {type(one) for one in values}
    if kinds == {str}:
        return texts(values)
    return _wholes(values) if kinds == {int} else values


def _bytes(values: Sequence[bytes | None]) -> _Array:
    return _array(_Bytes, values, _sized(values))


def _wholes(values: Sequence[int | None]) -> _Array:
    return _array(_Wholes, values, _fixed(_whole, WHOLE_BYTES, values))


def _truths(values: Sequence[bool | None]) -> _Array:
    return _array(_Truths, values, _fixed(_truth, TRUTH_BYTES, values))


def _array(kind: type[_Array], values: Sequence[Any], content: bytes) -> _Array:
    return kind(_head.pack(1, None in values, _element[kind], len(values), 1) + content)


def _sized(values: Iterable[bytes | None]) -> bytes:
    parts: list[bytes] = []
    for one in values:
        if one is None:
            parts.append(NULL)
        else:
            parts += (_length(len(one)), one)
    return b"".join(parts)


def _fixed(laid_out: Callable[..., bytes], size: int, values: Iterable[Any]) -> bytes:
    try:
        return b"".join([NULL if one is None else laid_out(size, one) for one in values])
    except struct.error as unfit:
        raise OverflowError(str(unfit)) from unfit


_OF_KIND: Final[dict[type, Callable[[Sequence[Any]], _Array]]] = {
    int: _wholes,
    bool: _truths,
    bytes: _bytes,
}


@cache
def _packers(kinds: tuple[type, ...]) -> tuple[Callable[[Sequence[Any]], _Array], ...]:
    return tuple(_OF_KIND.get(kind, texts) for kind in kinds)


def packed(kinds: Iterable[type], rows: Sequence[Sequence[Any]]) -> tuple[_Array, ...]:
    """Rows whose columns hold values of these kinds, all others as text; at least one.

    Raises `OverflowError` for a number that is too large, `UnicodeEncodeError` for half a sign.
    """
    lists = zip(*rows, strict=True)
    return tuple(pack(values) for pack, values in zip(_packers(tuple(kinds)), lists, strict=True))

"""Mutants: honest JSON with something wrong in it: a value, a name, a byte, or how it is packed."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, Final

NESTED: Final = 3_000
LONG: Final = 300_000
BOMB_BYTES: Final = 60_000_000
KEY: Final = re.compile(rb'"\w+":')
NUMBER: Final = re.compile(rb"(?<=[:\[,])-?\d+")

Path = tuple[str | int, ...]


def nested(depth: int = NESTED) -> Any:
    """A list in a list, and so on."""
    value: Any = "x"
    for _ in range(min(depth, 400)):  # deeper ones are made of bytes, in `deep`
        value = [value]
    return value


# What nobody honest puts anywhere, made anew each time.
HOSTILE: Final[tuple[Callable[[], Any], ...]] = (
    lambda: None,
    lambda: True,
    lambda: 0,
    lambda: -1,
    lambda: 1.5,
    lambda: 2**53 + 1,
    lambda: 2**63,
    lambda: -(2**63) - 1,
    lambda: 10**40,
    lambda: 1e308,
    lambda: float("nan"),
    lambda: float("-inf"),
    lambda: "",
    lambda: " ",
    lambda: "\0",
    lambda: "a\x07b\x1b[2J",
    lambda: "\ud800",
    lambda: "\udfff\ud83d",
    lambda: "‮turned‬\u2028",
    lambda: "é".join("ab"),
    lambda: "\ufeff滤网",
    lambda: "x" * 5_000,
    lambda: "滤" * LONG,
    lambda: "2026-02-30T25:61",
    lambda: "9" * 30,
    lambda: "1e5",
    lambda: "٣",
    lambda: "-0",
    lambda: "00000000-0000-0000-0000-000000000000",
    lambda: "' OR 1=1 --",
    lambda: "{{7*7}}<script>alert(1)</script>",
    lambda: "../../etc/passwd",
    list,
    dict,
    lambda: [None],
    lambda: ["a", "b", "c"],
    lambda: {"": ""},
    lambda: {"__class__": "x", "\0": 1},
    lambda: list(range(5_000)),
    lambda: {str(one): one for one in range(2_000)},
    nested,
)


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a document, the whole first."""
    yield here
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for name, one in inside:
        yield from paths(one, (*here, name))


def at(value: Any, path: Path) -> Any:
    """What is at a place."""
    for name in path:
        value = value[name]
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    """The document with something else at a place."""
    if not path:
        return new
    at(value, path[:-1])[path[-1]] = new
    return value


def bent(value: Any, dice: Random, times: int = 1) -> Any:
    """A copy with one or a few things wrong in its structure."""
    value = deepcopy(value)
    for _ in range(times):
        places = list(paths(value))
        path = places[dice.randrange(len(places))]
        value = dice.choice(BENDS)(value, path, places, dice)
    return value


def _replace(value: Any, path: Path, places: list[Path], dice: Random) -> Any:
    return put(value, path, dice.choice(HOSTILE)())


def _swap(value: Any, path: Path, places: list[Path], dice: Random) -> Any:
    """What stands elsewhere in the document."""
    return put(value, path, deepcopy(at(value, dice.choice(places))))


def _leave_out(value: Any, path: Path, places: list[Path], dice: Random) -> Any:
    if not path:
        return value
    del at(value, path[:-1])[path[-1]]
    return value


def _add(value: Any, path: Path, places: list[Path], dice: Random) -> Any:
    found = at(value, path)
    if isinstance(found, dict):
        found[dice.choice(("mood", "", "__proto__", "v2", "filter\0"))] = dice.choice(HOSTILE)()
    elif isinstance(found, list):
        found.extend(deepcopy(found) * dice.choice((1, 50)) if len(found) < 20 else [None])
    return value


def _nudge(value: Any, path: Path, places: list[Path], dice: Random) -> Any:
    """Nearly the same: a number off by one, a text in other letters."""
    found = at(value, path)
    if isinstance(found, bool):
        return put(value, path, not found)
    if isinstance(found, int):
        return put(value, path, found + dice.choice((-1, 1, 1_000_000, -found * 2)))
    if isinstance(found, str):
        return put(
            value, path, dice.choice((found.upper(), found[:-1], found + "\n", f" {found}", "Ａ"))
        )
    return value


BENDS: Final = (_replace, _replace, _replace, _swap, _leave_out, _add, _nudge)


def written(value: Any) -> bytes:
    """As JSON, or nearly: lone surrogates as they are, and numbers that are none."""
    if isinstance(value, float) or value is None:
        return json.dumps(value).encode()
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def spoilt(data: bytes, dice: Random) -> bytes:
    """Bytes with something wrong in how they are written."""
    return dice.choice(SPOILS)(data, dice)


def _twice(data: bytes, dice: Random) -> bytes:
    """A name said twice, with another value the second time."""
    found = list(KEY.finditer(data))
    if not found:
        return data
    one = dice.choice(found)
    other = dice.choice((b"null,", b'"x",', b"[],", b"1,"))
    return data[: one.start()] + one.group() + other + data[one.start() :]


def _no_number(data: bytes, dice: Random) -> bytes:
    found = list(NUMBER.finditer(data))
    if not found:
        return data
    one = dice.choice(found)
    new = dice.choice((b"NaN", b"-Infinity", b"1e999", b"00", b"0x10", b"1.0", b"9" * 400, b"-"))
    return data[: one.start()] + new + data[one.end() :]


def _flip(data: bytes, dice: Random) -> bytes:
    if not data:
        return b"\xff"
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]


def _insert(data: bytes, dice: Random) -> bytes:
    place = dice.randrange(len(data) + 1)
    new = dice.choice(
        (b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\\u0000", b"\\ud800", b'"')
    )
    return data[:place] + new + data[place:]


def _deep(data: bytes, dice: Random) -> bytes:
    place = data.find(b":", dice.randrange(len(data) + 1)) + 1
    brackets = dice.choice((b"[", b'{"a":'))
    return data[:place] + brackets * dice.choice((600, 20_000, 400_000)) + data[place:]


SPOILS: Final[tuple[Callable[[bytes, Random], bytes], ...]] = (
    _twice,
    _no_number,
    _flip,
    _flip,
    _insert,
    _deep,
    lambda data, dice: data[: dice.randrange(len(data) + 1)],
    lambda data, dice: data + dice.choice((b"}", b"\0", b"\n\n", b" {}", data)),
    lambda data, dice: b"\xef\xbb\xbf" + data,
    lambda data, dice: data.decode("utf-8", "replace").encode(
        dice.choice(("utf-16", "utf-32", "cp037")), "replace"
    ),
    lambda data, dice: b"",
    lambda data, dice: dice.randbytes(dice.randrange(200)),
)


def packed(data: bytes, dice: Random) -> tuple[bytes, dict[str, Any]]:
    """A body as it is sent, with the headers that say how: honestly, or not."""
    whole = gzip.compress(data, 1, mtime=0)
    said = {"Content-Encoding": "gzip"}
    return dice.choice(
        (
            lambda: (data, {}),
            lambda: (whole, said),
            lambda: (whole, said),
            lambda: (data, said),
            lambda: (whole, {}),
            lambda: (whole[: dice.randrange(len(whole))], said),
            lambda: (_flip(whole, dice), said),
            lambda: (whole + dice.choice((b"\0", whole, b"x")), said),
            lambda: (gzip.compress(whole, 1, mtime=0), said),
            lambda: (gzip.compress(whole, 1, mtime=0), {"Content-Encoding": "gzip, gzip"}),
            lambda: (zlib.compress(data), {"Content-Encoding": "deflate"}),
            lambda: (data, {"Content-Encoding": dice.choice(("br", "zstd", "GZIP", "x", b"\xff"))}),
            lambda: (bomb(), said),
        )
    )()


def bomb() -> bytes:
    """A few kilobytes that are very many when opened."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1_000_000)
    parts = [packer.compress(zeros) for _ in range(BOMB_BYTES // len(zeros))]
    return b"".join([*parts, packer.flush()])

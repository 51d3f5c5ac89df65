"""What has to be done before a process has threads."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder

OURS: Final = frozenset({"shared", "sync", "mobile", "server"})


def look_into_records() -> None:
    """Have msgspec look into every record that is declared by now.

    It does so when one is first decoded into, and meanwhile shows it to other threads half done:
    one that decodes into it just then falls, and the process with it. So whoever begins threads
    calls this before, and what is loaded later is decoded into by one thread alone. What is only
    ever made, never decoded into, may say no.
    """
    for kind in _declared(Struct):
        with suppress(TypeError, NameError):
            Decoder(kind)


def _declared(kind: type[Struct]) -> Iterator[type[Struct]]:
    for one in kind.__subclasses__():
        if one.__module__.partition(".")[0] in OURS:
            yield one
        yield from _declared(one)

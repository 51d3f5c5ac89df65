"""Sweeps: many cases of a kind, each made of a seed and its number, so that it can come again."""

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Any, Final

from msgspec import Struct

from tests.benchmarks.process import PAGE_BYTES
from tests.fuzz import lanes, pushes, replies
from tests.fuzz.answers import Broken

MB: Final = 1_000_000

Opened = Callable[[Any, Path], AbstractContextManager[Any]]


class Swept(Struct, frozen=True, kw_only=True):
    """What a sweep came to: cases, seconds, and memory (MB) half way and after the last case."""

    cases: int
    took_s: float
    half_mb: float
    end_mb: float


KINDS: Final[dict[str, tuple[Opened, Any]]] = {
    kind.name: (opened, kind)
    for opened, kind in (
        (pushes.opened, pushes.Pushes),
        (pushes.opened, pushes.Envelopes),
        (pushes.opened, pushes.Desk),
        (pushes.opened, lanes.Lanes),
        (replies.opened, replies.Replies),
    )
}


def sweep(name: str, seed: int, cases: range) -> Swept:
    """So many cases of a kind, and then a look at what is kept. Raises `Broken`."""
    opened, kind = KINDS[name]
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="fieldfare-fuzz-") as folder,
        opened(kind, Path(folder)) as target,
    ):
        half = len(cases) // 2
        run(target, seed, cases[:half])
        half_mb = resident_mb()
        run(target, seed, cases[half:])
        end_mb = resident_mb()
        target.check()
    took_s = time.monotonic() - began
    return Swept(cases=len(cases), took_s=took_s, half_mb=half_mb, end_mb=end_mb)


def run(target: Any, seed: int, cases: range) -> None:
    """Some cases. Raises `Broken`, and says which it was."""
    for number in cases:
        try:
            target.case(Random(f"{seed} {target.name} {number}"))
        except Broken as broken:
            raise Broken(f"{target.name}, seed {seed}, case {number}: {broken}") from broken


def resident_mb() -> float:
    """Memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / MB

"""What a soak is measured by: memory over time, how long exchanges took, and CPU beside a floor."""

import threading
import time
from collections.abc import Callable, Sequence
from statistics import linear_regression, quantiles
from typing import Any, Final

from msgspec import Struct

from tests.benchmarks.house import Served

MB: Final = 1_000_000
HUNDRED: Final = 100
FLOOR_ROWS: Final = 5  # what the bare server gives back at once


class Sample(Struct, frozen=True):
    """At a moment (monotonic seconds): memory in bytes, and CPU seconds so far."""

    at: float
    resident: int
    cpu_s: float


class Gauge:
    """Reads a server's memory and CPU every few seconds, until stopped."""

    def __init__(self, served: Served, every_s: float) -> None:
        self._served, self._every_s = served, every_s
        self.samples: list[Sample] = [self._sample()]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read once more, and no more."""
        self._over.set()
        self._thread.join()
        self.samples.append(self._sample())

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            self.samples.append(self._sample())

    def _sample(self) -> Sample:
        return Sample(time.monotonic(), self._served.resident_bytes(), self._served.cpu_s())


def memory(samples: Sequence[Sample]) -> dict[str, Any]:
    """Memory (MB) at the beginning, the middle and the end, and its slope in the last half."""
    late = samples[len(samples) // 2 :]
    times = [one.at / 60 for one in late]
    sizes = [one.resident / MB for one in late]
    slope = linear_regression(times, sizes).slope if len(late) > 1 else 0.0
    return {
        "begun_mb": samples[0].resident / MB,
        "half_mb": late[0].resident / MB,
        "end_mb": samples[-1].resident / MB,
        "most_mb": max(one.resident for one in samples) / MB,
        "late_slope_mb_per_min": slope,
        "each_minute_mb": [one.resident / MB for one in _each_minute(samples)],
    }


def _each_minute(samples: Sequence[Sample]) -> list[Sample]:
    first: dict[int, Sample] = {}
    for one in samples:
        first.setdefault(int(one.at - samples[0].at) // 60, one)
    return list(first.values())


def exchanges(took: Sequence[tuple[float, float]]) -> dict[str, float]:
    """How long exchanges took (ms), and those of the first and of the last third."""
    whole = sorted(took)
    third = len(whole) // 3
    found = _percentiles([seconds for _, seconds in whole])
    first = _percentiles([seconds for _, seconds in whole[:third]])
    last = _percentiles([seconds for _, seconds in whole[-third:]])
    return {
        **found,
        "first_third_p99_ms": first["p99_ms"],
        "last_third_p99_ms": last["p99_ms"],
    }


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=HUNDRED) if len(seconds) > 1 else [0.0] * HUNDRED
    return {
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
        "most_ms": max(seconds, default=0) * 1000,
    }


def cpu_ms_each(served: Served, count: int, ask: Callable[[], None]) -> float:
    """CPU of a server (ms) for one of so many equal requests."""
    before = served.cpu_s()
    for _ in range(count):
        ask()
    return (served.cpu_s() - before) / count * 1000

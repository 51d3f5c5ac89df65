"""A loop of its own for what is tested: a browser's may be running in the thread of the test."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

WAIT_S: Final = 60.0

T = TypeVar("T")


def in_thread(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to its end in a thread of its own, and say what came of it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work()).result(WAIT_S)

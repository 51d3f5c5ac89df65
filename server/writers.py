"""Writers: who would write to SQLite from one process, one after the other."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class OthersFirst(Exception):
    """Others have been writing for too long."""


class Writers:
    """A line in which whoever came first is next.

    SQLite lets each look again after a while, so who just came is often quicker, and somebody may
    wait long behind one who writes again and again.
    """

    def __init__(self, patience_ms: int) -> None:
        self._patience_s = patience_ms / 1000
        self._lock = threading.Lock()
        self._line: deque[threading.Event] = deque()

    def __len__(self) -> int:
        return len(self._line)

    @contextmanager
    def front(self) -> Iterator[None]:
        """Be the one who writes, for as long as the block. Raises `OthersFirst`."""
        here = threading.Event()
        with self._lock:
            self._line.append(here)
            if self._line[0] is here:
                here.set()
        try:
            if not here.wait(self._patience_s):
                raise OthersFirst
            yield
        finally:
            with self._lock:
                self._line.remove(here)
                if self._line:
                    self._line[0].set()

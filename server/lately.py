"""What was counted lately: kept in this process while nothing is said, and counted anew after.

Every act leaves a line in the audit log, so that as many lines as before mean the same rows as
before. What depends on the time besides has it among what it is kept under. What is dear to count,
as among a hundred thousand tickets, stands a while although something was said: it may take a
twentieth of the time there is, and no more.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar, cast

from msgspec import Struct

KEPT_MAX: Final = 200
Found = TypeVar("Found")
Lines = tuple[str, int]  # the epoch of the log, and how many lines it has


DEAR_S: Final = 0.2  # of CPU; what takes less is counted anew whenever something was said
STANDS: Final = 20  # times as long as it took


class Answer(Struct, frozen=True):
    """What was counted, how many lines the log had then, and until when it stands at least (s)."""

    lines: Lines
    found: Any
    stands_until: float


class Lately:
    """The last answer to each of so many questions."""

    def __init__(self, kept_max: int = KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._kept: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def told(self, now: Lines, question: Hashable, ask: Callable[[], Found]) -> Found:
        """The answer to a question, asked where the log has other lines than it had then."""
        with self._lock:
            kept = self._kept.get(question)
        if kept is not None and (kept.lines == now or time.monotonic() < kept.stands_until):
            return cast("Found", kept.found)
        begun = time.thread_time()
        found = ask()
        spent = time.thread_time() - begun
        stands = spent * STANDS if spent > DEAR_S else 0
        with self._lock:
            self._kept[question] = Answer(now, found, time.monotonic() + stands)
            self._kept.move_to_end(question)
            while len(self._kept) > self._kept_max:
                self._kept.popitem(last=False)
        return found

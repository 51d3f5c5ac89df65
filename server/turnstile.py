"""A turnstile: how often somebody may come by, counted in this process alone and written nowhere.

It is for pages that are only looked at: a look costs no write. Several processes count apart, and
a new one begins anew, so that it slows down who asks without end, and guards no secret.
"""

import threading
from collections import OrderedDict
from typing import Final

MINUTE_MS: Final = 60_000
KNOWN_MAX: Final = 20_000  # of whom it is known that they came; who came longest ago is forgotten


class Turnstile:
    """Counts by key. A window begins with who comes first, and is over after its minutes."""

    def __init__(self, known_max: int = KNOWN_MAX) -> None:
        self._known_max = known_max
        self._windows: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def strike(self, key: str, limit: tuple[int, int], now_ms: int) -> int:
        """Count one more of `limit` (tries, minutes). Returns the seconds to wait, or 0."""
        tries, minutes = limit
        with self._lock:
            since, count = self._windows.pop(key, (now_ms, 0))
            if not since <= now_ms < since + minutes * MINUTE_MS:
                since, count = now_ms, 0
            self._windows[key] = (since, min(count + 1, tries + 1))
            while len(self._windows) > self._known_max:
                self._windows.popitem(last=False)
        over = count >= tries
        return max(1, -(-(since + minutes * MINUTE_MS - now_ms) // 1000)) if over else 0

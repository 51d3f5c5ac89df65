"""Ticking: what a screen shows of clocks is told anew as each minute begins, while it is shown."""

from collections.abc import Callable
from typing import Any, Final

from kivy.clock import Clock

from mobile.shell import Shell

MINUTE_MS: Final = 60_000


class Ticking:
    """Calls a function as each minute of the office's time begins, until it is stopped."""

    def __init__(self, tick: Callable[[], None], shell: Shell) -> None:
        self._tick = tick
        self._shell = shell
        self._event: Any = None

    def begin(self) -> None:
        """Tick from now on; what ticks already goes on."""
        if self._event is None:
            left = MINUTE_MS - self._shell.phone.office_now() % MINUTE_MS
            self._event = Clock.schedule_once(self._ring, left / 1000)

    def stop(self) -> None:
        """Tick no more."""
        if self._event is not None:
            self._event.cancel()
            self._event = None

    def _ring(self, _passed: float) -> None:
        self._event = None
        if self._shell.is_enrolled:  # it may have been closed, or wiped, within the minute
            self._tick()
            self.begin()

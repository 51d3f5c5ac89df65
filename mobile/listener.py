"""The listener: keeps a line to the office open on which it is poked, while the app is in use."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from mobile.database import Missing
from mobile.device import Garbled, installation
from mobile.keys import KeyLost, open_key
from mobile.lane import PARKED_S, Pace
from mobile.passes import Passes
from mobile.wire import Refused, Throttled, TooSlow, Unauthorised, Unreachable, Wire
from sync.backoff import delay_ms
from sync.pokes import SILENT_S, Babble, Ear

ROUTE: Final = "/pokes"
REST_S: Final = 3_600.0
AGAIN_S: Final = 10.0  # at most, after a line that lasted: phones that lost the same server
SHORT_MAX: Final = 1  # lines in a row that did not last, before pokes are not relied on
SHUT: Final = (Refused, Unauthorised, Missing, Garbled, KeyLost)  # the lanes tell of it


class Line(Protocol):
    """An open line to the office."""

    def __iter__(self) -> Iterator[bytes]:
        """What comes over it, until somebody hangs up. Raises what the wire raises."""

    def hang_up(self) -> None:
        """End it, whatever waits for it, or let it not begin. From any thread."""


class Told(Protocol):
    """Hears what the listener hears, in its thread."""

    def opened(self) -> None:
        """The office is there; there may be news from before."""

    def poked(self) -> None:
        """There is news, perhaps."""

    def lost(self) -> None:
        """Pokes do not come through any more: ask by yourself."""


class Listener:
    """Listens again and again: soon after a line that lasted, later after many that did not.

    `is_poked` tells whether pokes can be relied on. Where none come through, because of a proxy
    that holds them back, an older server or a crowd, the lanes ask by themselves as ever.
    """

    def __init__(self, call: Callable[[], Line], pace: Pace, told: Told) -> None:
        self._call = call
        self._pace = pace
        self._told = told
        self._line: Line | None = None
        self._short = 0  # lines in a row that did not last
        self._opened_at: float | None = None
        self._over = self._rests = False
        self.is_poked = False

    def rest(self) -> None:
        """Hang up until woken: nobody looks, or there is no network."""
        self._rests = True
        self._hang_up()

    def wake(self) -> None:
        """Listen, and at once: somebody looks, or there is another network."""
        self._rests, self._short = False, 0
        self._pace.bell.set()

    def abandon(self) -> None:
        """Listen no more."""
        self._over = True
        self._hang_up()
        self._pace.bell.set()

    def run(self) -> None:
        """Go on until abandoned."""
        try:
            while not self._over:
                self._pace.bell.wait(self.round())
                self._pace.bell.clear()
        finally:
            self.is_poked = False

    def round(self) -> float:
        """One line, to its end; returns how many seconds to wait before the next."""
        if self._rests:
            return REST_S
        self._opened_at = None
        line = self._line = self._call()
        if self._is_done():  # so said somebody who did not see this line yet
            line.hang_up()
        ended: Exception = Unreachable("the line ended")
        try:
            self._hear(line)
        except (Unreachable, Throttled, Babble, OSError, *SHUT) as wrong:
            ended = wrong
        self._line = None
        return self._wait_s(ended)

    def _hear(self, line: Line) -> None:
        ear, alive_at = Ear(), self._pace.monotonic()
        for piece in line:
            heard, now = ear.take(piece), self._pace.monotonic()
            if not heard and now - alive_at > SILENT_S:
                raise TooSlow("no sign of life")
            if not heard:
                continue
            alive_at = now
            if self._opened_at is None:
                self._opened_at, self.is_poked = now, True
                self._told.opened()
            if "poke" in heard:
                self._told.poked()

    def _wait_s(self, ended: Exception) -> float:
        if self._is_done():
            self.is_poked = False
            return 0.0
        opened_at, now = self._opened_at, self._pace.monotonic()
        lasted = opened_at is not None and now - opened_at >= SILENT_S
        self._short = 0 if lasted else self._short + 1
        if self.is_poked and (self._short > SHORT_MAX or isinstance(ended, SHUT)):
            self.is_poked = False
            self._told.lost()
        if isinstance(ended, Throttled):
            return ended.retry_after_s
        if isinstance(ended, SHUT):
            return PARKED_S
        dice = self._pace.dice()
        return AGAIN_S * dice if lasted else delay_ms(self._short, dice) / 1000

    def _is_done(self) -> bool:
        return self._rests or self._over

    def _hang_up(self) -> None:
        line = self._line
        if line is not None:
            line.hang_up()


class Call:
    """A line to the office that an installation belongs to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wire: Wire | None = None
        self._over = False

    def __iter__(self) -> Iterator[bytes]:
        """What the office tells. Raises what the wire raises, and the faults of a folder."""
        owner = installation(self._folder)
        if owner is None:
            raise Missing(str(self._folder))
        key = open_key(self._folder)
        wire = self._wire = Wire(owner.server, owner.key)
        try:
            if self._over:
                wire.hang_up()
            passes = Passes(wire, key, time.monotonic)
            yield from passes.use(owner.device, lambda token: wire.listen(ROUTE, token, SILENT_S))
        finally:
            wire.close()

    def hang_up(self) -> None:
        """End it, whatever waits for it."""
        self._over = True
        if self._wire is not None:
            self._wire.hang_up()

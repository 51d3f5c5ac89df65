"""The lane: talks to the server again and again in a thread of its own, under a watchdog."""

import logging
import threading
from collections.abc import Callable
from typing import Final, Protocol

from msgspec import Struct, field

from mobile.courier import Busy, HandInLater, Report
from mobile.database import Full
from mobile.wire import DEADLINE_S, Refused, Throttled, Unauthorised, Unreachable
from sync.backoff import delay_ms

IDLE_S: Final = 60.0
CONFIRM_S: Final = 5.0  # after news: the office is to know soon that it is on the phone
PARKED_S: Final = 300.0
PATIENCE_S: Final = 2 * DEADLINE_S

logger = logging.getLogger("fieldfare.lane")


class Abandoned(Exception):
    """This conversation took so long that another one was begun in its place."""


class Bell(Protocol):
    """Wakes a lane that waits: a `threading.Event` in the app."""

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, or less when rung; whether it was rung."""

    def set(self) -> None:
        """Ring."""

    def clear(self) -> None:
        """Be ready for the next ring."""


class Pace(Struct, frozen=True, kw_only=True):
    """What a lane waits with: its bell, dice from 0 to 1, and a clock that only runs."""

    bell: Bell = field(default_factory=threading.Event)
    dice: Callable[[], float]
    monotonic: Callable[[], float]


Talk = Callable[[Callable[[], None]], Report]
Told = Callable[[Report | Exception], None]


class Lane:
    """Talks again and again: soon after a failure, later after many, at once when rung.

    `told` hears how each conversation ended. A lane shows life until `alive_until`; a watchdog
    may take one that is past that for stuck, abandon it and start another.
    """

    def __init__(self, talk: Talk, pace: Pace, told: Told = lambda _: None) -> None:
        self._talk = talk
        self._pace = pace
        self._told = told
        self._failures = 0
        self._over = False
        self._not_before = pace.monotonic()
        self.alive_until = pace.monotonic() + PATIENCE_S

    def ring(self) -> None:
        """There is something to say, or a network to say it over: begin as soon as one may."""
        self._failures = 0
        self._pace.bell.set()

    def abandon(self) -> None:
        """End after the conversation that is going on, which may not take anything in any more."""
        self._over = True
        self._pace.bell.set()

    def run(self) -> None:
        """Go on until abandoned."""
        while not self._over:
            wait_s = self.round()
            self.alive_until = self._pace.monotonic() + wait_s + PATIENCE_S
            self._pace.bell.wait(wait_s)
            self._pace.bell.clear()

    def round(self) -> float:
        """One conversation; returns how many seconds to wait before the next."""
        early_s = self._not_before - self._pace.monotonic()
        if early_s > 0:
            return early_s
        ended: Report | Exception
        try:
            self._show_life()
            ended = self._talk(self._show_life)
        except Exception as wrong:
            ended = wrong
        if isinstance(ended, Abandoned):
            return 0.0
        self._told(ended)
        return self._wait_s(ended)

    def _show_life(self) -> None:
        if self._over:
            raise Abandoned
        self.alive_until = self._pace.monotonic() + PATIENCE_S

    def _wait_s(self, ended: Report | Exception) -> float:
        if isinstance(ended, Busy):
            return IDLE_S
        if isinstance(ended, Report) and not ended.timed_out:
            self._failures = 0
            return CONFIRM_S if ended.pulled_rows else IDLE_S
        if isinstance(ended, HandInLater):
            self._failures = 0
            return min(ended.retry_after_s, IDLE_S)
        self._failures += 1
        if isinstance(ended, Throttled):
            self._not_before = self._pace.monotonic() + ended.retry_after_s
            return ended.retry_after_s
        if isinstance(ended, Full | Unauthorised | Refused):
            logger.warning("parked: %s", ended)
            return PARKED_S
        if not isinstance(ended, Report | Unreachable):
            logger.error("a conversation broke off", exc_info=ended)
        return delay_ms(self._failures, self._pace.dice()) / 1000


class Watchdog:
    """Starts a lane, and starts another in its place when it no longer shows life."""

    def __init__(self, start: Callable[[], Lane], monotonic: Callable[[], float]) -> None:
        self._start = start
        self._monotonic = monotonic
        self.lane = start()

    def look(self) -> bool:
        """Whether the lane had to be replaced. To be called every few seconds."""
        if self._monotonic() <= self.lane.alive_until:
            return False
        logger.warning("the lane shows no life: starting another")
        self.lane.abandon()
        self.lane = self._start()
        return True

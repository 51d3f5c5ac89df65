"""The lane: talks to the server again and again in a thread of its own, under a watchdog."""

import logging
import threading
from collections.abc import Callable
from typing import Final, Protocol

from msgspec import Struct, field

from mobile.courier import UNCONFIRMED, Busy, HandInLater
from mobile.database import Full
from mobile.wire import DEADLINE_S, Refused, Throttled, Unauthorised, Unreachable
from sync.backoff import delay_ms

IDLE_S: Final = 60.0
POKED_S: Final = 300.0  # as long as pokes come there is little need to ask
CALM_S: Final = 2.0  # pokes that come one after the other make one conversation
CONFIRM_S: Final = 5.0  # after news: the office is to know soon that it is on the phone
PARKED_S: Final = 300.0
WAITS_S: Final = (5.0, 60.0)  # somebody in the office is about to click; later fewer look
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
    """What a lane waits with: its bell, dice from 0 to 1, and a clock that only runs.

    `idle_s` is how long it waits where there was nothing to say.
    """

    bell: Bell = field(default_factory=threading.Event)
    dice: Callable[[], float]
    monotonic: Callable[[], float]
    idle_s: Callable[[], float] = lambda: IDLE_S


class Outcome(Protocol):
    """What a conversation came to that did not break off."""

    @property
    def timed_out(self) -> bool:
        """Whether something is left that did not get through."""

    @property
    def has_news(self) -> bool:
        """Whether something came that the server should soon hear has arrived."""


Talk = Callable[[Callable[[], None]], Outcome]
Told = Callable[[Outcome | Exception], None]


class Lane:
    """Talks again and again: soon after a failure, later after many, at once when rung.

    A poke is only a hint: it ends a wait where all went well before, and not sooner than `CALM_S`
    after the last conversation. `told` hears how each conversation ended. A lane shows life until
    `alive_until`; a watchdog may take one that is past that for stuck, abandon it and begin a new
    one.
    """

    def __init__(self, talk: Talk, pace: Pace, told: Told = lambda _: None) -> None:
        self._talk = talk
        self._pace = pace
        self._told = told
        self._failures = 0
        self._over = False
        self._rung = True
        self._not_before = self._calm_until = pace.monotonic()
        self.alive_until = pace.monotonic() + PATIENCE_S

    def ring(self) -> None:
        """There is something to say, or a network to say it over: begin as soon as one may."""
        self._failures = 0
        self._rung = True
        self._pace.bell.set()

    def poke(self) -> None:
        """There may be news: begin soon, unless what was tried last failed and has its own time."""
        if not self._failures:
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
        begins = self._not_before if self._rung else max(self._not_before, self._calm_until)
        early_s = begins - self._pace.monotonic()
        if early_s > 0:
            return early_s
        self._rung = False
        ended: Outcome | Exception
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

    def _wait_s(self, ended: Outcome | Exception) -> float:
        if isinstance(ended, Busy):
            return IDLE_S
        if not isinstance(ended, Exception) and not ended.timed_out:
            self._failures = 0
            self._calm_until = self._pace.monotonic() + CALM_S * (0.5 + self._pace.dice() / 2)
            return CONFIRM_S if ended.has_news else self._pace.idle_s()
        if isinstance(ended, HandInLater):
            self._failures = 0
            return min(ended.retry_after_s, IDLE_S)
        self._failures += 1
        if isinstance(ended, Throttled):
            self._not_before = self._pace.monotonic() + ended.retry_after_s
            return ended.retry_after_s
        if isinstance(ended, Refused) and ended.problem.code == UNCONFIRMED:
            return min(max(self._failures / 2, WAITS_S[0]), WAITS_S[1])
        if isinstance(ended, Full | Unauthorised | Refused):
            logger.warning("parked: %s", ended)
            return PARKED_S
        if isinstance(ended, Exception) and not isinstance(ended, Unreachable):
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

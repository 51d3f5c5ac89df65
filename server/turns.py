"""Turns: requests of phones are answered so many at once, of each phone one, and in fair order.

Whoever had least of the server lately goes first. So a phone with very much to say fills what the
others leave, and waits for them, instead of they for it. Whoever waits holds no thread.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from msgspec import Struct

FORGOTTEN_BY_HALF_S: Final = 60.0
WAITING_MAX: Final = 500
PATIENCE_S: Final = 20.0  # less than a phone waits for an answer
NOTHING_S: Final = 0.000_1  # so little is forgotten altogether

Seconds = Callable[[], float]


class Crowded(Exception):
    """So many wait already, or it took so long, that one had better come again."""


class _Waiting(Struct, eq=False):
    """A request that waits: of whom, and what tells it that it is its turn."""

    whose: str
    called: asyncio.Future[None]


class _Had(Struct):
    """How many seconds somebody had, as it counted at a time."""

    seconds: float
    at: float


class Turns:
    """A number of turns at once, for requests on one event loop.

    `of_one_max` is how many requests of one phone may wait or be answered at the same time; one at
    a time has its turn, whatever that is. `patience_s` is how long one waits, or None for ever.
    `seconds` is a clock that only goes on.
    """

    def __init__(
        self, at_once: int, seconds: Seconds, *, of_one_max: int, patience_s: float | None
    ) -> None:
        self._free = at_once
        self._seconds = seconds
        self._of_one_max = of_one_max
        self._patience_s = patience_s
        self._here: dict[str, int] = {}
        self._at_it: set[str] = set()
        self._waiting: list[_Waiting] = []
        self._had: dict[str, _Had] = {}

    @property
    def at_it(self) -> frozenset[str]:
        """Who has a turn."""
        return frozenset(self._at_it)

    def taken(self, whose: str) -> "_Taken":
        """A turn of somebody, for as long as the block. Raises `Crowded`."""
        return _Taken(self, whose)

    @asynccontextmanager
    async def standing(self, whose: str) -> AsyncIterator[None]:
        """Count as one of somebody's requests, without a turn. Raises `Crowded`."""
        self.come(whose)
        try:
            yield
        finally:
            self.go(whose)

    @asynccontextmanager
    async def next(self, whose: str) -> AsyncIterator[None]:
        """A turn of one who stands here. Raises `Crowded` where it does not come in time."""
        began = await self.begun(whose)
        try:
            yield
        finally:
            self.end(whose, began)

    def come(self, whose: str) -> None:
        """One request more of somebody, until it goes. Raises `Crowded`."""
        here = self._here.get(whose, 0)
        if here >= self._of_one_max or len(self._waiting) >= WAITING_MAX:
            raise Crowded
        self._here[whose] = here + 1

    def go(self, whose: str) -> None:
        """One request less of somebody."""
        self._here[whose] -= 1
        if not self._here[whose]:
            del self._here[whose]

    async def begun(self, whose: str) -> float:
        """When a turn began, which lasts until its end. Raises `Crowded`."""
        await self._called(whose)
        return self._seconds()

    def end(self, whose: str, began: float) -> None:
        """End a turn."""
        self._note(whose, self._seconds() - began)
        self._give_back(whose)

    async def _called(self, whose: str) -> None:
        if self._free and not self._waiting and whose not in self._at_it:
            self._begin(whose)
            return
        waiting = _Waiting(whose=whose, called=asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._call()
        try:
            async with asyncio.timeout(self._patience_s):
                await waiting.called
        except (TimeoutError, asyncio.CancelledError) as gone:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            else:  # called at this very moment
                self._give_back(whose)
            if isinstance(gone, TimeoutError):
                raise Crowded from gone
            raise

    def _call(self) -> None:
        """Call those whose turn it is."""
        while self._free:
            ready = [
                one
                for one in self._waiting
                if one.whose not in self._at_it and not one.called.done()  # as of one who has left
            ]
            if not ready:
                return
            first = min(ready, key=lambda one: self._share(one.whose))  # of equals who came first
            self._waiting.remove(first)
            self._begin(first.whose)
            first.called.set_result(None)

    def _begin(self, whose: str) -> None:
        self._at_it.add(whose)
        self._free -= 1

    def _give_back(self, whose: str) -> None:
        self._at_it.remove(whose)
        self._free += 1
        self._call()

    def _share(self, whose: str) -> float:
        """How many seconds somebody had lately: half of it is forgotten every so often."""
        had = self._had.get(whose)
        if had is None:
            return 0.0
        halves = (self._seconds() - had.at) / FORGOTTEN_BY_HALF_S
        return had.seconds * math.pow(0.5, halves)

    def _note(self, whose: str, seconds: float) -> None:
        if len(self._had) > 2 * WAITING_MAX:
            left = {one for one in self._had if self._share(one) > NOTHING_S}
            self._had = {one: self._had[one] for one in left}
        self._had[whose] = _Had(seconds=self._share(whose) + seconds, at=self._seconds())


class _Taken:
    """A turn with the request that it is for: what every exchange goes through, so without ado."""

    def __init__(self, turns: Turns, whose: str) -> None:
        self._turns, self._whose = turns, whose

    async def __aenter__(self) -> None:
        self._turns.come(self._whose)
        try:
            self._began = await self._turns.begun(self._whose)
        except BaseException:
            self._turns.go(self._whose)
            raise

    async def __aexit__(self, *_: object) -> None:
        self._turns.end(self._whose, self._began)
        self._turns.go(self._whose)

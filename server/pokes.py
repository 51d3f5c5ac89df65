"""Pokes: a word to the phones that listen that there is news for them, and nothing of what.

What is new is read from the books, from the audit log's numbered leaves, as open consoles do; one
look asks for all phones of a process, however many listen.
"""

import asyncio
import resource
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from msgspec import Struct, field

from server import queries
from server.database import Busy
from server.office import Office
from server.queries import following
from server.signals import Signals
from sync.pokes import KEEP_ALIVE_S

PHONES_MAX: Final = 2_000
PER_DEVICE_MAX: Final = 2  # the older one is a connection that nobody has at the other end
POKES_PER_S: Final = 100  # what concerns all phones is not asked for by all in the same second
READ_MAX: Final = 500


class Seat(Struct, kw_only=True, eq=False):
    """One phone that listens: whose it is, and whether there is something to be said to it."""

    device: str
    person: str
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False


class Found(Struct, frozen=True, kw_only=True):
    """What a look came to: how far the log is, who is to be poked, and who may hear no more."""

    mark: tuple[str, int]
    poked: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


class Crowded(Exception):
    """Too many phones listen already."""


def most() -> int:
    """How many phones may listen to one process: half of the files that it may have open."""
    return min(PHONES_MAX, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class Pokes:
    """The phones that listen to one process, and the one task that looks for all of them.

    `signals` tell when to look; after `alive_s` without a poke there is a sign of life.
    """

    def __init__(
        self,
        office: Office,
        signals: Signals,
        phones_max: int | None = None,
        alive_s: float = KEEP_ALIVE_S,
    ) -> None:
        self._office = office
        self._signals = signals
        self._phones_max = most() if phones_max is None else phones_max
        self._alive_s = alive_s
        self._seats: list[Seat] = []
        self._mark: tuple[str, int] | None = None
        self._looking = asyncio.Lock()
        self._closed = False

    @property
    def phones(self) -> int:
        """How many listen."""
        return len(self._seats)

    def close(self) -> None:
        """Let every phone go: the server stops."""
        self._closed = True
        _end(self._seats)

    def see_that_there_is_room(self, device: str) -> None:
        """Raises `Crowded` where too many listen. A phone may always listen in its own place."""
        own = any(one.device == device for one in self._seats)
        if not own and len(self._seats) >= self._phones_max:
            raise Crowded

    async def follow(self) -> None:
        """Look for news at every signal, as long as anybody listens, until closed."""
        seen = self._signals.count
        quiet_from = asyncio.get_running_loop().time()
        while not self._closed:
            now = asyncio.get_running_loop().time()
            if self._seats:
                is_due = now - quiet_from >= self._alive_s  # rights end without a word in the log
                quiet_from = now if is_due else quiet_from
                await self._look(anyway=is_due)
            seen = await self._signals.after(seen)

    async def listen(self, device: str, person: str, seconds: float) -> AsyncGenerator[bool]:
        """For one phone, for so long: True is a poke, False a sign of life."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        with self._seat(device, person) as seat:
            if self._mark is None:
                await self._look(anyway=True)  # what comes after this is told
            while self._may_stay(seat) and (left := until - loop.time()) > 0:
                try:
                    await asyncio.wait_for(seat.turn.wait(), min(self._alive_s, left))
                except TimeoutError:
                    yield False
                    continue
                seat.turn.clear()
                if self._may_stay(seat):
                    yield True

    def _may_stay(self, seat: Seat) -> bool:
        return not (self._closed or seat.is_over)

    async def _look(self, *, anyway: bool) -> None:
        async with self._looking:
            listening = {one.device: one.person for one in self._seats}
            with suppress(Busy):
                found = await asyncio.to_thread(self._found, listening, anyway=anyway)
                self._mark = found.mark if self._seats else None
                _end([one for one in self._seats if one.device in found.gone])
                self._poke(one for one in self._seats if one.device in found.poked)

    def _found(self, listening: dict[str, str], *, anyway: bool) -> Found:
        """One look into the books, for all of them."""
        with self._office.reading() as books:
            epoch, size = mark = queries.log_size(books)
            if mark == self._mark and not anyway:
                return Found(mark=mark)
            readers = following.readers(books, listening)
            before = self._mark or mark
            poked = set(readers)
            if before[0] == epoch and 0 <= size - before[1] <= READ_MAX:
                moves = following.moved(books, epoch, (before[1], size))
                poked &= following.concerned(books, listening, moves) if moves else set()
        gone = listening.keys() - readers
        return Found(mark=mark, poked=frozenset(poked), gone=frozenset(gone))

    def _poke(self, seats: Iterable[Seat]) -> None:
        loop = asyncio.get_running_loop()
        for place, seat in enumerate(seats):
            loop.call_later(place / POKES_PER_S, seat.turn.set)

    @contextmanager
    def _seat(self, device: str, person: str) -> Iterator[Seat]:
        own = [one for one in self._seats if one.device == device]
        _end(own[: len(own) + 1 - PER_DEVICE_MAX])
        seat = Seat(device=device, person=person)
        self._seats.append(seat)
        try:
            yield seat
        finally:
            self._seats.remove(seat)
            if not self._seats:
                self._mark = None


def _end(seats: Iterable[Seat]) -> None:
    for seat in seats:
        seat.is_over = True
        seat.turn.set()

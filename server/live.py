"""Live updates: which things have changed, told to the consoles that are open.

Nothing is told but ids. What is new is read from the books, from the audit log's numbered leaves,
so it does not matter which process wrote it; the numbers have no gaps and are never taken back.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from msgspec import Struct

from server import queries
from server.database import Busy
from server.office import Office
from server.sessions import Actor
from server.signals import Signals
from shared.people import may

QUIET_S: Final = 15.0  # after so long without news: a sign of life, and a look at the rights
LISTENERS_MAX: Final = 300
LISTENERS_PER_PERSON_MAX: Final = 12
KEPT_MAX: Final = 2_000
READ_MAX: Final = 500
PARTING: Final = "-"

# Who may hear that a thing has changed: its noun -> the right to read it.
READERS: Final = {
    "asset": "read.tickets",
    "checklist": "read.work_orders",
    "customer": "read.tickets",
    "device": "read.devices",
    "location": "read.stock",
    "op": "read.conflicts",
    "part": "read.stock",
    "person": "people.manage",
    "site": "read.tickets",
    "ticket": "read.tickets",
    "work_order": "read.work_orders",
}


class Mark(Struct, frozen=True, kw_only=True):
    """A place in the log: so many leaves of an epoch are known."""

    epoch: str
    size: int

    def __str__(self) -> str:
        return f"{self.epoch}{PARTING}{self.size}"


def read_mark(text: str) -> Mark | None:
    """A place in the log from what a browser sends back; None for anything else."""
    epoch, parting, size = text.rpartition(PARTING)
    fits = parting and size.isascii() and size.isdigit() and len(size) <= 15
    return Mark(epoch=epoch, size=int(size)) if fits else None


class News(Struct, frozen=True, kw_only=True):
    """What one listener is told: what changed up to a mark; `all` says that more may have."""

    mark: Mark
    things: tuple[tuple[str, str], ...] = ()
    all: bool = False


class Crowded(Exception):
    """Too many consoles listen already."""


class Live:
    """The listeners of one process, and the one task that looks into the books for all of them.

    `signals` tell when to look; without any it looks as often as where none can be heard.
    """

    def __init__(self, office: Office, signals: Signals | None = None) -> None:
        self._office = office
        self._signals = signals or Signals(office.settings.data)
        self._mark: Mark | None = None
        self._kept: deque[tuple[int, str, str]] = deque(maxlen=KEPT_MAX)
        self._people: dict[str, int] = {}
        self._turn = asyncio.Event()
        self._closed = False

    def close(self) -> None:
        """Let every listener go: the server stops."""
        self._closed = True
        self._wake()

    @property
    def listeners(self) -> int:
        """How many listen."""
        return sum(self._people.values())

    def see_that_there_is_room(self, person: str) -> None:
        """Raises `Crowded` where too many listen, here or of one person."""
        taken = self._people.get(person, 0)
        if self.listeners >= LISTENERS_MAX or taken >= LISTENERS_PER_PERSON_MAX:
            raise Crowded

    async def follow(self) -> None:
        """Look for news as long as anybody listens, until closed."""
        seen = self._signals.count
        while not self._closed:
            if self._people:
                with suppress(Busy):
                    if await asyncio.to_thread(self._look):
                        self._wake()
            seen = await self._signals.after(seen)

    async def listen(
        self, person: str, after: Mark | None, recheck: Callable[[], Actor | None]
    ) -> AsyncIterator[News | None]:
        """News for one console of a person, as they come; None is a sign of life.

        `recheck` says who is asking, if they still may: a session that is over hears no more.
        """
        with self._seat(person):
            at = after
            while not self._closed:
                news = self._since(at)
                if news is None and await self._turn_comes():
                    continue
                who = await asyncio.to_thread(recheck)
                if who is None or who.must_change:
                    return
                if news is not None:
                    at, news = news.mark, _readable(news, who)
                yield news

    def _look(self) -> bool:
        """See where the log stands; whether it has grown."""
        with self._office.reading() as books:
            epoch, size = queries.log_size(books)
            here = Mark(epoch=epoch, size=size)
            before = self._mark
            goes_on = before is not None and before.epoch == epoch
            since = before.size if before is not None and goes_on else 0
            if not goes_on or size - since > READ_MAX:
                self._kept.clear()
                since = max(0, size - READ_MAX)
            if size > since:
                self._kept.extend(queries.changed(books, epoch, (since, size)))
        self._mark = here
        return here != before

    def _since(self, at: Mark | None) -> News | None:
        """What is new after a place; everything may be, where that is not known any more."""
        here = self._mark
        if here is None or here == at:
            return None
        if at is None:
            return News(mark=here)
        oldest = self._kept[0][0] if self._kept else here.size
        if at.epoch != here.epoch or at.size < oldest:
            return News(mark=here, all=True)
        if at.size > here.size:
            return None  # the page was drawn by a process that looked later
        things = dict.fromkeys((noun, one) for number, noun, one in self._kept if number >= at.size)
        return News(mark=here, things=tuple(things))

    def _wake(self) -> None:
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    async def _turn_comes(self) -> bool:
        try:
            await asyncio.wait_for(self._turn.wait(), QUIET_S)
        except TimeoutError:
            return False
        return True

    @contextmanager
    def _seat(self, person: str) -> Iterator[None]:
        self._people[person] = self._people.get(person, 0) + 1
        try:
            yield
        finally:
            self._people[person] -= 1
            if not self._people[person]:
                del self._people[person]


def _readable(news: News, who: Actor) -> News:
    """Only what somebody with these roles may read."""
    roles = who.person.roles
    things = tuple(one for one in news.things if may(roles, READERS.get(one[0], "")))
    return News(mark=news.mark, things=things, all=news.all)

"""Together: what is cheaper done for many is done for all who wait while it is done for others."""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from typing import Final, Generic, TypeVar

PATIENCE_S: Final = 0.02  # with those who are on their way

Given = TypeVar("Given")
Told = TypeVar("Told")


class Together(Generic[Given, Told]):
    """Does something for one at once, and for those who came meanwhile as soon as that is done.

    `act` runs in a thread of `threads`, for at most `most`, of which no two are the same by
    `apart`; it tells each what came of it, in their order. What it raises, all are told. Those who
    are on their way are waited for a moment; where nobody is, nobody waits.
    """

    def __init__(
        self,
        act: Callable[[Sequence[Given]], Sequence[Told]],
        apart: Callable[[Given], Hashable],
        threads: Executor,
        most: int,
    ) -> None:
        self._act, self._apart = act, apart
        self._threads, self._most = threads, most
        self._waiting: list[tuple[Given, asyncio.Future[Told]]] = []
        self._acting: asyncio.Task[None] | None = None
        self._coming: Counter[Hashable] = Counter()
        self._stirred = asyncio.Event()

    @contextmanager
    def coming(self, whose: Hashable) -> Iterator[None]:
        """Something of somebody, by `apart`, is on its way, for as long as the block."""
        self._coming[whose] += 1
        try:
            yield
        finally:
            self._coming[whose] -= 1
            self._coming += Counter()  # keeps those alone who are
            self._stirred.set()

    async def done(self, given: Given) -> Told:
        """What came of it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Told] = loop.create_future()
        self._waiting.append((given, future))
        if self._acting is None:
            self._acting = loop.create_task(self._go_on())
        # Whoever goes away meanwhile does not take what is done for others along.
        return await asyncio.shield(future)

    async def _go_on(self) -> None:
        try:
            while self._waiting:
                await self._gathered()
                await self._act_for(self._next())
        finally:
            self._acting = None

    async def _gathered(self) -> None:
        """As many as are to be done at once, or all who came within a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._others_come() and len(self._waiting) < self._most:
                    self._stirred.clear()
                    await self._stirred.wait()

    def _others_come(self) -> bool:
        """Whether anybody is on their way who would be done together with those who wait."""
        return not self._coming.keys() <= {self._apart(one) for one, _ in self._waiting}

    async def _act_for(self, few: list[tuple[Given, asyncio.Future[Told]]]) -> None:
        loop = asyncio.get_running_loop()
        given = [one for one, _ in few]
        try:
            told = await loop.run_in_executor(self._threads, self._act, given)
            for (_, future), one in zip(few, told, strict=True):
                future.set_result(one)
        except BaseException as error:
            for _, future in few:
                if not future.done():
                    future.set_exception(error)
            if isinstance(error, asyncio.CancelledError):  # of the task itself, not of what is done
                raise

    def _next(self) -> list[tuple[Given, asyncio.Future[Told]]]:
        found: dict[Hashable, tuple[Given, asyncio.Future[Told]]] = {}
        rest = []
        for one in self._waiting:
            key = self._apart(one[0])
            if key in found or len(found) == self._most:
                rest.append(one)
            else:
                found[key] = one
        self._waiting = rest
        return list(found.values())

"""Signals: when to look into the books again, because something is new in them.

On PostgreSQL whoever numbers the log says so by `NOTIFY`, which reaches every process at once.
Where nothing can be heard the books are looked into all the same, only more often.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, make_url

CHANNEL: Final = "fieldfare_log"
EVERY_S: Final = 0.7  # as long as nothing tells
SURE_S: Final = 3.0  # where something does: a signal may be lost on its way
RETRY_S: Final = 5.0
POSTGRES: Final = "postgresql"


def give(connection: Connection) -> None:
    """Tell every process, once the transaction is committed, that there is something new."""
    if connection.dialect.name == POSTGRES:
        connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


class Signals:
    """Counts the signals of a database, for all who wait in one process."""

    def __init__(self, place: str | Path, retry_s: float = RETRY_S) -> None:
        self._retry_s = retry_s
        url = make_url(place) if isinstance(place, str) else None
        self._url = url if url is not None and url.get_backend_name() == POSTGRES else None
        self._turn = asyncio.Event()
        self.count = 0
        self.is_heard = False

    async def run(self) -> None:
        """Listen for as long as the server lives, by a connection of its own."""
        while self._url is not None:
            with suppress(psycopg.Error, OSError):
                async with aclosing(self._heard()) as heard:
                    async for _ in heard:
                        self.give()
            self.is_heard = False
            await asyncio.sleep(self._retry_s)

    def give(self) -> None:
        """Something is new: whoever waits looks now."""
        self.count += 1
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    async def after(self, seen: int) -> int:
        """Wait for another signal than those counted, or for long enough; how many there are."""
        if self.count == seen:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._turn.wait(), SURE_S if self.is_heard else EVERY_S)
        return self.count

    async def _heard(self) -> AsyncGenerator[None]:
        assert self._url is not None
        words, named = self._url.get_dialect()().create_connect_args(self._url)
        async with await _connected(*words, **named) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.is_heard = True
            yield  # what was said before is not heard any more
            while True:
                async for _ in connection.notifies(timeout=0):
                    yield
                await _readable(connection.fileno())


async def _readable(fileno: int) -> None:
    """Wait until there is something to read. The driver itself would look ten times a second."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_reader(fileno, told.set)
    try:
        await told.wait()
    finally:
        loop.remove_reader(fileno)


async def _connected(*words: Any, **named: Any) -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(*words, **named, autocommit=True)

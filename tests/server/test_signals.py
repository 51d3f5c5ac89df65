"""When a process looks into the books: told at once by PostgreSQL, and now and then by itself."""

import asyncio
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from sqlalchemy import Connection

from server import database, signals
from server.signals import EVERY_S, SURE_S, Signals
from tests.loops import in_thread

WAIT_S = 20.0
POLLS_EVERY_S = 0.1


def test_where_nothing_can_be_heard_there_is_a_look_now_and_then(tmp_path: Path) -> None:
    async def play() -> tuple[int, int, float]:
        own = Signals(tmp_path / "books.db")
        await own.run()  # there is nobody to listen to
        loop = asyncio.get_running_loop()
        began = loop.time()
        unheard = await own.after(0)
        took = loop.time() - began
        own.give()
        return unheard, await own.after(0), took

    unheard, given, took = in_thread(play)
    assert (unheard, given) == (0, 1)
    assert EVERY_S <= took + 0.01 < WAIT_S
    assert EVERY_S < SURE_S


def told(place: str, *, stays: bool = True) -> None:
    """A transaction that gives a signal, committed or not."""
    engine = database.open_engine(place)

    def write(connection: Connection) -> None:
        signals.give(connection)
        if not stays:
            raise ZeroDivisionError

    try:
        with database.writing(engine) as connection:
            write(connection)
    except ZeroDivisionError:
        assert not stays
    finally:
        engine.dispose()


async def counted(own: Signals, count: int) -> None:
    seen = own.count
    while seen < count:
        seen = await own.after(seen)


def test_a_signal_is_heard_by_every_process_once_its_transaction_is_committed(
    fresh_postgres: str,
) -> None:
    async def play() -> list[int]:
        both = [Signals(fresh_postgres), Signals(fresh_postgres)]
        tasks = [asyncio.create_task(one.run()) for one in both]
        async with asyncio.timeout(WAIT_S):
            for one in both:
                await counted(one, 1)  # what was said before it listened is looked for
            await asyncio.to_thread(told, fresh_postgres, stays=False)
            await asyncio.to_thread(told, fresh_postgres)
            for one in both:
                await counted(one, 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [one.count for one in both]

    assert in_thread(play) == [2, 2]


def test_a_process_that_waits_for_a_signal_sleeps_until_there_is_one(fresh_postgres: str) -> None:
    """The driver itself would look ten times a second."""

    async def play() -> int:
        own = Signals(fresh_postgres)
        task = asyncio.create_task(own.run())
        async with asyncio.timeout(WAIT_S):
            await counted(own, 1)
            with pytest.MonkeyPatch.context() as patch:
                loop = asyncio.get_running_loop()
                timed = Mock(side_effect=loop.call_later)
                patch.setattr(loop, "call_later", timed)
                await asyncio.sleep(10 * POLLS_EVERY_S)
            await asyncio.to_thread(told, fresh_postgres)
            await counted(own, 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return timed.call_count

    assert in_thread(play) == 1  # the test's own sleep


def test_a_lost_connection_is_made_anew_and_what_was_missed_is_looked_for(
    fresh_postgres: str,
) -> None:
    plain = fresh_postgres.replace("+psycopg", "")
    ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"

    async def play() -> list[bool]:
        own = Signals(fresh_postgres, retry_s=0.05)
        task = asyncio.create_task(own.run())
        heard = []
        async with asyncio.timeout(WAIT_S):
            await counted(own, 1)
            heard.append(own.is_heard)
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute(ends)
            await counted(own, 2)
            heard.append(own.is_heard)
            await asyncio.to_thread(told, fresh_postgres)
            await counted(own, 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return heard

    assert in_thread(play) == [True, True]

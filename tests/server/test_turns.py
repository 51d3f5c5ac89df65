"""Turns: one of a phone at a time, so many at once, and whoever had least goes first."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from server.turns import FORGOTTEN_BY_HALF_S, WAITING_MAX, Crowded, Turns
from tests.loops import in_thread


class Gate:
    """Turns on a clock that is set, and who has one, in order."""

    def __init__(
        self, at_once: int, *, of_one_max: int = 9, patience_s: float | None = None
    ) -> None:
        self.now_s = 0.0
        self.told: list[str] = []
        self.turns = Turns(
            at_once, lambda: self.now_s, of_one_max=of_one_max, patience_s=patience_s
        )

    async def act(self, whose: str, until: asyncio.Event) -> None:
        async with self.turns.taken(whose):
            self.told.append(whose)
            await until.wait()

    async def spend(self, whose: str, seconds: float) -> None:
        """Somebody has a turn, of so many seconds."""
        async with self.turns.taken(whose):
            self.now_s += seconds

    async def sent(self, *whose: str, until: asyncio.Event) -> list["asyncio.Task[None]"]:
        """Requests, all of which have got as far as they can."""
        tasks = [asyncio.create_task(self.act(one, until)) for one in whose]
        await settled()
        return tasks


async def settled() -> None:
    """Everybody has got as far as they can without time going on."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_whoever_had_least_goes_first_and_of_equals_who_came_first() -> None:
    async def story() -> list[str]:
        gate, over = Gate(1), asyncio.Event()
        await gate.spend("heavy", 5.0)
        await gate.spend("middling", 0.2)
        tasks = await gate.sent("busy", "heavy", "middling", "new", "newer", until=over)
        over.set()
        await asyncio.gather(*tasks)
        return gate.told

    assert in_thread(story) == ["busy", "new", "newer", "middling", "heavy"]


def test_nine_light_phones_pass_one_that_never_stops() -> None:
    """C65."""

    async def story() -> int:
        gate = Gate(1)
        light = [f"light {number}" for number in range(9)]

        async def exchanges(whose: str, seconds: float, count: int) -> None:
            for _ in range(count):
                async with gate.turns.taken(whose):
                    gate.told.append(whose)
                    await asyncio.sleep(0)
                    gate.now_s += seconds

        await asyncio.gather(
            exchanges("heavy", 0.5, 50), *(exchanges(one, 0.005, 5) for one in light)
        )
        last = max(place for place, one in enumerate(gate.told) if one != "heavy")
        return gate.told[:last].count("heavy")

    assert in_thread(story) <= 1  # which it had before any of them came


def test_what_somebody_had_is_forgotten_by_and_by() -> None:
    async def story() -> list[str]:
        gate, over = Gate(1), asyncio.Event()
        await gate.spend("before", 5.0)
        gate.now_s += 10 * FORGOTTEN_BY_HALF_S
        await gate.spend("lately", 1.0)
        tasks = await gate.sent("busy", "lately", "before", until=over)
        over.set()
        await asyncio.gather(*tasks)
        return gate.told

    assert in_thread(story) == ["busy", "before", "lately"]


def test_of_one_phone_one_is_answered_though_there_is_room() -> None:
    async def story() -> tuple[list[str], list[str]]:
        gate, over = Gate(3), asyncio.Event()
        tasks = await gate.sent("a", "a", "b", until=over)
        before = list(gate.told)
        over.set()
        await asyncio.gather(*tasks)
        return before, gate.told

    assert in_thread(story) == (["a", "b"], ["a", "b", "a"])


def test_a_third_request_of_one_phone_is_told_to_come_again_and_no_others_is() -> None:
    async def story() -> list[str]:
        gate, over = Gate(1, of_one_max=2), asyncio.Event()
        tasks = await gate.sent("a", "a", until=over)
        with pytest.raises(Crowded):
            await gate.act("a", over)
        tasks += await gate.sent("b", until=over)
        over.set()
        await asyncio.gather(*tasks)
        await gate.act("a", over)
        return gate.told

    assert sorted(in_thread(story)) == ["a", "a", "a", "b"]


def test_only_so_many_wait() -> None:
    async def story() -> int:
        gate, over = Gate(1), asyncio.Event()
        tasks = await gate.sent(*(str(one) for one in range(WAITING_MAX + 1)), until=over)
        with pytest.raises(Crowded):
            await gate.act("one more", over)
        over.set()
        await asyncio.gather(*tasks)
        return len(gate.told)

    assert in_thread(story) == WAITING_MAX + 1


def test_who_waited_too_long_is_told_to_come_again_and_nobody_elses_turn_is_lost() -> None:
    async def story() -> list[str]:
        gate, over = Gate(1, patience_s=0.01), asyncio.Event()
        tasks = await gate.sent("a", until=over)
        with pytest.raises(Crowded):
            await gate.act("b", over)
        over.set()
        await asyncio.gather(*tasks)
        await gate.act("c", over)
        return gate.told

    assert in_thread(story) == ["a", "c"]


def leaves_while_waiting(gate: Gate) -> Callable[[], Coroutine[Any, Any, None]]:
    async def story() -> None:
        over = asyncio.Event()
        first, second, third = await gate.sent("a", "b", "c", until=over)
        second.cancel()
        over.set()
        await asyncio.gather(first, second, third, return_exceptions=True)

    return story


def leaves_at_the_very_moment(gate: Gate) -> Callable[[], Coroutine[Any, Any, None]]:
    async def story() -> None:
        over = asyncio.Event()
        first, second, third = await gate.sent("a", "b", "c", until=over)
        over.set()
        while "a" in gate.turns.at_it:
            await asyncio.sleep(0)
        second.cancel()  # it is called, and has not heard of it
        await asyncio.gather(first, second, third, return_exceptions=True)

    return story


@pytest.mark.parametrize("leaves", [leaves_while_waiting, leaves_at_the_very_moment])
def test_who_hangs_up_leaves_its_turn_to_the_next(
    leaves: Callable[[Gate], Callable[[], Coroutine[Any, Any, None]]],
) -> None:
    gate = Gate(1)
    in_thread(leaves(gate))
    assert gate.told == ["a", "c"]
    assert gate.turns.at_it == frozenset()

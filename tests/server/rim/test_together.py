"""What is done together: the first at once, those who came meanwhile as soon as that is done."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.api.together import Together
from tests.server.test_listening import apart

Given = tuple[str, int]


class Desk:
    """Does what it is given, when it is let; remembers what came together."""

    def __init__(self) -> None:
        self.batches: list[list[Given]] = []
        self.begun = threading.Event()
        self.may = threading.Event()

    def act(self, few: Sequence[Given]) -> list[str]:
        self.batches.append(list(few))
        self.begun.set()
        self.may.wait()
        if ("bad", 0) in few:
            raise LookupError("bad")
        return [f"{who} {number}" for who, number in few]


async def told(desk: Desk, first: Given, *others: Given, most: int = 3) -> list[object]:
    """What each is told, where the others come while something is done for the first."""
    with ThreadPoolExecutor(1) as threads:
        together = Together(desk.act, lambda one: one[0], threads, most)
        one = asyncio.create_task(together.done(first))
        while not desk.begun.is_set():
            await asyncio.sleep(0)
        rest = [asyncio.create_task(together.done(other)) for other in others]
        await asyncio.sleep(0)
        desk.may.set()
        return await asyncio.gather(one, *rest, return_exceptions=True)


def test_who_comes_meanwhile_is_done_together_and_each_is_told_their_own() -> None:
    desk = Desk()
    assert apart(told(desk, ("a", 1), ("b", 2), ("c", 3))) == ["a 1", "b 2", "c 3"]
    assert desk.batches == [[("a", 1)], [("b", 2), ("c", 3)]]


def test_two_of_the_same_come_one_after_the_other_and_no_more_than_so_many_at_once() -> None:
    desk = Desk()
    others = [("b", 1), ("b", 2), ("c", 1), ("d", 1), ("e", 1), ("b", 3)]
    answers = apart(told(desk, ("a", 1), *others))
    assert answers == ["a 1", *(f"{who} {number}" for who, number in others)]
    assert desk.batches == [
        [("a", 1)],
        [("b", 1), ("c", 1), ("d", 1)],
        [("b", 2), ("e", 1)],
        [("b", 3)],
    ]


def test_what_goes_wrong_is_told_to_those_whom_it_concerns() -> None:
    desk = Desk()
    answers = apart(told(desk, ("a", 1), ("bad", 0), ("c", 1), ("d", 1), ("e", 1), most=2))
    assert [str(one) for one in answers] == ["a 1", "bad", "bad", "d 1", "e 1"]


def test_who_goes_away_meanwhile_takes_nothing_from_the_others() -> None:
    desk = Desk()

    async def gone() -> str:
        with ThreadPoolExecutor(1) as threads:
            together = Together(desk.act, lambda one: one[0], threads, 3)
            first = asyncio.create_task(together.done(("a", 1)))
            while not desk.begun.is_set():
                await asyncio.sleep(0)
            leaves, stays = (asyncio.create_task(together.done((who, 1))) for who in "bc")
            await asyncio.sleep(0)
            leaves.cancel()
            first.cancel()
            desk.may.set()
            with pytest.raises(asyncio.CancelledError):
                await leaves
            return await stays

    assert apart(gone()) == "c 1"
    assert desk.batches == [[("a", 1)], [("b", 1), ("c", 1)]]


def test_those_who_are_on_their_way_are_waited_for_a_moment_and_no_longer() -> None:
    desk = Desk()
    desk.may.set()
    arrives = threading.Event()

    async def brings(together: Together[Given, str], given: Given) -> str:
        with together.coming(given[0]):
            while given[0] == "late" and not arrives.is_set():
                await asyncio.sleep(0.001)
            for _ in range(5):
                await asyncio.sleep(0)
        return await together.done(given)

    async def whole() -> list[str]:
        with ThreadPoolExecutor(1) as threads:
            together = Together(desk.act, lambda one: one[0], threads, 3)
            late = asyncio.create_task(brings(together, ("late", 1)))
            soon = [brings(together, (who, 1)) for who in "bc"]
            answers = await asyncio.gather(together.done(("a", 1)), *soon)
            arrives.set()
            return [*answers, await late]

    assert apart(whole()) == ["a 1", "b 1", "c 1", "late 1"]
    assert desk.batches == [[("a", 1), ("b", 1), ("c", 1)], [("late", 1)]]


def test_what_breaks_badly_is_told_and_the_next_ones_are_done() -> None:
    class Broken(BaseException):
        pass

    def act(few: Sequence[Given]) -> list[str]:
        if ("bad", 0) in few:
            raise Broken
        return [who for who, _ in few]

    async def whole() -> list[object]:
        with ThreadPoolExecutor(1) as threads:
            together = Together(act, lambda one: one[0], threads, 1)
            asked = [together.done(one) for one in (("bad", 0), ("a", 1), ("b", 1))]
            return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)

    broken, *others = apart(whole())
    assert isinstance(broken, Broken)
    assert others == ["a", "b"]

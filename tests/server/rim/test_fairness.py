"""Fairness: a phone that asks for more than its share waits for the others, and loses nothing."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import msgspec
import pytest

from server.api.pacing import (
    EXCHANGES_AT_ONCE_MAX,
    EXCHANGES_OF_ONE_MAX,
    UPLOADS_OF_ONE_MAX,
    Paces,
)
from server.database import PATIENCE_MS
from server.turns import Turns
from server.writers import OthersFirst, Writers
from sync.digest import vector_hash
from tests.server.rim.company import Company, Phone
from tests.server.rim.lane import Lane
from tests.server.rim.test_round_trip import accept, begun, job, talk


def paces(company: Company) -> Paces:
    found = company.app.state["paces"]
    assert isinstance(found, Paces)
    return found


@contextmanager
def asking(company: Company, turns: Turns, phone: Phone, count: int) -> Iterator[None]:
    """So many requests of a phone are under way."""
    with company.client.portal() as portal, ExitStack() as under_way:
        for _ in range(count):
            one = portal.wrap_async_context_manager(turns.standing(phone.device))
            under_way.enter_context(one)
        yield


def test_a_phone_that_asks_thrice_at_once_is_told_when_to_come_again_and_loses_nothing(
    company: Company,
) -> None:
    """C65."""
    phone, other, order = company.phone(), company.phone(), job(company)
    first = begun(company, phone)
    vector = vector_hash(first.server_epoch, {})
    told = {"token": first.token, "vector": vector, "ops": [accept(company, phone, order)]}
    content, headers = msgspec.json.encode(phone.request(**told)), phone.headers()
    with asking(company, paces(company).exchanges, phone, EXCHANGES_OF_ONE_MAX):
        refused = company.client.post("/sync", content=content, headers=headers)
        assert begun(company, other).results == []
    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert refused.headers["Retry-After"] == "2"
    assert [one.verdict for one in talk(company, phone, **told).results] == ["applied"]


def test_a_phone_with_many_uploads_at_once_is_told_to_come_again_and_others_are_not(
    company: Company,
) -> None:
    """C65."""
    lane, other = Lane(company), Lane(company)
    with asking(company, paces(company).files, lane.phone, UPLOADS_OF_ONE_MAX):
        refused = lane.post(10)
        assert other.post(10).status_code == 201
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert lane.post(10).status_code == 201


def test_exchanges_leave_the_office_half_of_the_threads(company: Company) -> None:
    """C65."""
    turns, devices = paces(company).exchanges, [str(one) for one in range(99)]
    most = min(company.settings.threads // 2, EXCHANGES_AT_ONCE_MAX)

    async def asked() -> int:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            over = asyncio.Event()

            async def ask(device: str) -> None:
                async with turns.taken(device):
                    await over.wait()

            for device in devices:
                group.create_task(ask(device))
            while len(turns.at_it) < most:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            count = len(turns.at_it)
            over.set()
            return count

    with company.client.portal() as portal:
        assert portal.call(asked) == most


def test_who_writes_again_and_again_does_not_overtake_who_came_before() -> None:
    """C65."""
    queue, told = Writers(PATIENCE_MS), []
    begun, left = threading.Event(), threading.Event()

    def write(whose: str) -> None:
        with queue.front():
            told.append(whose)
            begun.set()
            assert left.wait(60)

    with ThreadPoolExecutor(4) as pool:
        for count, whose in enumerate(("heavy", "light", "heavy again", "another"), 1):
            pool.submit(write, whose)
            while len(queue) < count:
                begun.wait(0.01)
        left.set()
    assert told == ["heavy", "light", "heavy again", "another"]


def test_who_waits_in_vain_leaves_the_queue_to_the_next() -> None:
    queue = Writers(1)
    with queue.front(), pytest.raises(OthersFirst), queue.front():
        pass
    with queue.front():
        assert len(queue) == 1
    assert len(queue) == 0

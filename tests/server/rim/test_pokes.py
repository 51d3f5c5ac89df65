"""Which phones are poked, what they are told, and who may not listen any more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import requests
from msgspec import Struct, field

from server.app import real_clock
from server.pokes import Crowded, Pokes
from server.signals import Signals
from shared.ids import derive
from sync.digest import vector_hash
from tests.loops import in_thread
from tests.server.rim.company import Company, Phone, asked_of
from tests.server.rim.test_postgres import STOPS_S, two_processes
from tests.server.rim.test_round_trip import accept, begun, job, talk
from tests.server.rim.test_serving import answered

WAIT_S: Final = 20.0
MINUTES_S: Final = 600.0


class Line(Struct):
    """What one phone heard, and whether its line has ended."""

    heard: list[bool] = field(default_factory=list)
    ended: bool = False

    @property
    def pokes(self) -> int:
        """How often it was poked."""
        return sum(self.heard)


class Desk:
    """The phones that listen to one process, and what each of them hears."""

    def __init__(self, company: Company, **given: Any) -> None:
        self.company = company
        self.signals = Signals(company.settings.data)
        self.pokes = Pokes(company.office, self.signals, **given)
        self._tasks = [asyncio.create_task(self.pokes.follow())]

    async def line(self, device: str, person: str, seconds: float = MINUTES_S) -> Line:
        """A phone that listens from now on."""
        line = Line()
        before = self.pokes.phones

        async def listen() -> None:
            async for one in self.pokes.listen(device, person, seconds):
                line.heard.append(one)
            line.ended = True

        self._tasks.append(asyncio.create_task(listen()))
        await until(lambda: self.pokes.phones > before)
        return line

    async def of(self, phone: Phone, role: str = "technician") -> Line:
        """The same of an enrolled phone."""
        return await self.line(phone.device, self.company.people[role])

    async def sign(self) -> None:
        """Have what was said so far in the log, and looked at."""
        self.company.now_ms += 2_000
        await until(lambda: not waiting(self.company))
        self.signals.give()

    async def end(self) -> None:
        """The server stops."""
        self.pokes.close()
        self.signals.give()
        await asyncio.wait_for(asyncio.gather(*self._tasks), WAIT_S)


def waiting(company: Company) -> bool:
    with company.office.reading() as books:
        found = books.exec_driver_sql("SELECT 1 FROM leaf WHERE number IS NULL LIMIT 1").first()
    return found is not None


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(int(WAIT_S / 0.01)):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


@asynccontextmanager
async def desk(company: Company, **given: Any) -> AsyncIterator[Desk]:
    made = Desk(company, **given)
    await made.sign()
    try:
        yield made
    finally:
        await made.end()


def new_price(company: Company, number: str) -> None:
    """Something in the catalogue, which every phone has."""
    part = derive("test", number)
    names = {"number": number, "en": "Seal", "zh": "密封圈"}
    company.put("part", part, **names, type="original", unit="piece")


def test_a_phone_is_poked_when_there_is_news_for_it_and_others_are_not(company: Company) -> None:
    """S13."""
    phone, other = company.phone(), company.phone("warehouse")

    async def play() -> None:
        async with desk(company) as made:
            mine, others = await made.of(phone), await made.of(other, "warehouse")
            await asyncio.to_thread(job, company)
            await made.sign()
            await until(lambda: mine.pokes == 1)
            assert others.heard == []
            await asyncio.to_thread(new_price, company, "S-1")
            await made.sign()
            await until(lambda: (mine.pokes, others.pokes) == (2, 1))
        assert mine.ended
        assert others.ended

    in_thread(play)


def test_what_a_phone_pushed_itself_is_no_news_to_it(company: Company) -> None:
    phone, order = company.phone(), job(company)
    twin = company.phone()
    first = begun(company, phone)

    async def play() -> None:
        async with desk(company) as made:
            mine, twins = await made.of(phone), await made.of(twin)
            vector = vector_hash(first.server_epoch, {})
            op = accept(company, phone, order)
            await asyncio.to_thread(
                lambda: talk(company, phone, token=first.token, vector=vector, ops=[op])
            )
            await made.sign()
            await until(lambda: twins.pokes == 1)
            assert mine.heard == []

    in_thread(play)


def test_whoever_may_read_no_more_is_let_go(company: Company) -> None:
    """S13."""
    phone, other = company.phone(), company.phone("warehouse")

    async def play() -> None:
        async with desk(company) as made:
            mine, others = await made.of(phone), await made.of(other, "warehouse")
            headers = company.signed_in("dispatcher")
            path = f"/api/devices/{phone.device}/revoke"
            answer = await asyncio.to_thread(company.client.post, path, headers=headers)
            assert answer.status_code == 204
            await made.sign()
            await until(lambda: mine.ended)
            assert (mine.heard, others.ended) == ([], False)
            await asyncio.to_thread(company.disable, "warehouse")
            await made.sign()
            await until(lambda: others.ended)
            assert others.heard == []

    in_thread(play)


@pytest.mark.parametrize("column", ["revoked_at = 1", "confirmed_at = NULL"])
def test_whoever_may_read_no_more_is_let_go_within_a_sign_of_life_though_the_log_says_nothing(
    company: Company, column: str
) -> None:
    """S13."""
    phone, other = company.phone(), company.phone("warehouse")

    async def play() -> None:
        async with desk(company, alive_s=0.05) as made:
            mine, others = await made.of(phone), await made.of(other, "warehouse")
            with company.office.writing() as books:
                told = f"UPDATE device SET {column} WHERE id = ?"
                books.exec_driver_sql(told, (phone.device,))
            await until(lambda: mine.ended)
            assert (mine.pokes, others.pokes, others.ended) == (0, 0, False)

    in_thread(play)


def test_a_line_that_is_still_gives_signs_of_life_and_ends_with_its_token(company: Company) -> None:
    phone = company.phone()

    async def play() -> None:
        async with desk(company, alive_s=0.05) as made:
            line = await made.line(phone.device, company.people["technician"], 0.5)
            await until(lambda: line.ended)
            assert (line.pokes, len(line.heard) > 2) == (0, True)
            await until(lambda: made.pokes.phones == 0)

    in_thread(play)


def test_a_phone_has_two_lines_at_most_and_a_server_as_many_as_it_bears(company: Company) -> None:
    """S13."""
    phone, other = company.phone(), company.phone("warehouse")

    def fits(pokes: Pokes, one: Phone) -> bool:
        try:
            pokes.see_that_there_is_room(one.device)
        except Crowded:
            return False
        return True

    async def play() -> None:
        async with desk(company, phones_max=2) as made:
            first = await made.of(phone)
            assert fits(made.pokes, other)
            second = await made.of(phone)
            assert (fits(made.pokes, other), fits(made.pokes, phone)) == (False, True)
            third = Line()

            async def listen() -> None:
                person = company.people["technician"]
                async for one in made.pokes.listen(phone.device, person, MINUTES_S):
                    third.heard.append(one)

            made._tasks.append(asyncio.create_task(listen()))
            await until(lambda: first.ended)
            await asyncio.to_thread(job, company)
            await made.sign()
            await until(lambda: (second.pokes, third.pokes) == (1, 1))

    in_thread(play)


def test_a_look_for_many_phones_costs_as_many_questions_as_for_one(company: Company) -> None:
    phones = [company.phone() for _ in range(6)]

    def questions(some: list[Phone], number: str) -> int:
        async def play() -> int:
            async with desk(company) as made:
                lines = [await made.of(phone) for phone in some]
                new_price(company, number)
                company.now_ms += 2_000
                await until(lambda: not waiting(company))
                said = asked_of(company.office)
                made.signals.give()
                await until(lambda: all(line.pokes for line in lines))
                return len([one for one in said if one.startswith("SELECT")])

        return in_thread(play)

    assert questions(phones[:1], "S-1") == questions(phones, "S-6")


def test_who_may_not_read_may_not_listen(company: Company) -> None:
    """S13."""
    phone = company.phone()
    headers = phone.headers()
    assert company.client.get("/pokes").status_code == 401
    company.disable("technician")
    refused = company.client.get("/pokes", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    path = f"/api/devices/{phone.device}/revoke"
    assert company.client.post(path, headers=company.signed_in("dispatcher")).status_code == 204
    refused = company.client.get("/pokes", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "device_revoked")


@pytest.mark.slow
def test_a_poke_reaches_the_phones_of_every_process_and_they_are_let_go_at_the_end(
    tmp_path: Path, fresh_postgres: str
) -> None:
    company = Company(tmp_path / "data", database=fresh_postgres, threads=4)
    company.now_ms = real_clock()
    with two_processes(tmp_path, fresh_postgres) as (url, process), ExitStack() as opened:
        answered(f"{url}/health")
        over: Any = opened.enter_context(httpx.Client(base_url=url, timeout=WAIT_S))
        company.client = over
        lines = []
        for phone in (company.phone() for _ in range(3)):
            headers = phone.headers()
            for _ in range(2):
                line = requests.get(f"{url}/pokes", headers=headers, stream=True, timeout=WAIT_S)
                opened.callback(line.close)
                assert line.headers["content-type"].startswith("text/event-stream")
                assert line.headers["x-accel-buffering"] == "no"
                lines.append(line.iter_lines(chunk_size=1))
        assert [next(line) for line in lines] == [b": open"] * 6
        company.now_ms = real_clock()
        new_price(company, "S-1")
        assert [b"event: poke" in line for line in lines] == [True] * 6
        process.terminate()
        # A line that is cut off, as a process that is killed does, raises here.
        assert [b"nothing more" in line for line in lines] == [False] * 6
        _, errors = process.communicate(timeout=STOPS_S)
        assert process.returncode == 0, errors
    company.office.close()

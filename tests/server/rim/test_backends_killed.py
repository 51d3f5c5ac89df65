"""Connections to PostgreSQL die under the server's hands; each op counts once all the same."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
import pytest
import requests
from sqlalchemy import Connection, Engine, event, func, make_url, select

from server.app import real_clock
from server.auditor import Fault, kept_keys, verify
from server.database import open_engine, reading
from server.office import Office
from server.tables import METADATA
from shared.clock import At
from shared.ids import derive
from shared.kinds import REGISTRY
from shared.ops import Op, encode
from sync import protocol
from sync.enrolment import token_text
from sync.memory import MemoryPhone
from sync.ports import Identity, Outboxed
from sync.protocol import Reply, Request, decode_reply
from sync.recording import Draft, record
from sync.session import Summary, Surroundings, TimedOut, converse
from tests.e2e.processes import COMMAND, Server
from tests.machine import free_port
from tests.server.rim.company import BESIDE, Company, Phone, signed
from tests.server.rim.test_round_trip import begun, job

STATEMENTS_MAX: Final = 120
STATEMENTS_MIN: Final = 20
GONE_MS: Final = 10_000
OP: Final = METADATA.tables["op"]
NOTE: Final = METADATA.tables["note"]
PHONES: Final = 4
TALKS_MAX: Final = 200
ANSWER_S: Final = 60
IN_THE_MIDDLE: Final = """SELECT pid FROM pg_stat_activity
    WHERE datname = %s AND state <> 'idle' AND xact_start IS NOT NULL"""


class Reaper:
    """Ends the connection that a request uses, just before the nth thing it says."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql", database="postgres")
        self.left = 0
        self.said = 0

    def watch(self, engine: Engine) -> None:
        """Count from now on what is said, and each commit."""
        event.listen(engine, "before_cursor_execute", lambda *told: self._hear(told[0]))
        event.listen(engine, "commit", self._hear)

    def aim(self, number: int) -> None:
        """Strike at the nth of these, from 1."""
        self.left, self.said = number, 0

    @property
    def is_over(self) -> bool:
        """Whether nothing that far was said."""
        return self.left > 0

    def _hear(self, connection: Connection) -> None:
        if threading.current_thread().name == BESIDE or self.left <= 0:
            return
        self.left -= 1
        if self.left == 0:
            raw: Any = connection.connection.dbapi_connection
            self._end(raw.info.backend_pid)

    def _end(self, pid: int) -> None:
        plain = self._url.render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, %s)", (pid, GONE_MS))


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 6])
def test_wherever_a_push_loses_its_connection_it_counts_once(
    tmp_path: Path, postgres_copy: str, every: int
) -> None:
    """At statements and commits in turn, until a push is through before its turn comes."""
    company = Company(tmp_path / "data", database=postgres_copy, threads=2)
    reaper = Reaper(postgres_copy)
    reaper.watch(company.office.writing.args[0])  # type: ignore[attr-defined]
    with company.client:
        phone, order = company.phone(), job(company)
        headers, token = phone.headers(), begun(company, phone).token
        for number in range(1, STATEMENTS_MAX):
            request = phone.request(token=token, pull=True, ops=[note(company, order, number)])
            reaper.aim(number * every)
            first = company.client.post("/sync", json=request, headers=headers)
            if reaper.is_over:
                assert first.status_code == 200
                break
            assert (number, first.status_code) == (number, 503)
            assert first.headers["Retry-After"] == "2"
            again = company.client.post("/sync", json=request, headers=headers)
            assert (number, again.status_code) == (number, 200)
            reply = decode_reply(again.content)
            assert [(one.lseq, one.verdict) for one in reply.results] == [(number, "applied")]
            token = reply.token
        reaper.aim(0)
        assert number * every > STATEMENTS_MIN
        assert counted(company.office) == (number, number)
    assert audited(postgres_copy) is None


def note(company: Company, order: str, lseq: int) -> dict[str, Any]:
    """A note from the phone."""
    op = Op(
        id=company.new_id(),
        kind="note.add",
        v=1,
        on=("work_order", order),
        by=company.people["technician"],
        origin="device",
        at=At(wall=company.now_ms, boot="b", mono=lseq, src="boottime"),
        salt="0" * 32,
        args=msgspec.Raw(msgspec.json.encode({"text": f"Note {lseq}", "audience": "internal"})),
    )
    return {"lseq": lseq, "id": op.id, "body": encode(op)}


def counted(office: Office) -> tuple[int, int]:
    """How many notes were said, and how many there are."""
    with office.reading() as books:
        said = books.scalar(select(func.count()).where(OP.c.kind == "note.add"))
        return said, books.scalar(select(func.count()).select_from(NOTE))


def audited(url: str) -> Fault | None:
    """What is amiss in the log, the rows or the feed."""
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            return verify(connection, kept_keys(connection)).fault
    finally:
        engine.dispose()


class Handset:
    """A phone in memory that talks to a server process, and counts how it was answered."""

    def __init__(self, company: Company, phone: Phone, number: int) -> None:
        self._phone, self._number, self._count = phone, number, 0
        self._author = company.people["technician"]
        self.replica = MemoryPhone(
            Identity(device=phone.device, person=self._author, incarnation=self._fresh())
        )
        self.statuses: Counter[int] = Counter()
        self._token = ""

    def say(self, order: str) -> str:
        """Record a note; the op's id."""
        draft = Draft(
            id=self._phone.company.new_id(),
            kind="note.add",
            on=("work_order", order),
            args={"text": f"Note {self._number}-{self._count}", "audience": "internal"},
            at=self._clock(),
            salt="0" * 32,
        )
        done = record(self.replica, REGISTRY, draft)
        assert isinstance(done, Outboxed), done
        return done.op_id

    def talk(self, url: str) -> Summary:
        """One conversation, for as long as the network bears it."""
        around = Surroundings(now=self._clock, name=self._fresh, app="test")
        talk = converse(self.replica, around)
        try:
            request = next(talk)
            while True:
                request = talk.send(self._carry(url, request))
        except StopIteration as end:
            summary: Summary = end.value
            return summary

    def _carry(self, url: str, request: Request) -> Reply | TimedOut:
        if not self._token and not self._let_in(url):
            return TimedOut()
        headers = {"Authorization": f"Bearer {self._token}"}
        content = protocol.encode(request)
        answer = self._ask(f"{url}/sync", data=content, headers=headers)
        return decode_reply(answer.content) if answer.status_code == 200 else TimedOut()

    def _let_in(self, url: str) -> bool:
        device = {"device": self._phone.device}
        asked = self._ask(f"{url}/token", json=device)
        if asked.status_code != 200:
            return False
        nonce = asked.json()["nonce"]
        signature = signed(self._phone.key, token_text(self._phone.device, nonce))
        told = self._ask(f"{url}/token", json={**device, "nonce": nonce, "signature": signature})
        self._token = told.json().get("token", "") if told.status_code == 200 else ""
        return bool(self._token)

    def _ask(self, address: str, **told: Any) -> requests.Response:
        answer = requests.post(address, timeout=ANSWER_S, **told)
        self.statuses[answer.status_code] += 1
        return answer

    def _clock(self) -> At:
        now = real_clock()
        return At(wall=now, boot="b", mono=now, src="boottime")

    def _fresh(self) -> str:
        self._count += 1
        return f"{self._number:08x}{self._count:024x}"


@pytest.mark.slow
@pytest.mark.parametrize("kills", [10, 100])
def test_phones_that_push_while_connections_die_are_heard_once(
    tmp_path: Path, postgres_copy: str, kills: int
) -> None:
    """A server process; connections end in the middle of transactions until enough have."""
    company = Company(tmp_path / "data", database=postgres_copy, threads=2)
    company.now_ms = real_clock()
    with company.client:
        order = job(company)
        handsets = [Handset(company, company.phone(), number) for number in range(PHONES)]
    server, over = Server(tmp_path / "data", free_port()), threading.Event()
    words = [*COMMAND, "serve", "--data", str(server.data), "--port", str(server.port)]

    def work(handset: Handset) -> list[str]:
        said: list[str] = []
        while not over.is_set():
            said += [handset.say(order) for _ in range(3)]
            handset.talk(server.url)
        return said

    with server.serving([*words, "--database", postgres_copy]):
        for handset in handsets:
            handset.talk(server.url)
        with ThreadPoolExecutor(PHONES) as hands:
            told = [hands.submit(work, handset) for handset in handsets]
            try:
                strike(postgres_copy, kills)
            finally:
                over.set()
            said = [op for one in told for op in one.result()]
        for handset in handsets:
            deliver(handset, server.url)
    assert [set(handset.statuses) - {200, 503} for handset in handsets] == [set()] * PHONES
    assert sum(handset.statuses[503] for handset in handsets) > 0
    assert server.faults() == []
    assert entered(postgres_copy) == sorted(said)
    assert audited(postgres_copy) is None


def strike(url: str, kills: int) -> None:
    """End so many connections, each in the middle of a transaction."""
    target, dice = make_url(url), random.Random(7)
    plain = target.set(drivername="postgresql", database="postgres")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as admin:
        while kills:
            found = admin.execute(IN_THE_MIDDLE, (target.database,)).fetchall()
            if found:
                (pid,) = dice.choice(found)
                admin.execute("SELECT pg_terminate_backend(%s, %s)", (pid, GONE_MS))
                kills -= 1


def deliver(handset: Handset, url: str) -> None:
    """Talk until nothing is left to say."""
    for _ in range(TALKS_MAX):
        handset.talk(url)
        if handset.replica.unsent(None)[0] == 0:
            return
    raise AssertionError("something is left to say")


def entered(url: str) -> list[str]:
    """The notes that count, by their ops."""
    engine = open_engine(url)
    chosen = select(OP.c.op_id).where(OP.c.kind == "note.add", OP.c.verdict == "applied")
    try:
        with reading(engine) as connection:
            ops = list(connection.scalars(chosen))
            notes = set(connection.scalars(select(NOTE.c.id)))
    finally:
        engine.dispose()
    assert {derive(op, "note") for op in ops} == notes
    return sorted(ops)

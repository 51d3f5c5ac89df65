"""Server and phones are killed at random moments, again and again; nothing is lost or doubled."""

import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from msgspec import Struct, field, structs

from tests.bases import CHOICE
from tests.e2e.books import complaints
from tests.e2e.conftest import opened
from tests.e2e.processes import Desk, Phone, Ran, Refusal, Server, Told, asked
from tests.e2e.warm import Warm, WarmPhone, WarmServer

LOGINS: Final = ("zhou.jian", "ma.lei")
EXPECTED: Final = (0, 3, 4, 5)
KILLED: Final = -9
HEALED_S: Final = 60.0
SHORT_S, BUSY_S = 2.0, 6.0  # how long everybody works in a round
VERBS: Final = ("accept", "depart", "arrive", "start", "pause", "resume", "complete")
ARGS: Final[dict[str, Told]] = {
    "pause": {"reason": "lunch"},
    "complete": {"outcome": "done", "work_done": "cleaned"},
}


class Field(Struct, frozen=True, kw_only=True):
    """A company that is not served yet, its phones, and the jobs that all of them have."""

    folder: Path
    port: int
    warm: Warm
    orders: tuple[str, ...]
    ids: dict[str, str]
    parts: dict[str, tuple[str, ...]]

    def copied(self, folder: Path) -> "Field":
        """The same in another folder."""
        CHOICE.copied(self.folder, folder)
        return structs.replace(self, folder=folder)

    def server(self) -> Server:
        """The server, on the port that the phones know."""
        return WarmServer(self.folder / "data", self.port, self.warm)

    def phone(self, login: str) -> WarmPhone:
        """Somebody's phone."""
        return WarmPhone(self.folder / login, self.warm)


class Day(Struct, kw_only=True):
    """One round: what was acknowledged so far, what went wrong, and when it is over."""

    until: float
    kept: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        """One more of these."""
        self.counts[what] = self.counts.get(what, 0) + 1

    @property
    def over(self) -> bool:
        """Whether people go home."""
        return bool(self.wrong) or time.monotonic() > self.until


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    """Begins phones' commands and servers at once, so that they are killed at their work."""
    # Not pytest's own temporary folder: the name of a socket may not be that long.
    with tempfile.TemporaryDirectory() as folder, Warm(Path(folder)).open() as process:
        yield process


@pytest.fixture(scope="module")
def prepared(pristine: Path, warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Field:
    """Two enrolled phones, and four jobs that belong to both."""
    folder = tmp_path_factory.mktemp("kills") / "field"
    CHOICE.copied(pristine, folder / "data", lasts=True)
    with Server(folder / "data").serving() as server:
        company = opened(folder, server)
        jobs = [company.job(*LOGINS) for _ in range(4)]
        for login in LOGINS:
            company.phone(login)
        stock = {
            login: company.desk.get("/api/stock", location=f"V0{place}")["items"]
            for place, login in enumerate(LOGINS, start=1)
        }
    return Field(
        folder=folder,
        port=server.port,
        warm=warm,
        orders=tuple(job["number"] for job in jobs),
        ids={job["number"]: job["id"] for job in jobs},
        parts={login: tuple(one["number"] for one in stock[login][:4]) for login in LOGINS},
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(1, metafunc.config.getoption("--kill-rounds")))


def test_nothing_is_lost_or_doubled_when_everything_is_killed(
    prepared: Field, tmp_path: Path
) -> None:
    """C08, C30."""
    survive(prepared.copied(tmp_path / "field"), "kills 0", SHORT_S)


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_in_many_rounds_of_killing(
    prepared: Field, tmp_path: Path, seed: int
) -> None:
    survive(prepared.copied(tmp_path / "field"), f"kills {seed}", BUSY_S)


def survive(place: Field, seed: str, busy_s: float) -> None:
    """One round: everybody works while everything is killed; then all heals and is compared."""
    server = place.server()
    server.start()
    day = Day(until=time.monotonic() + busy_s)
    workers: list[Callable[[], None]] = [
        lambda: strike(server, day, random.Random(f"{seed} server")),
        lambda: plan(place, server.url, day, random.Random(f"{seed} desk")),
        *(
            lambda login=login, hand=hand: toil(
                place, login, day, random.Random(f"{seed} {login} {hand}")
            )
            for login in LOGINS
            for hand in ("left", "right")
        ),
    ]
    threads = [threading.Thread(target=guarded, args=(work, day)) for work in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    killed = sum(count for what, count in day.counts.items() if what.endswith("killed"))
    sys.stdout.write(f"{seed}: {killed} killed, {len(day.kept)} acknowledged, {day.counts}\n")
    try:
        heal(place, day)
        assert day.wrong == []
        assert killed, "a round in which nobody falls proves nothing"
        assert day.kept, "a round in which nobody is told anything proves nothing"
        compare(place, server, day)
    finally:
        server.give_up()


def guarded(work: Callable[[], None], day: Day) -> None:
    """Whatever goes wrong in a thread is told in the end."""
    try:
        work()
    except Exception as wrong:  # noqa: BLE001
        day.wrong.append(repr(wrong))


def strike(server: Server, day: Day, dice: random.Random) -> None:
    """Pull the server's plug now and then, and start it again; at the end it runs."""
    while not day.over:
        time.sleep(dice.uniform(0.2, 2.5))
        server.kill()
        day.count("server killed")
        server.start()


def toil(place: Field, login: str, day: Day, dice: random.Random) -> None:
    """Record and talk, one command after the other; one in four is killed on the way."""
    phone, usual_s = place.phone(login), 0.1
    while not day.over:
        words, kind = chosen(place, login, dice)
        began = time.monotonic()
        process = phone.begun(*words)
        if dice.random() < 0.25:
            time.sleep(dice.uniform(0, 1.2) * usual_s)
            process.kill()
        ran = process.ended()
        note(day, kind, ran)
        if ran.code == 0:
            usual_s = (usual_s + time.monotonic() - began) / 2


def note(day: Day, kind: str, ran: Ran) -> None:
    """What a command said it did has to be true from now on."""
    if kind == "do" and ran.told is not None and ran.code in (0, KILLED) and "id" in ran.told:
        day.kept.append(ran.told["id"])
    day.count(f"{kind} {'killed' if ran.code == KILLED else ran.code}")
    if ran.code not in (*EXPECTED, KILLED) or "Traceback" in ran.errors:
        day.wrong.append(f"{kind}: {ran}")


def chosen(place: Field, login: str, dice: random.Random) -> tuple[tuple[str, ...], str]:
    """What to do next: talk, or record something."""
    if dice.random() < 0.3:
        return ("sync",), "sync"
    kind, args = act(place, login, dice)
    number = dice.choice(place.orders)
    return ("do", kind, "--wo", number, "--json", json.dumps(args)), "do"


def act(place: Field, login: str, dice: random.Random) -> tuple[str, Told]:
    """Something a technician records."""
    verb = dice.choice(VERBS)
    choices: list[tuple[str, Told]] = [
        ("note.add", {"text": f"滤网 {dice.random()}", "audience": "internal"}),
        ("parts.use", {"part": dice.choice(place.parts[login]), **amount(dice)}),
        ("edit", {"fields": {"contact_phone": f"138{dice.randrange(10**8):08d}"}}),
        ("edit", {"fields": {"job_note": f"ring {dice.random()}"}}),
        (f"work_order.{verb}", ARGS.get(verb, {})),
        (f"work_order.{verb}", ARGS.get(verb, {})),
    ]
    return dice.choice(choices)


def amount(dice: random.Random) -> Told:
    """How much, sometimes with a serial number that somebody else may have used."""
    if dice.random() < 0.5:
        return {"quantity": "1", "serial": f"SN-{dice.randrange(5)}"}
    return {"quantity": dice.choice(["1", "2", "0.5"])}


def plan(place: Field, url: str, day: Day, dice: random.Random) -> None:
    """The office edits at the same time, and asks again with the same id until it is answered."""
    desk = insisting(lambda: Desk(url), day)
    while not day.over and desk is not None:
        number = dice.choice(place.orders)
        op = edit(place.ids[number], dice)
        told = insisting(lambda: desk.say([op]), day)  # noqa: B023
        if told is not None:
            day.count(f"office {told[0]['verdict']}")
            day.kept.append(op["id"])
        time.sleep(dice.uniform(0.05, 0.4))


def edit(order: str, dice: random.Random) -> Told:
    """What a dispatcher writes on a job."""
    if dice.random() < 0.5:
        args: Told = {"text": f"desk {dice.random()}", "audience": "internal"}
        return asked("note.add", ("work_order", order), **args)
    fields = {"job_note": ["", f"desk {dice.random()}"], "priority": ["low", "urgent"]}
    return asked("edit", ("work_order", order), fields=fields)


def insisting(ask: Callable[[], Any], day: Day) -> Any:
    """Ask until there is an answer; None when people went home before there was one."""
    while not day.over:
        try:
            return ask()
        except requests.RequestException:
            time.sleep(0.1)
        except Refusal as refusal:
            if refusal.status != 503:
                raise
            time.sleep(0.1)
    return None


def heal(place: Field, day: Day) -> None:
    """Everybody talks until nothing is left to say; the second time around, all know of all."""
    for _ in range(2):
        with ThreadPoolExecutor() as hands:
            list(hands.map(lambda login: deliver(place.phone(login), day), LOGINS))


def deliver(phone: Phone, day: Day) -> None:
    """Talk until nothing is left to say."""
    until = time.monotonic() + HEALED_S
    while not day.wrong:
        ran = phone.sync()
        note(day, "last sync", ran)
        if ran.code in (0, 5) and ran.told["pending_ops"] == 0:
            break
        assert time.monotonic() < until, ran


def compare(place: Field, server: Server, day: Day) -> None:
    """Ask the commands, then both databases."""
    phones = [place.phone(login) for login in LOGINS]
    for phone in phones:
        (status,) = phone.items("status")
        assert (status["pending"], status["checksum_ok"]) == (0, True), status
    assert server.stop() == 0
    assert server.faults() == []
    audited = place.warm.begun("audit", "verify", "--data", server.data).ended()
    assert (audited.code, audited.told["fault"]) == (0, None), audited
    files = [phone.database() for phone in phones]
    assert complaints(server.data, files, day.kept) == []

"""The real thing from outside: a server process, phones as commands, a desk that speaks HTTP."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import requests
from msgspec import Struct

from shared.ids import RANDOM_BYTES, uuid7
from tests.machine import free_port

ROOT: Final = Path(__file__).resolve().parents[2]
COMMAND: Final = (sys.executable, "-W", "error", str(ROOT / "fieldfare.py"))
PASSWORD: Final = "fieldfare-demo-1"
READY_S: Final = 60.0
COMMAND_S: Final = 90.0
ANSWER_S: Final = 30.0

Told = dict[str, Any]


class Ran(Struct, frozen=True, kw_only=True):
    """How a command ended: its exit code, what it printed as JSON (None if nothing), its errors."""

    code: int
    told: Any
    errors: str = ""


class Refusal(Exception):
    """The server answered with a problem."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"{response.status_code} {response.text[:500]}")
        self.status = response.status_code
        self.headers = response.headers
        self.problem: Told = response.json() if response.content else {}


def fieldfare(*words: str | Path, stdin: str | None = None) -> Ran:
    """Run one command to its end."""
    with begun(*words, stdin=stdin) as process:
        return ended(process, stdin)


def begun(*words: str | Path, stdin: str | None = None) -> "subprocess.Popen[str]":
    """Start one command; `ended` waits for it."""
    return subprocess.Popen(
        [*COMMAND, *map(str, words)],
        cwd=ROOT,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
    )


def ended(process: "subprocess.Popen[str]", stdin: str | None = None) -> Ran:
    """What a started command came to."""
    printed, errors = process.communicate(stdin, timeout=COMMAND_S)
    return ran_of(process.returncode, printed, errors)


def ran_of(code: int, printed: str, errors: str) -> Ran:
    """How a command ended that printed this. Output that was cut off counts as none."""
    try:
        told = json.loads(printed) if printed.strip() else None
    except ValueError:
        told = None
    return Ran(code=code, told=told, errors=errors)


def new_id() -> str:
    """An id nobody has."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(RANDOM_BYTES))


class Server:
    """A data folder and the process that serves it, always on the same port."""

    def __init__(self, data: Path, port: int | None = None) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}.log"
        self._process: Any = None

    def start(self, words: Sequence[str] = ()) -> None:
        """Serve, by other words than the usual ones if there are any; wait until it answers."""
        assert self._process is None
        with self.log.open("ab") as log:
            self._process = self._launched(words or [*COMMAND, *self.words], log)
        until = time.monotonic() + READY_S
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.03)

    @property
    def words(self) -> tuple[str, ...]:
        """The command by which it is served."""
        return ("serve", "--data", str(self.data), "--port", str(self.port))

    def _launched(self, words: Sequence[str], log: IO[bytes]) -> Any:
        """The process, which tells of itself in the log."""
        return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=ANSWER_S).status_code < 600
        except requests.ConnectionError:
            return False

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Pull the plug."""
        self._end(signal.SIGKILL)

    def give_up(self) -> None:
        """Leave nothing running behind a test that failed."""
        if self._process is not None:
            self.kill()

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(number)
        return int(process.wait(COMMAND_S))

    @contextmanager
    def serving(self, words: Sequence[str] = ()) -> Iterator["Server"]:
        """Served for as long as the block lasts."""
        self.start(words)
        try:
            yield self
        except BaseException:
            self.give_up()
            raise
        code = self.stop()
        assert code == 0, f"the server ended with {code} {self.log.read_text()[-2000:]}"

    def faults(self) -> list[str]:
        """What the server logged of faults of its own."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if " failed" in line or "Traceback" in line]


class Phone:
    """An installation in a folder, worked by command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str, stdin: str | None = None) -> Ran:
        """One command to its end."""
        return fieldfare(*self.words(*words), stdin=stdin)

    def words(self, *words: str) -> tuple[str | Path, ...]:
        """A command of this phone, to be begun."""
        return ("device", words[0], "--data", self.folder, *words[1:])

    def sync(self) -> Ran:
        """Push and pull."""
        return self.run("sync")

    def act(self, kind: str, number: str | None = None, *more: str, **args: Any) -> Ran:
        """Record one act with these arguments."""
        on = ("--wo", number) if number is not None else ()
        return self.run("do", kind, "--json", "-", *on, *more, stdin=json.dumps(args))

    def must(self, kind: str, number: str | None = None, **args: Any) -> str:
        """Record one act that has to be taken; returns the op's id."""
        done = self.act(kind, number, **args)
        assert done.code == 0, done
        return str(done.told["id"])

    def work(self, number: str, *verbs: str) -> list[str]:
        """Steps of one job, each of which has to be taken."""
        return [self.must(f"work_order.{verb}", number) for verb in verbs]

    def sheet(self, number: str) -> Told:
        """One job with everything the phone knows of it."""
        shown = self.run("show", "--wo", number)
        assert shown.code == 0, shown
        told: Told = shown.told
        return told

    def items(self, what: str) -> list[Told]:
        """What `list`, `outbox` or `status` say."""
        shown = self.run(what)
        assert shown.code == 0, shown
        found: list[Told] = shown.told["items"]
        return found

    def line(self, op_id: str) -> Told:
        """One op of the outbox."""
        (found,) = (one for one in self.items("outbox") if one["op_id"] == op_id)
        return found

    def database(self) -> Path:
        """The one person's database."""
        (found,) = self.folder.glob("*.db")
        return found


class Desk:
    """Somebody of the office, signed in."""

    def __init__(self, url: str, login: str = "diaodu1", language: str = "en") -> None:
        self.url = url
        self.headers = {"Accept-Language": language}
        told = self.ask("POST", "/api/login", json={"login": login, "password": PASSWORD})
        self.headers["Authorization"] = f"Bearer {told['token']}"

    def ask(self, method: str, path: str, **more: Any) -> Told:
        """One request. Raises `Refusal`."""
        headers = {**self.headers, **more.pop("headers", {})}
        answer = requests.request(
            method, self.url + path, headers=headers, timeout=ANSWER_S, **more
        )
        if not answer.ok:
            raise Refusal(answer)
        told: Told = answer.json()
        return told

    def get(self, path: str, *, language: str | None = None, **filters: str) -> Told:
        """A read."""
        headers = {"Accept-Language": language} if language is not None else {}
        return self.ask("GET", path, params=filters, headers=headers)

    def order(self, number: str, *, language: str | None = None) -> Told:
        """One work order with its story."""
        return self.get(f"/api/work-orders/{number}", language=language)

    def line(self, number: str, op_id: str, *, language: str | None = None) -> Told:
        """What became of one op, in a job's story."""
        story = self.order(number, language=language)["story"]
        (found,) = (line for line in story if line["op"] == op_id)
        told: Told = found
        return told

    def conflicts(self, **filters: str) -> list[Told]:
        """The list of conflicts."""
        found: list[Told] = self.get("/api/conflicts", **filters)["items"]
        return found

    def say(self, ops: Sequence[Told]) -> list[Told]:
        """Ops through the one door; what became of them."""
        found: list[Told] = self.ask("POST", "/api/ops", json={"ops": list(ops)})["results"]
        return found

    def must(self, kind: str, on: Sequence[str], **args: Any) -> Told:
        """One op that has to be applied."""
        (told,) = self.say([asked(kind, on, **args)])
        assert told["verdict"] == "applied", told
        return told

    def code(self, login: str) -> str:
        """A one-time code for somebody's phone, as the text that it scans."""
        told = self.ask("POST", "/api/enrolments", json={"login": login})
        return str(told["text"])

    def confirm(self, device: str) -> None:
        """Let a phone in that has enrolled."""
        answer = requests.post(
            f"{self.url}/api/devices/{device}/confirm", headers=self.headers, timeout=ANSWER_S
        )
        assert answer.status_code == 204, answer.text

    def phone(self, folder: Path, login: str) -> "Phone":
        """A newly enrolled phone of somebody, in step with the server."""
        phone = Phone(folder)
        enrolled = phone.run("enrol", "--code", self.code(login))
        assert enrolled.code == 0, enrolled
        self.confirm(enrolled.told["device"])
        assert phone.sync().code == 0
        return phone

    def job(self, *people: str, like: Told, **more: Any) -> Told:
        """A new work order at the site of another, assigned to these people."""
        ticket, order = new_id(), new_id()
        where = {"customer": like["customer_id"], "site": like["site_id"]}
        what = {"asset": like["asset_id"], "priority": "normal"}
        made = {"category": "A", "service": "repair", "summary": "Does not start", **what, **more}
        told = self.say(
            [
                asked(
                    *("ticket.open", ("ticket", ticket), ticket),
                    **{"problem": "No heat", "channel": "phone", **where, **what},
                ),
                asked(
                    *("work_order.create", ("work_order", order), order),
                    **{"ticket": ticket, "checklist": like["checklist_id"], **made},
                ),
                *(
                    asked(
                        *("work_order.assign", ("work_order", order)),
                        person=person,
                        role="helper" if place else "lead",
                    )
                    for place, person in enumerate(people)
                ),
            ]
        )
        assert {one["verdict"] for one in told} == {"applied"}, told
        return self.order(order)


def asked(kind: str, on: Sequence[str], identity: str = "", /, **args: Any) -> Told:
    """An op as the office asks for it."""
    return {"id": identity or new_id(), "kind": kind, "on": list(on), "args": args}

"""The demo company on a Monday morning: its console in this process, and in one of its own.

The clock begins at `START_MS`, 2026-11-23 10:30 in Shanghai, and the company has somebody of every
role, signed in already.
"""

import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from litestar.testing import TestClient

from server import administration, enrolment, links, people, presets, sessions
from server.app import open_office
from server.office import Asked, Office
from server.rounds import notarise
from server.sessions import COOKIE
from server.settings import Settings, load
from server.tables import access
from shared.clock import At
from shared.ids import derive
from shared.ops import SALT_BYTES, SYSTEM, Op, Origin, encode
from shared.people import ROLES
from sync.desk import Parcel
from sync.intake import receive
from sync.protocol import Result, WireOp
from tests.apps import occupied
from tests.bases import CHOICE
from tests.console import proven
from tests.console.documents import Document

ROOT: Final = Path(__file__).resolve().parents[2]
DAY: Final = "2026-11-23"
START_MS: Final = 1_795_401_000_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
SESSION_MS: Final = 12 * 3_600_000
READY_S: Final = 60.0
POLL_S: Final = 0.02
LANGUAGE_COOKIE: Final = "fieldfare_language"
THEME_COOKIE: Final = "fieldfare_theme"
# Who of the demo company stands for a role; the roles nobody has there get somebody.
LOGINS: Final = {
    "administrator": "admin",
    "customer_service": "kefu",
    "dispatcher": "diaodu1",
    "service_manager": "jingli",
    "technician": "zhou.jian",
    "warehouse": "kufang",
}

# The phones of the first technicians: a name, and how each is doing.
PHONES: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "Honor X50",
        "contact_at": START_MS - 60_000,
        "unsent": 0,
        "free_bytes": 6_600_000_000,
    },
    {
        "name": "Huawei nova 11",
        "contact_at": START_MS - 5 * HOUR_MS,
        "clock_ms": 12_000,
        "unsent": 14,
        "unsent_since": START_MS - 7 * HOUR_MS,
        "free_bytes": 3_100_000_000,
    },
    {
        "name": "Redmi Note 12",
        "contact_at": START_MS - 120_000,
        "clock_ms": -47 * 60_000,
        "unsent": 2,
        "unsent_since": START_MS - 30 * 60_000,
        "free_bytes": 800_000_000,
    },
    {"name": "OPPO A98", "contact_at": START_MS - 30 * HOUR_MS, "revoked_at": START_MS - HOUR_MS},
)


class Template:
    """A data folder of the demo company, and a session's token for every role."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = CHOICE.place(lasts=True)
        self.tokens: dict[str, str] = {}
        self.people: dict[str, str] = {}
        self.examples: dict[str, str] = {}
        self._fill()

    def login(self, role: str) -> str:
        """Who stands for a role."""
        return LOGINS.get(role, role.replace("_", "."))

    def _fill(self) -> None:
        self.folder.mkdir(parents=True, mode=0o700)
        written = {
            "language": "en",
            "database": self.database,
            **administration.DEMO_SETTINGS,
        }
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in written.items())
        (self.folder / "fieldfare.toml").write_text("".join(lines), encoding="utf-8")
        # A minute before, so that whoever serves a copy may sign at once.
        office = open_office(load({"data": self.folder}), clock=lambda: START_MS - MINUTE_MS)
        try:
            self.furnish(office)
            # A server would do so by itself, beside the first requests of each copy.
            presets.publish(office, "the template")
            for role in ROLES:
                if not self._has(office, role):
                    self._add(office, role)
            for role in ROLES:
                self._sign_in(office, role)
            self._enrol(office)
            proofs = self.proofs(office)
            notarise(office, office.seal())
            self.examples = {**self.things(office), **proofs}
        finally:
            office.close()

    def copied(self, folder: Path, *, lasts: bool = False) -> Path:
        """A copy of all of it, also of a database that is elsewhere."""
        return CHOICE.copied(self.folder, folder, lasts=lasts)

    def furnish(self, office: Office) -> None:
        """What the company has besides somebody of every role."""
        administration.load_demo(office, DAY)

    def proofs(self, office: Office) -> dict[str, str]:
        """Visits with their whole proof, by what is special about each."""
        return proven.prove(office, START_MS - 10 * MINUTE_MS)

    def things(self, office: Office) -> dict[str, str]:
        """One thing of each sort, for addresses that name one."""
        return _examples(office)

    def _has(self, office: Office, role: str) -> bool:
        with office.reading() as books:
            return people.find_by_login(books, self.login(role)) is not None

    def _add(self, office: Office, role: str) -> None:
        row = {"login": self.login(role), "name": f"Test {role}", "roles": [role]}
        asked = Asked(
            id=derive("console test", "op", role),
            kind="master.put",
            on=("person", derive("console test", role)),
            args={"row": row},
        )
        op = WireOp(lseq=0, id=asked.id, body=office.body(asked, SYSTEM, START_MS))
        (result,) = office.receive([op], None, START_MS)
        assert result.verdict == "applied", result

    def _enrol(self, office: Office) -> None:
        """Phones: one well, one silent with work on it, one with a wrong clock, one revoked."""
        with office.writing() as books:
            known = [one for one in people.everybody(books) if one.code][: len(PHONES)]
            for person, told in zip(known, PHONES, strict=False):
                name = told["name"]
                device = derive("console test", name)
                newcomer = enrolment.Newcomer(
                    device=device, name=name, app="1.5.1", public_key=f"key of {name}"
                )
                let = enrolment.Let(person_id=person.id)
                enrolment.admit(books, let, newcomer, START_MS - 40 * HOUR_MS)
                enrolment.confirm(books, device, START_MS - 40 * HOUR_MS)
                row = access.Device.__table__  # type: ignore[attr-defined]
                books.execute(row.update().where(row.c.id == device).values(**told))

    def _sign_in(self, office: Office, role: str) -> None:
        with office.writing() as books:
            known = people.find_by_login(books, self.login(role))
            assert known is not None
            opened = sessions.open_session(
                books, known.person.id, office.dice, (START_MS, START_MS + SESSION_MS)
            )
        self.tokens[role] = opened.token
        self.people[role] = known.person.id


# A request whose customer is told who comes and when.
FOLLOWED: Final = (
    "SELECT t.id FROM ticket t JOIN work_order w ON w.ticket_id = t.id "
    "WHERE w.status = 'accepted' ORDER BY t.number LIMIT 1"
)
# One thing of each sort, for addresses that name one.
EXAMPLES: Final = {
    "asset": "SELECT id FROM asset ORDER BY id LIMIT 1",
    "conflict": "SELECT id FROM conflict ORDER BY id LIMIT 1",
    "customer": "SELECT id FROM customer ORDER BY id LIMIT 1",
    "device": "SELECT id FROM device ORDER BY unsent DESC LIMIT 1",
    "location": "SELECT code FROM location ORDER BY code LIMIT 1",
    "op": "SELECT op_id FROM op WHERE kind = 'work_order.assign' ORDER BY op_id LIMIT 1",
    "other_customer": "SELECT id FROM customer ORDER BY id LIMIT 1 OFFSET 1",
    "other_site": "SELECT id FROM site ORDER BY id LIMIT 1 OFFSET 1",
    "part": "SELECT number FROM part ORDER BY number LIMIT 1",
    "visit": "SELECT id FROM visit WHERE CAST(attendance AS text) = '[]' ORDER BY id LIMIT 1",
    "site": "SELECT id FROM site ORDER BY id LIMIT 1",
    "ticket": "SELECT number FROM ticket ORDER BY number LIMIT 1",
    "work_order": "SELECT number FROM work_order ORDER BY number LIMIT 1",
}


def _examples(office: Office) -> dict[str, str]:
    with office.reading() as books:
        found = {name: books.exec_driver_sql(asked).scalar() for name, asked in EXAMPLES.items()}
        followed = books.exec_driver_sql(FOLLOWED).scalar()
        if followed is not None:
            found["link"] = links.address(office, books, str(followed)).rpartition("/")[2]
    return {name: str(one) for name, one in found.items() if one is not None}


class Answer:
    """What a visitor got: status, headers, and the document."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.path = response.url.raw_path.decode()

    @property
    def page(self) -> Document:
        """The document."""
        return Document(self.response.text)

    @property
    def text(self) -> str:
        """The words of the document."""
        return self.page.text


class Visitor:
    """Somebody at a browser without scripts, in one language."""

    def __init__(self, console: "Console", role: str | None, language: str) -> None:
        self.role = role
        self.client = TestClient(console.app, raise_server_exceptions=False)
        self.client.headers["accept"] = "text/html"
        self.client.cookies.set(LANGUAGE_COOKIE, language)
        if role is not None:
            self.client.cookies.set(COOKIE, console.template.tokens[role])

    def get(self, path: str, **headers: str) -> Answer:
        """A page, wherever that leads."""
        return Answer(self.client.get(path, headers=_named(headers)))

    def post(self, path: str, fields: Mapping[str, Any], **headers: str) -> Answer:
        """Send fields, and go where that leads."""
        return Answer(self.client.post(path, data=dict(fields), headers=_named(headers)))

    def send(
        self, page: str, action: str, which: Mapping[str, str] | None = None, **typed: Any
    ) -> Answer:
        """Fill in the form of a page and send it; `which` tells forms with one action apart."""
        form = self.get(page).page.form(action, **(which or {}))
        return self.post(action, {**form, **typed})

    def proof(self) -> dict[str, str]:
        """What every form of this session carries, with a fresh id to say something by."""
        form = self.get("/account").page.form("/sign-out")
        return {name: str(form[name]) for name in ("csrf", "op")}


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Console:
    """The console in this process, with a clock that a test moves."""

    def __init__(self, template: Template, folder: Path) -> None:
        self.template = template
        self.now_ms = START_MS
        self.log = io.StringIO()
        self.settings: Settings = load({"data": folder})
        office = open_office(self.settings, clock=lambda: self.now_ms, stream=self.log)
        self.app = occupied(office)
        self.office: Office = self.app.state["office"]
        self.visitors: dict[tuple[str | None, str], Visitor] = {}

    def visitor(self, role: str | None = "dispatcher", language: str = "en") -> Visitor:
        """Somebody with a role, or somebody who is not signed in (None, always a new one)."""
        if role is None:
            return Visitor(self, None, language)
        key = (role, language)
        if key not in self.visitors:
            self.visitors[key] = Visitor(self, role, language)
        return self.visitors[key]

    def newcomer(self, role: str = "dispatcher", language: str = "en") -> Visitor:
        """Somebody with a role in a session of its own, for a test that ends or bends it."""
        visitor = Visitor(self, None, language)
        with self.office.writing() as books:
            opened = sessions.open_session(
                books,
                self.template.people[role],
                self.office.dice,
                (self.now_ms, self.now_ms + SESSION_MS),
            )
        visitor.client.cookies.set(COOKIE, opened.token)
        return visitor

    def say(self, kind: str, on: tuple[str, str], *, by: str = "dispatcher", **args: Any) -> Any:
        """An op of somebody, beside all pages; an empty id in `on` means: of this op."""
        self.now_ms += 1
        identity = self.office.fresh_id()
        asked = Asked(id=identity, kind=kind, on=(on[0], on[1] or identity), args=args)
        body = self.office.body(asked, self.template.people[by], self.now_ms, origin="console")
        (result,) = self.office.receive(
            [WireOp(lseq=0, id=identity, body=body)], self.template.people[by], self.now_ms
        )
        assert result.verdict in ("applied", "merged"), msgspec.to_builtins(result)
        return result

    def push(self, kind: str, args: Any, at: At | None = None, **came: Any) -> tuple[Result, str]:
        """What a technician's phone says of a job of theirs; the verdict, and the job's number.

        `came` is more of how it came: by which device, as a trusted one or not.
        """
        ((order, number, person),) = self.ask(
            "SELECT w.id, w.number, a.person_id FROM work_order w "
            "JOIN assignment a ON a.work_order_id = w.id AND a.until_ms IS NULL "
            "WHERE w.status = 'assigned' ORDER BY w.number LIMIT 1"
        )
        op = Op(
            id=self.office.fresh_id(),
            kind=kind,
            v=1,
            on=("work_order", order),
            by=person,
            origin="device",
            at=at or At(wall=self.now_ms, boot="b", mono=1, src="boottime"),
            salt="00" * SALT_BYTES,
            args=msgspec.Raw(msgspec.json.encode(args)),
        )
        wire = WireOp(lseq=1, id=op.id, body=encode(op))
        origins: frozenset[Origin] = frozenset({"device"})
        parcel = Parcel(ops=[wire], origins=origins, person=None, received=self.now_ms, **came)
        with self.office.writing() as books:
            (result,) = receive(self.office.ledger(books), parcel)
        return result, str(number)

    def ask(self, statement: str, *values: Any) -> list[Any]:
        """Rows of the database, as they are."""
        with self.office.reading() as books:
            return [tuple(row) for row in books.exec_driver_sql(statement, tuple(values))]


class Served:
    """The console in a process of its own, for browsers; its clock begins at `START_MS`, too."""

    def __init__(self, template: Template, folder: Path, port: int) -> None:
        self.template = template
        self.folder = folder
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve, and wait until it answers."""
        words = ["-m", "tests.console.served", str(self.folder), str(self.port), str(START_MS)]
        log = (self.folder.parent / "served.log").open("ab")
        self.process = subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=log, stderr=log)
        log.close()
        try:
            self._wait(time.monotonic() + READY_S)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _wait(self, until: float) -> None:
        assert self.process is not None
        while not self._answers():
            assert self.process.poll() is None, "the server did not start; see served.log"
            assert time.monotonic() < until, "the server does not answer"
            threading.Event().wait(POLL_S)

    def stop(self) -> float:
        """Stop as `SIGTERM` does; returns how many seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(READY_S)
        return time.monotonic() - began

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

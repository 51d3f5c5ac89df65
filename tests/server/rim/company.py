"""A whole server on a folder of its own, with a clock that stands still and one person per role."""

import io
import random
import tempfile
import threading
from base64 import urlsafe_b64encode
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import structs
from sqlalchemy import Engine, event

from server import enrolment, people, presets, sessions
from server.app import open_office
from server.office import Office, Release
from server.settings import Limits, Settings
from shared.clock import At
from shared.ids import derive, uuid7
from shared.ops import SYSTEM, Op, encode
from shared.people import ROLES
from shared.records import Aggregate
from sync.desk import Parcel
from sync.intake import receive
from sync.protocol import WireOp
from tests.apps import occupied
from tests.bases import CHOICE, of_today

START_MS = 1_795_000_000_000
BESIDE = "notary"  # the thread that signs beside every request
CUSTOMER, SITE, PART, STORE = (
    derive("test", name) for name in ("customer", "site", "part", "store")
)
PASSWORD = "correct horse battery"


class FirstDay(NamedTuple):
    """What a company has when it has just begun: its books, folder, log, and how its dice lie."""

    database: str
    kept: tuple[tuple[Path, int, bytes | None], ...]
    dice: Any
    logged: str


@cache
def _first_day() -> FirstDay:
    """The same for every company of this process that does not say otherwise, its keys as well."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        made = Company(data, anew=True, database=CHOICE.place(lasts=True))
        made.office.close()
        kept = (
            (found.relative_to(data), found.stat().st_mode, _written(found))
            for found in sorted(data.rglob("*"))
        )
        books = made.settings.database
        return FirstDay(books, tuple(kept), made.random.getstate(), made.log.getvalue())


def _written(found: Path) -> bytes | None:
    return found.read_bytes() if found.is_file() else None


def bring_to_date(settings: Settings) -> None:
    """Have the tables of a new folder there already."""
    books = settings.books
    if isinstance(books, Path) and not settings.data.exists():
        settings.data.mkdir(mode=0o700, parents=True)
        books.touch(mode=0o600)
        books.write_bytes(of_today())


def asked_of(office: Office) -> list[str]:
    """Every statement that requests make from now on, without those of the notary's thread.

    On SQLite only those that read: who writes has connections of their own.
    """
    asks = (office.reading, office.asking)
    return _said_to(*{one.args[0] for one in asks})  # type: ignore[attr-defined]


def written_to(office: Office) -> list[str]:
    """As `asked_of`, in transactions that write; on PostgreSQL it is the same."""
    return _said_to(office.writing.args[0])  # type: ignore[attr-defined]


def _said_to(*engines: Engine) -> list[str]:
    said: list[str] = []

    def hear(*told: Any) -> None:
        if threading.current_thread().name != BESIDE:
            said.append(told[2])

    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    return said


class Company:
    """The server under test, its clock, its dice, and ways in."""

    def __init__(
        self, folder: Path, *, release: Release | None = None, anew: bool = False, **given: Any
    ) -> None:
        """`anew` is a company with keys of its own, which begins by itself."""
        self.now_ms = START_MS
        self.random = random.Random(7)
        self.log = io.StringIO()
        begun = not (anew or release or given.get("database") or folder.exists())
        if "database" not in given:
            given["database"] = CHOICE.place(_first_day().database if begun else "")
        self.settings = Settings(data=folder, **given)
        if begun:
            self.resume(_first_day())
        else:
            bring_to_date(self.settings)
        office = open_office(
            self.settings,
            clock=lambda: self.now_ms,
            dice=self.random.randbytes,
            stream=self.log,
            release=release,
        )
        self.app: Litestar = occupied(office)
        self.office: Office = self.app.state["office"]
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.people = {role: derive("test", role) for role in ROLES}
        if not begun:
            self.begin()

    def resume(self, day: FirstDay) -> None:
        """Have everything as it is at the end of `begin`."""
        data = self.settings.data
        data.mkdir(mode=0o700, parents=True)
        for name, mode, written in day.kept:
            if written is None:
                (data / name).mkdir()
            else:
                (data / name).write_bytes(written)
            (data / name).chmod(mode & 0o777)
        self.random.setstate(day.dice)
        self.log.write(day.logged)

    def begin(self) -> None:
        """One person per role, a customer, a site, a part, a store, and what a server brings."""
        for role, identity in self.people.items():
            self.put("person", identity, login=role, name=f"The {role}", roles=[role])
        self.put("customer", CUSTOMER, name="Müller & Söhne", type="organisation")
        self.put(
            "site",
            SITE,
            customer_id=CUSTOMER,
            name="Plant 2",
            address="Hafenstraße 1",
            zone="north",
            time_zone="Europe/Berlin",
        )
        self.put(
            "part", PART, number="F-100", en="Filter", zh="滤芯", type="original", unit="piece"
        )
        self.put("location", STORE, code="MAIN", en="Main store", zh="总仓", type="warehouse")
        # A server would do so by itself, beside the first requests of each test. With dice of its
        # own: who begins again in the same folder throws the same, and finds this done.
        own = structs.replace(self.office, dice=random.Random(8).randbytes)
        presets.publish(own, "the test")

    def new_id(self) -> str:
        """An id nobody has."""
        return uuid7(self.now_ms, self.random.randbytes(10))

    def put(self, table: str, identity: str, **row: Any) -> None:
        """Master data, said by the system itself."""
        self.say("master.put", (table, identity), row=row)

    def say(self, kind: str, on: Aggregate, **args: Any) -> None:
        """An op of the system that has to be taken."""
        op = Op(
            id=self.new_id(),
            kind=kind,
            v=1,
            on=on,
            by=SYSTEM,
            origin="console",
            at=At(wall=self.now_ms, boot="server", mono=self.now_ms, src="server"),
            salt=self.random.randbytes(16).hex(),
            args=msgspec.Raw(msgspec.json.encode(args)),
        )
        parcel = Parcel(
            ops=[WireOp(lseq=0, id=op.id, body=encode(op))],
            origins=frozenset({"console"}),
            person=None,
            received=self.now_ms,
        )
        with self.office.writing() as books:
            (result,) = receive(self.office.ledger(books), parcel)
        assert result.verdict == "applied", result

    def disable(self, role: str) -> None:
        """The person of a role leaves."""
        self.put("person", self.people[role], login=role, name="Gone", roles=[role], disabled=True)

    def set_password(
        self, role: str, password: str = PASSWORD, *, must_change: bool = False
    ) -> None:
        """Put a password on file."""
        kept = people.hashed(password)
        with self.office.writing() as books:
            people.keep_password(
                books, self.people[role], kept, self.now_ms, must_change=must_change
            )

    def signed_in(self, role: str) -> dict[str, str]:
        """The headers of a session of the person with this role."""
        times = (self.now_ms, self.now_ms + 3_600_000)
        with self.office.writing() as books:
            opened = sessions.open_session(books, self.people[role], self.random.randbytes, times)
        return {"Authorization": f"Bearer {opened.token}"}

    def code(self, role: str = "technician", *, minutes: int = 15) -> str:
        """An enrolment code for the person with this role."""
        with self.office.writing() as books:
            return enrolment.issue(
                books,
                (self.people[role], self.people["dispatcher"]),
                self.random.randbytes,
                (self.now_ms, self.now_ms + minutes * 60_000),
            )

    def phone(self, role: str = "technician") -> "Phone":
        """An enrolled phone of the person with this role, and confirmed."""
        phone = self.newcomer(role)
        self.confirm(phone.device)
        return phone

    def newcomer(self, role: str = "technician") -> "Phone":
        """A phone of the person with this role that waits to be let in."""
        key = ec.generate_private_key(ec.SECP256R1())
        answer = self.client.post("/enrol", json=newcomer(self.code(role), key))
        assert answer.status_code == 200, answer.text
        return Phone(self, str(answer.json()["device"]), key)

    def confirm(self, device: str) -> None:
        """Let a phone in."""
        with self.office.writing() as books:
            enrolment.confirm(books, device, self.now_ms)

    def limits(self) -> Limits:
        """The limits in force."""
        return self.settings.limits


class Phone:
    """An enrolled phone: its id, its key, and ways to speak."""

    def __init__(self, company: Company, device: str, key: ec.EllipticCurvePrivateKey) -> None:
        self.company = company
        self.device = device
        self.key = key

    def nonce(self) -> str:
        """What has to be signed next."""
        answer = self.company.client.post("/token", json={"device": self.device})
        return str(answer.json()["nonce"])

    def signature(self, nonce: str) -> str:
        """The nonce, signed as the protocol says."""
        return signed(self.key, f"fieldfare-token|{self.device}|{nonce}")

    def ask(self, nonce: str, signature: str | None = None) -> Any:
        """The answer to a signed nonce."""
        message = {
            "device": self.device,
            "nonce": nonce,
            "signature": signature or self.signature(nonce),
        }
        return self.company.client.post("/token", json=message)

    def headers(self) -> dict[str, str]:
        """The headers of a fresh access token."""
        return {"Authorization": f"Bearer {self.ask(self.nonce()).json()['token']}"}

    def request(self, **more: Any) -> dict[str, Any]:
        """A first request of this phone."""
        clock = {"wall": self.company.now_ms, "boot": "b", "mono": 1, "src": "boottime"}
        return {
            "protocol": 1,
            "app": "test/1",
            "device": self.device,
            "incarnation": "inc-1",
            "clock": clock,
            **more,
        }


def base64url(data: bytes) -> str:
    """Without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(key: ec.EllipticCurvePrivateKey, text: str) -> str:
    """A text's signature, as a phone gives it."""
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def newcomer(code: str, key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """What a phone says to be let in."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {"code": code, "public_key": base64url(der), "name": "Phone", "app": "test/1"}

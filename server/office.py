"""The office: what a route or a command may ask for, put together once by `app`."""

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any, Final

import msgspec
from litestar import Request
from msgspec import Meta, Raw, Struct

from server import enrolment, people, queries, sessions, throttle
from server.contacts import Contact
from server.entries import Event
from server.evidence import Evidence
from server.keys import Dice, Keys
from server.lately import Lately
from server.ledger import Ledger
from server.library import ReadingRoom
from server.logs import Log, trace_of
from server.notary import Seal
from server.packs import Packs
from server.parts import Parts
from server.problems import Problem, throttled
from server.queries.verdicts import Verdicts
from server.sessions import Opened
from server.settings import Settings
from server.texts import Texts
from server.turnstile import Turnstile
from server.uploads import Room
from shared.amounts import Id
from shared.clock import At
from shared.ids import PLAIN_PATTERN, RANDOM_BYTES, uuid7
from shared.kinds import REGISTRY
from shared.ops import SALT_BYTES, Op, Origin, encode
from shared.people import Person, may
from shared.registry import Registry
from shared.texts import Catalogue
from sync.desk import Parcel
from sync.enrolment import invitation_text
from sync.intake import receive
from sync.protocol import Result, WireOp

EPOCH_BYTES: Final = 8
HOLDER_BYTES: Final = 8
ADMINISTRATORS: Final = ("person", "administrators")
# What may change who manages people.
MANAGING: Final = frozenset({"master.put", "op.repair", "op.accept"})
ORIGINS: Final[frozenset[Origin]] = frozenset({"api", "console"})
TIMER: Final[Origin] = "timer"  # what the server says of its own accord
MINUTE_MS: Final = 60_000

AnyRequest = Request[Any, Any, Any]


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One op as it is asked for. Its id is made by who asks, so that asking twice is once."""

    id: Id
    kind: Annotated[str, Meta(min_length=1, max_length=40)]
    on: tuple[Annotated[str, Meta(max_length=40, pattern=PLAIN_PATTERN)], Id]
    args: dict[str, Any] = msgspec.field(default_factory=dict)
    v: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    visit: Id | None = None


class Invitation(Struct, frozen=True, kw_only=True):
    """An enrolment code, the text of its QR code, and when it ends (ms)."""

    code: str
    text: str
    expires_at: int


class Admitted(Struct, frozen=True, kw_only=True):
    """Somebody who was let in, with the session opened for them."""

    person: Person
    session: Opened
    must_change: bool


class Act(Struct, frozen=True, kw_only=True):
    """What became of an act, and how many acts its thing has seen with it."""

    result: Result
    seen: int


class _Said(Struct, frozen=True):
    kind: str


class Overtaken(Exception):
    """Something else has happened to a thing since it was looked at."""


class LastAdministrator(Exception):
    """Nobody would be left who can manage people."""


class Used(Exception):
    """The id of an act stands for another act already."""


class Release(Struct, frozen=True, kw_only=True):
    """What this server is: its name with its version, and the rules by which it judges."""

    app: str
    registry: Registry = REGISTRY


class Office(Struct, frozen=True, kw_only=True):
    """The server's settings, keys and texts, its clock and dice, and its books.

    `reading` and `writing` are one transaction each; the latter commits at its end. `asking` is for
    questions that need not be of one moment. `contacts` waits to be written down with the next
    thing that is; `rooms` is how much each device may still bring, as the books said last.
    `evidence` holds checked files, `parts` those that have not all arrived, `packs` what was
    compressed lately, `lately` what was counted lately, `verdicts` what tickets say to figures,
    `turnstile` who has come by. `pin` is the thumbprint by which phones
    know the server, `revision` the newest migration.
    """

    settings: Settings
    keys: Keys
    texts: Texts
    log: Log
    now_ms: Callable[[], int]
    dice: Dice
    asking: Callable[[], AbstractContextManager[Any]]
    reading: Callable[[], AbstractContextManager[Any]]
    writing: Callable[[], AbstractContextManager[Any]]
    close: Callable[[], None]
    ledger: Callable[..., Ledger]
    library: Callable[[Any], ReadingRoom]
    evidence: Evidence
    parts: Parts
    pin: str
    revision: str
    release: Release
    contacts: dict[str, Contact]
    packs: Packs
    verdicts: Verdicts
    rooms: dict[str, Room]
    turnstile: Turnstile
    lately: Lately

    def fresh_id(self) -> str:
        """A new id."""
        return uuid7(self.now_ms(), self.dice(RANDOM_BYTES))

    @property
    def silent_since(self) -> int:
        """Phones that were not heard of since then (ms) are silent."""
        return self.now_ms() - self.settings.limits.silent_hours * 60 * MINUTE_MS

    def event(
        self, kind: str, by: str | None, on: tuple[str, str], facts: dict[str, Any] | None = None
    ) -> Event:
        """Something the server did that belongs in the audit log."""
        salt = self.dice(SALT_BYTES).hex()
        return Event(kind=kind, at=self.now_ms(), salt=salt, by=by, on=on, facts=facts or {})

    def note_crash(self, op_id: str, error: Exception) -> None:
        """Log where a rule or the database broke on an op, without a word of what is in it."""
        cause = error.__cause__ or error
        self.log.error(
            "an op broke a rule", op=op_id, error=type(cause).__name__, trace=trace_of(cause)
        )

    def ends(self, minutes: int) -> int:
        """So many minutes from now, in ms."""
        return self.now_ms() + minutes * MINUTE_MS

    def seal(self) -> Seal:
        """What the notary of this process signs with."""
        holder = self.dice(HOLDER_BYTES).hex()
        return Seal(signer=self.keys.signer, key=self.keys.notary_key, holder=holder)

    def begin_epoch(self, ledger: Ledger, now_ms: int) -> str:
        """Begin a new epoch in the books; to be marked in the keys folder once that is kept."""
        epoch = self.dice(EPOCH_BYTES).hex()
        ledger.begin_epoch(epoch, now_ms, self.dice(SALT_BYTES).hex())
        return epoch

    def body(self, asked: Asked, by: str, at: int, *, origin: Origin = "api") -> str:
        """An op of the office as it is kept: said by somebody, at a time (ms) of this server."""
        kind = self.release.registry.kinds.get(asked.kind)
        op = Op(
            id=asked.id,
            kind=asked.kind,
            v=asked.v or (kind.version if kind is not None else 1),
            on=asked.on,
            by=by,
            origin=origin,
            at=At(wall=at, boot="server", mono=at, src="server"),
            salt=self.dice(SALT_BYTES).hex(),
            args=Raw(msgspec.json.encode(asked.args)),
            visit=asked.visit,
        )
        return encode(op)

    def receive(self, ops: Sequence[WireOp], person: str | None, now_ms: int) -> list[Result]:
        """Give the office's ops their verdicts; with a person, nobody else's are taken.

        Raises `LastAdministrator`, and none of them is kept.
        """
        parcel = Parcel(
            ops=ops,
            origins=ORIGINS,
            person=person,
            received=now_ms,
            on_crash=self.note_crash,
        )
        with self.writing() as books:
            ledger = self.ledger(books)
            with _an_administrator_stays(books, ledger, {_kind_in(op.body) for op in ops}):
                return receive(ledger, parcel, self.release.registry)

    def announce(self, books: Any, ops: Sequence[WireOp], now_ms: int) -> list[Result]:
        """Give what the server says of its own accord its verdicts, in the transaction at hand."""
        parcel = Parcel(
            ops=ops,
            origins=frozenset({TIMER}),
            person=None,
            received=now_ms,
            on_crash=self.note_crash,
        )
        return receive(self.ledger(books), parcel, self.release.registry)

    def sign_in(self, login: str, password: str, address: str) -> Admitted:
        """Open a session. Every try counts, for the login and for the address. Raises `Problem`."""
        name = login.strip().lower()
        keys = (f"login|{name}", f"address|{address}")
        self._count(keys)
        with self.reading() as books:
            known = people.find_by_login(books, name)
        if not people.fits(known, password) or known is None:
            raise Problem("wrong_password")
        with self.writing() as books:
            now = self.now_ms()
            throttle.forget(books, keys[:1])
            sessions.sweep(books, now)
            opened = self._open(books, known.person.id)
        return Admitted(person=known.person, session=opened, must_change=known.must_change)

    def change_password(self, person: Person, old: str, new: str) -> Opened:
        """Every session of theirs ends but the new one that is answered. Raises `Problem`."""
        self._count((f"login|{person.login}", f"person|{person.id}"))
        with self.reading() as books:
            known = people.find_by_login(books, person.login)
        if not people.fits(known, old):
            raise Problem("wrong_password")
        if new == old or people.is_weak(new, person.login):
            raise Problem("weak_password", {"count": people.PASSWORD_CHARS_MIN})
        kept = people.hashed(new)
        with self.writing() as books:
            people.keep_password(books, person.id, kept, self.now_ms(), must_change=False)
            sessions.close_all(books, person.id)
            opened = self._open(books, person.id)
            event = self.event("password.change", person.id, ("person", person.id))
            self.ledger(books).note_event(event)
        return opened

    def _open(self, books: Any, person: str) -> Opened:
        ends = self.ends(self.settings.limits.session_minutes)
        return sessions.open_session(books, person, self.dice, (self.now_ms(), ends))

    def _count(self, keys: tuple[str, str]) -> None:
        """Count a try before it is looked at, so that many at once are not one."""
        limits = self.settings.limits
        tries = (limits.logins_per_window, limits.logins_per_address)
        now = self.now_ms()
        with self.writing() as books:
            waits = [
                throttle.strike(books, key, (most, limits.window_minutes), now)
                for key, most in zip(keys, tries, strict=True)
            ]
        if any(waits):
            raise throttled(max(waits))

    def act(self, asked: Asked, by: str, *, seen: int | None = None) -> Act:
        """One act of somebody at the console, through the one door.

        With `seen`, only if nothing but that many acts has happened to the thing: whoever takes
        something back must not take a colleague's work with it. Raises `Overtaken`, `Used` where
        the op's id stands for something else already, and `LastAdministrator`.
        """
        now = self.now_ms()
        wire = WireOp(lseq=0, id=asked.id, body=self.body(asked, by, now, origin="console"))
        parcel = Parcel(
            ops=[wire], origins=ORIGINS, person=by, received=now, on_crash=self.note_crash
        )
        with self.writing() as books:
            ledger = self.ledger(books)
            known = ledger.recall({asked.id})
            if seen is not None and not known:
                ledger.hold({asked.on})
                if queries.acts_on(books, asked.on) != seen:
                    raise Overtaken
            with _an_administrator_stays(books, ledger, {asked.kind}):
                (result,) = receive(ledger, parcel, self.release.registry)
            if result.code == "id_reused":
                raise Used
            return Act(result=result, seen=queries.acts_on(books, asked.on))

    def revoke(self, device: str, by: str) -> bool:
        """Take a device off; what it recorded may come in for a while. False if there is none."""
        with self.writing() as books:
            if not enrolment.is_enrolled(books, device):
                return False
            enrolment.revoke(books, device, self.now_ms())
            self.ledger(books).note_event(self.event("device.revoke", by, ("device", device)))
        return True

    def reset_password(self, login: str, by: str) -> str | None:
        """A one-time password for somebody; it ends their sessions. None if nobody is so called."""
        password = people.one_time_password(self.dice)
        kept = people.hashed(password)
        with self.writing() as books:
            known = people.find_by_login(books, login)
            if known is None:
                return None
            whose = known.person.id
            people.keep_password(books, whose, kept, self.now_ms(), must_change=True)
            sessions.close_all(books, whose)
            event = self.event("password.reset", by, ("person", whose))
            self.ledger(books).note_event(event)
        return password

    def invite(self, login: str, by: str) -> Invitation | None:
        """A code that lets one phone of somebody in. None if nobody so called may work with one."""
        ends = self.ends(self.settings.limits.enrolment_minutes)
        with self.writing() as books:
            known = people.find_by_login(books, login)
            if known is None or not _may_enrol(known.person):
                return None
            person = known.person.id
            code = enrolment.issue(books, (person, by), self.dice, (self.now_ms(), ends))
            event = self.event("enrolment.issue", by, ("person", person))
            self.ledger(books).note_event(event)
        text = invitation_text(self.settings.public_url, code, self.pin, person)
        return Invitation(code=code, text=text, expires_at=ends)


@contextmanager
def _an_administrator_stays(books: Any, ledger: Ledger, kinds: Set[str]) -> Iterator[None]:
    """Whoever says something of these kinds leaves somebody who can manage people."""
    if kinds.isdisjoint(MANAGING):
        yield
        return
    ledger.hold({ADMINISTRATORS})  # two who take each other's role away do it one by one
    before = _is_managed(books)
    yield
    if before and not _is_managed(books):
        raise LastAdministrator


def _is_managed(books: Any) -> bool:
    known = people.everybody(books)
    return any(may(one.roles, "people.manage") and not one.disabled for one in known)


def _kind_in(body: str) -> str:
    return msgspec.json.decode(body, type=_Said).kind


def _may_enrol(person: Person) -> bool:
    return not person.disabled and may(person.roles, "sync")


def catalogue_of(office: Office, request: AnyRequest) -> Catalogue:
    """The texts in the language the caller reads."""
    return office.texts.of(request.headers.get("accept-language", ""))


def address_of(office: Office, request: AnyRequest) -> str:
    """Where a request comes from; what is forwarded is believed of the named proxy only."""
    peer = request.client.host if request.client else ""
    if office.settings.proxy and peer == office.settings.proxy:
        forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return forwarded or peer
    return peer

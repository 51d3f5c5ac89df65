"""Scenes that faults are tried in: what a phone or a server does, and what has to hold after it."""

import hashlib
import io
import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import event

from mobile import database
from mobile.journal import Journal
from mobile.queries import Queries
from mobile.replica import Replica
from server.app import open_office
from server.database import Busy
from server.office import Office
from server.settings import Settings
from sync import protocol
from sync.library import Library
from sync.ports import Authority, Identity
from sync.session import Summary, Surroundings, converse
from tests.disk.faults import Line, Outcome, listen
from tests.world import ANN, MemoryServer, World

DATA: Final = "data"
PHONE: Final = "phone"
BUSY: Final = b"busy"

Watch = Callable[[str], None]


class OfficeServer:
    """The real office over a folder, as the small world of the tests knows a server."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @contextmanager
    def writing(self) -> Iterator[Authority]:
        with self.office.writing() as books:
            yield self.office.ledger(books)

    @contextmanager
    def reading(self) -> Iterator[Library]:
        with self.office.reading() as books:
            yield self.office.library(books)

    def renew(self) -> None:
        with self.office.writing() as books:
            self.office.begin_epoch(self.office.ledger(books), self.office.now_ms())


class Stations:
    """The states that a database goes through in an undisturbed run, and when what was promised."""

    def __init__(self, look: Callable[[], str]) -> None:
        self._look = look
        self.states: list[str] = []
        self.promises: dict[str, int] = {}

    def watch(self, statement: str) -> None:
        """Note the state that a transaction begins from."""
        if statement.startswith("BEGIN IMMEDIATE"):
            self.note()

    def note(self) -> int:
        """Note how it stands now; returns which state that is."""
        found = self._look()
        if found not in self.states[-1:]:
            self.states.append(found)
        return len(self.states) - 1

    def complaints(self, state: str, promised: Sequence[str]) -> list[str]:
        """What is wrong with a state in which this has been promised."""
        if state not in self.states:
            return ["half of something: no undisturbed run ever was there"]
        here = len(self.states) - 1 - self.states[::-1].index(state)
        broken = [one for one in promised if self.promises.get(one, 0) > here]
        return [f"promised, and gone: {one}" for one in broken]


class Scene:
    """Something that is done on a disk. `act` is done by a process of its own, again and again.

    Everything is told by ids and clocks that are the same in every run. `watch` is told every
    statement of an undisturbed run.
    """

    name: ClassVar[str]
    end: ClassVar[str] = "the end"  # what is promised last; nothing more is to be done then
    own: ClassVar[str]  # the folder that is its disk
    other: ClassVar[str] = ""  # that of whoever is at the other end of the line, if anybody is
    keeps: bool = False  # whether it is kept how that one stands after each message
    is_exact: ClassVar[bool] = True  # whether an undisturbed run tells all states that there are
    watch: Watch | None = None

    def prepare(self, folder: Path) -> None:
        """Make the folder in which it is done."""
        raise NotImplementedError

    def act(self, folder: Path, line: Line) -> None:
        """Do it, or what is left of it."""
        raise NotImplementedError

    def partner(self, folder: Path, line: Line, outcome: Outcome) -> None:
        """Be at the other end of the line until whoever acts has ended."""
        listen(line, outcome, lambda _: b"")

    def books(self, folder: Path) -> Path:
        """The database that it is about."""
        raise NotImplementedError

    def go_on(self) -> None:
        """What is done next is done by a run of its own, with other dice."""

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        """What else is wrong after a fault."""
        return []

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        """What is wrong once it has been done again without a fault."""
        return []


class PhoneScene(Scene):
    """Something that Ann's phone does."""

    own = PHONE

    def books(self, folder: Path) -> Path:
        return database.path_of(folder / PHONE, ANN)

    @contextmanager
    def opened(self, folder: Path) -> Iterator[tuple[Replica, Queries, Journal]]:
        """Her phone's database, as the app opens it."""
        with database.opened(self.books(folder)) as connection:
            if self.watch is not None:
                connection.set_trace_callback(self.watch)
            replica, queries = Replica(connection), Queries(connection)
            yield replica, queries, Journal(replica, queries)


class Company:
    """The small world with its office on a disk, and Ann's phone on another."""

    def __init__(self, folder: Path) -> None:
        self.dice = random.Random(7)
        self.world = World.__new__(World)
        with self.opened(folder) as world:
            world.__init__(world.server)  # type: ignore[misc]
            self.job = world.job(ANN)

    @contextmanager
    def opened(self, folder: Path, watch: Watch | None = None) -> Iterator[World]:
        """The world, with its office open."""
        office = self.office(folder, watch)
        self.world.server = OfficeServer(office)
        try:
            yield self.world
        finally:
            self.world.server = MemoryServer()
            office.close()

    def office(self, folder: Path, watch: Watch | None = None) -> Office:
        """The office over this folder, as `serve` opens it."""
        settings = Settings(data=folder / DATA)
        office = open_office(
            settings, clock=self.now_ms, dice=self.dice.randbytes, stream=io.StringIO()
        )
        if watch is not None:
            engine = office.writing.args[0]  # type: ignore[attr-defined]
            event.listen(engine, "before_cursor_execute", lambda *told: watch(told[2]))
        return office

    def now_ms(self) -> int:
        """What the world's clock says."""
        return int(getattr(self.world, "now_ms", 1_795_000_000_000))

    def phone(self, folder: Path) -> Replica:
        """Ann's phone, newly enrolled."""
        (folder / PHONE).mkdir()
        replica = Replica(database.connect(database.path_of(folder / PHONE, ANN)))

        def enrolled(identity: Identity) -> Replica:
            with replica.transaction():
                replica.identify(identity)
            return replica

        self.world.phone(ANN, enrolled)
        return replica


def office_of(world: World) -> Office:
    """The office that is open."""
    assert isinstance(world.server, OfficeServer)
    return world.server.office


def talk(world: World, replica: Replica, carry: Callable[[bytes], bytes], **more: Any) -> Summary:
    """A phone's half of a conversation with whoever carries its requests."""
    around = Surroundings(
        now=partial(world.clock, replica), name=world.random_name, app="test", **more
    )
    talking = converse(replica, around)
    try:
        request = next(talking)
        while True:
            world.tick()
            reply = protocol.decode_reply(carry(protocol.encode(request)))
            request = talking.send(reply)
    except StopIteration as end:
        summary: Summary = end.value
        return summary
    finally:
        talking.close()


def served(world: World, phone: Replica, asked: bytes) -> bytes:
    """The server's half of a round trip: its answer, or that it cannot now."""
    try:
        return protocol.encode(world.serve(phone, protocol.decode_request(asked)))
    except Busy:
        return BUSY


def state_of(path: Path, leaving_out: frozenset[str] = frozenset()) -> str:
    """The digest of all that is in a database; it is left as it is where somebody has it open."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0]
        assert whole == b"ok", whole
        found = hashlib.sha256()
        named = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
        for name, made in connection.execute(named).fetchall():
            if name.decode() in leaving_out or name.startswith(b"sqlite_"):
                continue
            rows = sorted(map(repr, connection.execute(f'SELECT * FROM "{name.decode()}"')))
            found.update(json.dumps([repr(made), rows]).encode())
    return found.hexdigest()

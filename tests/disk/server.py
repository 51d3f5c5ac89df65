"""What a server does on its disk: settle, take photos in, compact, keep its log, migrate."""

import hashlib
import io
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from alembic import command
from PIL import Image

from server import bringing, custody, database, leaving, migrations, rows
from server.administration import audit
from server.custody import Wish
from server.database import Busy
from server.evidence import NoRoom, Unreachable
from server.office import Office
from server.problems import Problem
from server.rounds import notarise
from server.sessions import Actor, Pass
from server.settings import Settings
from server.tables import METADATA
from shared.kinds import TABLES
from shared.ops import FINAL, SYSTEM
from shared.people import Person
from sync import protocol
from tests.disk.cuts import keep
from tests.disk.faults import Line, Outcome, Silent
from tests.disk.phone import NOTE, WORK, Recording
from tests.disk.scenes import BUSY, DATA, PHONE, Scene, office_of, served, talk
from tests.e2e.books import complaints
from tests.server.samples import full
from tests.server.test_migrations import LINE, as_it_was, columns
from tests.world import ANN, DORA, FILTER, known

TRIES: Final = 3
ID: Final = 36  # characters
DAY_MS: Final = 24 * 3_600_000
PHOTOS: Final = 3
ALL_AT_ONCE: Final = 2  # once the others have told how much room there is
DEVICE: Final = "device-1"
SAID: Final[dict[type[Exception], str]] = {
    Busy: "busy",
    NoRoom: "no_room",
    Unreachable: "unreachable",
}
UNSAID: Final = frozenset({"busy", "unreachable", "no_room"})


class ServerScene(Scene):
    """Something that the office does, whose books and phone are on a disk."""

    own = DATA

    def prepare(self, folder: Path) -> None:
        self.recorded = Recording()
        self.recorded.prepare(folder)
        self.company = self.recorded.company
        self.phone = self.recorded.phone

    def books(self, folder: Path) -> Path:
        return folder / DATA / "fieldfare.db"

    def act(self, folder: Path, line: Line) -> None:
        try:
            with self.company.opened(folder, self.watch) as world:
                self.work(folder, office_of(world), line)
        except (database.Unreachable, Busy):  # by which `serve` ends, with a line of why
            line.refuse("unreachable")

    def go_on(self) -> None:
        self.company.dice.seed(self.company.dice.random())

    def work(self, folder: Path, office: Office, line: Line) -> None:
        """What the office does once it is open."""
        raise NotImplementedError

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        odd = sorted(set(outcome.refused) - UNSAID)
        return [f"refused in other words: {one}" for one in odd]

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        ops = [one for one in promised if len(one) == ID]
        return [*complaints(folder / DATA, [], ops), *_leaves(self.books(folder))]


class Settling(ServerScene):
    """A phone hands its work in, and the office works on the same job, for which it has a leaf."""

    name = "settle"
    other = PHONE

    def prepare(self, folder: Path) -> None:
        super().prepare(folder)
        self.recorded.act(folder, Silent())
        world, job = self.company.world, ("work_order", self.company.job)
        dog = {"fields": {"job_note": ["", "the dog bites"]}}
        stock = {"part": FILTER, "quantity": "5"}
        self.said = [
            world.op("edit", job, dog, by=DORA),
            world.op("note.add", job, {**NOTE, "text": "of the office"}, by=DORA),
            world.op("stock.receive", ("location", known("van ann")), stock, by=SYSTEM),
        ]

    def work(self, folder: Path, office: Office, line: Line) -> None:
        answers: dict[bytes, Callable[[bytes], bytes]] = {
            b"S": lambda asked: served(self.company.world, self.phone, asked),
            b"O": lambda asked: self._entered(int(asked)),
            b"N": lambda _: _at_once(partial(notarise, office, office.seal())),
        }
        with suppress(EOFError):
            while True:
                asked = line.hear()
                line.send(answers[asked[:1]](asked[1:]))

    def _entered(self, place: int) -> bytes:
        def enter() -> None:
            self.company.world.must(*self.company.world.hand_in([self.said[place]]))

        return _at_once(enter)

    def partner(self, folder: Path, line: Line, outcome: Outcome) -> None:
        """Be the phone and the office's people; who hears nothing for good goes home."""
        with suppress(EOFError, ConnectionError, _Unheard):
            for place, one in enumerate(self.said):
                self._asked(line, outcome, b"O%d" % place)
                outcome.promise(one.id, line)
            with self.recorded.opened(folder) as (replica, _, _):
                carry = partial(self._carried, folder, line, outcome)
                summary = talk(self.company.world, replica, carry, ops_max=4)
                assert summary.checksum_ok
            self._asked(line, outcome, b"N")
            outcome.promise(self.end, line)

    def _carried(self, folder: Path, line: Line, outcome: Outcome, asked: bytes) -> bytes:
        if self.keeps:
            keep(folder, PHONE, line.heard)
        answer = self._asked(line, outcome, b"S" + asked)
        for told in protocol.decode_reply(answer).results:
            if told.verdict in FINAL:
                outcome.promise(told.id, line)
        return answer

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        with closing(sqlite3.connect(self.books(folder))) as books:
            there = {one for (one,) in books.execute("SELECT op_id FROM op")}
        gone = [one for one in outcome.promised if len(one) == ID and one not in there]
        return [
            *super().complaints(folder, outcome),
            *(f"promised, and gone: {one}" for one in gone),
        ]

    def _asked(self, line: Line, outcome: Outcome, asked: bytes) -> bytes:
        for _ in range(TRIES):
            line.send(asked)
            message = line.hear()
            if message[:1] in (b"E", b"R"):
                outcome.keep(message, line)
                raise EOFError
            if message != BUSY:
                return message
            outcome.refused.append("busy")
        raise _Unheard

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        phone, ops = self.recorded.books(folder), [one for one in promised if len(one) == ID]
        if len(set(ops)) < len(WORK) + len(self.said):
            return [f"only {len(set(ops))} ops are settled"]
        return [*complaints(folder / DATA, [phone], ops), *_leaves(self.books(folder))]


class Storing(ServerScene):
    """Photos come in: begun first and then in one go, in pieces, and all at once."""

    name = "photos"

    def prepare(self, folder: Path) -> None:
        super().prepare(folder)
        with self.company.opened(folder) as world, office_of(world).writing() as books:
            device = {"id": DEVICE, "person_id": ANN, "name": "Phone", "public_key": "key"}
            row = {**device, "app": "test", "created_at": 1, "confirmed_at": 1}
            books.execute(METADATA.tables["device"].insert().values(row))
        self.photos = [_picture(place) for place in range(PHOTOS)]

    def work(self, folder: Path, office: Office, line: Line) -> None:
        person = Person(id=ANN, login="ann", name="Ann", roles=("technician",))
        actor = Actor(person=person, device=DEVICE)
        for place, data in enumerate(self.photos):
            try:
                if place == ALL_AT_ONCE and self._brought_whole(office, data):
                    line.tell(hashlib.sha256(data).hexdigest())
                    continue
                try:
                    self._bring(office, actor, data, in_pieces=place > 0)
                except Problem as wrong:  # what a power cut left of it: it is brought anew
                    if wrong.code != "hash_mismatch":
                        raise
                    self._bring(office, actor, data, in_pieces=place > 0)
            except (Busy, NoRoom, Unreachable) as wrong:
                line.refuse(SAID[type(wrong)])
                return
            line.tell(hashlib.sha256(data).hexdigest())
        line.tell(self.end)

    def _brought_whole(self, office: Office, data: bytes) -> bool:
        wish = Wish(size=len(data), sha256=hashlib.sha256(data).hexdigest())
        laid = bringing.lay(office, Pass(device=DEVICE, since=1), (wish, [data]), None)
        if laid is None:
            return False
        (told,) = bringing.enter(office, [laid])
        if isinstance(told, Exception):
            raise told
        return told is not None

    def _bring(self, office: Office, actor: Actor, data: bytes, *, in_pieces: bool) -> None:
        wish = Wish(size=len(data), sha256=hashlib.sha256(data).hexdigest(), again=True)
        upload = custody.begin(office, actor, wish)
        end = custody.end_of(office, upload)
        if end == 0 and not in_pieces:
            _, end = custody.bring(office, lambda _books: actor, (wish, [data]), None)
        while end < len(data):
            end = custody.take(office, upload, end, [data[end : end + len(data) // 2]], None)
            end = custody.end_of(office, upload)

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        return [*super().complaints(folder, outcome), *self._kept(folder, outcome.promised)]

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        return [*self._kept(folder, promised), *super().completed(folder, [])]

    def _kept(self, folder: Path, promised: Sequence[str]) -> list[str]:
        """What is promised is in the books; what is in the books is in the store, whole."""
        with closing(sqlite3.connect(self.books(folder))) as books:
            entered = {one for (one,) in books.execute("SELECT sha256 FROM evidence_file")}
        store = folder / DATA / "evidence"
        whole = {
            one.name
            for one in store.rglob("*")
            if one.is_file() and hashlib.sha256(one.read_bytes()).hexdigest() == one.name
        }
        names = set(promised) - {self.end}
        return [
            *(f"promised, and gone: {one}" for one in sorted(names - entered)),
            *(f"in the books, and not in the store: {one}" for one in sorted(entered - whole)),
        ]


class Compacting(ServerScene):
    """Jobs leave the phones, the feed forgets what is gone, and the log is numbered and signed."""

    name = "compact"

    def prepare(self, folder: Path) -> None:
        super().prepare(folder)
        with self.company.opened(folder) as world:
            for _ in range(8):
                job = ("work_order", world.job(ANN))
                world.must(world.office("work_order.cancel", job, {"reason": "sold"}))
            world.tick(200 * DAY_MS)

    def work(self, folder: Path, office: Office, line: Line) -> None:
        def around() -> leaving.Round:
            return leaving.Round(holder="holder")

        steps: list[Callable[[], Any]] = [
            lambda: leaving.put_away(office, around()),
            lambda: leaving.compact(office, around()),
            lambda: self.company.world.tick(100 * DAY_MS),
            lambda: leaving.compact(office, around()),
            lambda: notarise(office, office.seal()),
            lambda: custody.tidy(office),
        ]
        for place, step in enumerate(steps):
            if _at_once(step) == BUSY:
                line.refuse("busy")
                return
            line.tell(f"step {place}")
        line.tell(self.end)

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        with closing(sqlite3.connect(self.books(folder))) as books:
            (graves,) = books.execute("SELECT count(*) FROM tombstone").fetchone()
            (away,) = books.execute(
                "SELECT count(*) FROM op WHERE kind = 'work_order.put_away'"
            ).fetchone()
        wrong = [f"put away {away} times"] if away != 8 else []
        return [*wrong, *([f"{graves} graves"] if graves > 40 else []), *_leaves_of(self, folder)]


class Migrating(Scene):
    """Books of the first release are brought to this one."""

    own = DATA

    name = "migrate"
    is_exact = False  # it is one transaction: either of two states, which is asked for itself

    def books(self, folder: Path) -> Path:
        return folder / DATA / "fieldfare.db"

    def prepare(self, folder: Path) -> None:
        (folder / DATA).mkdir()
        engine = database.open_engine(self.books(folder))
        with engine.connect() as connection, connection.begin():
            command.upgrade(migrations.config(connection), LINE[0])
        self.there = {name: columns(engine, name) for name in TABLES if _has(engine, name)}
        self.written = {name: full(name) for name in self.there}
        with database.writing(engine) as connection:
            for name, record in self.written.items():
                told = msgspec.to_builtins(record)
                kept = {one: told.get(one, getattr(record, one)) for one in self.there[name]}
                connection.execute(METADATA.tables[name].insert().values(kept))
        engine.dispose()
        migrations.newest()

    def act(self, folder: Path, line: Line) -> None:
        engine = database.open_engine(self.books(folder))
        try:
            migrations.upgrade(engine)
        except database.Unreachable:  # by which `serve` ends, with a line of why
            line.refuse("unreachable")
            return
        except Exception as wrong:
            if getattr(getattr(wrong, "orig", None), "sqlite_errorname", "") == "":
                raise
            line.refuse("busy")
            return
        finally:
            with suppress(Exception):
                engine.dispose()
        line.tell("migrated")
        line.tell(self.end)

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        with closing(sqlite3.connect(self.books(folder))) as books:
            (version,) = books.execute("SELECT version_num FROM alembic_version").fetchone()
            count = {
                name: books.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                for name in self.there
            }
        late = version != LINE[-1] and "migrated" in outcome.promised
        return [
            *([f"at version {version}"] if late or version not in (LINE[0], LINE[-1]) else []),
            *(f"rows are gone: {name}" for name, found in count.items() if found != 1),
        ]

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        engine = database.open_engine(self.books(folder))
        with database.reading(engine) as books:
            found = {name: rows.fetch(books, name, "id", {full(name).id}) for name in self.written}
        engine.dispose()
        wanted = {name: [as_it_was(one, self.there[name])] for name, one in self.written.items()}
        return [] if found == wanted else ["rows are not as they were"]


class _Unheard(Exception):
    """Nothing is to be had of the office for now."""


def _at_once(step: Callable[[], Any]) -> bytes:
    try:
        step()
    except Busy:
        return BUSY
    return b"done"


def _has(engine: Any, name: str) -> bool:
    with engine.connect() as connection:
        return database.has_table(connection, name)


def _leaves_of(scene: ServerScene, folder: Path) -> list[str]:
    return [*complaints(folder / DATA, [], []), *_leaves(scene.books(folder))]


def _leaves(path: Path) -> list[str]:
    """The log holds: every leaf is there, numbered, and under the signed head."""
    report = audit(Settings(data=path.parent))
    return [f"the log does not hold: {report.fault}"] if report.fault else []


def _picture(place: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64 + place, 64)).save(file, "JPEG")
    return file.getvalue() + bytes([place]) * 20_000


SCENES: Final = (Settling, Storing, Compacting, Migrating)

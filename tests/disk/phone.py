"""What a phone does on its disk: record, settle, take pages in, let go, bring its file to date."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import structs

from mobile import database, evidence, keeping
from mobile.database import Full
from mobile.device import write_private
from mobile.journal import DICE_BYTES, Journal, Said
from mobile.replica import Replica
from server import leaving
from shared.clock import At
from shared.errors import Refused
from shared.ids import RANDOM_BYTES, uuid7
from shared.ops import SYSTEM
from sync.ports import Outboxed
from tests.disk.cuts import keep
from tests.disk.faults import Line, Outcome, Silent, listen
from tests.disk.scenes import DATA, PHONE, Company, PhoneScene, office_of, served, talk
from tests.e2e.books import complaints
from tests.proof import picture
from tests.world import ANN, CHECKLIST, FILTER, START_MS, VAN_ANN, known

LATER_MS: Final = START_MS + 3_600_000
NOTE: Final = {"text": "Filter was blocked / 滤网堵塞", "audience": "internal"}
PARTS_MADE: Final = 150
SMALL: Final = ("device.json", "deep/down.json")
VERSIONS: Final = 3
DAY_MS: Final = 24 * 3_600_000
TRIES: Final = 2
WORK: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("work_order.accept", {}),
    ("work_order.depart", {}),
    ("work_order.arrive", {}),
    ("work_order.start", {}),
    ("note.add", NOTE),
    ("parts.use", {"part": FILTER, "location": VAN_ANN, "quantity": "2"}),
    ("photo.add", {}),
    ("edit", {"fields": {"job_note": ["", "ring twice"]}}),
    ("work_order.complete", {"outcome": "done", "work_done": "cleaned"}),
)


class Recording(PhoneScene):
    """A visit is recorded, act by act, with a photo."""

    name = "record"

    def __init__(self, work: Sequence[tuple[str, dict[str, Any]]] = WORK) -> None:
        self.work = work

    def prepare(self, folder: Path) -> None:
        self.company = Company(folder)
        with self.company.opened(folder) as world:
            self.phone = self.company.phone(folder)
            assert world.sync(self.phone).checksum_ok
        self.phone._connection.close()

    def act(self, folder: Path, line: Line) -> None:
        try:
            with self.opened(folder) as (replica, _, journal):
                for place in range(len(self.work)):
                    self._once(folder, replica, journal, place, line)
        except Full:
            line.refuse("all disk_full")
            return
        line.tell(self.end)

    def _once(
        self, folder: Path, replica: Replica, journal: Journal, place: int, line: Line
    ) -> None:
        """Record an act that is not recorded yet; who is refused tries once more, then gives up.

        Whoever gives up does not even close the file: the phone is put away, and its battery ends.
        """
        now, dice = _moment(place)
        op_id = uuid7(now.wall, dice[:RANDOM_BYTES])
        for _ in range(TRIES if not replica.outboxed([op_id]) else 0):
            done = self._record(folder, journal, place)
            if not isinstance(done, Refused):
                assert done.op_id == op_id
                break
            line.refuse(f"{op_id} {done.code}")
        else:
            if not replica.outboxed([op_id]):
                os._exit(0)
        line.tell(op_id)

    def _record(self, folder: Path, journal: Journal, place: int) -> Outboxed | Refused:
        (kind, args), (now, dice) = self.work[place], _moment(place)
        if kind == "photo.add":
            try:
                args = _photographed(folder / PHONE)
            except Full:
                return Refused(code="disk_full", grounds="state")
        said = Said(kind=kind, on=("work_order", self.company.job), args=args)
        return journal.record(said, now=now, random=dice)

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        with self.opened(folder) as (replica, _, _):
            there = {one.op_id: one for one in replica.all_ops()}
        refused = {one.split()[0] for one in outcome.refused} - set(outcome.promised)
        return [
            *(f"refused, and there: {one}" for one in refused if one in there),
            *(f"promised, and gone: {one}" for one in outcome.promised if _is_id(one, there)),
            *_refusals(outcome),
            *_photos(folder / PHONE, there.values()),
        ]

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        with self.opened(folder) as (replica, _, _):
            kinds = sorted(one.kind for one in replica.all_ops())
        wanted = sorted(kind for kind, _ in self.work)
        return [] if kinds == wanted else [f"not each act once: {kinds}"]


class Settling(Recording):
    """What was recorded is handed in, and the verdicts are taken in with what the office says."""

    name = "settle"
    other = DATA

    def prepare(self, folder: Path) -> None:
        super().prepare(folder)
        Recording.act(self, folder, Silent())
        job = ("work_order", self.company.job)
        with self.company.opened(folder) as world:
            world.must(world.office("edit", job, {"fields": {"job_note": ["", "the dog bites"]}}))
            world.must(world.office("note.add", job, {**NOTE, "text": "of the office"}))

    def act(self, folder: Path, line: Line) -> None:
        world = self.company.world
        try:
            with self.opened(folder) as (replica, _, _):
                summary = talk(world, replica, line.ask, ops_max=4, want_bytes=4_000)
                assert summary.checksum_ok
                replica.checkpoint()
        except Full:
            line.refuse("all disk_full")
            return
        line.tell(self.end)

    def partner(self, folder: Path, line: Line, outcome: Outcome) -> None:
        def answer(asked: bytes) -> bytes:
            reply = served(world, self.phone, asked)
            if self.keeps:
                keep(folder, DATA, line.heard)
            return reply

        with self.company.opened(folder) as world:
            listen(line, outcome, answer)

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        return _refusals(outcome)

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        with self.opened(folder) as (replica, _, _):
            ops = [one.op_id for one in replica.all_ops()]
        if len(ops) < len(self.work):
            return ["ops are gone"]
        return complaints(folder / DATA, [self.books(folder)], ops)


class Absorbing(Settling):
    """Many pages are taken in: new parts, new jobs, new words on old ones."""

    name = "absorb"

    def prepare(self, folder: Path) -> None:
        Recording.prepare(self, folder)
        with self.company.opened(folder) as world:
            for number in range(PARTS_MADE):
                told = {"number": f"N-{number}", "en": f"Part {number}", "zh": f"零件 {number}"}
                row = {**told, "type": "generic", "unit": "piece"}
                part = ("part", known(str(number)))
                world.must(world.office("master.put", part, {"row": row}, by=SYSTEM))
            for _ in range(3):
                world.job(ANN, checklist=CHECKLIST)

    def act(self, folder: Path, line: Line) -> None:
        world = self.company.world
        try:
            with self.opened(folder) as (replica, _, _):
                summary = talk(world, replica, line.ask, want_bytes=20_000)
                assert summary.checksum_ok
                replica.checkpoint()
        except Full:
            line.refuse("all disk_full")
            return
        line.tell(self.end)

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        return complaints(folder / DATA, [self.books(folder)], [])


class LettingGo(Settling):
    """What the office has for good is let go of: ops leave receipts, and photos their room."""

    name = "let go"
    other = ""

    def prepare(self, folder: Path) -> None:
        super().prepare(folder)
        with self.company.opened(folder) as world, self.opened(folder) as (replica, _, _):
            carry = partial(served, world, self.phone)
            talk(world, replica, carry)
            world.tick(100 * DAY_MS)
            assert leaving.put_away(office_of(world), leaving.Round(holder="holder")) == 1
            replica._connection.execute("UPDATE file SET state = 'safe', safe_by = 1, unsure = 0")
            talk(world, replica, carry)
            self.ops = {one.op_id for one in replica.all_ops()}
            with replica.transaction():
                identity = replica.identity()
                replica.identify(structs.replace(identity, durable_through=2**52))

    def act(self, folder: Path, line: Line) -> None:
        try:
            with self.opened(folder) as (replica, _, _):
                keeping.tidy(replica, folder / PHONE, 2e9)
                replica.checkpoint()
        except Full:
            line.refuse("all disk_full")
            return
        line.tell(self.end)

    def partner(self, folder: Path, line: Line, outcome: Outcome) -> None:
        listen(line, outcome, lambda _: b"")

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        return [*_refusals(outcome), *self._kept(folder)]

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        with self.opened(folder) as (replica, _, _):
            left = len(replica.all_ops())
        stayed = evidence.here(folder / PHONE)
        return [
            *self._kept(folder),
            *([] if left == 1 else [f"{left} ops stayed"]),
            *([f"photos stayed: {stayed}"] if stayed else []),
        ]

    def _kept(self, folder: Path) -> list[str]:
        with self.opened(folder) as (replica, queries, _):
            held = [one.op_id for one in replica.all_ops()]
            held += [one.op_id for one in queries.receipts()]
        return [] if sorted(held) == sorted(self.ops) else ["an op is neither held nor receipted"]


class Upgrading(PhoneScene):
    """A file of the first version is brought up to date."""

    name = "upgrade"
    is_exact = False  # it is done before anybody could watch

    def prepare(self, folder: Path) -> None:
        recorded = Recording()
        recorded.prepare(folder)
        recorded.act(folder, Silent())
        with recorded.opened(folder) as (replica, _, _):
            identity, self.ops = replica.identity(), replica.all_ops()
        path = self.books(folder)
        path.unlink()
        with closing(database.connect(path, database.MIGRATIONS[:1])) as connection:
            replica = Replica(connection)
            with replica.transaction():
                replica.identify(identity)
                for one in self.ops:
                    replica.append(one)
                connection.execute("UPDATE meta SET value = x'00' WHERE key = 'shape'")

    def act(self, folder: Path, line: Line) -> None:
        try:
            with self.opened(folder):
                line.tell("opened")
        except Full:
            line.refuse("all disk_full")
            return
        line.tell(self.end)

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        with closing(sqlite3.connect(self.books(folder))) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            rows = connection.execute("SELECT op_id, body FROM outbox ORDER BY lseq").fetchall()
        wanted = [(one.op_id, one.body) for one in self.ops]
        whole = len(database.MIGRATIONS)
        late = version != whole and "opened" in outcome.promised
        return [
            *_refusals(outcome),
            *([] if rows == wanted else ["ops were lost or changed"]),
            *([] if version in (1, whole) and not late else [f"at version {version}"]),
        ]

    def completed(self, folder: Path, promised: Sequence[str]) -> list[str]:
        with self.opened(folder) as (replica, _, _):
            return [] if replica.all_ops() == self.ops else ["ops were lost or changed"]


class Installing(PhoneScene):
    """Small files of an installation are written, each whole or not at all."""

    name = "small files"

    def prepare(self, folder: Path) -> None:
        with database.opened(self._made(folder)):
            pass

    def _made(self, folder: Path) -> Path:
        (folder / PHONE).mkdir()
        return self.books(folder)

    def act(self, folder: Path, line: Line) -> None:
        for place in range(VERSIONS):
            for name in SMALL:
                path = folder / PHONE / name
                if path.exists() and path.read_bytes() >= _content(name, place):
                    continue
                try:
                    with database.room():
                        write_private(path, _content(name, place))
                except Full:
                    line.refuse(f"{name} disk_full")
                else:
                    line.tell(f"{name} {place}")
        line.tell(self.end)

    def complaints(self, folder: Path, outcome: Outcome) -> list[str]:
        found = _refusals(outcome)
        for name in SMALL:
            versions = [_content(name, place) for place in range(VERSIONS)]
            told = [int(one.split()[1]) for one in outcome.promised if one.startswith(name)]
            path = folder / PHONE / name
            here = path.read_bytes() if path.exists() else None
            if here is None and told:
                found.append(f"promised, and gone: {name}")
            elif here is not None and here not in versions:
                found.append(f"half of a file: {name}")
            elif here is not None and versions.index(here) < max(told, default=0):
                found.append(f"older than promised: {name}")
        return found


def _moment(place: int) -> tuple[At, bytes]:
    """When an act is done, and the dice for it: its id follows from its place."""
    now = LATER_MS + place * 60_000
    at = At(wall=now, boot="boot-1", mono=now - START_MS, src="boottime")
    return at, (place + 1).to_bytes(DICE_BYTES, "big")


def _photographed(folder: Path) -> dict[str, Any]:
    """A photo's bytes on the disk, and what is said of them."""
    final, thumb = b"\xff\xd8 a picture" * 3_000, b"\xff\xd8 a thumb" * 300
    hashes = {
        "sha256": evidence.store(folder, final),
        "thumb_sha256": evidence.store(folder, thumb),
    }
    return {**picture("plate"), **hashes, "size": len(final), "thumb_size": len(thumb)}


def _content(name: str, place: int) -> bytes:
    return f"{name} {place}".encode() * 1_000


def _is_id(one: str, there: Any) -> bool:
    return len(one) == 36 and one not in there


def _refusals(outcome: Outcome) -> list[str]:
    """A first refusal says that the disk is full; what follows from it may say so, too."""
    codes = [one.rpartition(" ")[2] for one in outcome.refused]
    return [] if not codes or codes[0] == "disk_full" else [f"refused in other words: {codes}"]


def _photos(folder: Path, ops: Any) -> list[str]:
    """A photo that is recorded has its bytes."""
    found = []
    for one in ops:
        if one.kind == "photo.add":
            args = msgspec.json.decode(one.body)["args"]
            names = (args["sha256"], args["thumb_sha256"])
            found += [f"no bytes: {name}" for name in names if evidence.read(folder, name) is None]
    return found


SCENES: Final = (Recording, Settling, Absorbing, LettingGo, Upgrading, Installing)

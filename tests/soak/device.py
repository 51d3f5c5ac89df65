"""A phone without a screen or a disk: the real engine, its rows in memory, over real HTTP."""

import gzip
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from http.client import HTTPException
from random import Random
from typing import Any, Final

from msgspec import Struct

from shared.clock import At
from shared.ids import RANDOM_BYTES, uuid7
from shared.kinds import REGISTRY, read_row
from shared.records import Record
from shared.work_order import WorkOrder
from sync.digest import Sums
from sync.memory import MemoryPhone
from sync.memory.books import Key
from sync.ports import Identity, Outboxed
from sync.protocol import Reply, Request, Row, decode_reply, encode
from sync.recording import Draft, record
from sync.session import Sizes, Surroundings, TimedOut, converse
from tests.benchmarks.line import CUTS, Busy, Cut, Line
from tests.benchmarks.phone import HEADERS
from tests.simulation.kills import Killed, Mortal
from tests.soak.acts import Act, next_act

SALT_BYTES: Final = 16
CALLS_MAX: Final = 60  # of its memory, before a phone that is to die in a conversation does
ACTS_MAX: Final = 3  # at a time
BUSY_S: Final = 2.0
ROWS_MAX: Final = 50_000


class Troubles(Struct, frozen=True, kw_only=True):
    """How often of 1 a request comes to harm, and a phone dies while it talks."""

    cut: float = 0.0
    dies: float = 0.0


class Pass(Struct, frozen=True, kw_only=True):
    """What the door gave a phone: who it is, whose, from which van, and its access."""

    device: str
    person: str
    van: str
    access: str


class Pocket(MemoryPhone):
    """A phone's memory where hundreds share a process: what all of them have is read once."""

    def shown(self, *, base: bool) -> dict[Key, Record]:
        """As in the memory it is made of."""
        rows: dict[Key, Record] = {}
        for shelf in self.disk.base.values():
            for (table, _), body in shelf.items():
                row = _row(table, body)
                known = rows.get((type(row), row.id))
                if known is None or (known.version or 0) <= (row.version or 0):
                    rows[(type(row), row.id)] = row
        if not base:
            for view in self.disk.views.values():
                rows.update(view)
        return rows

    def take(self, stream: str, rows: Sequence[Row], *, staged: bool) -> Sums:
        """As in the memory it is made of, with one copy of bytes that many have."""
        change = super().take(stream, rows, staged=staged)
        shelf = self.disk.staged if staged else self.disk.base
        shelf[stream] = {key: _one(body) for key, body in shelf[stream].items()}
        return change


@lru_cache(maxsize=ROWS_MAX)
def _row(table: str, body: bytes) -> Record:
    return read_row(table, body)


@lru_cache(maxsize=ROWS_MAX)
def _one(body: bytes) -> bytes:
    return body


class Device:
    """One phone: records what its rules allow, and talks when it is its turn."""

    def __init__(self, shown: Pass, line: Line, troubles: Troubles, dice: Random) -> None:
        self.shown = shown
        self.troubles = troubles
        self.line = line
        self.phone = Pocket(
            Identity(device=shown.device, person=shown.person, incarnation=dice.randbytes(16).hex())
        )
        self.recorded: list[str] = []
        self.count: Counter[str] = Counter()
        self.took_s: list[tuple[float, float]] = []  # when (monotonic), and how long it took
        self.due = 0.0  # when it speaks next (monotonic)
        self._dice = dice
        self._sizes = Sizes()

    def turn(self, pause_s: float) -> None:
        """Record a few acts and talk; the next turn is after a pause of about so long."""
        self.due = time.monotonic() + pause_s * self._dice.uniform(0.5, 1.5)
        for _ in range(self._dice.randint(1, ACTS_MAX)):
            self._do(next_act(self._orders(), self.shown.van, self._dice))
        self.talk()

    def talk(self) -> None:
        """One conversation, in which this phone may die; it comes back with what it had written."""
        mortal: Any = self.phone
        if self._dice.random() < self.troubles.dies:
            mortal = Mortal(self.phone, self._dice.randrange(CALLS_MAX))
        talking = converse(mortal, self._around())
        try:
            request = next(talking)
            while True:
                request = talking.send(self._carry(request))
        except StopIteration as end:
            self._note(end.value.checksum_ok, end.value.forked)
        except Killed:
            self._revive()
        except Busy:
            self.count["busy"] += 1
            self.due = time.monotonic() + BUSY_S * self._dice.uniform(1, 2)
        finally:
            talking.close()
            self.line.close()

    def heal(self) -> None:
        """From here on nothing comes to harm any more."""
        self.troubles = Troubles()

    @property
    def pending(self) -> int:
        """How many ops wait for the server."""
        return len(self.phone.outgoing(1 << 40, 1 << 40))

    def entries(self) -> Iterator[Outboxed]:
        """Everything that is in the outbox."""
        yield from self.phone.all_ops()

    def _do(self, act: Act | None) -> None:
        if act is None:
            return
        now = _now()
        identity = uuid7(now.wall, self._dice.randbytes(RANDOM_BYTES))
        draft = Draft(
            id=identity,
            kind=act.kind,
            on=("work_order", act.order),
            args=act.args,
            at=now,
            salt=self._dice.randbytes(SALT_BYTES).hex(),
        )
        done = record(self.phone, REGISTRY, draft)
        if isinstance(done, Outboxed):
            self.recorded.append(done.op_id)
        else:
            self.count[f"refused here: {done.code}"] += 1

    def _orders(self) -> list[WorkOrder]:
        rows = self.phone.shown(base=False).values()
        return sorted((one for one in rows if isinstance(one, WorkOrder)), key=lambda one: one.id)

    def _around(self) -> Surroundings:
        return Surroundings(
            now=_now,
            name=lambda: self._dice.randbytes(16).hex(),
            app="fieldfare soak",
            sizes=self._sizes,
        )

    def _carry(self, request: Request) -> Reply | TimedOut:
        """One round trip, or as much of it as gets through. Raises `Busy`."""
        cut: Cut | None = None
        if self._dice.random() < self.troubles.cut:
            cut = self._dice.choice(CUTS)
            self.count["cut"] += 1
        data = gzip.compress(encode(request), 6, mtime=0)
        headers = {**HEADERS, "Authorization": f"Bearer {self.shown.access}"}
        self.count["exchanges"] += 1
        began = time.monotonic()
        try:
            answer = self.line.post("/sync", data, headers, cut)
        except (OSError, HTTPException) as broken:
            self.count[f"broken: {type(broken).__name__}"] += 1
            self.line.close()
            return TimedOut()
        if answer is None or cut is not None:
            return TimedOut()
        self.took_s.append((began, time.monotonic() - began))
        return decode_reply(answer)

    def _note(self, checksum_ok: bool, forked: bool) -> None:
        self.count["conversations"] += 1
        self.count["checksums that differ"] += not checksum_ok
        self.count["forks"] += forked

    def _revive(self) -> None:
        """The app is begun anew: what was in no transaction's end is gone, and so is the pace."""
        self.count["died"] += 1
        disk, self._sizes = self.phone.disk, Sizes()
        self.phone = Pocket(disk.identity)
        self.phone.disk = disk


def _now() -> At:
    return At(
        wall=time.time_ns() // 1_000_000,
        boot="boot-1",
        mono=time.monotonic_ns() // 1_000_000,
        src="boottime",
    )

"""How long a tap takes until it is on the disk: alone, and beside a sync that takes rows in."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from mobile import database, device
from mobile.journal import DICE_BYTES, Journal, Said
from mobile.queries import Queries
from mobile.replica import Replica
from mobile.service import ABSORB_MS
from sync import protocol
from sync.ports import Identity, Outboxed, StreamMark
from sync.protocol import Page, Reply
from sync.session import Surroundings, converse
from tests.benchmarks import pocket
from tests.benchmarks.scenarios import Figures
from tests.world import ANN

PAGE_ROWS: Final = 2_000
ROW_BYTES: Final = 280
PAUSE_S: Final = 0.004
ROUND_TRIP_S: Final = 0.03  # a network is between two pages


def tap(folder: Path, jobs: list[str], taps: int) -> Figures:
    """Milliseconds on the wall; the floor is the same taps while nothing else is done.

    First beside whole pages, then beside a sync that is as gentle as the app's.
    """
    path = database.path_of(folder, ANN)
    found: Figures = {"floor": {}}
    for name, gentle in (("", False), ("gentle_", True)):
        alone = _taken(path, jobs, taps)
        with _absorbing(path, gentle=gentle) as pages:
            beside = _taken(path, jobs, taps)
        found |= {f"{name}{key}": value for key, value in _shares(beside).items()}
        found["floor"] |= {f"{name}{key}": value for key, value in _shares(alone).items()}
        took = sorted(page.ms for page in pages)
        found[f"{name}page_rows"] = sorted(page.rows for page in pages)[len(pages) // 2]
        found[f"{name}page_ms"] = took[len(took) // 2]
    return found


def _shares(lengths: list[float]) -> dict[str, float]:
    ordered = sorted(lengths)
    last = len(ordered) - 1
    return {
        "p50_ms": ordered[last // 2],
        "p99_ms": ordered[round(last * 0.99)],
        "max_ms": ordered[last],
    }


def _taken(path: Path, jobs: list[str], taps: int) -> list[float]:
    clock = device.Clock()
    lengths = []
    with closing(database.connect(path)) as connection:
        journal = Journal(Replica(connection), Queries(connection))
        for number in range(taps):
            on = ("work_order", jobs[number % len(jobs)])
            args = {"text": f"note {number}", "audience": "internal"}
            said = Said(kind="note.add", on=on, args=args)
            begun = time.perf_counter()
            done = journal.record(said, now=clock.now(), random=device.dice(DICE_BYTES))
            lengths.append((time.perf_counter() - begun) * 1000)
            assert isinstance(done, Outboxed), done
            time.sleep(PAUSE_S)
    return lengths


class Taken(Struct, frozen=True):
    """One page that was taken in: rows, and how long that took."""

    rows: int
    ms: float


@contextmanager
def _absorbing(path: Path, *, gentle: bool) -> Iterator[list[Taken]]:
    """A thread that pulls the catalogue for as long as one likes; what it took in."""
    over, pages = threading.Event(), list[Taken]()
    thread = threading.Thread(target=_absorb, args=(path, gentle, over, pages))
    thread.start()
    try:
        yield pages
    finally:
        over.set()
        thread.join()


def _absorb(path: Path, gentle: bool, over: threading.Event, pages: list[Taken]) -> None:
    clock = device.Clock()
    with closing(database.connect(path)) as connection:
        replica = Replica(connection)
        with replica.transaction():
            answers = _Answers(
                replica.identity(), replica.marks()[pocket.CATALOG], clock.now().wall
            )
        around = Surroundings(
            now=clock.now,
            name=lambda: "0",
            app="bench",
            absorb_ms=ABSORB_MS if gentle else None,
            pull_only=True,
        )
        talk = converse(replica, around)
        request = next(talk)
        while not over.wait(ROUND_TRIP_S) or not pages:  # at least one, however few the taps
            wanted = request.want_bytes
            rows = PAGE_ROWS if wanted is None else min(wanted // ROW_BYTES, PAGE_ROWS)
            reply = protocol.decode_reply(answers.with_rows(rows))
            begun = time.perf_counter()
            request = talk.send(reply)
            pages.append(Taken(rows, (time.perf_counter() - begun) * 1000))
        talk.close()


class _Answers:
    """A server that always has one more page of the catalogue, which may be taken in again."""

    def __init__(self, known: Identity, mark: StreamMark, now: int) -> None:
        self._known, self._mark, self._now = known, mark, now
        self._made: dict[int, bytes] = {}

    def with_rows(self, rows: int) -> bytes:
        """An answer with a page of so many rows."""
        if rows not in self._made:
            self._made[rows] = msgspec.json.encode(self._reply(rows))
        return self._made[rows]

    def _reply(self, rows: int) -> Reply:
        known, cursor = self._known, self._mark.cursor
        assert known.epoch is not None
        assert known.stamp is not None
        page = Page(
            stream=pocket.CATALOG,
            kind="delta",
            since=cursor,
            to=cursor,
            head=cursor + 1,
            rows=list(pocket.rows(rows)),
        )
        return Reply(
            server_epoch=known.epoch,
            now=self._now,
            stamp=known.stamp,
            token=known.token,
            streams=[page],
            more=True,
        )

"""The courier: carries the outbox to the server and brings its news, as long as it takes."""

import fcntl
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct, structs

from mobile.database import room
from mobile.keys import DeviceKey
from mobile.passes import Counter, Passes
from mobile.replica import Replica
from mobile.wire import Refused, Throttled, TooSlow, Unreachable
from sync.protocol import Reply, Request, decode_reply, encode
from sync.session import Summary, Surroundings, TimedOut, converse

LOCK_FILE: Final = "courier.lock"
TOO_LARGE: Final = 413
TOO_MANY: Final = 429
UNCONFIRMED: Final = "device_unconfirmed"
MANY: Final = 1 << 40


class Busy(Exception):
    """Another process on this phone is talking to the server."""


class HandInLater(Throttled):
    """The server takes no more ops for a while; its news was fetched all the same."""

    @property
    def code(self) -> str:
        """What kind of wait it is."""
        return "enough_today"


class Line(Counter, Protocol):
    """What the courier needs of the wire."""

    def sync(self, request: bytes, token: str) -> bytes:
        """One round trip: the bytes of a request for the bytes of a reply."""


class Report(Struct, frozen=True, kw_only=True):
    """What one conversation came to, and what is left to carry.

    `revoked` tells that the office takes what is handed in, and gives nothing any more.
    """

    pushed: int
    verdicts: dict[str, int]
    pulled_rows: int
    pending_ops: int
    pending_files: int = 0
    files_sent: int = 0
    files_set_aside: int = 0
    checksum_ok: bool
    audit_ok: bool = True
    timed_out: bool = False
    ops_only: bool = False
    revoked: bool = False
    server_epoch: str | None = None

    @property
    def has_news(self) -> bool:
        """Whether something came that the server should soon hear has arrived."""
        return self.pulled_rows > 0


class Post(Struct, frozen=True, kw_only=True):
    """What a courier works with: the wire, the device's key, its folder, a clock that only runs."""

    wire: Line
    key: DeviceKey
    folder: Path
    monotonic: Callable[[], float]


class Courier:
    """Talks to the server for one person's database. One thread owns it and its connection."""

    def __init__(self, replica: Replica, post: Post, around: Surroundings) -> None:
        self._replica = replica
        self._post = post
        self._around = around
        self._passes = Passes(post.wire, post.key, post.monotonic)
        self._hand_in_from = post.monotonic()

    def talk(self, progress: Callable[[], None] = lambda: None) -> Report:
        """Push and pull until there is nothing left; `progress` is called after each answer.

        Raises `Busy`, `HandInLater`, `mobile.database.Full` and what the wire raises. Whatever was
        answered before that is kept.
        """
        with alone(self._post.folder):
            summary = self._hand_in(progress)
        identity = self._replica.identity()
        return Report(
            pushed=summary.pushed,
            verdicts=dict(summary.verdicts),
            pulled_rows=summary.pulled_rows,
            pending_ops=len(self._replica.outgoing(MANY, MANY)),
            checksum_ok=summary.checksum_ok,
            audit_ok=summary.audit_ok and not identity.care.head_fault,
            timed_out=summary.timed_out,
            ops_only=self._around.ops_only,
            revoked=identity.revoked,
            server_epoch=identity.epoch,
        )

    def _hand_in(self, progress: Callable[[], None]) -> Summary:
        """Push and pull; only pull where the server has had enough ops for now."""
        waits = self._post.monotonic() < self._hand_in_from
        try:
            if not (waits and self._replica.outgoing(1, 1)):
                return self._drive(converse(self._replica, self._around), progress)
        except HandInLater as later:
            self._hand_in_from = self._post.monotonic() + later.retry_after_s
        if not self._around.ops_only:
            around = structs.replace(self._around, pull_only=True)
            self._drive(converse(self._replica, around), progress)
        raise HandInLater(max(self._hand_in_from - self._post.monotonic(), 0.0), TOO_MANY)

    def _drive(
        self,
        talking: Generator[Request, Reply | TimedOut, Summary],
        progress: Callable[[], None],
    ) -> Summary:
        """Carry each request to the wire and its answer back."""
        try:
            request = next(talking)
            while True:
                answer = self._answer(request)
                progress()
                request = talking.send(answer)
        except StopIteration as end:
            summary: Summary = end.value
            return summary
        finally:
            talking.close()

    def _answer(self, request: Request) -> Reply | TimedOut:
        try:
            data = encode(request)
            wire = self._post.wire
            return _read(self._passes.use(request.device, lambda token: wire.sync(data, token)))
        except TooSlow:
            return TimedOut()
        except Throttled as wait:
            if request.ops and wait.status == TOO_MANY:
                raise HandInLater(wait.retry_after_s, wait.status) from wait
            raise
        except Refused as refused:
            if refused.problem.status == TOO_LARGE:
                return TimedOut()  # half as much is what helps here, too
            if refused.problem.code == UNCONFIRMED:
                self._wait()
            raise

    def _wait(self) -> None:
        """Keep that the office has yet to let this phone in, perhaps again."""
        with self._replica.transaction():
            known = self._replica.identity()
            self._replica.identify(structs.replace(known, unconfirmed=True))


@contextmanager
def alone(folder: Path, name: str = LOCK_FILE) -> Iterator[None]:
    """The right of one process on this phone to talk. Raises `Busy` when another has it.

    It is let go of when the process ends, however it ends.
    """
    with room():
        lock = (folder / name).open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield


def _read(data: bytes) -> Reply:
    try:
        return decode_reply(data)
    except msgspec.DecodeError as wrong:
        raise Unreachable(f"not an answer of this server: {wrong}") from wrong

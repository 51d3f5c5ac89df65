"""The courier: carries the outbox to the server and brings its news, as long as it takes."""

import fcntl
import logging
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct, field, structs

from mobile.database import Full, room
from mobile.keys import DeviceKey
from mobile.replica import Replica
from mobile.wire import DEADLINE_S, Refused, Throttled, TooSlow, Unauthorised, Unreachable
from sync.backoff import delay_ms
from sync.enrolment import Access, token_text
from sync.protocol import Reply, Request, decode_reply, encode
from sync.session import Summary, Surroundings, TimedOut, converse

LOCK_FILE: Final = "courier.lock"
RENEW_BEFORE_S: Final = 30.0
IDLE_S: Final = 60.0
PARKED_S: Final = 300.0
PATIENCE_S: Final = 2 * DEADLINE_S
TOO_LARGE: Final = 413
NOT_FOR_READING: Final = (403, 426)  # a revoked device, an app too old: both may still push
MANY: Final = 1 << 40

logger = logging.getLogger("fieldfare.courier")


class Busy(Exception):
    """Another process on this phone is talking to the server."""


class Abandoned(Exception):
    """This conversation took so long that another one was begun in its place."""


class Line(Protocol):
    """What the courier needs of the wire."""

    def sync(self, request: bytes, token: str) -> bytes:
        """One round trip: the bytes of a request for the bytes of a reply."""

    def nonce(self, device: str) -> str:
        """What this device has to sign next."""

    def access(self, device: str, nonce: str, signature: str) -> Access:
        """An access token for a signed nonce."""


class Report(Struct, frozen=True, kw_only=True):
    """What one conversation came to, and what is left to carry."""

    pushed: int
    verdicts: dict[str, int]
    pulled_rows: int
    pending_ops: int
    pending_files: int = 0
    files_sent: int = 0
    checksum_ok: bool
    audit_ok: bool = True
    timed_out: bool = False
    ops_only: bool = False
    server_epoch: str | None = None


class Post(Struct, frozen=True, kw_only=True):
    """What a courier works with: the wire, the device's key, its folder, a clock that only runs."""

    wire: Line
    key: DeviceKey
    folder: Path
    monotonic: Callable[[], float]


class _Pass(Struct, frozen=True):
    """An access token, and until when it is good by the monotonic clock."""

    token: str
    until: float


class Courier:
    """Talks to the server for one person's database. One thread owns it and its connection."""

    def __init__(self, replica: Replica, post: Post, around: Surroundings) -> None:
        self._replica = replica
        self._post = post
        self._around = around
        self._pass: _Pass | None = None

    def talk(self, progress: Callable[[], None] = lambda: None) -> Report:
        """Push and pull until there is nothing left; `progress` is called after each answer.

        Raises `Busy`, `mobile.database.Full` and what the wire raises. Whatever was answered
        before that is kept.
        """
        with alone(self._post.folder):
            try:
                return self._conversation(self._around, progress)
            except Refused as refused:
                if refused.problem.status not in NOT_FOR_READING:
                    raise
                logger.warning("the server lets this app push only: %s", refused.problem.code)
                drain = structs.replace(self._around, ops_only=True)
                return self._conversation(drain, progress)

    def _conversation(self, around: Surroundings, progress: Callable[[], None]) -> Report:
        talking = converse(self._replica, around)
        summary = self._drive(talking, progress)
        identity = self._replica.identity()
        return Report(
            pushed=summary.pushed,
            verdicts=dict(summary.verdicts),
            pulled_rows=summary.pulled_rows,
            pending_ops=len(self._replica.outgoing(MANY, MANY)),
            checksum_ok=summary.checksum_ok,
            audit_ok=summary.audit_ok,
            timed_out=summary.timed_out,
            ops_only=around.ops_only,
            server_epoch=identity.epoch,
        )

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
            return _read(self._exchange(encode(request), request.device))
        except TooSlow:
            return TimedOut()
        except Refused as refused:
            if refused.problem.status == TOO_LARGE:
                return TimedOut()  # half as much is what helps here, too
            raise

    def _exchange(self, data: bytes, device: str) -> bytes:
        """One round trip, with a new access token if the old one has run out early."""
        known = self._pass
        try:
            return self._post.wire.sync(data, self._token(device))
        except Unauthorised:
            if known is None:
                raise
            self._pass = None
            return self._post.wire.sync(data, self._token(device))

    def _token(self, device: str) -> str:
        now = self._post.monotonic()
        if self._pass is None or now > self._pass.until:
            nonce = self._post.wire.nonce(device)
            signature = self._post.key.sign(token_text(device, nonce))
            access = self._post.wire.access(device, nonce, signature)
            self._pass = _Pass(access.token, now + max(access.expires_in - RENEW_BEFORE_S, 0))
        return self._pass.token


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """The right of one process on this phone to talk. Raises `Busy` when another has it."""
    with room():
        lock = (folder / LOCK_FILE).open("w")
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


class Bell(Protocol):
    """Wakes a lane that waits: a `threading.Event` in the app."""

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, or less when rung; whether it was rung."""

    def set(self) -> None:
        """Ring."""

    def clear(self) -> None:
        """Be ready for the next ring."""


class Pace(Struct, frozen=True, kw_only=True):
    """What a lane waits with: its bell, dice from 0 to 1, and a clock that only runs."""

    bell: Bell = field(default_factory=threading.Event)
    dice: Callable[[], float]
    monotonic: Callable[[], float]


Talk = Callable[[Callable[[], None]], Report]
Told = Callable[[Report | Exception], None]


class Lane:
    """Talks again and again: soon after a failure, later after many, at once when rung.

    `told` hears how each conversation ended. A lane shows life until `alive_until`; a watchdog
    may take one that is past that for stuck, abandon it and start another.
    """

    def __init__(self, talk: Talk, pace: Pace, told: Told = lambda _: None) -> None:
        self._talk = talk
        self._pace = pace
        self._told = told
        self._failures = 0
        self._over = False
        self._not_before = pace.monotonic()
        self.alive_until = pace.monotonic() + PATIENCE_S

    def ring(self) -> None:
        """There is something to say, or a network to say it over: begin as soon as one may."""
        self._failures = 0
        self._pace.bell.set()

    def abandon(self) -> None:
        """End after the conversation that is going on, which may not take anything in any more."""
        self._over = True
        self._pace.bell.set()

    def run(self) -> None:
        """Go on until abandoned."""
        while not self._over:
            wait_s = self.round()
            self.alive_until = self._pace.monotonic() + wait_s + PATIENCE_S
            self._pace.bell.wait(wait_s)
            self._pace.bell.clear()

    def round(self) -> float:
        """One conversation; returns how many seconds to wait before the next."""
        early_s = self._not_before - self._pace.monotonic()
        if early_s > 0:
            return early_s
        ended: Report | Exception
        try:
            self._show_life()
            ended = self._talk(self._show_life)
        except Exception as wrong:
            ended = wrong
        if isinstance(ended, Abandoned):
            return 0.0
        self._told(ended)
        return self._wait_s(ended)

    def _show_life(self) -> None:
        if self._over:
            raise Abandoned
        self.alive_until = self._pace.monotonic() + PATIENCE_S

    def _wait_s(self, ended: Report | Exception) -> float:
        if isinstance(ended, Busy):
            return IDLE_S
        if isinstance(ended, Report) and not ended.timed_out:
            self._failures = 0
            return IDLE_S
        self._failures += 1
        if isinstance(ended, Throttled):
            self._not_before = self._pace.monotonic() + ended.retry_after_s
            return ended.retry_after_s
        if isinstance(ended, Full | Unauthorised | Refused):
            logger.warning("parked: %s", ended)
            return PARKED_S
        if not isinstance(ended, Report | Unreachable):
            logger.error("a conversation broke off", exc_info=ended)
        return delay_ms(self._failures, self._pace.dice()) / 1000


class Watchdog:
    """Starts a lane, and starts another in its place when it no longer shows life."""

    def __init__(self, start: Callable[[], Lane], monotonic: Callable[[], float]) -> None:
        self._start = start
        self._monotonic = monotonic
        self.lane = start()

    def look(self) -> bool:
        """Whether the lane had to be replaced. To be called every few seconds."""
        if self._monotonic() <= self.lane.alive_until:
            return False
        logger.warning("the lane shows no life: starting another")
        self.lane.abandon()
        self.lane = self._start()
        return True

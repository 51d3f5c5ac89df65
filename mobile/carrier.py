"""The carrier: brings files to the server beside the courier, one piece after the other."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

from msgspec import Struct

from mobile import evidence, tus
from mobile.courier import alone
from mobile.passes import Passes
from mobile.replica import Replica
from mobile.wire import Faulty, TooSlow, Unreachable
from sync.session import TimedOut
from sync.transfer import (
    Answer,
    Around,
    Asked,
    Create,
    Delivered,
    Failed,
    Pace,
    Patch,
    Unfit,
    transfer,
)

LOCK_FILE: Final = "carrier.lock"
MS: Final = 1000


class Delivery(Struct, frozen=True, kw_only=True):
    """What one conversation about files came to, and what is left to bring."""

    files_sent: int
    pending_files: int
    pending_bytes: int = 0
    set_aside: int = 0
    paused: bool = False
    timed_out: bool = False

    @property
    def has_news(self) -> bool:
        """Whether something came that the server should soon hear of: files bring no news."""
        return False


class Luggage(Struct, frozen=True, kw_only=True):
    """What a carrier works with: the road, its pass, its folder, a clock that only runs."""

    road: tus.Road
    passes: Passes
    folder: Path
    monotonic: Callable[[], float]


class Carrier:
    """Brings one person's files to the server. One thread owns it and its connection."""

    def __init__(self, replica: Replica, luggage: Luggage, around: Around, pace: Pace) -> None:
        self._replica = replica
        self._luggage = luggage
        self._around = around
        self._pace = pace
        self._read: tuple[str, bytes] | None = None

    def carry(self, progress: Callable[[], None] = lambda: None) -> Delivery:
        """Send what waits until nothing is left that may go; `progress` after each answer.

        Raises `Busy`, `mobile.database.Full` and what the wire raises. What the server has by then
        it keeps: the next conversation goes on from there.
        """
        with alone(self._luggage.folder, LOCK_FILE):
            delivered = self._drive(transfer(self._replica, self._around, self._pace), progress)
        left = self._replica.left()
        return Delivery(
            files_sent=delivered.files,
            pending_files=left.files,
            pending_bytes=left.bytes,
            set_aside=delivered.set_aside,
            paused=delivered.paused,
            timed_out=delivered.timed_out,
        )

    def _drive(
        self, talking: Generator[Asked, Answer, Delivered], progress: Callable[[], None]
    ) -> Delivered:
        try:
            asked = next(talking)
            while True:
                answer = self._answer(asked)
                progress()
                asked = talking.send(answer)
        except StopIteration as end:
            delivered: Delivered = end.value
            return delivered
        finally:
            talking.close()
            self._read = None

    def _answer(self, asked: Asked) -> Answer:
        body = self._body(asked)
        if body is None:
            return Unfit("missing")
        try:
            return self._asked(asked, body)
        except TooSlow:
            return TimedOut()
        except Faulty:
            return Failed()
        except Unreachable:
            if body:  # somebody on the way may bear no pieces as large as this
                self._pace.slow_down()
            raise

    def _asked(self, asked: Asked, body: bytes) -> Answer:
        luggage = self._luggage
        device = self._replica.identity().device
        began = luggage.monotonic()
        answer = luggage.passes.use(device, lambda token: tus.ask(luggage.road, asked, body, token))
        took_ms = int((luggage.monotonic() - began) * MS)
        return tus.timed(answer, took_ms)

    def _body(self, asked: Asked) -> bytes | None:
        """The bytes that go along, out of a file that still is what its name says."""
        if not isinstance(asked, Create | Patch) or not asked.length:
            return b""
        if self._read is None or self._read[0] != asked.sha256:
            data = evidence.read(self._luggage.folder, asked.sha256)
            if data is None or len(data) < asked.length:
                return None
            self._read = (asked.sha256, data)
        start = asked.offset if isinstance(asked, Patch) else 0
        return self._read[1][start : start + asked.length]

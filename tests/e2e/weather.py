"""Bad networks between a phone and its server, by dice that a seed decides.

Whatever the weather does, it does to bytes of real connections between real processes, and knows
no more of the protocol than where one request or answer ends.
"""

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from msgspec import Struct

from tests.e2e.road import Heard, heard

CHUNK: Final = 4_096
LATE_S: Final = (0.02, 0.4)
DRIBBLE_BYTES_S: Final = 1_024  # of a line that bears next to nothing
DRIBBLED: Final = 3_000  # so many bytes of it; then such a line ends
HEAD_BYTE_S: Final = 0.002

Pass = Callable[["Crossing"], None]


class Lost(OSError):
    """The weather ended a connection."""


class Message(Struct, frozen=True):
    """A request or an answer, with its whole body."""

    head: Heard
    body: bytes


class Crossing(Struct, kw_only=True):
    """One request on its way: who asked, who is asked, and the dice of this connection."""

    asked: Message
    phone: socket.socket
    office: socket.socket
    dice: random.Random

    def forward(self) -> None:
        """The whole request reaches the server."""
        self.office.sendall(self.asked.head.raw + self.asked.body)

    def answer(self) -> bytes:
        """The whole answer of the server."""
        told = whole(self.office, is_answer=True, to=self.asked.head.first)
        return told.head.raw + told.body


def calm(crossing: Crossing) -> None:
    """Nothing happens."""
    crossing.forward()
    crossing.phone.sendall(crossing.answer())


def late(crossing: Crossing) -> None:
    """Everything takes its time, there and back."""
    time.sleep(crossing.dice.uniform(*LATE_S))
    crossing.forward()
    told = crossing.answer()
    time.sleep(crossing.dice.uniform(*LATE_S))
    crossing.phone.sendall(told)


def dropped(crossing: Crossing) -> None:
    """The request never gets there."""
    raise Lost(crossing.asked.head.first)


def cut_going(crossing: Crossing) -> None:
    """The line is cut after some bytes of the request."""
    whole_request = crossing.asked.head.raw + crossing.asked.body
    crossing.office.sendall(whole_request[: crossing.dice.randrange(1, len(whole_request))])
    raise Lost(crossing.asked.head.first)


def cut_coming(crossing: Crossing) -> None:
    """The line is cut after some bytes of the answer."""
    crossing.forward()
    told = crossing.answer()
    crossing.phone.sendall(told[: crossing.dice.randrange(1, len(told))])
    raise Lost(crossing.asked.head.first)


def unanswered(crossing: Crossing) -> None:
    """The server does what it was asked, and its answer is lost."""
    crossing.forward()
    crossing.answer()
    raise Lost(crossing.asked.head.first)


def half_closed(crossing: Crossing) -> None:
    """The phone's side ends with the request; what the server answers still comes."""
    crossing.forward()
    crossing.office.shutdown(socket.SHUT_WR)
    crossing.phone.sendall(crossing.answer())
    raise Lost(crossing.asked.head.first)


def doubled(crossing: Crossing) -> None:
    """The request reaches the server twice at once; the phone hears one of the answers."""
    with socket.create_connection(crossing.office.getpeername()) as again:
        again.sendall(crossing.asked.head.raw + crossing.asked.body)
        crossing.forward()
        told = crossing.answer()
        with suppress(OSError):
            whole(again, is_answer=True, to=crossing.asked.head.first)
    crossing.phone.sendall(told)


def dribbling(crossing: Crossing) -> None:
    """A kilobyte a second, and then the line ends, unless all got through before."""
    crossing.forward()
    told = crossing.answer()
    for start in range(0, min(len(told), DRIBBLED), CHUNK // 16):
        piece = told[start : start + CHUNK // 16]
        time.sleep(len(piece) / DRIBBLE_BYTES_S)
        crossing.phone.sendall(piece)
    if len(told) > DRIBBLED:
        raise Lost(crossing.asked.head.first)


def slow_heads(crossing: Crossing) -> None:
    """Heads come byte by byte, there and back."""
    for byte in crossing.asked.head.raw:
        time.sleep(HEAD_BYTE_S)
        crossing.office.sendall(bytes([byte]))
    crossing.office.sendall(crossing.asked.body)
    told = whole(crossing.office, is_answer=True, to=crossing.asked.head.first)
    for byte in told.head.raw:
        time.sleep(HEAD_BYTE_S)
        crossing.phone.sendall(bytes([byte]))
    crossing.phone.sendall(told.body)


FAULTS: Final[tuple[Pass, ...]] = (
    late,
    dropped,
    cut_going,
    cut_coming,
    unanswered,
    half_closed,
    doubled,
    dribbling,
    slow_heads,
)


class Weather:
    """Listens on a port of its own, and leads to the server's through what the dice say.

    `share` is how many of the requests meet a fault. `met` counts them by name.
    """

    def __init__(self, port: int, seed: str, share: float) -> None:
        self._to = port
        self._dice = random.Random(f"weather {seed}")
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self._deck: list[Pass] = []
        self._over = False
        self.port = int(self._door.getsockname()[1])
        self.share = share
        self.met: Counter[str] = Counter()

    @contextmanager
    def open(self) -> Iterator["Weather"]:
        """Open for as long as the block lasts."""
        thread = threading.Thread(target=self._welcome, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over = True
            with suppress(OSError):
                self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
            thread.join()

    def _welcome(self) -> None:
        while not self._over:
            try:
                phone, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._lead, args=(phone,), daemon=True).start()

    def _lead(self, phone: socket.socket) -> None:
        with phone, suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as office:
            while True:
                asked = whole(phone, is_answer=False)
                does, dice = self._next()
                does(Crossing(asked=asked, phone=phone, office=office, dice=dice))

    def _next(self) -> tuple[Pass, random.Random]:
        with self._lock:
            does = self._drawn() if self._dice.random() < self.share else calm
            self.met[does.__name__] += 1
            return does, random.Random(self._dice.random())

    def _drawn(self) -> Pass:
        """A fault; none comes again before each of the others came."""
        self._deck = self._deck or self._dice.sample(FAULTS, len(FAULTS))
        return self._deck.pop()


class Link(Struct, frozen=True, kw_only=True):
    """What a line bears: how long a byte takes (s), and bytes a second each way."""

    delay_s: float
    up_bytes_s: int
    down_bytes_s: int


THIRD_GENERATION: Final = Link(delay_s=0.15, up_bytes_s=48_000, down_bytes_s=100_000)


class Line:
    """A line of some quality to a server, which can be taken away and given back."""

    def __init__(self, port: int, link: Link) -> None:
        self._to = port
        self._link = link
        self._door = socket.create_server(("127.0.0.1", 0))
        self._over = False
        self._open: set[socket.socket] = set()
        self.port = int(self._door.getsockname()[1])
        self.is_up = True

    @contextmanager
    def open(self) -> Iterator["Line"]:
        """There for as long as the block lasts."""
        thread = threading.Thread(target=self._welcome, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over = True
            self.take_away()
            with suppress(OSError):
                self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
            thread.join()

    def take_away(self) -> None:
        """Nothing gets through any more, nor does what is on its way."""
        self.is_up = False
        for one in tuple(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def give_back(self) -> None:
        """Whoever connects from now on gets through."""
        self.is_up = True

    def _welcome(self) -> None:
        while not self._over:
            try:
                phone, _ = self._door.accept()
            except OSError:
                return
            if not self.is_up:
                phone.close()
                continue
            threading.Thread(target=self._lead, args=(phone,), daemon=True).start()

    def _lead(self, phone: socket.socket) -> None:
        with phone, suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as office:
            self._open |= {phone, office}
            down = (office, phone, self._link.down_bytes_s)
            back = threading.Thread(target=self._carry, args=down, daemon=True)
            back.start()
            self._carry(phone, office, self._link.up_bytes_s)
            back.join()
            self._open -= {phone, office}

    def _carry(self, one: socket.socket, other: socket.socket, bytes_s: int) -> None:
        """Pass on what comes, later and no faster than the line bears; then end both."""
        with suppress(OSError):
            is_first = True
            while piece := one.recv(CHUNK):
                time.sleep(len(piece) / bytes_s + (self._link.delay_s if is_first else 0))
                other.sendall(piece)
                is_first = len(piece) < CHUNK
        for line in (one, other):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def whole(line: socket.socket, *, is_answer: bool, to: str = "") -> Message:
    """The next message on a line with its body. Raises `Lost` when the line ends before.

    An answer to a request for a head alone (`to`) has none.
    """
    head = heard(line)
    if head is None:
        raise Lost("closed")
    if head.headers.get("transfer-encoding", "") == "chunked":
        return Message(head, _chunks(line))
    left = 0 if is_answer and to.startswith("HEAD ") else head.length
    body = b""
    while len(body) < left:
        piece = line.recv(min(CHUNK, left - len(body)))
        if not piece:
            raise Lost("closed")
        body += piece
    return Message(head, body)


def _chunks(line: socket.socket) -> bytes:
    """A body in chunks, as it came."""
    raw = b""
    while not raw.endswith(b"\r\n0\r\n\r\n") and raw != b"0\r\n\r\n":
        piece = line.recv(CHUNK)
        if not piece:
            raise Lost("closed")
        raw += piece
    return raw

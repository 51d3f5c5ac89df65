"""A narrow road between a phone and its server, on which every byte of a file is counted."""

import socket
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from msgspec import Struct, field

CHUNK: Final = 8_192
HEAD_END: Final = b"\r\n\r\n"
WRONG: Final = 400
DISAGREED: Final = 460


class Heard(Struct, kw_only=True):
    """The head of a request or an answer."""

    first: str
    headers: dict[str, str]
    raw: bytes

    @property
    def length(self) -> int:
        """How many bytes follow it."""
        return int(self.headers.get("content-length", "0"))


class Tally(Struct, kw_only=True):
    """What went along: bodies of pieces, and those of them that the server had no use for.

    `begun` are the files of which a piece went before, by hash.
    """

    requests: int = 0
    sent: int = 0
    needless: int = 0
    told: list[str] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)


class Road:
    """Listens on a port of its own; lets so many bytes a second through to the server's."""

    def __init__(self, port: int, bytes_per_s: int) -> None:
        self._to = port
        self._bytes_per_s = bytes_per_s
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.tally = Tally()
        self.travelling = threading.Event()  # the bytes of a file are under way
        self.ends_at: int | None = None  # so many bytes of pieces got through: the line ends, once
        self.ended = threading.Event()
        self._over = False

    @contextmanager
    def open(self) -> Iterator["Road"]:
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
            while (asked := heard(phone)) is not None:
                self._pass(asked, phone, office)

    def _pass(self, asked: Heard, phone: socket.socket, office: socket.socket) -> None:
        """One request and its answer, whose sizes both tell."""
        is_piece = "offset+octet-stream" in asked.headers.get("content-type", "")
        again = is_piece and self._is_again(asked)
        office.sendall(asked.raw)
        went = self._bytes(asked.length, phone, office, counted=is_piece)
        answer = heard(office)
        status = int(answer.first.split()[1]) if answer is not None else 0
        if is_piece:
            told = f"{asked.first} {asked.headers.get('upload-offset', '')} {went} -> {status}"
            self.tally.told.append(told)
            if again or (status >= WRONG and status != DISAGREED):
                self.tally.needless += went
        if answer is None:
            raise OSError("the server is gone")
        phone.sendall(answer.raw)
        if not asked.first.startswith("HEAD "):
            self._bytes(answer.length, office, phone, counted=False)

    def _is_again(self, asked: Heard) -> bool:
        """Whether a file begins with a piece though one of it went before."""
        if not asked.first.startswith("POST "):
            return False
        name = b64decode(asked.headers["upload-metadata"].split()[1]).decode()
        again = name in self.tally.begun
        self.tally.begun.add(name)
        return again

    def _bytes(self, left: int, one: socket.socket, other: socket.socket, *, counted: bool) -> int:
        """Pass a body on as it comes, slowly where it is counted; returns how much got through."""
        went = 0
        self.tally.requests += counted
        while left:
            self._end(counted=counted)
            piece = one.recv(min(CHUNK, left, self._until_its_end()))
            if not piece:
                raise OSError("cut")
            if counted:
                self.travelling.set()
                time.sleep(len(piece) / self._bytes_per_s)
            other.sendall(piece)
            left -= len(piece)
            went += len(piece)
            if counted:
                self.tally.sent += len(piece)
        self._end(counted=counted)
        return went

    def _until_its_end(self) -> int:
        return CHUNK if self.ends_at is None else max(1, self.ends_at - self.tally.sent)

    def _end(self, *, counted: bool) -> None:
        if counted and self.ends_at is not None and self.tally.sent >= self.ends_at:
            self.ends_at = None
            self.ended.set()
            raise OSError("the line ends here")


def heard(line: socket.socket) -> Heard | None:
    """The next head on a line; None when it is closed."""
    raw = b""
    while not raw.endswith(HEAD_END):
        one = line.recv(1)
        if not one:
            return None
        raw += one
    first, *rest = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return Heard(first=first, headers={n.lower(): v.strip() for n, _, v in pairs}, raw=raw)

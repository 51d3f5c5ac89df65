"""The line between a device and a server: HTTP with every byte counted, and cut where told."""

import gzip
from http.client import HTTPConnection, HTTPResponse
from typing import Any, Literal

from msgspec import Struct

# Where a request is cut: half the body sent, whole body and no wait, the reply thrown away.
Cut = Literal["half", "no wait", "reply lost"]
CUTS: tuple[Cut, ...] = ("half", "no wait", "reply lost")
TIMEOUT_S = 120
BUSY = 503


class Traffic(Struct):
    """What went over a line: requests, bodies as sent (compressed), and all with the headers."""

    requests: int = 0
    up: int = 0
    down: int = 0
    whole_up: int = 0
    whole_down: int = 0


class Refused(Exception):
    """The server answered with an error."""


class Busy(Refused):
    """The server has too much to do just now, and says so."""


class _Counted(HTTPConnection):
    """A connection that counts what it sends."""

    sent = 0

    def send(self, data: Any) -> None:
        """As in the library."""
        super().send(data)
        self.sent += len(data) if isinstance(data, bytes) else 0


class Line:
    """A kept-alive connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: _Counted | None = None
        self.traffic = Traffic()

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def post(
        self, path: str, body: bytes, headers: dict[str, str], cut: Cut | None = None
    ) -> bytes | None:
        """The answer's body, opened; None if nobody waited for it. Raises `Refused`.

        An answer that is to be lost is returned, for the books; who asked must not act on it.
        """
        connection = self._connection = self._connection or _Counted(
            "127.0.0.1", self._port, timeout=TIMEOUT_S
        )
        before = connection.sent
        connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body[: len(body) // 2] if cut == "half" else body)
        self.traffic.requests += 1
        self.traffic.up += len(body)
        self.traffic.whole_up += connection.sent - before
        if cut in ("half", "no wait"):
            self.close()
            return None
        return self._read(connection.getresponse())

    def _read(self, response: HTTPResponse) -> bytes:
        content = response.read()
        told = sum(len(name) + len(value) + 4 for name, value in response.getheaders())
        self.traffic.down += len(content)
        self.traffic.whole_down += len(content) + told + len("HTTP/1.1 200 OK\r\n\r\n")
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        if response.status == BUSY:
            raise Busy(f"{content[:500]!r}")
        if not 200 <= response.status < 300:
            raise Refused(f"{response.status}: {content[:500]!r}")
        return content

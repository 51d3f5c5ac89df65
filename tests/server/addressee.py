"""A message gateway for tests: a real HTTP server that writes down what it gets, and answers so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import Struct, field

SECRET = "a secret of the gateway"


class Got(Struct, frozen=True, kw_only=True):
    """One request as it came: path, headers by small names, and body."""

    path: str
    headers: dict[str, str]
    body: bytes


class Addressee(Struct, kw_only=True):
    """What came so far, and what is answered next: status, headers, body; the last one is kept.

    With `holds` set nobody is answered until it is let go; with `drips` an answer comes in drops.
    """

    url: str
    got: list[Got] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(
        default_factory=lambda: [(202, {}, b"")]
    )
    holds: threading.Event | None = None
    drips: threading.Event | None = None

    def next_answer(self) -> tuple[int, dict[str, str], bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def listening() -> Iterator[Addressee]:
    """A gateway on a port of this machine, for as long as the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    addressee = Addressee(url=f"http://127.0.0.1:{server.server_port}/in?from=office")
    server.addressee = addressee  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield addressee
    finally:
        for held in (addressee.holds, addressee.drips):
            if held is not None:
                held.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        addressee: Addressee = self.server.addressee  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        addressee.got.append(Got(path=self.path, headers=headers, body=body))
        if addressee.holds is not None:
            addressee.holds.wait(30)
        status, more, answer = addressee.next_answer()
        try:
            if addressee.drips is not None:
                self._drip(addressee.drips)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            return

    def _drip(self, over: threading.Event) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drops: ")
        while not over.wait(0.05):
            self.wfile.write(b".")
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - so called there
        """Say nothing."""

"""A server of a few lines on loopback, which answers what a test tells it to."""

import gzip
import socket
import ssl
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from msgspec import Struct, field

JSON = {"Content-Type": "application/json"}
TRICKLE_S = 0.02
PROBLEM = {"Content-Type": "application/problem+json"}


class Answer(Struct, kw_only=True):
    """What the server says next; `slow_s` is how long it thinks."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    slow_s: float = 0.0


class Heard(Struct, kw_only=True):
    """A request as it came in, decompressed."""

    path: str
    body: bytes
    headers: dict[str, str]


class Office(ThreadingHTTPServer):
    """Answers in turn, the last answer for ever, and remembers what it heard."""

    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.answers = list(answers)
        self.heard: list[Heard] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Somebody hung up: a test meant them to."""


class _Desk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        office = self.server
        assert isinstance(office, Office)
        data = self.rfile.read(int(self.headers["Content-Length"]))
        office.heard.append(
            Heard(path=self.path, body=gzip.decompress(data), headers=dict(self.headers))
        )
        answer = office.answers.pop(0) if len(office.answers) > 1 else office.answers[0]
        time.sleep(answer.slow_s)
        body = gzip.compress(answer.body)
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Encoding": "gzip"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: a test says itself what it saw."""


@contextmanager
def office(*answers: Answer, tls: Path | None = None) -> Iterator[tuple[str, Office]]:
    """The server and its address, for as long as the block lasts."""
    server = Office(*answers)
    scheme = "http"
    if tls is not None:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}", server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def trickling(opening: bytes) -> Iterator[str]:
    """The address of a server that begins an answer so and then sends a byte now and then."""
    over = threading.Event()

    def answer(phone: socket.socket) -> None:
        with phone, suppress(OSError):
            phone.recv(65_536)
            phone.sendall(opening)
            while not over.wait(TRICKLE_S):
                phone.sendall(b"x")

    def welcome() -> None:
        with suppress(OSError):
            while not over.is_set():
                phone, _ = door.accept()
                threading.Thread(target=answer, args=(phone,), daemon=True).start()

    door = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=welcome)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        over.set()
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()


def certificate(folder: Path) -> tuple[Path, bytes]:
    """A self-signed certificate with its key in one file, and its DER."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "office")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    path = folder / "office.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + made.public_bytes(Encoding.PEM))
    return path, made.public_bytes(Encoding.DER)


def decoded(text: str) -> bytes:
    """Base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))

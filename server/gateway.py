"""The gateway: brings one message to the address that the company named, signed, and nowhere else.

The address is looked up once and connected to as it was looked at. No redirect is followed and no
proxy asked; an answer is read for as long as the deadline and as far as the limit.
"""

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from server.settings import Webhook
from shared.amounts import without_control_characters

ANSWER_BYTES_MAX: Final = 16_384
RETRY_AFTER_S_MAX: Final = 3_600
REFERENCE_CHARS_MAX: Final = 200
PORTS: Final = {"http": 80, "https": 443}
OK, MULTIPLE, BAD = 200, 300, 400
SERVER_ERROR: Final = 500
# What will be answered the same however often it is asked: the message itself is not wanted.
FOR_GOOD: Final = frozenset({400, 409, 410, 413, 415, 422})
SIGNATURE: Final = "Fieldfare-Signature"
TIMESTAMP: Final = "Fieldfare-Timestamp"
KEY: Final = "Idempotency-Key"
ARRIVED: Final = "delivered"  # what a gateway says of a message that is known to have been read

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Letter(Struct, frozen=True, kw_only=True):
    """What is brought: the id by which the gateway tells that it had it already, and the body."""

    id: str
    body: bytes


class Answer(Struct, frozen=True, kw_only=True):
    """What became of one try: the gateway's status, or the code of what went wrong.

    `again` says that another try may succeed, `after_s` when the gateway would like it.
    """

    status: int | None = None
    fault: str = ""
    again: bool = False
    after_s: int = 0
    reference: str = ""
    delivered: bool = False


class _Told(Struct, frozen=True):
    """What a gateway may answer, if it likes."""

    reference: str = ""
    state: str = ""


class _NotAllowed(Exception):
    """None of the addresses of the gateway's host may be written to."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `<timestamp>.<body>`: whoever knows the secret tells that it is from us."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(webhook: Webhook, letter: Letter, now_ms: int) -> Answer:
    """Bring a message to the gateway. Never raises for what the network or the gateway does."""
    timestamp = str(now_ms // 1000)
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "fieldfare",
        "Connection": "close",
        KEY: letter.id,
        TIMESTAMP: timestamp,
        SIGNATURE: f"v1={sign(webhook.secret, timestamp, letter.body)}",
    }
    try:
        return _posted(webhook, headers, letter.body)
    except _NotAllowed:
        return Answer(fault="not_allowed", again=True)
    except ssl.SSLCertVerificationError:
        return Answer(fault="dark", again=True)
    except TimeoutError:
        return Answer(fault="timed_out", again=True)
    except (OSError, ValueError, http.client.HTTPException):
        return Answer(fault="unreachable", again=True)


def _posted(webhook: Webhook, headers: dict[str, str], body: bytes) -> Answer:
    parts = urlsplit(webhook.url)
    host = str(parts.hostname)
    port = parts.port or PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    raw = _connected(host, port, webhook)
    line = http.client.HTTPConnection(host, port, timeout=webhook.timeout_s)
    with raw, _deadline(raw, webhook.timeout_s) as over:
        try:
            line.sock = _wrapped(raw, host) if parts.scheme == "https" else raw
            line.request("POST", path, body, headers)
            heard = _heard(line.getresponse())
        except (OSError, ValueError, http.client.HTTPException):
            if over.is_set():
                raise TimeoutError from None
            raise
        finally:
            line.close()
        if over.is_set():  # what was cut off reads like a short answer
            raise TimeoutError
    return heard


def _heard(reply: http.client.HTTPResponse) -> Answer:
    told = reply.read(ANSWER_BYTES_MAX)
    return answer_of(reply.status, reply.getheader("Retry-After") or "", told)


@contextmanager
def _deadline(line: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """Whoever answers drop by drop is cut off: a timeout alone begins anew with every drop."""
    over = threading.Event()
    other = line.dup()  # what is wrapped for TLS gives its own descriptor away

    def cut() -> None:
        over.set()
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
        other.close()


def _wrapped(raw: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host)


def _connected(host: str, port: int, webhook: Webhook) -> socket.socket:
    """A connection to one of the host's addresses that may be written to."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    may_be = partial(is_allowed, private=webhook.private)
    allowed = [one for one in found if may_be(ipaddress.ip_address(str(one[4][0]).split("%")[0]))]
    if not allowed:
        raise _NotAllowed
    return _first_of(allowed, webhook.timeout_s)


def _first_of(addresses: Iterable[Any], timeout_s: float) -> socket.socket:
    last: OSError = OSError()
    for family, kind, number, _, address in addresses:
        line = socket.socket(family, kind, number)
        line.settimeout(timeout_s)
        try:
            line.connect(address)
        except OSError as error:
            line.close()
            last = error
        else:
            return line
    raise last


def is_allowed(address: Address, *, private: bool) -> bool:
    """Whether messages may be brought to an address: a public one, or one of our own network.

    Never to what speaks of the machine itself in a cloud, or to many at once.
    """
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified:
        return False
    if plain.is_reserved and not plain.is_loopback:
        return False
    return private or plain.is_global


def answer_of(status: int, retry_after: str, told: bytes) -> Answer:
    """What a status means: taken, not to be tried again, or to be tried later."""
    if OK <= status < MULTIPLE:
        said = _said(told)
        return Answer(
            status=status,
            reference=without_control_characters(said.reference)[:REFERENCE_CHARS_MAX],
            delivered=said.state == ARRIVED,
        )
    if status < OK or status >= SERVER_ERROR:
        fault = "failing"
    else:
        fault = "moved" if status < BAD else "refused"
    wait = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0
    again = status not in FOR_GOOD
    return Answer(status=status, fault=fault, again=again, after_s=min(wait, RETRY_AFTER_S_MAX))


def _said(told: bytes) -> _Told:
    try:
        return msgspec.json.decode(told, type=_Told)
    except (msgspec.DecodeError, RecursionError):
        return _Told()

"""The wire: requests to the server over HTTP, and what can go wrong there, by who must act."""

import gzip
import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, structs

from sync.enrolment import Access, Challenge, Enrolled, Introduction, Nonce

# The HTTP client and the cryptography take longer to load than the app takes to show its first
# screen. They are loaded by the thread that first talks.
if TYPE_CHECKING:
    import requests

DEADLINE_S: Final = 60.0
FILE_S: Final = 600.0
REPLY_BYTES_MAX: Final = 16_000_000  # after decompression
PIECE_BYTES: Final = 65_536
HEARD_BYTES: Final = 4_096
RETRY_AFTER_S_MAX: Final = 3_600.0
UNAVAILABLE: Final = 503
THROTTLED: Final = (429, UNAVAILABLE)
UNAUTHORISED: Final = 401
MULTIPLE_CHOICES: Final = 300
SERVER_ERROR: Final = 500


class Unreachable(Exception):
    """Nobody answered as the server would: no network, too slow, broken, or somebody else."""

    server: str | None = None


class TooSlow(Unreachable):
    """The deadline passed. Whether the server acted is not known."""


class Oversized(Unreachable):
    """The answer is larger than a phone can bear."""


class Faulty(Unreachable):
    """The server failed at what it was asked; it may not fail at something else."""


class Throttled(Exception):
    """The server asks to be left alone for a while."""

    def __init__(self, retry_after_s: float, status: int = 0) -> None:
        super().__init__(f"again in {retry_after_s:g} s")
        self.retry_after_s = retry_after_s
        self.status = status

    @property
    def code(self) -> str:
        """What kind of wait it is."""
        return "busy" if self.status == UNAVAILABLE else "too_many_tries"


class Unauthorised(Exception):
    """The access token was not accepted: it is too old, or this device may no longer read."""


class Refused(Exception):
    """The server will not do it, and says why in a problem document (RFC 9457)."""

    def __init__(self, problem: "Problem") -> None:
        super().__init__(f"{problem.status} {problem.code}: {problem.detail or problem.title}")
        self.problem = problem


class Problem(Struct, frozen=True, kw_only=True):
    """Why the server refused."""

    status: int = 0
    code: str = ""
    title: str = ""
    detail: str = ""


class Got(Struct, frozen=True, kw_only=True):
    """An answer as it came: its status, its headers by their names in small letters, its body."""

    status: int
    headers: dict[str, str]
    content: bytes = b""

    @property
    def kind(self) -> str:
        """What the body is said to be."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


Answer = TypeVar("Answer", Enrolled, Access, Nonce)


class Deadlines(Struct, frozen=True, kw_only=True):
    """How long to wait: for a connection, for the next bytes, and until all is there.

    `file_s` is for a whole file that goes in one request.
    """

    connect_s: float = 10.0
    reply_s: float = 30.0
    whole_s: float = DEADLINE_S
    file_s: float = FILE_S


class Wire:
    """One server, as seen from this device. Tokens go into headers and nowhere else.

    `key` is the thumbprint of the server's TLS key; when given, that key and no other is spoken
    to, whoever vouches for it.
    """

    def __init__(
        self, server: str, key: str | None = None, deadlines: Deadlines | None = None
    ) -> None:
        import requests

        from mobile.connections import Leash, adapter

        self._deadlines = deadlines or Deadlines()
        self._server = server.rstrip("/")
        self._leash = Leash()
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(server)
        self._vouched = key is None
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter(self._leash, key))

    @property
    def server(self) -> str:
        """Where the server is, without a slash at the end."""
        return self._server

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def sync(self, request: bytes, token: str) -> bytes:
        """One round trip: the bytes of a request for the bytes of a reply."""
        return self._post("/sync", request, token)

    def hand_over(self, file: BinaryIO, token: str) -> bytes:
        """Hand in another phone's rescue file, from where it is read; what the server says."""
        headers = {"Content-Type": "application/octet-stream"}
        return _judged(self.carry("POST", "/rescue", headers, file, token=token))

    def enrol(self, told: Introduction) -> Enrolled:
        """Trade a one-time code and a public key for an installation's identity."""
        return self._ask("/enrol", told, Enrolled)

    def nonce(self, device: str) -> str:
        """What this device has to sign next."""
        return self._ask("/token", Challenge(device=device), Nonce).nonce

    def access(self, device: str, nonce: str, signature: str) -> Access:
        """An access token for a signed nonce."""
        signed = Challenge(device=device, nonce=nonce, signature=signature)
        return self._ask("/token", signed, Access)

    def _ask(self, path: str, message: Struct, kind: type[Answer]) -> Answer:
        answer = self._post(path, msgspec.json.encode(message), None)
        try:
            return msgspec.json.decode(answer, type=kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
            raise Unreachable(f"{path}: not an answer of this server: {wrong}") from wrong

    def _post(self, path: str, body: bytes, token: str | None) -> bytes:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        packed = gzip.compress(body, mtime=0)
        return _judged(self.carry("POST", path, headers, packed, token=token))

    def carry(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | BinaryIO,
        *,
        token: str | None,
    ) -> Got:
        """One request and its answer, whatever that says. Raises `Unreachable`."""
        limits = self._deadlines
        whole_s = limits.whole_s if isinstance(body, bytes) else limits.file_s
        until = time.monotonic() + whole_s
        ask = _Ask(method, path, headers, body, token, limits.reply_s)
        with self._meanings(path, until), self._leash.within(whole_s), self._send(ask) as response:
            content = _content(response, until)
        return _got(response, content)

    def listen(self, path: str, token: str, silent_s: float) -> Iterator[bytes]:
        """What the server tells from now on, as it comes, until it or somebody else ends that.

        Raises what a request raises; `TooSlow` also when nothing came for so many seconds.
        """
        ask = _Ask("GET", path, {"Accept-Encoding": "identity"}, b"", token, silent_s)
        until = time.monotonic() + self._deadlines.whole_s
        with self._meanings(path, until), self._leash.within(self._deadlines.whole_s):
            response = self._send(ask)
        with self._meanings(path), response:
            got = _got(response, b"")
            if got.status >= MULTIPLE_CHOICES:
                raise meaning(structs.replace(got, content=_content(response, until)))
            if got.kind != "text/event-stream":
                raise Unreachable("somebody else answered")
            while piece := response.raw.read1(HEARD_BYTES):
                yield piece

    def hang_up(self) -> None:
        """End what is going on over this wire, and do not let anything begin. From any thread."""
        self._leash.cut()

    def _send(self, ask: "_Ask") -> "requests.Response":
        return self._session.request(
            ask.method,
            self._server + ask.path,
            data=ask.body,
            headers={"Accept": "application/json", **ask.headers},
            auth=_Bearer(ask.token),
            verify=self._vouched,
            timeout=(self._deadlines.connect_s, ask.reply_s),
            stream=True,
            allow_redirects=False,
        )

    @contextmanager
    def _meanings(self, path: str, until: float | None = None) -> Iterator[None]:
        """What the library raises, by who must act. What ends after `until` was cut off."""
        import requests
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        try:
            yield
        except (requests.RequestException, HTTPError) as wrong:
            slow = requests.Timeout | TimeoutError | ReadTimeoutError
            is_late = until is not None and time.monotonic() > until
            if is_late or isinstance(wrong, slow) or isinstance(_root(wrong), slow):
                raise TooSlow(f"{path}: {_cause(wrong)}") from wrong
            raise Unreachable(f"{path}: {_cause(wrong)}") from wrong


class _Ask(Struct, frozen=True):
    """One request: what is asked, and for how long (s) the next bytes are waited for."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | BinaryIO
    token: str | None
    reply_s: float


def _got(response: "requests.Response", content: bytes) -> Got:
    known = {name.lower(): value for name, value in response.headers.items()}
    return Got(status=response.status_code, headers=known, content=content)


class _Bearer:
    """The one source of credentials: without it a file in the home folder might supply some."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: "requests.PreparedRequest") -> "requests.PreparedRequest":
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def is_loopback(server: str) -> bool:
    """Whether a server is on this very machine, where no network can listen."""
    host = urlsplit(server).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _content(response: "requests.Response", until: float) -> bytes:
    """The body, within the deadline and the size that a phone can bear."""
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_content(PIECE_BYTES):
        size += len(piece)
        pieces.append(piece)
        if size > REPLY_BYTES_MAX:
            raise Oversized(f"the answer is larger than {REPLY_BYTES_MAX} bytes")
    if time.monotonic() > until:  # it was cut off, which may look like an end
        raise TooSlow("the answer took longer than the deadline")
    return b"".join(pieces)


def _judged(got: Got) -> bytes:
    """The body of a good answer; every other answer as what it means."""
    if got.status < MULTIPLE_CHOICES:
        if got.kind != "application/json":
            raise Unreachable("somebody else answered: is there a page to sign in to this network?")
        return got.content
    raise meaning(got)


def meaning(got: Got) -> Exception:
    """What an answer means that is not a good one."""
    wait = _wait_s(got)
    if got.status in THROTTLED and wait is not None:
        return Throttled(wait, got.status)
    if got.status == UNAUTHORISED:
        return Unauthorised(_problem(got.status, got.content).code)
    if got.kind == "application/problem+json" and got.status < SERVER_ERROR:
        return Refused(_problem(got.status, got.content))
    if got.status >= SERVER_ERROR:
        return Faulty(f"the answer was {got.status}")
    return Unreachable(f"the answer was {got.status}")


def _wait_s(got: Got) -> float | None:
    text = got.headers.get("retry-after", "")
    return min(float(text), RETRY_AFTER_S_MAX) if text.isdecimal() else None


def _problem(status: int, content: bytes) -> Problem:
    try:
        found = msgspec.json.decode(content, type=Problem)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        found = Problem()
    return structs.replace(found, status=status)


def _cause(wrong: Exception) -> str:
    """What went wrong, without the address and whatever else the library writes about it."""
    return type(_root(wrong)).__name__


def _root(wrong: BaseException) -> BaseException:
    """The first error of a chain: the library wraps a slow body in others."""
    inner = wrong.__cause__ or wrong.__context__
    return _root(inner) if inner is not None else wrong

"""The wire: requests to the server over HTTP, and what can go wrong there, by who must act."""

import gzip
import hashlib
import ipaddress
import time
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from sync.enrolment import Access, Challenge, Enrolled, Introduction, Nonce

# The HTTP client and the cryptography take longer to load than the app takes to show its first
# screen. They are loaded by the thread that first talks.
if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

DEADLINE_S: Final = 60.0
REPLY_BYTES_MAX: Final = 16_000_000  # after decompression
PIECE_BYTES: Final = 65_536
RETRY_AFTER_S_MAX: Final = 3_600.0
THROTTLED: Final = (429, 503)
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


class Throttled(Exception):
    """The server asks to be left alone for a while."""

    def __init__(self, retry_after_s: float, status: int = 0) -> None:
        super().__init__(f"again in {retry_after_s:g} s")
        self.retry_after_s = retry_after_s
        self.status = status


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


Answer = TypeVar("Answer", Enrolled, Access, Nonce)


class Deadlines(Struct, frozen=True, kw_only=True):
    """How long to wait: for a connection, for the next bytes, and for the whole answer."""

    connect_s: float = 10.0
    reply_s: float = 30.0
    whole_s: float = DEADLINE_S


class Wire:
    """One server, as seen from this device. Tokens go into headers and nowhere else.

    `key` is the thumbprint of the server's TLS key; when given, that key and no other is spoken
    to, whoever vouches for it.
    """

    def __init__(
        self, server: str, key: str | None = None, deadlines: Deadlines | None = None
    ) -> None:
        import requests

        self._deadlines = deadlines or Deadlines()
        self._server = server.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(server)
        self._vouched = key is None
        if key is not None:
            self._session.mount("https://", _pinned_adapter(key))

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def sync(self, request: bytes, token: str) -> bytes:
        """One round trip: the bytes of a request for the bytes of a reply."""
        return self._post("/sync", request, token)

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
        except msgspec.DecodeError as wrong:
            raise Unreachable(f"{path}: not an answer of this server: {wrong}") from wrong

    def _post(self, path: str, body: bytes, token: str | None) -> bytes:
        import requests
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        limits = self._deadlines
        until = time.monotonic() + limits.whole_s
        try:
            with self._session.post(
                self._server + path,
                data=gzip.compress(body, mtime=0),
                headers=headers | {"Accept": "application/json"},
                auth=_Bearer(token),
                verify=self._vouched,
                timeout=(limits.connect_s, limits.reply_s),
                stream=True,
                allow_redirects=False,
            ) as response:
                content = _content(response, until)
        except (requests.Timeout, ReadTimeoutError) as wrong:
            raise TooSlow(f"{path}: {_cause(wrong)}") from wrong
        except (requests.RequestException, HTTPError) as wrong:
            if isinstance(_root(wrong), TimeoutError | ReadTimeoutError):
                raise TooSlow(f"{path}: {_cause(wrong)}") from wrong
            raise Unreachable(f"{path}: {_cause(wrong)}") from wrong
        return _judged(response, content)


class _Bearer:
    """The one source of credentials: without it a file in the home folder might supply some."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: "requests.PreparedRequest") -> "requests.PreparedRequest":
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _pinned_adapter(key: str) -> "HTTPAdapter":
    """Connections to one key only, which need no other proof."""
    from ssl import SSLSocket

    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPSConnectionPool, PoolManager
    from urllib3.connection import HTTPSConnection
    from urllib3.exceptions import HTTPError

    class Connection(HTTPSConnection):
        """A connection that says nothing before the other side has shown the right key."""

        def connect(self) -> None:
            super().connect()
            assert isinstance(self.sock, SSLSocket)
            shown = self.sock.getpeercert(binary_form=True)
            if shown is None or thumbprint(shown) != key:
                self.close()
                raise HTTPError("the server's key is not the one this device was enrolled with")
            self.is_verified = True

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            """As in the library, with connections of our own."""
            self.poolmanager = PoolManager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"https": Pool}

    return Adapter()


def thumbprint(certificate: bytes) -> str:
    """SHA-256 of a certificate's public key (DER, SubjectPublicKeyInfo), base64url, unpadded."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_der_x509_certificate

    public = load_der_x509_certificate(certificate).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


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
        if time.monotonic() > until:
            raise TooSlow("the answer took longer than the deadline")
    return b"".join(pieces)


def _judged(response: "requests.Response", content: bytes) -> bytes:
    """The body of a good answer; every other answer as what it means."""
    status = response.status_code
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if response.ok and status < MULTIPLE_CHOICES:
        if kind != "application/json":
            raise Unreachable("somebody else answered: is there a page to sign in to this network?")
        return content
    wait = _wait_s(response)
    if status in THROTTLED and wait is not None:
        raise Throttled(wait, status)
    if status == UNAUTHORISED:
        raise Unauthorised(_problem(status, content).code)
    if kind == "application/problem+json" and status < SERVER_ERROR:
        raise Refused(_problem(status, content))
    raise Unreachable(f"the answer was {status}")


def _wait_s(response: "requests.Response") -> float | None:
    text = response.headers.get("Retry-After", "")
    return min(float(text), RETRY_AFTER_S_MAX) if text.isdecimal() else None


def _problem(status: int, content: bytes) -> Problem:
    try:
        found = msgspec.json.decode(content, type=Problem)
    except msgspec.DecodeError:
        found = Problem()
    return msgspec.structs.replace(found, status=status)


def _cause(wrong: Exception) -> str:
    """What went wrong, without the address and whatever else the library writes about it."""
    return type(_root(wrong)).__name__


def _root(wrong: BaseException) -> BaseException:
    """The first error of a chain: the library wraps a slow body in others."""
    inner = wrong.__cause__ or wrong.__context__
    return _root(inner) if inner is not None else wrong

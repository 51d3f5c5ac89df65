"""Access tokens: asked for with a signed nonce, and again a little before they run out."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from msgspec import Struct

from mobile.keys import DeviceKey
from mobile.wire import Unauthorised
from sync.enrolment import Access, token_text

RENEW_BEFORE_S: Final = 30.0
NONCE_SPENT: Final = "wrong_signature"  # also where a network brought the same request twice

T = TypeVar("T")


class Counter(Protocol):
    """Where tokens are given out."""

    def nonce(self, device: str) -> str:
        """What this device has to sign next."""

    def access(self, device: str, nonce: str, signature: str) -> Access:
        """An access token for a signed nonce."""


class _Pass(Struct, frozen=True):
    """An access token, and until when it is good by the monotonic clock."""

    token: str
    until: float


class Passes:
    """The access token of one device, as one thread uses it."""

    def __init__(self, counter: Counter, key: DeviceKey, monotonic: Callable[[], float]) -> None:
        self._counter = counter
        self._key = key
        self._monotonic = monotonic
        self._pass: _Pass | None = None

    def use(self, device: str, ask: Callable[[str], T]) -> T:
        """Ask something with a token, with a new one if the old one has run out early.

        Raises `Unauthorised` and what the wire raises.
        """
        known = self._pass
        try:
            return ask(self._token(device))
        except Unauthorised:
            if known is None:
                raise
            self._pass = None
            return ask(self._token(device))

    def _token(self, device: str) -> str:
        now = self._monotonic()
        if self._pass is None or now > self._pass.until:
            try:
                access = self._asked(device)
            except Unauthorised as refused:
                if str(refused) != NONCE_SPENT:
                    raise
                access = self._asked(device)
            self._pass = _Pass(access.token, now + max(access.expires_in - RENEW_BEFORE_S, 0))
        return self._pass.token

    def _asked(self, device: str) -> Access:
        nonce = self._counter.nonce(device)
        return self._counter.access(device, nonce, self._key.sign(token_text(device, nonce)))

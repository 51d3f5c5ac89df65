"""The office: what a route may ask for, put together once by `app`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from litestar import Request
from msgspec import Struct

from server.entries import Event
from server.keys import Dice, Keys
from server.ledger import Ledger
from server.logs import Log, trace_of
from server.settings import Settings
from server.texts import Texts
from shared.ids import RANDOM_BYTES, uuid7
from shared.texts import Catalogue
from sync.ports import Library

SALT_BYTES: Final = 16
MINUTE_MS: Final = 60_000

AnyRequest = Request[Any, Any, Any]


class Contact(Struct, frozen=True, kw_only=True):
    """The last a device was heard of: when (ms), how far its clock was ahead (ms), its app."""

    at: int
    clock_ms: int
    app: str


class Office(Struct, frozen=True, kw_only=True):
    """The server's settings, keys and texts, its clock and dice, and its books.

    `reading` and `writing` are one transaction each; the latter commits at its end. `contacts`
    waits to be written down with the next thing that is. `pin` is the thumbprint by which phones
    know the server, `revision` the newest migration.
    """

    settings: Settings
    keys: Keys
    texts: Texts
    log: Log
    now_ms: Callable[[], int]
    dice: Dice
    reading: Callable[[], AbstractContextManager[Any]]
    writing: Callable[[], AbstractContextManager[Any]]
    close: Callable[[], None]
    ledger: Callable[[Any], Ledger]
    library: Callable[[Any], Library]
    pin: str
    revision: str
    contacts: dict[str, Contact]

    def fresh_id(self) -> str:
        """A new id."""
        return uuid7(self.now_ms(), self.dice(RANDOM_BYTES))

    def event(
        self, kind: str, by: str | None, on: tuple[str, str], facts: dict[str, Any] | None = None
    ) -> Event:
        """Something the server did that belongs in the audit log."""
        salt = self.dice(SALT_BYTES).hex()
        return Event(kind=kind, at=self.now_ms(), salt=salt, by=by, on=on, facts=facts or {})

    def note_crash(self, op_id: str, error: Exception) -> None:
        """Log where a rule or the database broke on an op, without a word of what is in it."""
        cause = error.__cause__ or error
        self.log.error(
            "an op broke a rule", op=op_id, error=type(cause).__name__, trace=trace_of(cause)
        )

    def ends(self, minutes: int) -> int:
        """So many minutes from now, in ms."""
        return self.now_ms() + minutes * MINUTE_MS


def catalogue_of(office: Office, request: AnyRequest) -> Catalogue:
    """The texts in the language the caller reads."""
    return office.texts.of(request.headers.get("accept-language", ""))


def address_of(office: Office, request: AnyRequest) -> str:
    """Where a request comes from; what is forwarded is believed of the named proxy only."""
    peer = request.client.host if request.client else ""
    if office.settings.proxy and peer == office.settings.proxy:
        forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return forwarded or peer
    return peer

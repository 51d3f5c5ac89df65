"""Sessions: who is asking, told by a bearer token, and whether they may."""

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any, Final, Protocol

import jwt
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from msgspec import Struct
from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from server import drains, rows
from server.drains import Parting
from server.keys import Dice, Ring
from server.people import as_person, person_in
from server.problems import Problem
from server.questions import Question
from server.tables import METADATA, access
from shared.people import Person, may

TOKEN_BYTES: Final = 32
TOKEN_PREFIX: Final = "ff_"  # noqa: S105 - it marks a token, it is none
SEEN_EVERY_MS: Final = 5 * 60_000
MS: Final = 1000
ALGORITHM: Final = "HS256"
PASSES_KEPT_MAX: Final = 2_048
PUBLIC: Final = "public"
CONSOLE: Final = "console"
COOKIE: Final = "fieldfare_session"
LAST_WORDS: Final = "sync"  # where a device is still told something of which nothing is taken
# The only thing to be done with a one-time password.
CHANGE_PASSWORD: Final = "password.change"  # noqa: S105

_session: Table = METADATA.tables[access.Session.__tablename__]
_device: Table = METADATA.tables[access.Device.__tablename__]
_credential: Table = METADATA.tables[access.Credential.__tablename__]
_person: Table = METADATA.tables["person"]

# Nearly every request asks one of these, so they are put together once.
_BY_SESSION: Final = (
    select(_person, _session.c.hash, _session.c.seen_at, _credential.c.must_change)
    .select_from(
        _session.join(_person, _person.c.id == _session.c.person_id).outerjoin(
            _credential, _credential.c.person_id == _person.c.id
        )
    )
    .where(_session.c.hash == bindparam("hash"), _session.c.expires_at > bindparam("now"))
)

_OWNED: Final = select(
    *(_device.c.revoked_at, _device.c.drain_closed_at, _device.c.confirmed_at), _person
).select_from(_device.join(_person, _person.c.id == _device.c.person_id))
_BY_DEVICE: Final = Question(_OWNED.where(_device.c.id == bindparam("device")))

AnyConnection = ASGIConnection[Any, Any, Any, Any]


class Actor(Struct, frozen=True, kw_only=True):
    """Who is asking: the person, and the device or the session they came with.

    `parting` is what a device may still do that was revoked.
    """

    person: Person
    device: str | None = None
    parting: Parting | None = None
    session: str | None = None
    must_change: bool = False
    seen_at: int = 0


class Pass(Struct, frozen=True, kw_only=True):
    """What an access token says: for which device, and since when that is in (ms).

    A device that is let in anew is given new tokens, and the old ones are worth nothing.
    """

    device: str
    since: int | None


class Opened(Struct, frozen=True, kw_only=True):
    """A session just opened: its token, which is told once, and when it ends (ms)."""

    token: str
    expires_at: int


def open_session(
    connection: Connection, person_id: str, dice: Dice, times: tuple[int, int]
) -> Opened:
    """Open a session. `times` are (now, its end) in ms."""
    token = TOKEN_PREFIX + urlsafe_b64encode(dice(TOKEN_BYTES)).rstrip(b"=").decode()
    now_ms, expires_at = times
    connection.execute(
        insert(_session).values(
            hash=_hashed(token),
            person_id=person_id,
            created_at=now_ms,
            expires_at=expires_at,
            seen_at=now_ms,
        )
    )
    return Opened(token=token, expires_at=expires_at)


def close_session(connection: Connection, session_hash: str) -> None:
    """End one session."""
    connection.execute(delete(_session).where(_session.c.hash == session_hash))


def close_token(connection: Connection, token: str) -> None:
    """End the session a token belongs to, if there is one."""
    close_session(connection, _hashed(token))


def close_all(connection: Connection, person_id: str) -> None:
    """End every session of a person: the password changed, or the person is gone."""
    connection.execute(delete(_session).where(_session.c.person_id == person_id))


def sweep(connection: Connection, now_ms: int) -> None:
    """Drop sessions that are over."""
    connection.execute(delete(_session).where(_session.c.expires_at <= now_ms))


def person_of_session(connection: Connection, token: str, now_ms: int) -> Actor | None:
    """Who a session token belongs to, unless it is over or its person is disabled."""
    if not token.startswith(TOKEN_PREFIX):
        return None
    row = connection.execute(_BY_SESSION, {"hash": _hashed(token), "now": now_ms}).one_or_none()
    if row is None or row.disabled:
        return None
    return Actor(
        person=as_person(row),
        session=row.hash,
        must_change=bool(row.must_change),
        seen_at=row.seen_at,
    )


def seen(connection: Connection, session_hash: str, now_ms: int) -> None:
    """Note that a session is in use."""
    connection.execute(
        update(_session).where(_session.c.hash == session_hash).values(seen_at=now_ms)
    )


def device_token(ring: Ring, given: Pass, expires_at: int) -> str:
    """A short access token for one device. `expires_at` is in ms."""
    claims = {"sub": given.device, "exp": expires_at // MS, "since": given.since}
    return jwt.encode(claims, ring.secret, ALGORITHM, headers={"kid": ring.newest})


def pass_in(ring: Ring, token: str, now_ms: int) -> Pass | None:
    """What an access token was made for, unless it is over or not ours."""
    found = _read_pass(tuple(ring.secrets.items()), token)
    return None if found is None or found[1] <= now_ms else found[0]


@lru_cache(PASSES_KEPT_MAX)
def _read_pass(secrets: tuple[tuple[str, bytes], ...], token: str) -> tuple[Pass, int] | None:
    """What a token says, and when it is over (ms). A phone shows the same one for some minutes."""
    try:
        secret = dict(secrets).get(str(jwt.get_unverified_header(token).get("kid")))
        if secret is None:
            return None
        claims = jwt.decode(
            token,
            secret,
            [ALGORITHM],
            options={"require": ["sub", "exp"], "verify_exp": False},  # by our own clock
        )
    except jwt.InvalidTokenError:
        return None
    exp = claims["exp"]
    if not isinstance(exp, int):
        return None
    return Pass(device=str(claims["sub"]), since=claims.get("since")), exp * MS


class Kept(Protocol):
    """A device as it is kept: since when (ms) it is revoked, hands in nothing more, and is in."""

    @property
    def revoked_at(self) -> int | None: ...
    @property
    def drain_closed_at(self) -> int | None: ...
    @property
    def confirmed_at(self) -> int | None: ...


class Times(Struct, frozen=True):
    """When (ms) a device was revoked, closed for what it still holds, and let in; or never."""

    revoked_at: int | None
    drain_closed_at: int | None
    confirmed_at: int | None


def person_of_device(connection: Connection, shown: Pass, times: tuple[int, int]) -> Actor:
    """Whose device this is, and what it may. Raises as `let_in`."""
    found = _BY_DEVICE.ask(connection, device=shown.device)
    return _owner(connection, found[0] if found else None, shown, times)


def _owner(
    connection: Connection, row: Sequence[Any] | None, shown: Pass, times: tuple[int, int]
) -> Actor:
    if row is None:
        raise Problem("not_signed_in")
    revoked_at, closed_at, confirmed_at, *person = row
    known = Times(revoked_at, closed_at, confirmed_at)
    parting = let_in(connection, known, shown, times)
    return Actor(person=person_in(connection, person), device=shown.device, parting=parting)


def let_in(
    connection: Connection, known: Kept | None, shown: Pass, times: tuple[int, int]
) -> Parting | None:
    """What a device may still do if it was revoked. `times` are (now in ms, for how many days).

    Raises `Problem` if it is not known, if nobody has confirmed it yet, if it was let in anew
    since; or if it was revoked, and nothing is left to be said to it.
    """
    if known is None:
        raise Problem("not_signed_in")
    if known.confirmed_at is None and known.revoked_at is None:
        raise Problem("device_unconfirmed")
    if known.confirmed_at != shown.since:
        raise Problem("not_signed_in")
    if known.revoked_at is None:
        return None
    times_kept = (known.revoked_at, known.drain_closed_at, known.confirmed_at)
    parting = drains.parting(connection, drains.Revoked(shown.device, *times_kept), *times)
    if not parting.is_let_in:
        raise Problem(parting.why)
    return parting


def admitted(
    connection: Connection, shown: Pass, intent: str, now_ms: int, drain_days: int
) -> Actor:
    """Who shows a pass, if their device is still let in and they may. Raises `Problem`.

    Whatever has become of its person, a device may hand in what nobody else has.
    """
    return _admitted(person_of_device(connection, shown, (now_ms, drain_days)), intent)


def admitted_all(
    connection: Connection, shown: Sequence[Pass], intent: str, times: tuple[int, int]
) -> list[Actor]:
    """The same of several, by one question. `times` are (now in ms, days of drains)."""
    devices = rows.listed(connection, {one.device for one in shown})
    found = _by_devices(connection.dialect.name).ask(connection, devices=devices)
    owned = {row[0]: row[1:] for row in found}
    return [
        _admitted(_owner(connection, owned.get(one.device), one, times), intent) for one in shown
    ]


@cache
def _by_devices(dialect: str) -> Question:
    wanted = rows.among(_device.c.id, "devices", dialect)
    return Question(_OWNED.with_only_columns(_device.c.id, *_OWNED.selected_columns).where(wanted))


def _admitted(actor: Actor, intent: str) -> Actor:
    _see_that_it_drains(actor, intent)
    if not may(actor.person.roles, intent):
        raise Problem("not_permitted")
    return actor


def _see_that_it_drains(actor: Actor, intent: str) -> None:
    if actor.parting is not None and not actor.parting.drains and intent != LAST_WORDS:
        raise Problem(actor.parting.why)


# Each is told the office that is asked, which knows the books and the keys, and a token.
Recognise = Callable[[Any, str], Actor | None]
Read = Callable[[Any, str], Pass | None]
Guard = Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]


def guard(bearers: Mapping[str, Recognise], read: Read) -> Guard:
    """What stands before every route: who asks, and whether the one table of rights says yes.

    A route names its `intent`, and its `bearer`: whose tokens it takes, `session` or `device`, or
    `console` for a session that a browser keeps as a cookie. One that `admits` itself, when it has
    the books open, is told only what is in the pass of a device, by `read`, and has to call
    `admitted` or `let_in` with it before anything else. `shows` are rights that its answer
    takes besides.
    One that names no intent is nobody's. A device is let in whatever has become of its person: it
    may hold work that nobody else has, and its route looks at the rights itself.
    """

    async def admit(connection: AnyConnection, handler: BaseRouteHandler) -> None:
        intent = str(handler.opt.get("intent", ""))
        if intent == PUBLIC:
            return
        office = connection.app.state["office"]
        bearer = str(handler.opt.get("bearer", "session"))
        token = _token(connection, bearer)
        if handler.opt.get("admits"):
            connection.scope["user"] = _shown(partial(read, office), token)
            return
        actor = await asyncio.to_thread(bearers[bearer], office, token) if token else None
        if actor is None:
            raise Problem("not_signed_in")
        _see_that_it_drains(actor, intent)
        if actor.must_change and intent != CHANGE_PASSWORD:
            raise Problem("password_must_change")
        asked = (intent, *handler.opt.get("shows", ()))
        if actor.device is None and not all(may(actor.person.roles, one) for one in asked):
            raise Problem("not_permitted")
        connection.scope["user"] = actor

    return admit


def _shown(read: Callable[[str], Pass | None], token: str) -> Pass:
    shown = read(token) if token else None
    if shown is None:
        raise Problem("not_signed_in")
    return shown


def _token(connection: AnyConnection, bearer: str) -> str:
    """A cookie goes along with every request a browser makes, so only the console's routes ask."""
    if bearer == CONSOLE:
        return connection.cookies.get(COOKIE, "")
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

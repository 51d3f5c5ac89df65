"""Signing in: a password is traded for a session, and changed."""

from typing import Annotated, Final

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from server import people, sessions, throttle
from server.api.office import AnyRequest, Office, address_of
from server.problems import FAULTS, Problem, throttled, wrong_field
from server.sessions import CHANGE_PASSWORD, PUBLIC, Actor
from shared.ids import PLAIN_PATTERN
from shared.people import Person

NO_CONTENT: Final = 204
Secret = Annotated[str, Meta(min_length=1, max_length=people.PASSWORD_CHARS_MAX)]


class Login(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who wants to come in."""

    login: Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN_PATTERN)]
    password: Secret


class SignedIn(Struct, frozen=True, kw_only=True):
    """A session: its bearer token, whose it is, and when it ends (ms)."""

    token: str
    person: Person
    expires_at: int
    must_change_password: bool


class PasswordChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password on file, and the one that is to take its place."""

    old: Secret
    new: Secret


class OneTime(Struct, frozen=True, kw_only=True):
    """A password for one sign-in. It is told once."""

    password: str


@post("/api/login", opt={"intent": PUBLIC}, status_code=200, responses=FAULTS, sync_to_thread=True)
def login(data: JSONBody[Login], request: AnyRequest, office: NamedDependency[Office]) -> SignedIn:
    """Open a session. Every try counts, for the login and for the address."""
    name = data.login.strip().lower()
    keys = (f"login|{name}", f"address|{address_of(office, request)}")
    _count(office, keys)
    with office.reading() as books:
        known = people.find_by_login(books, name)
    if not people.fits(known, data.password) or known is None:
        raise Problem("wrong_password")
    ends = office.ends(office.settings.limits.session_minutes)
    with office.writing() as books:
        now = office.now_ms()
        throttle.forget(books, keys[:1])
        sessions.sweep(books, now)
        opened = sessions.open_session(books, known.person.id, office.dice, (now, ends))
    return SignedIn(
        token=opened.token,
        person=known.person,
        expires_at=opened.expires_at,
        must_change_password=known.must_change,
    )


def _count(office: Office, keys: tuple[str, str]) -> None:
    """Count a try before it is looked at, so that many at once are not one. Raises `Problem`."""
    limits = office.settings.limits
    tries = (limits.logins_per_window, limits.logins_per_address)
    now = office.now_ms()
    with office.writing() as books:
        waits = [
            throttle.strike(books, key, (most, limits.window_minutes), now)
            for key, most in zip(keys, tries, strict=True)
        ]
    if any(waits):
        raise throttled(max(waits))


@post(
    "/api/logout",
    opt={"intent": CHANGE_PASSWORD},
    status_code=NO_CONTENT,
    responses=FAULTS,
    sync_to_thread=True,
)
def logout(actor: NamedDependency[Actor], office: NamedDependency[Office]) -> Response[None]:
    """End this session."""
    with office.writing() as books:
        sessions.close_session(books, str(actor.session))
    return Response(None, status_code=NO_CONTENT)


@post(
    "/api/password",
    opt={"intent": CHANGE_PASSWORD},
    status_code=200,
    responses=FAULTS,
    sync_to_thread=True,
)
def change_password(
    data: JSONBody[PasswordChange],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> SignedIn:
    """Change one's own password. Every session ends but the new one that is answered."""
    person = actor.person
    _count(office, (f"login|{person.login}", f"person|{person.id}"))
    with office.reading() as books:
        known = people.find_by_login(books, person.login)
    if not people.fits(known, data.old):
        raise Problem("wrong_password")
    if data.new == data.old or people.is_weak(data.new, person.login):
        raise Problem("weak_password", {"count": people.PASSWORD_CHARS_MIN})
    kept = people.hashed(data.new)
    ends = office.ends(office.settings.limits.session_minutes)
    with office.writing() as books:
        now = office.now_ms()
        people.keep_password(books, person.id, kept, now, must_change=False)
        sessions.close_all(books, person.id)
        opened = sessions.open_session(books, person.id, office.dice, (now, ends))
        event = office.event("password.change", person.id, ("person", person.id))
        office.ledger(books).note_event(event)
    return SignedIn(
        token=opened.token,
        person=person,
        expires_at=opened.expires_at,
        must_change_password=False,
    )


@post(
    "/api/people/{login:str}/password",
    opt={"intent": "people.manage"},
    status_code=201,
    responses=FAULTS,
    sync_to_thread=True,
)
def reset_password(
    login: FromPath[str], actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> OneTime:
    """Give somebody a one-time password. It ends their sessions."""
    password = office.reset_password(login, actor.person.id)
    if password is None:
        raise wrong_field("login", "unknown_person")
    return OneTime(password=password)

"""Signing in: a password is traded for a session, and changed."""

from typing import Annotated, Final

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from server import people, sessions
from server.office import AnyRequest, Office, address_of
from server.problems import FAULTS, wrong_field
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
    let = office.sign_in(data.login, data.password, address_of(office, request))
    return SignedIn(
        token=let.session.token,
        person=let.person,
        expires_at=let.session.expires_at,
        must_change_password=let.must_change,
    )


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
    opened = office.change_password(actor.person, data.old, data.new)
    return SignedIn(
        token=opened.token,
        person=actor.person,
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

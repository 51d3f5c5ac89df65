"""The way in and out: the sign-in page, and leaving."""

from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from server import sessions
from server.console import frame, gate, rail
from server.console.forms import Form
from server.office import AnyRequest, Office, address_of
from server.problems import STATUS, Problem
from server.sessions import CHANGE_PASSWORD, CONSOLE, COOKIE, PUBLIC, Actor

LOGIN_CHARS_MAX: Final = 80
SECRET_CHARS_MAX: Final = 200
OPEN: Final = {"intent": PUBLIC, "bearer": CONSOLE}
Back = Annotated[str, QueryParameter(max_length=2_000)]


@get("/sign-in", opt=OPEN, sync_to_thread=True)
def show(request: AnyRequest, office: NamedDependency[Office], back: Back = "/") -> Response[Any]:
    """The sign-in page; who is signed in goes on."""
    onwards = gate.way_back(back)
    token = request.cookies.get(COOKIE, "")
    with office.reading() as books:
        known = sessions.person_of_session(books, token, office.now_ms())
    if known is not None:
        return Redirect(onwards, status_code=frame.SEE_OTHER)
    return frame.bare(
        request, office, "sign_in.html", {"back": onwards, "login": "", "wrong": None}
    )


@post("/sign-in", opt=OPEN, status_code=200, sync_to_thread=True)
def sign_in(
    request: AnyRequest, form: NamedDependency[Form], office: NamedDependency[Office]
) -> Response[Any]:
    """Let somebody in with a session of its own; the one the browser had is over."""
    login, back = form.text("login"), gate.way_back(form.text("back"))
    try:
        password = form.secret("password")
        if len(login) > LOGIN_CHARS_MAX or len(password) > SECRET_CHARS_MAX:
            raise Problem("wrong_password")
        let = office.sign_in(login, password, address_of(office, request))
    except Problem as problem:
        return _again(request, office, problem, {"back": back, "login": login})
    before = request.cookies.get(COOKIE)
    if before:
        with office.writing() as books:
            sessions.close_token(books, before)
    to = back if back != "/" else rail.first(request.app, let.person.roles)
    onwards = Redirect("/account/password" if let.must_change else to, status_code=frame.SEE_OTHER)
    onwards.set_cookie(gate.session_cookie(office, let.session))
    return onwards


def _again(
    request: AnyRequest, office: Office, problem: Problem, typed: dict[str, str]
) -> Response[Any]:
    speech = frame.speech_of(request, office)
    wrong = speech.text("problems", problem.code, **problem.params)
    drawn = frame.bare(request, office, "sign_in.html", {**typed, "wrong": wrong})
    drawn.status_code = STATUS[problem.code]
    if problem.retry_after_s is not None:
        drawn.headers["Retry-After"] = str(problem.retry_after_s)
    return drawn


@post(
    "/sign-out",
    opt={"intent": CHANGE_PASSWORD, "bearer": CONSOLE},
    status_code=200,
    sync_to_thread=True,
)
def sign_out(actor: NamedDependency[Actor], office: NamedDependency[Office]) -> Redirect:
    """End this session."""
    with office.writing() as books:
        sessions.close_session(books, str(actor.session))
    away = Redirect("/sign-in", status_code=frame.SEE_OTHER)
    away.set_cookie(gate.no_session(office))
    return away


ROUTES: Final = [show, sign_in, sign_out]

"""The account: one's own password, language, look, and the places where one is signed in."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from server import queries, sessions
from server.console import frame, gate, rail
from server.console.addresses import opt
from server.console.forms import Form
from server.console.toasts import Toast
from server.office import AnyRequest, Office
from server.people import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN
from server.problems import Problem
from server.sessions import CHANGE_PASSWORD, Actor

OWN: Final = CHANGE_PASSWORD
SIGNED_IN: Final = "sign_in"


@get("/account", opt=opt(SIGNED_IN), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """Who one is here, and where one is signed in."""
    with office.reading() as books:
        places = queries.sessions_of(books, actor.person.id, office.now_ms())
    speech = frame.speech_of(request, office)
    context = {
        "places": places,
        "own": actor.session,
        "themes": frame.THEMES,
        "role_names": " · ".join(speech.text("roles", role) for role in actor.person.roles),
    }
    return frame.page(request, office, actor, "account.html", context)


@get("/account/password", opt=opt(OWN), sync_to_thread=True)
def password(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The form for a new password; the only page for somebody with a one-time password."""
    return _form(request, office, actor, None)


@post("/account/password", opt=opt(OWN), status_code=200, sync_to_thread=True)
def change_password(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Change one's own password. Every session ends, and a new one begins here."""
    old, new = form.secret("old"), form.secret("new")
    if new != form.secret("again"):
        return frame.refused(_form(request, office, actor, ("again", "passwords_differ", {})))
    try:
        too_long = max(len(old), len(new)) > PASSWORD_CHARS_MAX
        if too_long or not old:
            raise Problem("wrong_password" if not old else "weak_password", _least())
        opened = office.change_password(actor.person, old, new)
    except Problem as problem:
        field = "old" if problem.code == "wrong_password" else "new"
        if problem.code not in ("wrong_password", "weak_password"):
            raise
        wrong = (field, problem.code, problem.params)
        return frame.refused(_form(request, office, actor, wrong))
    onwards = Redirect(rail.first(request.app, actor.person.roles), status_code=frame.SEE_OTHER)
    onwards.set_cookie(gate.session_cookie(office, opened))
    return onwards


def _least() -> dict[str, Any]:
    return {"count": PASSWORD_CHARS_MIN}


def _form(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    wrong: tuple[str, str, dict[str, Any]] | None,
) -> Response[str]:
    speech = frame.speech_of(request, office)
    faults: dict[str, str] = {}
    if wrong is not None:
        field, code, params = wrong
        group = "problems" if speech.knows("problems", code) else "console.refusals"
        faults = {field: speech.text(group, code, **params)}
    context = {"faults": faults, "must_change": actor.must_change, **_least()}
    return frame.page(request, office, actor, "password.html", context)


@post(
    "/account/sessions/{session:str}/end", opt=opt(SIGNED_IN), status_code=200, sync_to_thread=True
)
def end_session(
    session: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Sign out somewhere else."""
    with office.writing() as books:
        known = queries.sessions_of(books, actor.person.id, office.now_ms())
        whole = next((one["hash"] for one in known if one["name"] == session), None)
        if whole is None:
            raise Problem("not_found")
        sessions.close_session(books, whole)
    return frame.go_with(request, office, Toast(code="session_ended"), "/account")


ROUTES: Final = [show, password, change_password, end_session]

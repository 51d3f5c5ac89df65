"""Refusals at a browser: a page in words where a program gets a document."""

from typing import Any, Final
from urllib.parse import quote

from litestar import Response
from litestar.response import Redirect

from server.console import frame, gate
from server.office import AnyRequest, Office
from server.problems import STATUS, Problem
from server.sessions import CONSOLE

# What is asked for by programs, however a browser comes to look at it.
PROGRAMS: Final = ("/api", "/sync", "/token", "/enrol", "/health", "/schema")
SEE_OTHER: Final = 303


def draw(request: AnyRequest, problem: Problem) -> Response[Any] | None:
    """A problem as a page, where it is people who ask."""
    if not _is_for_people(request):
        return None
    if problem.code == "not_signed_in":
        return _away(request, f"/sign-in?back={quote(_back(request))}")
    if problem.code == "password_must_change":
        return _away(request, "/account/password")
    status = STATUS[problem.code]
    office: Office = request.app.state["office"]
    speech = frame.speech_of(request, office)
    context = {
        "status": status,
        "title": speech.text("titles", str(status)),
        "detail": speech.text("problems", problem.code, **problem.params),
        "code": problem.code,
    }
    drawn = frame.bare(request, office, "refusal.html", context)
    drawn.status_code = status
    if problem.retry_after_s is not None:
        drawn.headers["Retry-After"] = str(problem.retry_after_s)
    return drawn


def _away(request: AnyRequest, to: str) -> Response[Any]:
    """To another page; a script that filled a part of one is told to leave it whole."""
    if "hx-request" in request.headers:
        return Response(None, status_code=204, headers={"HX-Redirect": to})
    return Redirect(to, status_code=SEE_OTHER)


def _back(request: AnyRequest) -> str:
    """Where to go on after signing in; a form that was sent is not sent again by itself."""
    return gate.way_back(frame.address(request)) if request.method in gate.SAFE else "/"


def _is_for_people(request: AnyRequest) -> bool:
    opt = getattr(request.scope.get("route_handler"), "opt", {})
    if "intent" in opt:
        return bool(opt.get("bearer") == CONSOLE)
    path = request.scope["path"]
    named = any(path == one or path.startswith(f"{one}/") for one in PROGRAMS)
    return not named and "text/html" in request.headers.get("accept", "")

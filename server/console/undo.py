"""Undo: the opposite of an act, as long as nobody has done anything to the same thing since."""

from typing import Any, Final

from litestar import Response, post
from litestar.di import NamedDependency

from server.console import frame, gate, toasts
from server.console.addresses import opt
from server.console.forms import Form
from server.console.frame import Act
from server.console.toasts import Toast
from server.office import AnyRequest, LastAdministrator, Office, Overtaken, Used
from server.problems import Problem
from server.sessions import Actor
from shared.ids import derive


@post("/undo", opt=opt("sign_in"), status_code=200, sync_to_thread=True)
def undo(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Take something back. Whoever may not do the opposite act may not undo either."""
    wanted = toasts.read_undo(office, actor, form.text("undo"))
    if wanted is None:
        raise Problem("wrong_request")
    act = Act(kind=wanted.kind, on=wanted.on, args=wanted.args)
    speech = frame.speech_of(request, office)
    try:
        done = office.act(frame.asked_of(form.op, act), actor.person.id, seen=wanted.seen)
    except (LastAdministrator, Overtaken, Used):
        toast = Toast(code="undo_overtaken", tone="warning")
    else:
        said = frame.as_said(speech, act, form.op, done)
        for place, (kind, args) in enumerate(wanted.then if said.ok else (), 1):
            further = Act(kind=kind, on=wanted.on, args=args)
            said = frame.said_with(request, office, actor, derive(form.op, "then", place), further)
        toast = (
            Toast(code="undone")
            if said.ok
            else Toast(code=f"verdict_{said.verdict}", tone="warning", reason=said.reason)
        )
    return frame.go_with(request, office, toast, gate.way_back(form.text("back")))


ROUTES: Final = [undo]

"""Undo: the opposite of an act, as long as nobody has done anything to the same thing since."""

from typing import Any, Final

from litestar import Response, post
from litestar.di import NamedDependency

from server.console import frame, gate, saying, toasts
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act
from server.console.toasts import Toast
from server.office import AnyRequest, Office
from server.problems import Problem
from server.sessions import Actor


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
    said = saying.say_under(request, office, actor, form.op, act, seen=wanted.seen)
    for place, (kind, args) in enumerate(wanted.then if said.ok else (), 1):
        further = Act(kind=kind, on=wanted.on, args=args)
        said = saying.say_under(request, office, actor, saying.then(form.op, place), further)
    toast = Toast(code="undone") if said.ok else saying.warning(said)
    if said.code in saying.TURNED_AWAY.values():
        toast = Toast(code="undo_overtaken", tone="warning")
    return frame.go_with(request, office, toast, gate.way_back(form.text("back")))


ROUTES: Final = [undo]

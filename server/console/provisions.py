"""What a job gets beside people and time: parts planned, ordered and supplied, and notes."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from server.console import frame, saying
from server.console.addresses import Query, home, opt
from server.console.dispatch import panel
from server.console.forms import Form
from server.console.saying import Act
from server.console.work_order import found
from server.office import AnyRequest, Office
from server.queries import warehouse
from server.sessions import Actor

FORM: Final = "work_order_parts.html"
SHOWS: Final = "read.work_orders"


@get(
    "/work-orders/{number:str}/parts", opt=opt("parts.plan", "q", shows=SHOWS), sync_to_thread=True
)
def look(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    *,
    q: Query = "",
) -> Response[str]:
    """Find a part, to plan or to order it for a job."""
    typed = {"q": q.strip(), "part": "", "quantity": "", "note": ""}
    return _form(request, office, actor, number, {"typed": typed})


@post(
    "/work-orders/{number:str}/parts",
    opt=opt("parts.plan", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def add(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Plan a part for a job, or ask the warehouse to order it."""
    order, _ = found(office, number)
    typed = {name: form.text(name) for name in ("q", "part", "quantity", "note", "text")}
    args = {"quantity": typed["quantity"], "note": typed["note"]}
    args |= {name: typed[name] for name in ("part", "text") if typed[name]}
    kind = "parts.order" if form.text("as") == "order" else "parts.plan"
    act = Act(kind=kind, on=("work_order", order["id"]), args=args)
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_form(request, office, actor, number, {"typed": typed, "said": said}))
    return saying.go(request, office, said, home(order["number"]))


def _form(
    request: AnyRequest, office: Office, actor: Actor, number: str, more: dict[str, Any]
) -> Response[str]:
    with office.reading() as books:
        q = more["typed"]["q"]
        parts = warehouse.find_parts(books, q) if q else []
    return panel(request, office, actor, number, (FORM, {"found": parts, **more}))


@post(
    "/work-orders/{number:str}/parts/unplan",
    opt=opt("parts.unplan", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def unplan(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Drop a line of the plan; planning it again takes that back."""
    order, _ = found(office, number)
    on = ("work_order", order["id"])
    line = next((one for one in order["planned"] if one["id"] == form.text("planned")), None)
    act = Act(kind="parts.unplan", on=on, args={"planned": form.text("planned")})
    said = saying.say(request, office, actor, form, act)
    undo = None
    if line is not None:
        was = {"part": line["part_id"], "quantity": line["quantity"], "note": line["note"]}
        undo = Act(kind="parts.plan", on=on, args=was)
    return saying.go(request, office, said, home(order["number"]), undo)


@post(
    "/work-orders/{number:str}/parts/supply",
    opt=opt("parts.supply", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def supply(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Say that an ordered part has come."""
    order, _ = found(office, number)
    args = {"ordered": form.text("ordered")}
    act = Act(kind="parts.supply", on=("work_order", order["id"]), args=args)
    said = saying.say(request, office, actor, form, act)
    return saying.go(request, office, said, home(order["number"]))


@post(
    "/work-orders/{number:str}/note",
    opt=opt("note.add", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def note(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Write a note on a job."""
    order, _ = found(office, number)
    args = {"text": form.text("text"), "audience": form.text("audience", "internal")}
    act = Act(kind="note.add", on=("work_order", order["id"]), args=args)
    said = saying.say(request, office, actor, form, act)
    return saying.go(request, office, said, home(order["number"]))


ROUTES: Final = [look, add, unplan, supply, note]

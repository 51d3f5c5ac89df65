"""What a job gets beside people and time: parts planned, ordered and supplied, and notes."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from server.console.addresses import Query, opt
from server.console.forms import Form
from server.console.opened import Opened
from server.console.saying import Said
from server.queries import warehouse

FORM: Final = "work_order_parts.html"
SHOWS: Final = "read.work_orders"


@get(
    "/work-orders/{number:str}/parts", opt=opt("parts.plan", "q", shows=SHOWS), sync_to_thread=True
)
def look(job: NamedDependency[Opened], q: Query = "") -> Response[str]:
    """Find a part, to plan or to order it for a job."""
    return _form(job, {"q": q.strip(), "part": "", "quantity": "", "note": ""})


@post(
    "/work-orders/{number:str}/parts",
    opt=opt("parts.plan", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def add(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Plan a part for a job, or ask the warehouse to order it."""
    typed = {name: form.text(name) for name in ("q", "part", "quantity", "note", "text")}
    args = {"quantity": form.quantity("quantity"), "note": typed["note"]}
    args |= {name: typed[name] for name in ("part", "text") if typed[name]}
    kind = "parts.order" if form.text("as") == "order" else "parts.plan"
    return job.act_on(form, job.act(kind, **args), lambda job, said: _form(job, typed, said))


def _form(job: Opened, typed: dict[str, str], said: Said | None = None) -> Response[str]:
    with job.office.reading() as books:
        parts = warehouse.find_parts(books, typed["q"]) if typed["q"] else []
    return job.panel(FORM, said, found=parts, typed=typed)


@post(
    "/work-orders/{number:str}/parts/unplan",
    opt=opt("parts.unplan", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def unplan(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Drop a line of the plan; planning it again takes that back."""
    planned = form.text("planned")
    line = next((one for one in job.order["planned"] if one["id"] == planned), None)
    undo = None
    if line is not None:
        was = {"part": line["part_id"], "quantity": line["quantity"], "note": line["note"]}
        undo = job.act("parts.plan", **was)
    return job.act_on(form, job.act("parts.unplan", planned=planned), undo=undo)


@post(
    "/work-orders/{number:str}/parts/supply",
    opt=opt("parts.supply", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def supply(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Say that an ordered part has come."""
    return job.act_on(form, job.act("parts.supply", ordered=form.text("ordered")))


@post(
    "/work-orders/{number:str}/note",
    opt=opt("note.add", shows=SHOWS),
    status_code=200,
    sync_to_thread=True,
)
def note(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Write a note on a job."""
    audience = form.text("audience", "internal")
    return job.act_on(form, job.act("note.add", text=form.text("text"), audience=audience))


ROUTES: Final = [look, add, unplan, supply, note]

"""Tasks: what the rules left to a person, each closed by a note or by the act that settles it."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from server.console import frame, saying
from server.console.addresses import After, Query, following, opt
from server.console.forms import Form
from server.console.saying import Act
from server.console.speech import NOTHING, Speech
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import dossier, exceptions
from server.sessions import Actor
from shared import alarms
from shared.ops import SYSTEM
from shared.people import may

SHOWN: Final = 40
CODES: Final = (
    *("ink_reused", "seal_diverged", "unsigned_addition", "not_collector"),
    *("declined", "plan_next_visit", "work_done_after_cancel"),
    *("order_part", "recount", "serial_twice", "orphan", "alias_twice"),
    *alarms.CODES,
)
ICONS: Final = {
    "ink_reused": "gpp_maybe",
    "seal_diverged": "gpp_maybe",
    "unsigned_addition": "signature",
    "not_collector": "payments",
    "declined": "front_hand",
    "plan_next_visit": "event",
    "work_done_after_cancel": "assignment_late",
    "order_part": "shopping_cart",
    "recount": "inventory",
    "serial_twice": "qr_code_scanner",
    "orphan": "assignment_late",
    "alias_twice": "keep",
    "clock_warns": "timer",
    "clock_overdue": "priority_high",
    "clock_uncertain": "help",
    "progress_due": "chat",
    "unaccepted": "call",
}


@get("/tasks", opt=opt("task.close", "status", "code", "after"), sync_to_thread=True)
def show(  # noqa: PLR0913  the filters of a list are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    status: Query = "open",
    code: Query = "",
    after: After = None,
) -> Response[str]:
    """The tasks of the office and the warehouse, newest first."""
    is_open = status != "closed"
    kind = code if code in CODES else None
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        listed = exceptions.tasks(books, by_number(after, SHOWN), is_open=is_open, code=kind)
        counts, kinds = exceptions.counts(books), exceptions.task_counts(books)
        people = dossier.names(books, {str(one["closed_by"]) for one in listed.items})
    chosen = {"status": "" if is_open else "closed", "code": kind}
    context = {
        "tasks": [
            {**one, "words": words(speech, one), "over": over(speech, one)} for one in listed.items
        ],
        "people": people,
        "icons": ICONS,
        "is_open": is_open,
        "code": kind or "",
        "kinds": [(one, kinds.get(one, 0)) for one in CODES],
        "next": following("/tasks", chosen, listed),
        "waits": counts,
        "path": "/tasks",
        "section": "conflicts",
        "can": {
            name
            for name in ("visit.plan", "work_order.assign", "stock.count", "parts.supply")
            if may(actor.person.roles, name)
        },
    }
    return frame.page(request, office, actor, "tasks.html", context)


def words(speech: Speech, task: Mapping[str, Any]) -> str:
    """What a task is about, with the names of what it names."""
    part = task["part"]
    told = {
        **task["params"],
        "part": part[speech.language] if part else task["params"].get("part") or NOTHING,
        "number": task["number"] or NOTHING,
    }
    if "node" in told:
        told["node"] = speech.text("limit_nodes", str(told["node"]))
        told["due"] = speech.when(told.get("due"))
    return speech.text("tasks", task["code"], **told)


def over(speech: Speech, task: Mapping[str, Any]) -> str:
    """What became of a task: a person's words, or why the server closed it."""
    if task["closed_by"] == SYSTEM:
        return speech.text("task_over", task["note"])
    return str(task["note"])


@post("/tasks/{identity:str}/close", opt=opt("task.close"), status_code=200, sync_to_thread=True)
def close(
    identity: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Close a task with a word about what was done."""
    act = Act(kind="task.close", on=("task", identity), args={"note": form.text("note")})
    said = saying.say(request, office, actor, form, act)
    return saying.go(request, office, said, "/tasks")


@post("/tasks/{identity:str}/count", opt=opt("stock.count"), status_code=200, sync_to_thread=True)
def count(
    identity: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Count what a recount asks for: the act that settles it."""
    task = _task(office, identity, "recount")
    args = {"part": task["params"].get("part"), "counted": form.text("counted")}
    act = Act(kind="stock.count", on=(task["home_noun"], task["home_id"]), args=args)
    said = saying.say(request, office, actor, form, act)
    return saying.go(request, office, said, "/tasks")


@post("/tasks/{identity:str}/supply", opt=opt("parts.supply"), status_code=200, sync_to_thread=True)
def supply(
    identity: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Say that an ordered part has come: the act that settles its task."""
    task = _task(office, identity, "order_part")
    args = {"ordered": task["params"].get("ordered")}
    act = Act(kind="parts.supply", on=(task["home_noun"], task["home_id"]), args=args)
    said = saying.say(request, office, actor, form, act)
    return saying.go(request, office, said, "/tasks")


def _task(office: Office, identity: str, code: str) -> dict[str, Any]:
    with office.reading() as books:
        found = exceptions.task(books, identity)
    if found is None or found["code"] != code:
        raise Problem("not_found")
    return found


ROUTES: Final = [show, close, count, supply]

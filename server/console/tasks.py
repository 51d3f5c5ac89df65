"""Tasks: what the rules left to a person, each closed by a note or by the act that settles it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from server.console import frame, saying
from server.console.addresses import After, Query, following, listing, opt
from server.console.forms import Form
from server.console.saying import Act
from server.console.speech import NOTHING, Speech
from server.discretion import HEAR
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import dossier, exceptions
from server.sessions import Actor
from shared import alarms
from shared.feedback import TASKS
from shared.ops import SYSTEM
from shared.people import ROLES, may

PATH: Final = "/tasks"
MINE: Final = "mine"
SHOWN: Final = 40
CODES: Final = (
    *("ink_reused", "seal_diverged", "unsigned_addition", "not_collector"),
    *("declined", "plan_next_visit", "work_done_after_cancel"),
    *("order_part", "recount", "serial_twice", "orphan", "alias_twice"),
    *TASKS,
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
    "low_score": "star",
    "not_solved": "help",
    "serious_complaint": "priority_high",
    "clock_warns": "timer",
    "clock_overdue": "priority_high",
    "clock_uncertain": "help",
    "progress_due": "chat",
    "unaccepted": "call",
}


@get("/tasks", opt=opt("task.close", "status", "code", "for", "after"), sync_to_thread=True)
def show(  # noqa: PLR0913  the filters of a list are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    status: Query = "open",
    code: Query = "",
    whose: Annotated[str, QueryParameter(name="for", max_length=40)] = "",
    after: After = None,
) -> Response[str]:
    """The tasks of the office and the warehouse, newest first; all of them, or some role's."""
    is_open = status != "closed"
    chosen = {
        "status": "" if is_open else "closed",
        "code": code if code in CODES else "",
        "for": whose if whose in (MINE, *ROLES) else "",
    }
    roles = _roles(chosen["for"], actor)
    speech = frame.speech_of(request, office)
    hears = may(actor.person.roles, HEAR)
    which = exceptions.Wanted(hears=hears, is_open=is_open, code=chosen["code"], roles=roles)
    with office.reading() as books:
        listed = exceptions.tasks(books, by_number(after, SHOWN), which)
        counts = exceptions.counts(books, hears=hears)
        kinds = exceptions.task_counts(books, hears=hears)
        people = dossier.names(books, {str(one["closed_by"]) for one in listed.items})
    context = {
        "tasks": [
            {**one, "words": words(speech, one), "over": over(speech, one)} for one in listed.items
        ],
        "people": people,
        "icons": ICONS,
        "is_open": is_open,
        "code": chosen["code"],
        "whose": _whose(speech, chosen, actor, kinds),
        "kinds": _kinds(speech, chosen, roles, kinds),
        "filtered": bool(chosen["code"] or roles),
        "next": following(PATH, chosen, listed),
        "waits": counts,
        "path": PATH,
        "section": "conflicts",
        "can": {
            name
            for name in ("visit.plan", "work_order.assign", "stock.count", "parts.supply")
            if may(actor.person.roles, name)
        },
    }
    return frame.page(request, office, actor, "tasks.html", context)


def _roles(whose: str, actor: Actor) -> tuple[str, ...]:
    """The roles that tasks are wanted for; none is for all of them."""
    if whose == MINE:
        return tuple(actor.person.roles)
    return (whose,) if whose else ()


Tab = tuple[str, str, int | None, bool]


def _whose(
    s: Speech, chosen: Mapping[str, str], actor: Actor, kinds: Mapping[tuple[str, str], int]
) -> list[Tab]:
    """Whose tasks may be looked at: everybody's, one's own, and those of each role with some."""
    counts = dict.fromkeys(ROLES, 0)
    for (code, role), count in kinds.items():
        if role in counts and chosen["code"] in ("", code):
            counts[role] += count
    known = [one for one in ROLES if counts[one] or one == chosen["for"]]
    own = sum(counts[one] for one in set(actor.person.roles) & counts.keys())
    told: list[tuple[str, str, int | None]] = [
        ("", s.text("plan.tasks", "everybody_s"), None),
        (MINE, s.text("plan.tasks", "mine"), own),
        *((one, s.text("roles", one), counts[one]) for one in known),
    ]
    return [
        (listing(PATH, {**chosen, "for": one}), name, count, one == chosen["for"])
        for one, name, count in told
    ]


def _kinds(
    s: Speech,
    chosen: Mapping[str, str],
    roles: tuple[str, ...],
    kinds: Mapping[tuple[str, str], int],
) -> list[Tab]:
    """The kinds of which there are open tasks for those who are looked at."""
    counts = dict.fromkeys(CODES, 0)
    for (code, role), count in kinds.items():
        if code in counts and (not roles or role in roles):
            counts[code] += count
    known = [one for one in CODES if counts[one] or one == chosen["code"]]
    every = listing(PATH, {**chosen, "code": ""})
    return [
        (every, s.text("plan.tasks", "all"), None, not chosen["code"]),
        *(
            (
                listing(PATH, {**chosen, "code": one}),
                s.text("plan.task_names", one),
                counts[one],
                one == chosen["code"],
            )
            for one in known
        ),
    ]


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

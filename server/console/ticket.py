"""One ticket: its story and its jobs, a new job for it, a note, and what is known of the place."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from server import queries
from server.console import clocks, feedback, frame, gate, known, saying, teams
from server.console.addresses import opt
from server.console.forms import Form
from server.console.messages import TONES, told as as_told
from server.console.return_card import return_card
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.console.told import window
from server.console.verbs import offered
from server.discretion import HEAR, unheard
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import customers, dossier, messages, queue, returns, teams as asked
from server.queries.reckoning import Reader
from server.sessions import Actor
from shared.fields import PRIORITIES
from shared.people import may
from shared.ticket import ENDS
from shared.work_order import OPEN, SERVICES

CATEGORIES: Final = ("A", "B", "C", "D")
READ: Final = "read.tickets"
SUMMARY_CHARS: Final = 60  # what a job is called, cut from the problem
AND_ASSIGN: Final = "assign"


@get("/tickets/{number:str}", opt=opt(READ, "list"), sync_to_thread=True)
def show(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    beside: Annotated[str, QueryParameter(name="list", max_length=600)] = "",
) -> Response[str]:
    """One ticket: a page of its own, or a panel beside a list of the queue."""
    return _page(request, office, actor, number, {"list": gate.way_back(beside, "/tickets")})


def everything_of(books: Any, number: str, roles: tuple[str, ...]) -> dict[str, Any] | None:
    """A ticket with its jobs, its machine, and what is known of it; none if there is no such.

    Who may not read feedback is told no word of it.
    """
    found = queries.ticket(books, number)
    if found is None:
        return None
    found = unheard(found, roles)
    asset = customers.machine(books, found["asset_id"]) if found["asset_id"] else None
    jobs = queue.jobs_of(books, found["id"])
    people = {one["by"] for one in found["events"]} | {found["opened_by"]}
    hears = may(roles, HEAR)
    told = [
        one for one in messages.of_ticket(books, found["id"]) if hears or not one["feedback_id"]
    ]
    return {
        "ticket": found,
        "machine": asset,
        "history": customers.history(books, asset) if asset else [],
        "repeats": queue.repeats(books, found),
        "jobs": jobs,
        "current": next((one for one in reversed(jobs) if one["status"] in OPEN), None),
        "names": dossier.names(books, people),
        "messages": told,
        "return_case": returns.of_ticket(books, found["id"]),
        "tries": messages.tries(books, [one["id"] for one in told]),
    }


def rights(roles: tuple[str, ...]) -> dict[str, bool]:
    """What somebody may do with a ticket."""
    return {"may_note": may(roles, "ticket.open"), "can_plan": may(roles, "work_order.create")}


def _page(
    request: AnyRequest, office: Office, actor: Actor, number: str, told: Mapping[str, Any]
) -> Response[str]:
    with office.reading() as books:
        found = everything_of(books, number, actor.person.roles)
        if found is None:
            raise Problem("not_found")
        speech = frame.speech_of(request, office)
        faces = clocks.of_ticket(Reader(books, office.now_ms()), speech, found["ticket"]["id"])
        said_of_it = feedback.of_ticket(books, office, speech, actor.person.roles, found["ticket"])
        tiers = asked.tiers(books, speech.language)
        team = teams.proposal(books, speech, found["ticket"])
    told_of = offered(speech, actor.person.roles, found["ticket"])
    if team is not None and found["ticket"]["status"] not in ENDS:
        told_of["handling"].append((speech.text("console.teams", "proposed"), team[1]))
    context = {
        "faces": faces,
        "tiers": tiers,
        "feedback": said_of_it,
        **found,
        **rights(actor.person.roles),
        **told_of,
        **return_card(speech, actor.person.roles, found["return_case"]),
        "said": None,
        "noted": "",
        "list": "/tickets",
        "window": window,
        "section": "tickets",
        "messages": as_told(speech, found["messages"], found["tries"]),
        "tones": TONES,
        **told,
    }
    return frame.page(request, office, actor, "ticket.html", context)


@post(
    "/tickets/{number:str}/note",
    # Also where it is refused, the ticket is shown: to the desk, not to every technician.
    opt=opt("ticket.open"),
    status_code=200,
    sync_to_thread=True,
)
def note(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write a note on the job that a ticket has now."""
    audience = "customer" if form.text("audience") == "customer" else "internal"
    act = Act(
        kind="note.add",
        on=("work_order", form.text("work_order")),
        args={"text": form.text("text"), "audience": audience},
    )
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        told = {"said": said, "noted": form.text("text")}
        return frame.refused(_page(request, office, actor, number, told))
    return saying.go(request, office, said, f"/tickets/{number}")


@get(
    "/tickets/{number:str}/work-order",
    opt=opt("work_order.create"),
    sync_to_thread=True,
)
def plan(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form for a new job."""
    return _plan_page(request, office, actor, number, (Form(), None))


@post(
    "/tickets/{number:str}/work-order",
    opt=opt("work_order.create"),
    status_code=200,
    sync_to_thread=True,
)
def create(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Make a job of a ticket, and go on to who is to do it."""
    with office.reading() as books:
        found = known.ticket(books, number)
    said = saying.say(request, office, actor, form, job_act(found["id"], form))
    if not said.ok:
        return frame.refused(_plan_page(request, office, actor, number, (form, said)))
    return onwards(request, office, said, f"/tickets/{number}", form.text("then"))


def job_act(ticket_id: str, form: Form) -> Act:
    """A job for a ticket as a form says it; what was left open is left out."""
    names = ("asset", "checklist", "skill", "job_note", "planned_from", "planned_to")
    optional = {name: form.text(name)[: _LENGTHS.get(name)] for name in names if form.has(name)}
    told = {name: form.text(name) for name in ("summary", "category", "service", "priority")}
    return Act(
        kind="work_order.create",
        on=("work_order", ""),
        args={"ticket": ticket_id, **told, **optional},
    )


_LENGTHS: Final = {"planned_from": 16, "planned_to": 16}  # some browsers add seconds


def onwards(request: AnyRequest, office: Office, said: Said, to: str, then: str) -> Redirect:
    """After a job was made: to who is to do it, or back."""
    on = f"/work-orders/{said.op}/assign" if then == AND_ASSIGN else to
    return saying.go(request, office, said, on)


def summary_of(problem: str) -> str:
    """What a job is called unless somebody says otherwise: how its problem begins."""
    first = problem.strip().split("\n")[0]
    return first if len(first) <= SUMMARY_CHARS else first[: SUMMARY_CHARS - 1].rstrip() + "…"


def machine_name(machine: Mapping[str, Any]) -> str:
    """A machine as people tell it from others."""
    return " · ".join(filter(None, (machine["name"], machine["model"], machine["serial"])))


def options(s: Speech, group: str, codes: Iterable[str]) -> list[tuple[str, str]]:
    """Choices of a form: each code with its text."""
    return [(code, s.text(group, code)) for code in codes]


def _plan_page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    number: str,
    typed: tuple[Form, Said | None],
) -> Response[str]:
    form, said = typed
    with office.reading() as books:
        found = known.ticket(books, number)
        machines = customers.machines(books, found["site_id"])
        checklists, skills = queue.checklists(books), queue.skills(books)
    speech = frame.speech_of(request, office)
    usual = {
        "summary": summary_of(found["problem"]),
        "category": "A",
        "service": "repair",
        "priority": found["priority"],
        "asset": found["asset_id"] or "",
    }
    context = {
        "ticket": found,
        "section": "tickets",
        "said": said,
        "typed": {**usual, **{name: form.text(name) for name in form.fields}},
        "machines": [(one["id"], machine_name(one)) for one in machines if not one["gone"]],
        "checklists": [(one["id"], one[speech.language]) for one in checklists],
        "skills": [(one, speech.skill(one)) for one in skills],
        "categories": options(speech, "categories", CATEGORIES),
        "services": options(speech, "services", SERVICES),
        "priorities": options(speech, "priorities", PRIORITIES),
    }
    return frame.page(request, office, actor, "ticket_plan.html", context)


ROUTES: Final[list[Any]] = [show, note, plan, create]

"""Visits: planned and moved by a form, with a word about at whose wish."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.console import frame, gate, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.opened import Opened
from server.console.saying import Act
from server.console.told import window
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import dossier

FORM: Final = "work_order_visit.html"


@get("/work-orders/{number:str}/visits/new", opt=opt("visit.plan"), sync_to_thread=True)
def ask_plan(job: NamedDependency[Opened]) -> Response[str]:
    """The form for a new visit: as promised, by whoever has the job."""
    order = job.order
    held = next((one for one in order["assignments"] if one["until_ms"] is None), None)
    typed = {"person": held["person_id"] if held else "", **_as_planned(order)}
    return job.panel(FORM, visit=None, typed=typed)


@post(
    "/work-orders/{number:str}/visits/new",
    opt=opt("visit.plan"),
    status_code=200,
    sync_to_thread=True,
)
def plan(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Plan a visit."""
    typed = _typed(form)
    act = job.act("visit.plan", person=form.text("person"), **_times(typed))
    said = _backwards(job, form, act, typed) or job.say(form, act)
    if said.ok:
        settled = (job.order, "plan_next_visit")
        saying.close_tasks(job.request, job.office, job.actor, form.op, settled)
    return job.went(said, lambda job, said: job.panel(FORM, said, visit=None, typed=typed))


@get("/work-orders/{number:str}/visits/{visit:str}", opt=opt("visit.move"), sync_to_thread=True)
def ask_move(visit: FromPath[str], job: NamedDependency[Opened]) -> Response[str]:
    """The form that gives a visit another time."""
    known = visit_of(job.order, visit)
    seen = {"fault": "", "seen": str(known["version"])}
    typed = {"person": known["person_id"], **_as_planned(known), **seen}
    return job.panel(FORM, visit=known, typed=typed)


@post(
    "/work-orders/{number:str}/visits/{visit:str}",
    opt=opt("visit.move"),
    status_code=200,
    sync_to_thread=True,
)
def move(
    visit: FromPath[str], job: NamedDependency[Opened], form: NamedDependency[Form]
) -> Response[Any]:
    """Give a visit another time, and say at whose wish; refused where it was moved meanwhile."""
    known = visit_of(job.order, visit)
    typed = _typed(form)
    act = moving(known, {**_times(typed), "fault": typed["fault"]})
    same = still_planned(job.request, job.office, visit, typed["seen"])
    said = _backwards(job, form, act, typed) or job.say(form, act, same)
    back = gate.way_back(form.text("back"), job.home)
    return job.went(
        said,
        lambda job, said: job.panel(FORM, said, visit=known, typed=typed),
        to=back,
        undo=moved_back(known),
    )


def visit_of(order: Mapping[str, Any], identity: str) -> dict[str, Any]:
    """A visit of a job. Raises `Problem`."""
    for one in order["visits"]:
        if one["id"] == identity:
            return dict(one)
    raise Problem("not_found")


def moving(visit: dict[str, Any], to: dict[str, str]) -> Act:
    """The act that gives a visit another time."""
    on = ("work_order", visit["work_order_id"])
    return Act(kind="visit.move", on=on, args={"visit": visit["id"], **to})


def moved_back(visit: dict[str, Any]) -> Act | None:
    """The opposite act: the time it had; none where it had no whole one."""
    if not (visit["planned_from"] and visit["planned_to"]):
        return None
    was = {"planned_from": visit["planned_from"], "planned_to": visit["planned_to"]}
    return moving(visit, {**was, "fault": visit["fault"] or "company"})


def still_planned(request: AnyRequest, office: Office, visit: str, seen: str) -> saying.Same:
    """Whether a visit is still as the page showed it."""

    def same(books: Any) -> str | None:
        now = dossier.visit(books, visit)
        if now is None or str(now["version"]) == seen:
            return None
        speech = frame.speech_of(request, office)
        when = window(speech, now["planned_from"], now["planned_to"])
        code = "gone_meanwhile" if now["attendance"] or now["ended_at"] else "moved_meanwhile"
        return speech.text("plan.refusals", code, window=when, name=now["person"])

    return same


def _typed(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in ("person", "day", "from", "to", "fault", "seen")}


def _as_planned(planned: Mapping[str, Any]) -> dict[str, str]:
    start, end = planned["planned_from"] or "", planned["planned_to"] or ""
    return {"day": start[:10], "from": start[11:], "to": end[11:]}


def _backwards(job: Opened, form: Form, act: Act, typed: dict[str, str]) -> saying.Said | None:
    """The refusal of a visit that would end before it begins."""
    if not typed["from"] or not typed["to"] or typed["to"] > typed["from"]:
        return None
    return job.refusal(form, act, "ends_first", "planned_to")


def _times(typed: dict[str, str]) -> dict[str, str]:
    """The wall times that were typed; what is not whole is left for the rules to refuse."""
    return {
        "planned_from": f"{typed['day']}T{typed['from']}",
        "planned_to": f"{typed['day']}T{typed['to']}",
    }


ROUTES: Final = [ask_plan, plan, ask_move, move]

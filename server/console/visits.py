"""Visits: planned and moved by a form, with a word about at whose wish."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.console import frame, gate, saying
from server.console.addresses import home, opt
from server.console.dispatch import panel, visit_of
from server.console.forms import Form
from server.console.saying import Act
from server.console.told import window
from server.console.work_order import found
from server.office import AnyRequest, Office
from server.queries import dossier
from server.sessions import Actor

FORM: Final = "work_order_visit.html"


@get("/work-orders/{number:str}/visits/new", opt=opt("visit.plan"), sync_to_thread=True)
def ask_plan(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form for a new visit: as promised, by whoever has the job."""
    order, _ = found(office, number)
    held = next((one for one in order["assignments"] if one["until_ms"] is None), None)
    typed = {
        "person": held["person_id"] if held else "",
        "day": (order["planned_from"] or "")[:10],
        "from": (order["planned_from"] or "")[11:],
        "to": (order["planned_to"] or "")[11:],
    }
    return panel(request, office, actor, number, (FORM, {"visit": None, "typed": typed}))


@post(
    "/work-orders/{number:str}/visits/new",
    opt=opt("visit.plan"),
    status_code=200,
    sync_to_thread=True,
)
def plan(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Plan a visit."""
    order, _ = found(office, number)
    typed = _typed(form)
    args = {"person": form.text("person"), **_times(typed)}
    act = Act(kind="visit.plan", on=("work_order", order["id"]), args=args)
    backwards = _backwards(request, office, form.op, act, typed)
    said = backwards or saying.say(request, office, actor, form, act)
    if not said.ok:
        shown = (FORM, {"visit": None, "typed": typed, "said": said})
        return frame.refused(panel(request, office, actor, number, shown))
    saying.close_tasks(request, office, actor, form.op, (order, "plan_next_visit"))
    return saying.go(request, office, said, home(order["number"]))


@get("/work-orders/{number:str}/visits/{visit:str}", opt=opt("visit.move"), sync_to_thread=True)
def ask_move(
    number: FromPath[str],
    visit: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form that gives a visit another time."""
    order, _ = found(office, number)
    known = visit_of(order, visit)
    typed = {
        "person": known["person_id"],
        "day": (known["planned_from"] or "")[:10],
        "from": (known["planned_from"] or "")[11:],
        "to": (known["planned_to"] or "")[11:],
        "fault": "",
        "seen": str(known["version"]),
    }
    return panel(request, office, actor, number, (FORM, {"visit": known, "typed": typed}))


@post(
    "/work-orders/{number:str}/visits/{visit:str}",
    opt=opt("visit.move"),
    status_code=200,
    sync_to_thread=True,
)
def move(  # noqa: PLR0913  what a form names
    *,
    number: FromPath[str],
    visit: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Give a visit another time, and say at whose wish; refused where it was moved meanwhile."""
    order, _ = found(office, number)
    known = visit_of(order, visit)
    typed = _typed(form)
    act = moving(known, {**_times(typed), "fault": typed["fault"]})
    same = still_planned(request, office, visit, typed["seen"])
    backwards = _backwards(request, office, form.op, act, typed)
    said = backwards or saying.say_if(request, office, actor, form, act, same=same)
    if not said.ok:
        shown = (FORM, {"visit": known, "typed": typed, "said": said})
        return frame.refused(panel(request, office, actor, number, shown))
    back = gate.way_back(form.text("back"), home(order["number"]))
    return saying.go(request, office, said, back, moved_back(known))


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


def _backwards(
    request: AnyRequest, office: Office, op: str, act: Act, typed: dict[str, str]
) -> saying.Said | None:
    """The refusal of a visit that would end before it begins."""
    if not typed["from"] or not typed["to"] or typed["to"] > typed["from"]:
        return None
    return saying.refusal(frame.speech_of(request, office), act, op, "ends_first", "planned_to")


def _times(typed: dict[str, str]) -> dict[str, str]:
    """The wall times that were typed; what is not whole is left for the rules to refuse."""
    return {
        "planned_from": f"{typed['day']}T{typed['from']}",
        "planned_to": f"{typed['day']}T{typed['to']}",
    }


ROUTES: Final = [ask_plan, plan, ask_move, move]

"""Sending people out: who takes a job, when a visit is, and when a job is called off."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import structs

from server.console import choosing, frame, gate, saying, told
from server.console.addresses import Query, home, opt
from server.console.forms import Form, is_whole
from server.console.lanes import clock, minute
from server.console.opened import Opened
from server.console.saying import Act, Said
from server.console.work_order import context, found
from server.office import AnyRequest, Office
from server.queries import dossier
from server.sessions import Actor
from shared.amounts import is_real

SHOWN_FIRST: Final = 6
CANCEL: Final = "work_order_cancel.html"
Day = Annotated[str, QueryParameter(max_length=10)]
Time = Annotated[str, QueryParameter(max_length=5)]
Minutes = Annotated[int, QueryParameter(ge=15, le=720)]


@get(
    "/work-orders/{number:str}/assign",
    opt=opt("work_order.assign", "day", "at", "minutes", "back"),
    sync_to_thread=True,
)
def choose(  # noqa: PLR0913  the filters of a list are its parameters
    *,
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    day: Day = "",
    at: Time = "",
    minutes: Minutes = choosing.USUAL_MINUTES,
    back: Query = "",
) -> Response[str]:
    """Who should go: the technicians, ranked for this job, with reasons."""
    asked = _asked(day, at, minutes)
    return _choice(request, office, actor, number, {"asked": asked, "back": back})


@post(
    "/work-orders/{number:str}/assign",
    opt=opt("work_order.assign"),
    status_code=200,
    sync_to_thread=True,
)
def assign(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Give a job to somebody, or from somebody to somebody else; with a time, plan the visit."""
    order, _ = found(office, number)
    person, role = form.text("person"), form.text("role", "lead")
    said = _given(request, office, actor, form, (order, person, role))
    back = gate.way_back(form.text("back"), home(order["number"]))
    if not said.ok:
        asked = _asked(form.text("day"), form.text("at"), _minutes(form))
        more = {"asked": asked, "said": said, "chosen": person, "back": form.text("back")}
        return frame.refused(_choice(request, office, actor, number, more))
    saying.close_tasks(request, office, actor, form.op, (order, "declined"))
    planned = _planned_too(request, office, actor, form, (order, person))
    if planned is not None and not planned.ok:
        return saying.go(request, office, planned, back)
    undo = taken_back(order, person)
    if planned is not None and undo is not None:
        undo = undo if undo.kind == "work_order.unassign" else None
        said = structs.replace(said, seen=planned.seen)
    return saying.go(request, office, said, back, undo)


def _given(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    form: Form,
    what: tuple[dict[str, Any], str, str],
) -> Said:
    order, person, role = what
    act = giving(order, person, role, holding=form.text("holding"))
    if not person:
        speech = frame.speech_of(request, office)
        return saying.refusal(speech, act, form.op, "nobody_chosen")
    seen = form.text("holding")
    same = still_held(request, office, order["id"], seen)
    return saying.say_if(request, office, actor, form, act, same=same)


def giving(order: Mapping[str, Any], person: str, role: str = "lead", *, holding: str) -> Act:
    """The act that gives a job to somebody: an assignment where none of those led it who held it.

    `holding` are those on the page, so that a second click says what the first one said.
    """
    on = ("work_order", order["id"])
    held = holding.split(",")
    leads = any(one["role"] == "lead" and one["person_id"] in held for one in order["assignments"])
    if role == "helper" or not leads:
        args = {"person": person, "role": role}
        return Act(kind="work_order.assign", on=on, args=args)
    return Act(kind="work_order.reassign", on=on, args={"person": person})


def taken_back(order: Mapping[str, Any], person: str) -> Act | None:
    """The opposite of giving a job to somebody: to the one who had it, or to nobody."""
    on = ("work_order", order["id"])
    had = [one["person_id"] for one in order["assignments"] if one["until_ms"] is None]
    if not had:
        return Act(kind="work_order.unassign", on=on, args={"person": person})
    if len(had) > 1 or had == [person]:
        return None
    return Act(kind="work_order.reassign", on=on, args={"person": had[0]})


def still_held(request: AnyRequest, office: Office, order: str, seen: str) -> saying.Same:
    """Whether a job is still with those whom the page showed."""

    def same(books: Any) -> str | None:
        now = dossier.holders(books, order)
        if ",".join(sorted(one["person_id"] for one in now)) == seen:
            return None
        speech = frame.speech_of(request, office)
        if not now:
            return speech.text("plan.refusals", "nobody_has_it")
        names = speech.text("plan.refusals", "and").join(one["name"] for one in now)
        return speech.text("plan.refusals", "held_meanwhile", name=names)

    return same


def _planned_too(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    form: Form,
    what: tuple[dict[str, Any], str],
) -> Said | None:
    """The visit that was planned with the assignment, where a time was chosen."""
    order, person = what
    day, at = form.text("day"), form.text("at")
    if form.text("visit") or not (_is_day(day) and _is_time(at)):
        return None
    args = {"person": person, **_window(day, at, _minutes(form))}
    act = Act(kind="visit.plan", on=("work_order", order["id"]), args=args)
    return saying.say_under(request, office, actor, saying.then(form.op, 1), act)


def _window(day: str, at: str, minutes: int) -> dict[str, str]:
    start = minute(f"{day}T{at}", day)
    return {
        "planned_from": f"{day}T{at}",
        "planned_to": f"{day}T{clock(min(start + minutes, 1439))}",
    }


def _choice(
    request: AnyRequest, office: Office, actor: Actor, number: str, more: dict[str, Any]
) -> Response[str]:
    order, story = found(office, number)
    wanted = choosing.wish(order, office.now_ms(), more.pop("asked"))
    with office.reading() as books:
        speech = frame.speech_of(request, office)
        ranked, people = choosing.candidates(books, office, speech, order, wanted)
    able = [one for one in ranked if one.fits]
    shown = {
        **context(speech, order, story, actor.person.roles),
        "panel": "work_order_assign.html",
        "wish": wanted,
        "wish_day": told.day(speech, wanted.day),
        "clock": clock,
        "wish_at": "" if wanted.start is None else clock(wanted.start),
        "wish_minutes": (wanted.end or 0) - (wanted.start or 0) or choosing.USUAL_MINUTES,
        "able": able,
        "first": SHOWN_FIRST,
        "unable": [one for one in ranked if not one.fits],
        "people": people,
        "lengths": choosing.MINUTES,
        "part_names": {one["part_id"]: one for one in order["planned"]},
        "holding": ",".join(
            sorted(one["person_id"] for one in order["assignments"] if one["until_ms"] is None)
        ),
        "said": None,
        "chosen": able[0].person if able else "",
        **more,
    }
    return frame.page(request, office, actor, "work_order.html", shown)


@post(
    "/work-orders/{number:str}/unassign",
    opt=opt("work_order.unassign"),
    status_code=200,
    sync_to_thread=True,
)
def unassign(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Take a job back from one person, or from everybody."""
    asked = {name: form.text(name) for name in ("reason", "person") if form.has(name)}
    act = job.act("work_order.unassign", **asked)
    same = still_held(job.request, job.office, job.order["id"], form.text("holding"))
    had = [one for one in job.order["assignments"] if one["until_ms"] is None]
    undo = None
    if len(had) == 1:
        undo = job.act("work_order.assign", person=had[0]["person_id"], role=had[0]["role"])
    back = gate.way_back(form.text("back"), job.home)
    return job.went(job.say(form, act, same), to=back, undo=undo)


@get("/work-orders/{number:str}/cancel", opt=opt("work_order.cancel"), sync_to_thread=True)
def ask_cancel(job: NamedDependency[Opened]) -> Response[str]:
    """Why a job is called off, and what that means."""
    return job.panel(CANCEL, reason="")


@post(
    "/work-orders/{number:str}/cancel",
    opt=opt("work_order.cancel"),
    status_code=200,
    sync_to_thread=True,
)
def cancel(job: NamedDependency[Opened], form: NamedDependency[Form]) -> Response[Any]:
    """Call a job off, with a reason."""
    reason = form.text("reason")
    act = job.act("work_order.cancel", reason=reason)
    return job.act_on(form, act, lambda job, said: job.panel(CANCEL, said, reason=reason))


def _asked(day: str, at: str, minutes: int) -> tuple[str, str, int]:
    """The time that somebody wishes for; what is none is left open."""
    return (day if _is_day(day) else "", at if _is_time(at) else "", minutes)


def _is_day(text: str) -> bool:
    return len(text) == 10 and is_real(text)


def _is_time(text: str) -> bool:
    return len(text) == 5 and is_real(f"2026-01-01T{text}")


def _minutes(form: Form) -> int:
    text = form.text("minutes")
    return int(text) if is_whole(text) and 15 <= int(text) <= 720 else choosing.USUAL_MINUTES


ROUTES: Final = [choose, assign, unassign, ask_cancel, cancel]

"""The day board: technicians by time, jobs to be given out, and what a drop means."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from server.console import frame, gate, saying, toasts, told
from server.console.addresses import Query, opt
from server.console.dispatch import Day, giving, still_held, taken_back
from server.console.forms import Form, is_whole
from server.console.lanes import (
    QUARTER,
    QUARTERS,
    STARTS,
    bar,
    clock,
    lanes,
    local,
    minute,
    wall,
)
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.console.visits import moved_back, moving, still_planned
from server.office import AnyRequest, Office
from server.problems import Problem, wrong_field
from server.queries import board, dossier
from server.sessions import Actor
from shared.amounts import is_real
from shared.ids import is_id
from shared.people import may

USUAL_START: Final = 8
# What the script says while something is moved; it fills in the names itself.
WORDS: Final = (
    *("picked", "put_at", "overlap", "left", "not_movable", "no_skill", "past"),
    *("outside_drop", "sending", "unreachable"),
)
# Which task of the job an act settles.
SETTLES: Final = {
    "work_order.assign": "declined",
    "work_order.reassign": "declined",
    "visit.plan": "plan_next_visit",
}
STATES: Final = ("planned", "late", "travel", "now", "done", "ended")
HELD: Final = "dated"  # a bar of a promised time, for which no visit is planned yet


class Drop(Struct, frozen=True, kw_only=True):
    """Where something was dropped: on whom, and from when to when; what the page had shown.

    Nobody (an empty person) is the column of jobs to be given out. `visit` is empty for a job
    that has none. `holding` are those who had the job, `seen` the visit's version.
    """

    order: str
    visit: str
    person: str
    day: str
    start: int
    minutes: int
    fault: str
    holding: str
    seen: str

    @property
    def window(self) -> dict[str, str]:
        """The wall times of the place where it was dropped."""
        end = min(self.start + self.minutes, 24 * 60 - 1)
        return {"planned_from": local(self.day, self.start), "planned_to": local(self.day, end)}


@get(
    "/board",
    opt=opt("read.work_orders", "day", "from", "zone", "skill", "q"),
    sync_to_thread=True,
)
def show(  # noqa: PLR0913  the filters of a page are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    day: Day = "",
    zone: Query = "",
    skill: Query = "",
    q: Query = "",
) -> Response[str]:
    """One day: everybody's visits, and what has nobody or no time."""
    today = wall(office.now_ms(), office.settings.zone.key)
    shown = day if len(day) == 10 and is_real(day) else today[:10]
    wanted = {"zone": zone, "skill": skill, "q": q, "from": request.query_params.get("from", "")}
    return _draw(request, office, actor, shown, wanted)


def _draw(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    day: str,
    wanted: Mapping[str, str],
    **more: Any,
) -> Response[str]:
    speech = frame.speech_of(request, office)
    now = wall(office.now_ms(), office.settings.zone.key)
    first = int(wanted["from"]) if is_whole(wanted.get("from", "")) else USUAL_START
    first = first if first in STARTS else USUAL_START
    with office.reading() as books:
        everybody = board.technicians(books)
        people = [one for one in everybody if _is_wanted(one, wanted)]
        visits, dated = board.visits(books, day), board.dated(books, day)
        waiting, timeless = board.unassigned(books), board.undated(books)
        counts = board.counts(books)
        held = board.held(books, [one["order"] for one in visits])
    for one in visits:
        one["holding"] = held.get(one["order"], "")
    bars = [bar(one, first, office.now_ms()) for one in [*visits, *map(_as_visit, dated)]]
    at = minute(now, day)
    context = {
        "day": day,
        "day_words": told.day(speech, day),
        "words": {name: speech.catalogue.groups["plan.board"][name] for name in WORDS},
        "states": {one: speech.text("plan.states", one) for one in STATES},
        "length_of": _length,
        "window_of": partial(_window, speech),
        "today": now[:10],
        "before": board.day_after(day, -1),
        "after": board.day_after(day),
        "first": first,
        "earlier": max((one for one in STARTS if one < first), default=None),
        "later": min((one for one in STARTS if one > first), default=None),
        "hours": [f"{(first + hour) % 24:02d}:00" for hour in range(QUARTERS // 4)],
        "lanes": lanes(people, bars, first),
        "waiting": [one for one in waiting if _mentions(one, wanted["q"])],
        "timeless": [one for one in timeless if _mentions(one, wanted["q"])],
        "waiting_all": counts["unassigned"],
        "timeless_all": counts["undated"],
        "now": _now(at, first) if now[:10] == day else None,
        "clock": clock,
        "wanted": wanted,
        "zones": sorted({zone for one in everybody for zone in one["zones"]}),
        "skills": sorted({skill for one in everybody for skill in one["skills"]}),
        "is_filtered": any(wanted[name] for name in ("zone", "skill")),
        "can_plan": may(actor.person.roles, "visit.move"),
        "said": None,
        **more,
    }
    return frame.page(request, office, actor, "board.html", context)


def _length(job: Mapping[str, Any]) -> int:
    """How long a job is wanted for, in minutes."""
    start, end = job.get("planned_from"), job.get("planned_to")
    if not (start and end):
        return 60
    return max(minute(end, start[:10]) - minute(start, start[:10]), QUARTER)


def _window(speech: Speech, job: Mapping[str, Any]) -> str:
    return told.window(speech, job["planned_from"], job["planned_to"])


def _is_wanted(person: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    zone, skill = wanted["zone"], wanted["skill"]
    return (not zone or zone in person["zones"]) and (not skill or skill in person["skills"])


def _mentions(job: Mapping[str, Any], q: str) -> bool:
    numbers = (job["number"] or "", job["provisional"] or "")
    told = (*numbers, job["summary"], job["customer"], job["address"], job["zone"])
    return not q or any(q.casefold() in text.casefold() for text in told)


def _as_visit(job: Mapping[str, Any]) -> dict[str, Any]:
    """A promised time as if it were a visit; only planning it makes it one."""
    unplanned: dict[str, Any] = {"attendance": [], "ended_at": None, "outcome": None, "version": 0}
    return {**job, **unplanned, "id": f"{HELD}-{job['order']}"}


def _now(at: int, first: int) -> int | None:
    """Where the line of the present lies, in minutes from the left edge."""
    left = at - first * 60
    return left if 0 <= left < QUARTER * QUARTERS else None


@post("/board/drop", opt=opt("visit.move"), status_code=200, sync_to_thread=True)
def drop(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Do what a drop means: give, take, plan or move; a refusal is explained beside the board."""
    what = _read(form)
    with office.reading() as books:
        order = _job(books, what.order, what.visit)
    if order is None:
        raise Problem("not_found")
    what = structs.replace(what, order=order["id"])
    said = _done(request, office, actor, form, (what, order))
    to = gate.way_back(form.text("back"), f"/board?day={what.day}")
    failed = next((one for one in said if not one.ok), None)
    if failed is not None:
        return saying.go(request, office, failed, to)
    for act in {one.act.kind for one in said} & SETTLES.keys():
        saying.close_tasks(request, office, actor, form.op, (order, SETTLES[act]))
    return frame.go_with(request, office, _toast(said, order, what), to)


def _job(books: Any, order: str, visit: str) -> dict[str, Any] | None:
    """The job that is named, or that a visit is for."""
    known = dossier.visit(books, visit) if not order and visit else None
    return dossier.job(books, known["work_order_id"] if known else order)


def _read(form: Form) -> Drop:
    at, minutes, day = form.text("at"), form.text("minutes"), form.text("day")
    visit = form.text("visit")
    named = is_id(form.text("order")) or is_id(visit)
    if not named or not (len(day) == 10 and is_real(day)):
        raise wrong_field("work_order")
    if not (len(at) == 5 and is_real(f"{day}T{at}")):
        raise wrong_field("planned_from")
    length = int(minutes) if is_whole(minutes) else 60
    return Drop(
        order=form.text("order"),
        visit="" if visit.startswith(HELD) else visit,
        person=form.text("person"),
        day=day,
        start=minute(f"{day}T{at}", day),
        minutes=min(max(length, QUARTER), 12 * 60),
        fault=form.text("fault") or "company",
        holding=form.text("holding"),
        seen=form.text("seen"),
    )


def _done(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    form: Form,
    what: tuple[Drop, dict[str, Any]],
) -> list[Said]:
    """Say what has to be said, one act after the other, until one is refused."""
    drop, order = what
    said: list[Said] = []
    for place, act in enumerate(acts(drop, order)):
        op = saying.then(form.op, place)
        if place == 0:
            same = _same(request, office, drop, act)
            said.append(saying.say_if(request, office, actor, form, act, same=same))
        else:
            said.append(saying.say_under(request, office, actor, op, act))
        if not said[-1].ok:
            break
    return said


def acts(drop: Drop, order: Mapping[str, Any]) -> list[Act]:
    """What a drop says of a job: nothing where it lies as it lay."""
    on = ("work_order", order["id"])
    held = [one for one in order["assignments"] if one["until_ms"] is None]
    if not drop.person:
        return [Act(kind="work_order.unassign", on=on)] if held else []
    found: list[Act] = []
    if not any(one["person_id"] == drop.person for one in held):
        found.append(giving(order, drop.person, holding=drop.holding))
    visit = _coming(order, drop.visit)
    if visit is None:
        args = {"person": drop.person, **drop.window}
        return [*found, Act(kind="visit.plan", on=on, args=args)]
    if any(visit[name] != time for name, time in drop.window.items()):
        found.append(moving(visit, {**drop.window, "fault": drop.fault}))
    return found


def _coming(order: Mapping[str, Any], visit: str) -> dict[str, Any] | None:
    """The visit that was taken hold of; for a job from the column, one that is still to come."""
    for one in order["visits"]:
        fresh = one["ended_at"] is None and not one["attendance"]
        if one["id"] == visit or (not visit and fresh):
            return dict(one)
    return None


def _same(request: AnyRequest, office: Office, drop: Drop, act: Act) -> saying.Same:
    """Whether what the dispatcher took hold of is still where the board showed it."""
    held = still_held(request, office, drop.order, drop.holding)
    planned = still_planned(request, office, drop.visit, drop.seen)

    def same(books: Any) -> str | None:
        return (planned(books) if drop.visit else None) or held(books)

    assert act.on[0] == "work_order"
    return same


def _toast(said: list[Said], order: Mapping[str, Any], drop: Drop) -> toasts.Toast:
    """What was done, with the way back where each act of it has an opposite."""
    if not said:
        return toasts.Toast(code="nothing_changed")
    code = "dropped" if len(said) > 1 else said[-1].act.kind
    back = _way_back(said, order, drop)
    way = saying.way_back(back, said[-1]) if back else None
    return toasts.Toast(code=code, params={"number": order["number"] or ""}, undo=way)


def _way_back(said: list[Said], order: Mapping[str, Any], drop: Drop) -> list[Act]:
    """The opposite acts, the last one first; nothing where one has none.

    A visit planned for somebody who is given the job waits for the next one when it is taken back.
    """
    acts = [one.act for one in said]
    if [act.kind for act in acts] == ["work_order.assign", "visit.plan"]:
        acts = acts[:1]
    found = [_back(act, order, drop) for act in reversed(acts)]
    return [act for act in found if act is not None] if None not in found else []


def _back(act: Act, order: Mapping[str, Any], drop: Drop) -> Act | None:
    """The act that is the opposite of one that a drop said."""
    held = [one["person_id"] for one in order["assignments"] if one["until_ms"] is None]
    if act.kind == "visit.move":
        was = _coming(order, drop.visit)
        return None if was is None else moved_back(was)
    if act.kind == "work_order.unassign" and len(held) == 1:
        return Act(kind="work_order.assign", on=act.on, args={"person": held[0], "role": "lead"})
    return taken_back(order, drop.person) if act.kind.endswith("assign") else None


@get("/board/job", opt=opt("visit.move", "order", "visit", "day", "back"), sync_to_thread=True)
def ask(  # noqa: PLR0913  what a form is about
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    order: Query = "",
    visit: Query = "",
    day: Day = "",
) -> Response[str]:
    """The form that does what a drag does: whom, when, and at whose wish."""
    with office.reading() as books:
        job = _job(books, order, visit)
        if job is None:
            raise Problem("not_found")
        held = dossier.holders(books, job["id"])
        people = board.technicians(books)
    known = next((one for one in job["visits"] if one["id"] == visit), None)
    planned = known or job
    shown = day if len(day) == 10 and is_real(day) else (planned["planned_from"] or "")[:10]
    start = minute(planned["planned_from"], shown) if planned["planned_from"] and shown else None
    end = minute(planned["planned_to"], shown) if planned["planned_to"] and shown else None
    context = {
        "job": job,
        "visit": known,
        "person_choices": [(one["id"], one["name"]) for one in people],
        "person_id": known["person_id"] if known else (held[0]["person_id"] if held else ""),
        "at": clock(start) if start is not None else "",
        "minutes": (end - start) if start is not None and end is not None else 60,
        "holding": ",".join(sorted(one["person_id"] for one in held)),
        "panel": "board_job.html",
    }
    today = wall(office.now_ms(), office.settings.zone.key)[:10]
    wanted = {"zone": "", "skill": "", "q": "", "from": ""}
    return _draw(request, office, actor, shown or today, wanted, **context)


ROUTES: Final = [show, drop, ask]

"""Foresight: what may go wrong, told from records in words, and what can be done about it."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from server.console import frame, saying
from server.console.addresses import Query, listing, opt
from server.console.forms import Form
from server.console.machine import class_name
from server.console.policies import today_of
from server.console.saying import Act, Said
from server.console.signs import Sign, told
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import customers, foresight, policies
from server.queries.foresight import SHOWN_MAX, When
from server.sessions import Actor
from shared import typed
from shared.foresight_rules import DAYS_MAX, FORESIGHT, SIGNS
from shared.people import may

PATH: Final = "/foresight"
FIGURES: Final = "/foresight/figures"
READ: Final = "read.tickets"
OPEN: Final = "ticket.open"
SET: Final = "foresight.set"
ICONS: Final = {
    "repeats": "repeat",
    "again": "undo",
    "drift": "monitoring",
    "ends": "event_busy",
    "due": "event",
    "parts": "package_2",
}
NUMBERS: Final = (
    *("repeat_count", "repeat_days", "again_days", "drift_days", "ends_days", "due_days"),
    *("parts_times", "parts_days"),
)
MONTHS_MAX: Final = 120
REASON_CHARS: Final = 400


class Group(Struct, frozen=True, kw_only=True):
    """One sign with its lines; `more` where there are more than are shown."""

    code: str
    icon: str
    lines: list[Sign]
    more: bool


@get(PATH, opt=opt(READ, "only"), sync_to_thread=True)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    only: Query = "",
) -> Response[str]:
    """What is foreseen, sign by sign, or one of them alone."""
    s = frame.speech_of(request, office)
    wanted = (only,) if only in SIGNS else SIGNS
    when = When(now=office.now_ms(), day=today_of(office))
    with office.reading() as books:
        rules = foresight.rules(books)
        found = [(one, told(books, s, (rules, when), one)) for one in wanted]
    tabs = [(listing(PATH, {}), s.text("console.foresight", "every"), None, only not in SIGNS)]
    tabs += [
        (listing(PATH, {"only": one}), s.text("foresight_signs", one), None, only == one)
        for one in SIGNS
    ]
    context = {
        "tabs": tabs,
        "groups": [
            Group(code=one, icon=ICONS[one], lines=lines[:SHOWN_MAX], more=len(lines) > SHOWN_MAX)
            for one, lines in found
            if lines
        ],
        "most": SHOWN_MAX,
        "may_open": may(actor.person.roles, OPEN),
        "section": "foresight",
    }
    return frame.page(request, office, actor, "foresight.html", context)


@post(PATH + "/{does:str}", opt=opt(OPEN), status_code=200, sync_to_thread=True)
def act_on(
    does: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Open a ticket with the reason in it, and go on to plan a visit, or to tell the customer."""
    if does not in ("plan", "tell"):
        raise Problem("not_found")
    with office.reading() as books:
        machine = customers.machine(books, form.text("asset"))
    if machine is None:
        raise Problem("not_found")
    args = {
        "customer": machine["customer"]["id"],
        "site": machine["site"]["id"],
        "asset": machine["id"],
        "problem": form.text("reason")[:REASON_CHARS],
        "channel": "technician",
        "priority": "normal",
        "wish": "maintenance",
    }
    act = Act(kind=OPEN, on=("ticket", ""), args=args)
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return saying.go(request, office, said, PATH)
    ticket = f"/tickets/{said.number or said.op}"
    if does == "tell":
        what = form.text("reason")[:REASON_CHARS]
        onwards = listing(f"{ticket}/messages/new", {"template": "other", "what": what})
        return saying.go(request, office, said, onwards)
    can_plan = may(actor.person.roles, "work_order.create")
    return saying.go(request, office, said, f"{ticket}/work-order" if can_plan else ticket)


@get(FIGURES, opt=opt(READ), sync_to_thread=True)
def figures(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """From which figures on something is a sign."""
    return _figures_page(request, office, actor, (Form(), None))


@post(FIGURES, opt=opt(SET, shows=READ), status_code=200, sync_to_thread=True)
def save(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Set them anew."""
    args, fault = _args(form)
    act = Act(kind=SET, on=("foresight_rules", FORESIGHT), args=args)
    if fault:
        speech = frame.speech_of(request, office)
        said = saying.refusal(speech, act, form.op, "no_days", fault, most=DAYS_MAX)
    else:
        said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_figures_page(request, office, actor, (form, said)))
    return saying.go(request, office, said, FIGURES)


def _args(form: Form) -> tuple[dict[str, Any], str]:
    """What the form says, and the first field that holds no number."""
    args: dict[str, Any] = {}
    for name in NUMBERS:
        count = typed.whole(form.text(name), len(str(DAYS_MAX)))
        if not count or count > DAYS_MAX:
            return args, name
        args[name] = count
    intervals = []
    for name in form.fields:
        if not name.startswith("months_") or not form.has(name):
            continue
        months = typed.whole(form.text(name), len(str(MONTHS_MAX)))
        if not months or months > MONTHS_MAX:
            return args, name
        intervals.append({"product_class": name.removeprefix("months_"), "months": months})
    args["intervals"] = intervals
    if form.has("version"):
        args["seen"] = form.number("version")
    return args, ""


def _figures_page(
    request: AnyRequest, office: Office, actor: Actor, given: tuple[Form, Said | None]
) -> Response[str]:
    form, said = given
    s = frame.speech_of(request, office)
    with office.reading() as books:
        rules = foresight.rules(books)
        classes = policies.classes(books)
    known = {one.product_class: str(one.months) for one in rules.intervals}
    shown = {name: str(getattr(rules, name)) for name in NUMBERS}
    if form.fields:
        shown = {name: form.text(name) for name in NUMBERS}
        known = {one: form.text(f"months_{one}") for one in ("", *classes)}
    context = {
        "typed": shown,
        "numbers": NUMBERS,
        "intervals": [
            (one, class_name(s, one) or s.text("console.foresight", "others"), known.get(one, ""))
            for one in ("", *classes)
        ],
        "version": rules.version or "",
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "may_set": may(actor.person.roles, SET),
        "section": "foresight",
    }
    return frame.page(request, office, actor, "foresight_figures.html", context)


ROUTES: Final[list[Any]] = [show, figures, save, act_on]

"""Outlets: the places that customers are served from, whose they are, and when they are open."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import ValidationError, convert, to_builtins

from server import queries
from server.console import frame, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import policies, teams as asked
from server.sessions import Actor
from shared.fields import Phone
from shared.people import may
from shared.teams import OUTLETS, Outlet, spoken

PATH: Final = "/outlets"
READ: Final = "read.tickets"
KEEP: Final = "master.put"
TEXTS: Final = (
    *("en", "zh", "kind", "address_en", "address_zh", "phone", "zone"),
    *("hours_en", "hours_zh"),
)


@get(PATH, opt=opt(READ), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """Every outlet."""
    return _page(request, office, actor, {})


@get("/outlets/new", opt=opt(KEEP), sync_to_thread=True)
def blank(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The form for another outlet."""
    return _page(request, office, actor, {"new": True})


@get("/outlets/{outlet:str}", opt=opt(READ), sync_to_thread=True)
def one(
    outlet: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """An outlet beside all."""
    return _page(request, office, actor, {"opened": _known(office, outlet)})


@post("/outlets/new", opt=opt(KEEP), status_code=200, sync_to_thread=True)
def add(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Another outlet."""
    row = _typed(form, {})
    act = Act(kind=KEEP, on=("outlet", ""), args={"row": row})
    said = _wrong(request, office, form, act) or saying.say(request, office, actor, form, act)
    if not said.ok:
        context = {"new": True, "typed": row, "said": said}
        return frame.refused(_page(request, office, actor, context))
    return saying.go(request, office, said, f"{PATH}/{said.op}")


@post("/outlets/{outlet:str}", opt=opt(KEEP), status_code=200, sync_to_thread=True)
def change(
    outlet: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """What is known of it; or that there is no such outlet any more."""
    known = _known(office, outlet)
    before = _row(known)
    row = _typed(form, before)
    act = Act(kind=KEEP, on=("outlet", known.id), args={"row": row})
    said = _wrong(request, office, form, act) or saying.say(request, office, actor, form, act)
    if not said.ok:
        context = {"opened": known, "typed": row, "said": said}
        return frame.refused(_page(request, office, actor, context))
    undo = Act(kind=KEEP, on=("outlet", known.id), args={"row": before})
    return saying.go(request, office, said, f"{PATH}/{known.id}", undo)


def _wrong(request: AnyRequest, office: Office, form: Form, act: Act) -> Said | None:
    """What is wrong with the form before anybody is asked."""
    row, speech = act.args["row"], frame.speech_of(request, office)
    for name in ("zh", "en"):
        if not row[name]:
            return saying.refusal(speech, act, form.op, "no_outlet_name", field=name)
    try:
        convert(row["phone"], Phone)
    except ValidationError:
        return saying.refusal(speech, act, form.op, "no_outlet_phone", field="phone")
    if not row["address_zh"] and not row["address_en"]:
        return saying.refusal(speech, act, form.op, "no_outlet_address", field="address_zh")
    return None


def _typed(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    """The row as the form has it; that it is retired, or no more, is said by a button."""
    if form.has("retire"):
        return {**before, "retired": form.text("retire") == "yes"}
    return {**before, **{name: form.text(name) for name in TEXTS}}


def _row(outlet: Outlet) -> dict[str, Any]:
    told: dict[str, Any] = to_builtins(outlet)
    kept = {name: told.get(name, "") for name in TEXTS}
    return {**kept, "retired": outlet.retired}


def _known(office: Office, outlet: str) -> Outlet:
    with office.reading() as books:
        found = next((one for one in asked.outlets(books) if one.id == outlet), None)
    if found is None:
        raise Problem("not_found")
    return found


def _page(
    request: AnyRequest, office: Office, actor: Actor, given: Mapping[str, Any]
) -> Response[str]:
    opened: Outlet | None = given.get("opened")
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        known, zones = asked.outlets(books), policies.zones(books)
        here: dict[str, list[str]] = {}
        for team in asked.teams(books):
            if team.outlet_id and not team.retired:
                here.setdefault(team.outlet_id, []).append(team.name)
        seen = queries.acts_on(books, ("outlet", opened.id)) if opened else 0
    context = {
        "outlets": known,
        "teams_here": here,
        "zones": zones,
        "kinds": [(one, speech.text("outlet_kinds", one)) for one in OUTLETS],
        "in_words": lambda one, name: spoken(one, name, speech.language),
        "opened": opened,
        "seen": seen,
        "new": given.get("new", False),
        "typed": given.get("typed") or (_row(opened) if opened else {"kind": OUTLETS[0]}),
        "said": given.get("said"),
        "may_keep": may(actor.person.roles, KEEP),
        "section": "policies",
        "tab": "outlets",
    }
    return frame.page(request, office, actor, "outlets.html", context)


ROUTES: Final[list[Any]] = [show, blank, one, add, change]

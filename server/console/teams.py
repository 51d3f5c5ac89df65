"""Teams: who is in which, by which hours it works, and which requests it is proposed for."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import to_builtins

from server import queries
from server.console import frame, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.machine import class_name
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import policies, teams as asked
from server.sessions import Actor
from shared.people import may
from shared.reception import CLASSES
from shared.teams import TAKING, Outlet, Team

PATH: Final = "/teams"
READ: Final = "read.tickets"
KEEP: Final = "master.put"
TAKE: Final = "take_"  # what a field of the form that says of what a team takes begins with
Options = list[tuple[str, str]]


@get(PATH, opt=opt(READ), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """Every team."""
    return _page(request, office, actor, {})


@get("/teams/new", opt=opt(KEEP), sync_to_thread=True)
def blank(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The form for another team."""
    return _page(request, office, actor, {"new": True})


@get("/teams/{team:str}", opt=opt(READ), sync_to_thread=True)
def one(
    team: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """A team beside all."""
    return _page(request, office, actor, {"opened": _known(office, team)})


@post("/teams/new", opt=opt(KEEP), status_code=200, sync_to_thread=True)
def add(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Another team."""
    row = _typed(form, {})
    act = Act(kind=KEEP, on=("team", ""), args={"row": row})
    said = _unnamed(request, office, form, act) or saying.say(request, office, actor, form, act)
    if not said.ok:
        context = {"new": True, "typed": row, "said": said}
        return frame.refused(_page(request, office, actor, context))
    return saying.go(request, office, said, f"{PATH}/{said.op}")


@post("/teams/{team:str}", opt=opt(KEEP), status_code=200, sync_to_thread=True)
def change(
    team: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Its name, its outlet and what it is there for; or that there is no such team any more."""
    known = _known(office, team)
    before = _row(known)
    row = _typed(form, before)
    act = Act(kind=KEEP, on=("team", known.id), args={"row": row})
    said = _unnamed(request, office, form, act) or saying.say(request, office, actor, form, act)
    if not said.ok:
        context = {"opened": known, "typed": row, "said": said}
        return frame.refused(_page(request, office, actor, context))
    undo = Act(kind=KEEP, on=("team", known.id), args={"row": before})
    return saying.go(request, office, said, f"{PATH}/{known.id}", undo)


def _unnamed(request: AnyRequest, office: Office, form: Form, act: Act) -> Said | None:
    if act.args["row"]["name"]:
        return None
    speech = frame.speech_of(request, office)
    return saying.refusal(speech, act, form.op, "no_name", field="name")


def _typed(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    """The row as the form has it; that it is retired, or no more, is said by a button."""
    if form.has("retire"):
        return {**before, "retired": form.text("retire") == "yes"}
    takes = {name: list(form.all(f"{TAKE}{name}")) for name in TAKING}
    return {
        **before,
        "name": form.text("name"),
        "outlet_id": form.text("outlet_id") or None,
        "takes": {name: values for name, values in takes.items() if values},
    }


def _row(team: Team) -> dict[str, Any]:
    told: dict[str, Any] = to_builtins(team)
    kept = {name: value for name, value in told.items() if name not in ("id", "version")}
    return {"takes": {}, "outlet_id": None, "retired": False, **kept}


def _known(office: Office, team: str) -> Team:
    with office.reading() as books:
        found = next((one for one in asked.teams(books) if one.id == team), None)
    if found is None:
        raise Problem("not_found")
    return found


def _page(
    request: AnyRequest, office: Office, actor: Actor, given: Mapping[str, Any]
) -> Response[str]:
    opened: Team | None = given.get("opened")
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        known, outlets = asked.teams(books), asked.outlets(books)
        members = asked.members(books)
        hours = {one.id for one in policies.calendars(books)}
        offered = options(books, speech)
        sets = asked.words(books, speech.language)
        seen = queries.acts_on(books, ("team", opened.id)) if opened else 0
    typed = given.get("typed") or (_row(opened) if opened else {"takes": {}})
    context = {
        "teams": known,
        "members": members,
        "hours": hours,
        "outlets": {one.id: getattr(one, speech.language) for one in outlets},
        "outlet_options": _places(speech, outlets, typed.get("outlet_id")),
        "takes": lambda team: takes_in_words(speech, team, offered),
        "ticks": _ticks(speech, offered, sets, typed["takes"]),
        "opened": opened,
        "seen": seen,
        "new": given.get("new", False),
        "typed": typed,
        "said": given.get("said"),
        "may_keep": may(actor.person.roles, KEEP),
        "section": "policies",
        "tab": "teams",
    }
    return frame.page(request, office, actor, "teams.html", context)


def _places(s: Speech, outlets: list[Outlet], chosen: str | None) -> Options:
    return [
        (one.id, getattr(one, s.language)) for one in outlets if not one.retired or one.id == chosen
    ]


def options(books: Any, s: Speech) -> dict[str, Options]:
    """The words by which a team may be proposed, as people call them."""
    return {
        "tag": [one for known in asked.words(books, s.language).values() for one in known.items()],
        "kind": [(one, s.text("request_kinds", one)) for one in CLASSES],
        "product_class": [(one, class_name(s, one)) for one in policies.classes(books)],
        "tier": asked.offered_tiers(books, s.language),
        "zone": [(one, one) for one in policies.zones(books)],
    }


def _ticks(
    s: Speech, offered: dict[str, Options], sets: Mapping[str, Mapping[str, str]], takes: Any
) -> list[tuple[str, str, Options]]:
    """What can be ticked, each list with its name: also a word that is offered no more."""
    gone = {
        name: [(one, one) for one in takes.get(name, ()) if one not in dict(found)]
        for name, found in offered.items()
    }
    words = [("tag", title, list(found.items())) for title, found in sets.items()]
    others = [
        (name, fact(s, name), [*found, *gone[name]])
        for name, found in offered.items()
        if name != "tag"
    ]
    return [*words, ("tag", fact(s, "tag"), gone["tag"]), *others]


def fact(s: Speech, name: str) -> str:
    """What one of the things is called that a team may be proposed by."""
    return s.text("console.teams", "tag") if name == "tag" else s.text("limit_facts", name)


def takes_in_words(s: Speech, team: Team, offered: Mapping[str, Options]) -> list[tuple[str, str]]:
    """What a team is there for: each thing that has to be so, with the words that do."""
    return [
        (
            fact(s, name),
            s.text("console.teams", "or").join(
                dict(offered[name]).get(one, one) for one in team.takes[name]
            ),
        )
        for name in TAKING
        if name in team.takes
    ]


def proposal(books: Any, s: Speech, ticket: Mapping[str, Any]) -> tuple[Team, str] | None:
    """The team that is proposed for a ticket, and that with its reason in words."""
    found = asked.proposed(books, ticket)
    if found is None:
        return None
    offered = options(books, s)
    comma = s.text("console.teams", "comma")
    why = comma.join(dict(offered[name]).get(word, word) for name, word in found.because)
    said = s.text("console.teams", "proposed_why", team=found.team.name, why=why)
    return found.team, said


ROUTES: Final[list[Any]] = [show, blank, one, add, change]

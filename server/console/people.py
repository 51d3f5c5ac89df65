"""People: who works here, what they may do, and how they come in."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from msgspec import ValidationError, convert, to_builtins

from server import people, queries
from server.console import frame, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import teams
from server.sessions import Actor
from shared.people import ROLES, Login, Person, may

MANAGE: Final = "people.manage"
SHOWN: Final = ("active", "field", "office", "disabled")
Show = Literal["active", "field", "office", "disabled"]
Search = Annotated[str, QueryParameter(max_length=100)]


@get("/people", opt=opt(MANAGE, "show", "q"), sync_to_thread=True)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    chosen: Annotated[Show, QueryParameter(name="show")] = "active",
    q: Search = "",
) -> Response[str]:
    """Everybody, by login."""
    return _page(request, office, actor, {"show": chosen, "q": q.strip()})


@get("/people/new", opt=opt(MANAGE), sync_to_thread=True)
def blank(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The form for somebody new."""
    return _page(request, office, actor, {"typed": {}, "new": True})


@get("/people/{login:str}", opt=opt(MANAGE), sync_to_thread=True)
def one(
    login: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """Somebody beside everybody."""
    return _page(request, office, actor, {"person_open": _known(office, login)})


@post("/people/new", opt=opt(MANAGE), status_code=200, sync_to_thread=True)
def add(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Somebody new, with a password for the first sign-in."""
    typed = _typed(office, form, {})
    act = Act(kind="master.put", on=("person", ""), args={"row": typed})
    said = _wrong(request, office, form.op, act) or saying.say(request, office, actor, form, act)
    if not said.ok:
        drawn = _page(request, office, actor, {"typed": typed, "new": True, "said": said})
        return frame.refused(drawn)
    return _password_page(request, office, actor, typed["login"])


@post("/people/{login:str}", opt=opt(MANAGE), status_code=200, sync_to_thread=True)
def change(
    login: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Somebody's name, roles, skills and zones; or that they have left, or are back."""
    known = _known(office, login)
    before = _row(known)
    row = _typed(office, form, before)
    act = Act(kind="master.put", on=("person", known.id), args={"row": row})
    said = _wrong(request, office, form.op, act) or saying.say(request, office, actor, form, act)
    if not said.ok:
        context = {"person_open": known, "typed": row, "said": said}
        return frame.refused(_page(request, office, actor, context))
    undo = Act(kind="master.put", on=("person", known.id), args={"row": before})
    return saying.go(request, office, said, f"/people/{known.login}", undo)


@post("/people/{login:str}/password", opt=opt(MANAGE), status_code=200, sync_to_thread=True)
def reset_password(
    login: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """A password for one sign-in; it ends the sessions of whoever it is for."""
    known = _known(office, login)
    if known.id == actor.person.id:  # one's own is changed; a new one would sign one out unseen
        return Redirect("/account/password", status_code=frame.SEE_OTHER)
    return _password_page(request, office, actor, known.login)


def _password_page(request: AnyRequest, office: Office, actor: Actor, login: str) -> Response[Any]:
    password = office.reset_password(login, actor.person.id)
    if password is None:
        raise Problem("not_found")
    context = {"whose": _known(office, login), "password": password}
    return frame.page(request, office, actor, "one_time.html", context)


def _wrong(request: AnyRequest, office: Office, op: str, act: Act) -> Said | None:
    """What is wrong with the form before anybody is asked."""
    speech = frame.speech_of(request, office)
    row = act.args["row"]
    try:
        convert(row["login"], Login)
    except ValidationError:
        return saying.refusal(speech, act, op, "login_wrong", field="login")
    if not row["name"]:
        return saying.refusal(speech, act, op, "no_name", field="name")
    if not row["roles"]:
        return saying.refusal(speech, act, op, "no_role", field="roles")
    return None


def _typed(office: Office, form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    """The row as the form has it; `disabled` is said by a button."""
    if form.has("leave"):
        return {**before, "disabled": form.text("leave") == "yes"}
    return {
        **before,
        "login": before.get("login") or form.text("login").lower(),
        "name": form.text("name"),
        "roles": [one for one in ROLES if one in form.all("roles")],
        "skills": _skills(office, form.text("skills")),
        "zones": _several(form.text("zones")),
        "code": form.text("code"),
        "team_id": form.text("team_id") or None,
    }


def _several(text: str) -> list[str]:
    """Things typed in one line, with commas of either script between them."""
    parts = text.replace("，", ",").replace("、", ",").replace(";", ",").split(",")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _skills(office: Office, text: str) -> list[str]:
    """The codes of skills that were typed as people call them, in either language."""
    codes = {
        word.casefold(): code
        for catalogue in office.texts.catalogues.values()
        for code, word in catalogue.groups["skills"].items()
        if isinstance(word, str)
    }
    return list(dict.fromkeys(codes.get(one.casefold(), one) for one in _several(text)))


def _row(person: Person) -> dict[str, Any]:
    told: dict[str, Any] = to_builtins(person)
    return {
        **{name: value for name, value in told.items() if name not in ("id", "version")},
        "disabled": person.disabled,
    }


def _known(office: Office, login: str) -> Person:
    with office.reading() as books:
        known = people.find_by_login(books, login)
    if known is None:
        raise Problem("not_found")
    return known.person


def _page(
    request: AnyRequest, office: Office, actor: Actor, given: Mapping[str, Any]
) -> Response[str]:
    opened: Person | None = given.get("person_open")
    chosen = {"show": "active", "q": "", **given}
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        everybody = people.everybody(books)
        known = teams.teams(books)
        signed_in = queries.standing_of_people(books)
        seen = queries.acts_on(books, ("person", opened.id)) if opened else 0
    typed = given.get("typed") or (_row(opened) if opened else {})
    shown = {name: [one for one in everybody if _is(one, name)] for name in SHOWN}
    context = {
        "show": chosen["show"],
        "q": chosen["q"],
        "tabs": [(name, len(shown[name])) for name in SHOWN],
        "everybody": _found(shown[chosen["show"]], chosen["q"]),
        "standing": signed_in,
        "role_options": [(role, speech.text("roles", role)) for role in ROLES],
        "teams": {one.id: one.name for one in known},
        "team_options": [
            (one.id, one.name) for one in known if not one.retired or one.id == typed.get("team_id")
        ],
        "person_open": opened,
        "seen": seen,
        "new": given.get("new", False),
        "typed": typed,
        "skills": [speech.skill(one) for one in typed.get("skills", [])],
        "said": given.get("said"),
        "self": actor.person.id,
    }
    return frame.page(request, office, actor, "people.html", context)


def _is(person: Person, show: str) -> bool:
    if show == "disabled":
        return person.disabled
    in_field = may(person.roles, "sync")
    return not person.disabled and (show == "active" or in_field == (show == "field"))


def _found(everybody: list[Person], q: str) -> list[Person]:
    wanted = q.casefold()
    return [
        one
        for one in everybody
        if any(wanted in text.casefold() for text in (one.name, one.login, one.code, *one.zones))
    ]


ROUTES: Final = [show, blank, one, add, change, reset_password]

"""Phones: how each of them is doing, letting one in, and letting one in no longer."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from server.console import frame
from server.console.addresses import After, Query, following, listing, opt
from server.console.forms import Form
from server.console.invitation import squares
from server.console.toasts import Toast
from server.marks import by_number
from server.office import AnyRequest, Office, kept_of
from server.people import everybody
from server.problems import Problem
from server.queries import SILENT_MS, Item
from server.queries.fleet import (
    CLOCK_WRONG_MS,
    SHOWN,
    SPACE_SHORT_BYTES,
    fleet,
    fleet_counts,
    phone,
)
from server.sessions import Actor
from shared.people import Person, may

PATH: Final = "/phones"
PAGE: Final = 50
READ: Final = "read.devices"
ISSUE: Final = "enrolment.issue"
Show = Literal["all", "attention", "unsent", "revoked"]


@get("/phones", opt=opt(READ, "show", "q"), sync_to_thread=True)
def show(  # noqa: PLR0913 - a list's filters are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    chosen: Annotated[Show, QueryParameter(name="show")] = "all",
    q: Query = "",
    after: After = None,
) -> Response[str]:
    """The fleet, silent phones first."""
    return _page(request, office, actor, {"show": chosen, "q": q.strip(), "after": after}, None)


@get("/phones/{device:str}", opt=opt(READ), sync_to_thread=True)
def one(
    device: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One phone beside the fleet."""
    with office.reading() as books:
        found = phone(books, device)
    if found is None:
        raise Problem("not_found")
    return _page(request, office, actor, {"show": "all", "q": "", "after": None}, found)


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    chosen: Mapping[str, Any],
    beside: Item | None,
) -> Response[str]:
    now = office.now_ms()
    with office.reading() as books:
        listed = fleet(
            books, by_number(chosen["after"], PAGE), show=chosen["show"], q=chosen["q"], now_ms=now
        )
        counts = fleet_counts(books, now)
    for item in (*listed.items, *([beside] if beside else ())):
        _overhear(office, item, now)
    named = {"show": "" if chosen["show"] == "all" else chosen["show"], "q": chosen["q"]}
    context = {
        **chosen,
        "shown": SHOWN,
        "phones": listed.items,
        "counted": counts,
        "beside": beside,
        "next": following(PATH, named, listed),
        "first": listing(PATH, named) if chosen["after"] else None,
        "space_short": SPACE_SHORT_BYTES,
        "clock_wrong": CLOCK_WRONG_MS,
    }
    return frame.page(request, office, actor, "phones.html", context)


def _overhear(office: Office, item: Item, now: int) -> None:
    """What was heard since it was last written down, and whether all is well."""
    heard = office.contacts.get(item["id"])
    if heard is not None:
        item |= kept_of(heard)
    past = now - (item["contact_at"] or item["created_at"])
    item["silent"] = past > SILENT_MS and item["revoked_at"] is None


@post("/phones/{device:str}/revoke", opt=opt(ISSUE), status_code=200, sync_to_thread=True)
def revoke(
    device: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Let a phone in no longer."""
    if not office.revoke(device, actor.person.id):
        raise Problem("not_found")
    return frame.go_with(request, office, Toast(code="phone_revoked"), f"/phones/{device}")


@get("/enrol-phone", opt=opt(ISSUE, "login"), sync_to_thread=True)
def choose(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    login: FromQuery[str] = "",
) -> Response[str]:
    """For whom a phone is to be let in."""
    return _choosing(request, office, actor, login, "")


@post("/enrol-phone", opt=opt(ISSUE), status_code=200, sync_to_thread=True)
def enrol(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """A code that lets one phone of somebody in, as a picture and as text; shown once."""
    login = form.text("login")
    invitation = office.invite(login, actor.person.id)
    if invitation is None:
        speech = frame.speech_of(request, office)
        wrong = speech.text("console.phones", "choose_person")
        return frame.refused(_choosing(request, office, actor, login, wrong))
    context = {
        "invitation": invitation,
        "whose": next(one for one in _field_people(office) if one.login == login),
        "squares": squares(invitation.text),
        "left_ms": invitation.expires_at - office.now_ms(),
    }
    return frame.page(request, office, actor, "invitation.html", context)


def _choosing(
    request: AnyRequest, office: Office, actor: Actor, login: str, wrong: str
) -> Response[str]:
    context = {
        "people": [(one.login, f"{one.name} · {one.login}") for one in _field_people(office)],
        "login": login,
        "wrong": wrong,
    }
    return frame.page(request, office, actor, "enrol_phone.html", context)


def _field_people(office: Office) -> list[Person]:
    """Those who may work with a phone."""
    with office.reading() as books:
        known = everybody(books)
    return [one for one in known if not one.disabled and may(one.roles, "sync")]


ROUTES: Final = [show, one, revoke, choose, enrol]

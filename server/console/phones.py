"""Phones: how each of them is doing, letting one in, and letting one in no longer."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from server import admission
from server.console import frame
from server.console.addresses import After, Query, following, listing, opt
from server.console.forms import Form
from server.console.invitation import squares
from server.console.toasts import Toast
from server.contacts import kept_of
from server.marks import by_number
from server.office import AnyRequest, Office
from server.people import everybody
from server.problems import Problem
from server.queries import Item
from server.queries.divergences import divergences
from server.queries.fleet import (
    CLOCK_WRONG_MS,
    SHOWN,
    SPACE_SHORT_BYTES,
    Watch,
    fleet,
    fleet_counts,
    history,
    phone,
    unconfirmed,
)
from server.queries.troubles import OF_THE_LOG
from server.sessions import Actor
from shared.people import Person, may

PATH: Final = "/phones"
PAGE: Final = 50
READ: Final = "read.devices"
ISSUE: Final = "enrolment.issue"
HOUR_MS: Final = 3_600_000
# How a difference may end that a phone tells of, and the streams it may be in.
ENDED: Final = frozenset(
    {
        *("going_on", "replaced", "counted", "read_anew", "dropped", "file_damaged"),
        *("log_unknown_key", "log_unsigned", "log_shrunk", "log_changed"),
    }
)
WORDED: Final = frozenset(
    {"tech", "wo", "ticket", "site", "customer", "stock", "catalog", "log"},
)
TROUBLE_MS: Final = 7 * 24 * 3_600_000  # for so long a trouble puts a phone before the others
Show = Literal["all", "unconfirmed", "attention", "silent", "unsent", "troubled", "revoked"]


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
    """The fleet, the worst first."""
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
    watch = Watch(silent_since=office.silent_since, troubled_since=office.now_ms() - TROUBLE_MS)
    with office.reading() as books:
        listed = fleet(
            books, by_number(chosen["after"], PAGE), watch, show=chosen["show"], q=chosen["q"]
        )
        counts = fleet_counts(books, watch)
        odd = history(books, beside["id"]) if beside is not None else []
        differed = divergences(books, beside["id"]) if beside is not None else []
    for item in (*listed.items, *([beside] if beside else ())):
        overhear(office, item)
    if beside is not None:
        beside = admitting(office, actor, beside)
    named = {"show": "" if chosen["show"] == "all" else chosen["show"], "q": chosen["q"]}
    context = {
        **chosen,
        "shown": [
            (one, listing(PATH, {**named, "show": "" if one == "all" else one})) for one in SHOWN
        ],
        "phones": listed.items,
        "counted": counts,
        "beside": beside,
        "odd": odd,
        "differed": [told(one) for one in differed],
        "silent_ms": office.settings.limits.silent_hours * HOUR_MS,
        "next": following(PATH, named, listed),
        "first": listing(PATH, named) if chosen["after"] else None,
        "space_short": SPACE_SHORT_BYTES,
        "clock_wrong": CLOCK_WRONG_MS,
    }
    return frame.page(request, office, actor, "phones.html", context)


def told(one: Item) -> Item:
    """What a phone found wrong, by the words there are for it."""
    of_log = (one["what"] or "").startswith(OF_THE_LOG)
    prefix = "log" if of_log else one["stream"].partition(":")[0]
    ended = one["what"] or "going_on"
    return {
        **one,
        "where": prefix if prefix in WORDED else "other",
        "ended": ended if ended in ENDED else "other",
    }


def overhear(office: Office, item: Item) -> None:
    """What was heard since it was last written down, and whether all is well."""
    heard = office.contacts.get(item["id"])
    if heard is not None:
        item |= kept_of(heard)
    last = item["contact_at"] or item["created_at"]
    in_use = item["revoked_at"] is None and item["confirmed_at"] is not None
    item["silent"] = last < office.silent_since and in_use


def admitting(office: Office, actor: Actor, item: Item) -> Item:
    """A phone with what has to be known to let it in: its digits, and whether one may."""
    waits = item["revoked_at"] is None and item["confirmed_at"] is None
    return {
        **item,
        "unconfirmed": waits,
        "digits": admission.digits_of(office, item["id"]) if waits else "",
        "may_confirm": waits and admission.may_confirm(actor.person, item["issued_by"]),
    }


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


@post("/phones/{device:str}/confirm", opt=opt(ISSUE), status_code=200, sync_to_thread=True)
def confirm(
    device: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Let a phone in that waits for it."""
    fault = admission.confirm(office, device, actor.person)
    if fault is not None:
        raise Problem(fault)
    return frame.go_with(request, office, Toast(code="phone_confirmed"), f"/phones/{device}")


@post("/phones/{device:str}/deny", opt=opt(ISSUE), status_code=200, sync_to_thread=True)
def deny(
    device: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Turn a phone away that waits to be let in."""
    fault = admission.deny(office, device, actor.person.id)
    if fault is not None:
        raise Problem(fault)
    toast = Toast(code="phone_denied", tone="warning")
    return frame.go_with(request, office, toast, f"/phones/{device}")


@get("/enrol-phone/arrivals", opt=opt(ISSUE, "login"), sync_to_thread=True)
def arrivals(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    login: FromQuery[str] = "",
) -> Response[str]:
    """The phones of somebody that wait to be let in, beside the code that brought them."""
    whose = next((one for one in _field_people(office) if one.login == login), None)
    if whose is None:
        raise Problem("not_found")
    context = {"whose": whose, "arrivals": arrived(office, actor, whose)}
    return frame.page(request, office, actor, "arrivals.html", context)


def arrived(office: Office, actor: Actor, whose: Person) -> list[Item]:
    """The phones of somebody that wait to be let in, first those one may let in, the last first."""
    with office.reading() as books:
        found = [admitting(office, actor, one) for one in unconfirmed(books, whose.id)]
    return sorted(found, key=lambda one: not one["may_confirm"])


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
    whose = next(one for one in _field_people(office) if one.login == login)
    context = {
        "invitation": invitation,
        "whose": whose,
        "arrivals": arrived(office, actor, whose),
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


ROUTES: Final = [show, one, confirm, deny, revoke, choose, arrivals, enrol]

"""Intake in a minute: who is calling, what is wrong, and a ticket, with nothing typed lost."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from server.console import frame, saying, usual
from server.console.addresses import opt
from server.console.forms import Form
from server.console.newcomer import NEW, Newcomer, settle
from server.console.saying import Act
from server.console.speech import Speech
from server.console.ticket import (
    CATEGORIES,
    job_act,
    machine_name,
    onwards,
    options,
    summary_of,
)
from server.console.told import window
from server.office import AnyRequest, Office
from server.queries import desk, intake, queue, teams
from server.queries.pages import Item
from server.sessions import Actor
from shared.dictation import Heard, listen
from shared.fields import PRIORITIES
from shared.ids import derive
from shared.people import may
from shared.reception import CLASSES
from shared.return_case import SERVICE_OF
from shared.ticket import CHANNELS, WISHED_FOR
from shared.work_order import SERVICES

OPEN: Final = "ticket.open"
WHO_CHARS_MIN: Final = 2
PLAN: Final = "plan"
TYPES: Final = ("person", "organisation", "dealer")
USUAL: Final[Mapping[str, str]] = {
    "channel": "phone",
    "priority": "normal",
    "type": "person",
    "service": "repair",
    "category": "A",
}
# What is recognised, and the fields it fills where nobody has typed anything.
FILLED: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("caller", "name"),
    "phone": ("who", "phone"),
    "address": ("address",),
    "problem": ("problem",),
    "priority": ("priority",),
    "planned_from": ("planned_from",),
    "planned_to": ("planned_to",),
}
FIELDS: Final = (
    *("who", "text", "site", "asset", "caller", "problem", "channel", "priority"),
    *("planned_from", "planned_to", "service", "category"),
    *("name", "type", "phone", "address", "zone", "access_notes", "model", "serial"),
    *("enquiry", "kind", "urgency", "complexity", "wish", "tier"),
)


@get("/tickets/new", opt=opt(OPEN, "who", "site", "asset", "enquiry"), sync_to_thread=True)
def blank(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """An empty form, or one that begins with a site or a machine."""
    asked = request.query_params.items()
    given: dict[str, tuple[str, ...]] = {name: (value,) for name, value in asked}
    with office.reading() as books:
        came = desk.enquiry(books, request.query_params.get("enquiry", ""))
    if came is not None:
        given = {**written(came), **given}
    return _page(request, office, actor, Form(fields=given), {})


@post("/tickets/new/look", opt=opt(OPEN), status_code=200, sync_to_thread=True)
def look(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """Look up what was typed so far: for a script only what changed, else the whole page."""
    part = PARTS.get(request.headers.get("hx-target", ""))
    if part is None:
        return _page(request, office, actor, form, {})
    return frame.bare(request, office, part, _context(request, office, form))


@post("/tickets/new", opt=opt(OPEN), status_code=200, sync_to_thread=True)
def write_down(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Open the ticket, with a newcomer if it is one; and a job, if it is to be planned."""
    known = settle(request, office, actor, form)
    if known.said is not None or known.wrong:
        return frame.refused(_page(request, office, actor, form, _kept(known)))
    plans = form.text("then") == PLAN and may(actor.person.roles, "work_order.create")
    speech = frame.speech_of(request, office)
    said = saying.say(request, office, actor, form, _ticket(speech, form, known, plans=plans))
    if not said.ok:
        again = {**_kept(known), "said": said}
        return frame.refused(_page(request, office, actor, form, again))
    if form.has("kind"):
        classed = _class(office, said.op, form, known.asset)
        saying.say_under(request, office, actor, derive(form.op, "class"), classed)
    ticket = f"/tickets/{said.number or said.op}"
    if not plans:
        return saying.go(request, office, said, ticket)
    job = {"summary": summary_of(form.text("problem")), "asset": known.asset or ""}
    told = {name: (value,) for name, value in job.items()}
    act = job_act(said.op, Form(fields={**form.fields, **told}))
    planned = saying.say_under(request, office, actor, derive(form.op, "order"), act)
    return onwards(request, office, planned, ticket, "assign" if planned.ok else "")


def _ticket(s: Speech, form: Form, known: Newcomer, *, plans: bool) -> Act:
    problem = form.text("problem")
    start, end = form.text("planned_from")[:16], form.text("planned_to")[:16]
    if start and not plans:
        problem += "\n" + s.text("console.intake", "wished", window=window(s, start, end))
    args = {
        "customer": known.customer,
        "site": known.site,
        "problem": problem,
        "channel": form.text("channel", USUAL["channel"]),
        "priority": form.text("priority", USUAL["priority"]),
        "caller": form.text("caller"),
    }
    if known.asset:
        args["asset"] = known.asset
    for name in ("enquiry", "wish"):
        if form.has(name):
            args[name] = form.text(name)
    return Act(kind="ticket.open", on=("ticket", ""), args=args)


def _class(office: Office, ticket: str, form: Form, asset: str | None) -> Act:
    """Its class, as it was said at once; the priority follows, unless somebody chose another.

    Where nobody said how urgent it is, that is as usual for such a request.
    """
    names = ("kind", "urgency", "complexity")
    args = {name: form.text(name) for name in names if form.has(name)}
    if form.has("wish"):
        args["service_type"] = SERVICE_OF.get(form.text("wish"), "")
    if "urgency" not in args:
        with office.reading() as books:
            known = usual.urgency(books, office, {"kind": args["kind"], "asset_id": asset})
        args |= {"urgency": known.priority} if known.because else {}
    if form.text("priority", USUAL["priority"]) != USUAL["priority"]:
        args["priority"] = form.text("priority")
    return Act(kind="ticket.classify", on=("ticket", ticket), args=args)


def written(came: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The fields that what came in fills: who, where, about what; the text is listened to."""
    said = "\n".join(filter(None, (came["subject"], came["text"])))
    told = {
        "enquiry": came["id"],
        "who": came["contact"] or came["sender"],
        "caller": came["sender"],
        "name": came["sender"],
        "phone": came["contact"],
        "address": came["address"],
        "site": came["site_id"],
        "asset": came["asset_id"],
        "channel": came["channel"],
        "wish": came["wish"],
        "problem": said,
    }
    return {name: (value,) for name, value in told.items() if value}


def _kept(known: Newcomer) -> dict[str, Any]:
    """What a page that is drawn again starts from: what was written down stays written down."""
    kept = {"site": known.site, "asset": known.asset} if known.site else {}
    return {"said": known.said, "wrong": known.wrong, "kept": kept}


def _page(
    request: AnyRequest, office: Office, actor: Actor, form: Form, told: Mapping[str, Any]
) -> Response[str]:
    kept = {name: (value,) for name, value in told.get("kept", {}).items() if value}
    context = _context(request, office, Form(fields={**form.fields, **kept}))
    context |= {"said": told.get("said"), "wrong": told.get("wrong", {}), "section": "tickets"}
    context["can_plan"] = may(actor.person.roles, "work_order.create")
    return frame.page(request, office, actor, "intake.html", context)


def _context(request: AnyRequest, office: Office, form: Form) -> dict[str, Any]:
    """What was typed, what was recognised in it, and what is known of who calls."""
    speech = frame.speech_of(request, office)
    now = speech.moment(speech.now_ms).replace(tzinfo=None)
    heard = listen(form.text("text"), now)
    typed = {name: form.text(name) for name in FIELDS}
    filled = _filled(typed, heard)
    typed = {**USUAL, **{name: value for name, value in typed.items() if value}, **filled}
    typed = {name: typed.get(name, "") for name in FIELDS}
    with office.reading() as books:
        found = _callers(books, typed)
        typed["site"] = _chosen(typed["site"], found)
        typed |= _newcomer(typed, found, listen(typed["who"], now))
        known = typed["site"] not in ("", NEW)
        place = intake.place(books, typed["site"], speech.now_ms) if known else None
        zones = queue.zones(books)
        same = _same(books, typed)
        machine = {"kind": typed["kind"] or "fault", "asset_id": _machine(typed, place)}
        usually = usual.urgency(books, office, machine)
        tiers = teams.tiers(books, speech.language)
        offered = teams.offered_tiers(books, speech.language)
    if place is not None and len(place["machines"]) == 1 and not form.has("asset"):
        typed["asset"] = place["machines"][0]["id"]
    return {
        "typed": typed,
        "filled": filled,
        "heard": heard,
        "pieces": pieces(form.text("text"), heard),
        "callers": found,
        "place": place,
        "same": same,
        "usual": usual.reason(speech, usually),
        "zones": zones,
        "tiers": tiers,
        "tier_options": offered,
        "window": window,
        "channels": options(speech, "channels", CHANNELS),
        "priorities": options(speech, "priorities", PRIORITIES),
        "services": options(speech, "services", SERVICES),
        "categories": options(speech, "categories", CATEGORIES),
        "kinds": options(speech, "request_kinds", CLASSES),
        "urgencies": options(speech, "urgencies", ("general", "urgent")),
        "complexities": options(speech, "complexities", ("general", "complex")),
        "types": options(speech, "customer_types", TYPES),
        "wishes": options(speech, "wishes", WISHED_FOR),
        "machine_name": machine_name,
        "wrong": {},
    }


def _same(books: Any, typed: Mapping[str, str]) -> list[Item]:
    """Open tickets of other places that came from the number that calls, by any channel."""
    numbers = dict.fromkeys(typed[name] for name in ("phone", "who", "caller") if typed[name])
    found: dict[str, Item] = {}
    for one in numbers:
        for ticket in desk.open_tickets_of(books, one, None):
            if ticket["site_id"] != typed["site"]:
                found.setdefault(ticket["id"], ticket)
    return list(found.values())


def _machine(typed: Mapping[str, str], place: Item | None) -> str:
    """The machine that it is about, as far as that is known."""
    if typed["asset"] and typed["asset"] != NEW:
        return typed["asset"]
    machines = place["machines"] if place is not None else []
    return str(machines[0]["id"]) if len(machines) == 1 and not typed["asset"] else ""


def _filled(typed: Mapping[str, str], heard: Heard) -> dict[str, str]:
    """Fields that nobody has filled in and that the text tells."""
    filled: dict[str, str] = {}
    if heard.marks and typed["channel"] in ("", USUAL["channel"]):
        filled["channel"] = "chat"  # what can be pasted was not said on the telephone
    for said, fields in FILLED.items():
        value = getattr(heard, said)
        for field in fields:
            if value and typed[field] in ("", USUAL.get(field)):
                filled[field] = value
    return filled


def _newcomer(typed: Mapping[str, str], found: list[Item], who: Heard) -> dict[str, str]:
    """What was looked for and not found is the number, or the name, of somebody new."""
    if found or typed["site"] not in ("", NEW):
        return {}
    if who.phone:
        return {} if typed["phone"] else {"phone": who.phone}
    is_name = len(typed["who"]) >= WHO_CHARS_MIN and not any(map(str.isdigit, typed["who"]))
    return {"name": typed["who"]} if is_name and not typed["name"] else {}


def _callers(books: Any, typed: Mapping[str, str]) -> list[Item]:
    """Sites that what was typed leads to; the chosen one stays among them."""
    who, site = typed["who"], typed["site"]
    telling = len(who) >= WHO_CHARS_MIN or not who.isascii()  # one Chinese character is enough
    found = intake.callers(books, who) if telling else []
    if site not in ("", NEW) and all(one["site_id"] != site for one in found):
        found = [*intake.caller(books, site), *found]
    return found


def _chosen(site: str, found: list[Item]) -> str:
    """The chosen site, or the only one that was found."""
    if site:
        return site
    return str(found[0]["site_id"]) if len(found) == 1 else ""


def pieces(text: str, heard: Heard) -> list[tuple[str, str]]:
    """The text cut where something was recognised: each piece, and as what; empty for nothing."""
    found: list[tuple[str, str]] = []
    place = 0
    for mark in heard.marks:
        found += [(text[place : mark.start], ""), (text[mark.start : mark.end], mark.what)]
        place = mark.end
    return [piece for piece in [*found, (text[place:], "")] if piece[0]]


PARTS: Final[Mapping[str, str]] = {
    "callers": "intake_callers.html",
    "place": "intake_place.html",
    "heard": "intake_heard.html",
}
ROUTES: Final[list[Any]] = [blank, look, write_down]

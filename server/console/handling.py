"""Handling: what the desk does with a request, each act a form of its own, drawn by one table."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import queries
from server.console import frame, saying, usual
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.console.verbs import VERBS, Field, Verb, label
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import desk
from server.queries.pages import Item
from server.sessions import Actor
from shared.people import may
from shared.priorities import Derived, derive_priority

GATE: Final = "ticket.open"  # whoever takes requests sees these forms; each verb has its own right
LOCAL_CHARS: Final = 16  # some browsers add seconds


@get("/tickets/{number:str}/say/{does:str}", opt=opt(GATE), sync_to_thread=True)
def ask(
    number: FromPath[str],
    does: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form of one verb."""
    return _page(request, office, actor, (number, does), (Form(), None))


@post("/tickets/{number:str}/say/{does:str}", opt=opt(GATE), status_code=200, sync_to_thread=True)
def tell(  # noqa: PLR0913  which form of which ticket, and who sends it
    *,
    number: FromPath[str],
    does: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Say it, and go back to the ticket; what is refused is drawn again as it was typed."""
    verb = _verb(actor, does)
    with office.reading() as books:
        found = queries.ticket(books, number)
        named = queries.ticket(books, form.text("ticket")) if form.has("ticket") else None
    if found is None:
        raise Problem("not_found")
    args = _args(verb, form)
    on = ("ticket", found["id"])
    if form.has("ticket") and named is None:
        speech, act = frame.speech_of(request, office), Act(kind=verb.kind, on=on)
        said = saying.refusal(speech, act, form.op, "no_such_ticket", "ticket")
        return frame.refused(_page(request, office, actor, (number, does), (form, said)))
    if named is not None:
        args["ticket"] = named["id"]
    act = Act(kind=verb.kind, on=on, args=args)
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, (number, does), (form, said)))
    return saying.go(request, office, said, f"/tickets/{number}")


def _verb(actor: Actor, does: str) -> Verb:
    verb = VERBS.get(does)
    if verb is None:
        raise Problem("not_found")
    if not may(actor.person.roles, verb.kind):
        raise Problem("not_permitted")
    return verb


def _args(verb: Verb, form: Form) -> dict[str, Any]:
    """What a form says; what was left open is left out."""
    args: dict[str, Any] = {}
    for field in verb.fields:
        if field.drawn in ("tags",):
            args[field.name] = list(form.all(field.name))
        elif field.drawn == "tick":
            args[field.name] = form.has(field.name)
        elif form.has(field.name):
            args[field.name] = _value(field, form.text(field.name))
    return args


def _value(field: Field, text: str) -> Any:
    if field.drawn == "yes_no":
        return text == "yes"
    return text[:LOCAL_CHARS] if field.drawn == "local" else text


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    which: tuple[str, str],
    typed: tuple[Form, Said | None],
) -> Response[str]:
    number, does = which
    verb, (form, said) = _verb(actor, does), typed
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        found = queries.ticket(books, number)
        if found is None:
            raise Problem("not_found")
        lists = _lists(books, speech, verb, found)
        usually = usual.urgency(books, office, found)
    told = {name: form.text(name) for name in form.fields} or _known(verb, found, usually)
    fields = [_drawn(speech, field, lists) for field in verb.fields]
    context = {
        "ticket": found,
        "section": "tickets",
        "said": said,
        "verb": verb,
        "does": does,
        "fields": fields,
        "typed": told,
        "ticked": form.all("tags") if form.fields else tuple(found["tags"]),
        "tag_sets": lists.get("tags", []),
        "usual": usual.reason(speech, usually) if verb.kind == "ticket.classify" else "",
    }
    return frame.page(request, office, actor, "ticket_say.html", context)


def _known(verb: Verb, ticket: Item, usually: Derived) -> dict[str, str]:
    """What a form begins with: what is known already, where it says that anew.

    How urgent it is, is as usual until somebody has said.
    """
    if verb.kind == "ticket.classify":
        names = [field.name for field in verb.fields if field.drawn == "choice"]
        kept = {name: str(ticket[name]) for name in names if name != "priority"}
        kept["urgency"] = kept["urgency"] or (usually.priority if usually.because else "")
        tier = ticket["customer"]["tier"] if ticket["customer"] else ""
        derived = derive_priority({**kept, "tier": tier}).priority
        own = ticket["priority"] if ticket["kind"] and ticket["priority"] != derived else ""
        more = {"owner": ticket["owner_id"] or "", "major": "yes" if ticket["major"] else ""}
        return {**kept, **more, "priority": own, "service_type": ticket["service_type"]}
    if verb.kind == "ticket.agree":
        return {"visit": ticket["agreed_visit"] or "", "due": ticket["agreed_due"] or ""}
    return {"means": "phone"}


def _lists(books: Any, s: Speech, verb: Verb, ticket: Item) -> dict[str, Any]:
    """The choices that are in the books: people, words, and the limits of the ticket's policy."""
    drawn = {field.drawn for field in verb.fields}
    found: dict[str, Any] = {}
    if "tags" in drawn:
        sets = desk.tag_sets(books, s.language, tuple(ticket["tags"]))
        found["tags"] = [one for one in sets if one["code"] != desk.SERVICE_TYPES]
        types = [one for one in sets if one["code"] == desk.SERVICE_TYPES]
        found["service_type"] = [
            (code.partition(":")[2], name) for one in types for code, name in one["tags"]
        ]
    if "person" in drawn:
        found["person"] = [(one["id"], one["name"]) for one in desk.owners(books)]
    if "limit" in drawn:
        found["limit"] = desk.limits(books, ticket["policy_id"], s.language)
    return found


def _drawn(s: Speech, field: Field, lists: Mapping[str, Any]) -> dict[str, Any]:
    if field.drawn == "choice":
        unsaid = s.text(
            "console.handling", f"unsaid_{'priority' if field.name == 'priority' else 'any'}"
        )
        told = [(code, s.text(field.group, code) if code else unsaid) for code in field.codes]
    else:
        told = lists.get(field.drawn, [])
    return {
        "name": field.name,
        "drawn": field.drawn,
        "label": label(s, field.name),
        "required": field.required,
        "options": told,
    }


ROUTES: Final[list[Any]] = [ask, tell]

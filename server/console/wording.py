"""Wording: what the customer of a ticket is to be told, filled in from what is known of it."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import phrasing, promises
from server.console import frame, saying
from server.console.addresses import Query, opt
from server.console.forms import Form
from server.console.messages import QUEUE
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.console.told import window
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import clocks, jobs, money, queue
from server.queries.pages import Item
from server.sessions import Actor
from shared.ids import is_id
from shared.messages import CHANNELS, TEMPLATES, is_whole
from shared.texts import LANGUAGES, UNKNOWN, Language

USUAL: Final = "progress"
FIRST: Final = ("company", "number", "link")  # which nobody types
TYPED: Final = ("text", "to", "phone", "email", "channel", "language", "feedback")
FILL: Final = "fill"
# By when something is promised, as the clocks say.
PROMISED: Final = {"opened": ("first_response", "respond"), "callback": ("call_back",)}


@get(
    "/tickets/{number:str}/messages/new",
    opt=opt(QUEUE, "template", "what", "feedback"),
    sync_to_thread=True,
)
def blank(  # noqa: PLR0913  what a form begins with is its parameters
    *,
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    template: Query = USUAL,
    what: Query = "",
    feedback: Query = "",
) -> Response[str]:
    """The form for a message, with its text as far as it is known."""
    told = {"p_what": what, "feedback": feedback if is_id(feedback) else ""}
    known = Form(fields={name: (text,) for name, text in told.items() if text})
    return _page(request, office, actor, number, (template, known, None))


@post(
    "/tickets/{number:str}/messages/new",
    opt=opt(QUEUE),
    status_code=200,
    sync_to_thread=True,
)
def ask(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Put a message down to be told, or word it anew with what was filled in."""
    template = form.text("template")
    if form.text("then") == FILL:
        return _page(request, office, actor, number, (template, form, None))
    found = _found(office, number)
    args: dict[str, Any] = {name: form.text(name) for name in TYPED if form.has(name)}
    args["phone"] = args.get("phone") or phone_of(found)
    params = {name: form.text(f"p_{name}") for name in TEMPLATES.get(template, ())}
    args["params"] = {name: value[:200] for name, value in params.items() if value}
    act = Act(
        kind=QUEUE, on=("message", ""), args={"ticket": found["id"], "template": template, **args}
    )
    if not is_whole(form.text("text")):
        speech = frame.speech_of(request, office)
        said = saying.refusal(speech, act, form.op, "message_incomplete", "text")
    else:
        said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, number, (template, form, said)))
    return saying.go(request, office, said, f"/tickets/{number}")


def phone_of(ticket: Item) -> str:
    """Where the customer of a ticket is called."""
    return str(ticket["site"]["contact_phone"] or ticket["customer"]["phone"])


def _found(office: Office, number: str) -> Item:
    with office.reading() as books:
        found = jobs.ticket(books, number)
    if found is None:
        raise Problem("not_found")
    return found


def _known(office: Office, ticket: Item, template: str, language: Language) -> dict[str, str]:
    """What the rows say of a ticket, in the words of one language."""
    speech = Speech(
        catalogue=office.texts.catalogues[language],
        language=language,
        zone=office.settings.zone,
        now_ms=office.now_ms(),
    )
    with office.reading() as books:
        due = clocks.promised(books, ticket["id"], PROMISED.get(template, ()))
        job: Mapping[str, Any] = queue.standing_jobs(books, [ticket["id"]]).get(ticket["id"]) or {}
    start, zone = job.get("planned_from"), ticket["site"]["time_zone"]
    return {
        "company": promises.company(office, language),
        "number": ticket["number"] or "",
        "visit": window(speech, start, job.get("planned_to")) if start else "",
        "time": promises.in_words(speech.catalogue, due, zone) if due is not None else "",
        "address": ticket["site"]["address"],
        "technician": job.get("person") or "",
    }


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    number: str,
    typed: tuple[str, Form, Said | None],
) -> Response[str]:
    template, form, said = typed
    if template not in TEMPLATES:
        raise Problem("not_found")
    ticket = _found(office, number)
    speech = frame.speech_of(request, office)
    language = next((one for one in LANGUAGES if one == form.text("language")), None)
    language = language or promises.language_of(office, ticket["customer"]["language"])
    known = _known(office, ticket, template, language)
    if template == "mail_in":
        known["address"] = _our_address(office, language)
    names = [name for name in TEMPLATES[template] if name not in FIRST]
    values = {name: form.text(f"p_{name}") or known.get(name, "") for name in names}
    whole = {name: values.get(name) or known.get(name) or UNKNOWN for name in TEMPLATES[template]}
    with office.reading() as books:
        worded = phrasing.phrased(office, books, (ticket["id"], template, language), whole)
    channels = [one for one in CHANNELS if one != "webhook" or office.settings.webhook.url]
    context = {
        "ticket": ticket,
        "section": "tickets",
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "template": template,
        "templates": list(TEMPLATES),
        "params": [(name, speech.text("message_params", name), values[name]) for name in names],
        "text": worded if said is None else form.text("text"),
        "typed": {name: form.text(name) for name in TYPED},
        "language": language,
        "spoken": [(one, speech.text("message_languages", one)) for one in LANGUAGES],
        "phone": phone_of(ticket),
        "channels": [(one, speech.text("message_channels", one)) for one in channels],
        "channel": form.text("channel") or channels[-1 if "webhook" in channels else 0],
    }
    return frame.page(request, office, actor, "message_new.html", context)


def _our_address(office: Office, language: Language) -> str:
    with office.reading() as books:
        company = money.organisation(books) or {}
    return str(company.get(f"address_{language}") or "")


ROUTES: Final[list[Any]] = [blank, ask]

"""Messages: what customers are to be told and by whom, with the text to be copied and the log."""

from collections.abc import Iterable
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from server.console import frame, gate, saying
from server.console.addresses import After, Query, following, opt
from server.console.forms import Form
from server.console.saying import Act
from server.console.speech import Speech
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import messages
from server.queries.messages import STANDS
from server.queries.pages import Item
from server.sessions import Actor
from shared.messages import WAITS
from shared.ops import SYSTEM

PATH: Final = "/messages"
SHOWN: Final = 40
QUEUE: Final = "message.queue"
ICONS: Final = {
    "opened": "inbox",
    "visit_agreed": "event",
    "on_the_way": "local_shipping",
    "delayed": "schedule",
    "progress": "sync",
    "solution": "lightbulb",
    "mail_in": "package_2",
    "out_of_scope": "block",
    "result": "task_alt",
    "callback": "call",
    "return_decided": "assignment_return",
    "survey": "star",
    "complaint_answer": "chat",
    "complaint_plan": "lightbulb",
    "complaint_result": "task_alt",
    "suggestion_answer": "chat",
    "suggestion_result": "task_alt",
    "other": "chat",
}
TONES: Final = {"queued": "warning", "failed": "danger", "delivered": "success", "sent": "success"}


@get(PATH, opt=opt(QUEUE, "show", "after"), sync_to_thread=True)
def show(
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    show: Query = "waiting",
    after: After = None,
) -> Response[str]:
    """What waits to be told, what was told, and what was called off."""
    return _page(request, office, actor, (show, after))


@post(PATH + "/{identity:str}/phone", opt=opt("phone.reveal"), status_code=200, sync_to_thread=True)
def reveal(
    identity: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The number of one message in full; that somebody looked is kept."""
    with office.writing() as books:
        found = messages.one(books, identity)
        if found is None:
            raise Problem("not_found")
        event = office.event("phone.reveal", actor.person.id, ("ticket", found["ticket_id"]))
        office.ledger(books).note_event(event)
    where = next(name for name, states in STANDS.items() if found["state"] in states)
    return _page(request, office, actor, (where, None), revealed=identity)


@post(PATH + "/{identity:str}/send", opt=opt(QUEUE), status_code=200, sync_to_thread=True)
def send(
    identity: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Say that a customer was told by hand, or that it is known to have arrived."""
    arrived = form.has("delivered")  # it went out some way, of which nothing is said anew
    args = {"delivered": True} if arrived else {"channel": "copy"}
    act = Act(kind="message.send", on=("message", identity), args=args)
    said = saying.say(request, office, actor, form, act)
    return saying.go(request, office, said, gate.way_back(form.text("back"), PATH))


@post(PATH + "/{identity:str}/fail", opt=opt(QUEUE), status_code=200, sync_to_thread=True)
def fail(
    identity: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Say that a message did not arrive, and why."""
    act = Act(kind="message.fail", on=("message", identity), args={"why": form.text("why")})
    said = saying.say(request, office, actor, form, act)
    return saying.go(request, office, said, gate.way_back(form.text("back"), PATH))


@post(PATH + "/{identity:str}/cancel", opt=opt(QUEUE), status_code=200, sync_to_thread=True)
def cancel(
    identity: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Redirect:
    """Call a message off that need not be told any more."""
    act = Act(kind="message.cancel", on=("message", identity), args={"why": form.text("why")})
    said = saying.say(request, office, actor, form, act)
    return saying.go(request, office, said, gate.way_back(form.text("back"), PATH))


def told(speech: Speech, found: Iterable[Item], tries: dict[str, list[Item]]) -> list[Item]:
    """Messages as they are shown: with why they failed in words, and what the gateway did."""
    return [
        {
            **one,
            "log": [{**each, "words": _words(speech, each)} for each in tries.get(one["id"], ())],
            "reason": _reason(speech, one, tries.get(one["id"], [])),
            "by_server": one["by"] == SYSTEM,
        }
        for one in found
    ]


def _reason(speech: Speech, one: Item, tries: list[Item]) -> str:
    """Why it stands so: a person's words, or what the gateway did."""
    if one["changed_by"] != SYSTEM or not one["why"]:
        return str(one["why"])
    status = tries[0]["status"] if tries else None
    return speech.text("message_faults", one["why"], status=status)


def _words(speech: Speech, tried: Item) -> str:
    """What became of one try of the gateway."""
    if tried["fault"]:
        return speech.text("message_faults", tried["fault"], status=tried["status"])
    if tried["ended_at"] is not None:
        return speech.text("console.messages", "taken")
    is_over = speech.now_ms >= tried["next_at"]
    return (
        speech.text("message_faults", "cut")
        if is_over
        else speech.text("console.messages", "under_way")
    )


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    at: tuple[str, str | None],
    *,
    revealed: str = "",
) -> Response[str]:
    stands, after = at
    stands = stands if stands in STANDS else "waiting"
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        listed = messages.listed(books, by_number(after, SHOWN), stands)
        counts = messages.counts(books)
        tries = messages.tries(books, [one["id"] for one in listed.items])
    context = {
        "messages": told(speech, listed.items, tries),
        "stands": stands,
        "waiting": sum(counts.get(state, 0) for state in WAITS),
        "next": following(PATH, {"show": stands}, listed),
        "revealed": revealed,
        "icons": ICONS,
        "tones": TONES,
        "has_gateway": bool(office.settings.webhook.url),
        "section": "messages",
    }
    return frame.page(request, office, actor, "messages.html", context)


ROUTES: Final[list[Any]] = [show, reveal, send, fail, cancel]

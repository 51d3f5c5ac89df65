"""What customers said: what is open, most pressing first, and a form for each step with it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import queries
from server.console import frame, gate, saying
from server.console.addresses import After, Query, following, listing, opt
from server.console.feedback_steps import (
    FORMS,
    TEMPLATES,
    Shown,
    arguments,
    feedback_of,
    offered,
    shown,
)
from server.console.forms import Form
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.console.verbs import label
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import Problem, wrong_parameter
from server.queries import feedback as asked
from server.queries.pages import Item
from server.queries.reckoning import Reader
from server.sessions import Actor
from shared.feedback import ASPECTS, GRADES, KINDS_OF, LINK, RESOLVED, TYPES, WAYS, unconfirmed
from shared.people import may

PATH: Final = "/feedback"
READ: Final = "read.feedback"
RECORD: Final = "feedback.record"
SHOWN: Final = 40
POINTS: Final = ("1", "2", "3", "4", "5")
TYPED: Final = ("kind", "means", "text", "said_by", "contact", "type", "grade", "follows")


@get(PATH, opt=opt(READ, "kind", "show", "after"), sync_to_thread=True)
def show(  # noqa: PLR0913  the filters of a list are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    kind: Query = "",
    show: Query = "open",
    after: After = None,
) -> Response[str]:
    """What customers said: what is due first first, or what has come to its end."""
    if kind not in ("", *KINDS_OF):
        raise wrong_parameter("kind")
    is_open = show != "closed"
    speech, following_page = frame.speech_of(request, office), None
    with office.reading() as books:
        if is_open:
            rows = asked.pressing(books, kind)
        else:
            listed = asked.closed(books, by_number(after, SHOWN), kind)
            rows = listed.items
            following_page = following(PATH, {"kind": kind, "show": "closed"}, listed)
        counts = asked.counts(books)
        said = on_page(books, office, speech, actor.person.roles, rows)
    context = {
        "said": sorted(said, key=_pressing) if is_open else said,
        "is_open": is_open,
        "kind": kind,
        "tabs": _tabs(speech, counts, kind, is_open=is_open),
        "waiting": sum(counts.values()),
        "states": [
            (listing(PATH, {"kind": kind}), speech.text("console.feedback", "open"), is_open),
            (
                listing(PATH, {"kind": kind, "show": "closed"}),
                speech.text("console.feedback", "closed"),
                not is_open,
            ),
        ],
        "next": following_page,
        "section": "feedback",
    }
    return frame.page(request, office, actor, "feedback.html", context)


def _tabs(
    s: Speech, counts: Mapping[str, int], kind: str, *, is_open: bool
) -> list[tuple[str, str, int | None, bool]]:
    """All, and each kind, with how many are open."""
    stands = "" if is_open else "closed"
    every = s.text("console.feedback", "all")
    told = [("", every, sum(counts.values()))]
    told += [(one, s.text("feedback_kinds", one), counts.get(one, 0)) for one in KINDS_OF]
    return [
        (listing(PATH, {"kind": code, "show": stands}), text, n if is_open else None, code == kind)
        for code, text, n in told
    ]


def _pressing(one: Shown) -> tuple[bool, int, int]:
    """What is due first first; what has no limit at the end, the oldest first."""
    return (one.due is None, one.due or 0, int(one.row["at"]))


def of_ticket(
    books: Any, office: Office, s: Speech, roles: tuple[str, ...], ticket: Item
) -> list[Shown]:
    """All that was said of a ticket, for its page; nothing for whoever may not read that."""
    if not may(roles, READ):
        return []
    return on_page(books, office, s, roles, asked.of_ticket(books, ticket["id"]))


def on_page(
    books: Any, office: Office, s: Speech, roles: tuple[str, ...], rows: Iterable[Item]
) -> list[Shown]:
    """What was said as pages show it, in the reader's language."""
    told = list(rows)
    still = {one["ticket_id"] for one in told if one["state"] == "open"}
    standing = Reader(books, office.now_ms()).standing(still) if still else {}
    return [shown(s, roles, one, standing.get(one["ticket_id"])) for one in told]


# Writing down


@get("/tickets/{number:str}/feedback", opt=opt(RECORD, "kind", shows=READ), sync_to_thread=True)
def blank(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    kind: Query = "complaint",
) -> Response[str]:
    """The form for what somebody said of a ticket."""
    return _record_page(request, office, actor, number, (kind, Form(), None))


@post(
    "/tickets/{number:str}/feedback",
    opt=opt(RECORD, shows=READ),
    status_code=200,
    sync_to_thread=True,
)
def record(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write it down, and go back to the ticket."""
    ticket = _ticket(office, number)
    args: dict[str, Any] = {name: form.text(name) for name in TYPED if form.has(name)}
    if args.get("kind") == "score" and form.text("score") in POINTS:
        args["score"] = int(form.text("score"))
        args |= {"solved": form.text("solved")} if form.has("solved") else {}
        points = {one: form.text(one) for one in ASPECTS if form.text(one) in POINTS}
        args |= {"aspects": {one: int(told) for one, told in points.items()}} if points else {}
    act = Act(kind=RECORD, on=("feedback", ""), args={"ticket": ticket["id"], **args})
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        at = (form.text("kind"), form, said)
        return frame.refused(_record_page(request, office, actor, number, at))
    return saying.go(request, office, said, f"/tickets/{number}#feedback")


def _record_page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    number: str,
    typed: tuple[str, Form, Said | None],
) -> Response[str]:
    kind, form, said = typed
    if kind not in KINDS_OF:
        raise Problem("not_found")
    ticket, s = _ticket(office, number), frame.speech_of(request, office)
    with office.reading() as books:
        earlier = [one for one in asked.of_ticket(books, ticket["id"]) if one["kind"] == kind]
    usual = {"means": "phone", "said_by": ticket["caller"] or ticket["site"]["contact_name"] or ""}
    is_first = not earlier and ticket["kind"] == "complaint" and kind == "complaint"
    context = {
        "ticket": ticket,
        "section": "tickets",
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "kind": kind,
        "kinds": [
            (one, s.text("feedback_kinds", one), f"/tickets/{number}/feedback?kind={one}")
            for one in KINDS_OF
            if one != "score" or ticket["status"] in RESOLVED
        ],
        "ways": [(one, s.text("feedback_means", one)) for one in WAYS if one != LINK],
        "types": _choices(s, "feedback_types", TYPES),
        "grades": _choices(s, "feedback_grades", GRADES),
        "points": [(one, f"{one} · {s.text('scoring.points', one)}") for one in POINTS],
        "aspects": [(one, s.text("feedback_aspects", one)) for one in ASPECTS],
        "earlier": [(one["id"], f"{s.when(one['at'])} · {one['text'][:60]}") for one in earlier],
        "typed": {
            **usual,
            **({"text": ticket["problem"]} if is_first else {}),
            **{name: form.text(name) for name in form.fields},
        },
    }
    return frame.page(request, office, actor, "feedback_new.html", context)


def _choices(s: Speech, group: str, codes: Iterable[str]) -> list[tuple[str, str]]:
    unsaid = s.text("console.handling", "unsaid_any")
    return [("", unsaid), *((one, s.text(group, one)) for one in codes)]


def _ticket(office: Office, number: str) -> Item:
    with office.reading() as books:
        found = queries.ticket(books, number)
    if found is None:
        raise Problem("not_found")
    return found


# Steps


@get(PATH + "/{identity:str}/{does:str}", opt=opt(READ), sync_to_thread=True)
def ask(
    identity: FromPath[str],
    does: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The form of one step."""
    return _step_page(request, office, actor, (identity, does), (Form(), None))


@post(PATH + "/{identity:str}/{does:str}", opt=opt(READ), status_code=200, sync_to_thread=True)
def tell(  # noqa: PLR0913  which step of which feedback, and who takes it
    *,
    identity: FromPath[str],
    does: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Take a step, and go back to where it was asked for."""
    row = _row(office, identity)
    verb = FORMS.get(does)
    if verb is None:
        raise Problem("not_found")
    if not may(actor.person.roles, verb.kind):
        raise Problem("not_permitted")
    texts = {name: form.text(name) for name in form.fields}
    args = arguments(verb, texts, {name: form.all(name) for name in form.fields})
    on = ("feedback", identity)
    if does == "take-up":
        on, args["feedback"] = ("ticket", row["ticket_id"]), identity
    said = saying.say(request, office, actor, form, Act(kind=verb.kind, on=on, args=args))
    if not said.ok:
        at = (identity, does)
        return frame.refused(_step_page(request, office, actor, at, (form, said)))
    ticket = f"/tickets/{row['number'] or row['ticket_id']}#feedback"
    return saying.go(request, office, said, gate.way_back(form.text("back"), ticket))


def _row(office: Office, identity: str) -> Item:
    with office.reading() as books:
        found = asked.one(books, identity)
    if found is None:
        raise Problem("not_found")
    return found


def _step_page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    which: tuple[str, str],
    typed: tuple[Form, Said | None],
) -> Response[str]:
    (identity, does), (form, said) = which, typed
    row, s, verb = _row(office, identity), frame.speech_of(request, office), FORMS.get(does)
    if verb is None or (said is None and does not in offered(actor.person.roles, row)):
        raise Problem("not_found")
    with office.reading() as books:
        (told,) = on_page(books, office, s, actor.person.roles, [row])
    missing = unconfirmed(feedback_of(row))
    template = TEMPLATES.get((row["kind"], does), "")
    number = row["number"] or row["ticket_id"]
    message = f"/tickets/{number}/messages/new?template={template}&feedback={identity}"
    usual = {"means": "phone", "type": row["type"], "grade": row["grade"]}
    context = {
        "row": row,
        "told": told,
        "section": "feedback",
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "verb": verb,
        "does": does,
        "fields": [
            {
                "name": one.name,
                "drawn": one.drawn,
                "label": label(s, one.name),
                "required": one.required,
                "options": _options(s, one, missing),
            }
            for one in verb.fields
        ],
        "typed": {name: form.text(name) for name in form.fields} if form.fields else usual,
        "ticked": form.all("what") or form.all("confirmations"),
        "message": message if template and may(actor.person.roles, "message.queue") else "",
        "back": gate.way_back(form.text("back"), f"/tickets/{number}#feedback"),
    }
    return frame.page(request, office, actor, "feedback_say.html", context)


def _options(s: Speech, field: Any, missing: Iterable[str]) -> list[tuple[str, str]]:
    if field.drawn == "confirmations":
        return [(one, s.text("feedback_confirmations", one)) for one in missing]
    unsaid = s.text("console.handling", "unsaid_any")
    return [(code, s.text(field.group, code) if code else unsaid) for code in field.codes]


ROUTES: Final[list[Any]] = [show, blank, record, ask, tell]

"""The clock sheet of a ticket: every limit with its reason, every event with both its times."""

from collections.abc import Collection
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.console import clock_words, frame, known, promises, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.discretion import HEAR
from server.office import AnyRequest, Office
from server.queries import dossier, policies, teams
from server.queries.reckoning import Reader
from server.sessions import Actor
from shared.clocks import named
from shared.people import may
from shared.pressing import GROUPS, is_open, presses, rank
from shared.promises import EXCUSES
from shared.standing import Standing

READ: Final = "read.tickets"
EXCUSE: Final = "ticket.excuse"
SETTLE: Final = "ticket.settle_time"


@get("/tickets/{number:str}/clocks", opt=opt(READ), sync_to_thread=True)
def show(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The clocks of one ticket."""
    return _page(request, office, actor, number, (Form(), None))


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    number: str,
    typed: tuple[Form, Said | None],
) -> Response[str]:
    speech, (form, said) = frame.speech_of(request, office), typed
    with office.reading() as books:
        found = known.ticket(books, number)
        reader = Reader(books, office.now_ms())
        standing = reader.standing([found["id"]])[found["id"]]
        said_by = {one.by for one in standing.ticket.excused}
        said_by |= {one.by for one in standing.ticket.settled}
        names = dossier.names(books, said_by)
        hours = _hours(books, speech, standing)
    zone, hears = standing.case.zone, may(actor.person.roles, HEAR)
    context = {
        "ticket": found,
        "policy": standing.policy,
        "policy_name": promises.name_of(speech, standing.policy) if standing.policy else "",
        "faces": faces(speech, standing),
        "events": clock_words.happenings(speech, standing.case.events, zone),
        "pauses": _pauses(speech, standing),
        "hours": hours,
        "excused": _said(speech, standing.ticket.excused, names, ("reason", hears)),
        "settled": _said(speech, standing.ticket.settled, names, ("said", hears)),
        "reasons": [(one, speech.text("excuses", one)) for one in EXCUSES],
        "may_excuse": may(actor.person.roles, EXCUSE),
        "may_settle": may(actor.person.roles, SETTLE),
        "said": said,
        "at_fault": named(form.text("limit"), form.text("about")),
        "typed": {name: form.text(name) for name in form.fields},
        "section": "tickets",
    }
    return frame.page(request, office, actor, "ticket_clocks.html", context)


def faces(s: Speech, standing: Standing) -> list[clock_words.Face]:
    """The clocks of a ticket in words, the most pressing first; the others as the policy has it."""
    policy = standing.policy
    if policy is None:
        return []
    now = s.now_ms
    ordered = sorted(
        standing.clocks,
        key=lambda one: rank(one, now) if is_open(one) else LAST,
    )
    return [clock_words.face(s, one, policy, standing.case.zone) for one in ordered]


def of_ticket(reader: Reader, s: Speech, ticket_id: str) -> list[clock_words.Face]:
    """The clocks of one ticket in words, for its page and its panel."""
    return faces(s, reader.standing([ticket_id])[ticket_id])


def pressing(reader: Reader, s: Speech, ids: Collection[str]) -> dict[str, clock_words.Face]:
    """The most pressing clock of each of these tickets that has one, in words."""
    found = {}
    for identity, standing in reader.standing(ids).items():
        first = presses(standing.ticket, standing.clocks, s.now_ms)
        if first is not None and standing.policy is not None:
            zone = standing.case.zone
            found[identity] = clock_words.face(s, first, standing.policy, zone)
    return found


LAST: Final = (len(GROUPS), 0)


def _hours(books: Any, s: Speech, standing: Standing) -> list[tuple[str, str, str]]:
    """Whose hours count since when: whose, of which calendar, and since when; first the company."""
    names, own = teams.names(books), {one.id for one in policies.calendars(books)}
    company = s.text("console.clocks", "hours_company")
    told = [(company, "", "")]
    for one in standing.case.stretches:
        name = names.get(one.team, company)
        which = "" if name == company else "own_hours" if one.team in own else "company_hours"
        words = s.text("console.teams", which) if which else ""
        if (name, words) != told[-1][:2]:
            told.append((name, words, s.when(one.since, standing.case.zone)))
    return told


def _pauses(s: Speech, standing: Standing) -> list[tuple[str, str, str]]:
    zone = standing.case.zone
    return [
        (
            s.text("pause_reasons", one.reason),
            s.when(one.start, zone),
            s.when(one.end, zone) if one.end is not None else "",
        )
        for one in standing.case.pauses
    ]


def _said(
    s: Speech, found: tuple[Any, ...], names: dict[str, Any], how: tuple[str, bool]
) -> list[dict[str, str]]:
    """What people said of limits: which, what (the field), by whom, when, in which words.

    Those about feedback are for who may read that.
    """
    field, hears = how
    group = "excuses" if field == "reason" else "clock_states"
    return [
        {
            "limit": one.limit,
            "what": s.text(group, getattr(one, field)),
            "by": names[one.by]["name"] if one.by in names else "",
            "at": s.when(one.at),
            "note": one.note if hears or not one.about else "",
        }
        for one in found
    ]


@post("/tickets/{number:str}/clocks/excuse", opt=opt(EXCUSE), status_code=200, sync_to_thread=True)
def excuse(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Approve that a limit need not be kept, with a reason (R-SLA-03)."""
    return _say(request, office, actor, form, (number, EXCUSE, "reason"))


@post("/tickets/{number:str}/clocks/settle", opt=opt(SETTLE), status_code=200, sync_to_thread=True)
def settle(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Say whether a limit was kept that nobody can know of from the clocks alone."""
    return _say(request, office, actor, form, (number, SETTLE, "said"))


def _say(
    request: AnyRequest, office: Office, actor: Actor, form: Form, what: tuple[str, str, str]
) -> Response[Any]:
    number, kind, field = what
    with office.reading() as books:
        found = known.ticket(books, number)
    args = {"limit": form.text("limit"), field: form.text(field), "note": form.text("note")}
    args |= {"about": form.text("about")} if form.has("about") else {}
    act = Act(kind=kind, on=("ticket", found["id"]), args=args)
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, number, (form, said)))
    return saying.go(request, office, said, f"/tickets/{number}/clocks")


ROUTES: Final[list[Any]] = [show, excuse, settle]

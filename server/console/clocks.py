"""The clock sheet of a ticket: every limit with its reason, every event with both its times."""

from collections.abc import Collection
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import queries
from server.console import clock_words, frame, promises, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.policies import today_of
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import dossier, reckoning as read
from server.queries.reckoning import Standing
from server.sessions import Actor
from shared.people import may
from shared.promises import EXCUSES

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
        found = queries.ticket(books, number)
        if found is None:
            raise Problem("not_found")
        reader = read.Reader(books, office.now_ms(), today_of(office))
        standing = reader.standing([found["id"]])[found["id"]]
        said_by = {one.by for one in standing.ticket.excused}
        said_by |= {one.by for one in standing.ticket.settled}
        names = dossier.names(books, said_by)
    zone = standing.case.zone
    context = {
        "ticket": found,
        "policy": standing.policy,
        "policy_name": promises.name_of(speech, standing.policy) if standing.policy else "",
        "faces": faces(speech, standing),
        "events": clock_words.happenings(speech, standing.case.events, zone),
        "pauses": _pauses(speech, standing),
        "excused": _said(speech, standing.ticket.excused, names, "reason"),
        "settled": _said(speech, standing.ticket.settled, names, "said"),
        "reasons": [(one, speech.text("excuses", one)) for one in EXCUSES],
        "may_excuse": may(actor.person.roles, EXCUSE),
        "may_settle": may(actor.person.roles, SETTLE),
        "said": said,
        "at_fault": form.text("limit"),
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
        key=lambda one: clock_words.rank(one, now) if clock_words.is_open(one) else LAST,
    )
    return [clock_words.face(s, one, policy, standing.case.zone) for one in ordered]


def of_ticket(books: Any, office: Office, s: Speech, ticket_id: str) -> list[clock_words.Face]:
    """The clocks of one ticket in words, for its page and its panel."""
    reader = read.Reader(books, office.now_ms(), today_of(office))
    return faces(s, reader.standing([ticket_id])[ticket_id])


def pressing(
    books: Any, office: Office, s: Speech, ids: Collection[str]
) -> dict[str, clock_words.Face]:
    """The most pressing clock of each of these tickets that has one, in words."""
    reader, found = read.Reader(books, office.now_ms(), today_of(office)), {}
    for identity, standing in reader.standing(ids).items():
        first = clock_words.most_pressing(standing.clocks, s.now_ms)
        if first is not None and standing.policy is not None:
            zone = standing.case.zone
            found[identity] = clock_words.face(s, first, standing.policy, zone)
    return found


LAST: Final = (True, True, True, 1 << 63)


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
    s: Speech, found: tuple[Any, ...], names: dict[str, Any], field: str
) -> list[dict[str, str]]:
    """What people said of limits: which, what, by whom, when, in which words."""
    group = "excuses" if field == "reason" else "clock_states"
    return [
        {
            "limit": one.limit,
            "what": s.text(group, getattr(one, field)),
            "by": names[one.by]["name"] if one.by in names else "",
            "at": s.when(one.at),
            "note": one.note,
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
        found = queries.ticket(books, number)
    if found is None:
        raise Problem("not_found")
    args = {"limit": form.text("limit"), field: form.text(field), "note": form.text("note")}
    act = Act(kind=kind, on=("ticket", found["id"]), args=args)
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, number, (form, said)))
    return saying.go(request, office, said, f"/tickets/{number}/clocks")


ROUTES: Final[list[Any]] = [show, excuse, settle]

"""Enquiries: what came in by letter, form or another system, until somebody has looked at it."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from multipart import (
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from server import mail, queries
from server.console import frame, gate, saying
from server.console.addresses import After, Query, following, listing, opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import Problem, wrong_parameter
from server.queries import desk
from server.sessions import Actor
from shared.enquiry import STATES
from shared.people import may

PATH: Final = "/enquiries"
UPLOAD: Final = "/enquiries/upload"
PAGE: Final = 50
FORM_BYTES: Final = 10_000  # of a form around its file


@get(PATH, opt=opt("read.tickets", "only"), sync_to_thread=True)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    only: Query = "new",
    after: After = None,
) -> Response[str]:
    """One page of what came in and stands so."""
    if only not in STATES:
        raise wrong_parameter("only")
    speech = frame.speech_of(request, office)
    with office.reading() as books:
        listed = desk.enquiries(books, by_number(after, PAGE), state=only)
        waits = desk.waiting(books)
    chosen = {"only": only} if only != STATES[0] else {}
    context = {
        "section": "tickets",
        "waits": waits,
        "enquiries": listed.items,
        "tabs": [
            (
                listing(PATH, {"only": one} if one != STATES[0] else {}),
                speech.text("enquiry_states", one),
                waits if one == STATES[0] else None,
                one == only,
            )
            for one in STATES
        ],
        "next": following(PATH, chosen, listed),
        "first": listing(PATH, chosen) if after else None,
    }
    return frame.page(request, office, actor, "enquiries.html", context)


@get(UPLOAD, opt=opt("enquiry.receive"), sync_to_thread=True)
def choose(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """A file of an e-mail is chosen."""
    return _upload_page(request, office, actor, "")


@post(
    UPLOAD,
    opt={**opt("enquiry.receive"), "streams": True},
    status_code=200,
    request_max_body_size=mail.MESSAGE_BYTES_MAX + FORM_BYTES,
)
async def upload(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[Any]:
    """Take an e-mail in, once; what is none is said."""
    fields = _parts(request.headers.get("content-type", ""), await request.body())
    if not gate.is_token(
        office, actor, fields.get(gate.PROOF_FIELD, b"").decode("ascii", "ignore")
    ):
        raise Problem("stale_form")
    return await sync_to_thread(_uploaded, request, office, actor, fields.get("file", b""))


def _uploaded(request: AnyRequest, office: Office, actor: Actor, data: bytes) -> Response[Any]:
    try:
        identity, _ = mail.take_in(office, data)
    except mail.Unreadable as wrong:
        return frame.refused(_upload_page(request, office, actor, wrong.code))
    return Redirect(f"{PATH}/{identity}", status_code=frame.SEE_OTHER)


def _parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """The fields of a form that a browser sends with a file. Raises `Problem`."""
    kind, given = parse_options_header(content_type)
    if kind != "multipart/form-data" or not given.get("boundary"):
        raise Problem("wrong_type")
    fields: dict[str, bytes] = {}
    name = ""
    try:
        with PushMultipartParser(given["boundary"], max_segment_count=8) as parser:
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    name = event.name
                elif event:
                    fields[name] = fields.get(name, b"") + bytes(event)
    except (MultipartError, UnicodeDecodeError) as wrong:
        raise Problem("wrong_request") from wrong
    return fields


def _upload_page(request: AnyRequest, office: Office, actor: Actor, wrong: str) -> Response[str]:
    context = {"section": "tickets", "fault": wrong}
    return frame.page(request, office, actor, "enquiry_upload.html", context)


@get("/enquiries/{identity:str}", opt=opt("read.tickets"), sync_to_thread=True)
def look(
    identity: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One of them, with all that it says, and what can be done with it."""
    return _page(request, office, actor, identity, None)


@post(
    "/enquiries/{identity:str}/{does:str}",
    opt=opt("enquiry.link"),
    status_code=200,
    sync_to_thread=True,
)
def settle(  # noqa: PLR0913  what is done with which, and by whom
    *,
    identity: FromPath[str],
    does: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Add it to a ticket, or put it aside with a reason."""
    on = ("enquiry", identity)
    if does == "refuse":
        act = Act(kind="enquiry.refuse", on=on, args={"reason": form.text("reason")})
    elif does == "link":
        with office.reading() as books:
            named = queries.ticket(books, form.text("ticket"))
        if named is None:
            speech = frame.speech_of(request, office)
            act = Act(kind="enquiry.link", on=on)
            said = saying.refusal(speech, act, form.op, "no_such_ticket", "ticket")
            return frame.refused(_page(request, office, actor, identity, said))
        act = Act(kind="enquiry.link", on=on, args={"ticket": named["id"]})
    else:
        raise Problem("not_found")
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, identity, said))
    return saying.go(request, office, said, PATH)


def _page(
    request: AnyRequest, office: Office, actor: Actor, identity: str, said: Said | None
) -> Response[str]:
    with office.reading() as books:
        found = desk.enquiry(books, identity)
        if found is None:
            raise Problem("not_found")
        same = desk.open_tickets_of(books, found["contact"], found["site_id"])
    context = {
        "section": "tickets",
        "enquiry": found,
        "same": same,
        "said": said,
        "may_settle": may(actor.person.roles, "enquiry.link") and found["state"] == "new",
    }
    return frame.page(request, office, actor, "enquiry.html", context)


ROUTES: Final[list[Any]] = [show, choose, upload, look, settle]

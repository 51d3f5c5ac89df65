"""Edits: the fields of a site or a job that both sides may write, beside what was seen of them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from server.console import frame, gate, merging, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.console.ticket import options
from server.console.toasts import LIVE_HEADER, Toast
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries.pages import Item, by_id, by_number
from server.sessions import Actor
from shared.fields import FIELDS, PRIORITIES
from shared.masking import masked
from shared.ops import Verdict

# A technician edits on the phone, on jobs of their own; these pages show the desk's customers.
EDIT: Final = "site.add"
SITE: Final = tuple(name for name, field in FIELDS.items() if field.noun == "site")
JOB: Final = tuple(name for name, field in FIELDS.items() if field.noun == "work_order")
TIMES: Final = ("planned_from", "planned_to")
LOCAL_CHARS: Final = 16  # some browsers add seconds

Back = Annotated[str, QueryParameter(max_length=200)]
Typed = tuple[Form, Said | None]


@get("/sites/{site:str}/edit", opt=opt(EDIT, "back"), sync_to_thread=True)
def site(
    site: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    back: Back = "",
) -> Response[Any]:
    """The form for a site's contact and how one gets in; it shows a number in full."""
    onwards = merging.gone_on(request, office, "site", site)
    if onwards is not None:
        return onwards
    form = Form(fields={"back": (back,)})
    return _site_page(request, office, actor, site, (form, None))


@post("/sites/{site:str}/edit", opt=opt(EDIT), status_code=200, sync_to_thread=True)
def save_site(
    site: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write what was changed of a site."""
    answer = _saved(request, office, actor, form, ("site", site))
    if isinstance(answer, Said):
        return frame.refused(_site_page(request, office, actor, site, (form, answer)))
    return answer


@get("/work-orders/{number:str}/edit", opt=opt(EDIT, "back"), sync_to_thread=True)
def job(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    back: Back = "",
) -> Response[str]:
    """The form for a job's promised time, priority and note."""
    form = Form(fields={"back": (back,)})
    return _job_page(request, office, actor, number, (form, None))


@post("/work-orders/{number:str}/edit", opt=opt(EDIT), status_code=200, sync_to_thread=True)
def save_job(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write what was changed of a job."""
    answer = _saved(request, office, actor, form, ("work_order", _job(office, number)["id"]))
    if isinstance(answer, Said):
        return frame.refused(_job_page(request, office, actor, number, (form, answer)))
    return answer


def _note_that_it_is_shown(office: Office, actor: Actor, site: Item) -> None:
    if site["contact_phone"]:
        with office.writing() as books:
            event = office.event("phone.reveal", actor.person.id, ("site", site["id"]))
            office.ledger(books).note_event(event)


def _saved(
    request: AnyRequest, office: Office, actor: Actor, form: Form, on: tuple[str, str]
) -> Response[Any] | Said:
    """On to where one came from, or why it was refused."""
    back = gate.way_back(form.text("back"), "/tickets")
    changed = _changed(form, SITE if on[0] == "site" else JOB)
    if not changed:
        return frame.go_with(request, office, Toast(code="as_it_was"), back)
    said = saying.say(request, office, actor, form, Act(kind="edit", on=on, args=_fields(changed)))
    if not said.ok and said.verdict != Verdict.CONFLICT:
        return said
    before = {name: (value, seen) for name, (seen, value) in changed.items()}
    return saying.go(request, office, said, back, Act(kind="edit", on=on, args=_fields(before)))


def _fields(changed: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {"fields": dict(changed)}


def _changed(form: Form, names: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    """The fields that somebody changed: what they saw, and what they wrote."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in names:
        seen, value = form.text(f"seen_{name}"), form.text(name)
        if name in TIMES:
            found[name] = (seen or None, value[:LOCAL_CHARS] or None)
        else:
            found[name] = (seen, value)
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _job(office: Office, number: str) -> Item:
    with office.reading() as books:
        found = by_number(books, "work_order", number)
    if found is None:
        raise Problem("not_found")
    return found


def _site_page(
    request: AnyRequest, office: Office, actor: Actor, site: str, typed: Typed
) -> Response[str]:
    with office.reading() as books:
        found = by_id(books, "site", site)
        if found is None:
            raise Problem("not_found")
        customer = by_id(books, "customer", found["customer_id"])
    if LIVE_HEADER in request.headers:  # a script that looks for news is shown no number
        found["contact_phone"] = masked(found["contact_phone"])
    else:
        _note_that_it_is_shown(office, actor, found)
    back = f"/customers/{found['customer_id']}"
    context = {"site": found, "customer": customer, **_typed(typed, found, SITE, back)}
    return frame.page(request, office, actor, "site_edit.html", {**context, "section": "customers"})


def _job_page(
    request: AnyRequest, office: Office, actor: Actor, number: str, typed: Typed
) -> Response[str]:
    found = _job(office, number)
    speech = frame.speech_of(request, office)
    back = f"/work-orders/{number}"
    context = {
        "job": found,
        "priorities": options(speech, "priorities", PRIORITIES),
        "section": "tickets",
        **_typed(typed, found, JOB, back),
    }
    return frame.page(request, office, actor, "job_edit.html", context)


def _typed(typed: Typed, found: Item, names: tuple[str, ...], back: str) -> dict[str, Any]:
    """What stands in the form; after a refusal, what its author saw and wrote."""
    form, said = typed
    return {
        "seen": {name: form.text(f"seen_{name}", found[name] or "") for name in names},
        "typed": {name: form.text(name, found[name] or "") for name in names},
        "back": gate.way_back(form.text("back"), back),
        "said": said,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
    }


ROUTES: Final[list[Any]] = [site, save_site, job, save_job]

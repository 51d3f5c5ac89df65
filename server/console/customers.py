"""Customers: the list, one of them with places and machines, and the numbers that are masked."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from server.console import frame, gate
from server.console.forms import Form
from server.console.frame import Act, Said
from server.console.marks import by_text
from server.console.toasts import Toast
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import customers
from server.queries.pages import Item, by_id
from server.sessions import CONSOLE, Actor

PAGE: Final = 50
READ: Final = {"intent": "read.tickets", "bearer": CONSOLE}
SITE_FIELDS: Final = ("contact_name", "contact_phone", "access_notes")

Asked = Annotated[str, QueryParameter(max_length=100)]
After = Annotated[str | None, QueryParameter(max_length=400)]


@get("/customers", opt={**READ, "takes": ("q",)}, sync_to_thread=True)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    q: Asked = "",
    after: After = None,
) -> Response[str]:
    """One page of customers, by name."""
    asked = q.strip()
    with office.reading() as books:
        listed = customers.customers(books, by_text(after, PAGE), asked)
    told = {"q": asked} if asked else {}
    context = {
        "customers": listed.items,
        "asked": asked,
        "next": f"/customers?{urlencode({**told, 'after': listed.next})}" if listed.next else None,
        "first": f"/customers?{urlencode(told)}" if after else None,
    }
    return frame.page(request, office, actor, "customers.html", context)


@get("/customers/{customer:str}", opt={**READ, "takes": ()}, sync_to_thread=True)
def one(
    customer: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One customer, every number masked."""
    return _page(request, office, actor, customer, {})


@post(
    "/customers/{customer:str}/phones",
    opt={"intent": "phone.reveal", "bearer": CONSOLE},
    status_code=200,
    sync_to_thread=True,
)
def reveal(
    customer: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The numbers of a customer and of their sites in full; that somebody looked is kept."""
    with office.writing() as books:
        if by_id(books, "customer", customer) is None:
            raise Problem("not_found")
        event = office.event("phone.reveal", actor.person.id, ("customer", customer))
        office.ledger(books).note_event(event)
    return _page(request, office, actor, customer, {"revealed": True})


def _page(
    request: AnyRequest, office: Office, actor: Actor, customer: str, told: Mapping[str, Any]
) -> Response[str]:
    with office.reading() as books:
        found = customers.customer(books, customer)
        if found is None:
            raise Problem("not_found")
    context = {"revealed": False, **told, "customer": found, "section": "customers"}
    return frame.page(request, office, actor, "customer.html", context)


@get("/machines/{machine:str}", opt={**READ, "takes": ()}, sync_to_thread=True)
def machine(
    machine: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """One machine with what was done on it, as a page of its own or beside its customer."""
    with office.reading() as books:
        found = customers.machine(books, machine)
        if found is None:
            raise Problem("not_found")
        history = customers.history(books, found)
    context = {"machine": found, "history": history, "section": "customers"}
    return frame.page(request, office, actor, "machine.html", context)


@get(
    "/sites/{site:str}/edit",
    opt={"intent": "edit", "bearer": CONSOLE, "takes": ("back",)},
    sync_to_thread=True,
)
def edit(
    site: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    back: Asked = "",
) -> Response[str]:
    """The form for a site's contact and how one gets in."""
    typed = (Form(fields={"back": (back,)}), None)
    return _edit_page(request, office, actor, site, typed)


@post(
    "/sites/{site:str}/edit",
    opt={"intent": "edit", "bearer": CONSOLE},
    status_code=200,
    sync_to_thread=True,
)
def save(
    site: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write what was changed of a site, beside what its author saw."""
    back = gate.way_back(form.text("back"), "/customers")
    changed = {
        name: (form.text(f"seen_{name}"), form.text(name))
        for name in SITE_FIELDS
        if form.text(name) != form.text(f"seen_{name}")
    }
    if not changed:
        return frame.go_with(request, office, Toast(code="as_it_was"), back)
    act = Act(kind="edit", on=("site", site), args={"fields": changed})
    said = frame.say(request, office, actor, form, act)
    if said.ok or said.verdict == "conflict":
        return frame.go(request, office, said, back)
    return frame.refused(_edit_page(request, office, actor, site, (form, said)))


def _edit_page(
    request: AnyRequest, office: Office, actor: Actor, site: str, typed: tuple[Form, Said | None]
) -> Response[str]:
    form, said = typed
    with office.reading() as books:
        found = by_id(books, "site", site)
        if found is None:
            raise Problem("not_found")
        customer = by_id(books, "customer", found["customer_id"])
    context = {
        "site": found,
        "customer": customer,
        "seen": {name: _seen(form, found, name) for name in SITE_FIELDS},
        "typed": {name: form.text(name, found[name]) for name in SITE_FIELDS},
        "back": gate.way_back(form.text("back"), f"/customers/{found['customer_id']}"),
        "said": said,
        "section": "customers",
    }
    return frame.page(request, office, actor, "site_edit.html", context)


def _seen(form: Form, site: Item, name: str) -> str:
    """What the author of an edit saw; after a refusal, what they saw then."""
    return form.text(f"seen_{name}", site[name])


ROUTES: Final[list[Any]] = [show, one, reveal, machine, edit, save]

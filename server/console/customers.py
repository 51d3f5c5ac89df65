"""Customers: the list, one of them with places and machines, and the numbers that are masked."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from server.console import frame
from server.console.marks import by_text
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import customers
from server.queries.pages import by_id
from server.sessions import CONSOLE, Actor

PAGE: Final = 50
READ: Final = {"intent": "read.tickets", "bearer": CONSOLE}

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


ROUTES: Final[list[Any]] = [show, one, reveal, machine]

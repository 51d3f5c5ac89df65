"""Reads: lists page by page, and one thing with its whole story."""

from typing import Annotated, Any, Final, Literal

from litestar import get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter

from server import queries
from server.contacts import kept_of
from server.discretion import discreet, discreet_text, unheard
from server.marks import CHARS_MAX, by_number, by_text
from server.office import AnyRequest, Office, catalogue_of
from server.problems import FAULTS, Problem, reason, wrong_parameter
from server.queries import PAGE_MAX, Item, Listed
from server.sessions import PUBLIC, Actor
from shared import ticket as tickets_room, work_order as work_orders_room
from shared.amounts import has_control_characters
from shared.texts import Catalogue, say

PAGE: Final = 50
PAGING: Final = ("after", "limit")

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)]
After = Annotated[str | None, QueryParameter(max_length=CHARS_MAX)]
Search = Annotated[str | None, QueryParameter(max_length=100)]
Name = Annotated[str | None, QueryParameter(max_length=80)]


async def known_parameters(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Refuse a parameter that the route does not take: a filter misspelt is no filter.

    And one whose value is no text: PostgreSQL keeps no NUL and looks for none. It waits for
    nothing, so no thread is woken for it.
    """
    if handler.opt.get("intent") == PUBLIC:
        return
    taken = (*PAGING, *handler.opt.get("takes", ())) if "takes" in handler.opt else ()
    for name in connection.query_params:
        if name not in taken:
            raise wrong_parameter(name)
    for name, value in (*connection.query_params.multi_items(), *connection.path_params.items()):
        if has_control_characters(str(value)):
            raise wrong_parameter(name)


def one_of(name: str, value: str | None, known: tuple[str, ...]) -> str | None:
    """A filter's value, if it is one there is."""
    if value is not None and value not in known:
        raise wrong_parameter(name)
    return value


@get(
    "/api/tickets",
    opt={"intent": "read.tickets", "takes": ("status", "q")},
    responses=FAULTS,
    sync_to_thread=True,
)
def tickets(
    office: NamedDependency[Office],
    status: FromQuery[str | None] = None,
    q: Search = None,
    after: After = None,
    limit: Limit = PAGE,
) -> Listed:
    """Tickets, newest first."""
    wanted = one_of("status", status, tickets_room.STATUSES)
    window = by_number(after, limit)
    with office.reading() as books:
        return queries.tickets(books, window, status=wanted, q=q)


@get(
    "/api/tickets/{number:str}",
    opt={"intent": "read.tickets"},
    responses=FAULTS,
    sync_to_thread=True,
)
def ticket(
    number: FromPath[str], actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Item:
    """One ticket, by number or id; numbers are masked for who may not have them shown."""
    with office.reading() as books:
        found = queries.ticket(books, number)
    if found is None:
        raise Problem("not_found")
    return _discreet(unheard(found, actor.person.roles), actor)


@get(
    "/api/work-orders",
    opt={"intent": "read.work_orders", "takes": ("status", "assignee", "q")},
    responses=FAULTS,
    sync_to_thread=True,
)
def work_orders(  # noqa: PLR0913 - a list's filters are its parameters
    *,
    office: NamedDependency[Office],
    status: FromQuery[str | None] = None,
    assignee: Name = None,
    q: Search = None,
    after: After = None,
    limit: Limit = PAGE,
) -> Listed:
    """Work orders, newest first. `assignee` is a login."""
    wanted = one_of("status", status, work_orders_room.STATUSES)
    window = by_number(after, limit)
    with office.reading() as books:
        return queries.work_orders(books, window, status=wanted, assignee=assignee, q=q)


@get(
    "/api/work-orders/{number:str}",
    opt={"intent": "read.work_orders"},
    responses=FAULTS,
    sync_to_thread=True,
)
def work_order(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Item:
    """One work order, by number or id, with every op on it."""
    with office.reading() as books:
        found = queries.work_order(books, number)
    if found is None:
        raise Problem("not_found")
    catalogue = catalogue_of(office, request)
    for line in found["story"]:
        _reword(catalogue, line)
    return _discreet(found, actor)


def _discreet(found: Item, actor: Actor) -> Item:
    told: Item = discreet(found, actor.person.roles)
    return told


def _reword(catalogue: Catalogue, line: Item) -> None:
    """Say a line of a story in words: what was done, and why it was not."""
    detail = line["detail"] if isinstance(line["detail"], dict) else {}
    line["reason"] = reason(catalogue, line["code"], detail) if line["code"] else None
    line["text"] = say(catalogue, "kinds", line["kind"]) if line["kind"] else None


@get(
    "/api/stock",
    opt={"intent": "read.stock", "takes": ("location", "q")},
    responses=FAULTS,
    sync_to_thread=True,
)
def stock(
    office: NamedDependency[Office],
    location: Name = None,
    q: Search = None,
    after: After = None,
    limit: Limit = PAGE,
) -> Listed:
    """What the places hold. `location` is a code or an id."""
    window = by_text(after, limit)
    with office.reading() as books:
        return queries.stock(books, window, location=location, q=q)


@get(
    "/api/conflicts",
    opt={"intent": "read.conflicts", "takes": ("status", "work_order")},
    responses=FAULTS,
    sync_to_thread=True,
)
def conflicts(  # noqa: PLR0913 - a list's filters are its parameters
    *,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    status: FromQuery[Literal["open", "settled"] | None] = None,
    work_order: Name = None,
    after: After = None,
    limit: Limit = PAGE,
) -> Listed:
    """Conflicts, newest first."""
    window = by_number(after, limit)
    is_open = None if status is None else status == "open"
    with office.reading() as books:
        found = queries.conflicts(books, window, is_open=is_open, work_order=work_order)
    return Listed(items=[_discreet(one, actor) for one in found.items], next=found.next)


@get(
    "/api/ops",
    opt={"intent": "read.conflicts", "takes": ("verdict",)},
    responses=FAULTS,
    sync_to_thread=True,
)
def waiting(  # noqa: PLR0913 - a list's filters are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    verdict: FromQuery[Literal["quarantined", "held"] | None] = None,
    after: After = None,
    limit: Limit = PAGE,
) -> Listed:
    """Ops that wait for a person, newest first, each with its body."""
    window = by_number(after, limit)
    with office.reading() as books:
        found = queries.waiting(books, window, verdict=verdict)
    catalogue = catalogue_of(office, request)
    for item in found.items:
        item["body"] = discreet_text(item["body"], actor.person.roles)
        item["reason"] = reason(catalogue, item["code"], item["detail"]) if item["code"] else None
    return found


@get(
    "/api/devices",
    opt={"intent": "read.devices", "takes": ()},
    responses=FAULTS,
    sync_to_thread=True,
)
def devices(office: NamedDependency[Office], after: After = None, limit: Limit = PAGE) -> Listed:
    """The fleet, newest first."""
    window = by_number(after, limit)
    with office.reading() as books:
        found = queries.devices(books, window)
    for item in found.items:
        heard = office.contacts.get(item["id"])
        if heard is not None:
            item.update(kept_of(heard))
    return found


@get(
    "/api/audit",
    opt={"intent": "read.audit", "takes": ("work_order",)},
    responses=FAULTS,
    sync_to_thread=True,
)
def audit(
    office: NamedDependency[Office],
    work_order: Annotated[str, QueryParameter(max_length=80)],
    after: After = None,
    limit: Limit = PAGE,
) -> Listed:
    """The audit leaves of one work order, newest first."""
    window = by_number(after, limit)
    with office.reading() as books:
        if not queries.is_known(books, "work_order", work_order):
            raise wrong_parameter("work_order")
        return queries.leaves(books, window, work_order=work_order)


@get("/api/audit/{op:str}", opt={"intent": "read.audit"}, responses=FAULTS, sync_to_thread=True)
def proof(op: FromPath[str], office: NamedDependency[Office]) -> Item:
    """The proof that an op's newest verdict is in the signed log."""
    with office.reading() as books:
        found = queries.proof(books, op)
    if found is None:
        raise Problem("not_found")
    return found

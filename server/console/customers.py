"""Customers: the list, one of them with places and machines, and the numbers that are masked."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.console import bill, contracts, frame, merging, saying
from server.console.addresses import After, Query, following, listing, opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.marks import by_text
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import customers, teams, twins
from server.queries.pages import by_id
from server.sessions import Actor

PAGE: Final = 50
PATH: Final = "/customers"
READ: Final = "read.tickets"
CLASSIFY: Final = "customer.classify"


@get(PATH, opt=opt(READ, "q"), sync_to_thread=True)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    q: Query = "",
    after: After = None,
) -> Response[str]:
    """One page of customers, by name."""
    asked = q.strip()
    language = frame.speech_of(request, office).language
    with office.reading() as books:
        listed = customers.customers(books, by_text(after, PAGE), asked)
        tiers = teams.tiers(books, language)
    chosen = {"q": asked}
    context = {
        "customers": listed.items,
        "tiers": tiers,
        "asked": asked,
        "next": following(PATH, chosen, listed),
        "first": listing(PATH, chosen) if after else None,
    }
    return frame.page(request, office, actor, "customers.html", context)


@get("/customers/{customer:str}", opt=opt(READ), sync_to_thread=True)
def one(
    customer: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """One customer, every number masked; the address of one that was merged leads on."""
    onwards = merging.gone_on(request, office, "customer", customer)
    return onwards or _page(request, office, actor, customer)


@post(
    "/customers/{customer:str}/phones",
    opt=opt("phone.reveal"),
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
    return _page(request, office, actor, customer, revealed=True)


@post(
    "/customers/{customer:str}/tier",
    opt=opt(CLASSIFY, shows=READ),
    status_code=200,
    sync_to_thread=True,
)
def classify(
    customer: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Say which tier a customer is in (R-CLS-08)."""
    with office.reading() as books:
        found = by_id(books, "customer", customer)
    if found is None:
        raise Problem("not_found")
    act = Act(kind=CLASSIFY, on=("customer", customer), args={"tier": form.text("tier")})
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, customer, said=said))
    undo = Act(kind=CLASSIFY, on=("customer", customer), args={"tier": found["tier"]})
    return saying.go(request, office, said, f"{PATH}/{customer}", undo)


def _page(  # noqa: PLR0913  whose page, for whom, and what came of the last click
    request: AnyRequest,
    office: Office,
    actor: Actor,
    customer: str,
    *,
    revealed: bool = False,
    said: Said | None = None,
) -> Response[str]:
    language = frame.speech_of(request, office).language
    day = bill.day_at(office.now_ms(), office.settings.zone.key)
    with office.reading() as books:
        found = customers.customer(books, customer)
        if found is None:
            raise Problem("not_found")
        bought = contracts.listed(books, customer, day)
        tiers, offered = teams.tiers(books, language), teams.offered_tiers(books, language)
        merged = twins.merged_into(books, "customer", customer)
        for site in found["sites"]:
            site["merged"] = twins.merged_into(books, "site", site["id"])
    context = {
        "merged": merged,
        "revealed": revealed,
        "said": said,
        "tiers": tiers,
        "tier_options": offered,
        "customer": found,
        "contracts": bought,
        "section": "customers",
    }
    return frame.page(request, office, actor, "customer.html", context)


ROUTES: Final[list[Any]] = [show, one, reveal, classify]

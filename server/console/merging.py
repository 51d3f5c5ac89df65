"""Merging: what is on file twice is found, seen side by side, and made one, looked at twice."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from server import queries
from server.console import frame, saying
from server.console.addresses import Query, opt
from server.console.forms import Form
from server.console.saying import Act
from server.console.toasts import Toast
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import twins
from server.queries.pages import Item
from server.sessions import Actor

READ: Final = "read.tickets"
MERGE: Final = "customer.merge"  # whoever may merge customers may merge their sites and machines
# What stands beside each other.
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "customer": ("name", "salutation", "phone", "language"),
    "site": (
        *("address", "name", "division", "zone", "contact_name", "contact_phone"),
        *("access_notes", "time_zone"),
    ),
    "asset": (
        *("name", "model", "serial", "product_class", "delivered_on", "invoiced_on"),
        "warranty_until",
    ),
}

Id = Annotated[str, QueryParameter(max_length=100)]


@get(
    "/merge/{noun:str}/{thing:str}",
    opt=opt(MERGE, "q", "other", "keep", shows=READ),
    sync_to_thread=True,
)
def ask(  # noqa: PLR0913  an address, by whom it is asked for, and how far they have come
    noun: FromPath[str],
    thing: FromPath[str],
    request: AnyRequest,
    *,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    q: Query = "",
    other: Id = "",
    keep: Id = "",
) -> Response[Any]:
    """Find the other one; then both beside each other; then what merging them does."""
    with office.reading() as books:
        before = twins.alias(books, noun, thing)
    if before is not None:
        return went_on(request, office, before)
    if not other:
        return _finding(request, office, actor, (noun, thing), q.strip())
    if keep not in (thing, other) or thing == other:
        return _beside(request, office, actor, (noun, thing, other))
    gone = other if keep == thing else thing
    return _sure(request, office, actor, (noun, gone, keep), {})


@post(
    "/merge/{noun:str}/{thing:str}",
    opt=opt(MERGE, shows=READ),
    status_code=200,
    sync_to_thread=True,
)
def merge(  # noqa: PLR0913  an address, a form, and by whom it is sent
    noun: FromPath[str],
    thing: FromPath[str],
    request: AnyRequest,
    *,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Make one of two."""
    stays = form.text("into")
    act = Act(kind=f"{noun}.merge", on=(noun, thing), args={"into": stays})
    with office.reading() as books:
        known = twins.thing(books, noun, stays)
        before = twins.alias(books, noun, thing)
    if known is None:
        raise Problem("not_found")
    said = saying.say(request, office, actor, form, act)
    if said.ok:
        return saying.go(request, office, said, address_of(noun, known))
    if before is not None:
        return went_on(request, office, before)
    told = {"said": said, "seen": form.number("seen")}
    return frame.refused(_sure(request, office, actor, (noun, thing, stays), told))


def address_of(noun: str, thing: Item) -> str:
    """The page on which a customer, a site or a machine is."""
    if noun == "asset":
        return f"/machines/{thing['id']}"
    return f"/customers/{thing['id' if noun == 'customer' else 'customer_id']}"


def gone_on(request: AnyRequest, office: Office, noun: str, identity: str) -> Redirect | None:
    """Where an old address leads, if what it named was merged into another thing."""
    with office.reading() as books:
        found = twins.alias(books, noun, identity)
    return None if found is None else went_on(request, office, found)


def went_on(request: AnyRequest, office: Office, alias: Item) -> Redirect:
    """On to the one that stays, with a word about why."""
    with office.reading() as books:
        known = twins.thing(books, alias["noun"], alias["into_id"])
    if known is None:
        raise Problem("not_found")
    params = {"name": alias["name"], "day": frame.speech_of(request, office).day(alias["at"])}
    toast = Toast(code="was_merged", params=params)
    return frame.go_with(request, office, toast, address_of(alias["noun"], known))


def _both(office: Office, noun: str, *ids: str) -> list[Item]:
    """The things with these ids, each with what hangs on it. Raises `Problem`."""
    with office.reading() as books:
        found = [twins.thing(books, noun, one) for one in ids]
        known = [one for one in found if one is not None]
        if len(known) < len(ids):
            raise Problem("not_found")
        return [{**one, "weight": twins.weight(books, noun, one["id"])} for one in known]


def _finding(
    request: AnyRequest, office: Office, actor: Actor, about: tuple[str, str], q: str
) -> Response[str]:
    noun, identity = about
    (one,) = _both(office, noun, identity)
    with office.reading() as books:
        context = {
            "likely": twins.likely(books, noun, one),
            "found": twins.found(books, noun, one, q) if q else [],
        }
    return _page(request, office, actor, (noun, [one]), {**context, "step": "find", "asked": q})


def _beside(
    request: AnyRequest, office: Office, actor: Actor, about: tuple[str, str, str]
) -> Response[str]:
    noun, identity, other = about
    both = _both(office, noun, identity, other)
    rows = [(name, *(one[name] or "" for one in both)) for name in FIELDS[noun]]
    shown = [row for row in rows if any(row[1:])]
    return _page(request, office, actor, (noun, both), {"step": "beside", "rows": shown})


def _sure(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    about: tuple[str, str, str],
    told: Mapping[str, Any],
) -> Response[str]:
    noun, gone, stays = about
    both = _both(office, noun, gone, stays)
    with office.reading() as books:
        seen = told.get("seen", queries.acts_on(books, (noun, gone)))
    context = {"step": "sure", "gone": both[0], "stays": both[1], "seen": seen}
    return _page(request, office, actor, (noun, both), {**context, "said": told.get("said")})


def _page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    about: tuple[str, list[Item]],
    context: Mapping[str, Any],
) -> Response[str]:
    noun, things = about
    whole = {
        "noun": noun,
        "things": things,
        "called": {one["id"]: _called(noun, one) for one in (*things, *_listed(context))},
        "back": address_of(noun, things[0]),
        "section": "customers",
        **context,
    }
    return frame.page(request, office, actor, "merging.html", whole)


def _listed(context: Mapping[str, Any]) -> list[Item]:
    return [*context.get("likely", ()), *context.get("found", ())]


def _called(noun: str, thing: Item) -> str:
    """How people call it."""
    if noun == "site":
        return str(thing["name"] or thing["address"])
    said = [thing["name"]] if noun == "customer" else [thing["name"], thing["model"]]
    return " · ".join(dict.fromkeys(said))  # a machine without a name is called by its model


ROUTES: Final[list[Any]] = [ask, merge]

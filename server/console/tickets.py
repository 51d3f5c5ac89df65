"""The queue of tickets: saved filters with counts, page by page, one of them in a side panel."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from server.console import clocks, frame, gate
from server.console.addresses import After, Query, following, listing, opt
from server.console.choices import KEPT_S
from server.console.speech import Speech
from server.console.start import clocks_of
from server.console.ticket import everything_of, rights
from server.console.told import window as told_window
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import wrong_parameter
from server.queries import desk, pressing, queue, teams
from server.queries.frame import lines
from server.queries.pages import Listed, Window
from server.queries.queue import TABS, Sieve
from server.queries.reckoning import Reader
from server.sessions import Actor
from shared.fields import PRIORITIES

PATH: Final = "/tickets"
PAGE: Final = 50
FILTERS: Final = ("tab", "q", "priority", "zone")
ORDERS: Final = ("pressing", "newest")
ORDER: Final = "fieldfare_order"  # the cookie that keeps which order somebody likes
BY_AGE: Final = ("resolved", "all")  # of these nothing presses


@get("/tickets", opt=opt("read.tickets", *FILTERS, "order", "open"), sync_to_thread=True)
def show(  # noqa: PLR0913 - a list's filters are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    tab: Query = "open",
    q: Query = "",
    priority: Query = "",
    zone: Query = "",
    order: Query = "",
    after: After = None,
    opened: Annotated[str, QueryParameter(name="open", max_length=80)] = "",
) -> Response[str]:
    """One page of the queue."""
    speech = frame.speech_of(request, office)
    chosen = {"tab": _one_of("tab", tab, TABS), "q": q.strip(), "zone": zone}
    chosen["priority"] = _one_of("priority", priority, ("", *PRIORITIES))
    chosen["order"] = _order(request, tab, _one_of("order", order, ("", *ORDERS)))
    window, named = by_number(after, PAGE), _unusual(chosen)
    with office.reading() as books:
        read = _read(books, (office, speech, actor), chosen, window)
        beside = everything_of(books, opened, actor.person.roles) if opened else None
        if beside is not None:
            faces = clocks.of_ticket(Reader(books, speech.now_ms), speech, beside["ticket"]["id"])
            beside["faces"] = faces
        tiers = teams.tiers(books, speech.language)
    kept = {"order": order, "after": after} if after else {}
    counts = read.pop("counts")
    context: dict[str, Any] = {
        **chosen,
        **read,
        "tabs": _tabs(speech, chosen, counts),
        "orders": _orders(speech, chosen),
        "priorities": PRIORITIES,
        "filtered": any(chosen[name] for name in FILTERS[1:]),
        "next": following(PATH, {**named, "order": chosen["order"]}, read.pop("listed")),
        "first": listing(PATH, named) if after else None,
        "list": listing(PATH, {**named, **kept}),
        "window": told_window,
        "tiers": tiers,
        "beside": beside is not None,
        "said": None,
        **(beside or {}),
        **rights(actor.person.roles),
    }
    drawn = frame.page(request, office, actor, "tickets.html", context)
    if order and order != request.cookies.get(ORDER):
        drawn.set_cookie(gate.choice_cookie(office, ORDER, order, KEPT_S))
    return drawn


def _read(
    books: Any,
    who: tuple[Office, Speech, Actor],
    chosen: Mapping[str, str],
    window: Window,
) -> dict[str, Any]:
    """What of the books the page shows: a page of tickets, the tabs' counts, the filters' words."""
    office, speech, actor = who
    reader = Reader(books, speech.now_ms)
    sieve = Sieve(
        **{name: chosen[name] for name in FILTERS},
        me=actor.person.id,
        clocks=clocks_of(speech, queue.time_zones(books)),
    )
    known = pressing.latest(reader, books, speech.now_ms)
    listed = _listed(books, window, sieve, (chosen["order"], known))
    asked = ("queue", sieve.me, tuple(sorted(sieve.clocks.items())))
    counts = {
        **office.lately.told(lines(books), asked, lambda: queue.counts(books, sieve)),
        "at_risk": pressing.count_at_risk(books, known),
    }
    return {
        "listed": listed,
        "tickets": listed.items,
        "counts": counts,
        "total": counts["open"],
        "is_behind": known.is_behind and chosen["order"] == ORDERS[0],
        "waits": desk.waiting(books),
        "zones": queue.zones(books),
        "clocks": sieve.clocks,
        "pressing": clocks.pressing(reader, speech, {one["id"] for one in listed.items}),
    }


def _order(request: AnyRequest, tab: str, asked: str) -> str:
    """The order of a list: as somebody asks for it now, else as they did the last time."""
    if tab in BY_AGE:
        return ORDERS[1]
    if tab == "at_risk":
        return ORDERS[0]
    kept = request.cookies.get(ORDER)
    return asked or (kept if kept in ORDERS else ORDERS[0])


def _listed(books: Any, page: Window, sieve: Sieve, by: tuple[str, pressing.Latest]) -> Listed:
    """A page of tickets; where they are sorted by what presses, each says which group it opens."""
    order, known = by
    if order != ORDERS[0]:
        return queue.tickets(books, page, sieve)
    listed = pressing.tickets(books, page, sieve, known)
    before = ""
    for one in listed.items:
        group = pressing.group_of(one["key"])
        one["opens"] = group if group != before else ""
        before = group
    return listed


def _orders(s: Speech, chosen: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """In which order a list may be shown: address, name, and whether it is the one shown."""
    if chosen["tab"] in (*BY_AGE, "at_risk"):
        return []
    return [
        (
            listing(PATH, {**_unusual(chosen), "order": one}),
            s.text("console.tickets", f"order_{one}"),
            one == chosen["order"],
        )
        for one in ORDERS
    ]


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise wrong_parameter(name)
    return value


def _tabs(
    s: Speech, chosen: Mapping[str, str], counts: Mapping[str, int]
) -> list[tuple[str, str, int | None, bool]]:
    """The saved filters: address, name, how many, and whether it is the one shown."""
    return [
        (
            listing(PATH, _unusual({**chosen, "tab": tab})),
            s.text("console.tickets", f"tab_{tab}"),
            counts.get(tab),
            tab == chosen["tab"],
        )
        for tab in TABS
    ]


def _unusual(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that an address has to name: those that are not as usual. The order is kept."""
    return {name: chosen[name] for name in FILTERS if (name, chosen[name]) != USUAL}


USUAL: Final = ("tab", "open")
ROUTES: Final[list[Any]] = [show]

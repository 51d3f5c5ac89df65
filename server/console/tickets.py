"""The queue of tickets: saved filters with counts, page by page, one of them in a side panel."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from server.console import clocks, frame
from server.console.addresses import After, Query, following, listing, opt
from server.console.speech import Speech
from server.console.start import clocks_of
from server.console.ticket import everything_of, rights
from server.console.told import window
from server.marks import by_number
from server.office import AnyRequest, Office
from server.problems import wrong_parameter
from server.queries import desk, queue
from server.queries.queue import TABS, Sieve
from server.sessions import Actor
from shared.fields import PRIORITIES

PATH: Final = "/tickets"
PAGE: Final = 50
FILTERS: Final = ("tab", "q", "priority", "zone")


@get("/tickets", opt=opt("read.tickets", *FILTERS, "open"), sync_to_thread=True)
def show(  # noqa: PLR0913 - a list's filters are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    tab: Query = "open",
    q: Query = "",
    priority: Query = "",
    zone: Query = "",
    after: After = None,
    opened: Annotated[str, QueryParameter(name="open", max_length=80)] = "",
) -> Response[str]:
    """One page of the queue."""
    speech = frame.speech_of(request, office)
    chosen = {"tab": _one_of("tab", tab, TABS), "q": q.strip(), "zone": zone}
    chosen["priority"] = _one_of("priority", priority, ("", *PRIORITIES))
    page = by_number(after, PAGE)
    with office.reading() as books:
        sieve = Sieve(
            **chosen,
            me=actor.person.id,
            clocks=clocks_of(speech, queue.time_zones(books)),
            now=office.now_ms(),
        )
        listed = queue.tickets(books, page, sieve)
        counts = queue.counts(books, sieve)
        zones, waits = queue.zones(books), desk.waiting(books)
        beside = everything_of(books, opened) if opened else None
        if beside is not None:
            beside["faces"] = clocks.of_ticket(books, office, speech, beside["ticket"]["id"])
        pressing = clocks.pressing(books, office, speech, {one["id"] for one in listed.items})
    named = _unusual(chosen)
    context: dict[str, Any] = {
        **chosen,
        "tabs": _tabs(speech, chosen, counts),
        "tickets": listed.items,
        "total": counts["open"],
        "waits": waits,
        "zones": zones,
        "priorities": PRIORITIES,
        "filtered": any(chosen[name] for name in FILTERS[1:]),
        "next": following(PATH, named, listed),
        "first": listing(PATH, named) if after else None,
        "list": listing(PATH, {**named, "after": after}),
        "clocks": sieve.clocks,
        "pressing": pressing,
        "window": window,
        "beside": beside is not None,
        "said": None,
        **(beside or {}),
        **rights(actor.person.roles),
    }
    return frame.page(request, office, actor, "tickets.html", context)


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
    """The filters that an address has to name: those that are not as usual."""
    return {name: value for name, value in chosen.items() if (name, value) != USUAL}


USUAL: Final = ("tab", "open")
ROUTES: Final[list[Any]] = [show]

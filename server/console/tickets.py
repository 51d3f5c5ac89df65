"""The queue of tickets: saved filters with counts, page by page, one of them in a side panel."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from server.console import frame
from server.console.marks import by_number
from server.console.speech import Speech
from server.console.start import clocks_of
from server.console.ticket import everything_of, rights
from server.console.told import window
from server.office import AnyRequest, Office
from server.problems import wrong_parameter
from server.queries import queue
from server.queries.queue import TABS, Sieve
from server.sessions import CONSOLE, Actor
from shared.fields import PRIORITIES

PAGE: Final = 50
FILTERS: Final = ("tab", "q", "priority", "zone")

Filter = Annotated[str, QueryParameter(max_length=100)]
After = Annotated[str | None, QueryParameter(max_length=400)]


@get(
    "/tickets",
    opt={"intent": "read.tickets", "bearer": CONSOLE, "takes": (*FILTERS, "open")},
    sync_to_thread=True,
)
def show(  # noqa: PLR0913 - a list's filters are its parameters
    *,
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    tab: Filter = "open",
    q: Filter = "",
    priority: Filter = "",
    zone: Filter = "",
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
            **chosen, me=actor.person.id, clocks=clocks_of(speech, queue.time_zones(books))
        )
        listed = queue.tickets(books, page, sieve)
        counts = queue.counts(books, sieve)
        zones = queue.zones(books)
        beside = everything_of(books, opened) if opened else None
    context: dict[str, Any] = {
        **chosen,
        "tabs": _tabs(speech, chosen, counts),
        "tickets": listed.items,
        "total": counts["open"],
        "zones": zones,
        "priorities": PRIORITIES,
        "filtered": any(chosen[name] for name in FILTERS[1:]),
        "next": _address({**chosen, "after": listed.next}) if listed.next else None,
        "first": _address(chosen) if after else None,
        "list": _address({**chosen, "after": after or ""}),
        "clocks": sieve.clocks,
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
            _address({**chosen, "tab": tab}),
            s.text("console.tickets", f"tab_{tab}"),
            counts.get(tab),
            tab == chosen["tab"],
        )
        for tab in TABS
    ]


def _address(chosen: Mapping[str, Any]) -> str:
    """The queue with these filters; what is as usual is left out."""
    told = {name: value for name, value in chosen.items() if value and (name, value) != USUAL}
    return "/tickets" + (f"?{urlencode(told)}" if told else "")


USUAL: Final = ("tab", "open")
ROUTES: Final[list[Any]] = [show]

"""The help sheet: every shortcut, as a page of its own and over any other."""

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency

from server.console import frame, rail
from server.console.addresses import opt
from server.console.gate import way_back
from server.console.sign_in import Back
from server.office import AnyRequest, Office
from server.sessions import Actor

# Keys by where they work; each has a text in `console.keys`.
KEYS: Final = {
    "anywhere": (
        (("/",), "search"),
        (("N",), "new"),
        (("Z",), "undo"),
        (("?",), "help"),
        (("Esc",), "close"),
    ),
    "lists": (
        (("J", "↓"), "down"),
        (("K", "↑"), "up"),
        (("Enter",), "open"),
    ),
    "board": (
        (("Tab",), "bar"),
        (("Enter",), "grip"),
        (("←", "→"), "earlier_later"),
        (("↑", "↓"), "other_person"),
        (("Esc",), "let_go"),
    ),
}


@get(
    "/help",
    opt=opt("sign_in", "back"),
    sync_to_thread=True,
)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    back: Back = "/",
) -> Response[str]:
    """The sheet."""
    stops = rail.stops(request.app, actor.person.roles)
    context = {"keys": KEYS, "stops": stops, "back": way_back(back)}
    return frame.page(request, office, actor, "help.html", context)


ROUTES: Final = [show]

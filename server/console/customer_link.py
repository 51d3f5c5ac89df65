"""The link by which the customer of a ticket follows it: shown, copied, and taken back."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import links
from server.console import frame
from server.console.addresses import opt
from server.console.forms import Form
from server.console.invitation import squares
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries.pages import by_number
from server.sessions import Actor

LINK: Final = "portal.link"


@get("/tickets/{number:str}/link", opt=opt(LINK), sync_to_thread=True)
def show(
    number: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """The link, as a text to copy and as a QR code."""
    return _page(request, office, actor, number, is_new=False)


@post("/tickets/{number:str}/link", opt=opt(LINK), status_code=200, sync_to_thread=True)
def take_back(
    number: FromPath[str],
    request: AnyRequest,
    form: NamedDependency[Form],  # noqa: ARG001 - that it was sent from a page of ours is checked
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """Have every link that was given out lead nowhere, and show the new one."""
    links.take_back(office, _ticket(office, number), actor.person.id)
    return _page(request, office, actor, number, is_new=True)


def _ticket(office: Office, number: str) -> str:
    with office.reading() as books:
        found = by_number(books, "ticket", number)
    if found is None:
        raise Problem("not_found")
    return str(found["id"])


def _page(
    request: AnyRequest, office: Office, actor: Actor, number: str, *, is_new: bool
) -> Response[str]:
    with office.reading() as books:
        found = by_number(books, "ticket", number)
        if found is None:
            raise Problem("not_found")
        address = links.address(office, books, found["id"])
    context: dict[str, Any] = {
        "ticket": found,
        "section": "tickets",
        "address": address,
        "squares": squares(address),
        "is_new": is_new,
    }
    return frame.page(request, office, actor, "ticket_link.html", context)


ROUTES: Final[list[Any]] = [show, take_back]

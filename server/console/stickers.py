"""Stickers for machines, as PDF: of one machine, or of all that stand at a place."""

from typing import Any, Final, cast

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import printing, stickers
from server.console.addresses import Query, opt
from server.office import Office
from server.problems import Problem, wrong_parameter
from server.queries import customers
from server.queries.pages import by_id
from server.sessions import Actor
from shared.papers.stickers import PAPERS
from shared.texts import LANGUAGES, Language

PRINT: Final = "read.papers"
SHOWS: Final = "read.tickets"


@get(
    "/machines/{machine:str}/papers/sticker",
    opt=opt(PRINT, "paper", "language", shows=SHOWS),
    sync_to_thread=True,
)
def of_machine(
    *,
    machine: FromPath[str],
    actor: NamedDependency[Actor],  # noqa: ARG001 - who asks is checked by the gate
    office: NamedDependency[Office],
    paper: Query = "label",
    language: Query = "",
) -> Response[bytes]:
    """The label of one machine."""
    with office.reading() as books:
        found = by_id(books, "asset", machine)
    if found is None:
        raise Problem("not_found")
    return _printed(office, [found], (paper, language))


@get(
    "/sites/{site:str}/papers/stickers",
    opt=opt(PRINT, "paper", "language", "part", shows=SHOWS),
    sync_to_thread=True,
)
def of_site(  # noqa: PLR0913 - what is asked for in the address
    *,
    site: FromPath[str],
    actor: NamedDependency[Actor],  # noqa: ARG001 - who asks is checked by the gate
    office: NamedDependency[Office],
    paper: Query = "a4",
    language: Query = "",
    part: Query = "1",
) -> Response[bytes]:
    """The labels of all machines that stand at a place, or one part of them where they are many."""
    with office.reading() as books:
        standing = customers.standing(books, site)
    found = stickers.part_of(standing, int(part) if part.isdecimal() and part.isascii() else 0)
    if not found:
        raise Problem("not_found")
    return _printed(office, found, (paper, language))


def _printed(
    office: Office, machines: list[dict[str, Any]], wanted: tuple[str, str]
) -> Response[bytes]:
    paper, language = wanted
    if paper not in PAPERS:
        raise wrong_parameter("paper")
    if language not in ("", *LANGUAGES):
        raise wrong_parameter("language")
    spoken = cast("Language", language or office.settings.language)
    made = stickers.printed(office, machines, paper, spoken)
    headers = {
        "Content-Disposition": 'inline; filename="stickers.pdf"',
        "Content-Security-Policy": printing.POLICY,
    }
    return Response(made, media_type=printing.PDF, headers=headers)


ROUTES: Final[list[Any]] = [of_machine, of_site]

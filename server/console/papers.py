"""Papers of a job for somebody at a desk: the report, the dispatch order, and receipts, as PDF."""

from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import printing
from server.console.addresses import Query, opt
from server.office import Office
from server.problems import Problem, wrong_parameter
from server.sessions import Actor
from shared.papers import SIZES
from shared.papers.gathering import Asked
from shared.texts import LANGUAGES

PRINT: Final = "read.papers"
SHOWS: Final = "read.work_orders"
OF_A_JOB: Final = ("report", "dispatch")
OF_A_THING: Final = ("receipt", "take_away")


@get(
    "/work-orders/{number:str}/papers/{kind:str}",
    opt=opt(PRINT, "paper", "language", shows=SHOWS),
    sync_to_thread=True,
)
def of_the_job(  # noqa: PLR0913  how a paper is to look is its parameters
    *,
    number: FromPath[str],
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    paper: Query = SIZES[0],
    language: Query = "",
) -> Response[bytes]:
    """The report of what was signed last, or the order a technician takes along."""
    if kind not in OF_A_JOB:
        raise Problem("not_found")
    wanted = {"kind": kind, "size": paper, "language": language}
    return _printed(office, actor, number, wanted)


@get(
    "/work-orders/{number:str}/papers/{kind:str}/{thing:str}",
    opt=opt(PRINT, "paper", "language", shows=SHOWS),
    sync_to_thread=True,
)
def of_a_thing(  # noqa: PLR0913  how a paper is to look is its parameters
    *,
    number: FromPath[str],
    kind: FromPath[str],
    thing: FromPath[str],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    paper: Query = SIZES[0],
    language: Query = "",
) -> Response[bytes]:
    """The receipt of a payment, or of an item that was taken away."""
    if kind not in OF_A_THING:
        raise Problem("not_found")
    wanted = {"kind": kind, "size": paper, "language": language, "subject": thing}
    return _printed(office, actor, number, wanted)


def _printed(office: Office, actor: Actor, number: str, wanted: dict[str, Any]) -> Response[bytes]:
    """A paper in the language asked for, or in the one it was signed in."""
    language = wanted["language"] or None
    for name, value, known in (
        ("paper", wanted["size"], SIZES),
        ("language", language, (None, *LANGUAGES)),
    ):
        if value not in known:
            raise wrong_parameter(name)
    order = printing.find(office, number)
    asked = Asked(order=order, now_ms=office.now_ms(), **{**wanted, "language": language})
    made = printing.show(office, actor, asked)
    return Response(made.pdf, media_type=printing.PDF, headers=printing.headers(made))


ROUTES: Final = [of_the_job, of_a_thing]

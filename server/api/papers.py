"""Papers by HTTP: reports, dispatch orders and receipts as PDF."""

from functools import partial
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from server import printing
from server.office import Office
from server.problems import FAULTS, Problem
from server.sessions import Actor
from shared.papers import Size
from shared.papers.gathering import Asked
from shared.texts import Language

INTENT: Final = "read.papers"
END: Final = ".pdf"
paper_at: Final = partial(
    get,
    opt={"intent": INTENT, "takes": ("language", "paper")},
    responses=FAULTS,
    media_type=printing.PDF,
    sync_to_thread=True,
)


@paper_at("/api/work-orders/{number:str}/report.pdf")
def report(
    number: FromPath[str],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    language: FromQuery[Language | None] = None,
    paper: FromQuery[Size] = "a4",
) -> Response[bytes]:
    """The report of a job: as it was signed last, or else as it is now. `paper` is its size."""
    order = printing.find(office, number)
    return _file(office, actor, order, language=language, size=paper)


@paper_at("/api/work-orders/{number:str}/dispatch.pdf")
def dispatch(
    number: FromPath[str],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    language: FromQuery[Language | None] = None,
) -> Response[bytes]:
    """The dispatch order of a job, to be taken along and filled in by hand."""
    order = printing.find(office, number)
    return _file(office, actor, order, kind="dispatch", language=language)


@paper_at("/api/receipts/{file:str}")
def receipt(
    file: FromPath[str],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    language: FromQuery[Language | None] = None,
    paper: FromQuery[Size] = "a4",
) -> Response[bytes]:
    """The receipt for a payment: a file that is called by the payment's id."""
    order, payment = _of(office, "payment", file)
    asked = {"kind": "receipt", "subject": payment}
    return _file(office, actor, order, **asked, language=language, size=paper)


@paper_at("/api/take-aways/{file:str}")
def take_away(
    file: FromPath[str],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    language: FromQuery[Language | None] = None,
) -> Response[bytes]:
    """The receipt for an item that was taken away: a file that is called by the item's id."""
    order, item = _of(office, "taken_item", file)
    return _file(office, actor, order, kind="take_away", subject=item, language=language)


def _of(office: Office, table: str, file: str) -> tuple[str, str]:
    """The job and the thing that a file is about which is called by an id. Raises `Problem`."""
    identity, end, rest = file.partition(END)
    if not end or rest:
        raise Problem("not_found")
    return printing.find_with(office, table, identity), identity


def _file(office: Office, actor: Actor, order: str, **wishes: Any) -> Response[bytes]:
    """A paper to be shown, or saved under its number."""
    made = printing.show(office, actor, Asked(order=order, now_ms=office.now_ms(), **wishes))
    return Response(made.pdf, media_type=printing.PDF, headers=printing.headers(made))

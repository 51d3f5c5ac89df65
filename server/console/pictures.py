"""Pictures of a job: each with what is known of it, and its bytes for those who may look."""

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server import album
from server.console import proof
from server.console.addresses import opt
from server.console.opened import Opened
from server.office import Office
from server.problems import Problem
from server.queries import signed
from server.sessions import Actor

LOOK: Final = "read.evidence"
SHOWS: Final = "read.work_orders"
PANEL: Final = "work_order_photo.html"
SMALL: Final = "small"
MEDIA_TYPE: Final = "image/jpeg"
KEPT: Final = {SMALL: "private, max-age=3600", "whole": "no-store"}


@get(
    "/work-orders/{number:str}/photos/{photo:str}", opt=opt(LOOK, shows=SHOWS), sync_to_thread=True
)
def show(photo: FromPath[str], job: NamedDependency[Opened]) -> Response[str]:
    """One photo beside its job: the whole picture, what it shows, and who took it when."""
    kept = (one["id"] for one in job.order["photos"] if one["dropped_at"] is None)
    if photo not in kept:
        raise Problem("not_found")
    return job.panel(PANEL, chosen=photo)


@get(
    "/work-orders/{number:str}/photos/{photo:str}/{size:str}",
    opt=opt(LOOK, shows=SHOWS),
    sync_to_thread=True,
)
def look(
    number: FromPath[str],
    photo: FromPath[str],
    size: FromPath[str],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[bytes]:
    """A picture's bytes, small or whole. That somebody looked is written down."""
    with office.reading() as books:
        known = signed.photo(books, number, photo)
    if known is None or size not in KEPT or not proof.is_shown(known):
        raise Problem("not_found")
    shown = album.show(
        office, actor, album.find(office, actor, known["sha256"], small=size == SMALL)
    )
    headers = {
        "Cache-Control": KEPT[size],
        "Content-Disposition": f'inline; filename="{shown.name}"',
    }
    return Response(shown.body, media_type=MEDIA_TYPE, headers=headers)


ROUTES: Final = [show, look]

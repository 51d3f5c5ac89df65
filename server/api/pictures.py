"""Pictures: photos that came from phones, as the office's programs get them."""

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from server import album
from server.office import AnyRequest, Office
from server.problems import FAULTS
from server.sessions import Actor

UNCHANGED: Final = 304
HEADERS: Final = {
    "Cache-Control": "private, no-cache",  # kept by the browser, asked for each time
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@get(
    "/api/evidence/{sha256:str}",
    opt={"intent": "read.evidence", "takes": ("thumb",)},
    responses=FAULTS,
    sync_to_thread=True,
)
def picture(
    *,
    sha256: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    thumb: FromQuery[bool] = False,
) -> Response[bytes]:
    """A photo that has arrived, or the small one of it. That somebody looked is kept."""
    found = album.find(office, actor, sha256, small=thumb)
    # Of a person, too: what one has in a browser is another's first look, and is noted.
    etag = f'"{found["sha256"]}.{actor.person.id}"'
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=UNCHANGED, headers={**HEADERS, "ETag": etag})
    shown = album.show(office, actor, found)
    headers = {
        **HEADERS,
        "ETag": etag,
        "Content-Disposition": f'inline; filename="{shown.name}"',
    }
    return Response(shown.body, media_type="image/jpeg", headers=headers)

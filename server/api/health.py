"""Health: whether the server is alive, and whether it can do its work."""

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from server import queries
from server.database import Busy
from server.office import Office
from server.problems import FAULTS
from server.sessions import PUBLIC

UNREADY = 503


class Health(Struct, frozen=True, kw_only=True):
    """Alive always; ready when the database can be written and its tables are today's."""

    live: bool
    ready: bool
    writable: bool
    migrated: bool


@get("/health", opt={"intent": PUBLIC}, responses=FAULTS, sync_to_thread=True)
def health(office: NamedDependency[Office]) -> Response[Health]:
    """Whether the server can do its work: 200 if so, 503 if not."""
    migrated, writable = _state(office)
    ready = migrated and writable
    told = Health(live=True, ready=ready, writable=writable, migrated=migrated)
    return Response(told, status_code=200 if ready else UNREADY)


def _state(office: Office) -> tuple[bool, bool]:
    """Whether the tables are today's, and whether a write transaction can begin."""
    try:
        with office.writing() as books:
            return (queries.revision(books) == office.revision, True)
    except Busy:
        return (False, False)

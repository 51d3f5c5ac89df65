"""Search across everything: tickets, jobs, customers and machines on one page."""

import re
from typing import Annotated, Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect

from server.console import frame
from server.console.addresses import opt
from server.office import AnyRequest, Office
from server.queries import search
from server.queries.pages import is_known
from server.queries.search import FOUND_MAX
from server.sessions import Actor
from shared.people import may

PLACES: Final = {"T": ("ticket", "/tickets/"), "WO": ("work_order", "/work-orders/")}
_NUMBER: Final = re.compile(r"(T|WO)-\d{2}-\d{4,}", re.IGNORECASE)

Asked = Annotated[str, QueryParameter(max_length=100)]


@get(
    "/search",
    opt=opt("read.tickets", "q"),
    sync_to_thread=True,
)
def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    q: Asked = "",
) -> Response[Any]:
    """What mentions it; a whole number leads straight there."""
    asked = q.strip()
    with office.reading() as books:
        number = _NUMBER.fullmatch(asked)
        if number is not None:
            table, place = PLACES[number[1].upper()]
            if is_known(books, table, asked.upper()):
                return Redirect(place + asked.upper(), status_code=frame.SEE_OTHER)
        found = search.everything(books, asked) if asked else {}
    if not may(actor.person.roles, "read.work_orders"):
        found.pop("work_orders", None)
    jobs = [one for one in found.get("work_orders", ()) if one["provisional"] == asked.upper()]
    if len(jobs) == 1:  # of two that are called the same, somebody has to choose
        way = PLACES["WO"][1] + (jobs[0]["number"] or jobs[0]["id"])
        return Redirect(way, status_code=frame.SEE_OTHER)
    context = {
        "q": asked,
        "found": {sort: rows[:FOUND_MAX] for sort, rows in found.items() if rows},
        "more": {sort for sort, rows in found.items() if len(rows) > FOUND_MAX},
    }
    return frame.page(request, office, actor, "search.html", context)


ROUTES: Final[list[Any]] = [show]

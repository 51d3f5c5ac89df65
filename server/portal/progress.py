"""Progress: the page on which a customer follows their request, by the link they were given."""

from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from server import links, throttle
from server.office import AnyRequest, Office, address_of
from server.portal.outlook import Outlook, outlook
from server.portal.paper import Sheet
from server.portal.speech import Speech, named, speech_of
from server.portal.verify import household
from server.queries import money
from server.queries.queue import jobs_of
from server.queries.standing import Standing, standing
from server.sessions import PUBLIC
from shared.ticket import ENDS

TRIES: Final = (60, 10)  # pages, in so many minutes, by one address
GONE, TOO_MANY = 404, 429
DAY_MS: Final = 24 * 3_600_000
SHOWN_DAYS: Final = 90  # so long after its end a request can still be looked at
SHOWN_MS: Final = SHOWN_DAYS * DAY_MS
HEADERS: Final = {
    "Vary": "Accept-Language",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


@get(
    f"{links.PATH}/{{token:str}}",
    opt={"intent": PUBLIC},
    include_in_schema=False,
    sync_to_thread=True,
)
def show(
    token: FromPath[str],
    request: AnyRequest,
    office: NamedDependency[Office],
    lang: FromQuery[str] = "",
) -> Response[str]:
    """How a request stands. Who has no link to it learns not even whether there is one."""
    speech = speech_of(request, office, lang)
    where = household(address_of(office, request))
    with office.writing() as books:
        wait = throttle.strike(books, f"follow|{where}", TRIES, office.now_ms())
    if wait:
        answer = _page(request, office, speech, ("too_many", None, ""))
        answer.status_code = TOO_MANY
        answer.headers["Retry-After"] = str(wait)
        return answer
    told = _told(office, speech, token)
    if told is None:
        answer = _page(request, office, speech, ("unknown", None, ""))
        answer.status_code = GONE
        return answer
    return _page(request, office, speech, ("", told, token))


def _told(office: Office, speech: Speech, token: str) -> Outlook | None:
    now = office.now_ms()
    with office.reading() as books:
        ticket = links.opened(office.keys.portal, books, token)
        known = standing(books, ticket, now) if ticket is not None else None
        if known is None or _is_long_over(known, now):
            return None
        return outlook(speech, known, jobs_of(books, known.ticket.id), now)


def _is_long_over(known: Standing, now: int) -> bool:
    last = known.events[-1].at if known.events else known.ticket.opened_at
    is_over = known.ticket.status in ENDS or known.ticket.status == "resolved"
    return is_over and now - last > SHOWN_MS


def _page(
    request: AnyRequest, office: Office, speech: Speech, at: tuple[str, Outlook | None, str]
) -> Response[str]:
    why, told, token = at
    with office.reading() as books:
        house = money.organisation(books)
    sheet: Sheet = request.app.state["portal"]
    context: dict[str, Any] = {
        "t": speech.text,
        "lang": speech.language,
        "why": why,
        "told": told,
        "house": named(house, office, speech.language),
        "phone": house["phone"] if house else "",
        "other": f"{links.PATH}/{token or '-'}?lang={speech.other}",
    }
    headers = {
        **HEADERS,
        "Content-Security-Policy": sheet.policy,
        "Content-Language": speech.language,
    }
    page = sheet.draw("progress.html", context)
    return Response(page, media_type="text/html", headers=headers)

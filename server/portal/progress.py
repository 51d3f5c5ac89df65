"""Progress: the page on which a customer follows their request, by the link they were given."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import structs

from server import links, throttle
from server.office import AnyRequest, Office, address_of
from server.portal import score
from server.portal.outlook import outlook
from server.portal.paper import Sheet
from server.portal.request import typed_in
from server.portal.returning import returning
from server.portal.speech import Speech, named, speech_of
from server.portal.verify import household
from server.queries import money, returns
from server.queries.queue import jobs_of
from server.queries.reckoning import Reader
from server.sessions import PUBLIC
from shared.feedback import ASPECTS, RESOLVED
from shared.standing import Standing
from shared.ticket import ENDS

TRIES: Final = (60, 10)  # pages, in so many minutes, by one address
SCORES: Final = (20, 60)  # scores, in so many minutes, by one address
SCORES_OF_ONE: Final = (20, 24 * 60)  # of one ticket
FORM_BYTES_MAX: Final = 64_000  # a Chinese character takes nine
GONE, TOO_MANY = 404, 429
SEE_OTHER, UNPROCESSABLE = 303, 422
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
    wait = office.turnstile.strike(f"follow|{where}", TRIES, office.now_ms())
    known = _known(office, token) if not wait else None
    if known is None:
        return _refused(request, office, speech, wait)
    return _page(request, office, speech, (token, known))


@post(
    f"{links.PATH}/{{token:str}}/score",
    opt={"intent": PUBLIC},
    status_code=200,
    include_in_schema=False,
    request_max_body_size=FORM_BYTES_MAX,
)
async def give(
    token: FromPath[str], request: AnyRequest, office: NamedDependency[Office]
) -> Response[Any]:
    """Keep the score of whoever has the link, or what it is corrected to, and show the page."""
    typed = typed_in(await request.body(), score.CHARS_MAX)
    return await sync_to_thread(_given, request, office, token, typed)


def _given(
    request: AnyRequest, office: Office, token: str, typed: Mapping[str, str]
) -> Response[Any]:
    speech = speech_of(request, office, typed.get("lang", ""))
    known = _known(office, token)
    is_asked = known is not None and known.ticket.status in RESOLVED
    wait = _struck(request, office, known.ticket.id if known is not None and is_asked else "")
    if wait or known is None or not is_asked:
        return _refused(request, office, speech, wait)
    args = score.args_of(typed)
    fault = "no_score" if args is None else score.keep(office, known, args)
    if fault:
        answer = _page(request, office, speech, (token, known), score.as_typed(typed, fault))
        answer.status_code = UNPROCESSABLE
        return answer
    to = f"{links.PATH}/{token}?lang={speech.language}#score"
    return Response("", headers={"Location": to}, status_code=SEE_OTHER)


def _struck(request: AnyRequest, office: Office, ticket: str) -> int:
    """Count a score, of an address and of a ticket; the seconds to wait, or 0.

    Whoever sends without end writes nothing more.
    """
    now, who = office.now_ms(), f"score|{household(address_of(office, request))}"
    wait = office.turnstile.strike(who, SCORES, now)
    if wait:
        return wait
    with office.writing() as books:
        wait = throttle.strike(books, who, SCORES, now)
        if wait or not ticket:
            return wait
        return throttle.strike(books, f"score of|{ticket}", SCORES_OF_ONE, now)


def _known(office: Office, token: str) -> Standing | None:
    now = office.now_ms()
    with office.reading() as books:
        ticket = links.opened(office.keys.portal, books, token)
        known = Reader(books, now).one(ticket) if ticket is not None else None
    return None if known is None or _is_long_over(known, now) else known


def _is_long_over(known: Standing, now: int) -> bool:
    last = known.events[-1].at if known.events else known.ticket.opened_at
    is_over = known.ticket.status in ENDS or known.ticket.status == "resolved"
    return is_over and now - last > SHOWN_MS


def _refused(request: AnyRequest, office: Office, speech: Speech, wait: int) -> Response[str]:
    """The page of whoever has no link, or has to wait so many seconds."""
    told: dict[str, Any] = {"why": "too_many" if wait else "unknown", "told": None, "asking": None}
    answer = _drawn(request, office, speech, {**told, "token": "-"})
    answer.status_code = TOO_MANY if wait else GONE
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


def _page(
    request: AnyRequest,
    office: Office,
    speech: Speech,
    at: tuple[str, Standing],
    wrong: score.Asking | None = None,
) -> Response[str]:
    token, known = at
    now = office.now_ms()
    with office.reading() as books:
        told = outlook(speech, known, jobs_of(books, known.ticket.id), now)
        back = returning(speech, returns.of_ticket(books, known.ticket.id))
        asking = wrong or score.asking(books, speech, known, now)
    shown = structs.replace(told, back=back)
    context = {"why": "", "told": shown, "asking": asking, "token": token}
    return _drawn(request, office, speech, context)


def _drawn(
    request: AnyRequest, office: Office, speech: Speech, told: Mapping[str, Any]
) -> Response[str]:
    with office.reading() as books:
        house = money.organisation(books)
    sheet: Sheet = request.app.state["portal"]
    context: dict[str, Any] = {
        "t": speech.text,
        "lang": speech.language,
        "house": named(house, office, speech.language),
        "phone": house["phone"] if house else "",
        "other": f"{links.PATH}/{told['token'] or '-'}?lang={speech.other}",
        "aspects": ASPECTS,
        **told,
    }
    headers = {
        **HEADERS,
        "Content-Security-Policy": sheet.policy,
        "Content-Language": speech.language,
    }
    page = sheet.draw("progress.html", context)
    return Response(page, media_type="text/html", headers=headers)

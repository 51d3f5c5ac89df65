"""Request: a form by which anybody asks for service, from the website or a machine's sticker.

It needs no script, no cookie and no account. The page carries a sealed id, so that what is sent
twice is there once, unless it was corrected in between, and nothing is taken that no page of ours
asked for.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server import throttle
from server.incoming import identity_of, keep_in, one_line, paragraphs
from server.links import ASKING
from server.office import AnyRequest, Office, address_of
from server.portal.paper import Sheet
from server.portal.speech import Speech, named, speech_of
from server.portal.verify import household
from server.queries import money, teams
from server.queries.pages import by_id
from server.sessions import PUBLIC
from shared.amounts import is_sayable
from shared.ids import is_id
from shared.ticket import WISHED_FOR

PATH: Final = ASKING
SENT: Final = "/request/sent"
TRIES: Final = (10, 60)  # requests, in so many minutes, by one address
FORM_BYTES_MAX: Final = 64_000  # a Chinese character takes nine
FIELDS_MAX: Final = 20
STALE_MS: Final = 24 * 3_600_000
TOO_MANY: Final = 429
UNPROCESSABLE: Final = 422
FIELDS: Final = ("sender", "contact", "address", "text")
CONTACT_CHARS_MIN: Final = 5
CHARS_MAX: Final[Mapping[str, int]] = {"sender": 100, "contact": 100, "address": 200, "text": 2000}


@get(PATH, opt={"intent": PUBLIC}, include_in_schema=False, sync_to_thread=True)
def show(
    request: AnyRequest,
    office: NamedDependency[Office],
    machine: FromQuery[str] = "",
    lang: FromQuery[str] = "",
) -> Response[str]:
    """The empty form; with the machine that a sticker names."""
    speech = speech_of(request, office, lang)
    return _page(request, office, speech, {"machine": machine if is_id(machine) else ""})


@post(
    SENT,
    opt={"intent": PUBLIC},
    status_code=200,
    include_in_schema=False,
    request_max_body_size=FORM_BYTES_MAX,
)
async def send(request: AnyRequest, office: NamedDependency[Office]) -> Response[str]:
    """Keep what was asked for, once; what is missing is said beside what was typed."""
    typed = typed_in(await request.body(), CHARS_MAX)
    if not is_id(typed.get("machine", "")):
        typed.pop("machine", None)
    return await sync_to_thread(_sent, request, office, typed)


def _sent(request: AnyRequest, office: Office, typed: dict[str, str]) -> Response[str]:
    speech = speech_of(request, office, typed.get("lang", ""))
    token = typed.get("token", "")
    identity = opened(office, token)
    if identity is None:
        return _page(request, office, speech, {**typed, "fault": "stale"})
    wrong = [name for name in ("contact", "text") if not _is_said(name, typed.get(name, ""))]
    if wrong:
        return _page(request, office, speech, {**typed, "fault": wrong[0]})
    reference = identity_of("web", f"{identity} {_digest(typed)}")
    wait = _keep(office, address_of(office, request), reference, _told(office, speech, typed))
    if wait:
        return _page(request, office, speech, {**typed, "fault": "too_many"}, wait)
    return _page(request, office, speech, {"done": reference[:8].upper()})


def _told(office: Office, speech: Speech, typed: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of what was typed; what was left open is left out."""
    told = {
        "channel": "web",
        "received_at": office.now_ms(),
        "language": speech.language,
        **{name: one_line(typed.get(name, "")) for name in ("sender", "contact", "address")},
        "text": paragraphs(typed.get("text", "")),
        "asset": typed.get("machine", ""),
    }
    if typed.get("wish") in WISHED_FOR:
        told["wish"] = typed["wish"]
    return {name: value for name, value in told.items() if value != ""}


def _keep(office: Office, address: str, reference: str, told: Mapping[str, Any]) -> int:
    """Keep a request, or return the seconds to wait. Who asks without end writes nothing more."""
    who, now = f"request|{household(address)}", office.now_ms()
    wait = office.turnstile.strike(who, TRIES, now)
    if wait:
        return wait
    with office.writing() as books:
        wait = throttle.strike(books, who, TRIES, now)
        if not wait:
            keep_in(books, office, reference, told)
    return wait


def _digest(typed: Mapping[str, str]) -> str:
    """What tells a page that was sent twice from one that was corrected in between."""
    said = "\0".join(typed.get(name, "") for name in (*FIELDS, "machine", "wish"))
    return hashlib.sha256(said.encode()).hexdigest()


def _is_said(name: str, text: str) -> bool:
    if name == "contact":
        return len(one_line(text)) >= CONTACT_CHARS_MIN
    return is_sayable(paragraphs(text) or " ")


def typed_in(body: bytes, chars_max: Mapping[str, int]) -> dict[str, str]:
    """What a browser sent of a form; what is no form is an empty one."""
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=FIELDS_MAX)
    except (UnicodeDecodeError, ValueError):
        return {}
    return {name: value[: chars_max.get(name, 200)] for name, value in pairs}


def sealed(office: Office) -> str:
    """An id that only a page of ours can have, and when it was made."""
    told = f"{office.fresh_id()}.{office.now_ms()}"
    return f"{told}.{_mark(office.keys.session.secret, told)}"


def opened(office: Office, token: str) -> str | None:
    """The id in a token of a page of ours that is not too old."""
    told, _, mark = token.rpartition(".")
    secrets = office.keys.session.secrets.values()
    fits = [hmac.compare_digest(mark.encode(), _mark(one, told).encode()) for one in secrets]
    identity, _, made = told.partition(".")
    if not any(fits) or office.now_ms() - int(made) > STALE_MS:
        return None
    return identity


def _mark(secret: bytes, told: str) -> str:
    return hmac.new(secret, f"request|{told}".encode(), hashlib.sha256).hexdigest()


def _page(
    request: AnyRequest,
    office: Office,
    speech: Speech,
    told: Mapping[str, str],
    wait: int = 0,
) -> Response[str]:
    with office.reading() as books:
        house = money.organisation(books)
        machine = by_id(books, "asset", told.get("machine") or None)
        outlets = any(not one.retired for one in teams.outlets(books))
    query = {"lang": speech.other, **({"machine": told["machine"]} if told.get("machine") else {})}
    sheet: Sheet = request.app.state["portal"]
    fault = told.get("fault", "")
    page = sheet.draw(
        "request.html",
        {
            "t": speech.text,
            "lang": speech.language,
            "house": named(house, office, speech.language),
            "phone": house["phone"] if house else "",
            "other": f"{PATH}?{urlencode(query)}",
            "typed": {name: told.get(name, "") for name in (*FIELDS, "wish")},
            "machine": machine,
            "outlets": outlets,
            "most": CHARS_MAX,
            "wishes": WISHED_FOR,
            "fault": fault,
            "done": told.get("done", ""),
            "token": sealed(office),
        },
    )
    headers = {
        "Content-Security-Policy": sheet.policy,
        "Content-Language": speech.language,
        "Vary": "Accept-Language",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
    }
    if wait:
        headers["Retry-After"] = str(wait)
    status = TOO_MANY if wait else UNPROCESSABLE if fault else 200
    return Response(page, media_type="text/html", headers=headers, status_code=status)

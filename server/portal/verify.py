"""Verify: whether a paper in somebody's hand is what was signed. Anybody may ask.

A code alone, which is short enough to be guessed, tells that there is such a paper and no more.
Who has the whole hash of what was shown and the seal has the paper, and sees what stands on it.
"""

import hmac
import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Struct

from server import throttle
from server.office import AnyRequest, Office, address_of
from server.portal.paper import Sheet
from server.portal.speech import Speech, moment, named, speech_of
from server.queries import money, verify
from server.queries.pages import Item
from server.sessions import PUBLIC
from shared.document import code_of
from shared.money import written
from shared.signing import document_in

TRIES: Final = (30, 10)  # papers asked after, in so many minutes, by one address
TOO_MANY: Final = 429
PREFIX: Final = 64  # of an IPv6 address: what one household or office has
CODE: Final = re.compile(r"([0-9A-F]{4})[-–— ]?([0-9A-F]{4})")
HASH: Final = re.compile(r"[0-9a-f]{64}")
NO_HASH: Final = "-" * 64
HAN: Final = re.compile(r"[\u3400-\u9fff]")
# How each verdict is drawn: its tone and its picture.
DRAWN: Final = {
    "genuine": ("success", "verified"),
    "checking": ("info", "hourglass_top"),
    "refused": ("info", "front_hand"),
    "newer": ("warning", "history"),
    "diverged": ("warning", "gpp_maybe"),
    "differs": ("danger", "gpp_bad"),
    "known": ("info", "help"),
    "unknown": ("neutral", "help"),
    "too_many": ("warning", "hourglass_top"),
}
CHARS_MAX: Final = 100  # of what is printed on a paper; more of it is none of ours


class Check(Struct, frozen=True, kw_only=True):
    """One thing that was looked at: `yes`, `no` or `wait`."""

    state: str
    what: str
    how: str


class Told(Struct, frozen=True, kw_only=True):
    """What a page says of a paper."""

    verdict: str
    tone: str
    icon: str
    code: str = ""
    facts: tuple[tuple[str, str, str], ...] = ()
    total: bool = False
    checks: tuple[Check, ...] = ()


class Asked(Struct, frozen=True, kw_only=True):
    """What stands on a paper: its code, and where it was scanned, both hashes."""

    code: str
    shown: str
    seal: str

    @property
    def is_whole(self) -> bool:
        """Whether the hashes are there, too."""
        return bool(HASH.fullmatch(self.shown) and HASH.fullmatch(self.seal))


class Known(Struct, frozen=True, kw_only=True):
    """What the books have of a paper: the sign-offs, whether they are the newest, and the leaf."""

    signed: tuple[Item, ...]
    begins_alike: bool
    newest: bool
    leaf: tuple[int | None, int]


@get("/verify", opt={"intent": PUBLIC}, include_in_schema=False, sync_to_thread=True)
def show(  # noqa: PLR0913  what is printed on a paper comes as so many parameters
    *,
    request: AnyRequest,
    office: NamedDependency[Office],
    code: FromQuery[str] = "",
    shown: FromQuery[str] = "",
    seal: FromQuery[str] = "",
    content: FromQuery[str] = "",
    lang: FromQuery[str] = "",
) -> Response[str]:
    """Whether a paper is genuine. `content` belongs to the layout and is only carried on."""
    speech = speech_of(request, office, lang)
    asked = Asked(code=code.strip().upper(), shown=shown.strip().lower(), seal=seal.strip().lower())
    told, wait = (None, 0) if not code else _looked_up(request, office, speech, asked)
    with office.reading() as books:
        house = money.organisation(books)
    given = {"code": code, "shown": shown, "seal": seal, "content": content}
    others = {name: value[:CHARS_MAX] for name, value in given.items()}
    told_on = {name: value for name, value in others.items() if value}
    query = urlencode({**told_on, "lang": speech.other})
    sheet: Sheet = request.app.state["portal"]
    page = sheet.draw(
        "verify.html",
        {
            "t": speech.text,
            "lang": speech.language,
            "told": told,
            "house": named(house, office, speech.language),
            "phone": house["phone"] if house else "",
            "other": f"/verify?{query}",
        },
    )
    headers = {
        "Content-Security-Policy": sheet.policy,
        "Content-Language": speech.language,
        "Vary": "Accept-Language",
        "X-Robots-Tag": "noindex, nofollow",
    }
    if wait:
        headers["Retry-After"] = str(wait)
    return Response(
        page, media_type="text/html", headers=headers, status_code=TOO_MANY if wait else 200
    )


def _looked_up(
    request: AnyRequest, office: Office, speech: Speech, asked: Asked
) -> tuple[Told, int]:
    """What the books say, and the seconds to wait for whoever asks too often."""
    where = household(address_of(office, request))
    with office.writing() as books:
        wait = throttle.strike(books, f"verify|{where}", TRIES, office.now_ms())
    if wait:
        return _told("too_many"), wait
    with office.reading() as books:
        known = look(books, asked)
    return judge(speech, asked, known), 0


def household(address: str) -> str:
    """Whose an address is: an IPv6 address is one of many that its owner has."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network((int(known), PREFIX), strict=False))


def look(books: Any, asked: Asked) -> Known:
    """What the books have of a paper: as much work for one that nobody knows as for any other."""
    code = CODE.fullmatch(asked.code)
    beginning = f"{code[1]}{code[2]}".lower() if code else NO_HASH
    shown, seal = (asked.shown, asked.seal) if asked.is_whole else (NO_HASH, NO_HASH)
    found = verify.signed(books, beginning, (shown, seal))
    fits = tuple(
        one
        for one in found
        # Both are compared, and to the last sign.
        if hmac.compare_digest(one["shown_hash"], shown) & hmac.compare_digest(one["seal"], seal)
    )
    first = fits[0] if fits else None
    order, purpose, at = (
        (first["work_order_id"], first["purpose"], first["at"]) if first else ("", "", 0)
    )
    return Known(
        signed=fits,
        begins_alike=bool(found),
        newest=verify.is_newest(books, order, purpose, at),
        leaf=verify.leaf(books, first["group_id"] if first else ""),
    )


def judge(speech: Speech, asked: Asked, known: Known) -> Told:
    """What a page says of a paper."""
    if not known.signed:
        if not known.begins_alike:
            return _told("unknown")
        return _told("differs" if asked.shown or asked.seal else "known")
    first = known.signed[0]
    return _told(
        _verdict(first, known),
        code=code_of(first["shown_hash"]),
        facts=tuple(_facts(speech, known.signed)),
        total=first["total"] is not None,
        checks=tuple(_checks(speech, first, known)),
    )


def _told(verdict: str, **more: Any) -> Told:
    tone, icon = DRAWN[verdict]
    return Told(verdict=verdict, tone=tone, icon=icon, **more)


def _verdict(first: Item, known: Known) -> str:
    if first["state"] == "diverged":
        return "diverged"
    if not known.newest:
        return "newer"
    if first["state"] == "pending":
        return "checking"
    return "refused" if first["refusal"] else "genuine"


def _facts(speech: Speech, signed: Sequence[Item]) -> Iterator[tuple[str, str, str]]:
    """What stands on the paper, names shortened, the total last."""
    first = signed[0]
    document = document_in(first["document"] or "")
    numbers = ", ".join(str(one["number"]) for one in signed if one["number"])
    yield speech.text("verify", "order"), numbers, ""
    yield speech.text("verify", "purpose"), speech.text("verify.purposes", first["purpose"]), ""
    job = document.jobs[0] if document is not None and document.jobs else None
    if job is not None and job.machine is not None:
        machine = job.machine
        told = " ".join(one for one in (machine.name, machine.model) if one)
        yield speech.text("verify", "machine"), told, ""
    role = speech.text("signer_roles", first["signer_role"])
    if not first["refusal"]:
        told = speech.text("verify", "signer", name=shortened(first["signer"]), role=role)
        yield speech.text("verify", "signed_by"), told, ""
    if document is not None and document.technician:
        yield speech.text("verify", "technician"), shortened(document.technician), ""
    zone = first["time_zone"]
    received = first["received"] or first["at"]
    arrived = speech.text("verify", "received", when=moment(speech, received, zone))
    yield speech.text("verify", "signed_at"), moment(speech, first["at"], zone), arrived
    if first["total"] is not None:
        yield speech.text("verify", "total"), written(first["total"], first["currency"]), ""


def _checks(speech: Speech, first: Item, known: Known) -> Iterator[Check]:
    number, size = known.leaf
    entered = number is not None and number < size
    states = {
        "text": "no" if "shown_hash" in first["faults"] or "document" in first["faults"] else "yes",
        "signature": "no" if "seal" in first["faults"] else "yes",
        "records": {"sealed": "yes", "pending": "wait", "diverged": "no"}[first["state"]],
        "log": "yes" if entered else "wait",
    }
    for name, state in states.items():
        how = speech.text("verify.checks", f"{name}_how")
        if name == "log" and entered:
            how = speech.text("verify.checks", "log_leaf", leaf=f"{number:,}", head=f"{size:,}")
        yield Check(state=state, what=speech.text("verify.checks", name), how=how)


def shortened(name: str) -> str:
    """A name as a stranger may read it: 陈*, Ms C*, Ma*."""
    words = name.split()
    if not words:
        return ""
    if HAN.match(words[0]):
        return f"{words[0][0]}*"
    *before, last = words
    return " ".join((*before[:1], f"{last[0]}*"))

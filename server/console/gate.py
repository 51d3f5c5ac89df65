"""The gate of the console: the session's cookie, and proof that a request was made by our page."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from server.console import forms
from server.office import AnyRequest, Office
from server.problems import Problem
from server.sessions import COOKIE, Actor, Opened

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PROOF_FIELD: Final = "csrf"
PROOF_HEADER: Final = "x-csrf-token"
TOKEN: Final = re.compile(r"[0-9a-f]{128}")  # a mask, and the proof under it
OURS: Final = frozenset({"same-origin", "none"})
MS: Final = 1000


def session_cookie(office: Office, opened: Opened) -> Cookie:
    """The cookie of a session just opened: no script reads it, no other site sends it along."""
    seconds = max(0, opened.expires_at - office.now_ms()) // MS
    return _cookie(office, COOKIE, opened.token, seconds)


def no_session(office: Office) -> Cookie:
    """What takes the cookie away again."""
    return _cookie(office, COOKIE, "", 0)


def choice_cookie(office: Office, name: str, value: str, seconds: int) -> Cookie:
    """A cookie that keeps a choice, such as the language."""
    return _cookie(office, name, value, seconds)


def _cookie(office: Office, name: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        max_age=seconds,
        path="/",
        httponly=True,
        secure=office.settings.public_url.startswith("https:"),
        samesite="lax",
    )


def csrf_token(office: Office, actor: Actor) -> str:
    """What a form of this session carries; worth nothing in any other.

    It looks different on every page, or the length of a packed page would tell it bit by bit.
    """
    proof = bytes.fromhex(_signed(office.keys.session.secret, f"csrf|{actor.session}"))
    mask = office.dice(len(proof))
    return (mask + _masked(proof, mask)).hex()


def _masked(proof: bytes, mask: bytes) -> bytes:
    """One under the other; doing it twice takes the mask off."""
    return bytes(one ^ other for one, other in zip(proof, mask, strict=True))


def seal(office: Office, actor: Actor, text: str) -> str:
    """A text that only this session can bring back unchanged."""
    return f"{_signed(office.keys.session.secret, f'seal|{actor.session}|{text}')}.{text}"


def unseal(office: Office, actor: Actor, sealed: str) -> str | None:
    """The text that was sealed for this session; None for anything else."""
    mark, _, text = sealed.partition(".")
    fits = any(
        hmac.compare_digest(mark.encode(), _signed(secret, f"seal|{actor.session}|{text}").encode())
        for secret in office.keys.session.secrets.values()
    )
    return text if fits else None


def _signed(secret: bytes, text: str) -> str:
    return hmac.new(secret, f"console|{text}".encode(), hashlib.sha256).hexdigest()


async def check(request: AnyRequest) -> None:
    """Let an unsafe request through only where our own page made it. Raises `Problem`."""
    if request.method in SAFE:
        return
    office: Office = request.app.state["office"]
    if not _is_from_here(office, request):
        raise Problem("foreign_request")
    actor = request.scope.get("user")
    is_stream = request.scope["route_handler"].opt.get("streams")  # whose route looks itself
    if isinstance(actor, Actor) and not is_stream:
        given = request.headers.get(PROOF_HEADER) or (await forms.read(request)).text(PROOF_FIELD)
        if not is_token(office, actor, given):
            raise Problem("stale_form")


def is_token(office: Office, actor: Actor, given: str) -> bool:
    """Whether a form of this session carries this."""
    if not TOKEN.fullmatch(given):
        return False
    carried = bytes.fromhex(given)
    half = len(carried) // 2
    proof = _masked(carried[half:], carried[:half]).hex()
    wanted = (
        _signed(secret, f"csrf|{actor.session}") for secret in office.keys.session.secrets.values()
    )
    return any(hmac.compare_digest(proof, one) for one in wanted)


def may_be_packed(request: AnyRequest) -> bool:
    """Whether an answer may be compressed: the browser can open it, and no other site asked.

    Who could make a page say chosen words, and see how long it gets, would learn what else it says.
    """
    opens = "gzip" in request.headers.get("accept-encoding", "").lower()
    return opens and request.headers.get("sec-fetch-site", "none") in OURS


def _is_from_here(office: Office, request: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """What the browser says of the page that sent this. One that says nothing shows a token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in OURS
    origin = request.headers.get("origin")
    return origin is None or _place(origin) in _places(office, request)


def _places(
    office: Office, request: ASGIConnection[Any, Any, Any, Any]
) -> Sequence[tuple[str, str]]:
    host = request.headers.get("host", "").lower()
    return (_place(office.settings.public_url), (request.scope["scheme"], host))


def _place(url: str) -> tuple[str, str]:
    """Scheme and host, without looking whether anybody could be there: it is only compared."""
    scheme, _, rest = url.lower().partition("://")
    return scheme, rest.partition("/")[0]


def way_back(given: str | None, otherwise: str = "/") -> str:
    """An address of this console and of nothing else, from one that anybody may have made up."""
    path = given or ""
    plain = path.isprintable() and path.isascii() and "\\" not in path
    return path if path.startswith("/") and not path.startswith("//") and plain else otherwise

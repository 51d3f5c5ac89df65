"""The frame around every page, and in which words it is filled."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.response import Redirect
from msgspec import Struct

from server import queries
from server.console import gate, rail, toasts
from server.console.shelf import Shelf
from server.console.speech import Speech, initials
from server.console.toasts import Toast
from server.office import AnyRequest, Office
from server.sessions import Actor
from shared.masking import masked
from shared.people import may
from shared.texts import LANGUAGES, Language

TEMPLATES: Final = Path(__file__).parent / "templates"
LANGUAGE: Final = "fieldfare_language"
THEME: Final = "fieldfare_theme"
THEMES: Final = ("system", "light", "dark")
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SEE_OTHER: Final = 303
GZIP_LEVEL: Final = 4  # a seventh of a large board, for about a millisecond
UNPROCESSABLE: Final = 422
# What part of a page a script asks for, by the element it wants to fill.
LAYOUTS: Final = {"main": "part.html", "panel": "panel.html"}


class Room(Struct, frozen=True, kw_only=True):
    """What pages are made with."""

    environment: Environment
    shelf: Shelf


class Page(Response[str]):
    """A page; where it packs, it travels compressed."""

    def __init__(self, html: str, headers: dict[str, str], *, packs: bool) -> None:
        self.packs = packs
        packed = {"Content-Encoding": "gzip"} if packs else {}
        super().__init__(html, media_type="text/html", headers={**headers, **packed})

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        """The bytes that are sent."""
        plain = super().render(content, media_type, enc_hook)
        return gzip.compress(plain, GZIP_LEVEL, mtime=0) if self.packs else plain


def furnish(shelf: Shelf) -> Room:
    """The room of this version: templates that escape, and that know what they speak of."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"masked": masked, "initials": initials, "path": _path}
    environment.globals |= {"static": shelf.address, "sheets": shelf.sheets, "may": may}
    return Room(environment=environment, shelf=shelf)


def _path(text: str) -> str:
    """A text as one step of an address."""
    return quote(text, safe="")


def page(
    request: AnyRequest,
    office: Office,
    actor: Actor,
    template: str,
    context: Mapping[str, Any] | None = None,
) -> Response[str]:
    """A page with its frame; for a script that fills one part of a page, that part alone."""
    layout = LAYOUTS.get(request.headers.get("hx-target", ""), "base.html")
    toast = toasts.taken(request, office, actor)
    counts: Mapping[str, int] = {}
    mark = ""
    if layout == "base.html":
        with office.reading() as books:
            counts = queries.counts(books, actor.person.roles, office.silent_since)
            mark = "-".join(map(str, queries.log_size(books)))
    framed = {
        "layout": layout,
        "person": actor.person,
        "roles": actor.person.roles,
        "csrf": gate.csrf_token(office, actor),
        "rail": rail.stops(request.app, actor.person.roles),
        "counts": counts,
        "mark": mark,
        "toast": toast,
        "undo": toasts.undo_of(office, actor, toast),
    }
    taken = framed.keys() & (context or {}).keys()
    assert not taken, f"{template} gives the frame's own names another meaning: {sorted(taken)}"
    drawn = _drawn(request, office, template, {**framed, **(context or {})})
    if toast is not None:
        drawn.set_cookie(toasts.eaten(office))
    return drawn


def bare(
    request: AnyRequest, office: Office, template: str, context: Mapping[str, Any]
) -> Response[str]:
    """A page for somebody who is not signed in, or to whom nothing may be shown."""
    return _drawn(request, office, template, context)


def _drawn(
    request: AnyRequest, office: Office, template: str, context: Mapping[str, Any]
) -> Response[str]:
    room: Room = request.app.state["room"]
    speech = speech_of(request, office)
    theme = request.cookies.get(THEME, "")
    html = room.environment.get_template(template).render(
        {
            "s": speech,
            "t": speech.text,
            "lang": speech.language,
            "languages": LANGUAGES,
            "theme": theme if theme in THEMES else THEMES[0],
            "here": request.url.path,
            "address": address(request),
            "fresh_id": office.fresh_id,
            "organisation": office.settings.organisation,
            **context,
        }
    )
    headers = {
        "Content-Security-Policy": POLICY,
        "Content-Language": speech.language,
        "Vary": "HX-Target, Cookie, Accept-Encoding, Sec-Fetch-Site",
    }
    return Page(html, headers, packs=gate.may_be_packed(request))


def address(request: AnyRequest) -> str:
    """Where somebody is, with the filters."""
    query = request.scope["query_string"].decode("ascii", "replace")
    return request.url.path + (f"?{query}" if query else "")


def language_of(request: AnyRequest, office: Office) -> Language:
    """The language chosen here before, or the one the browser asks for."""
    chosen = request.cookies.get(LANGUAGE)
    asked = office.texts.language_of(request.headers.get("accept-language", ""))
    return next((one for one in LANGUAGES if one == chosen), asked)


def speech_of(request: AnyRequest, office: Office) -> Speech:
    """How pages speak to whoever asks."""
    language = language_of(request, office)
    return Speech(
        catalogue=office.texts.catalogues[language],
        language=language,
        zone=office.settings.zone,
        now_ms=office.now_ms(),
    )


def refused(drawn: Response[str]) -> Response[str]:
    """The page again, with what was typed, because the act on it was refused."""
    drawn.status_code = UNPROCESSABLE
    return drawn


def go_with(request: AnyRequest, office: Office, toast: Toast, to: str) -> Redirect:
    """On to a page, with a word about what was done."""
    onwards = Redirect(to, status_code=SEE_OTHER)
    onwards.set_cookie(toasts.cookie(office, request.user, toast))
    return onwards

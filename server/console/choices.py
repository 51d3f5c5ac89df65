"""Choices a browser keeps: the language and the theme, changed by a link on any page."""

from typing import Final, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from server.console import frame, gate
from server.console.sign_in import OPEN, Back
from server.office import Office
from shared.texts import Language

KEPT_S: Final = 365 * 24 * 3600
Theme = Literal["system", "light", "dark"]


@get("/language/{language:str}", opt=OPEN, sync_to_thread=False)
def language(
    language: FromPath[Language], office: NamedDependency[Office], back: Back = "/"
) -> Redirect:
    """The same page in another language."""
    return _kept(office, frame.LANGUAGE, language, back)


@get("/theme/{theme:str}", opt=OPEN, sync_to_thread=False)
def theme(theme: FromPath[Theme], office: NamedDependency[Office], back: Back = "/") -> Redirect:
    """The same page, light, dark, or as the system has it."""
    return _kept(office, frame.THEME, theme, back)


def _kept(office: Office, name: str, value: str, back: str) -> Redirect:
    onwards = Redirect(gate.way_back(back), status_code=frame.SEE_OTHER)
    onwards.set_cookie(gate.choice_cookie(office, name, value, KEPT_S))
    return onwards


ROUTES: Final = [language, theme]

"""Pictures of the console's pages: three widths, two languages, large text, too much, nothing."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, structs
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.console.conftest import PATIENCE_MS, serve
from tests.console.house import LANGUAGE_COOKIE, THEME_COOKIE, Served, Template
from tests.console.places import PLACES, Place
from tests.console.test_accessibility import visit
from tests.looks.houses import CrowdedHouse, EmptyHouse
from tests.looks.paper import Shot, draw
from tests.machine import chromium

HOUSES: Final[dict[str, type[Template]]] = {
    "demo": Template,
    "crowded": CrowdedHouse,
    "empty": EmptyHouse,
}
# Width and height of the window, and how much smaller it is on the sheet.
WINDOWS: Final = ((1440, 900, 0.5), (1024, 768, 0.5), (390, 844, 0.53))
LOCALES: Final = {"en": "en-GB", "zh": "zh-CN"}  # what the browser itself speaks
NARROW: Final = 320  # no page has to fit less, however large its text is


class Look(Struct, frozen=True):
    """How a page is looked at."""

    name: str
    language: str = "en"
    theme: str = "light"
    zoom: float = 1.0
    house: str = "demo"


LOOKS: Final = (
    Look("en light 100 %"),
    Look("zh dark 100 %", language="zh", theme="dark"),
    Look("zh light 160 %", language="zh", zoom=1.6),
    Look("en worst", house="crowded"),
    Look("en empty", house="empty"),
)


def name_of(place: Place) -> str:
    """A readable name of a page: `board-job`, `tickets-new-posted`, `start`."""
    path = place.path.replace("/", " ").replace("{", "").replace("}", "")
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"%..", "", path).replace("?", " ").lower())
    role = "" if place.role in ("", "administrator") else f"-as-{place.role}"
    return f"{words.strip('-') or 'start'}{role}{'-posted' if place.posted else ''}"


def photograph(out: Path, only: str = "") -> list[Path]:
    """A sheet for every page whose name contains `only`; returns the files."""
    places = [one for one in PLACES if only in name_of(one)]
    if not places:
        return []
    work = out / "work"
    shutil.rmtree(work, ignore_errors=True)
    with ExitStack() as open_things:
        houses = {name: _house(open_things, work, name) for name in HOUSES}
        playwright = open_things.enter_context(sync_playwright())
        browser = chromium(playwright)
        open_things.callback(browser.close)
        shots: dict[str, list[list[Shot]]] = {name_of(one): [] for one in places}
        for look in LOOKS:
            _look(_Session(browser, houses[look.house], look, out), places, shots)
    shutil.rmtree(work)
    return [draw(name, rows, out / f"console-{name}.png") for name, rows in shots.items()]


def _house(open_things: ExitStack, work: Path, name: str) -> Served:
    template = HOUSES[name](work / name / "template")
    served = serve(template, work / name)
    open_things.callback(served.stop)
    return served


class _Session:
    """A browser looking at one house in one way; somebody of every role, in every window."""

    def __init__(self, browser: Browser, served: Served, look: Look, out: Path) -> None:
        self.browser = browser
        self.served = served
        self.look = look
        self.out = out
        self.contexts: dict[tuple[str, int], BrowserContext] = {}

    def page(self, role: str, width: int, height: int) -> Page:
        """A page in a window of so many pixels, which hold less where the text is larger."""
        if (role, width) not in self.contexts:
            inside = max(round(width / self.look.zoom), NARROW)
            zoom = width / inside
            context = self.browser.new_context(
                viewport={"width": inside, "height": round(height / zoom)},
                device_scale_factor=zoom,
                reduced_motion="reduce",
                locale=LOCALES[self.look.language],
            )
            context.set_default_timeout(PATIENCE_MS)
            context.add_cookies(_cookies(self.served, self.look, role))
            context.new_page()
            self.contexts[role, width] = context
        return self.contexts[role, width].pages[0]

    def close(self) -> None:
        """Close all of them."""
        for context in self.contexts.values():
            context.close()


def _cookies(served: Served, look: Look, role: str) -> Any:
    said = {LANGUAGE_COOKIE: look.language, THEME_COOKIE: look.theme}
    if role:
        said["fieldfare_session"] = served.template.tokens[role]
    return [{"name": name, "value": value, "url": served.url} for name, value in said.items()]


def _look(session: _Session, places: list[Place], shots: dict[str, list[list[Shot]]]) -> None:
    for place in places:
        if _named(place) <= session.served.template.examples.keys():
            shots[name_of(place)].append(list(_shots(session, place)))
    session.close()


def _named(place: Place) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", place.path))


def _shots(session: _Session, place: Place) -> Iterator[Shot]:
    name, look = name_of(place), session.look
    for width, height, scale in WINDOWS:
        page = session.page(place.role, width, height)
        visit(page, session.served, _fitting(place, session.served))
        page.evaluate("() => document.fonts.ready")
        words = re.sub(r"[ %]+", "-", look.name).strip("-")
        file = session.out / "single" / f"console-{name}-{width}-{words}.png"
        page.screenshot(path=file)
        yield Shot(file, f"{look.name}  {width} px", scale)


def _fitting(place: Place, served: Served) -> Place:
    """A posted form of the demo company names its people; another company has others."""
    if place.posted.get("login") and isinstance(served.template, EmptyHouse):
        return structs.replace(place, posted={})
    return place

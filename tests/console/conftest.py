"""What a test of the console may ask for.

`console` is the demo company's console in this process, shared by all tests; `new_console` is one
of one's own. `tab` opens a page in a real browser on a server in a process of its own, `served`.
Both live as long as the process: a file of tests runs in one, and so shares what it has.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.apps import gather
from tests.console.house import (
    LANGUAGE_COOKIE,
    THEME_COOKIE,
    Console,
    Served,
    Template,
)
from tests.machine import chromium, free_port

PATIENCE_MS = 15_000

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _gathered() -> Iterator[None]:
    """What a test has left is for the next one."""
    yield
    gather()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The demo company's data folder, made once and copied by those who serve it."""
    return Template(tmp_path_factory.mktemp("console") / "template")


@pytest.fixture(scope="session")
def console(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The demo company's console in this process, shared: leave it as you would find it."""
    yield from _console(
        template, template.copied(tmp_path_factory.mktemp("shared") / "data", lasts=True)
    )


@pytest.fixture
def new_console(template: Template, tmp_path: Path) -> Iterator[Console]:
    """The demo company's console in this process, as fresh as it was made."""
    yield from _console(template, template.copied(tmp_path / "data"))


def _console(template: Template, folder: Path) -> Iterator[Console]:
    made = Console(template, folder)
    # One loop for all visitors; the server lives between the first and the last of them.
    visitor = made.visitor("dispatcher")
    with visitor.client:
        yield made


@pytest.fixture(scope="package")
def served(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo company's console in a process of its own."""
    made = serve(template, tmp_path_factory.mktemp("served"), lasts=True)
    yield made
    made.stop()


@pytest.fixture
def new_served(template: Template, tmp_path: Path) -> Iterator[Served]:
    """One of one's own, for a test that stops it or changes much."""
    made = serve(template, tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def serve(template: Template, folder: Path, *, lasts: bool = False) -> Served:
    """A server on a copy of the demo company's data."""
    data = template.copied(folder / "data", lasts=lasts)
    made = Served(template, data, free_port())
    made.start()
    return made


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of the console, as patient in what it sees as in what it does."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a page: `tab("/tickets", role="dispatcher", language="zh", theme="dark", width=390)`.

    Every call is a browser of its own, signed in as somebody with the role. `on` is the server, if
    not the shared one; `scripts=False` is a browser without scripts.
    """
    with ExitStack() as opened:

        def open_tab(path: str = "/", *, role: str | None = "dispatcher", **wishes: Any) -> Page:
            served: Served = wishes.get("on") or request.getfixturevalue("served")
            context = browser.new_context(
                viewport={"width": wishes.get("width", 1440), "height": wishes.get("height", 900)},
                java_script_enabled=wishes.get("scripts", True),
                reduced_motion="reduce",
            )
            opened.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            cookies = {
                LANGUAGE_COOKIE: wishes.get("language", "en"),
                THEME_COOKIE: wishes.get("theme", "light"),
            }
            if role is not None:
                cookies["fieldfare_session"] = served.template.tokens[role]
            context.add_cookies(
                [
                    {"name": name, "value": value, "url": served.url}
                    for name, value in cookies.items()
                ]
            )
            page = context.new_page()
            page.goto(served.url + path)
            return page

        yield open_tab

"""Accessibility: axe finds nothing serious on any page, in both languages, light and dark.

And nothing is cut off or wider than the window, from a big screen to a phone.
"""

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.console.conftest import Open
from tests.console.house import Served
from tests.console.places import PLACES, Place, examples

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
PATIENCE_S = 1_200  # every page, on a machine that is busy with other tests
SERIOUS = ("serious", "critical")
# Every other page is visited in Chinese and dark, and the other turn is taken with each.
LOOKS = (("en", "light"), ("zh", "dark"))
SLOW = pytest.mark.slow
WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""


def visit(page: Page, served: Served, place: Place) -> None:
    """Go to a page, by its form where there is one."""
    path = place.path.format(**examples(served))
    page.goto(served.url + path)
    if place.posted:
        fields = dict(place.posted)
        form = page.locator(f"form[method=post][action='{fields.pop('action', path)}']").first
        for name, value in fields.items():
            form.locator(f"[name={name}]").select_option(value)
        form.locator("button").last.click()
        page.wait_for_load_state()


def faults(page: Page) -> list[str]:
    """What axe finds, as one line each."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("(rules) => axe.run(document, rules)", RULES)
    return [
        f"{one['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"][:2]
    ]


@pytest.mark.timeout(PATIENCE_S)
@SLOW
@pytest.mark.parametrize("turn", [0, 1])
def test_axe_finds_nothing_serious_on_any_page(tab: Open, served: Served, turn: int) -> None:
    wrong = []
    pages: dict[tuple[str, str, str], Page] = {}
    for number, place in enumerate(PLACES):
        language, theme = LOOKS[(number + turn) % 2]
        key = (place.role, language, theme)
        if key not in pages:
            pages[key] = tab("/help", role=place.role or None, language=language, theme=theme)
        visit(pages[key], served, place)
        wrong += [f"{place.path} {language} {theme}: {one}" for one in faults(pages[key])]
    assert wrong == []


@pytest.mark.timeout(PATIENCE_S)
@SLOW
@pytest.mark.parametrize("width", [390, 1024])
def test_no_page_is_wider_than_its_window(tab: Open, served: Served, width: int) -> None:
    wrong = []
    pages: dict[str, Page] = {}
    for place in PLACES:
        if place.role not in pages:
            pages[place.role] = tab("/help", role=place.role or None, width=width)
        visit(pages[place.role], served, place)
        over = pages[place.role].evaluate(WIDE)
        if over > 0:
            wrong.append((place.path, over))
    assert wrong == []

"""What somebody typed is kept: through a session that ended, and a server that is not there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open, serve
from tests.console.house import Served, Template

TYPED = {"problem": "The pump room floods", "name": "Tanaka Foods", "address": "9 Lake Street"}
PASSWORD = "fieldfare-demo-1"


@pytest.fixture(scope="module")
def desk(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of these tests' own: sessions end on it, and it stops."""
    made = serve(template, tmp_path_factory.mktemp("kept"))
    yield made
    made.stop()


def write(page: Page, number: str) -> None:
    """Fill in a call of somebody new, all but the button; each test has a number of its own."""
    page.locator("#f-who").fill(number)
    page.wait_for_selector("#callers #site-new:checked")
    for name, text in TYPED.items():
        page.locator(f"[name={name}]").fill(text)
    page.locator("label.seg-opt, .seg label").get_by_text("Urgent").click()


def still_there(page: Page) -> dict[str, str]:
    """What the form holds."""
    return {name: page.locator(f"[name={name}]").input_value() for name in TYPED}


def leave_elsewhere(page: Page) -> None:
    """End the session in another tab."""
    other = page.context.new_page()
    other.goto(f"{page.url.split('/tickets')[0]}/account")
    other.locator("summary.av").click()
    other.locator("form[action='/sign-out'] button").click()
    other.wait_for_url("**/sign-in")
    other.close()


def test_what_was_typed_is_there_again_after_signing_in_again(tab: Open, desk: Served) -> None:
    page = tab("/tickets/new", on=desk)
    write(page, "13911112222")
    leave_elsewhere(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#kept")).to_contain_text("kept in this tab")
    page.locator("[name=login]").fill("diaodu1")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("has not been sent")
    assert still_there(page) == TYPED
    assert page.locator("[name=priority]:checked").input_value() == "urgent"
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("is made")
    page.goto(f"{desk.url}/tickets/new")
    assert still_there(page) == dict.fromkeys(TYPED, "")  # it is sent: nothing is kept


def test_whoever_signs_in_next_does_not_see_it(tab: Open, desk: Served) -> None:
    page = tab("/tickets/new", on=desk, role="service_manager")
    write(page, "13911113333")
    leave_elsewhere(page)
    page.keyboard.press("Control+Enter")
    page.locator("[name=login]").fill("diaodu2")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/new")
    assert still_there(page) == dict.fromkeys(TYPED, "")


@pytest.mark.slow
def test_a_form_is_not_sent_into_the_void(tab: Open, desk: Served) -> None:
    page = tab("/tickets/new", on=desk, role="administrator")
    write(page, "13911114444")
    page.wait_for_selector("body[data-heard=yes]")
    desk.stop()
    expect(page.locator(".lost")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Nothing was sent")
    assert still_there(page) == TYPED
    desk.start()
    expect(page.locator(".lost")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("is made")

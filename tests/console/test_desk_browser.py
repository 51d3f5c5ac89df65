"""The desk in real browsers: a request by keyboard, a queue that two people see, choices kept."""

import time

from playwright.sync_api import Page, Route, expect

from tests.console.conftest import Open
from tests.console.house import Served

CHAT = "我是顾女士，桂月路5号3幢601室的热水器显示E6，麻烦明天下午3点来，电话13912345678"
MINUTE_S = 60


def phone_end(served: Served, page: Page) -> str:
    """The last four digits of somebody called 林, who has one site."""
    page.goto(f"{served.url}/customers?q=%E6%9E%97")
    shown = page.locator("td.tab").first.inner_text()
    return shown[-4:]


def test_a_request_is_taken_by_keyboard_alone_in_under_a_minute(tab: Open, served: Served) -> None:
    page = tab("/")
    end = phone_end(served, page)
    began = time.monotonic()
    page.keyboard.press("n")
    expect(page.locator("#f-who")).to_be_focused()
    page.keyboard.type(end)
    expect(page.locator("#callers input[name=site]:checked")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#callers input[name=site]:checked")).to_be_focused()
    page.locator("#f-problem").focus()
    page.keyboard.type("空调不制冷")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/work-orders/*/assign")
    assert time.monotonic() - began < MINUTE_S
    page.goto(f"{served.url}/tickets?order=newest")
    expect(page.locator("#queue tbody tr").first).to_contain_text("空调不制冷")


def test_a_pasted_chat_fills_the_form_and_leaves_what_was_typed(tab: Open) -> None:
    page = tab("/tickets/new")
    page.locator("#f-problem").fill("Boiler, second floor")
    page.locator("#f-text").fill(CHAT)
    expect(page.locator("#heard mark")).to_have_count(5)
    expect(page.locator("#f-caller")).to_have_value("顾女士")
    expect(page.locator("#f-channel")).to_have_value("chat")
    expect(page.locator("#f-planned_from")).to_have_value("2026-11-24T15:00")
    expect(page.locator("#f-who")).to_have_value("139 1234 5678")
    expect(page.locator("#site-new")).to_be_checked()
    expect(page.locator("#f-address")).to_have_value("桂月路5号3幢601室")
    expect(page.locator("#f-problem")).to_have_value("Boiler, second floor")


def test_a_choice_made_while_an_answer_is_on_its_way_stays(tab: Open) -> None:
    page = tab("/tickets/new")
    page.locator("#f-who").fill("江")
    options = page.locator("#callers input[name=site]")
    expect(options).to_have_count(9)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/tickets/new/look", hold)
    page.locator("#f-who").press_sequentially("州")
    while not held:
        page.wait_for_timeout(10)
    chosen = options.nth(2)
    value = chosen.get_attribute("value")
    chosen.check()
    page.locator("#f-caller").fill("Typed meanwhile")
    while len(held) < 2:
        page.wait_for_timeout(10)
    held[-1].continue_()  # the page has given up the first one
    expect(page.locator("#f-who")).to_have_value("江州")
    expect(page.locator(f"#site-{value}")).to_be_checked()
    expect(page.locator("#place dl")).to_be_visible()
    expect(page.locator(f"#site-{value}")).to_be_checked()
    expect(page.locator("#f-caller")).to_have_value("Typed meanwhile")


def test_a_new_ticket_waits_behind_a_bar_until_somebody_wants_it(tab: Open, served: Served) -> None:
    watching = tab("/tickets?order=newest")
    expect(watching.locator("body")).to_have_attribute("data-heard", "yes")
    first = watching.locator("#queue tbody tr").first
    before = first.get_attribute("id")
    watching.locator("select[name=priority]").select_option("urgent")
    other = tab("/customers", role="customer_service")
    other.goto(f"{served.url}/tickets/new?who={phone_end(served, other)}")
    other.locator("#f-problem").fill("It drips from the ceiling")
    other.get_by_role("button", name="Open ticket only").click()
    other.wait_for_url("**/tickets/T-26-*")
    bar = watching.locator("#queue .livebar")
    expect(bar).to_be_visible()
    assert first.get_attribute("id") == before
    expect(watching.locator("select[name=priority]")).to_have_value("urgent")
    bar.click()
    expect(watching.locator("#queue tbody tr").first).to_contain_text("It drips from the ceiling")


def test_a_ticket_opens_beside_the_list_by_keyboard_and_closes_with_escape(tab: Open) -> None:
    page = tab("/tickets")
    page.keyboard.press("j")
    page.keyboard.press("j")
    number = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.locator("#panel .panel-body")).to_contain_text(number)
    assert page.url.endswith(f"/tickets?open={number}")
    page.reload()
    expect(page.locator("#panel .panel-body")).to_contain_text(number)
    page.locator("#panel h2").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#panel .panel-body")).to_have_count(0)
    assert page.url.endswith("/tickets")


def test_everything_works_without_scripts(tab: Open, served: Served) -> None:
    page = tab("/tickets/new", scripts=False)
    page.locator("#f-text").fill(CHAT)
    page.get_by_role("button", name="Look up").click()
    expect(page.locator("#heard mark")).to_have_count(5)
    page.locator("#site-new").check()
    expect(page.locator("#f-name")).to_be_visible()
    page.get_by_role("button", name="Open ticket only").click()
    page.wait_for_url("**/tickets/T-26-*")
    page.goto(f"{served.url}/tickets?order=newest")
    page.locator("a.cover").first.click()
    expect(page.locator("#panel .panel-body")).to_contain_text("E6")

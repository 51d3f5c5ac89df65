"""The keyboard, the help sheet, the side panel and the way everything works without scripts."""

from playwright.sync_api import expect

from tests.console.conftest import Open


def test_keys_go_where_the_sheet_says(tab: Open) -> None:
    page = tab("/account", role="administrator")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("gn?")  # letters typed in a field are letters
    assert page.locator("#search").input_value() == "gn?"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("Take back what was just done")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/phones")
    page.keyboard.press("n")
    page.wait_for_url("**/tickets/new")


def test_a_list_is_walked_and_opened_by_keys_and_the_panel_closed(tab: Open) -> None:
    page = tab("/people", role="administrator")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    focused = page.locator("#people a.cover").nth(0)
    expect(focused).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.locator("#beside")
    expect(panel).to_be_visible()
    assert page.url.endswith("/people/admin")
    expect(page.locator("tr.sel")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert page.url.endswith("/people")
    expect(focused).to_be_focused()


def test_undo_is_one_key_away(tab: Open) -> None:
    page = tab("/people/qian.wenbin", role="administrator")
    before = page.get_by_label("Code").input_value()
    page.get_by_label("Code").fill("T42")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved.")
    page.locator("h1").click()
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Taken back.")
    assert page.get_by_label("Code").input_value() == before


def test_a_page_does_the_same_without_scripts(tab: Open) -> None:
    page = tab("/people", role="administrator", scripts=False)
    page.get_by_role("link", name="孙丽").click()
    page.get_by_label("Code").fill("T43")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Taken back.")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("人员")
    page.get_by_role("link", name="关闭").click()
    assert page.url.endswith("/people")


def test_nothing_the_policy_forbids_is_tried_on_any_page(tab: Open) -> None:
    page = tab("/account", role="administrator")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in ("/people", "/people/ma.lei", "/phones", "/audit", "/help", "/enrol-phone"):
        page.goto(page.url.partition("/")[0] + "//" + page.url.split("/")[2] + path)
    assert complaints == []


def test_a_code_counts_down(tab: Open) -> None:
    page = tab("/enrol-phone?login=zhou.jian", role="dispatcher")
    page.get_by_role("button", name="Make a code").click()
    left = page.locator("[data-left]")
    expect(left).to_contain_text("Good until")
    expect(left).to_contain_text("14:5")

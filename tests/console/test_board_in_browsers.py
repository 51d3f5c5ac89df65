"""The board in real browsers: dragged, moved by keys, refused, and seen by two people at once."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open, serve
from tests.console.house import Served, Template

PLANNED = ".job.planned[data-n]"


@pytest.fixture(scope="module")
def busy(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server of these tests' own: what they move lies elsewhere afterwards."""
    made = serve(template, tmp_path_factory.mktemp("busy"))
    yield made
    made.stop()


def place(page: Page, bar: Any, quarters: int, lanes: int = 0) -> tuple[float, float]:
    """The middle of a bar, so many quarter hours and lanes away."""
    box = bar.bounding_box()
    lane = page.locator(".lane").first.bounding_box()
    assert box is not None
    assert lane is not None
    quarter = lane["width"] / 48
    return box["x"] + 10 + quarters * quarter, box["y"] + box["height"] / 2 + lanes * 45


def drag(page: Page, bar: Any, quarters: int, lanes: int = 0) -> None:
    page.mouse.move(*place(page, bar, 0))
    page.mouse.down()
    page.mouse.move(*place(page, bar, quarters, lanes), steps=6)
    page.mouse.up()


def last(page: Page) -> Any:
    """The last visit that is still to come of somebody with room after it."""
    lane = page.locator(f".lane:has({PLANNED})").nth(2)
    return lane.locator(PLANNED).last


def test_a_visit_is_dragged_to_another_time_and_the_wish_is_asked(tab: Open, busy: Served) -> None:
    page = tab("/board", on=busy)
    bar = last(page)
    number = (bar.get_attribute("title") or "").split(" ")[0]
    was = int(bar.get_attribute("data-s") or 0)
    drag(page, bar, 4)
    expect(page.locator("#wish")).to_be_visible()
    page.get_by_role("button", name="The customer asked for it").click()
    expect(page.locator(".toast")).to_contain_text("The visit is moved.")
    moved = page.locator(f'.job[title^="{number} "]')
    expect(moved).to_have_attribute("data-s", str(was + 60))
    page.locator("[data-undo]").click()
    expect(page.locator(".toast")).to_contain_text("Taken back.")
    expect(page.locator(f'.job[title^="{number} "]')).to_have_attribute("data-s", str(was))


def test_a_visit_is_moved_by_keys_alone(tab: Open, busy: Served) -> None:
    page = tab("/board", on=busy, language="zh")
    bar = last(page)
    number = (bar.get_attribute("title") or "").split(" ")[0]
    was = int(bar.get_attribute("data-s") or 0)
    bar.focus()
    page.keyboard.press("m")
    expect(page.locator("#say")).to_contain_text(f"已拿起 {number}")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".job.ghost")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".job.ghost")).to_have_count(0)
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="我方需要").click()
    expect(page.locator(f'.job[title^="{number} "]')).to_have_attribute("data-s", str(was + 15))
    expect(page.locator(f'.job[title^="{number} "]')).to_be_focused()


def test_a_drop_that_cannot_be_is_explained_and_changes_nothing(tab: Open, busy: Served) -> None:
    page = tab("/board", on=busy)
    bar = last(page)
    was = bar.get_attribute("data-s")
    drag(page, bar, -48)
    expect(page.locator("#drop-word")).to_be_visible()
    expect(bar).to_have_attribute("data-s", str(was))
    card = page.locator(".cardlink[data-skill=pump]").first
    unfit = page.locator('.lane:not([data-skills*="pump"])').first
    card.drag_to(unfit, target_position={"x": 700, "y": 20})
    expect(page.locator("#drop-word")).to_contain_text("lacks the skill")


def test_a_waiting_job_is_dragged_onto_a_day_and_a_second_browser_sees_it(
    tab: Open, busy: Served
) -> None:
    mine, hers = tab("/board", on=busy), tab("/board", on=busy, role="service_manager")
    hers.wait_for_selector("body[data-heard=yes]")
    card = mine.locator(".cardlink").first
    number = card.get_attribute("data-no")
    skill = card.get_attribute("data-skill")
    lane = mine.locator(f'.lane[data-skills*="{skill}"]').first
    card.drag_to(lane, target_position={"x": 860, "y": 20})
    expect(mine.locator(f'.lane .job[title^="{number} "]')).to_be_visible()
    expect(hers.locator(f'.lane .job[title^="{number} "]')).to_be_visible()
    expect(hers.locator(".lane-row.fresh")).to_have_count(1)


def test_a_drop_on_what_a_colleague_moved_is_refused_in_words(tab: Open, busy: Served) -> None:
    mine = tab("/board", on=busy, scripts=True)
    mine.route("**/live*", lambda route: route.abort())
    mine.reload()
    hers = tab("/board", on=busy, role="service_manager")
    number = (last(mine).get_attribute("title") or "").split(" ")[0]
    bar = hers.locator(f'.job[title^="{number} "]')
    bar.focus()
    for key in ("m", "ArrowRight", "Enter"):
        hers.keyboard.press(key)
    hers.locator("#wish [data-fault=company]").click()
    expect(hers.locator(".toast")).to_contain_text("The visit is moved.")
    drag(mine, mine.locator(f'.job[title^="{number} "]'), 3)
    mine.locator("#wish [data-fault=company]").click()
    expect(mine.locator("#drop-word")).to_contain_text("In the meantime the visit was changed")


def test_a_live_change_never_resets_the_chosen_technician(tab: Open, busy: Served) -> None:
    mine = tab("/board", on=busy)
    number = mine.locator(".cardlink").last.get_attribute("data-no")
    mine.goto(f"{busy.url}/work-orders/{number}/assign")
    mine.wait_for_selector("body[data-heard=yes]")
    choice = mine.locator(".cands input[name=person]:enabled").nth(2)
    choice.check()
    chosen = choice.get_attribute("value")
    hers = tab(f"/work-orders/{number}", on=busy, role="service_manager")
    hers.locator("textarea[name=text]").fill("A word from a colleague")
    hers.get_by_role("button", name="Add note").click()
    expect(hers.locator(".toast")).to_be_visible()
    expect(mine.locator("#job")).to_contain_text("A word from a colleague")
    expect(mine.locator(f'.cands input[value="{chosen}"]')).to_be_checked()


def test_a_conflict_is_swapped_and_undone(tab: Open, busy: Served) -> None:
    page = tab("/conflicts", on=busy)
    stands = page.locator(".val.stands .v")
    before = stands.inner_text()
    page.get_by_role("button", name="Bring back").first.click()
    expect(page.locator(".toast")).to_contain_text("Decided.")
    assert stands.inner_text() != before
    page.locator("[data-undo]").click()
    expect(stands).to_have_text(before)


def test_a_job_page_stays_true_around_a_note_that_is_being_typed(tab: Open, busy: Served) -> None:
    board = tab("/board", on=busy)
    number = board.locator(".cardlink").last.get_attribute("data-no")
    mine = tab(f"/work-orders/{number}", on=busy)
    mine.wait_for_selector("body[data-heard=yes]")
    mine.locator("textarea[name=text]").fill("half a wor")
    hers = tab(f"/work-orders/{number}/visits/new", on=busy, role="service_manager")
    hers.locator("#panel select[name=person]").select_option(index=2)
    for name, value in (("day", "2026-11-27"), ("from", "09:00"), ("to", "10:00")):
        hers.locator(f"#panel [name={name}]").fill(value)
    hers.locator("#panel button.primary").click()
    expect(hers.locator(".toast")).to_contain_text("The visit is planned.")
    expect(mine.locator(".story-card")).to_contain_text("Visit planned")
    assert mine.locator("textarea[name=text]").input_value() == "half a wor"
    expect(mine.locator("textarea[name=text]")).to_be_focused()

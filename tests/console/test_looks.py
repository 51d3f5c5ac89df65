"""How pages look where room is short: names are whole, and every value says what it is."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open
from tests.console.house import Console, Served
from tests.console.places import examples

CUT = """() => [...document.querySelectorAll('.crumb h1')]
    .filter(one => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().right
        > document.querySelector('.crumb').getBoundingClientRect().right + 1)
    .map(one => one.textContent)"""
UNNAMED = """() => [...document.querySelectorAll('.stacked tbody td')]
    .filter(one => !one.querySelector('a.cover') && !one.dataset.h)
    .map(one => one.textContent.trim())"""
NAMED = (
    """() => getComputedStyle(document.querySelector('.stacked td[data-h]'), '::before').content"""
)
OVER = """() => [...document.querySelectorAll('.load > li')]
    .filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"""
RAIL = """() => {
    const one = document.querySelector('.rail');
    return one.scrollWidth - one.clientWidth;
}"""
BESIDE = """() => [...document.querySelectorAll('.crumb > :not(h1)')]
    .filter(one => one.offsetTop < document.querySelector('.crumb h1').offsetTop + 20)
    .filter(one => one.clientWidth < 90 && one.scrollWidth > one.clientWidth)
    .map(one => one.textContent)"""


def test_the_number_of_a_job_is_whole_on_a_phone(tab: Open, served: Served) -> None:
    path = "/work-orders/{work_order}".format(**examples(served))
    assert [tab(path, width=width).evaluate(CUT) for width in (390, 320)] == [[], []]


def test_a_row_of_a_table_names_its_values_on_a_phone(tab: Open, served: Served) -> None:
    page: Page = tab("/people", role="administrator", width=390)
    unnamed, names = {}, {}
    for path in ("/people", "/phones", "/audit", "/stock"):
        page.goto(served.url + path)
        unnamed[path] = page.evaluate(UNNAMED)
        names[path] = page.evaluate(NAMED)
    assert unnamed == {path: [] for path in unnamed}
    assert names == {
        "/people": '"Login"',
        "/phones": '"Phone"',
        "/audit": '"Received"',
        "/stock": '"Name"',
    }


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_place_is_reached_from_the_rail_of_a_phone(tab: Open, language: str) -> None:
    page: Page = tab("/phones", role="administrator", width=320, language=language)
    assert page.evaluate(RAIL) == 0
    assert page.locator(".rail > [data-go]").count() == 4
    expect(page.locator(".others")).to_be_hidden()
    page.locator(".unfold").click()
    expect(page.locator(".others [data-go]")).to_have_count(11)
    expect(page.locator(".others [aria-current=page]")).to_be_visible()
    page.locator(".others [data-go=e]").click()
    expect(page).to_have_url(re.compile("/people$"))


@pytest.mark.parametrize("height", [640, 900])
def test_every_place_stands_on_the_rail_of_a_wide_window(tab: Open, height: int) -> None:
    page: Page = tab("/", role="administrator", width=1024, height=height)
    expect(page.locator(".unfold")).to_be_hidden()
    places = page.locator(".rail [data-go]").all()
    assert len(places) == 15
    for one in places:
        expect(one).to_be_in_viewport(ratio=1)


def test_what_stands_beside_the_name_of_a_page_is_read_or_left_out(
    tab: Open, served: Served
) -> None:
    page: Page = tab("/", role="administrator", width=1024)
    for path in ("/work-orders/{work_order}/edit", "/sites/{site}/edit", "/phones"):
        page.goto(served.url + path.format(**examples(served)))
        assert page.evaluate(BESIDE) == []


def test_the_hours_of_a_full_day_stay_within_the_load_list(tab: Open) -> None:
    found = [tab("/", width=1440, language=one).evaluate(OVER) for one in ("en", "zh")]
    assert found == [[], []]


def test_one_word_stands_for_a_list_of_conflicts_that_is_empty(console: Console) -> None:
    page = console.visitor("dispatcher").get("/conflicts?status=settled")
    assert page.response.text.count('class="empty"') == 1

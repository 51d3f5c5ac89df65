"""How pages look where room is short: names are whole, and every value says what it is."""

from playwright.sync_api import Page

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


def test_the_hours_of_a_full_day_stay_within_the_load_list(tab: Open) -> None:
    found = [tab("/", width=1440, language=one).evaluate(OVER) for one in ("en", "zh")]
    assert found == [[], []]


def test_one_word_stands_for_a_list_of_conflicts_that_is_empty(console: Console) -> None:
    page = console.visitor("dispatcher").get("/conflicts?status=settled")
    assert page.response.text.count('class="empty"') == 1

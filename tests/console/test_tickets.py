"""The queue of tickets: saved filters, pages, and one ticket beside it."""

import pytest

from tests.console.documents import Document
from tests.console.house import Console, Visitor

HOUR_MS = 3_600_000


def numbers(page: Document) -> list[str]:
    """The tickets a page lists, in its order."""
    return [one.text for one in page.all("a", cls="cover")]


def tabs(page: Document) -> dict[str, str]:
    """The saved filters: where each leads, and what it says."""
    (nav,) = page.all("nav", cls="tabs")
    return {one["href"]: one.text for one in nav.all("a")}


def test_the_queue_is_listed_newest_first_where_somebody_wants_that_and_pages_to_the_end(
    console: Console,
) -> None:
    wanted = console.ask(
        "SELECT number FROM ticket WHERE status IN ('new', 'planned', 'in_progress') "
        "ORDER BY opened_at DESC, id DESC"
    )
    listed = every_page(console.visitor(), "/tickets?order=newest")
    assert listed == [number for (number,) in wanted]
    assert len(listed) > 50


def every_page(visitor: Visitor, address: str | None) -> list[str]:
    """The tickets of a list from its first page to its last."""
    listed: list[str] = []
    while address is not None:
        page = visitor.get(address).page
        listed += numbers(page)
        address = next((one["href"] for one in page.all("a", rel="next")), None)
    return listed


def test_the_queue_opens_with_what_presses_most_and_has_every_open_ticket_once(
    console: Console,
) -> None:
    wanted = console.ask(
        "SELECT number FROM ticket WHERE status IN ('new', 'planned', 'in_progress')"
    )
    visitor = console.visitor()
    listed = every_page(visitor, "/tickets")
    assert sorted(listed) == sorted(number for (number,) in wanted)
    at_risk = every_page(visitor, "/tickets?tab=at_risk")
    assert listed[: len(at_risk)] == at_risk


def test_the_order_that_somebody_chose_is_kept_with_their_filters(new_console: Console) -> None:
    visitor = new_console.visitor()
    usual = numbers(visitor.get("/tickets").page)
    newest = numbers(visitor.get("/tickets?order=newest&priority=normal").page)
    again = visitor.get("/tickets?priority=normal").page
    assert (numbers(again), numbers(again) == usual) == (newest, False)
    chosen = [one.text for one in again.all("a", cls="on") if "order=" in (one["href"] or "")]
    assert chosen == ["Newest first"]
    links = {one.text: one["href"] for one in again.all("a") if "order=" in (one["href"] or "")}
    assert links["Pressing first"] == "/tickets?priority=normal&order=pressing"
    visitor.get(links["Pressing first"])
    assert numbers(visitor.get("/tickets").page) == usual
    assert visitor.get("/tickets?order=oldest").status == 400


def test_every_saved_filter_holds_as_many_as_it_says(new_console: Console) -> None:
    new_console.now_ms += 6 * HOUR_MS
    visitor = new_console.visitor()
    wrong = []
    for address, said in tabs(visitor.get("/tickets").page).items():
        count = said.split()[-1]
        if not count.isdigit():
            continue
        page = visitor.get(address).page
        held = len(numbers(page))
        while following := page.all("a", rel="next"):
            page = visitor.get(following[0]["href"]).page
            held += len(numbers(page))
        if held != int(count):
            wrong.append((said, held))
    assert wrong == []


def test_a_late_ticket_says_so_beside_its_time(new_console: Console) -> None:
    new_console.now_ms += 6 * HOUR_MS
    page = new_console.visitor().get("/tickets?tab=late").page
    clocks = page.all("span", cls="clock")
    assert len(clocks) == len(numbers(page)) > 0
    assert {one["class"] for one in clocks} == {"clock over"}


def test_filters_stand_in_the_address_and_go_together(console: Console) -> None:
    page = console.visitor().get("/tickets?tab=all&priority=emergency&q=%E6%B3%B5").page
    wanted = console.ask(
        "SELECT t.number FROM ticket t JOIN customer c ON c.id = t.customer_id JOIN site s ON "
        "s.id = t.site_id WHERE t.priority = 'emergency' AND (t.problem LIKE '%泵%' OR c.name LIKE "
        "'%泵%' OR s.address LIKE '%泵%') ORDER BY t.opened_at DESC, t.id DESC"
    )
    assert numbers(page) == [number for (number,) in wanted] != []
    form = page.form("/tickets")
    assert (form["tab"], form["q"], form["priority"]) == ("all", "泵", "emergency")
    assert "/tickets?tab=late&q=%E6%B3%B5&priority=emergency" in tabs(page)


def test_a_filter_there_is_not_is_refused(console: Console) -> None:
    addresses = ("/tickets?tab=nonsense", "/tickets?priority=x", "/tickets?after=x", "/tickets?x=1")
    assert [console.visitor().get(one).status for one in addresses] == [400] * 4


def test_an_empty_list_says_what_to_do(console: Console) -> None:
    page = console.visitor().get("/tickets?q=zzzz").page
    assert "No ticket fits these filters" in page.text
    assert "/tickets" in page.by_id("queue").all("a")[0]["href"]


def test_a_ticket_opens_beside_the_queue_by_an_address_of_its_own(console: Console) -> None:
    visitor = console.visitor()
    first = visitor.get("/tickets?tab=unassigned").page
    link = first.all("a", cls="cover")[0]
    assert link["href"] == f"/tickets?tab=unassigned&open={link.text}"
    whole = visitor.get(link["href"]).page
    part = visitor.get(link["hx-get"], hx_target="panel").page
    panels = [page.all("div", cls="panel-body")[0] for page in (whole, part)]
    assert panels[0].text == panels[1].text
    assert [one.all("a", cls="icon")[0]["href"] for one in panels] == [
        "/tickets?tab=unassigned"
    ] * 2
    assert numbers(whole) == numbers(first)
    assert part.all("table") == []


def test_who_may_not_read_tickets_gets_none(console: Console) -> None:
    assert console.visitor("technician").get("/tickets").status == 403


@pytest.mark.parametrize(("language", "words"), [("en", "Withdrawn"), ("zh", "已撤回")])
def test_a_ticket_that_has_come_to_its_end_is_listed_as_what_it_is(
    console: Console, language: str, words: str
) -> None:
    page = console.visitor("dispatcher", language).get("/tickets?tab=all&priority=low")
    assert page.status == 200
    assert words in [chip.text for chip in page.page.all("span", cls="chip")]

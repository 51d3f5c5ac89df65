"""The queue of tickets: saved filters, pages, and one ticket beside it."""

from tests.console.documents import Document
from tests.console.house import Console

HOUR_MS = 3_600_000


def numbers(page: Document) -> list[str]:
    """The tickets a page lists, in its order."""
    return [one.text for one in page.all("a", cls="cover")]


def tabs(page: Document) -> dict[str, str]:
    """The saved filters: where each leads, and what it says."""
    (nav,) = page.all("nav", cls="tabs")
    return {one["href"]: one.text for one in nav.all("a")}


def test_the_queue_lists_open_tickets_newest_first_and_pages_to_the_end(console: Console) -> None:
    wanted = console.ask(
        "SELECT number FROM ticket WHERE status <> 'resolved' ORDER BY opened_at DESC, id DESC"
    )
    listed: list[str] = []
    address: str | None = "/tickets"
    while address is not None:
        page = console.visitor().get(address).page
        listed += numbers(page)
        address = next((one["href"] for one in page.all("a", rel="next")), None)
    assert listed == [number for (number,) in wanted]
    assert len(listed) > 50


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

"""The start page: what needs a person now, worst first, with one button a row."""

from collections import defaultdict
from datetime import datetime, timedelta

from server.queries import start
from tests.console.house import Console

HOUR_MS = 3_600_000


def groups(text_of: Console, role: str = "dispatcher") -> dict[str, int]:
    """The groups of somebody's start page, and how many each says it holds."""
    page = text_of.visitor(role).get("/").page
    return {
        one["id"].removeprefix("need-"): int(one.all("span", cls="num")[0].text)
        for one in page.all("h3", cls="grp")
    }


def rows(console: Console, key: str, language: str = "en") -> list[list[str]]:
    """The rows of a group: what, reference, place, clock, button."""
    page = console.visitor("dispatcher", language).get("/").page
    found = [one for one in page.all("li") if one["id"].startswith(f"need-{key}-")]
    return [[cell.text for cell in row.children if not isinstance(cell, str)][1:] for row in found]


def test_open_tickets_that_nobody_has_come_with_the_most_pressing_first(console: Console) -> None:
    ranks = {"emergency": 0, "urgent": 1, "normal": 2, "low": 3}
    told = console.ask(
        "SELECT number, priority FROM ticket t WHERE status IN ('new', 'planned', 'in_progress') "
        "AND NOT EXISTS (SELECT 1 FROM work_order w WHERE w.ticket_id = t.id AND w.status IN "
        "('assigned', 'accepted', 'en_route', 'on_site', 'working', 'paused')) ORDER BY opened_at"
    )
    wanted = [number for number, _ in sorted(told, key=lambda one: ranks[one[1]])]
    shown = rows(console, "unassigned")
    assert groups(console)["unassigned"] == len(wanted)
    assert [row[0].split()[-1] for row in shown] == wanted[: len(shown)]
    assert len(shown) == 6


def test_a_job_whose_time_is_over_stands_above_all_else(new_console: Console) -> None:
    assert "late" not in groups(new_console)
    new_console.now_ms += 6 * HOUR_MS
    late = rows(new_console, "late")
    assert next(iter(groups(new_console))) == "late"
    assert late[0][2].endswith("over")
    (start, end), *_ = new_console.ask(
        "SELECT v.planned_from, v.planned_to FROM visit v JOIN work_order w "
        "ON w.id = v.work_order_id WHERE w.number = ? AND v.ended_at IS NULL",
        late[0][0].split()[-1],
    )
    assert start < end < "2026-11-23T16:30"


def test_only_the_worst_row_has_a_filled_button_and_every_button_says_for_what(
    console: Console,
) -> None:
    page = console.visitor().get("/").page
    buttons = page.by_id("needs").all("a", cls="btn")
    assert ["primary" in one["class"].split() for one in buttons] == [
        place == 0 for place in range(len(buttons))
    ]
    assert len({one.text for one in buttons}) == len(buttons)


def test_each_sees_only_what_they_may_act_on(console: Console) -> None:
    seen = {role: set(groups(console, role)) for role in ("dispatcher", "customer_service")}
    assert "conflicts" in seen["dispatcher"]
    assert seen["customer_service"].isdisjoint({"conflicts", "set_aside", "phones"})


def test_the_load_is_the_planned_hours_of_today(console: Console) -> None:
    page = console.visitor().get("/").page
    (list_,) = page.all("ul", cls="load")
    told = {
        spans[1].text: spans[2].text
        for spans in (one.all("span") for one in list_.all("li"))
        if len(spans) > 2
    }
    planned: dict[str, list[timedelta]] = defaultdict(list)
    for name, begin, end in console.ask(
        "SELECT p.name, v.planned_from, v.planned_to "
        "FROM visit v JOIN person p ON p.id = v.person_id JOIN work_order w ON "
        "w.id = v.work_order_id WHERE v.planned_from >= '2026-11-23' AND v.planned_from < "
        "'2026-11-24' AND w.status NOT IN ('cancelled', 'created')"
    ):
        planned[name].append(datetime.fromisoformat(end) - datetime.fromisoformat(begin))
    assert planned
    for name, visits in planned.items():
        unit = "visit" if len(visits) == 1 else "visits"
        hours = sum(visits, timedelta()) / timedelta(hours=1)
        assert told[name] == f"{hours:.1f} h · {len(visits)} {unit}"


def test_the_figures_are_those_of_the_books(console: Console) -> None:
    (strip,) = console.visitor().get("/").page.all("dl", cls="sum")
    told = [one.text for one in strip.all("dd")]
    ((open_tickets,),) = console.ask(
        "SELECT count(*) FROM ticket WHERE status IN ('new', 'planned', 'in_progress')"
    )
    ((visits,),) = console.ask(
        "SELECT count(*) FROM visit WHERE planned_from >= '2026-11-23' AND planned_from < "
        "'2026-11-24'"
    )
    assert told[0].split()[0] == str(visits)
    assert told[1].split()[0] == str(open_tickets)


def test_the_page_speaks_chinese(console: Console) -> None:
    page = console.visitor("dispatcher", "zh").get("/").page
    assert page.by_id("need").text == "需要人处理"
    assert rows(console, "unassigned", "zh")[0][2].startswith("已等 ")


def test_more_used_than_the_books_show_is_short_stock_and_a_task(new_console: Console) -> None:
    van, part, number = new_console.ask(
        "SELECT l.id, p.id, p.number FROM balance b JOIN location l ON l.id = b.location_id "
        "JOIN part p ON p.id = b.part_id JOIN person t ON t.van_id = l.id "
        "WHERE t.login = 'zhou.jian' AND NOT p.serialised ORDER BY p.number LIMIT 1"
    )[0]
    ((order,),) = new_console.ask(
        "SELECT w.id FROM work_order w JOIN assignment a ON a.work_order_id = w.id JOIN person p "
        "ON p.id = a.person_id WHERE p.login = 'zhou.jian' AND a.until_ms IS NULL AND w.status IN "
        "('accepted', 'on_site', 'working', 'assigned') ORDER BY w.id LIMIT 1"
    )
    used = {"part": part, "location": van, "quantity": "500"}
    new_console.say("parts.use", ("work_order", order), by="technician", **used)
    row = rows(new_console, "short")[0]  # the farthest below comes first
    assert number in row[0]
    assert row[2].startswith("Counts to -")


def test_every_button_leads_to_a_page_that_is_there(new_console: Console) -> None:
    new_console.now_ms += 6 * HOUR_MS
    visitor = new_console.visitor()
    page = visitor.get("/").page.by_id("needs")
    addresses = sorted({one["href"] for one in page.all("a")})
    assert [one for one in addresses if visitor.get(one).status != 200] == []
    assert len(addresses) > 10


def test_a_silent_phone_says_what_it_holds(console: Console) -> None:
    """C28."""
    person, unsent = console.ask(
        "SELECT p.name, d.unsent FROM device d JOIN person p ON p.id = d.person_id "
        "WHERE d.unsent > 0 AND d.revoked_at IS NULL ORDER BY d.contact_at LIMIT 1"
    )[0]
    first = rows(console, "phones")[0]
    assert first[0] == f"{person}: {unsent} changes unsent"
    assert first[2].startswith("Silent ")


def test_every_picture_is_in_the_sprite(console: Console) -> None:
    visitor = console.visitor()
    addresses = ("/", "/tickets", "/tickets/new", "/customers", "/search?q=%E6%B3%B5")
    pages = [visitor.get(one).page for one in addresses]
    used = {one["href"] for page in pages for one in page.all("use")}
    sprite = visitor.get(next(iter(used)).partition("#")[0]).response.text
    assert [one for one in used if f'id="{one.partition("#")[2]}"' not in sprite] == []


def test_a_visit_of_a_job_that_was_taken_back_is_in_no_count(new_console: Console) -> None:
    (order, person), *_ = new_console.ask(
        "SELECT w.id, v.person_id FROM visit v JOIN work_order w ON w.id = v.work_order_id "
        "WHERE v.planned_from >= '2026-11-23' AND v.planned_from < '2026-11-24' "
        "AND w.status = 'assigned' ORDER BY w.number"
    )

    def counted() -> tuple[int, int]:
        with new_console.office.reading() as books:
            loads = {one["id"]: one["visits"] for one in start.loads(books, "2026-11-23")}
            figures = start.figures(books, "2026-11-23", new_console.now_ms)
        return loads[person], figures["visits"] or 0

    visits, in_all = counted()
    new_console.say("work_order.unassign", ("work_order", order))
    assert counted() == (visits - 1, in_all - 1)

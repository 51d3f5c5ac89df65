"""Figures at the desk: rates with their formulas, the tickets behind them, and spreadsheets."""

import csv
import io
import zipfile

import pytest

from server.console.spreadsheets import Table, as_csv, as_xlsx
from tests.console.house import HOUR_MS, Console
from tests.console.test_clock_sheet import act, number as number

MONTH = "/figures?first=2026-11&last=2026-11"
HOSTILE = (
    "=1+1",
    "＝1+1",
    "＠SUM(A1)",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    '=HYPERLINK("http://evil","x")',
)


@pytest.fixture
def missed(new_console: Console, number: str) -> str:
    """A ticket that nobody was assigned to in time."""
    new_console.now_ms += HOUR_MS
    return number


def test_rates_are_told_with_their_formulas_and_what_is_uncertain_apart(
    new_console: Console, missed: str
) -> None:
    """R-KPI-01, R-KPI-02, R-KPI-03, R-KPI-09, R-KPI-13: three figures, each by itself."""
    told = new_console.visitor("service_manager").get(MONTH).text
    for words in (
        "First response within 24 h",
        "Solved the first time",
        "Problems solved",
        "Solved with one visit at most, not taken up again",
        "Target: at least 95 %",
        "Assign a technician",
        "never counted as missed",
    ):
        assert words in told, words
    assert "首次响应率" in new_console.visitor("service_manager", "zh").get(MONTH).text
    assert missed


@pytest.mark.parametrize("by", ["team", "technician", "zone", "product", "month"])
def test_figures_are_grouped(new_console: Console, missed: str, by: str) -> None:
    """R-KPI-30: by technician, place, product and month."""
    page = new_console.visitor("service_manager").get(f"{MONTH}&by={by}")
    assert page.status == 200
    assert "2026-11" in page.text if by == "month" else "/" in page.text
    assert missed


def test_every_number_leads_to_its_tickets(new_console: Console, missed: str) -> None:
    visitor = new_console.visitor("service_manager")
    links = [one for one in visitor.get(MONTH).page.links() if one.startswith("/figures/tickets")]
    behind = next(one for one in links if "limit%3Aassign" in one and "missed" in one)
    told = visitor.get(behind)
    assert missed in told.text
    assert f"/tickets/{missed}/clocks" in told.page.links()
    for link in links:
        assert visitor.get(link).status == 200


def test_all_of_it_is_had_as_a_table_and_as_a_workbook(new_console: Console, missed: str) -> None:
    """R-KPI-09, R-KPI-14: a report for a spreadsheet, with the verdict on every ticket."""
    visitor = new_console.visitor("service_manager")
    told = visitor.get("/figures/export?first=2026-11&last=2026-11&kind=csv")
    assert told.headers["content-type"].startswith("text/csv")
    assert "figures-2026-11-2026-11.csv" in told.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(told.response.text.lstrip("\ufeff"))))
    (mine,) = [row for row in rows if row["Number"] == missed]
    assert mine["Assign a technician"] == "missed"
    assert mine["Problem"] == "It hums"
    book = visitor.get("/figures/export?first=2026-11&last=2026-11&kind=xlsx&by=month").response
    with zipfile.ZipFile(io.BytesIO(book.content)) as opened:
        assert sum(name.startswith("xl/worksheets/sheet") for name in opened.namelist()) == 2
        assert missed in opened.read("xl/sharedStrings.xml").decode()


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_people_typed_is_no_formula(typed: str) -> None:
    table = Table(name="Tickets", head=["a", "b"], rows=[[typed, -5]])
    ((_, _), (cell, number)) = csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig")))
    assert cell == f"'{typed}"
    assert number == "-5"
    with zipfile.ZipFile(io.BytesIO(as_xlsx([table]))) as opened:
        sheet = opened.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<v>-5</v>" in sheet


@pytest.mark.parametrize(
    "wrong",
    ["first=2026-13", "first=2026-11&last=2026-10", "by=salary", "first=2024-01&last=2026-01"],
)
def test_what_cannot_be_looked_at_is_refused(console: Console, wrong: str) -> None:
    assert console.visitor("service_manager").get(f"/figures?{wrong}").status == 400


def test_months_without_a_request_say_so(console: Console) -> None:
    told = console.visitor("service_manager").get("/figures?first=2020-01")
    assert "No request was received in these months." in told.text


def test_figures_are_for_those_who_plan_or_watch(console: Console) -> None:
    assert console.visitor("customer_service").get("/figures").status == 403
    assert console.visitor("inspector").get("/figures").status == 200


def test_a_formula_in_a_problem_reaches_no_spreadsheet(new_console: Console, number: str) -> None:
    ((site, customer),) = new_console.ask("SELECT id, customer_id FROM site ORDER BY id LIMIT 1")
    act(
        new_console, "ticket.open", ("ticket", ""), "customer_service",
        customer=customer, site=site, problem="=cmd|' /C calc'!A0", channel="phone",
        priority="normal",
    )  # fmt: skip
    assert number
    told = new_console.visitor("service_manager").get("/figures/export?kind=csv").response.text
    assert "'=cmd|" in told
    assert ",=cmd" not in told


def shares(console: Console) -> dict[str, list[str]]:
    """What the newest ticket says to each figure, as the table has it."""
    told = console.visitor("service_manager").get(
        "/figures/export?first=2026-11&last=2026-11&kind=csv"
    )
    rows = list(csv.reader(io.StringIO(told.response.text.lstrip("\ufeff"))))
    return {row[0]: row for row in rows if row}


def fresh(console: Console) -> dict[str, list[str]]:
    """The same, by a process that remembers nothing."""
    console.office.verdicts.forget()
    return shares(console)


def test_figures_that_were_told_before_follow_time_acts_and_rules_at_once(
    new_console: Console, number: str
) -> None:
    seen = [shares(new_console)[number]]
    new_console.now_ms += HOUR_MS
    seen.append(shares(new_console)[number])
    ((ticket,),) = new_console.ask("SELECT id FROM ticket WHERE number = ?", number)
    act(new_console, "ticket.acknowledge", ("ticket", ticket), means="phone")
    seen.append(shares(new_console)[number])
    assert seen[0] != seen[1] != seen[2]
    assert shares(new_console) == fresh(new_console)
    new_console.now_ms += 40 * 24 * HOUR_MS
    assert shares(new_console) == fresh(new_console)


def test_a_ticket_counts_for_the_team_that_has_it(new_console: Console, number: str) -> None:
    row = {"name": "Pumps"}
    team = new_console.say("master.put", ("team", ""), by="administrator", row=row).id
    ((person, login, name),) = new_console.ask(
        "SELECT id, login, name FROM person WHERE code <> '' ORDER BY login LIMIT 1"
    )
    told = {"login": login, "name": name, "roles": ["technician"], "team_id": team}
    new_console.say("master.put", ("person", person), by="administrator", row=told)
    ((ticket,),) = new_console.ask("SELECT id FROM ticket WHERE number = ?", number)
    job = {"ticket": ticket, "summary": "x", "category": "A", "service": "repair"}
    order = new_console.say("work_order.create", ("work_order", ""), priority="normal", **job).id
    new_console.say("work_order.assign", ("work_order", order), person=person, role="lead")
    page = new_console.visitor("service_manager").get(f"{MONTH}&by=team")
    assert "Pumps" in page.text
    assert any("group=Pumps" in one for one in page.page.links())
    assert "Pumps" in new_console.visitor("dispatcher").get(f"/tickets/{number}/clocks").text

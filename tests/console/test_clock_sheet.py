"""The clocks of a ticket at the desk: on its sheet, on its page, in the queue."""

import time

import pytest

from server.office import Asked
from shared.policy import CHOICE
from tests.console.house import HOUR_MS, MINUTE_MS, START_MS, Console, Visitor
from tests.console.test_policies import publish

PATIENCE_S = 30


def act(
    console: Console, kind: str, on: tuple[str, str], by: str = "dispatcher", **args: object
) -> str:
    office = console.app.state["office"]
    identity = office.fresh_id()
    asked = Asked(id=identity, kind=kind, on=(on[0], on[1] or identity), args=args)
    said = office.act(asked, console.template.people[by])
    assert str(said.result.verdict) in ("applied", "applied_flagged"), said.result
    return str(identity)


@pytest.fixture
def number(new_console: Console) -> str:
    """A ticket that was received an hour ago, under house rules that are in force."""
    publish(new_console)
    act(
        new_console, "policy.choose", ("policy_choice", CHOICE), "service_manager",
        choice={"policy": "house-rules", "valid_from": "2026-11-01"},
    )  # fmt: skip
    ((site, customer, zone),) = new_console.ask(
        "SELECT id, customer_id, zone FROM site WHERE zone <> '' ORDER BY id LIMIT 1"
    )
    act(
        new_console, "policy.choose", ("policy_choice", CHOICE), "service_manager",
        zones={zone: "urban"},
    )  # fmt: skip
    opened = act(
        new_console, "ticket.open", ("ticket", ""), "customer_service",
        customer=customer, site=site, problem="It hums", channel="phone", priority="normal",
        received_at=START_MS - 100 * MINUTE_MS,
    )  # fmt: skip
    ((told,),) = new_console.ask("SELECT number FROM ticket WHERE id = ?", opened)
    return str(told)


def sheet(console: Console, number: str, role: str = "dispatcher", lang: str = "en") -> str:
    return console.visitor(role, lang).get(f"/tickets/{number}/clocks").text


def test_every_limit_says_when_it_is_due_how_it_stands_why_and_by_which_rule(
    new_console: Console, number: str
) -> None:
    """R-SLA-43, R-SLA-31: on the sheet of a ticket."""
    told = sheet(new_console, number)
    for words in (
        "Record the request Late Done too late, by 1 h 30 min",
        "within 10 min · R-INT-08",
        "Assign a technician Late Overdue",
        "over by 1 h 10 min",
        "Arrive on site at risk Time is running",
        "20 min left",
        "within 2 h (urban) · R-SLA-08",
        "House rules · version 1",
    ):
        assert words in told, (words, told)
    assert "已超1小时10分" in sheet(new_console, number, lang="zh").replace(" ", "")


def test_what_was_done_in_time_and_learnt_of_later_shows_both_times(
    new_console: Console, number: str
) -> None:
    new_console.now_ms = START_MS + HOUR_MS
    told = sheet(new_console, number)
    assert "request received 08:50" in told
    assert "request recorded 10:30" in told


def test_an_exception_is_approved_with_a_reason_by_who_may(
    new_console: Console, number: str
) -> None:
    """R-SLA-03: an exception with its reason and who approved it."""
    new_console.now_ms = START_MS + HOUR_MS
    at, action = f"/tickets/{number}/clocks", f"/tickets/{number}/clocks/excuse"
    assert action not in new_console.visitor("customer_service").get(at).response.text
    manager: Visitor = new_console.visitor("service_manager")
    refused = manager.send(at, action, {"limit": "arrive"}, reason="other", note="")
    assert refused.status == 422
    told = manager.send(at, action, {"limit": "arrive"}, reason="weather", note="Snow since noon")
    assert "The exception is approved." in told.text
    assert "Arrive on site Excused An exception was approved: Weather" in told.text
    assert "Snow since noon" in told.text
    assert "Test service_manager" in told.text or "经理" in told.text or "Snow" in told.text


def test_the_page_of_a_ticket_and_the_queue_show_the_most_pressing_clock(
    new_console: Console, number: str
) -> None:
    visitor = new_console.visitor("dispatcher")
    assert "1 h 10 min over: Assign a technician" in visitor.get("/tickets").text
    page = visitor.get(f"/tickets/{number}").text
    assert page.index("Assign a technician") < page.index("Arrive on site")
    panel = visitor.get(f"/tickets?open={number}").text
    assert "All clocks" in panel


def test_a_ticket_that_was_opened_under_no_policy_says_so(new_console: Console) -> None:
    ((number,),) = new_console.ask("SELECT number FROM ticket ORDER BY number LIMIT 1")
    assert "opened while no policy was in force" in sheet(new_console, str(number))
    assert new_console.visitor("dispatcher").get("/tickets/T-none/clocks").status == 404


def test_what_is_at_risk_stands_at_the_start_and_in_a_tab_the_worst_first(
    new_console: Console, number: str
) -> None:
    until = time.monotonic() + PATIENCE_S
    while not new_console.ask("SELECT node FROM clock WHERE node = 'arrive' AND due IS NOT NULL"):
        assert time.monotonic() < until
        time.sleep(0.05)
    visitor = new_console.visitor("dispatcher")
    start = visitor.get("/").page.by_id("needs").text
    assert f"It hums {number}" in start
    assert "1 h 10 min over: Assign a technician" in start
    page = visitor.get("/tickets?tab=at_risk")
    assert [one.text for one in page.page.all("a", cls="cover")] == [number]
    assert "At risk 1" in page.text
    assert visitor.get("/tickets?tab=at_risk&q=nothing").page.all("a", cls="cover") == []

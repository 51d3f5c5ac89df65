"""A return or an exchange at the console: asked for, decided by the terms, received, and done."""

from typing import Any

from tests.console.house import Console, Visitor

PAPERS = ["fault_report", "repair_record", "invoice"]


def a_ticket(console: Console) -> tuple[str, str, str]:
    """A ticket whose machine has a serial number: its number, the machine, and the site."""
    ((number, asset, site),) = console.ask(
        "SELECT ticket.number, asset.id, asset.site_id FROM ticket JOIN asset ON asset.id = "
        "ticket.asset_id WHERE ticket.status IN ('new', 'planned') AND asset.serial <> '' "
        "ORDER BY ticket.number LIMIT 1"
    )
    return number, asset, site


def step(visitor: Visitor, number: str, does: str, **fields: Any) -> str:
    """Take one step, as somebody does who opens its form on the ticket's page."""
    action = f"/tickets/{number}/return/{does}"
    assert action in visitor.get(f"/tickets/{number}").page.links()
    answer = visitor.send(action, action, **fields)
    assert answer.path == f"/tickets/{number}", answer.text
    return answer.text


def test_a_machine_is_exchanged_from_the_request_to_the_new_one(new_console: Console) -> None:
    number, asset, site = a_ticket(new_console)
    ((old,),) = new_console.ask("SELECT serial FROM asset WHERE id = ?", asset)
    desk, lead = new_console.visitor("customer_service"), new_console.visitor("service_manager")
    assert "To be decided" in step(desk, number, "ask", wish="exchange", reason="quality")
    assert f"/tickets/{number}/return/decide" not in desk.get(f"/tickets/{number}").page.links()
    assert "Granted, to be received" in step(lead, number, "decide", papers=PAPERS, amount="80.50")
    assert "Received, to be inspected" in step(desk, number, "receive", way="handed_in")
    assert "Inspected" in step(desk, number, "inspect", text="The board is burnt")
    page = step(desk, number, "exchange", serial="NEW-7")
    assert "¥80.50" in page
    ((gone, replaced),) = new_console.ask("SELECT gone, replaced_by FROM asset WHERE id = ?", asset)
    assert gone == "exchanged"
    ((serial, there),) = new_console.ask("SELECT serial, site_id FROM asset WHERE id = ?", replaced)
    assert (serial, there) == ("NEW-7", site)
    machine = desk.get(f"/machines/{asset}").text
    assert "Exchanged" in machine
    offered = desk.get(f"/tickets/new?site={site}").text
    assert ("NEW-7" in offered, old in offered) == (True, False)
    assert f"/machines/{replaced}" in desk.get(f"/machines/{asset}").page.links()


def test_what_the_terms_have_against_it_is_said_where_it_is_decided(new_console: Console) -> None:
    number, _, _ = a_ticket(new_console)
    lead = new_console.visitor("service_manager")
    step(lead, number, "ask", wish="return")
    action = f"/tickets/{number}/return/decide"
    answer = lead.send(action, action, papers=["invoice"])
    assert answer.status == 422
    assert "“Fault report” is missing" in answer.text
    answer = lead.send(action, action, granted="no", why="")
    assert answer.status == 422
    assert "Refused" in step(lead, number, "decide", granted="no", why="Dropped into water")
    ((asked,),) = new_console.ask(
        "SELECT count(*) FROM ticket_event WHERE what = 'return.decide' AND note = ?",
        "Dropped into water",
    )
    assert asked == 1


def test_a_refund_is_a_task_that_the_accounts_see_and_close(new_console: Console) -> None:
    number, asset, _ = a_ticket(new_console)
    lead = new_console.visitor("service_manager")
    step(lead, number, "ask", wish="return")
    step(lead, number, "decide", papers=PAPERS)
    step(lead, number, "receive", way="sent_in")
    step(lead, number, "inspect")
    action = f"/tickets/{number}/return/refund"
    assert lead.send(action, action, amount="much").status == 422
    step(lead, number, "refund", amount="1,200")
    accounts = new_console.visitor("finance").get("/tasks")
    assert "A refund of ¥1,200.00 is to be paid" in accounts.text
    assert new_console.ask("SELECT gone FROM asset WHERE id = ?", asset) == [("returned",)]


def test_the_terms_are_set_on_their_page_by_whoever_makes_the_rules(new_console: Console) -> None:
    lead, path = new_console.visitor("service_manager"), "/policies/returns"
    assert lead.send(path, path, return_days="soon").status == 422
    answer = lead.send(path, path, papers=["invoice"], return_days="7", warranty="remains")
    assert answer.path == path
    ((papers, days, warranty),) = new_console.ask(
        "SELECT papers, return_days, warranty FROM return_terms"
    )
    assert (str(papers).strip('["]'), days, warranty) == ("invoice", 7, "remains")
    assert "Save the terms" not in new_console.visitor("dispatcher").get(path).text


def test_what_is_asked_for_is_chosen_where_a_ticket_is_opened(new_console: Console) -> None:
    ((site,),) = new_console.ask("SELECT site_id FROM ticket ORDER BY number LIMIT 1")
    desk = new_console.visitor("customer_service")
    answer = desk.send("/tickets/new", "/tickets/new", site=site, problem="Broken", wish="return")
    assert "To be decided" in answer.text
    ((kind, step_),) = new_console.ask(
        "SELECT ticket.service_type, return_case.step FROM return_case "
        "JOIN ticket ON ticket.id = return_case.ticket_id WHERE ticket.problem = 'Broken'"
    )
    assert (kind, step_) == ("exchange", "asked")

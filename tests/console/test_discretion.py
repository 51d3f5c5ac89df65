"""A customer's number stays masked for whoever may not have it shown, on every way to it."""

from typing import Any

import msgspec

from server.discretion import discreet, discreet_text
from shared.people import ROLES, may
from tests.console.house import Console

NUMBER = "138 0000 4711"
BEFORE = "139 1111 2222"
BLIND = tuple(role for role in ROLES if not may((role,), "phone.reveal"))


def a_changed_number(console: Console) -> tuple[str, str, str]:
    """A site whose number was changed in the course of a job: its numbers, and the act."""
    ((site, order, number, ticket, seen),) = console.ask(
        "SELECT s.id, w.id, w.number, t.number, s.contact_phone FROM site s "
        "JOIN work_order w ON w.site_id = s.id JOIN ticket t ON t.id = w.ticket_id "
        "WHERE w.status = 'assigned' LIMIT 1"
    )
    told = {"fields": {"contact_phone": [seen, NUMBER]}, "work_order": order}
    return str(number), str(ticket), console.say("edit", ("site", site), **told).id


def test_no_page_and_no_answer_tells_a_number_to_who_may_not_see_it(new_console: Console) -> None:
    """S15."""
    number, ticket, op = a_changed_number(new_console)
    pages = [f"/work-orders/{number}", f"/audit/{op}", f"/tickets/{ticket}", "/conflicts"]
    answers = [f"/api/work-orders/{number}", f"/api/tickets/{ticket}", "/api/ops", "/api/conflicts"]
    told = [
        (role, path)
        for role in BLIND
        for path in (*pages, *answers)
        if NUMBER in asked(new_console, role, path)
    ]
    assert told == []
    assert NUMBER in asked(new_console, "dispatcher", f"/api/work-orders/{number}")


def asked(console: Console, role: str, path: str) -> str:
    """What an address answers somebody at a browser, or with a program."""
    bearer = {"authorization": f"Bearer {console.template.tokens[role]}"}
    return str(console.visitor(role).client.get(path, headers=bearer).text)


def test_a_conflict_about_a_number_is_masked_with_all_its_values() -> None:
    losers = [{"value": NUMBER, "by": "x"}]
    case = {"field": "contact_phone", "seen": BEFORE, "winner": NUMBER, "losers": losers}
    hidden: dict[str, Any] = discreet(case, ("inspector",))
    assert hidden == {
        "field": "contact_phone",
        "seen": "139 **** 2222",
        "winner": "138 **** 4711",
        "losers": [{"value": "138 **** 4711", "by": "x"}],
    }
    assert discreet(case, ("dispatcher",)) == case


def test_the_text_of_an_act_is_masked_and_one_that_is_none_is_withheld() -> None:
    body = msgspec.json.encode({"args": {"phone": NUMBER, "field": []}}).decode()
    assert NUMBER not in str(discreet_text(body, ("inspector",)))
    assert discreet_text("{" + NUMBER, ("inspector",)) == "–"
    assert discreet_text(body, ("dispatcher",)) == body

"""Tiers at the desk: chosen on the customer's page and at intake, and seen where it counts."""

from typing import Any

from tests.console.house import Console

KEY = "High value"


def somebody(console: Console) -> tuple[str, str]:
    """The customer of an open ticket, of no tier yet, and its number."""
    ((customer, number),) = console.ask(
        "SELECT customer_id, t.number FROM ticket t JOIN customer c ON c.id = t.customer_id "
        "WHERE t.status = 'new' AND c.tier = '' ORDER BY t.number LIMIT 1"
    )
    return customer, number


def test_a_customer_is_put_in_a_tier_and_every_page_says_so(new_console: Console) -> None:
    """R-CLS-08, R-CLS-23."""
    customer, number = somebody(new_console)
    desk = new_console.visitor("dispatcher")
    page = f"/customers/{customer}"
    desk.send(page, f"{page}/tier", tier="key")
    assert new_console.ask("SELECT tier FROM customer WHERE id = ?", customer) == [("key",)]
    for shown in (page, f"/tickets/{number}", "/tickets"):
        assert KEY in desk.get(shown).text, shown
    assert "高价值客户" in new_console.visitor("dispatcher", "zh").get(f"/tickets/{number}").text


def test_a_tier_that_is_none_is_refused_beside_its_form(new_console: Console) -> None:
    customer, _ = somebody(new_console)
    page = f"/customers/{customer}"
    told = new_console.visitor("dispatcher").send(page, f"{page}/tier", tier="gold")
    assert told.status == 422
    assert new_console.ask("SELECT tier FROM customer WHERE id = ?", customer) == [("",)]


def test_somebody_new_is_put_in_a_tier_at_intake(new_console: Console) -> None:
    typed: dict[str, Any] = {"site": "new", "name": "沈岚", "address": "桂月路 9 号"}
    desk = new_console.visitor("customer_service")
    told = desk.send("/tickets/new", "/tickets/new", **typed, problem="Drips", tier="key")
    assert told.status in (200, 303)
    assert new_console.ask("SELECT tier FROM customer WHERE name = ?", "沈岚") == [("key",)]

"""Customers: found by name or number, with numbers masked, and shown in full on the record."""

from tests.console.documents import Document
from tests.console.house import Console


def names(page: Document) -> list[str]:
    """The customers a page lists."""
    return [one.text for one in page.all("a", cls="cover")]


def somebody(console: Console) -> tuple[str, str, str]:
    """A private customer: id, name and phone."""
    return tuple(
        console.ask("SELECT id, name, phone FROM customer WHERE type = 'person' ORDER BY id")[0]
    )


def test_customers_are_listed_by_name_with_what_they_have(console: Console) -> None:
    page = console.visitor().get("/customers").page
    wanted = console.ask("SELECT name FROM customer ORDER BY name, id")
    assert names(page) == [name for (name,) in wanted]
    ((sites, machines, open_tickets),) = console.ask(
        "SELECT (SELECT count(*) FROM site s WHERE s.customer_id = c.id), "
        "(SELECT count(*) FROM asset a JOIN site s ON s.id = a.site_id "
        "WHERE s.customer_id = c.id), (SELECT count(*) FROM ticket t WHERE "
        "t.customer_id = c.id AND t.status IN ('new', 'planned', 'in_progress')) FROM customer c "
        "ORDER BY name, id LIMIT 1"
    )
    cells = [one.text for one in page.all("td", cls="right")][:3]
    assert cells == [str(sites), str(machines), str(open_tickets) if open_tickets else "–"]


def test_a_customer_is_found_by_name_by_the_end_of_the_number_or_by_an_address(
    console: Console,
) -> None:
    _, name, phone = somebody(console)
    site, landline = console.ask(
        "SELECT s.address, c.phone FROM site s JOIN customer c ON c.id = s.customer_id "
        "WHERE c.type = 'organisation' ORDER BY s.id LIMIT 1"
    )[0]
    visitor = console.visitor()
    wrong = [
        asked
        for asked, wanted in (
            (name, name),
            (phone[-4:], name),
            (phone, name),
            (phone.replace(" ", ""), name),
            (name[0], name),
        )
        if wanted not in names(visitor.get(f"/customers?q={asked}").page)
    ]
    assert wrong == []
    assert len(names(visitor.get(f"/customers?q={landline[-4:]}").page)) >= 1
    assert len(names(visitor.get(f"/customers?q={site[:12]}").page)) >= 1


def test_nobody_found_says_what_to_try_and_keeps_what_was_asked(console: Console) -> None:
    page = console.visitor().get("/customers?q=0000000").page
    assert "No customer fits “0000000”" in page.text
    assert "/tickets/new?who=0000000" in page.links()


def test_numbers_are_masked_until_somebody_asks_and_that_is_kept(new_console: Console) -> None:
    identity, _, phone = somebody(new_console)
    visitor, page = new_console.visitor(), f"/customers/{identity}"
    assert phone not in visitor.get(page).text
    shown = visitor.send(page, f"{page}/phones")
    assert phone in shown.text
    assert "kept in the audit log" in shown.text
    assert new_console.ask(
        "SELECT kind, by_id, on_id, verdict FROM op WHERE kind = 'phone.reveal'"
    ) == [("phone.reveal", new_console.template.people["dispatcher"], identity, "applied")]
    assert phone not in visitor.get(page).text


def test_who_has_no_business_with_numbers_cannot_ask_for_them(console: Console) -> None:
    identity, _, phone = somebody(console)
    warehouse = console.visitor("warehouse")
    page = warehouse.get(f"/customers/{identity}").page
    assert f"/customers/{identity}/phones" not in [one["action"] for one in page.all("form")]
    answer = warehouse.post(f"/customers/{identity}/phones", warehouse.proof())
    assert answer.status == 403
    assert phone not in answer.text


def test_a_customer_shows_sites_machines_and_tickets(console: Console) -> None:
    ((identity,),) = console.ask(
        "SELECT customer_id FROM site GROUP BY customer_id HAVING count(*) > 1 "
        "ORDER BY customer_id LIMIT 1"
    )
    page = console.visitor().get(f"/customers/{identity}").page
    sites = console.ask("SELECT id, address FROM site WHERE customer_id = ?", identity)
    machines = console.ask(
        "SELECT a.id FROM asset a JOIN site s ON s.id = a.site_id WHERE s.customer_id = ?", identity
    )
    assert [address in page.text for _, address in sites] == [True] * len(sites)
    assert {f"/tickets/new?site={site}" for site, _ in sites} <= set(page.links())
    assert {f"/machines/{machine}" for (machine,) in machines} <= set(page.links())


def test_a_machine_tells_what_was_done_on_it_newest_first(console: Console) -> None:
    machine, count = console.ask(
        "SELECT w.asset_id, count(*) FROM work_order w JOIN visit v ON v.work_order_id = w.id "
        "WHERE v.ended_at IS NOT NULL AND w.asset_id IS NOT NULL GROUP BY w.asset_id "
        "ORDER BY count(*) DESC, w.asset_id LIMIT 1"
    )[0]
    visitor = console.visitor()
    (visits,) = visitor.get(f"/machines/{machine}").page.all("ol", cls="visits")
    orders = console.ask(
        "SELECT w.number FROM work_order w JOIN visit v ON v.work_order_id = w.id WHERE w.asset_id "
        "= ? AND v.ended_at IS NOT NULL ORDER BY v.ended_at DESC, v.id LIMIT 12",
        machine,
    )
    assert [one.text for one in visits.all("a")] == [number for (number,) in orders]
    assert len(visits.all("li")) == min(count, 12)
    panel = visitor.get(f"/machines/{machine}", hx_target="panel").page
    assert panel.all("ol", cls="visits")[0].text == visits.text


def test_what_is_not_there_is_not_found(console: Console) -> None:
    addresses = ("/customers/nobody", "/machines/none", "/sites/none/edit")
    assert [console.visitor().get(one).status for one in addresses] == [404] * 3

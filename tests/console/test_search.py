"""Search across everything: numbers, names, last digits, serials, one Chinese character."""

from tests.console.house import Console


def found(console: Console, asked: str, role: str = "dispatcher") -> dict[str, list[str]]:
    """What is found, by the title of its card: where each hit leads."""
    page = console.visitor(role).get(f"/search?q={asked}").page
    return {
        card.all("h2")[0].text: [one["href"] for one in card.all("ul")[0].all("a")]
        for card in page.all("section", cls="card")
        if card.all("ul")
    }


def test_a_whole_number_leads_straight_there(console: Console) -> None:
    ((ticket,),) = console.ask("SELECT number FROM ticket LIMIT 1")
    ((order,),) = console.ask("SELECT number FROM work_order LIMIT 1")
    visitor = console.visitor()
    assert visitor.get(f"/search?q={ticket.lower()}").path == f"/tickets/{ticket}"
    assert visitor.get(f"/search?q={order}").path == f"/work-orders/{order}"
    assert visitor.get("/search?q=T-26-999999").path == "/search?q=T-26-999999"


def test_one_chinese_character_finds_everything_that_has_it(console: Console) -> None:
    hits = found(console, "泵")
    assert set(hits) == {"Customers", "Tickets", "Work orders", "Machines"} - {
        title for title, rows in (("Customers", "customer"),) if not _named(console, rows)
    }


def _named(console: Console, table: str) -> bool:
    return (
        console.ask(
            "SELECT 1 FROM customer c JOIN site s ON s.customer_id = c.id WHERE c.name LIKE '%泵%' "
            "OR s.name LIKE '%泵%' OR s.address LIKE '%泵%' OR s.contact_name LIKE '%泵%'"
        )
        != []
    )


def test_a_customer_is_found_by_the_last_four_digits(console: Console) -> None:
    identity, phone = console.ask("SELECT id, phone FROM customer WHERE type = 'person' LIMIT 1")[0]
    assert f"/customers/{identity}" in found(console, phone[-4:])["Customers"]


def test_a_machine_is_found_by_a_piece_of_its_serial_number(console: Console) -> None:
    identity, serial = console.ask("SELECT id, serial FROM asset WHERE serial <> '' LIMIT 1")[0]
    assert f"/machines/{identity}" in found(console, serial[2:9].lower())["Machines"]


def test_no_number_is_shown_in_full(console: Console) -> None:
    ((phone,),) = console.ask("SELECT phone FROM customer WHERE type = 'person' LIMIT 1")
    assert phone not in console.visitor().get(f"/search?q={phone[-4:]}").text


def test_signs_of_the_database_mean_themselves(console: Console) -> None:
    assert [found(console, asked) for asked in ("%25", "_", "'%20OR%201=1--")] == [{}, {}, {}]


def test_nothing_found_offers_what_can_be_done(console: Console) -> None:
    page = console.visitor().get("/search?q=zzzzzz").page
    assert "Nothing found for “zzzzzz”" in page.text
    assert "/tickets/new?who=zzzzzz" in page.links()


def test_an_empty_search_says_what_can_be_looked_for(console: Console) -> None:
    assert "What are you looking for?" in console.visitor().get("/search").text

"""Stock by place: what lies there, what moved, and booking in, moving and counting."""

from tests.console.house import Console


def amount(console: Console, place: str, number: str) -> int:
    rows = console.ask(
        "SELECT b.amount FROM balance b JOIN location l ON l.id = b.location_id "
        "JOIN part p ON p.id = b.part_id WHERE l.code = ? AND p.number = ?",
        place,
        number,
    )
    return int(rows[0][0]) if rows else 0


def a_part(console: Console, place: str = "WH1") -> str:
    ((number,),) = console.ask(
        "SELECT p.number FROM part p JOIN balance b ON b.part_id = p.id "
        "JOIN location l ON l.id = b.location_id "
        "WHERE l.code = ? AND NOT p.serialised ORDER BY p.number LIMIT 1",
        place,
    )
    return str(number)


def test_the_warehouse_comes_first_and_every_place_is_a_click_away(console: Console) -> None:
    page = console.visitor("warehouse").get("/stock")
    assert "Main warehouse" in page.text
    places = [link for link in page.page.links() if link.startswith("/stock/V")]
    ((vans,),) = console.ask("SELECT count(*) FROM location WHERE type = 'van'")
    assert len(places) == vans
    assert "总库房" in console.visitor("warehouse", "zh").get("/stock").text


def test_a_place_is_searched_and_paged_by_number(console: Console) -> None:
    visitor = console.visitor()
    first = visitor.get("/stock/WH1").page
    numbers = [one.text for one in first.all("a", cls="cover")]
    assert numbers == sorted(numbers)
    (following,) = [one["href"] for one in first.all("a", rel="next")]
    then = [one.text for one in visitor.get(following).page.all("a", cls="cover")]
    assert then[0] > numbers[-1]
    found = visitor.get(f"/stock/WH1?q={numbers[0]}").page.all("a", cls="cover")
    assert [one.text for one in found] == [numbers[0]]
    assert "No part here matches" in visitor.get("/stock/WH1?only=short").text


def test_parts_are_booked_in_moved_and_taken_back(new_console: Console) -> None:
    keeper = new_console.visitor("warehouse")
    number = a_part(new_console)
    at = f"/stock/WH1/{number}"
    before = amount(new_console, "WH1", number)
    booked = keeper.send(f"{at}?does=receive", at, quantity="5")
    assert "Booked in." in booked.text
    assert amount(new_console, "WH1", number) == before + 5_000
    ((van,),) = new_console.ask("SELECT id FROM location WHERE code = 'V01'")
    there = amount(new_console, "V01", number)
    moved = keeper.send(f"{at}?does=move", at, quantity="2", to=van)
    assert "Moved." in moved.text
    assert amount(new_console, "V01", number) == there + 2_000
    keeper.post("/undo", moved.page.form("/undo"))
    assert amount(new_console, "WH1", number) == before + 5_000


def test_movements_tell_what_was_left_after_each(new_console: Console) -> None:
    keeper = new_console.visitor("warehouse")
    number = a_part(new_console)
    at = f"/stock/WH1/{number}"
    before = amount(new_console, "WH1", number)
    new_console.now_ms += 60_000
    page = keeper.send(f"{at}?does=receive", at, quantity="3").page
    (table,) = page.all("table", cls="moves")
    newest = table.all("tbody")[0].all("tr")[0].all("td")
    assert [one.text for one in newest[-2:]] == ["+3", str((before + 3_000) // 1000)]
    assert "Supplier → WH1" in newest[1].text
    assert "Supplier → WH1" in keeper.get("/stock/WH1/movements").text


def test_a_count_sets_the_books_unless_they_changed_meanwhile(new_console: Console) -> None:
    keeper = new_console.visitor("warehouse")
    number = a_part(new_console)
    at = f"/stock/WH1/{number}"
    form = keeper.get(f"{at}?does=count").page.form(at, does="count")
    ((place,),) = new_console.ask("SELECT id FROM location WHERE code = 'WH1'")
    ((part,),) = new_console.ask("SELECT id FROM part WHERE number = ?", number)
    new_console.say("stock.receive", ("location", place), by="warehouse", part=part, quantity="1")
    refused = keeper.post(at, {**form, "counted": "4"})
    assert refused.status == 422
    assert "In the meantime the books say" in refused.text
    assert refused.page.form(at, does="count")["counted"] == "4"
    keeper.post(at, {**refused.page.form(at, does="count"), **keeper.proof()})
    assert amount(new_console, "WH1", number) == 4_000


def test_a_wrong_quantity_is_refused_and_who_only_looks_is_offered_nothing(
    new_console: Console,
) -> None:
    keeper = new_console.visitor("warehouse")
    number = a_part(new_console)
    at = f"/stock/WH1/{number}"
    wrong = keeper.send(f"{at}?does=receive", at, quantity="0")
    assert wrong.status == 422
    assert "not a possible quantity" in wrong.text
    looks = new_console.visitor("finance").get(f"{at}?does=receive").page
    assert [form["action"] for form in looks.all("form") if form["action"] == at] == []
    form = {**new_console.visitor("finance").proof(), "does": "receive", "quantity": "1"}
    assert new_console.visitor("finance").post(at, form).status == 422
    assert keeper.get("/stock/NOWHERE").status == 404
    assert keeper.get("/stock/WH1/NOTHING").status == 404


def test_moving_more_than_the_books_say_is_told_at_once(new_console: Console) -> None:
    visitor = new_console.visitor("warehouse")
    number = a_part(new_console)
    lies = amount(new_console, "WH1", number) // 1000
    ((van,),) = new_console.ask("SELECT id FROM location WHERE code = 'V01'")
    page = f"/stock/WH1/{number}"
    form = visitor.get(f"{page}?does=move").page.form(page)
    moved = visitor.post(page, {**form, "quantity": str(lies + 2), "to": van})
    assert "Moved. The books now say -2 here: take it back if that was a slip" in moved.text
    (toast,) = moved.page.all("div", cls="toast")
    assert "warning" in toast["class"].split()

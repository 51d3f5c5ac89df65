"""One ticket: its story, a job made of it, a note, and a site edited beside what was seen."""

from tests.console.house import Console

START = "2026-11-24T09:00"
END = "2026-11-24T11:00"


def unplanned(console: Console) -> str:
    """The number of a ticket without a job."""
    ((number,),) = console.ask(
        "SELECT number FROM ticket WHERE status = 'new' AND id NOT IN (SELECT ticket_id FROM "
        "work_order) ORDER BY number LIMIT 1"
    )
    return str(number)


def test_a_ticket_tells_who_called_about_what_and_what_became_of_it(console: Console) -> None:
    number, problem, customer, order = console.ask(
        "SELECT t.number, t.problem, c.name, w.number FROM ticket t JOIN customer c ON "
        "c.id = t.customer_id JOIN work_order w ON w.ticket_id = t.id "
        "WHERE w.status = 'done' LIMIT 1"
    )[0]
    page = console.visitor().get(f"/tickets/{number}").page
    assert [word in page.text for word in (problem, customer, order)] == [True] * 3
    steps = [one.text for one in page.all("ol", cls="feed")[0].all("li")]
    assert steps[-1].endswith("opened the ticket")
    assert steps[-2].endswith("gave the customer a first response")
    assert steps[-3].endswith("created the work order")


def test_a_telephone_number_is_masked_on_a_ticket(console: Console) -> None:
    number, phone = console.ask(
        "SELECT t.number, s.contact_phone FROM ticket t JOIN site s ON s.id = t.site_id "
        "WHERE s.contact_phone LIKE '13%' LIMIT 1"
    )[0]
    text = console.visitor().get(f"/tickets/{number}").text
    assert phone not in text
    assert f"{phone[:3]} **** {phone[-4:]}" in text


def test_a_ticket_there_is_not_is_not_found(console: Console) -> None:
    addresses = ("/tickets/T-26-999999", "/tickets/T-26-999999/work-order")
    assert [console.visitor().get(one).status for one in addresses] == [404, 404]


def test_a_job_is_made_of_a_ticket_and_leads_to_who_is_to_do_it(new_console: Console) -> None:
    number = unplanned(new_console)
    visitor, action = new_console.visitor(), f"/tickets/{number}/work-order"
    form = visitor.get(action).page.form(action)
    typed = {**form, "category": "B", "planned_from": START, "planned_to": END, "then": "assign"}
    answer = visitor.post(action, typed)
    again = visitor.post(action, typed)
    made = new_console.ask(
        "SELECT w.id, w.number, w.category, w.planned_from, w.priority = t.priority, w.status "
        "FROM work_order w JOIN ticket t ON t.id = w.ticket_id WHERE t.number = ?",
        number,
    )
    assert len(made) == 1
    assert made[0][2:] == ("B", START, 1, "created")
    assert answer.path == again.path == f"/work-orders/{made[0][0]}/assign"
    ticket = visitor.get(f"/tickets/{number}").page
    assert f"/work-orders/{made[0][1]}/assign" in ticket.links()


def test_a_job_that_is_refused_keeps_what_was_typed(console: Console) -> None:
    number = unplanned(console)
    action = f"/tickets/{number}/work-order"
    answer = console.visitor().send(
        action, action, summary="Look at it", planned_from=END, planned_to=START, job_note="Ring"
    )
    kept = answer.page.form(action)
    assert answer.status == 422
    assert "outside what is possible" in answer.text
    assert (kept["summary"], kept["planned_from"], kept["job_note"]) == ("Look at it", END, "Ring")


def test_customer_service_may_read_a_ticket_but_make_no_job(console: Console) -> None:
    number = unplanned(console)
    visitor = console.visitor("customer_service")
    assert visitor.get(f"/tickets/{number}").status == 200
    assert f"/tickets/{number}/work-order" not in visitor.get(f"/tickets/{number}").page.links()
    assert visitor.get(f"/tickets/{number}/work-order").status == 403


def test_a_note_goes_to_the_job_that_is_open(new_console: Console) -> None:
    number, order = new_console.ask(
        "SELECT t.number, w.id FROM ticket t JOIN work_order w ON w.ticket_id = t.id "
        "WHERE w.status = 'assigned' LIMIT 1"
    )[0]
    page, action = f"/tickets/{number}", f"/tickets/{number}/note"
    answer = new_console.visitor().send(page, action, text="Customer rang again")
    assert answer.path == page
    assert new_console.ask("SELECT text, audience FROM note WHERE work_order_id = ?", order) == [
        ("Customer rang again", "internal")
    ]


def test_a_note_that_is_refused_is_kept_in_its_field(console: Console) -> None:
    ((number,),) = console.ask(
        "SELECT t.number FROM ticket t JOIN work_order w ON w.ticket_id = t.id "
        "WHERE w.status = 'assigned' LIMIT 1"
    )
    page, action = f"/tickets/{number}", f"/tickets/{number}/note"
    answer = console.visitor().send(page, action, text="Long" * 1001)
    assert answer.status == 422
    assert answer.page.form(action)["text"] == "Long" * 1001

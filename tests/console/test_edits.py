"""Fields that both sides may write, edited in the office beside what was seen of them."""

from tests.console.house import Console

START = "2026-11-24T09:00"
END = "2026-11-24T11:00"


def a_job(console: Console) -> tuple[str, str]:
    """A job that is open: its id and number."""
    return tuple(
        console.ask("SELECT id, number FROM work_order WHERE status = 'assigned' LIMIT 1")[0]
    )


def test_a_site_is_edited_beside_what_its_author_saw(new_console: Console) -> None:
    """C56."""
    site, phone = new_console.ask("SELECT id, contact_phone FROM site ORDER BY id LIMIT 1")[0]
    action = f"/sites/{site}/edit"
    visitor = new_console.visitor()
    form = visitor.get(f"{action}?back=/tickets").page.form(action)
    answer = visitor.post(action, {**form, "access_notes": "Ring twice"})
    assert answer.path == "/tickets"
    assert new_console.ask("SELECT contact_phone, access_notes FROM site WHERE id = ?", site) == [
        (phone, "Ring twice")
    ]


def test_nothing_is_said_where_nothing_was_changed(console: Console) -> None:
    ((site,),) = console.ask("SELECT id FROM site ORDER BY id LIMIT 1")
    before = console.ask("SELECT count(*) FROM op WHERE kind = 'edit'")
    answer = console.visitor().send(f"/sites/{site}/edit", f"/sites/{site}/edit")
    assert "Nothing was changed." in answer.text
    assert console.ask("SELECT count(*) FROM op WHERE kind = 'edit'") == before


def test_a_number_that_is_none_is_refused_and_kept(console: Console) -> None:
    ((site,),) = console.ask("SELECT id FROM site ORDER BY id LIMIT 1")
    action = f"/sites/{site}/edit"
    answer = console.visitor().send(action, action, contact_phone="ring me")
    assert answer.status == 422
    assert answer.page.form(action)["contact_phone"] == "ring me"


def test_a_job_is_given_another_time_and_priority_and_that_is_taken_back(
    new_console: Console,
) -> None:
    identity, number = a_job(new_console)
    told = "SELECT priority, planned_from, planned_to, job_note FROM work_order WHERE id = ?"
    before = new_console.ask(told, identity)
    action, visitor = f"/work-orders/{number}/edit", new_console.visitor()
    answer = visitor.send(
        f"{action}?back=/tickets",
        action,
        priority="emergency",
        planned_from=START,
        planned_to=END,
        job_note="Bring a ladder",
    )
    assert answer.path == "/tickets"
    assert new_console.ask(told, identity) == [("emergency", START, END, "Bring a ladder")]
    visitor.post("/undo", answer.page.form("/undo"))
    assert new_console.ask(told, identity) == before


def test_a_window_that_ends_before_it_begins_is_refused_and_kept(console: Console) -> None:
    _, number = a_job(console)
    action = f"/work-orders/{number}/edit"
    answer = console.visitor().send(action, action, planned_from=END, planned_to=START)
    kept = answer.page.form(action)
    assert answer.status == 422
    assert (kept["planned_from"], kept["planned_to"]) == (END, START)


def test_the_form_shows_a_number_in_full_and_that_is_kept(new_console: Console) -> None:
    site, phone = new_console.ask("SELECT id, contact_phone FROM site ORDER BY id LIMIT 1")[0]
    form = new_console.visitor().get(f"/sites/{site}/edit").page.form(f"/sites/{site}/edit")
    assert form["contact_phone"] == phone
    assert new_console.ask("SELECT on_id FROM op WHERE kind = 'phone.reveal'") == [(site,)]


def test_no_way_to_the_number_leaves_no_trace(new_console: Console) -> None:
    ((site, phone),) = new_console.ask(
        "SELECT id, contact_phone FROM site WHERE contact_phone != '' ORDER BY id LIMIT 1"
    )
    visitor, action = new_console.visitor(), f"/sites/{site}/edit"
    traces = "SELECT count(*) FROM op WHERE kind = 'phone.reveal'"
    assert phone not in visitor.get(action, x_live="1").response.text
    assert new_console.ask(traces) == [(0,)]
    refused = visitor.post(action, {**visitor.proof(), "access_notes": "x" * 9_000})
    assert (refused.status, phone in refused.response.text) == (422, True)
    assert new_console.ask(traces) == [(1,)]


def test_who_may_not_edit_gets_no_form(console: Console) -> None:
    _, number = a_job(console)
    ((site,),) = console.ask("SELECT id FROM site ORDER BY id LIMIT 1")
    assert console.visitor("technician").get(f"/sites/{site}/edit").status == 403
    assert console.visitor("warehouse").get(f"/work-orders/{number}/edit").status == 403
    assert console.visitor().get("/work-orders/WO-26-999999/edit").status == 404

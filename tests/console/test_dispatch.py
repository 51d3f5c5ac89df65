"""Jobs are given, taken back, planned and moved; nobody is overwritten unseen."""

from typing import Any

from tests.console.house import Console


def waiting(console: Console) -> tuple[str, str]:
    """The id and number of a job that nobody has."""
    ((identity, number),) = console.ask(
        "SELECT id, number FROM work_order WHERE status = 'created' ORDER BY number LIMIT 1"
    )
    return str(identity), str(number)


def held(console: Console) -> tuple[str, str, str, str]:
    """A job with a visit to come: its id, number, person, and visit."""
    rows = console.ask(
        "SELECT w.id, w.number, a.person_id, v.id FROM work_order w "
        "JOIN assignment a ON a.work_order_id = w.id AND a.until_ms IS NULL "
        "JOIN visit v ON v.work_order_id = w.id AND v.ended_at IS NULL "
        "WHERE w.status = 'assigned' AND CAST(v.attendance AS text) = '[]' "
        "ORDER BY w.number LIMIT 1"
    )
    identity, number, person, visit = rows[0]
    return str(identity), str(number), str(person), str(visit)


def holders(console: Console, order: str) -> list[str]:
    return [
        str(one)
        for (one,) in console.ask(
            "SELECT person_id FROM assignment WHERE work_order_id = ? AND until_ms IS NULL", order
        )
    ]


def candidates(page: Any) -> list[tuple[str, str]]:
    """Who is offered: id, and what is told of them."""
    return [(label.all("input")[0]["value"], label.text) for label in page.all("label", cls="cand")]


def test_candidates_are_offered_with_reasons_and_those_who_cannot_go_apart(
    console: Console,
) -> None:
    _, number = waiting(console)
    answer = console.visitor().get(f"/work-orders/{number}/assign")
    told = candidates(answer.page)
    skilled = [text for _, text in told if "Has the skill" in text]
    lacking = [text for _, text in told if "Lacks the skill" in text]
    assert skilled
    assert lacking
    assert [text for _, text in told] == [*skilled, *lacking]
    assert f"Cannot go: {len(lacking)}" in answer.text
    assert "Travel times are not known" in answer.text
    chinese = console.visitor(language="zh").get(f"/work-orders/{number}/assign")
    assert "具备技能" in chinese.text


def test_with_a_time_clashes_are_told_and_without_one_the_free_hours(console: Console) -> None:
    _, number = waiting(console)
    visitor = console.visitor()
    free = visitor.get(f"/work-orders/{number}/assign?day=2026-11-23")
    assert "Free " in free.text
    fixed = visitor.get(f"/work-orders/{number}/assign?day=2026-11-23&at=12:30&minutes=60")
    assert "Busy " in fixed.text or "Free at that time" in fixed.text


def test_a_job_is_given_with_its_visit_and_both_stand_on_the_page(new_console: Console) -> None:
    identity, number = waiting(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/assign"
    page = visitor.get(f"{at}?day=2026-11-24&at=15:00&minutes=90").page
    form = page.form(at, holding="", at="15:00")
    done = visitor.post(at, form)
    assert holders(new_console, identity) == [form["person"]]
    assert "Tue 24 Nov, 15:00–16:30" in done.text
    assert "Assigned" in done.text


def test_an_assignment_is_undone_unless_a_colleague_has_done_something_meanwhile(
    new_console: Console,
) -> None:
    identity, number = waiting(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/assign"
    given = visitor.post(at, {**visitor.get(at).page.form(at, holding=""), "at": ""})
    undo = given.page.form("/undo")
    new_console.say("note.add", ("work_order", identity), text="I rang them", audience="internal")
    late = visitor.post("/undo", undo)
    assert "Not taken back" in late.text
    assert len(holders(new_console, identity)) == 1


def test_an_assignment_is_undone(new_console: Console) -> None:
    identity, number = waiting(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/assign"
    given = visitor.post(at, {**visitor.get(at).page.form(at, holding=""), "at": ""})
    assert "Taken back." in visitor.post("/undo", given.page.form("/undo")).text
    assert holders(new_console, identity) == []


def test_a_second_click_gives_a_job_once_whatever_has_happened_since(new_console: Console) -> None:
    identity, number = waiting(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/assign"
    form = {**visitor.get(at).page.form(at, holding=""), "at": ""}
    assert visitor.post(at, form).status == 200
    new_console.say("note.add", ("work_order", identity), text="I rang them", audience="internal")
    again = visitor.post(at, form)
    assert (again.status, "Assigned" in again.text) == (200, True)
    assert holders(new_console, identity) == [form["person"]]
    acts = "SELECT count(*) FROM op WHERE kind = 'work_order.assign' AND on_id = ?"
    assert new_console.ask(acts, identity) == [(1,)]


def test_who_was_sent_meanwhile_is_named_and_not_replaced(new_console: Console) -> None:
    identity, number = waiting(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/assign"
    page = visitor.get(at).page
    form = page.form(at, holding="")
    other = next(one for one, _ in candidates(page) if one != form["person"])
    new_console.say("work_order.assign", ("work_order", identity), person=other, role="lead")
    refused = visitor.post(at, form)
    assert refused.status == 422
    assert "In the meantime the job was given to" in refused.text
    assert holders(new_console, identity) == [other]
    chosen = [
        one["value"]
        for one in refused.page.all("input", name="person")
        if "checked" in one.attributes
    ]
    assert chosen == [form["person"]]


def test_a_held_job_goes_to_somebody_else_with_its_visit_and_back(new_console: Console) -> None:
    identity, number, person, visit = held(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/assign"
    page = visitor.get(at).page
    other = next(one for one, text in candidates(page) if one != person and "Has the" in text)
    done = visitor.post(at, {**page.form(at, holding=person), "person": other})
    assert holders(new_console, identity) == [other]
    assert new_console.ask("SELECT person_id FROM visit WHERE id = ?", visit) == [(other,)]
    visitor.post("/undo", done.page.form("/undo"))
    assert holders(new_console, identity) == [person]


def test_nobody_chosen_is_said_and_a_job_is_taken_back(new_console: Console) -> None:
    identity, number, person, _ = held(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/assign"
    form = {**visitor.get(at).page.form(at, holding=person), "person": ""}
    assert "Choose who goes." in visitor.post(at, form).text
    back = visitor.send(f"/work-orders/{number}", f"/work-orders/{number}/unassign")
    assert "The job is to be assigned again." in back.text
    assert holders(new_console, identity) == []
    visitor.post("/undo", back.page.form("/undo"))
    leads = "SELECT person_id, role FROM assignment WHERE work_order_id = ? AND until_ms IS NULL"
    assert new_console.ask(leads, identity) == [(person, "lead")]


def test_a_visit_is_planned_by_a_form_that_keeps_what_was_typed(new_console: Console) -> None:
    _, number, person, _ = held(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/visits/new"
    times: dict[str, Any] = {"person": person, "day": "2026-11-25", "from": "10:00", "to": "09:00"}
    wrong = visitor.send(at, at, **times)
    assert wrong.status == 422
    assert wrong.page.form(at)["day"] == "2026-11-25"
    assert "Wed 25 Nov, 10:00–11:00" in visitor.send(at, at, **{**times, "to": "11:00"}).text


def test_a_visit_is_moved_at_somebodys_wish_and_back_again(new_console: Console) -> None:
    _, number, _, visit = held(new_console)
    before = new_console.ask("SELECT planned_from, planned_to FROM visit WHERE id = ?", visit)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/visits/{visit}"
    times: dict[str, Any] = {"day": "2026-11-26", "from": "13:00", "to": "14:00"}
    moved = visitor.send(at, at, **times, fault="customer")
    assert "The visit is moved." in moved.text
    assert "At the customer's wish" in moved.text
    visitor.post("/undo", moved.page.form("/undo"))
    after = new_console.ask("SELECT planned_from, planned_to FROM visit WHERE id = ?", visit)
    assert after == before
    faults = new_console.ask("SELECT fault FROM visit WHERE id = ?", visit)
    assert faults == [("company",)]  # at nobody's wish before, so it is not the customer's now


def test_a_visit_moved_by_a_colleague_meanwhile_is_not_moved_again(new_console: Console) -> None:
    identity, number, _, visit = held(new_console)
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/visits/{visit}"
    form = {**visitor.get(at).page.form(at), "day": "2026-11-26", "from": "13:00", "to": "14:00"}
    new_console.say(
        "visit.move",
        ("work_order", identity),
        visit=visit,
        planned_from="2026-11-27T08:00",
        planned_to="2026-11-27T09:00",
        fault="company",
    )
    refused = visitor.post(at, form)
    assert refused.status == 422
    assert "In the meantime the visit was changed: Fri 27 Nov, 08:00–09:00" in refused.text


def test_giving_a_declined_job_to_somebody_closes_its_task(new_console: Console) -> None:
    rows = new_console.ask("SELECT home_id FROM task WHERE code = 'declined' AND NOT done")
    ((number,),) = new_console.ask("SELECT number FROM work_order WHERE id = ?", rows[0][0])
    visitor = new_console.visitor()
    at = f"/work-orders/{number}/assign"
    visitor.post(at, {**visitor.get(at).page.form(at, holding=""), "at": ""})
    assert new_console.ask("SELECT count(*) FROM task WHERE code = 'declined' AND NOT done") == [
        (len(rows) - 1,)
    ]

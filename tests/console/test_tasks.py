"""Tasks are closed by a note, or by the act that settles them."""

import time
from typing import Any

from server.office import Asked
from shared.ops import SYSTEM
from sync.protocol import WireOp
from tests.console.house import START_MS, Console


def open_tasks(console: Console, code: str) -> list[tuple[str, str]]:
    """The open tasks of a kind: id and home."""
    return [
        (str(one), str(home))
        for one, home in console.ask(
            "SELECT id, home_id FROM task WHERE code = ? AND NOT done ORDER BY at DESC", code
        )
    ]


def test_open_tasks_are_told_in_both_languages_and_by_kind(console: Console) -> None:
    ((waiting,),) = console.ask("SELECT count(*) FROM task WHERE NOT done")
    english = console.visitor().get("/tasks")
    rows = english.page.all("div", cls="task-row")
    assert len(rows) == waiting
    assert "Plan the next visit: the last one ended with" in english.text
    assert "请安排下次上门" in console.visitor(language="zh").get("/tasks").text
    declined = console.visitor().get("/tasks?code=declined").page.all("div", cls="task-row")
    assert len(declined) == len(open_tasks(console, "declined"))


def test_a_part_that_was_ordered_in_words_is_told_in_these_words(console: Console) -> None:
    called = [
        text
        for (text,) in console.ask(
            "SELECT o.text FROM ordered_part o JOIN work_order w ON w.id = o.work_order_id "
            "WHERE o.part_id IS NULL AND w.number IS NOT NULL"
        )
    ]
    assert called
    page = console.visitor("warehouse").get("/tasks?code=order_part").text
    page += console.visitor("warehouse").get("/tasks?code=order_part&status=closed").text
    assert [text for text in called if f": {text} ×" not in page] == []
    assert ": – ×" not in page


def test_a_task_is_closed_by_a_note_and_tells_who_did(new_console: Console) -> None:
    identity, _ = open_tasks(new_console, "plan_next_visit")[0]
    visitor = new_console.visitor()
    done = visitor.send("/tasks", f"/tasks/{identity}/close", note="Done by phone")
    assert "The task is closed." in done.text
    closed = visitor.get("/tasks?status=closed")
    assert "Done by phone" in closed.text


def test_planning_the_next_visit_settles_its_task(new_console: Console) -> None:
    identity, order = open_tasks(new_console, "plan_next_visit")[0]
    ((number,),) = new_console.ask("SELECT number FROM work_order WHERE id = ?", order)
    visitor = new_console.visitor()
    assert f"/work-orders/{number}/visits/new" in visitor.get("/tasks").page.links()
    at = f"/work-orders/{number}/visits/new"
    form = visitor.get(at).page.form(at)
    person = form["person"] or new_console.template.people["technician"]
    times = {"person": person, "day": "2026-11-25", "from": "10:00", "to": "11:00"}
    visitor.post(at, {**form, **times})
    assert identity not in [one for one, _ in open_tasks(new_console, "plan_next_visit")]


def test_a_recount_is_settled_by_counting(new_console: Console) -> None:
    ((place, part),) = new_console.ask(
        "SELECT location_id, part_id FROM balance ORDER BY id LIMIT 1"
    )
    ((other,),) = new_console.ask("SELECT id FROM location WHERE id != ? LIMIT 1", place)
    new_console.say(
        "stock.move", ("location", place), by="warehouse", part=part, quantity="9000", to=other
    )
    (identity,) = [one for one, home in open_tasks(new_console, "recount") if home == place][-1:]
    keeper = new_console.visitor("warehouse")
    counted = keeper.send("/tasks", f"/tasks/{identity}/count", counted="12.5")
    assert "The books say the same now." in counted.text
    assert identity not in [one for one, _ in open_tasks(new_console, "recount")]
    assert new_console.ask(
        "SELECT amount FROM balance WHERE location_id = ? AND part_id = ?", place, part
    ) == [(12_500,)]


def test_an_ordered_part_that_has_come_settles_its_task(new_console: Console) -> None:
    before = open_tasks(new_console, "order_part")
    identity, _ = before[0]
    keeper = new_console.visitor("warehouse")
    assert "Noted: it has come." in keeper.send("/tasks", f"/tasks/{identity}/supply").text
    assert len(open_tasks(new_console, "order_part")) == len(before) - 1
    assert keeper.post(f"/tasks/{identity}/count", keeper.proof()).status == 404


def system_says(console: Console, kind: str, on: tuple[str, str], **args: Any) -> None:
    """What only the server itself says."""
    office = console.office
    asked = Asked(id=office.fresh_id(), kind=kind, on=on, args=args)
    body = office.body(asked, SYSTEM, console.now_ms, origin="timer")
    with office.writing() as books:
        (result,) = office.announce(books, [WireOp(lseq=0, id=asked.id, body=body)], console.now_ms)
    assert result.verdict == "applied", result


def wait_for_a_look(console: Console, ticket: str) -> None:
    """Until the server has looked at a ticket: before, it would close what is raised here."""
    looked = "SELECT 1 FROM clock_watch WHERE looked_at IS NOT NULL AND ticket_id = ?"
    deadline = time.monotonic() + 30
    while not console.ask(looked, ticket) and time.monotonic() < deadline:
        time.sleep(0.05)


def test_what_clocks_ask_for_is_told_in_words_with_whom_it_concerns(new_console: Console) -> None:
    ((ticket, number),) = new_console.ask("SELECT id, number FROM ticket ORDER BY id LIMIT 1")
    wait_for_a_look(new_console, str(ticket))
    at = START_MS - 60_000
    told = {"limit": "arrive", "node": "arrive", "due": at, "role": "team_leader"}
    on = ("ticket", str(ticket))
    system_says(new_console, "task.raise", on, code="clock_overdue", params=told)
    late = {**told, "node": "progress"}
    system_says(new_console, "task.raise", on, code="progress_due", params=late)
    page = new_console.visitor().get("/tasks")
    assert "“Arrive on site” was due at 10:29" in page.text
    assert "Team leader" in page.text
    assert f"/tickets/{number}/messages/new?template=progress" in page.page.links()
    assert f"/tickets/{number}" in page.page.links()
    ((task,),) = new_console.ask("SELECT id FROM task WHERE code = 'clock_overdue'")
    system_says(new_console, "task.settle", on, task=task, reason="late")
    closed = new_console.visitor(language="zh").get("/tasks?status=closed").text
    assert "已完成，但超时。" in closed
    assert "clock_overdue" not in closed


def test_tasks_are_shown_for_a_role_and_for_oneself_together_with_a_kind(
    new_console: Console,
) -> None:
    ((ticket,),) = new_console.ask("SELECT id FROM ticket ORDER BY id LIMIT 1")
    wait_for_a_look(new_console, str(ticket))
    for code, role in (
        ("clock_warns", "dispatcher"),
        ("clock_overdue", "team_leader"),
        ("clock_warns", "team_leader"),
    ):
        told = {"limit": f"{code} {role}", "node": "arrive", "due": START_MS, "role": role}
        system_says(new_console, "task.raise", ("ticket", str(ticket)), code=code, params=told)

    def shown(address: str) -> tuple[int, set[str]]:
        page = new_console.visitor().get(address).page
        chosen = {one.text for one in page.all("a") if one["aria-current"] == "page"}
        return len(page.all("div", cls="task-row")), chosen

    everything = shown("/tasks")[0]
    assert shown("/tasks?for=team_leader")[0] == 2
    assert shown("/tasks?for=team_leader&code=clock_overdue")[0] == 1
    assert {"Team leader 1", "Overdue 1"} <= shown("/tasks?for=team_leader&code=clock_overdue")[1]
    assert shown("/tasks?for=mine")[0] == 1
    assert shown("/tasks?for=nobody")[0] == everything >= 3
    none = new_console.visitor().get("/tasks?for=finance")
    assert "Nothing fits what was chosen." in none.text

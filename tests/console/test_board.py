"""The day board shows everybody's day, and a drop says what a form would say."""

from typing import Any

from server.console.board import SETTLES
from tests.console.house import DAY, Console, Visitor


def bars(page: Any) -> list[Any]:
    return list(page.all("a", cls="job"))


def a_visit(console: Console) -> dict[str, Any]:
    """A planned visit of the day that nobody has set off for."""
    rows = console.ask(
        "SELECT w.id, w.number, v.id, v.person_id, v.version, v.planned_from, v.planned_to "
        "FROM visit v JOIN work_order w ON w.id = v.work_order_id "
        "WHERE v.planned_from >= '2026-11-23T13' AND v.planned_from < '2026-11-24' "
        "AND CAST(v.attendance AS text) = '[]' AND w.status = 'assigned' "
        "ORDER BY v.planned_from LIMIT 1"
    )
    names = ("order", "number", "visit", "person", "seen", "from", "to")
    return dict(zip(names, rows[0], strict=True))


def drop(visitor: Visitor, what: dict[str, Any], **said: Any) -> Any:
    """Drop a visit somewhere, as the script does."""
    fields = {
        "order": what["order"],
        "visit": what["visit"],
        "person": what["person"],
        "day": DAY,
        "at": what["from"][11:],
        "minutes": "60",
        "fault": "company",
        "holding": what["person"],
        "seen": str(what["seen"]),
    }
    return visitor.post("/board/drop", {**visitor.proof(), **fields, **said})


def now(console: Console, visit: str) -> Any:
    return console.ask("SELECT person_id, planned_from FROM visit WHERE id = ?", visit)[0]


def somebody_else(console: Console, person: str) -> str:
    return next(one for one in technicians(console) if one != person)


def technicians(console: Console) -> list[str]:
    return [
        str(one)
        for (one,) in console.ask(
            "SELECT id FROM person WHERE CAST(roles AS text) LIKE '%technician%' ORDER BY login"
        )
    ]


def test_every_visit_of_the_day_has_a_bar_in_the_lane_of_its_technician(console: Console) -> None:
    page = console.visitor().get("/board").page
    ((planned,),) = console.ask(
        "SELECT count(*) FROM visit v JOIN work_order w ON w.id = v.work_order_id "
        "WHERE v.planned_from >= '2026-11-23' AND v.planned_from < '2026-11-24' "
        "AND w.status != 'cancelled'"
    )
    assert len(bars(page)) == planned
    assert all(
        any(one.startswith("x") for one in bar["class"].split())
        and any(one.startswith("w") for one in bar["class"].split())
        for bar in bars(page)
    )
    assert len(page.all("svg", cls="nowline")) == 1
    assert "style" not in {name for one in page.root.walk() for name in one.attributes}


def test_jobs_that_nobody_has_wait_in_a_column_the_most_pressing_first(console: Console) -> None:
    page = console.visitor().get("/board").page
    cards = [one.text for one in page.by_id("un").all("a", cls="cardlink")]
    ((waiting,),) = console.ask("SELECT count(*) FROM work_order WHERE status = 'created'")
    assert len(cards) >= waiting
    urgent = ["Emergency" in one or "Urgent" in one for one in cards[:waiting]]
    assert urgent == sorted(urgent, reverse=True)


def test_the_board_goes_from_day_to_day_and_filters_by_zone_and_skill(console: Console) -> None:
    visitor = console.visitor(language="zh")
    assert "11月24日 周二" in visitor.get("/board?day=2026-11-24").text
    everybody = visitor.get("/board").page.all("div", cls="lane-row")
    some = visitor.get("/board?skill=pump").page.all("div", cls="lane-row")
    assert 0 < len(some) < len(everybody)
    assert "没有符合条件的技术人员" in visitor.get("/board?zone=moon").text
    assert visitor.get("/board?day=2026-02-31").status == 200
    assert visitor.get("/board?from=12").page.all("a", cls="job") != []


def test_without_a_script_a_form_behind_each_bar_does_the_same(new_console: Console) -> None:
    visitor = new_console.visitor()
    what = a_visit(new_console)
    at = f"/board/job?order={what['order']}&visit={what['visit']}&day={DAY}"
    form = visitor.get(at).page.form("/board/drop", visit=what["visit"])
    other = somebody_else(new_console, what["person"])
    done = visitor.post("/board/drop", {**form, "person": other, "at": "18:00"})
    assert "was given and planned" in done.text
    assert now(new_console, what["visit"]) == (other, f"{DAY}T18:00")
    visitor.post("/undo", done.page.form("/undo"))
    assert now(new_console, what["visit"]) == (what["person"], what["from"])


def test_a_drop_at_another_time_moves_the_visit_and_is_undone(new_console: Console) -> None:
    visitor = new_console.visitor()
    what = a_visit(new_console)
    moved = drop(visitor, what, at="18:15", fault="customer")
    assert "The visit is moved." in moved.text
    assert now(new_console, what["visit"]) == (what["person"], f"{DAY}T18:15")
    visitor.post("/undo", moved.page.form("/undo"))
    assert now(new_console, what["visit"]) == (what["person"], what["from"])


def test_a_drop_on_somebody_else_gives_them_the_job_and_is_undone(new_console: Console) -> None:
    visitor = new_console.visitor()
    what = a_visit(new_console)
    other = somebody_else(new_console, what["person"])
    length = str(
        int(what["to"][11:13]) * 60
        + int(what["to"][14:])
        - int(what["from"][11:13]) * 60
        - int(what["from"][14:])
    )
    given = drop(visitor, what, person=other, minutes=length)
    assert now(new_console, what["visit"]) == (other, what["from"])
    visitor.post("/undo", given.page.form("/undo"))
    assert now(new_console, what["visit"]) == (what["person"], what["from"])


def test_a_drop_in_the_column_takes_the_job_back(new_console: Console) -> None:
    visitor = new_console.visitor()
    what = a_visit(new_console)
    back = drop(visitor, what, person="")
    assert "Taken back." in back.text
    assert new_console.ask("SELECT status FROM work_order WHERE id = ?", what["order"]) == [
        ("created",)
    ]
    visitor.post("/undo", back.page.form("/undo"))
    assert new_console.ask("SELECT status FROM work_order WHERE id = ?", what["order"]) == [
        ("assigned",)
    ]


def test_a_waiting_job_dropped_on_a_day_is_given_and_planned_once(new_console: Console) -> None:
    visitor = new_console.visitor()
    ((order,),) = new_console.ask(
        "SELECT id FROM work_order WHERE status = 'created' ORDER BY number LIMIT 1"
    )
    person = technicians(new_console)[0]
    card = {"order": order, "visit": "", "person": person, "from": f"{DAY}T17:30", "seen": "0"}
    proof = visitor.proof()
    given = drop(visitor, card, holding="", **proof)
    drop(visitor, card, holding="", **proof)
    assert new_console.ask(
        "SELECT person_id, planned_from, planned_to FROM visit WHERE work_order_id = ?", order
    ) == [(person, f"{DAY}T17:30", f"{DAY}T18:30")]
    back = visitor.post("/undo", given.page.form("/undo")).page
    assert back.by_id(f"c-{order}").text != ""


def test_a_drop_on_what_a_colleague_has_moved_is_refused_and_says_where_it_is(
    new_console: Console,
) -> None:
    visitor = new_console.visitor()
    what = a_visit(new_console)
    new_console.say(
        "visit.move",
        ("work_order", what["order"]),
        visit=what["visit"],
        planned_from="2026-11-23T19:00",
        planned_to="2026-11-23T20:00",
        fault="company",
    )
    refused = drop(visitor, what, at="18:15")
    assert "In the meantime the visit was changed: Mon 23 Nov, 19:00–20:00" in refused.text
    assert now(new_console, what["visit"])[1] == f"{DAY}T19:00"


def test_a_drop_where_it_lay_changes_nothing(console: Console) -> None:
    what = a_visit(console)
    rest = console.ask(
        "SELECT count(*) FROM op WHERE noun = 'work_order' AND on_id = ?", what["order"]
    )
    minutes = int(what["to"][11:13]) * 60 + int(what["to"][14:])
    minutes -= int(what["from"][11:13]) * 60 + int(what["from"][14:])
    said = drop(console.visitor(), what, minutes=str(minutes))
    assert "Nothing was changed." in said.text
    assert rest == console.ask(
        "SELECT count(*) FROM op WHERE noun = 'work_order' AND on_id = ?", what["order"]
    )


def test_a_drop_that_names_nothing_is_refused_and_who_may_not_plan_may_not_drop(
    console: Console,
) -> None:
    what = a_visit(console)
    assert drop(console.visitor(), what, order="no id", visit="").status == 400
    assert drop(console.visitor(), what, at="25:00").status == 400
    assert drop(console.visitor("finance"), what).status == 403
    page = console.visitor("finance").get("/board").page
    assert [one for one in bars(page) if one["href"].startswith("/board/job")] == []


def test_overlapping_visits_are_marked(new_console: Console) -> None:
    what = a_visit(new_console)
    new_console.say(
        "visit.plan",
        ("work_order", what["order"]),
        person=what["person"],
        planned_from=what["from"],
        planned_to=f"{DAY}T20:00",
    )
    page = new_console.visitor().get("/board").page
    assert page.all("span", cls="clashmark") != []
    assert [one for one in bars(page) if "clash" in one["class"].split()] != []


def test_every_act_that_settles_a_task_names_one_there_is(console: Console) -> None:
    groups = console.office.texts.catalogues["en"].groups
    assert set(SETTLES.values()) <= set(groups["plan.task_names"])


def test_a_skill_is_called_by_its_word_in_either_language(console: Console) -> None:
    en, zh = (console.visitor("dispatcher", one).get("/board").text for one in ("en", "zh"))
    assert "Pumps" in en
    assert "水泵" in zh
    assert "hvac" not in en + zh

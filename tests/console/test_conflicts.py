"""Conflicts show both values, which is in force and why, and are decided and undone."""

from typing import Any

from server.office import Asked
from sync.protocol import WireOp
from tests.console.house import Console


def the_conflict(console: Console) -> tuple[str, str]:
    """The id of the demo's open conflict about a priority, and of its job."""
    ((identity, order),) = console.ask(
        "SELECT id, home_id FROM conflict WHERE settled_at IS NULL AND field = 'priority'"
    )
    return str(identity), str(order)


def priority(console: Console, order: str) -> str:
    ((found,),) = console.ask("SELECT priority FROM work_order WHERE id = ?", order)
    return str(found)


def in_force(page: Any) -> str:
    (one,) = page.all("div", cls="stands")
    return str(one.all("div", cls="v")[0].text)


def test_a_conflict_tells_the_old_value_both_values_the_rule_and_what_is_worth_knowing(
    console: Console,
) -> None:
    """C53."""
    identity, _ = the_conflict(console)
    english = console.visitor().get("/conflicts")
    for words in ("Priority was set two ways", "Both had seen", "Normal", "Urgent", "Low"):
        assert words in english.text, words
    assert in_force(english.page) == "Urgent"
    assert "the office's value stands" in english.text
    assert "so it could not have seen the other value" in english.text
    chinese = console.visitor(language="zh").get(f"/conflicts/{identity}")
    for words in ("两处不一致", "双方所见原值", "当前生效", "已保留，未生效", "以公司为准"):
        assert words in chinese.text, words


def test_the_other_value_is_brought_back_and_that_is_undone(new_console: Console) -> None:
    """C52, R13."""
    identity, order = the_conflict(new_console)
    visitor = new_console.visitor()
    at = f"/conflicts/{identity}"
    swapped = visitor.send(at, at, {"choice": "swap"})
    assert "Decided." in swapped.text
    assert priority(new_console, order) == "low"
    assert in_force(swapped.page) == "Low"
    back = visitor.post("/undo", swapped.page.form("/undo"))
    assert "Taken back." in back.text
    assert priority(new_console, order) == "urgent"
    settled = visitor.get("/conflicts?status=settled")
    assert "Priority was set two ways" in settled.text


def test_what_stands_is_kept_and_the_list_is_empty_then(new_console: Console) -> None:
    """C52."""
    identity, order = the_conflict(new_console)
    visitor = new_console.visitor()
    at = f"/conflicts/{identity}"
    kept = visitor.send(at, at, {"choice": "keep"})
    assert "kept what stands" in kept.text
    assert priority(new_console, order) == "urgent"
    assert "No conflict is open" in visitor.get("/conflicts").text


def test_what_a_colleague_has_decided_meanwhile_is_not_decided_again(new_console: Console) -> None:
    """C52."""
    identity, order = the_conflict(new_console)
    visitor = new_console.visitor()
    at = f"/conflicts/{identity}"
    form = visitor.get(at).page.form(at, choice="swap")
    new_console.say("conflict.settle", ("work_order", order), conflict=identity, choice="keep")
    assert "Somebody has decided this in the meantime" in visitor.post(at, form).text
    assert priority(new_console, order) == "urgent"


def test_a_value_written_since_is_told_before_one_decides(new_console: Console) -> None:
    identity, order = the_conflict(new_console)
    new_console.say("edit", ("work_order", order), fields={"priority": ["urgent", "emergency"]})
    page = new_console.visitor().get(f"/conflicts/{identity}")
    assert "Now it is: Emergency" in page.text


def test_a_step_that_came_too_late_is_a_conflict_about_the_state(new_console: Console) -> None:
    rows = new_console.ask(
        "SELECT w.id, a.person_id FROM work_order w JOIN assignment a ON a.work_order_id = w.id "
        "WHERE w.status = 'assigned' AND a.until_ms IS NULL ORDER BY w.number LIMIT 1"
    )
    order, person = rows[0]
    new_console.template.people["driver"] = person
    new_console.say("work_order.cancel", ("work_order", order), reason="twice")
    identity = new_console.office.fresh_id()
    told = {"outcome": "done", "work_done": "All fixed"}
    asked = Asked(id=identity, kind="work_order.complete", on=("work_order", order), args=told)
    body = new_console.office.body(asked, person, new_console.now_ms)
    (result,) = new_console.office.receive(
        [WireOp(lseq=0, id=identity, body=body)], person, new_console.now_ms
    )
    assert result.verdict == "conflict"
    page = new_console.visitor().get("/conflicts")
    assert "The state of the job was set two ways" in page.text
    assert "A report of the work came with it." in page.text
    assert in_force(page.page) == "Cancelled"
    (stands,) = page.page.all("div", cls="stands")
    ((name,),) = new_console.ask(
        "SELECT name FROM person WHERE id = ?", new_console.template.people["dispatcher"]
    )
    assert name in stands.text


def test_a_conflict_about_a_site_tells_who_wrote_both_values(new_console: Console) -> None:
    rows = new_console.ask(
        "SELECT w.id, w.site_id, a.person_id, s.contact_phone FROM work_order w "
        "JOIN assignment a ON a.work_order_id = w.id JOIN site s ON s.id = w.site_id "
        "WHERE w.status = 'assigned' AND a.until_ms IS NULL ORDER BY w.number LIMIT 1"
    )
    order, site, person, seen = rows[0]
    new_console.say("edit", ("site", site), fields={"contact_phone": [seen, "13900001111"]})
    told = {"fields": {"contact_phone": [seen, "13900002222"]}, "work_order": order}
    identity = new_console.office.fresh_id()
    asked = Asked(id=identity, kind="edit", on=("site", site), args=told)
    body = new_console.office.body(asked, person, new_console.now_ms)
    (result,) = new_console.office.receive(
        [WireOp(lseq=0, id=identity, body=body)], person, new_console.now_ms
    )
    assert result.verdict == "conflict"
    page = new_console.visitor().get("/conflicts").page
    lines = [row.text for row in page.all("table", cls="evt")[0].all("tr")[1:]]
    assert len(lines) == 2
    assert "13900002222" in lines[0] + lines[1]
    assert "13900001111" in lines[0] + lines[1]
    (lost,) = [one for one in page.all("div", cls="val") if "kept, not in force" in one.text]
    assert "an earlier value" not in lost.text


def test_a_conflict_nobody_knows_and_who_may_not_see_any(console: Console) -> None:
    """R13."""
    nobody = "00000000-0000-7000-8000-000000000000"
    assert console.visitor().get(f"/conflicts/{nobody}").status == 404
    assert console.visitor("finance").get("/conflicts").status == 403
    assert console.visitor().get("/conflicts?after=nonsense").status == 400


def test_the_demo_companys_office_speaks_at_the_console(new_console: Console) -> None:
    told = new_console.ask(
        "SELECT o.origin, count(*) FROM op o JOIN person p ON p.id = o.by_id "
        "WHERE CAST(p.roles AS text) LIKE '%dispatcher%' "
        "OR CAST(p.roles AS text) LIKE '%warehouse%' GROUP BY o.origin"
    )
    assert [origin for origin, _ in told] == ["console"]


def test_a_story_tells_how_a_conflict_was_decided(new_console: Console) -> None:
    ((conflict, order),) = new_console.ask(
        "SELECT c.id, w.id FROM conflict c JOIN work_order w ON w.id = c.home_id"
    )
    ((number,),) = new_console.ask("SELECT number FROM work_order WHERE id = ?", order)
    for choice in ("swap", "keep"):
        new_console.say(
            "conflict.settle", ("work_order", order), conflict=conflict, choice=choice, loser=0
        )
    told = new_console.visitor().get(f"/work-orders/{number}").text
    assert "Conflict settled: the other value was brought back" in told
    assert "Conflict settled: what stands was kept" in told
    zh = new_console.visitor("dispatcher", "zh").get(f"/work-orders/{number}").text
    assert "冲突已处理：换回另一个值" in zh

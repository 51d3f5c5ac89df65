"""The page of a job tells everything about it, and proves its story leaf by leaf."""

from tests.console.house import Console


def a_job(console: Console, status: str) -> tuple[str, str]:
    """The id and number of the newest job in a status."""
    rows = console.ask(
        "SELECT id, number FROM work_order WHERE status = ? ORDER BY number DESC LIMIT 1", status
    )
    identity, number = rows[0]
    return str(identity), str(number)


def test_the_page_tells_facts_checks_visits_and_the_whole_story_in_both_languages(
    console: Console,
) -> None:
    _, number = a_job(console, "done")
    english = console.visitor().get(f"/work-orders/{number}")
    chinese = console.visitor(language="zh").get(f"/work-orders/{number}")
    assert (english.status, chinese.status) == (200, 200)
    for word in ("Facts", "Accepted", "Arrived on site", "Visit ended", "Visits", "Parts", "Notes"):
        assert word in english.text, word
    for word in ("概况", "已接单", "到达现场", "上门结束", "配件", "备注"):
        assert word in chinese.text, word


def test_a_story_has_a_line_per_op_with_its_verdict_and_leaf(console: Console) -> None:
    identity, number = a_job(console, "done")
    page = console.visitor().get(f"/work-orders/{number}").page
    lines = [one for one in page.all("tr") if one["id"].startswith("op-")]
    ((ops,),) = console.ask(
        "SELECT count(*) FROM op WHERE noun = 'work_order' AND on_id = ?", identity
    )
    assert len(lines) == ops
    assert all("Done" in one.text for one in lines)
    assert len([link for link in page.links() if "/verify/" in link]) == ops


def test_what_came_later_than_it_was_done_is_marked_as_written_offline(console: Console) -> None:
    _, number = a_job(console, "done")
    assert "Written down offline" in console.visitor().get(f"/work-orders/{number}").text


def test_all_leaves_and_each_one_are_proven_against_the_signed_head(console: Console) -> None:
    _, number = a_job(console, "done")
    visitor = console.visitor()
    page = visitor.get(f"/work-orders/{number}/verify").page
    assert "proven against the signed head" in page.text
    one = next(link for link in page.links() if "/verify/" in link)
    leaf = visitor.get(one)
    assert leaf.status == 200
    assert "steps to the root" in leaf.text
    assert '"op_id"' in leaf.text


def test_a_change_behind_the_back_is_told_beside_its_line(new_console: Console) -> None:
    identity, number = a_job(new_console, "done")
    with new_console.office.writing() as books:
        books.exec_driver_sql(
            "UPDATE op SET verdict = 'rejected' WHERE op_id = (SELECT op_id FROM op "
            "WHERE noun = 'work_order' AND on_id = ? AND kind = 'work_order.arrive' LIMIT 1)",
            (identity,),
        )
    page = new_console.visitor().get(f"/work-orders/{number}/verify")
    assert "1 leaf does not hold" in page.text
    assert "The action was changed behind the log" in page.text


def test_who_only_looks_is_offered_no_act(console: Console) -> None:
    _, number = a_job(console, "assigned")
    page = console.visitor("finance").get(f"/work-orders/{number}").page
    forms = [form["action"] for form in page.all("form") if form["method"] == "post"]
    assert [one for one in forms if one.startswith("/work-orders")] == []
    assert console.visitor("finance").get(f"/work-orders/{number}/assign").status == 403
    assert console.visitor("finance").get(f"/work-orders/{number}/verify").status == 403


def test_a_job_nobody_knows_is_not_found(console: Console) -> None:
    assert console.visitor().get("/work-orders/WO-99-999999").status == 404


def test_parts_are_found_planned_dropped_and_planned_again(new_console: Console) -> None:
    visitor = new_console.visitor()
    _, number = a_job(new_console, "assigned")
    at = f"/work-orders/{number}/parts"
    form = visitor.get(f"{at}?q=AFL-01").page.form(at, quantity="1")
    done = visitor.post(at, {**form, "quantity": "2", "as": "plan"})
    assert "The part is planned." in done.text
    assert "2 pc" in done.text
    dropped = visitor.send(f"/work-orders/{number}", f"{at}/unplan")
    assert "Dropped from the plan." in dropped.text
    back = dropped.page.form("/undo")
    assert "Taken back." in visitor.post("/undo", back).text


def test_a_part_nobody_has_is_ordered_in_words_and_a_wrong_quantity_loses_nothing(
    new_console: Console,
) -> None:
    visitor = new_console.visitor()
    _, number = a_job(new_console, "assigned")
    at = f"/work-orders/{number}/parts"
    form = visitor.get(f"{at}?q=golden%20gear").page.form(at, quantity="1")
    wrong = visitor.post(at, {**form, "quantity": "0", "note": "for the lid", "as": "order"})
    assert wrong.status == 422
    kept = wrong.page.form(at, quantity="0")
    assert (kept["note"], kept["text"]) == ("for the lid", "golden gear")
    done = visitor.post(at, {**kept, "quantity": "1", "as": "order"})
    assert "golden gear" in done.text
    assert "It has come" in done.text


def test_a_note_is_kept_once_however_often_it_is_sent(new_console: Console) -> None:
    visitor = new_console.visitor()
    identity, number = a_job(new_console, "assigned")
    at = f"/work-orders/{number}/note"
    form = {**visitor.get(f"/work-orders/{number}").page.form(at), "text": "Ring twice"}
    visitor.post(at, form)
    assert "Ring twice" in visitor.post(at, form).text
    assert new_console.ask(
        "SELECT count(*) FROM note WHERE work_order_id = ? AND text = 'Ring twice'", identity
    ) == [(1,)]


def test_a_job_is_cancelled_with_a_reason_only(new_console: Console) -> None:
    visitor = new_console.visitor()
    _, number = a_job(new_console, "assigned")
    at = f"/work-orders/{number}/cancel"
    assert visitor.send(at, at, reason=" ").status == 422
    assert "This job was cancelled: solved" in visitor.send(at, at, reason="solved").text

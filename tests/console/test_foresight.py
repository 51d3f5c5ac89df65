"""What may go wrong is foreseen from records, says why, and leads to somebody who goes there."""

import re

from tests.console.house import Console

PATH = "/foresight"


def test_what_the_demo_company_has_is_foreseen_with_its_reasons(console: Console) -> None:
    for language, title, reason in (
        ("en", "Many requests", r"3 requests in 90 days, the last on \w{3} \d+ Nov"),
        ("zh", "频繁报修", r"90 天内报修 3 次，最近一次 11月\d+日 周."),
    ):
        page = console.visitor("dispatcher", language).get(PATH).page
        assert title in page.text
        assert re.search(reason, page.text)
    assert "Again after a repair" in console.visitor().get(PATH).text


def test_one_sign_can_be_looked_at_alone(console: Console) -> None:
    page = console.visitor().get(f"{PATH}?only=due").text
    assert "not looked at since: due after 12 months" in page
    assert "Asked for again" not in page


def test_a_sign_leads_to_its_machine_and_to_a_visit_with_the_reason_in_it(
    new_console: Console,
) -> None:
    visitor = new_console.visitor("dispatcher")
    page = visitor.get(f"{PATH}?only=due").page
    form = page.form("/foresight/plan")
    assert f"/machines/{form['asset']}" in page.links()
    answer = visitor.post("/foresight/plan", {**form})
    assert answer.path.endswith("/work-order")
    ((problem, asset, kind),) = new_console.ask(
        "SELECT problem, asset_id, service_type FROM ticket ORDER BY opened_at DESC LIMIT 1"
    )
    assert (problem, asset, kind) == (form["reason"], form["asset"], "maintenance")
    assert str(problem).startswith("Maintenance: Delivered on ")
    again = visitor.get(f"{PATH}?only=due").page
    assert answer.path.removesuffix("/work-order") in again.links()


def test_a_customer_is_told_with_the_reason_written_in(new_console: Console) -> None:
    visitor = new_console.visitor("customer_service")
    form = visitor.get(f"{PATH}?only=due").page.form("/foresight/tell")
    answer = visitor.post("/foresight/tell", {**form})
    assert "/messages/new" in answer.path
    assert "Maintenance: Delivered on " in answer.text


def test_the_figures_decide_what_is_a_sign(new_console: Console) -> None:
    lead, path = new_console.visitor("service_manager"), "/foresight/figures"
    assert lead.send(path, path, repeat_count="many").status == 422
    assert lead.send(path, path, repeat_count="90").path == path
    assert "3 requests in 90 days" not in lead.get(PATH).text
    ((count,),) = new_console.ask("SELECT repeat_count FROM foresight_rules")
    assert count == 90
    assert "Save the figures" not in new_console.visitor("dispatcher").get(path).text

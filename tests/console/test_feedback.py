"""What customers say is written down at the console, seen to step by step, listed by its time."""

from typing import Any

import pytest

from server import presets
from server.console.feedback_steps import FORMS
from shared.feedback import KINDS_OF, NOT_SOLVED, task_id
from tests.console.house import HOUR_MS, MINUTE_MS, Console
from tests.console.test_progress import said
from tests.console.test_score import resolved


@pytest.fixture
def house(new_console: Console) -> Console:
    """A console of one's own, whose requests are under the recommended policy."""
    presets.publish(new_console.office, "test", chosen="p-default", since="2026-01-01")
    return new_console


def written(house: Console, number: str, **told: Any) -> str:
    """What a customer says of a ticket, written down by customer service; its id."""
    action = f"/tickets/{number}/feedback"
    kind = told.pop("kind", "complaint")
    form = {"text": "约好九点，十一点才到", "means": "phone", **told}
    answer = house.visitor("customer_service").send(f"{action}?kind={kind}", action, **form)
    assert answer.status == 200, answer.text
    ((identity,),) = house.ask("SELECT id FROM feedback ORDER BY at DESC, id LIMIT 1")
    house.now_ms += MINUTE_MS
    return str(identity)


def step(
    house: Console, identity: str, does: str, role: str = "service_manager", **told: Any
) -> Any:
    action = f"/feedback/{identity}/{does}"
    house.now_ms += MINUTE_MS
    return house.visitor(role).send(action, action, **told)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_and_every_step_has_a_form_in_both_languages(
    house: Console, language: str
) -> None:
    number, _, _ = resolved(house)
    visitor = house.visitor("administrator", language)
    for kind in KINDS_OF:
        page = visitor.get(f"/tickets/{number}/feedback?kind={kind}")
        assert page.page.form(f"/tickets/{number}/feedback"), kind
    drawn = set()
    told = {"score": {"score": "2"}, "suggestion": {}, "complaint": {}, "issue": {}, "finding": {}}
    for kind, more in told.items():
        identity = written(house, number, kind=kind, **more)
        for does in FORMS:
            page = visitor.get(f"/feedback/{identity}/{does}")
            if page.status == 200:
                assert page.page.form(f"/feedback/{identity}/{does}")
                drawn.add(does)
    assert drawn == set(FORMS) - {"take-up", "close"}


def test_a_complaint_goes_its_way_from_the_page_of_its_ticket(house: Console) -> None:
    """R-CMP-02, R-CMP-03, R-CMP-05, R-COM-09."""
    number, _, _ = resolved(house)
    identity = written(house, number, said_by="陈美玲", type="delay", grade="general")
    page = house.visitor().get(f"/tickets/{number}")
    assert "约好九点，十一点才到" in page.text
    assert f"/feedback/{identity}/contact" in page.page.links()
    assert f"/feedback/{identity}/plan" not in page.page.links()[:1]
    step(
        house, identity, "contact", "customer_service", means="phone", reached="yes", understood="y"
    )
    step(house, identity, "plan", "customer_service", means="phone", text="明天组长上门")
    step(house, identity, "result", "customer_service", means="phone", text="已改派")
    early = step(house, identity, "close", "customer_service", confirmations="done")
    assert (early.status, "three confirmations is missing" in early.text) == (422, True)
    done = house.visitor("customer_service").send(
        f"/feedback/{identity}/close", f"/feedback/{identity}/close", confirmations=["done", "told"]
    )
    assert done.path == f"/tickets/{number}"
    ((state,),) = house.ask("SELECT state FROM feedback WHERE id = ?", identity)
    assert state == "closed"
    story = house.visitor().get(f"/tickets/{number}").text
    for line in ("wrote down what the customer said", "told the customer what came of it"):
        assert line in story


def test_the_open_ones_are_listed_with_what_is_due_first_first(house: Console) -> None:
    number, _, _ = resolved(house)
    written(house, number, kind="issue", text="Third: the issue")
    written(house, number, kind="suggestion", text="Second: the suggestion")
    written(house, number, text="First: the complaint")
    texts = house.visitor("customer_service").get("/feedback").text
    places = [texts.index(one) for one in ("First:", "Second:", "Third:")]
    assert places == sorted(places)
    only = house.visitor("customer_service").get("/feedback?kind=issue").text
    assert ("Third:" in only, "First:" in only) == (True, False)
    assert house.visitor().get("/feedback?kind=nothing").status == 400


def test_what_has_come_to_its_end_stands_apart(house: Console) -> None:
    number, _, _ = resolved(house)
    identity = written(house, number)
    step(house, identity, "take-back", "customer_service", reason="误会")
    visitor = house.visitor("customer_service")
    assert "约好九点" not in visitor.get("/feedback").text
    assert "约好九点" in visitor.get("/feedback?show=closed").text


def test_only_the_manager_calls_about_a_low_score(house: Console) -> None:
    """R-SLA-15."""
    number, _, _ = resolved(house)
    identity = written(house, number, kind="score", score="2", text="等了太久")
    action = f"/feedback/{identity}/call"
    assert house.visitor("customer_service").get(action).status == 404
    form = house.visitor("service_manager").get(action).page.form(action)
    assert house.visitor("customer_service").post(action, form).status == 403
    half = step(house, identity, "call", means="phone", reached="yes", cause="配件晚到")
    assert (half.status, "配件晚到" in half.text) == (422, True)
    told = {"means": "phone", "reached": "yes", "cause": "配件晚到", "measure": "备货"}
    assert step(house, identity, "call", **told).path == f"/tickets/{number}"
    ((cause, measure),) = house.ask("SELECT cause, measure FROM feedback WHERE id = ?", identity)
    assert (cause, measure) == ("配件晚到", "备货")


def test_not_solved_is_taken_up_again_with_one_click(house: Console) -> None:
    number, ticket, _ = resolved(house)
    identity = written(house, number, kind="score", score="3", solved="no", text="")
    assert f"/feedback/{identity}/take-up" in house.visitor().get(f"/tickets/{number}").page.links()
    step(house, identity, "take-up", "dispatcher", reason="客户说没修好")
    assert house.ask("SELECT status FROM ticket WHERE number = ?", number) == [("in_progress",)]
    about = task_id(identity, NOT_SOLVED, ticket)
    assert house.ask("SELECT done FROM task WHERE id = ?", about) == [(True,)]


def test_a_request_that_is_a_complaint_is_offered_to_be_written_down_as_one(
    house: Console,
) -> None:
    number, ticket, _ = resolved(house, "Nobody came")
    assert "This request is a complaint" not in house.visitor().get(f"/tickets/{number}").text
    said(house, "ticket.classify", ("ticket", ticket), {"kind": "complaint"}, "dispatcher")
    page = house.visitor().get(f"/tickets/{number}")
    assert "This request is a complaint" in page.text
    form = (
        house.visitor().get(f"/tickets/{number}/feedback").page.form(f"/tickets/{number}/feedback")
    )
    assert form["text"] == "Nobody came"


def test_the_plan_may_be_told_by_a_message_that_names_what_it_is_about(house: Console) -> None:
    number, ticket, _ = resolved(house)
    identity = written(house, number)
    page = house.visitor("customer_service").get(f"/feedback/{identity}/plan").page
    (link,) = [one for one in page.links() if "messages/new" in one]
    asked = house.visitor("customer_service").get(link).page.form(f"/tickets/{number}/messages/new")
    assert (asked["template"], asked["feedback"]) == ("complaint_plan", identity)
    text = "【江州冷暖】处理方案：组长上门"
    form = {**asked, "p_what": "组长上门", "text": text, "channel": "copy"}
    answer = house.visitor("customer_service").post(f"/tickets/{number}/messages/new", form)
    assert answer.path == f"/tickets/{number}"
    ((message,),) = house.ask("SELECT id FROM message WHERE feedback_id = ?", identity)
    said(house, "message.send", ("message", message), {"channel": "copy"}, "customer_service")
    ((events,),) = house.ask(
        "SELECT events FROM ticket_event WHERE about = ? AND note = ?", identity, "组长上门"
    )
    assert "plan_told" in str(events)
    assert ticket


def test_two_complaints_stand_on_the_clock_sheet_each_with_when_it_was_said(
    house: Console,
) -> None:
    number, _, _ = resolved(house)
    written(house, number)
    house.now_ms += HOUR_MS
    written(house, number, text="还收错了费")
    sheet = house.visitor().get(f"/tickets/{number}/clocks").text
    assert sheet.count("(said today, ") >= 2 or sheet.count("(said ") >= 6


@pytest.mark.parametrize("role", ["technician", "warehouse", "finance"])
def test_who_has_nothing_to_do_with_it_does_not_see_it(console: Console, role: str) -> None:
    assert console.visitor(role).get("/feedback").status == 403


def test_what_was_said_stands_on_the_page_of_its_ticket_for_whoever_may_read_it(
    house: Console,
) -> None:
    number, _, _ = resolved(house)
    written(house, number, text="He smoked in the cellar", said_by="Chen Hui")
    seen = {
        role: "He smoked" in house.visitor(role).get(f"/tickets/{number}").text
        for role in ("dispatcher", "inspector", "warehouse", "finance")
    }
    assert seen == {"dispatcher": True, "inspector": True, "warehouse": False, "finance": False}


def test_nothing_is_asked_of_what_nobody_said(console: Console) -> None:
    visitor = console.visitor("administrator")
    for path in ("/feedback/no/contact", "/tickets/T-26-999999/feedback"):
        assert visitor.get(path).status == 404
    number = console.ask("SELECT number FROM ticket WHERE number IS NOT NULL LIMIT 1")[0][0]
    assert visitor.get(f"/tickets/{number}/feedback?kind=x").status == 404


@pytest.mark.parametrize(("role", "reads"), [("finance", False), ("inspector", True)])
def test_a_ticket_says_what_a_customer_complains_of_only_to_who_may_read_that(
    house: Console, role: str, reads: bool
) -> None:
    number, ticket, _ = resolved(house)
    identity = written(house, number, kind="complaint", text="师傅当场骂人")
    told = {"ticket": ticket, "template": "complaint_answer", "text": "我们向您道歉"}
    house.say("message.queue", ("message", ""), **told, language="zh", feedback=identity)
    visitor = house.visitor(role)
    pages = [visitor.get(f"/tickets/{number}"), visitor.get(f"/tickets?tab=all&open={number}")]
    assert [page.status for page in pages] == [200, 200]
    shown = ["我们向您道歉" in pages[0].text, "师傅当场骂人" in pages[0].text]
    assert shown == [reads, reads]
    assert "师傅当场骂人" not in pages[1].text or reads

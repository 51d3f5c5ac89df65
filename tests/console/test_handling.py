"""What the desk does with a request at the console: each verb a form, each act a line."""

import pytest

from server.console.verbs import VERBS
from tests.console.house import Console
from tests.console.test_ticket import unplanned


def story(console: Console, number: str) -> list[str]:
    page = console.visitor().get(f"/tickets/{number}").page
    return [one.text for one in page.all("ol", cls="feed")[0].all("li")]


@pytest.mark.parametrize("does", sorted(VERBS))
def test_every_verb_of_the_desk_has_a_form_in_both_languages(console: Console, does: str) -> None:
    number, action = unplanned(console), f"/tickets/{unplanned(console)}/say/{does}"
    for language in ("en", "zh"):
        page = console.visitor("administrator", language).get(action).page
        assert page.form(action), number


def test_a_first_response_is_a_line_of_the_story_and_is_not_asked_again(
    new_console: Console,
) -> None:
    ((number,),) = new_console.ask(
        "SELECT number FROM ticket WHERE status = 'new' AND NOT EXISTS (SELECT 1 FROM ticket_event "
        "WHERE ticket_id = ticket.id AND what = 'ticket.acknowledge') ORDER BY number LIMIT 1"
    )
    action = f"/tickets/{number}/say/acknowledge"
    visitor = new_console.visitor("customer_service")
    assert action in visitor.get(f"/tickets/{number}").page.links()
    answer = visitor.send(action, action, note="We are on it")
    assert answer.path == f"/tickets/{number}"
    assert "gave the customer a first response" in story(new_console, number)[0]
    assert "We are on it" in story(new_console, number)[0]
    assert action not in visitor.get(f"/tickets/{number}").page.links()


def test_a_class_gives_the_priority_and_says_why(new_console: Console) -> None:
    """R-CLS-11: derived, and a person may overrule it."""
    number = unplanned(new_console)
    action, visitor = f"/tickets/{number}/say/classify", new_console.visitor()
    visitor.send(action, action, kind="fault", urgency="urgent", impact="many")
    page = visitor.get(f"/tickets/{number}").text
    assert "Emergency (urgent, many customers or a key process are affected)" in page
    visitor.send(action, action, kind="fault", urgency="urgent", priority="low")
    assert "Low (set by a person)" in visitor.get(f"/tickets/{number}").text


def test_what_is_refused_is_drawn_again_as_it_was_typed(new_console: Console) -> None:
    number = unplanned(new_console)
    action = f"/tickets/{number}/say/scope"
    answer = new_console.visitor().send(action, action, scope="out", reason="Not ours", means="")
    assert answer.status == 422
    assert "Not ours" in answer.text
    answer = new_console.visitor().send(action, action, scope="out", reason="Not ours", means="sms")
    assert answer.path == f"/tickets/{number}"
    ((status,),) = new_console.ask("SELECT status FROM ticket WHERE number = ?", number)
    assert status == "refused"


def test_a_repeat_is_linked_by_its_number(new_console: Console) -> None:
    number = unplanned(new_console)
    action, visitor = f"/tickets/{number}/say/link", new_console.visitor()
    assert "There is no ticket of this number" in visitor.send(action, action, ticket="T-1").text
    ((other, own),) = new_console.ask(
        "SELECT number, id FROM ticket WHERE number <> ? ORDER BY number LIMIT 1", number
    )
    visitor.send(action, action, ticket=other)
    ((linked,),) = new_console.ask("SELECT repeat_of FROM ticket WHERE number = ?", number)
    assert linked == own


def test_an_exception_is_for_those_who_may_approve_it(new_console: Console) -> None:
    """R-SLA-03."""
    number = unplanned(new_console)
    action = f"/tickets/{number}/say/excuse"
    assert new_console.visitor("customer_service").get(action).status == 403
    assert (
        action not in new_console.visitor("customer_service").get(f"/tickets/{number}").page.links()
    )
    new_console.visitor("service_manager").send(action, action, limit="arrive", reason="weather")
    assert "arrive · Weather" in new_console.visitor().get(f"/tickets/{number}").text


def test_there_is_no_form_for_what_nobody_can_say(console: Console) -> None:
    addresses = (f"/tickets/{unplanned(console)}/say/nothing", "/tickets/T-26-999999/say/chase")
    assert [console.visitor().get(one).status for one in addresses] == [404, 404]


def test_a_request_is_classified_as_it_is_written_down(new_console: Console) -> None:
    """R-CLS-01."""
    ((site,),) = new_console.ask("SELECT id FROM site ORDER BY id LIMIT 1")
    visitor, new = new_console.visitor("customer_service"), "/tickets/new"
    form = visitor.get(f"{new}?site={site}").page.form(new)
    answer = visitor.post(new, {**form, "problem": "Leaks", "kind": "fault", "urgency": "urgent"})
    number = answer.path.rpartition("/")[2]
    ((kind, urgency, complexity, priority),) = new_console.ask(
        "SELECT kind, urgency, complexity, priority FROM ticket WHERE number = ?", number
    )
    assert (kind, urgency, complexity, priority) == ("fault", "urgent", "", "urgent")

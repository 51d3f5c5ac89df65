"""A customer scores what was done by the link to their request: once, and corrected for a while."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server import presets
from server.portal.progress import SCORES, SCORES_OF_ONE
from shared.feedback import CORRECTED_MS
from tests.console.beginnings import before_anything_was_said
from tests.console.house import HOUR_MS, Answer, Console, Visitor
from tests.console.test_progress import follow, link, said

DAY_MS = 24 * HOUR_MS
GIVEN = {"score": "4", "text": "师傅很细心", "solved": "yes", "speed": "5"}


@pytest.fixture
def house(new_console: Console) -> Console:
    """A console of one's own, whose requests are under the recommended policy; nobody said
    anything yet.
    """
    presets.publish(new_console.office, "test", chosen="p-default", since="2026-01-01")
    before_anything_was_said(new_console)
    return new_console


def resolved(house: Console, problem: str = "It leaks") -> tuple[str, str, str]:
    """The number, the id and the link of a request that is done."""
    ((customer, site),) = house.ask(
        "SELECT customer_id, id FROM site WHERE time_zone = 'Asia/Shanghai' ORDER BY id LIMIT 1"
    )
    opened = {"customer": customer, "site": site, "problem": problem, "channel": "phone"}
    said(house, "ticket.open", ("ticket", ""), {**opened, "priority": "normal"}, "dispatcher")
    ((number, ticket),) = house.ask("SELECT number, id FROM ticket WHERE problem = ?", problem)
    done = {"means": "phone", "text": "Reset by phone"}
    said(house, "ticket.resolve", ("ticket", ticket), done, "dispatcher")
    return number, ticket, link(house, number)


def give(house: Console, token: str, form: Mapping[str, str], language: str = "en") -> Answer:
    visitor = Visitor(house, None, language)
    visitor.client.cookies.clear()
    told = {"accept-language": language}
    return Answer(visitor.client.post(f"/t/{token}/score", data=dict(form), headers=told))


def scores(house: Console) -> list[tuple[Any, ...]]:
    return house.ask("SELECT score, text, solved, state, means FROM feedback ORDER BY at")


def events(house: Console, ticket: str) -> list[str]:
    found = house.ask("SELECT events FROM ticket_event WHERE ticket_id = ? ORDER BY at, id", ticket)
    return [event for (told,) in found for event in _list(told)]


def _list(told: Any) -> list[str]:
    return list(json.loads(told) if isinstance(told, str) else told)


@pytest.mark.parametrize(
    ("language", "title", "thanks"),
    [("en", "How did we do?", "4 of 5"), ("zh", "请评价本次服务", "4 分（满分 5 分）")],
)
def test_what_was_done_is_scored_on_the_customer_s_page_in_both_languages(
    house: Console, language: str, title: str, thanks: str
) -> None:
    """R-INT-21, R-COM-07, R-SAT-02."""
    _, ticket, token = resolved(house)
    page = follow(house, token, language)
    assert (page.status, title in page.text) == (200, True)
    answer = give(house, token, GIVEN, language)
    assert (answer.status, thanks in answer.text, "师傅很细心" in answer.text) == (200, True, True)
    ((score, text, solved, state, means),) = scores(house)
    assert (score, text, solved, state, means) == (4, "师傅很细心", "yes", "closed", "link")
    assert {"surveyed", "called_back"} <= set(events(house, ticket))


def test_a_request_that_is_not_done_asks_for_no_score_and_takes_none(house: Console) -> None:
    ((number,),) = house.ask("SELECT number FROM ticket WHERE status = 'planned' LIMIT 1")
    token = link(house, number)
    assert "How did we do?" not in follow(house, token).text
    assert give(house, token, GIVEN).status == 404
    assert give(house, "A" * 43, GIVEN).status == 404
    assert scores(house) == []


def test_a_score_that_is_sent_again_and_at_once_is_there_once(house: Console) -> None:
    _, ticket, token = resolved(house)
    assert [give(house, token, GIVEN).status for _ in range(3)] == [200] * 3
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: give(house, token, GIVEN).status, range(4)))
    assert again == [200] * 4
    assert len(scores(house)) == 1
    assert events(house, ticket).count("surveyed") == 1


def test_a_score_is_corrected_for_a_week_and_stands_then(house: Console) -> None:
    _, _, token = resolved(house)
    give(house, token, GIVEN)
    assert "Correct it" in follow(house, token).text
    house.now_ms += DAY_MS
    for _ in range(2):
        give(house, token, {**GIVEN, "score": "5", "text": "还是满分"})
    assert [row[:2] for row in scores(house)] == [(5, "还是满分")]
    house.now_ms += CORRECTED_MS
    assert "Correct it" not in follow(house, token).text
    late = give(house, token, GIVEN)
    assert (late.status, "for seven days" in late.text) == (422, True)
    assert [row[0] for row in scores(house)] == [5]


def test_a_score_below_three_is_the_manager_s_within_two_days(house: Console) -> None:
    """R-SLA-15."""
    _, ticket, token = resolved(house)
    answer = give(house, token, {"score": "2", "text": "等了太久"})
    assert "A manager calls you by Wed 25 Nov, 10:30" in answer.text
    ((role, about),) = [
        (_map(params)["role"], _map(params)["about"])
        for (params,) in house.ask(
            "SELECT params FROM task WHERE code = 'low_score' AND home_id = ?", ticket
        )
    ]
    ((identity,),) = house.ask("SELECT id FROM feedback")
    assert (role, about) == ("service_manager", identity)


def _map(told: Any) -> dict[str, Any]:
    return dict(json.loads(told) if isinstance(told, str) else told)


def test_not_solved_is_offered_to_be_taken_up_and_then_may_be_scored_anew(house: Console) -> None:
    number, ticket, token = resolved(house)
    answer = give(house, token, {"score": "3", "solved": "no"})
    assert "not solved. We call you" in answer.text
    assert house.ask("SELECT count(*) FROM task WHERE code = 'not_solved'") == [(1,)]
    ((feedback,),) = house.ask("SELECT id FROM feedback")
    again = {"reason": "客户说没修好", "feedback": feedback}
    said(house, "ticket.take_up", ("ticket", ticket), again, "dispatcher")
    assert "How did we do?" not in follow(house, token).text
    house.now_ms += HOUR_MS
    done = {"means": "phone", "text": "Now it is"}
    said(house, "ticket.resolve", ("ticket", ticket), done, "dispatcher")
    assert "How did we do?" in follow(house, token).text
    give(house, token, {"score": "5", "solved": "yes"})
    assert [row[0] for row in scores(house)] == [3, 5]
    assert number


@pytest.mark.parametrize(
    "form",
    [
        {"text": "no score"},
        {"score": "6", "text": "no score"},
        {"score": "0", "text": "no score"},
        {"score": "4; DROP TABLE feedback", "text": "no score"},
        {"score": "５", "text": "no score"},
    ],
)
def test_without_a_score_of_one_to_five_nothing_is_kept_and_nothing_typed_is_lost(
    house: Console, form: dict[str, str]
) -> None:
    _, _, token = resolved(house)
    answer = give(house, token, form)
    assert (answer.status, "choose a score" in answer.text, "no score" in answer.text) == (
        422,
        True,
        True,
    )
    assert scores(house) == []


def test_what_somebody_types_is_shown_as_text(house: Console) -> None:
    _, _, token = resolved(house)
    nasty = "<script>alert(1)</script>\u202e\x07 好"
    answer = give(house, token, {"score": "1", "text": nasty, "manner": "9", "solved": "maybe"})
    assert answer.status == 200
    assert "<script>" not in answer.response.text
    assert scores(house)[0][1] == "<script>alert(1)</script> 好"


def test_nobody_scores_very_often(house: Console) -> None:
    _, _, token = resolved(house)
    many, _ = SCORES
    for _ in range(many):
        give(house, "A" * 43, GIVEN)
    with house.office.writing():  # it waits for nobody, as it writes nothing
        told = give(house, token, GIVEN)
    assert (told.status, int(told.headers["retry-after"]) > 0) == (429, True)
    house.office.turnstile._windows.clear()  # as another process would have it
    assert give(house, token, GIVEN).status == 429
    assert scores(house) == []
    house.now_ms += HOUR_MS + 1
    for place in range(SCORES_OF_ONE[0]):
        assert give(house, token, {**GIVEN, "text": str(place % 2)}).status == 200
    house.now_ms += HOUR_MS + 1
    assert give(house, token, GIVEN).status == 429
    house.now_ms += DAY_MS
    assert give(house, token, GIVEN).status == 200


def test_a_form_that_is_no_form_is_none(house: Console) -> None:
    _, _, token = resolved(house)
    visitor = Visitor(house, None, "en")
    answer = visitor.client.post(f"/t/{token}/score", content=b"\xff\xfe score=4")
    assert answer.status_code == 422
    big = visitor.client.post(f"/t/{token}/score", content=b"text=" + b"x" * 70_000)
    assert big.status_code == 413
    assert scores(house) == []

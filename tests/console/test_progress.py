"""A customer follows their own request by a link that nobody can guess, and nothing else."""

import re
from typing import Any

import pytest

from server import presets
from server.links import TOKEN_CHARS
from server.office import Asked
from server.portal.progress import SHOWN_MS, TRIES
from shared.ids import derive
from tests.console.house import HOUR_MS, Answer, Console, Visitor

HOSTILE = (
    *("A" * TOKEN_CHARS, "A" * 4_000, "-", "%00", "' OR 1=1 --", "<script>alert(1)</script>"),
    *("..%2f..%2fetc%2fpasswd", "_" * TOKEN_CHARS, "𝟟" * TOKEN_CHARS, "é" * TOKEN_CHARS),
)


@pytest.fixture
def house(new_console: Console) -> Console:
    """A console of one's own: links are taken back, and its clock is moved."""
    return new_console


def link(house: Console, number: str, role: str = "dispatcher") -> str:
    """The address that the page of a ticket shows."""
    page = house.visitor(role).get(f"/tickets/{number}/link")
    assert page.status == 200
    (shown,) = re.findall(r"https?://[^\s<\"]*/t/([\w-]+)</textarea>", page.response.text)
    return str(shown)


def follow(house: Console, token: str, language: str = "en", **headers: str) -> Answer:
    """What somebody without an account sees."""
    visitor = Visitor(house, None, language)
    visitor.client.cookies.clear()
    told = {"accept-language": language, **headers}
    return Answer(visitor.client.get(f"/t/{token}", headers=told))


def tickets(house: Console) -> list[tuple[str, ...]]:
    """Some tickets with a technician, by number, with what is said of each."""
    return house.ask(
        "SELECT t.number, t.problem, c.name, p.name, p.login, w.number FROM ticket t "
        "JOIN customer c ON c.id = t.customer_id JOIN work_order w ON w.ticket_id = t.id "
        "JOIN assignment a ON a.work_order_id = w.id JOIN person p ON p.id = a.person_id "
        "WHERE a.until_ms IS NULL AND a.role = 'lead' AND w.status IN ('assigned', 'accepted') "
        "ORDER BY t.number LIMIT 5"
    )


def test_a_customer_sees_what_was_asked_who_comes_and_when(house: Console) -> None:
    """R-COM-15."""
    number, problem, _, technician, *_ = tickets(house)[0]
    told = follow(house, link(house, number))
    assert told.status == 200
    assert problem in told.text
    assert technician in told.text
    assert number in told.text
    assert "We come to you" in told.text
    assert "In progress" in told.text
    chinese = follow(house, link(house, number), "zh")
    assert "我们上门的时间" in chinese.text
    assert "处理中" in chinese.text


def test_nothing_of_the_office_or_of_others_stands_there(house: Console) -> None:
    """S6: a link shows one request, and of people nobody but the technician."""
    (number, *_), (other, problem, *_) = tickets(house)[:2]
    secret = "Customer is difficult, charge double"
    ((order,),) = house.ask(
        "SELECT w.id FROM work_order w JOIN ticket t ON t.id = w.ticket_id WHERE t.number = ?",
        number,
    )
    noted = house.visitor().send(
        f"/tickets/{number}", f"/tickets/{number}/note", text=secret, audience="internal"
    )
    assert noted.status == 200
    assert house.ask("SELECT count(*) FROM note WHERE text = ?", secret) == [(1,)]
    html = follow(house, link(house, number)).response.text
    ((phone, dispatcher),) = house.ask(
        "SELECT coalesce(nullif(s.contact_phone, ''), c.phone), p.name FROM ticket t "
        "JOIN site s ON s.id = t.site_id JOIN customer c ON c.id = t.customer_id "
        "JOIN person p ON p.id = t.opened_by WHERE t.number = ?",
        number,
    )
    hidden = (secret, other, problem, dispatcher, phone, phone.replace(" ", ""), order)
    assert [one for one in hidden if one and one in html] == []


def test_numbers_that_somebody_typed_into_the_problem_are_masked(house: Console) -> None:
    number = tickets(house)[0][0]
    with house.office.writing() as books:
        books.exec_driver_sql(
            "UPDATE ticket SET problem = 'No heat. Ring 138 0000 5678 or 0512-62880119 <b>now</b>'"
            f" WHERE number = '{number}'"
        )
    html = follow(house, link(house, number)).response.text
    assert "5678" in html
    assert "0000 5678" not in html
    assert "62880119" not in html
    assert "<b>now</b>" not in html


@pytest.mark.parametrize("token", HOSTILE)
def test_a_link_that_was_made_up_leads_nowhere(console: Console, token: str) -> None:
    """S6."""
    with console.office.writing() as books:
        books.exec_driver_sql("DELETE FROM throttle")
    told = follow(console, token)
    assert told.status == 404
    assert "alert(1)" not in told.response.text


def test_a_link_with_one_sign_changed_leads_nowhere(house: Console) -> None:
    token = link(house, tickets(house)[0][0])
    assert follow(house, token).status == 200
    for place in (0, 5, 20, 30, TOKEN_CHARS - 1):
        other = "B" if token[place] != "B" else "C"
        assert follow(house, token[:place] + other + token[place + 1 :]).status == 404, place


def test_the_id_of_another_ticket_with_this_ones_mark_leads_nowhere(house: Console) -> None:
    """S6."""
    (number, *_), (other, *_) = tickets(house)[:2]
    mine, theirs = link(house, number), link(house, other)
    assert follow(house, theirs[:21] + mine[21:]).status == 404


def test_a_link_that_was_taken_back_leads_nowhere_and_a_new_one_takes_its_place(
    house: Console,
) -> None:
    """S6."""
    number = tickets(house)[0][0]
    old = link(house, number)
    page = f"/tickets/{number}/link"
    answer = house.visitor().send(page, page)
    assert "No link that was given out works any more" in answer.text
    new = link(house, number)
    assert new != old
    assert follow(house, old).status == 404
    assert follow(house, new).status == 200
    again = house.visitor().send(page, page)
    assert again.status == 200
    assert [follow(house, one).status for one in (old, new)] == [404, 404]
    ((count,),) = house.ask("SELECT count(*) FROM op WHERE kind = 'link.take_back'")
    assert count == 2


def test_what_waits_with_a_link_that_was_taken_back_is_told_with_the_new_one(
    house: Console,
) -> None:
    """Where a person is going to look at it; else it is called off alone."""
    number = tickets(house)[0][0]
    ((ticket,),) = house.ask("SELECT id FROM ticket WHERE number = ?", number)
    old = link(house, number)
    told = {"ticket": ticket, "template": "other", "language": "en", "phone": "13800001234"}
    for text in (f"See https://example.com/t/{old}", "We come at nine"):
        house.say("message.queue", ("message", ""), **told, text=text, params={"what": text})
    sms = {"text": f"Text https://example.com/t/{old}", "channel": "technician_sms"}
    house.say("message.queue", ("message", ""), **told, **sms)
    house.visitor().send(f"/tickets/{number}/link", f"/tickets/{number}/link")
    new = link(house, number)
    rows = house.ask(
        "SELECT text, state, phone, why FROM message WHERE ticket_id = ? AND text <> ''", ticket
    )
    asked = {text: tuple(more) for text, *more in rows if "https" in text or "nine" in text}
    assert asked == {
        f"See https://example.com/t/{old}": ("cancelled", "13800001234", "link_taken_back"),
        sms["text"]: ("cancelled", "13800001234", "link_taken_back"),
        f"See https://example.com/t/{new}": ("queued", "13800001234", ""),
        "We come at nine": ("queued", "13800001234", ""),
    }
    for language, words in (("en", "Its link was taken back"), ("zh", "其中的链接已收回")):
        assert words in house.visitor("dispatcher", language).get("/messages?show=off").text


def test_only_the_desk_sees_the_link(house: Console) -> None:
    number = tickets(house)[0][0]
    for role, status in (("customer_service", 200), ("technician", 403), ("warehouse", 403)):
        assert house.visitor(role).get(f"/tickets/{number}/link").status == status, role
    assert house.visitor().get("/tickets/T-26-999999/link").status == 404


def test_nobody_indexes_keeps_or_frames_the_page(house: Console) -> None:
    told = follow(house, link(house, tickets(house)[0][0]))
    headers = told.headers
    assert "noindex" in headers["x-robots-tag"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "set-cookie" not in headers
    assert "<script" not in told.response.text
    assert len(told.response.text.encode()) < 100_000


def test_whoever_tries_very_often_has_to_wait(house: Console) -> None:
    token = link(house, tickets(house)[0][0])
    many, _ = TRIES
    for _ in range(many):
        follow(house, "A" * TOKEN_CHARS)
    told = follow(house, token)
    assert told.status == 429
    assert int(told.headers["retry-after"]) > 0
    house.now_ms += HOUR_MS
    assert follow(house, token).status == 200


def test_a_look_writes_nothing(house: Console) -> None:
    token = link(house, tickets(house)[0][0])
    counted = "SELECT count(*) FROM throttle"
    before = house.ask(counted)
    assert [follow(house, one).status for one in (token, token, "A" * TOKEN_CHARS)] == [
        200,
        200,
        404,
    ]
    assert house.ask(counted) == before


def test_long_after_its_end_a_request_is_shown_no_more(house: Console) -> None:
    ((number,),) = house.ask("SELECT number FROM ticket WHERE status = 'resolved' LIMIT 1")
    token = link(house, number)
    assert follow(house, token).status == 200
    house.now_ms += SHOWN_MS + HOUR_MS
    assert follow(house, token).status == 404


def test_the_address_of_the_page_is_in_no_log(house: Console) -> None:
    token = link(house, tickets(house)[0][0])
    assert follow(house, token).status == 200
    assert follow(house, token[:-1] + ("A" if token[-1] != "A" else "B")).status == 404
    assert token[:30] not in house.log.getvalue()


def said(house: Console, kind: str, on: tuple[str, str], args: dict[str, Any], role: str) -> None:
    """Somebody says something at the console; what is new has the id of that."""
    identity = derive("progress", kind, str(house.now_ms))
    noun, thing = on
    asked = Asked(id=identity, kind=kind, on=(noun, thing or identity), args=args)
    done = house.office.act(asked, house.template.people[role])
    assert done.result.verdict == "applied", done.result


def test_a_request_under_a_policy_says_by_when_it_is_answered_and_then_that_it_was(
    house: Console,
) -> None:
    """R-COM-15: the clocks of the office, of what is promised alone."""
    presets.publish(house.office, "test", chosen="p-default", since="2026-01-01")
    ((customer, site),) = house.ask(
        "SELECT customer_id, id FROM site WHERE time_zone = 'Asia/Shanghai' ORDER BY id LIMIT 1"
    )
    opened = {"customer": customer, "site": site, "problem": "It leaks", "channel": "phone"}
    said(house, "ticket.open", ("ticket", ""), {**opened, "priority": "normal"}, "dispatcher")
    ((number, ticket),) = house.ask("SELECT number, id FROM ticket WHERE problem = 'It leaks'")
    token = link(house, number)
    told = follow(house, token)
    assert "You have our first answer by Tomorrow, 10:30" in told.text
    assert "What we promised First answer by tomorrow, 10:30" in told.text
    house.now_ms += HOUR_MS
    answered = {"means": "phone", "note": "Somebody comes tomorrow"}
    said(house, "ticket.acknowledge", ("ticket", ticket), answered, "dispatcher")
    told = follow(house, token)
    assert "What we promised First answer today, 11:30" in told.text
    assert "We answered you today, 11:30" in told.text
    assert "You have our first answer" not in told.text
    assert "Somebody comes tomorrow" not in told.text

"""Anybody asks for service by a form: once, in plain words, with nothing typed lost."""

import re
from typing import Any

import pytest

from server.portal import request as portal
from server.portal.request import SENT
from tests.console.house import Console, Visitor

SAID = {"text": "空调滴水", "contact": "139 1234 5678", "sender": "沈岚", "address": "桂月路 9 号"}


def stranger(console: Console, language: str = "en") -> Visitor:
    visitor = console.visitor(None)
    visitor.client.headers["accept-language"] = language
    return visitor


def came(console: Console) -> list[Any]:
    return console.ask("SELECT channel, text, contact, sender, address, asset_id FROM enquiry")


@pytest.mark.parametrize(("language", "title"), [("en", "Ask for service"), ("zh", "报修与咨询")])
def test_the_form_is_open_to_anybody_in_both_languages_without_a_cookie(
    console: Console, language: str, title: str
) -> None:
    answer = stranger(console, language).get("/request")
    assert (answer.status, title in answer.text) == (200, True)
    assert "set-cookie" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert ("default-src 'none'" in policy, "script" in policy) == (True, False)
    assert "<script" not in answer.response.text


def test_what_was_sent_is_kept_once_however_often_it_is_sent(new_console: Console) -> None:
    visitor = stranger(new_console)
    form = {**visitor.get("/request").page.form(SENT), **SAID}
    answers = [visitor.post(SENT, form) for _ in range(3)]
    assert [one.status for one in answers] == [200] * 3
    references = {re.findall(r"reference is ([0-9A-F]{8})", one.text)[0] for one in answers}
    assert len(references) == 1
    assert came(new_console) == [
        ("web", SAID["text"], SAID["contact"], SAID["sender"], SAID["address"], None)
    ]


def test_what_was_corrected_on_the_same_page_and_sent_again_is_kept_too(
    new_console: Console,
) -> None:
    visitor = stranger(new_console)
    form = {**visitor.get("/request").page.form(SENT), **SAID}
    for contact in ("139 1234 5678", "139 8765 4321", "139 8765 4321"):
        assert visitor.post(SENT, {**form, "contact": contact}).status == 200
    assert {row[2] for row in came(new_console)} == {"139 1234 5678", "139 8765 4321"}
    assert len(came(new_console)) == 2


def test_a_machine_that_is_none_is_not_asked_for(new_console: Console) -> None:
    visitor = stranger(new_console)
    form = {**visitor.get("/request").page.form(SENT), **SAID, "contact": "", "machine": "x\0y"}
    answer = visitor.post(SENT, form)
    assert (answer.status, "machine=" in answer.response.text) == (422, False)


def test_the_sticker_of_a_machine_names_it_and_tells_no_stranger_whose_it_is(
    new_console: Console,
) -> None:
    ((asset, model, customer),) = new_console.ask(
        "SELECT a.id, a.model, c.name FROM asset a JOIN site s ON s.id = a.site_id "
        "JOIN customer c ON c.id = s.customer_id ORDER BY a.id LIMIT 1"
    )
    visitor, address = stranger(new_console), f"/request?machine={asset}"
    page = visitor.get(address)
    assert (model in page.text, customer in page.text) == (True, False)
    visitor.post(SENT, {**page.page.form(SENT), **SAID})
    assert came(new_console)[0][5] == asset
    assert visitor.get("/request?machine=nothing").status == 200


@pytest.mark.parametrize(
    ("left_out", "said"), [("text", "what is the matter"), ("contact", "how to reach you")]
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    new_console: Console, left_out: str, said: str
) -> None:
    visitor = stranger(new_console)
    form = {**visitor.get("/request").page.form(SENT), **SAID, left_out: " "}
    answer = visitor.post(SENT, form)
    assert (answer.status, said in answer.text) == (422, True)
    kept = answer.page.form(SENT)
    assert {name: kept[name] for name in SAID if name != left_out} == {
        name: value for name, value in SAID.items() if name != left_out
    }
    assert came(new_console) == []


@pytest.mark.parametrize("token", ["", "x", "a.1.b", "01a1ee56-5e00-713c-aaa5-b348f4933bfe.1."])
def test_what_no_page_of_ours_asked_for_is_not_taken(new_console: Console, token: str) -> None:
    answer = stranger(new_console).post(SENT, {**SAID, "token": token})
    assert (answer.status, came(new_console)) == (422, [])


def test_a_page_that_was_open_for_a_day_is_drawn_anew_with_what_was_typed(
    new_console: Console,
) -> None:
    visitor = stranger(new_console)
    form = {**visitor.get("/request").page.form(SENT), **SAID}
    new_console.now_ms += portal.STALE_MS + 1
    answer = visitor.post(SENT, form)
    assert answer.status == 422
    again = answer.page.form(SENT)
    assert again["text"] == SAID["text"]
    assert visitor.post(SENT, again).status == 200
    assert len(came(new_console)) == 1


def test_nobody_floods_the_queue(new_console: Console) -> None:
    visitor = stranger(new_console)
    statuses = []
    for _ in range(portal.TRIES[0] + 1):
        form = {**visitor.get("/request").page.form(SENT), **SAID}
        statuses.append(visitor.post(SENT, form).status)
    assert statuses == [200] * portal.TRIES[0] + [429]
    assert len(came(new_console)) == portal.TRIES[0]
    new_console.office.turnstile._windows.clear()  # as another process would have it
    form = {**visitor.get("/request").page.form(SENT), **SAID}
    assert visitor.post(SENT, form).status == 429
    assert len(came(new_console)) == portal.TRIES[0]


def test_a_form_that_is_too_large_is_not_even_read(new_console: Console) -> None:
    visitor = stranger(new_console)
    answer = visitor.post(SENT, {**SAID, "text": "x" * portal.FORM_BYTES_MAX})
    assert (answer.status, came(new_console)) == (413, [])


def test_what_strangers_write_is_shown_as_text(new_console: Console) -> None:
    visitor = stranger(new_console)
    evil = {**SAID, "text": "<script>alert(1)</script>", "sender": '"><b>x'}
    visitor.post(SENT, {**visitor.get("/request").page.form(SENT), **evil})
    page = new_console.visitor().get("/enquiries").response.text
    assert ("<script>alert(1)" in page, "<b>x" in page) == (False, False)

"""The sync chip tells the worst that is true, in words, a tone and an icon."""

from typing import Any

from msgspec import structs

from mobile.queries import Waiting
from mobile.texts import Words
from mobile.views.chip import Traffic, chip
from shared.errors import refuse_person

EN, ZH = Words("en"), Words("zh")
CALM = Waiting(pending=0, attention=0, refused=0, oldest=None, unread=0, last_contact=1_000)
REACHED = Traffic(reached=True)


def says(words: Words, traffic: Traffic = REACHED, **waiting: Any) -> tuple[str, str, str]:
    found = chip(traffic, structs.replace(CALM, **waiting), words)
    return (found.state, found.text, found.tone)


def test_all_is_well_only_when_the_office_was_just_reached_and_nothing_waits() -> None:
    assert says(EN) == ("up_to_date", "Up to date", "success")
    assert says(ZH) == ("up_to_date", "已同步", "success")
    assert says(EN, Traffic())[0] == "waiting"
    assert says(EN, last_contact=None)[0] == "waiting"
    assert says(EN, pending=1) == ("waiting", "Waiting to sync", "info")


def test_without_a_network_the_changes_are_counted() -> None:
    away = Traffic(reached=False)
    assert says(EN, away)[1] == "Offline"
    assert says(EN, away, pending=1)[1] == "Offline · 1 change"
    assert says(EN, away, pending=3)[1] == "Offline · 3 changes"
    assert says(ZH, away, pending=3) == ("offline", "离线 · 3 项待传", "warning")


def test_sending_is_counted_while_it_goes_on() -> None:
    sending = Traffic(reached=True, talking=True, sent=2, total=7)
    assert says(EN, sending, pending=5) == ("sending", "Sending 2 of 7", "info")
    assert says(ZH, sending, pending=5)[1] == "正在上传 2/7"


def test_what_needs_a_person_is_worse_than_anything_else() -> None:
    away = Traffic(reached=False, talking=True, total=3)
    assert says(EN, away, pending=3, attention=1) == ("needs_you", "Needs you", "danger")
    turned_away = Traffic(reached=True, trouble=refuse_person("not_signed_in"))
    assert says(EN, turned_away)[0] == "needs_you"

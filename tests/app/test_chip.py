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
    """C09."""
    assert says(EN) == ("up_to_date", "Up to date", "success")
    assert says(ZH) == ("up_to_date", "已同步", "success")
    assert says(EN, Traffic())[0] == "waiting"
    assert says(EN, last_contact=None)[0] == "waiting"
    assert says(EN, pending=1) == ("waiting", "Waiting to sync", "info")


def test_without_a_network_the_changes_are_counted() -> None:
    """C11."""
    away = Traffic(reached=False)
    assert says(EN, away)[1] == "Offline"
    assert says(EN, away, pending=1)[1] == "Offline · 1 change"
    assert says(EN, away, pending=3)[1] == "Offline · 3 changes"
    assert says(ZH, away, pending=3) == ("offline", "离线 · 3 项待传", "warning")


def test_sending_is_counted_while_it_goes_on() -> None:
    """C11."""
    sending = Traffic(reached=True, talking=True, sent=2, total=7)
    assert says(EN, sending, pending=5) == ("sending", "Sending 2 of 7", "info")
    assert says(ZH, sending, pending=5)[1] == "正在上传 2/7"


def test_all_is_well_only_when_the_photos_are_there_too() -> None:
    """C42."""
    assert says(EN, photos=1) == ("waiting", "1 photo to send", "info")
    assert says(EN, photos=2)[1] == "2 photos to send"
    assert says(ZH, photos=2)[1] == "2 张照片待上传"
    assert says(EN, photos=2, pending=1) == ("waiting", "Waiting to sync", "info")
    away = Traffic(reached=False)
    assert says(EN, away, photos=2)[1] == "Offline · 2 photos"
    assert says(EN, away, photos=2, pending=3)[1] == "Offline · 3 changes"
    assert says(EN, photos=2, attention=1)[0] == "needs_you"


def test_photos_are_counted_while_they_go_but_changes_come_first() -> None:
    """C40."""
    going = Traffic(reached=True, photos_sent=1, photos_total=4)
    assert says(EN, going, photos=3) == ("sending", "Photos: 1 of 4", "info")
    assert says(ZH, going, photos=3)[1] == "正在上传照片 1/4"
    both = structs.replace(going, talking=True, sent=2, total=7)
    assert says(EN, both, photos=3, pending=5)[1] == "Sending 2 of 7"


def test_what_needs_a_person_is_worse_than_anything_else() -> None:
    """C13."""
    away = Traffic(reached=False, talking=True, total=3)
    assert says(EN, away, pending=3, attention=1) == ("needs_you", "Needs you", "danger")
    turned_away = Traffic(reached=True, trouble=refuse_person("not_signed_in"))
    assert says(EN, turned_away)[0] == "needs_you"

"""A phone that the office has yet to let in shows its digits, and goes on by itself."""

from collections.abc import Callable

import pytest
from msgspec import structs

from mobile.courier import Report
from mobile.shell import Place
from mobile.views.chip import Traffic
from mobile.views.waiting import waiting
from mobile.wire import Unauthorised
from tests.app.driver import Driver
from tests.app.measures import faults
from tests.app.test_day_views import EN

LET_IN = Report(pushed=0, verdicts={}, pulled_rows=0, pending_ops=0, checksum_ok=True)
DIGITS = "9400 4495"


def be(hand: Driver, *, unconfirmed: bool) -> None:
    """The office has yet to let the phone in, or has done so."""
    replica = hand.app.phone.replica
    with replica.transaction():
        replica.identify(structs.replace(replica.identity(), unconfirmed=unconfirmed))
    owner = structs.replace(hand.app.phone.owner, digits=DIGITS)
    hand.app._phone = structs.replace(hand.app.phone, owner=owner)


def test_a_phone_that_waits_shows_its_digits_and_makes_way_once_it_is_let_in(
    app: Callable[..., Driver],
) -> None:
    """S5."""
    hand = app("empty")
    be(hand, unconfirmed=True)
    hand.app.refresh()
    hand.frames(3)
    hand.tap("Show the digits", "PushButton")
    assert hand.place == Place("waiting")
    hand.go("jobs")
    hand.tap("Show the digits", "PushButton")
    assert hand.place == Place("waiting")
    assert hand.sees(DIGITS)
    assert not hand.sees("Go on working meanwhile")
    be(hand, unconfirmed=False)
    hand.app.couriers._take(LET_IN)
    hand.until(lambda: hand.place == Place("today"))


def test_who_has_work_on_the_phone_goes_on_meanwhile_and_finds_the_digits_again(
    app: Callable[..., Driver],
) -> None:
    hand = app("ordinary")
    be(hand, unconfirmed=True)
    hand.go("waiting")
    hand.tap("Go on working meanwhile", "PushButton")
    assert hand.place == Place("today")
    assert hand.app.chip().text == "Not confirmed yet"
    hand.page.show_outbox()
    hand.frames(2)
    assert hand.place == Place("waiting")
    hand.go("outbox")
    assert hand.sees("what you record stays on it")


def test_a_phone_that_was_turned_away_leads_to_a_new_code(app: Callable[..., Driver]) -> None:
    hand = app("empty")
    be(hand, unconfirmed=True)
    hand.go("waiting")
    hand.app.couriers._take(Unauthorised("device_denied"))
    hand.until(lambda: hand.sees("The office said no"))
    assert not hand.sees(DIGITS)
    hand.tap("Enter a new code", "PushButton")
    assert hand.place == Place("enrol")


def test_what_is_said_while_the_office_cannot_be_reached() -> None:
    notes = [
        waiting(DIGITS, Traffic(reached=reached), EN, has_work=False).note
        for reached in (None, True, False)
    ]
    assert notes == [
        "It goes on by itself as soon as that is done.",
        "It goes on by itself as soon as that is done.",
        "The office cannot be reached right now. It goes on by itself.",
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_large_words_on_a_small_screen_nothing_is_cut(
    app: Callable[..., Driver], language: str
) -> None:
    hand = app("ordinary", language=language, text_scale=1.6)
    be(hand, unconfirmed=True)
    hand.go("waiting")
    hand.frames(3)
    assert faults(hand) == []

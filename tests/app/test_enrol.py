"""A new phone becomes somebody's: the first page, the person, the PIN, and the lock before it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kivy.core.window import Window
from msgspec import structs

from mobile.courier import Report
from mobile.couriers import join
from mobile.device import installation
from mobile.lock import FIRST_WAIT_MS, Lock
from mobile.screens.pin import ENTER
from mobile.shell import Place
from shared.errors import refuse_person
from tests.app.folders import NOW_MS
from tests.e2e.processes import Desk, Server, fieldfare

Open = Callable[..., Any]
NOBODY = "fieldfare:1?url=http%3A%2F%2F127.0.0.1%3A9&code=7KQ2-9XWM"
PIN = "271828"
CONFIRMED = Report(pushed=0, verdicts={}, pulled_rows=0, pending_ops=0, checksum_ok=True)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A served demo company."""
    folder = tmp_path_factory.mktemp("office") / "data"
    made = fieldfare("init", "--data", folder, "--demo", "--day", "2026-11-21")
    assert made.code == 0, made
    with Server(folder).serving() as server:
        yield server


def tapped(hand: Any, pin: str) -> None:
    """Type a PIN on the pad."""
    for digit in pin:
        hand.tap(digit, "PadKey")


def typed(hand: Any, pin: str, *, then: str = "") -> None:
    """Type a PIN on a keyboard, and press a button."""
    for digit in pin:
        Window.dispatch("on_key_down", ord(digit), 0, digit, [])
    hand.frames(2)
    if then:
        hand.tap(then, "PushButton")


def test_a_new_phone_begins_at_the_first_page_and_keeps_what_is_typed(
    driver: Any, tmp_path: Path
) -> None:
    hand = driver.start(tmp_path / "new")
    assert hand.place == Place("enrol")
    assert hand.root.nav_current == ""
    hand.type("Text or code", "7KQ2-9XWM")
    assert hand.find("Enrol", "PushButton").disabled
    hand.type("Server", "office.example")
    assert hand.sees("Ready to enrol with office.example")
    hand.again()
    assert (hand.page.text, hand.page.server) == ("7KQ2-9XWM", "office.example")
    hand.tap("中文", "PushButton")
    assert hand.sees("可以登记到 office.example")
    assert hand.page.text == "7KQ2-9XWM"


def test_without_a_network_the_first_page_says_so_and_the_code_stays_good(
    driver: Any, tmp_path: Path
) -> None:
    """C26."""
    hand = driver.start(tmp_path / "new", language="zh")
    hand.type("文字或登记码", NOBODY)
    hand.tap("登记", "PushButton")
    hand.until(lambda: hand.page.fault)
    assert hand.page.fault.endswith("登记码仍然有效。")
    assert not hand.page.busy
    assert hand.page.text == NOBODY


def test_an_invitation_makes_a_phone_somebodys_and_asks_for_a_pin(
    driver: Any, tmp_path: Path, office: Server
) -> None:
    text = Desk(office.url).code("zhou.jian")
    folder = tmp_path / "new"
    hand = driver.start(folder)
    hand.type("Text or code", text)
    hand.tap("Enrol", "PushButton")
    hand.until(lambda: hand.place.screen == "pin")
    assert hand.sees("You are 周健")
    hand.tap("Set a PIN")
    tapped(hand, "1234")
    hand.tap("Next")
    assert hand.sees("That is too easy to guess.")
    typed(hand, PIN, then="Next")
    typed(hand, "314159", then="Next")
    assert hand.sees("The two were not the same. Choose one again.")
    typed(hand, PIN, then="Next")
    typed(hand, PIN, then="Next")
    assert hand.place == Place("waiting")
    assert Lock(folder).is_set
    replica = hand.app.phone.replica
    with replica.transaction():
        replica.identify(structs.replace(replica.identity(), unconfirmed=False))
    hand.app.couriers._take(CONFIRMED)
    hand.until(lambda: hand.place == Place("today"))
    hand.again()
    assert hand.place == Place("pin")
    typed(hand, PIN, then="Unlock")
    assert hand.place == Place("today")


def test_wrong_pins_make_one_wait_and_a_restart_changes_nothing(app: Open) -> None:
    hand = app("ordinary")
    hand.app.lock.put(PIN, bytes)
    hand.go("outbox")
    hand.again(now_ms=NOW_MS)
    assert hand.place == Place("pin")
    assert not any(True for _ in hand.widgets("NavItem"))
    for left in (2, 1, 0):
        typed(hand, "314159", then="Unlock")
        assert hand.app.lock.tries_left() == left
    hand.until(lambda: hand.sees("Too many wrong tries."))
    typed(hand, PIN)
    assert hand.find("Unlock", "PushButton").disabled
    hand.again(now_ms=NOW_MS + 10 * FIRST_WAIT_MS)
    assert hand.sees("Too many wrong tries."), "another date helps nobody"


def test_behind_the_pin_is_the_place_one_was_at(app: Open) -> None:
    hand = app("ordinary")
    hand.app.lock.put(PIN, bytes)
    hand.go("outbox")
    hand.again(now_ms=NOW_MS)
    typed(hand, PIN)
    Window.dispatch("on_key_down", ENTER, 0, "", [])
    hand.until(lambda: hand.place == Place("outbox"))


def test_a_forgotten_pin_leads_to_the_office_and_a_new_code(app: Open) -> None:
    """C26."""
    hand = app("ordinary", language="zh")
    hand.app.lock.put(PIN, bytes)
    hand.again(language="zh", now_ms=NOW_MS)
    hand.tap("忘记密码？", "PushButton")
    hand.tap("重新登记", "PushButton")
    assert hand.place.screen == "enrol"
    hand.back()
    assert hand.place == Place("pin"), "the lock is still there"


def test_a_refusal_of_the_office_is_told_in_words(app: Open) -> None:
    hand = app("ordinary")
    hand.go("enrol")
    hand.page._ended(refuse_person("code_expired"))
    hand.until(lambda: hand.sees("This code has expired. Ask the dispatcher for a new one."))


def test_settings_are_shown_at_once_and_kept(app: Open) -> None:
    hand = app("ordinary")
    hand.go("me")
    for said in ("Ann", "T01 · ann", "Agrees with the office", "http://127.0.0.1:9"):
        assert hand.sees(said), said
    hand.tap("中文", "ChoiceItem")
    assert hand.sees("设置")
    hand.tap("特大", "ChoiceItem")
    kept = hand.app.settings
    assert (kept.language, kept.text_scale, kept.theme) == ("zh", 1.6, "light")
    assert hand.place == Place("me")


def test_the_pin_is_changed_and_dropped_only_by_whoever_knows_it(app: Open) -> None:
    hand = app("ordinary")
    hand.go("me")
    hand.tap("Set a PIN", "PushButton")
    typed(hand, PIN, then="Next")
    typed(hand, PIN, then="Next")
    assert (hand.place, hand.app.lock.is_set) == (Place("me"), True)
    hand.root.hush()
    hand.tap("Do without a PIN", "PushButton")
    typed(hand, "314159", then="Unlock")
    assert hand.app.lock.is_set
    typed(hand, PIN, then="Unlock")
    assert (hand.place, hand.app.lock.is_set) == (Place("me"), False)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "fieldfare:1?url=https%3A%2F%2Fthief.example&code=7KQ2-9XWM",
        "fieldfare:1?url={server}&code=7KQ2-9XWM&key=" + "A" * 43,
    ],
)
def test_behind_the_lock_only_the_server_that_the_phone_belongs_to_is_asked(
    elsewhere: str, phone_folder: Callable[[str], Path]
) -> None:
    folder = phone_folder("ordinary")
    known = installation(folder)
    assert known is not None
    text = elsewhere.format(server=known.server)
    refused = join(folder, text, "", locked=True)
    assert (refused and refused.code) == "other_server"
    assert installation(folder) == known

"""What the app shows of a phone that was taken off or emptied, or does not believe its server."""

import shutil
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from mobile import wiping
from mobile.courier import Report
from mobile.shell import Place
from mobile.wiping import Emptied
from mobile.wire import Unreachable
from tests.app import folders
from tests.app.driver import Driver

OFF = Report(pushed=1, verdicts={}, pulled_rows=0, pending_ops=0, checksum_ok=True, revoked=True)
ON = Report(pushed=1, verdicts={}, pulled_rows=0, pending_ops=0, checksum_ok=True)
DOUBTED = structs.replace(ON, audit_ok=False)
DOUBT = "What the server here says of the office's record is not signed by your office"
TOLD = "Your office has taken this phone off: nothing new comes to it."


def test_a_phone_that_was_taken_off_says_so_until_the_office_says_otherwise(
    app: Callable[..., Driver],
) -> None:
    hand = app("ordinary").go("me")
    seen = []
    for ended in (OFF, Unreachable("no network"), ON):
        hand.app.couriers._take(ended)
        hand.frames(2)
        seen.append(hand.sees(TOLD))
    assert seen == [True, True, False]


def test_a_server_whose_log_is_not_believed_is_told_and_work_goes_on(
    app: Callable[..., Driver],
) -> None:
    hand = app("ordinary").go("me")
    seen = []
    for ended in (DOUBTED, Unreachable("no network"), ON):
        hand.app.couriers._take(ended)
        hand.frames(2)
        seen.append(hand.sees(DOUBT))
    assert seen == [True, True, False]


def test_a_phone_that_was_emptied_shows_nothing_but_that_and_the_way_to_a_new_code(
    phone_folder: Callable[[str], Path], driver: Driver, tmp_path: Path
) -> None:
    folder = shutil.copytree(phone_folder("ordinary"), tmp_path / "phone")
    driver.start(folder, now_ms=folders.NOW_MS)
    driver.app.gate.is_locked = True
    wiping.begin(folder, driver.app.phone.owner, "order-1")
    wiping.go_on(folder)
    driver.app.note("Packed. Nothing on this phone has changed.")
    driver.app.couriers._take(Emptied())
    driver.frames(2)
    assert (driver.place.screen, driver.app.is_enrolled) == ("trouble", False)
    assert driver.sees("Your office had this phone emptied")
    assert driver.sees("This phone has been emptied")
    assert not driver.sees("This phone's work cannot be opened")
    assert not driver.sees("Pack a rescue file")
    assert not driver.sees("Nothing on this phone has changed.")
    driver.tap("Enrol this phone", "PushButton")
    assert driver.place == Place("enrol")
    driver.back()
    assert driver.place == Place("enrol")
    driver.stop()
    driver.start(folder, now_ms=folders.NOW_MS)
    assert driver.place.screen == "trouble"

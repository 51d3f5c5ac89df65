"""A phone without room, and a phone whose file came to harm: words, a way out, nothing lost."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kivy.base import ExceptionManager
from msgspec import DecodeError, structs

from mobile.drafts import Drafts
from mobile.gate import Gate
from mobile.lock import Lock
from mobile.shell import Place
from mobile.texts import Words
from shared.errors import refuse_value
from tests.app import folders
from tests.app.driver import Driver

Open = Callable[..., Driver]
EN = Words("en")


@contextmanager
def no_room() -> Iterator[None]:
    """No file can grow: what is written fails, as on a full disk."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def job_under_way(hand: Driver) -> str:
    """The job somebody is working on."""
    return next(job.id for job in hand.app.phone.queries.jobs() if job.status == "working")


def test_what_is_typed_on_a_full_disk_is_kept_in_memory_until_there_is_room(tmp_path: Path) -> None:
    """C63."""
    heard: list[str] = []
    drafts = Drafts(tmp_path, lambda: heard.append("full"))
    drafts.keep("note", "before")
    drafts.keep("other", "gone soon")
    with no_room():
        drafts.keep("note", "after")
        drafts.drop("other")
        assert (drafts.read("note"), drafts.read("other")) == ("after", None)
        assert drafts.keys() == ("note",)
    assert heard == ["full", "full"]
    drafts.keep("last", "word")
    drafts.close()
    again = Drafts(tmp_path)
    kept = {key: again.read(key) for key in ("last", "note", "other")}
    assert kept == {"last": "word", "note": "after", "other": None}
    again.close()


def test_a_full_phone_can_be_read_and_typed_on_and_says_what_is_not_kept(app: Open) -> None:
    hand = app("ordinary")
    job = job_under_way(hand)
    before = [line.op_id for line in hand.app.phone.queries.outbox()]
    with no_room():
        hand.go("work_order", id=job).go("notes", id=job)
        hand.type(next(hand.widgets("TextField")), "half a note")
        said = "This phone has no space left. What you type is lost when the app closes"
        hand.until(lambda: hand.sees(said))
        hand.page.save()
        assert hand.page.field.error.startswith("This device has no space left.")
        hand.app.change(structs.replace(hand.app.settings, text_scale=1.3))
        hand.go("inbox")
        hand.page.see_all()
        hand.frames(2)
        hand.go("pin", step="choose", **{"from": "me"})
        for _ in range(2):
            for digit in "2580":
                hand.page.press(digit)
            hand.page.go_on()
        assert hand.place.screen == "pin"
        assert hand.page.fault.startswith("This device has no space left.")
    assert [line.op_id for line in hand.app.phone.queries.outbox()] == before
    hand.go("notes", id=job)
    assert hand.page.field.text == "half a note"
    hand.page.save()
    assert len(hand.app.phone.queries.outbox()) == len(before) + 1


def test_a_locked_phone_without_room_opens_to_its_pin_and_still_counts_the_tries(
    tmp_path: Path,
) -> None:
    from mobile.device import Clock, dice

    lock, now = Lock(tmp_path), Clock().now()
    lock.put("2580", dice)
    with no_room():
        assert lock.opens("2580", now)
        assert [lock.opens("1470", now) for _ in range(3)] == [False, False, False]
        assert lock.wait_ms(now) > 0
        assert not lock.opens("2580", now)


def test_the_app_starts_on_a_full_phone_and_says_so(
    phone_folder: Callable[[str], Path], driver: Driver
) -> None:
    """C63."""
    folder = phone_folder("ordinary")
    with no_room():
        driver.start(folder, now_ms=folders.NOW_MS)
        assert driver.place.screen == "trouble"
        assert driver.sees("This device has no space left.")
    driver.tap("Try again")
    assert driver.place == Place("today")


def test_a_file_that_comes_to_harm_while_the_app_is_open_becomes_words(app: Open) -> None:
    hand = app("ordinary").go("jobs")
    harm = "UPDATE row SET view = NULL, base = '{}' WHERE tbl = 'work_order'"
    hand.app.phone.replica._connection.execute(harm)
    with pytest.raises(DecodeError) as wrong:
        hand.go("today")
    assert ExceptionManager.handle_exception(wrong.value) == ExceptionManager.PASS
    hand.frames(2)
    assert hand.place.screen == "trouble"
    assert hand.sees("The database of this device is damaged.")


def test_where_the_phone_s_file_is_missing_there_is_a_button_for_each_way_out(
    phone_folder: Callable[[str], Path], driver: Driver
) -> None:
    folder = phone_folder("ordinary")
    kept = [path for path in folder.glob("*.db") if path.name != "drafts.db"]
    for path in kept:
        path.rename(path.with_suffix(".away"))
    driver.start(folder, now_ms=folders.NOW_MS)
    assert (driver.sees("Try again"), driver.sees("Enrol this phone")) == (True, True)
    driver.tap("Enrol this phone", "PushButton")
    assert driver.place == Place("enrol")
    for path in kept:
        path.with_suffix(".away").rename(path)


def test_trouble_stands_before_the_pin_and_the_pin_before_the_screens(tmp_path: Path) -> None:
    from mobile.device import dice

    lock = Lock(tmp_path)
    lock.put("2580", dice)
    gate = Gate(lock)
    top = Place("jobs")
    assert gate.place(top, EN, is_enrolled=True) == Place("pin")
    assert gate.place(Place("enrol"), EN, is_enrolled=True) == Place("enrol")
    assert gate.place(top, EN, is_enrolled=False) == Place("enrol")
    gate.trouble = refuse_value("enrol_again", "data")
    assert gate.place(top, EN, is_enrolled=True).args["enrol"] == "only"
    gate.trouble = None
    gate.unlock()
    assert gate.place(top, EN, is_enrolled=True) is top

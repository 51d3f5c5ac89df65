"""The PIN of a device: what opens it, what slows a thief down, and what a restart changes."""

from pathlib import Path

from mobile.device import dice
from mobile.lock import FILE, FIRST_WAIT_MS, FREE_TRIES, WAIT_MS_MAX, Lock, unfit, wait_after
from shared.clock import At

PIN, WRONG = "271828", "314159"


def at(mono: int, boot: str = "one", wall: int = 1_795_000_000_000) -> At:
    return At(wall=wall, boot=boot, mono=mono, src="boottime")


def locked(folder: Path) -> Lock:
    lock = Lock(folder)
    lock.put(PIN, dice)
    return lock


def test_a_phone_without_a_pin_is_open(tmp_path: Path) -> None:
    lock = Lock(tmp_path)
    assert (lock.is_set, lock.opens("", at(0)), lock.wait_ms(at(0))) == (False, True, 0)


def test_the_right_pin_opens_and_nothing_else_does(tmp_path: Path) -> None:
    lock = locked(tmp_path)
    assert [lock.opens(one, at(0)) for one in (WRONG, PIN, "", PIN)] == [False, True, False, True]
    lock.drop()
    assert not lock.is_set


def test_the_pin_itself_is_nowhere_in_the_file_and_the_file_is_private(tmp_path: Path) -> None:
    locked(tmp_path)
    file = tmp_path / FILE
    assert PIN not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_wrong_tries_make_one_wait_longer_and_longer(tmp_path: Path) -> None:
    """S2."""
    lock = locked(tmp_path)
    for _ in range(FREE_TRIES):
        assert not lock.opens(WRONG, at(0))
    assert lock.tries_left() == 0
    assert lock.wait_ms(at(0)) == FIRST_WAIT_MS
    assert not lock.opens(PIN, at(FIRST_WAIT_MS - 1)), "also the right one waits"
    assert not lock.opens(WRONG, at(FIRST_WAIT_MS))
    assert lock.wait_ms(at(FIRST_WAIT_MS)) == 2 * FIRST_WAIT_MS
    assert lock.opens(PIN, at(3 * FIRST_WAIT_MS))
    assert lock.tries_left() == FREE_TRIES
    assert [wait_after(failed) for failed in (0, 2, 40)] == [0, 0, WAIT_MS_MAX]


def test_neither_a_restart_nor_another_date_makes_the_wait_shorter(tmp_path: Path) -> None:
    """S2."""
    lock = locked(tmp_path)
    for _ in range(FREE_TRIES):
        lock.opens(WRONG, at(10_000))
    again = Lock(tmp_path)
    tomorrow = at(10_001, wall=1_795_086_400_000)
    assert again.wait_ms(tomorrow) == FIRST_WAIT_MS - 1
    assert again.wait_ms(at(5, boot="two")) == FIRST_WAIT_MS
    assert not again.opens(PIN, at(6, boot="two"))
    assert again.opens(PIN, at(5 + FIRST_WAIT_MS, boot="two"))


def test_a_harmed_file_opens_nothing(tmp_path: Path) -> None:
    lock = locked(tmp_path)
    (tmp_path / FILE).write_text("{")
    assert lock.is_set
    assert not lock.opens(PIN, at(0))


def test_what_is_no_pin_is_named() -> None:
    tried = ("12a4", "１２３４", "123", "123456789", "7777", "3456", "8765", PIN)
    assert [unfit(one) for one in tried] == [
        *("digits_only", "digits_only", "too_short", "too_long"),
        *("too_easy", "too_easy", "too_easy", None),
    ]

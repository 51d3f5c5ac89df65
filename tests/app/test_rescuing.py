"""A phone that cannot reach the office packs its work into a file, also when it is damaged."""

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs

from mobile.device import install, installation
from mobile.keys import adopt_key, next_key
from shared.rescue import public_text, read_cover
from tests.app import folders
from tests.app.driver import Driver
from tests.app.test_report_screen import wait


def told_a_key(folder: Path) -> Path:
    """The folder, as an enrolment today leaves it."""
    known = installation(folder)
    assert known is not None
    to = public_text(ec.generate_private_key(ec.SECP256R1()).public_key())
    install(folder, structs.replace(known, rescue=to))
    next_key(folder)
    adopt_key(folder)
    return folder


def packed(folder: Path) -> int:
    """How many acts are in the file that was packed last."""
    with (folder / "rescue" / "fieldfare.rescue").open("rb") as file:
        return read_cover(file.read)[0].ops


def test_the_settings_pack_a_file_and_say_what_is_in_it(
    phone_folder: Callable[[str], Path], driver: Driver
) -> None:
    folder = told_a_key(phone_folder("ordinary"))
    driver.start(folder, now_ms=folders.NOW_MS)
    driver.go("me")
    driver.tap("Pack a rescue file", "PushButton")
    wait(driver, lambda: driver.sees("Nothing on this phone has changed."))
    assert packed(folder) == len(driver.app.phone.replica.all_ops())


def test_a_phone_that_was_never_told_a_key_says_what_to_do(
    phone_folder: Callable[[str], Path], driver: Driver
) -> None:
    driver.start(phone_folder("ordinary"), now_ms=folders.NOW_MS)
    driver.go("me")
    driver.tap("Pack a rescue file", "PushButton")
    wait(driver, lambda: driver.sees("This phone was never told how to seal a rescue file."))


def test_a_phone_whose_database_is_damaged_packs_what_is_left(
    phone_folder: Callable[[str], Path], driver: Driver
) -> None:
    folder = told_a_key(phone_folder("ordinary"))
    for path in folder.glob("*.db"):
        if path.name != "drafts.db":
            path.write_bytes(b"x" * 20_000)
    driver.start(folder, now_ms=folders.NOW_MS)
    assert driver.place.screen == "trouble"
    driver.tap("Pack a rescue file", "PushButton")
    wait(driver, lambda: driver.sees("1 thing came to harm and is not in it"))
    assert packed(folder) == 0

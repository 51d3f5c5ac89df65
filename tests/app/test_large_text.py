"""Large text on a small phone: nothing is cut, nothing lies over another, keys share a line."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from mobile.screens.drawn import INK
from mobile.screens.pen import Pen
from tests.app.billed import settled
from tests.app.driver import SMALL, Driver
from tests.app.folders import NOW_MS


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("settled")
    return folder, settled(folder)[1]


@pytest.fixture
def job(driver: Driver, template: tuple[Path, str], tmp_path: Path) -> Any:
    """The app on a small phone with text as large as it gets, at a screen of a job."""
    folder, order = template
    shutil.copytree(folder, tmp_path / "phone")

    def opened(screen: str, **look: Any) -> Driver:
        look = {"size": SMALL, "text_scale": 1.6, "now_ms": NOW_MS, **look}
        return driver.start(tmp_path / "phone", **look).go(screen, id=order)

    return opened


def test_what_follows_a_name_in_two_lines_beside_a_large_figure_stands_below_it(job: Any) -> None:
    job("bill")
    for width in range(220, 520, 10):
        pen = Pen(INK, width)
        pen.pair("Company QR code", "¥100.00", "body_strong", end="total")
        assert max(one.y + one.h for one in pen.marks) <= pen.y


def test_a_hint_that_would_be_cut_stands_below_its_field(job: Any) -> None:
    hand = job("bill")
    hand.app.show_sheet("discount", job=hand.place.args["id"])
    hand.still()
    field = hand.find("Why", "TextField")
    assert (field.ids.entry.hint_text, field.hint) == ("", "The customer reads this on the bill")
    assert hand.sees("The customer reads this on the bill")


def test_camera_and_gallery_share_a_line_whatever_the_size_of_the_text(job: Any) -> None:
    hand = job("photos")
    camera, gallery = hand.page.camera, hand.page.gallery
    assert camera.y == gallery.y
    assert (camera.text, gallery.text, gallery.a11y) == ("Take a photo", "", "Gallery")


def test_the_amount_stays_in_sight_when_it_is_too_much(job: Any) -> None:
    hand = job("bill")
    hand.app.show_sheet("payment", job=hand.place.args["id"])
    hand.still()
    amount = hand.find("Amount", "TextField")
    hand.type(amount, "5000")
    assert amount.warning == "This is ¥4,840.00 more than is due."
    assert amount.to_window(*amount.pos)[1] > hand.sheet.ids.foot.height

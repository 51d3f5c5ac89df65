"""The command that draws contact sheets draws them."""

from pathlib import Path

import pytest
from PIL import Image

from tests.looks import pages, screens

pytestmark = pytest.mark.slow


@pytest.mark.xdist_group("browser")
def test_a_page_is_drawn_in_every_width_and_look(tmp_path: Path) -> None:
    (made,) = pages.photograph(tmp_path, "nothing-here")
    assert made.name == "console-nothing-here.png"
    with Image.open(made) as sheet:
        assert sheet.width > 720 + 512 + 200
        assert sheet.height > len(pages.LOOKS) * 450
    assert len(list((tmp_path / "single").iterdir())) == len(pages.LOOKS) * len(pages.WINDOWS)


@pytest.mark.xdist_group("window")
def test_a_screen_is_drawn_in_both_sizes_and_every_look(tmp_path: Path) -> None:
    (made,) = screens.photograph(tmp_path, "today-other")
    assert made.name == "app-today-other-day.png"
    with Image.open(made) as sheet:
        assert sheet.width > len(screens.LOOKS) * 412


def test_what_no_screen_is_called_draws_nothing(tmp_path: Path) -> None:
    assert [*pages.photograph(tmp_path, "yeti"), *screens.photograph(tmp_path, "yeti")] == []

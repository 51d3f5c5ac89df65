"""The command that draws contact sheets draws them, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.processes import ROOT
from tests.looks import pages, screens

pytestmark = pytest.mark.slow


def drawn(folder: Path, *flags: str) -> list[Path]:
    """The sheets that the command made."""
    words = [sys.executable, "-m", "tests.looks.sheets", "--out", str(folder), *flags]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    return sorted(folder.glob("*.png"))


def test_a_page_is_drawn_in_every_width_and_look(tmp_path: Path) -> None:
    (made,) = drawn(tmp_path, "--console", "--only", "nothing-here")
    assert made.name == "console-nothing-here.png"
    with Image.open(made) as sheet:
        assert sheet.width > 720 + 512 + 200
        assert sheet.height > len(pages.LOOKS) * 450
    assert len(list((tmp_path / "single").iterdir())) == len(pages.LOOKS) * len(pages.WINDOWS)


def test_a_screen_is_drawn_in_both_sizes_and_every_look(tmp_path: Path) -> None:
    (made,) = drawn(tmp_path, "--app", "--only", "today-other")
    assert made.name == "app-today-other-day.png"
    with Image.open(made) as sheet:
        assert sheet.width > len(screens.LOOKS) * 412

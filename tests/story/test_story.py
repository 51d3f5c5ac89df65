"""The main job as people do it holds, in both languages, whatever is killed on the way."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.texts import LANGUAGES, Language, say
from tests.e2e.processes import ROOT
from tests.story.plot import narrator


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_main_job_is_done_by_click_and_by_touch_and_every_book_agrees(
    tmp_path: Path, language: Language
) -> None:
    words = ["-m", "tests.story.play", "--once", "--lang", language, "--folder", str(tmp_path)]
    played = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert played.returncode == 0, played.stdout + played.stderr
    lines = played.stdout.splitlines()
    assert lines[-1] == say(narrator(language), "story", "good")
    assert len([line for line in lines if line.startswith("  ✓ ")]) == 12
    assert "  ✗ " not in played.stdout
    assert len(list((tmp_path / "shots").glob("*.png"))) >= 12


def test_the_story_is_told_in_both_languages() -> None:
    english, chinese = (narrator(language).groups["story"] for language in LANGUAGES)
    assert english.keys() == chinese.keys()

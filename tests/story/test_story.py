"""The main job as people do it holds, in both languages, whatever is killed on the way."""

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from shared.texts import LANGUAGES, Language
from tests.machine import chromium
from tests.story.plot import Stage, narrator, perform


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_main_job_is_done_by_click_and_by_touch_and_every_book_agrees(
    tmp_path: Path, language: Language
) -> None:
    told: list[str] = []
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        stage = Stage(tmp_path, language, browser)
        try:
            played = perform(stage, lambda code, **_: told.append(code))
        finally:
            stage.end()
            browser.close()
    assert [code for code, holds, _ in played.checks if not holds] == []
    assert len(list(stage.shots.glob("*.png"))) >= 12
    assert set(told) <= narrator(language).groups["story"].keys()


def test_the_story_is_told_in_both_languages() -> None:
    english, chinese = (narrator(language).groups["story"] for language in LANGUAGES)
    assert english.keys() == chinese.keys()

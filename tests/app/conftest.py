"""What the tests of the app may ask for: a hand on it, and folders to open it on."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# Kivy reads these when it is loaded, which the first of these tests does.
os.environ.update(
    SDL_VIDEODRIVER="offscreen",
    KIVY_METRICS_DENSITY="1",
    KIVY_DPI="160",
    KIVY_METRICS_FONTSCALE="1",
    # Off the screen a window cannot grow, so it begins with the largest of the tests' sizes.
    KCFG_GRAPHICS_WIDTH="824",
    KCFG_GRAPHICS_HEIGHT="1830",
    KCFG_GRAPHICS_MAXFPS="0",
    KCFG_GRAPHICS_VSYNC="0",
)

import pytest

from mobile import main
from tests.app import folders

main.prepare()

if TYPE_CHECKING:
    from tests.app.driver import Driver

Open = Callable[..., "Driver"]


@pytest.fixture(scope="session")
def window() -> object:
    """The one window of this process, off the screen."""
    from kivy.core.window import Window

    main.wait_for_each_frame(Window)
    return Window


@pytest.fixture
def driver(window: object) -> Iterator["Driver"]:
    """A hand on the app, which is closed at the end."""
    from tests.app.driver import Driver

    hand = Driver()
    yield hand
    hand.stop()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folders of `tests.app.folders` by their names, each made once."""
    known: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in known:
            folder = tmp_path_factory.mktemp(name)
            getattr(folders, name)(folder)
            known[name] = folder
        return known[name]

    return make


@pytest.fixture
def phone_folder(made: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of one of those folders, for this test alone: `phone_folder("ordinary")`."""

    def copy(name: str = "ordinary") -> Path:
        target = tmp_path / name
        shutil.copytree(made(name), target)
        return target

    return copy


@pytest.fixture
def app(driver: "Driver", phone_folder: Callable[[str], Path]) -> Open:
    """The app open on a folder: `app("ordinary", language="zh", text_scale=1.6)`."""

    def opened(name: str = "ordinary", **look: object) -> "Driver":
        look.setdefault("now_ms", folders.NOW_MS)
        return driver.start(phone_folder(name), **look)  # type: ignore[arg-type]

    return opened

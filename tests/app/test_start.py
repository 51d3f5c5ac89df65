"""How the app begins and ends: light, from local data only, and where one was, however it ended."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.app import folders
from tests.app.driver import Driver

ROOT: Final = Path(__file__).resolve().parents[2]
OURS: Final = {"mobile", "shared", "sync", "kivy", "msgspec"}
THEIRS: Final = {"filetype", "typing_extensions", "cython_runtime"}  # what these need
PYTHONS: Final = {"sitecustomize", "usercustomize"}  # what a distribution's own Python begins with
HEAVY: Final = {"http.client", "urllib.request", "importlib.metadata", "sqlalchemy"}

FIRST_FRAME: Final = """
import sys
from pathlib import Path
from mobile import main
app = main.load(Path(sys.argv[1]))
from kivy.base import EventLoop, runTouchApp
app._run_prepare()
runTouchApp(embedded=True)
EventLoop.idle()
assert app.root.page is not None
print(*sys.modules, sep="\\n")
"""

LEFT_OPEN: Final = """
import sys
from pathlib import Path
from mobile import main
from mobile.shell import Place
app = main.load(Path(sys.argv[1]), talks=False)
from kivy.base import EventLoop, runTouchApp
app._run_prepare()
runTouchApp(embedded=True)
EventLoop.idle()
app.go(Place("jobs"))
app.go(Place("work_order", {"id": sys.argv[2]}))
app.show_sheet("decline", job=sys.argv[2])
app.drafts.keep("note", "半句话")
print("open", flush=True)
while True:
    EventLoop.idle()
"""


@pytest.fixture
def folder(phone_folder: Callable[[str], Path]) -> Path:
    return phone_folder("ordinary")


@contextmanager
def run(script: str, *words: str | Path) -> Iterator["subprocess.Popen[str]"]:
    """The app in a process of its own, off the screen."""
    command = [sys.executable, "-c", script, *map(str, words)]
    surroundings = {**os.environ, "SDL_VIDEODRIVER": "offscreen", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_nothing_but_kivy_msgspec_and_our_own_is_loaded_before_the_first_frame(
    folder: Path,
) -> None:
    with run(FIRST_FRAME, folder) as process:
        told, _ = process.communicate(timeout=60)
    loaded = told.split()
    assert "mobile.app" in loaded
    packages = {name.partition(".")[0] for name in loaded}
    strange = {
        name
        for name in packages - OURS - THEIRS - PYTHONS - sys.stdlib_module_names
        if name[0] != "_"
    }
    assert strange == set()
    assert HEAVY & set(loaded) == set()


def test_the_first_frame_needs_no_server(app: Callable[..., Driver]) -> None:
    driver = app("ordinary")
    assert driver.place.screen == "today"
    assert driver.sees("WO-26-000003")


@pytest.mark.slow
def test_killed_under_a_sheet_it_opens_there_again(folder: Path, driver: Driver) -> None:
    """C44."""
    driver.start(folder, now_ms=folders.NOW_MS)
    job = driver.app.phone.queries.jobs()[0].id
    driver.stop()
    with run(LEFT_OPEN, folder, job) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    driver.start(folder, now_ms=folders.NOW_MS)
    place = driver.place
    assert (place.screen, place.args, place.sheet) == ("work_order", {"id": job}, "decline")
    assert driver.sheet is not None
    assert driver.app.drafts.read("note") == "半句话"
    driver.back()
    assert (driver.sheet, driver.place.screen) == (None, "work_order")
    driver.back()
    assert driver.place.screen == "jobs"


def test_a_phone_that_is_nobodys_asks_to_be_enrolled(driver: Driver, tmp_path: Path) -> None:
    driver.start(tmp_path / "new")
    assert (driver.place.screen, driver.app.is_enrolled) == ("enrol", False)
    assert driver.root.nav_current == ""


def test_work_that_cannot_be_opened_is_told_in_words_and_tried_again(
    folder: Path, driver: Driver
) -> None:
    (database,) = [path for path in folder.glob("*.db") if path.name != "drafts.db"]
    safe = folder / "safe"
    shutil.move(database, safe)
    driver.start(folder, now_ms=folders.NOW_MS)
    assert driver.place.screen == "trouble"
    assert driver.sees(driver.app.words("kit.trouble", "title"))
    database.unlink(missing_ok=True)
    shutil.move(safe, database)
    driver.tap(driver.app.words("kit.trouble", "retry"))
    assert driver.place.screen == "today"


def test_the_command_says_where_there_is_no_screen(folder: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    bare.pop("SDL_VIDEODRIVER", None)
    command = [sys.executable, str(ROOT / "fieldfare.py"), "app", "--data", str(folder)]
    ended = subprocess.run(
        command, env={**bare, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "SDL_VIDEODRIVER=offscreen fieldfare app" in ended.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_off_the_screen_until_it_is_asked_to_end(
    folder: Path, number: signal.Signals
) -> None:
    command = [sys.executable, str(ROOT / "fieldfare.py"), "app", "--data", str(folder)]
    surroundings = {**os.environ, "SDL_VIDEODRIVER": "offscreen"}
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL) as process:
        trail = folder / "drafts.db"
        driver_is_up = False
        for _ in range(600):
            driver_is_up = trail.exists() and b"today" in b"".join(
                path.read_bytes() for path in folder.glob("drafts.db*")
            )
            if driver_is_up:
                break
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.05)
        assert driver_is_up
        process.send_signal(number)
        assert process.wait(30) == 0

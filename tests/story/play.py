"""`make demo`: the demo company with its console and a technician's app, to be used by hand.

Where there is a screen, the app opens in a window beside the console. Where there is none, the
story is played off the screen first. With `--once` the story is all there is: it tells each step,
compares both databases, and ends with 0 only if all of it holds.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from shared.texts import Catalogue, Language, choose_language, say
from tests.e2e.processes import COMMAND, PASSWORD, ROOT, Server, fieldfare
from tests.machine import chromium
from tests.story.plot import TECHNICIAN, Played, Stage, narrator, perform

PLACE: Final = ROOT / "var" / "demo"
PORT: Final = 8000
POLL_S: Final = 0.3
# Who is worth being, besides the technician.
LOGINS: Final = ("diaodu1", "diaodu2", "kefu", "kufang", "jingli")


def main() -> int:
    """Play once, or make the demo company ready and stay until told to stop."""
    options = _parser().parse_args()
    language = choose_language(options.lang.replace("_", "-").partition(".")[0])
    tell = partial(_tell, narrator(language))
    if options.once:
        return 0 if _once(language, tell, options.folder).holds else 1
    return _stay(language, tell, options)


def _tell(words: Catalogue, code: str, **params: Any) -> None:
    print(say(words, "story", code, params), flush=True)


def _once(language: Language, tell: Any, folder: Path | None) -> Played:
    """The story, from an empty folder to the reconciliation."""
    with _room(folder) as place, sync_playwright() as playwright:
        browser = chromium(playwright)
        stage = Stage(place, language, browser)
        try:
            played = perform(stage, tell)
        finally:
            stage.end()
            browser.close()
        for code, holds, value in played.checks:
            print("  ✓ " if holds else "  ✗ ", end="")
            tell(code, value=value)
        tell("shots", folder=str(stage.shots if folder else _kept(stage.shots)))
    tell("good" if played.holds else "bad")
    return played


def _kept(shots: Path) -> Path:
    """The pictures, where they stay."""
    place = PLACE / "shots"
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(shots, place))


@contextmanager
def _room(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="fieldfare-demo-") as name:
        yield Path(name)


def _stay(language: Language, tell: Any, options: argparse.Namespace) -> int:
    """The console for a browser and the app in a window, until Ctrl+C."""
    has_screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if not has_screen:
        tell("no_screen")
        if not _once(language, tell, None).holds:
            return 1
    server = Server(PLACE / "server", options.port)
    if not server.data.exists():
        ran = fieldfare("init", "--data", server.data, "--demo", "--lang", language)
        assert ran.code == 0, ran
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with server.serving():
        phone = PLACE / "phone"
        if not (phone / "device.json").exists():
            _enrol(server, phone, language)
        tell("logins", url=server.url)
        for login in LOGINS:
            print(f"  {login} / {PASSWORD}")
        if has_screen or sys.stdin.isatty() or options.keep:
            _linger(tell, partial(_window, phone, language) if has_screen else None)
    return 0


def _linger(tell: Any, window: Callable[[], "subprocess.Popen[bytes]"] | None) -> None:
    """Serve until Ctrl+C, also when the app's window is closed."""
    opened = None
    if window is not None:
        tell("window")
        opened = window()
    tell("stop")
    try:
        while True:
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        print()
    finally:
        if opened is not None and opened.poll() is None:
            opened.terminate()
            opened.wait()


def _enrol(server: Server, phone: Path, language: Language) -> None:
    """The technician's phone, in step with the server."""
    told = fieldfare(
        "enrol-code", "--data", server.data, "--person", TECHNICIAN, "--port", str(server.port)
    ).told
    here = ("--data", phone, "--lang", language)
    enrolled = fieldfare("device", "enrol", "--code", told["text"], *here)
    assert enrolled.code == 0, enrolled
    named = ("--device", enrolled.told["device"], "--digits", enrolled.told["digits"])
    confirmed = fieldfare("phone", "confirm", "--data", server.data, *named)
    assert confirmed.code == 0, confirmed
    synced = fieldfare("device", "sync", *here)
    assert synced.code == 0, synced


def _window(phone: Path, language: Language) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([*COMMAND, "app", "--data", str(phone), "--lang", language], cwd=ROOT)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="play the story and end")
    parser.add_argument("--keep", action="store_true", help="serve on, also without a terminal")
    parser.add_argument("--folder", type=Path, help="where to keep the story's folders")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--lang", default=os.environ.get("LC_ALL") or os.environ.get("LANG") or "")
    return parser


if __name__ == "__main__":
    sys.exit(main())

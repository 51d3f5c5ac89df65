"""Starts the app's window: what Kivy has to be told before it is loaded, and whether it can be."""

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

from mobile.adapters import ON_ANDROID
from shared.texts import Language

# A window on a desk has the shape of a phone; a phone has its own. In pixels.
WIDTH: Final = 412
HEIGHT: Final = 915
SET: Final = {
    "KIVY_NO_ARGS": "1",  # the command line is ours
    "KIVY_NO_CONFIG": "1",  # the same on every machine
    "KIVY_NO_FILELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",
    "KIVY_CLIPBOARD": "android,sdl2",  # the others start programs to see whether they are there
    "KCFG_GRAPHICS_WIDTH": str(WIDTH),
    "KCFG_GRAPHICS_HEIGHT": str(HEIGHT),
    "KCFG_GRAPHICS_MULTISAMPLES": "0",  # the shapes are smooth by themselves
    "KCFG_INPUT_MOUSE": "mouse,disable_multitouch",
    "KCFG_KIVY_LOG_LEVEL": "warning",
}
SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")
DRIVER: Final = "SDL_VIDEODRIVER"
ON_A_SCREEN: Final = "wayland,x11"  # else SDL goes on where nobody can see it


class NoWindow(Exception):
    """There is nothing to draw on; `code` names why among the app's words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def run(folder: Path, language: Language | None) -> None:
    """Show the window until it is closed, or the process is asked to end. Raises `NoWindow`."""
    app = load(folder, language)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: app.end())
    app.run()


def load(folder: Path, language: Language | None = None, **more: Any) -> Any:
    """The app, ready to be run; `more` is what `mobile.app.FieldfareApp` takes beside these.

    Raises `NoWindow`.
    """
    prepare()
    _look_for_a_screen()
    try:
        from kivy.core.window import Window
    except (ImportError, SystemExit) as ended:
        raise NoWindow("no_graphics") from ended
    if Window is None:
        raise NoWindow("no_graphics")
    if os.environ.get(DRIVER) == "offscreen":
        wait_for_each_frame(Window)
    from mobile.app import FieldfareApp

    return FieldfareApp(folder, language, **more)


def prepare() -> None:
    """Tell Kivy how to start, unless somebody said otherwise."""
    for name, value in SET.items():
        os.environ.setdefault(name, value)
    logger = logging.getLogger("kivy")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_is_news)
    import kivy

    kivy.kivy_options["window"] = ("sdl2",)  # the other one ends the process where it finds none
    kivy.kivy_options["image"] = ("sdl2",)  # else it loads whatever can read a picture
    kivy.kivy_options["cutbuffer"] = ()  # else it starts programs that nobody has


def _look_for_a_screen() -> None:
    """On Linux it is known beforehand whether there is one. Raises `NoWindow`."""
    if sys.platform != "linux" or ON_ANDROID or os.environ.get(DRIVER):
        return
    if not any(os.environ.get(name) for name in SCREENS):
        raise NoWindow("no_window")
    os.environ[DRIVER] = ON_A_SCREEN


def _is_news(record: logging.LogRecord) -> bool:
    """Whether something that Kivy says is worth hearing: not what it never needed."""
    said = record.getMessage()
    return not said.startswith(("Cutbuffer: ", "Input: MTDev", "Window: Unable"))


def wait_for_each_frame(window: Any) -> None:
    """Off the screen nothing waits for the renderer, and frames would pile up in memory."""
    from kivy.graphics.opengl import glFinish

    window.bind(on_flip=lambda *_: glFinish())

"""The technician's app in a process of its own, moved from outside: one JSON command a line.

`python -m tests.story.hand FOLDER LANGUAGE` draws the app off the screen, goes on drawing, and does
what it is told: `["tap", "Accept the job"]`. It answers each line with `[true, what it came to]` or
`[false, what went wrong]`. It may be killed at any instruction, as a phone may.
"""

import json
import math
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

os.environ.update(
    SDL_VIDEODRIVER="offscreen",
    KIVY_METRICS_DENSITY="2",
    KIVY_DPI="320",
    KIVY_METRICS_FONTSCALE="1",
    KCFG_GRAPHICS_WIDTH="824",
    KCFG_GRAPHICS_HEIGHT="1830",
    KCFG_GRAPHICS_MAXFPS="0",
    KCFG_GRAPHICS_VSYNC="0",
)

# Kivy reads the environment when it is loaded.
from kivy.tests import UnitTestTouch
from kivy.uix.widget import Widget

from mobile import main
from shared.amounts import quantity_text

FRAME_S: Final = 0.02
PATIENCE_S: Final = 60.0
DENSITY: Final = 2.0
END: Final = None


class Hand:
    """What may be asked of the app. Every method is a command."""

    def __init__(self, folder: Path, language: str) -> None:
        from tests.app.driver import LARGE, Driver

        self._driver = Driver()
        look: dict[str, Any] = {"size": LARGE, "density": DENSITY, "language": language}
        self._driver.start(folder, **look, talks=True)
        self._driver.app.change(self._driver.app.settings)  # the language is its person's choice

    def tap(self, what: str) -> None:
        """Press what says this, as soon as it is there."""
        self.until(what)
        self._driver.tap(what)

    def press(self, what: str) -> None:
        """Press the button that says this, where other things say it too."""
        self._driver.tap(self._driver.find(what, "PushButton"))

    def press_first(self, beginnings: list[str]) -> None:
        """Press the button that begins with one of these."""
        found = [
            one
            for one in self._driver.widgets("PushButton")
            if any(one.text.startswith(begin) for begin in beginnings)
        ]
        assert found, [one.text for one in self._driver.widgets("PushButton")]
        self._driver.tap(found[0])

    def choose(self, text: str, kind: str) -> None:
        """Press what says this among the things of one kind."""
        self._driver.tap(self._driver.find(text, kind or Widget))

    def scrawl(self) -> None:
        """Write something on the pad with a finger."""
        self._until(lambda: any(self._driver.widgets("InkPad")))
        self._driver.still()
        pad = next(self._driver.widgets("InkPad"))
        left, bottom = pad.to_window(*pad.pos)
        spots = [
            (
                left + pad.width * (0.15 + 0.012 * step + 0.03 * math.sin(step * 0.9)),
                bottom + pad.height * (0.5 + 0.28 * math.sin(step * 0.45)),
            )
            for step in range(58)
        ]
        touch = UnitTestTouch(*spots[0])
        touch.touch_down()
        for spot in spots[1:]:
            touch.touch_move(*spot)
            self._driver.frames(1)
        touch.touch_up()
        self._driver.frames(2)

    def hold(self) -> None:
        """Hold the button that gives the phone back."""
        button = next(self._driver.widgets("HoldButton"))
        touch = UnitTestTouch(*button.to_window(*button.center))
        touch.touch_down()
        self._until(lambda: not self._driver.page.kept)
        touch.touch_up()
        self._driver.frames(4)

    def photos(self, job: str) -> tuple[int, int]:
        """How many photos a job has, and how many pictures are still to become some."""
        app = self._driver.app
        return (len(app.phone.queries.photos(job)), len(app.darkroom.waiting(job)))

    def unsafe(self) -> int:
        """How many files the office does not have yet."""
        return int(self._driver.app.phone.condition().pending_files)

    def sees_zone(self, name: str) -> bool:
        """Whether a card offers something to press under this name."""
        return self._driver.zone(name) is not None

    def step(self, label: str) -> None:
        """Press the big button of a job."""
        self.tap(label)

    def fill(self, kind: str, number: int, text: str) -> None:
        """Type into the n-th field of a kind."""
        self._until(lambda: len(list(self._driver.widgets(kind))) > number)
        self._driver.type(list(self._driver.widgets(kind))[number], text)

    def type(self, label: str, text: str) -> None:
        """Type into the field that says this."""
        self.until(label)
        self._driver.type(label, text)

    def until(self, text: str) -> None:
        """Wait until something says this."""
        self._until(lambda: self._driver.sees(text) or self._driver.zone(text) is not None)

    def until_gone(self, text: str) -> None:
        """Wait until nothing says this any more."""
        self._until(lambda: not self._driver.sees(text))

    def until_no_sheet(self) -> None:
        """Wait until nothing lies over the screen."""
        self._until(lambda: self._driver.sheet is None)

    def until_answered(self, code: str) -> None:
        """Wait until a check has its answer; a sheet that went on to the next one is closed."""
        self._until(lambda: code not in [one[0] for one in self.unchecked()])
        self._driver.frames(2)
        if self._driver.sheet is not None:
            self._driver.back()

    def until_chip(self, text: str) -> None:
        """Wait until the sync chip says this."""
        self._until(lambda: text in self._driver.app.chip().text)

    def sees(self, text: str) -> bool:
        """Whether something says this now."""
        return self._driver.sees(text)

    def go(self, screen: str, args: dict[str, str]) -> None:
        """Be at a screen."""
        self._driver.go(screen, **args)

    def back(self) -> None:
        """Press the back key."""
        self._driver.back()

    def ring(self) -> None:
        """Have the courier talk now."""
        self._driver.app.ring()

    def jobs(self) -> dict[str, str]:
        """The ids of the jobs on the phone, by number."""
        return {one.number or "": one.id for one in self._driver.app.phone.queries.jobs()}

    def part(self, number: str) -> str:
        """The id of a part."""
        return str(self._driver.app.phone.queries.part_named(number).id)

    def place(self) -> tuple[str, str]:
        """The screen and the sheet one is at."""
        place = self._driver.place
        return (place.screen, place.sheet)

    def texts(self) -> list[str]:
        """Everything that is said on the screen."""
        return self._driver.texts()

    def unchecked(self) -> list[tuple[str, str, str]]:
        """The checks of the open job without an answer: code, type, and what would be right."""
        sheet = self._driver.app.phone.queries.sheet(self._driver.place.args["id"])
        items = [one.item for one in sheet.checklist if one.reading is None]
        return [(one.code, one.type, _right(one)) for one in items]

    def chip(self) -> str:
        """What the sync chip says."""
        return str(self._driver.app.chip().text)

    def unfocus(self) -> None:
        """Leave the field one types into."""
        self._driver.unfocus()

    def shot(self, path: str) -> None:
        """A picture of the screen."""
        self._driver.still()
        self._driver.shot(Path(path))

    def draw(self) -> None:
        """Draw a frame."""
        self._driver.frames(1)

    def _until(self, holds: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"it never came to that; there is {self._driver.texts()}")
            self._driver.frames(1)
            time.sleep(FRAME_S)


def _right(item: Any) -> str:
    limits = {"number": quantity_text(item.low or item.high or 0), "pass_fail": "pass"}
    return limits.get(item.type) or (item.choices[0].code if item.choices else "OK")


def obey(hand: Hand) -> None:
    """Do what is told, a line a command, and draw meanwhile."""
    told: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_listen, args=(told,), daemon=True).start()
    while True:
        hand.draw()  # also where one is asked without a pause: the app lives on between questions
        try:
            line = told.get(timeout=FRAME_S)
        except queue.Empty:
            continue
        if line is END:
            return
        name, *args = json.loads(line)
        try:
            answer = [True, getattr(hand, name)(*args)]
        except AssertionError as wrong:
            answer = [False, str(wrong)]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _listen(told: "queue.Queue[str | None]") -> None:
    for line in sys.stdin:
        told.put(line)
    told.put(END)


if __name__ == "__main__":
    main.prepare()
    from kivy.core.window import Window

    main.wait_for_each_frame(Window)
    obey(Hand(Path(sys.argv[1]), sys.argv[2]))

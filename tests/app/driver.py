"""A hand on the app: frames one by one, touches where things are, eyes on what is on the screen."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kivy.base import EventLoop, runTouchApp
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
from kivy.metrics import Metrics, dp
from kivy.tests import UnitTestTouch
from kivy.uix.recycleview import RecycleView
from kivy.uix.scrollview import ScrollView
from kivy.uix.textinput import TextInput
from kivy.uix.widget import Widget
from msgspec import structs

from mobile.app import FieldfareApp
from mobile.device import Clock
from mobile.shell import Place
from mobile.widgets.press import rest
from shared.clock import At
from shared.texts import Language

SMALL: Final = (360, 640)
LARGE: Final = (412, 915)
HOLD_S: Final = 0.075  # a scrolling body keeps a touch to itself for 55 ms
STILL_S: Final = 0.25  # longer than any animation
REST_S: Final = 0.004  # between two frames, so that waiting costs nothing
FRAMES_MAX: Final = 600
PATIENCE_S: Final = 20.0  # frames alone are soon over where nothing else runs
SAYING: Final = ("text", "title", "label", "a11y", "hint", "name", "value")


class StillClock(Clock):
    """A clock that stands at a moment, or runs from it."""

    def __init__(self, now_ms: int) -> None:
        super().__init__()
        self.moment = now_ms
        self.slept_ms = 0

    def now(self) -> At:
        """The moment, by the wall; the boot clock runs, and has slept as long as was said."""
        real = super().now()
        return structs.replace(real, wall=self.moment, mono=real.mono + self.slept_ms)


class Driver:
    """One app in the one window of this process. Sizes are in dp.

    Its frames do all but draw: half of a test would go by in a renderer without hardware, for
    pictures at which nobody looks. What is shown is drawn by `pixels`, and once at the end.
    """

    def __init__(self) -> None:
        self._draws = False
        Window.bind(on_draw=self._keeps_dark, on_flip=self._keeps_dark)
        self.app: Any = None
        self.folder: Path | None = None
        self.clock: Any = None
        self._density = 1.0

    def start(
        self,
        folder: Path,
        *,
        language: Language = "en",
        size: tuple[int, int] = SMALL,
        density: float = 1.0,
        text_scale: float = 1.0,
        theme: str = "light",
        now_ms: int | None = None,
        talks: bool = False,
    ) -> "Driver":
        """Open the app on a folder, as if it had been started there."""
        assert self.app is None, "stop it first"
        self.resize(size, density)
        Metrics.fontscale = 1.0
        self.clock = StillClock(now_ms) if now_ms is not None else None
        self.folder = folder
        self.app = FieldfareApp(folder, None, talks=talks, clock=self.clock)
        look = {"language": language, "text_scale": text_scale, "theme": theme}
        chosen = structs.replace(self.app.settings, **look)
        self.app.settings = chosen
        self.app.dress()
        self.app._run_prepare()
        runTouchApp(embedded=True)
        self.frames(4)
        return self

    def stop(self) -> None:
        """Close the app."""
        if self.app is None:
            return
        self._draw()
        app, self.app = self.app, None
        Window.remove_widget(app.root)
        app.dispatch("on_stop")
        Metrics.fontscale = 1.0
        self.frames(1)

    def again(self, **look: Any) -> "Driver":
        """Close it and open it on the same folder."""
        folder = self.folder
        assert folder is not None
        self.stop()
        return self.start(folder, **look)

    def resize(self, size: tuple[int, int], density: float = 1.0) -> None:
        """Give the window so many dp, at so many pixels a dp."""
        Metrics.density = density
        Metrics.dpi = 160 * density
        wanted = (round(size[0] * density), round(size[1] * density))
        if tuple(Window.size) != wanted:
            Window.size = wanted
            self.frames(2)
        assert tuple(Window.size) == wanted, Window.size

    @property
    def root(self) -> Any:
        """Everything that is shown."""
        return self.app.root

    @property
    def page(self) -> Any:
        """The screen that is shown."""
        return self.root.page

    @property
    def sheet(self) -> Any:
        """The sheet over it, if there is one."""
        return self.root.sheet

    @property
    def place(self) -> Place:
        """Where one is."""
        return self.app.here()

    def go(self, screen: str, **args: str) -> "Driver":
        """Be at a screen at once."""
        self.app.go(Place(screen, args))
        self.frames(4)
        return self

    def frames(self, count: int = 1) -> None:
        """Draw so many frames."""
        for _ in range(count):
            EventLoop.idle()

    def frames_for(self, seconds: float) -> None:
        """Draw frames for so long, the last of them when it is over."""
        end = time.monotonic() + seconds
        self.frames(1)
        while time.monotonic() < end:
            time.sleep(REST_S)
            self.frames(1)

    def until(self, holds: Callable[[], Any]) -> Any:
        """Draw frames until something holds; what it came to."""
        end, frames = time.monotonic() + PATIENCE_S, 0
        while frames < FRAMES_MAX or time.monotonic() < end:
            found = holds()
            if found:
                return found
            EventLoop.idle()
            time.sleep(REST_S)
            frames += 1
        raise AssertionError("it never came to that")

    def still(self) -> None:
        """Draw frames until animations and delayed touches are over."""
        self.frames_for(STILL_S)

    def widgets(self, kind: str | type = Widget) -> Iterator[Any]:
        """What is shown of a kind, from the top of the tree; a sheet hides what is below it."""
        below = self.sheet if self.sheet is not None else self.root
        for widget in below.walk():
            named = type(widget).__name__ == kind or _is(widget, kind)
            if named and is_shown(widget):
                yield widget

    def find(self, text: str, kind: str | type = Widget) -> Any:
        """The first widget that says exactly this; else the first in which it stands."""
        found = list(self.widgets(kind))
        for fits in (lambda said: said == text, lambda said: text in said):
            for widget in found:
                if any(fits(str(getattr(widget, name, "") or "")) for name in SAYING):
                    return widget
        raise AssertionError(f"nothing says {text!r}; there is {self.texts()}")

    def sees(self, text: str) -> bool:
        """Whether something shown says this."""
        try:
            self.find(text)
        except AssertionError:
            return False
        return True

    def texts(self) -> list[str]:
        """Every text that is shown."""
        said = [getattr(one, "text", "") or getattr(one, "a11y", "") for one in self.widgets()]
        return list(dict.fromkeys(text for text in said if isinstance(text, str) and text.strip()))

    def show(self, widget: Widget) -> None:
        """Scroll a widget into sight."""
        above = widget.parent
        while above is not None and above.parent is not above:
            scrolls = isinstance(above, ScrollView) and not isinstance(above, RecycleView)
            if scrolls and above is not widget:
                if widget.height < above.height:
                    above.scroll_to(widget, padding=dp(8), animate=False)
                self.frames(2)
            above = above.parent

    def zone(self, named: str) -> tuple[Any, Any] | None:
        """The drawn card with a zone of this name or label, and that zone, brought into sight."""
        for card in self.widgets("Drawn"):
            for zone in card.zones:
                if named in (zone.label, zone.name):
                    self.show(card)
                    _bring(card, zone)
                    self.frames(2)
                    return card, zone
        return None

    def tap(self, what: str | Widget, kind: str | type = Widget) -> None:
        """Press something, wherever it is, as soon as it is there; also what is drawn on a card."""
        if isinstance(what, str):
            with suppress(AssertionError):  # what never comes is named below
                self.until(lambda: self.zone(what) or self.sees(what))
        found = self.zone(what) if isinstance(what, str) else None
        if found is not None:
            card, zone = found
            middle = (card.x + zone.x + zone.w / 2, card.top - zone.y - zone.h / 2)
            self.press(*card.to_window(*middle))
            return
        widget = self.find(what, kind) if isinstance(what, str) else what
        self.show(widget)
        self.press(*widget.to_window(*widget.center))

    def press(self, x: float, y: float) -> None:
        """Press a point of the window, in pixels from the bottom left, as one who looks first."""
        assert 0 <= x <= Window.width, (x, y)
        assert 0 <= y <= Window.height, (x, y)
        self.until(lambda: not rest.keeps_off(x, y))
        self._touch(x, y)

    def hammer(self, what: str | Widget, times: int = 3, stall: float = 0) -> None:
        """Press something several times as fast as a finger can, whatever comes up meanwhile.

        A slow phone draws nothing for `stall` seconds between two of them.
        """
        found = self.zone(what) if isinstance(what, str) else None
        if found is not None:
            card, zone = found
            middle = (card.x + zone.x + zone.w / 2, card.top - zone.y - zone.h / 2)
            spot = card.to_window(*middle)
        else:
            widget = self.find(what) if isinstance(what, str) else what
            self.show(widget)
            spot = widget.to_window(*widget.center)
        self.until(lambda: not rest.keeps_off(*spot))
        for _ in range(times):
            self._touch(*spot)
            time.sleep(stall)

    def _touch(self, x: float, y: float) -> None:
        touch = UnitTestTouch(x, y)
        touch.touch_down()
        self.frames_for(HOLD_S)
        touch.touch_up()
        self.frames(3)

    def swipe(self, begin: tuple[float, float], end: tuple[float, float], steps: int = 12) -> None:
        """Draw a finger over the window."""
        touch = UnitTestTouch(*begin)
        touch.touch_down()
        for step in range(1, steps + 1):
            self.frames(1)
            share = step / steps
            at = (begin[0] + (end[0] - begin[0]) * share, begin[1] + (end[1] - begin[1]) * share)
            touch.touch_move(*at)
        self.frames(1)
        touch.touch_up()
        self.frames(3)

    def type(self, into: str | Widget, text: str) -> None:
        """Fill a field in, as by a keyboard; what it held is gone."""
        field = self.find(into, "TextField") if isinstance(into, str) else into
        entry = next(one for one in field.walk() if isinstance(one, TextInput))
        self.show(field)
        entry.focus = True
        self.frames(1)
        entry.select_all()
        entry.delete_selection()
        entry.insert_text(text)
        self.frames(2)

    def enter(self, into: str | Widget) -> None:
        """Press Enter in a field."""
        field = self.find(into, "TextField") if isinstance(into, str) else into
        entry = next(one for one in field.walk() if isinstance(one, TextInput))
        entry.dispatch("on_text_validate")
        self.frames(2)

    def unfocus(self) -> None:
        """Leave the field that is being filled in."""
        for widget in self.root.walk():
            if isinstance(widget, TextInput) and widget.focus:
                widget.focus = False
        self.frames(2)

    def back(self) -> None:
        """Press the device's back key."""
        Window.dispatch("on_keyboard", 27, 0, "", [])
        self.frames(3)

    def to_the_end(self) -> None:
        """Scroll what lies in front, a sheet or the screen; what is short stays as it is."""
        for body in (self.root.sheet or self.page).walk(restrict=True):
            if isinstance(body, ScrollView) and body.children[0].height > body.height:
                body.scroll_y = 0.0
                return

    def pixels(self) -> bytes:
        """What is on the screen: rows of red, green, blue from the bottom."""
        self.frames(1)
        self._draw()
        width, height = Window.size
        return bytes(glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE))

    def _draw(self) -> None:
        self._draws = True
        Window.canvas.ask_update()
        self.frames(1)
        self._draws = False

    def _keeps_dark(self, _window: Any) -> bool:
        """Whether this frame is left undrawn: nobody behind this one hears of it then."""
        return not self._draws

    def shot(self, path: Path) -> Path:
        """A picture of the screen, as PNG."""
        from PIL import Image

        picture = Image.frombytes("RGB", tuple(Window.size), self.pixels())
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(path)
        return path


def _bring(card: Any, zone: Any) -> None:
    """Scroll until the middle of a zone is in sight: a card may be higher than the screen."""
    above = card.parent
    while above is not None and not isinstance(above, ScrollView):
        above = above.parent if above.parent is not above else None
    if above is None:
        return
    _, middle = card.to_window(0, card.top - zone.y - zone.h / 2)
    _, bottom = above.to_window(*above.pos)
    beyond = max(bottom + zone.h - middle, 0) + min(bottom + above.height - zone.h - middle, 0)
    if beyond:
        _, share = above.convert_distance_to_scroll(0, beyond)
        above.scroll_y = min(1.0, max(0.0, above.scroll_y - share))


def is_shown(widget: Any) -> bool:
    """Whether a widget takes up room and is not hidden."""
    if widget.width < 1 or widget.height < 1 or not widget.opacity:
        return False
    above = widget.parent
    while above is not None and above.parent is not above:
        if not above.opacity:
            return False
        above = above.parent
    return above is not None


def _is(widget: Any, kind: str | type) -> bool:
    if isinstance(kind, str):
        return any(one.__name__ == kind for one in type(widget).__mro__)
    return isinstance(widget, kind)

"""What can be pressed, and the moment after a press in which the same spot takes no other."""

from math import dist
from typing import Any, Final

from kivy.animation import Animation
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.widget import Widget

REST_S: Final = 0.4
REST_FRAMES: Final = 8  # a slow phone may still be building what it is about to show
NEAR_DP: Final = 56  # a glove does not come down twice on the same point
SEEN_AT: Final = "seen_at"  # in a touch's own notes: when somebody first asked for it
HELD_S: Final = 5.0  # a finger that was never seen to leave must not hold everything up


def is_touched() -> bool:
    """Whether a finger is on the window, and has not been there for too long already."""
    now = Clock.get_boottime()
    return any(now - touch.ud.setdefault(SEEN_AT, now) < HELD_S for touch in EventLoop.touches)


class Pressable(ButtonBehavior):
    """`flash` runs from 1 to 0 after a touch; `a11y` is what a screen reader would say."""

    flash = NumericProperty(0)
    a11y = StringProperty("")

    def on_state(self, _widget: Any, state: str) -> None:
        """Darken at once, brighten slowly."""
        Animation.cancel_all(self, "flash")
        if state == "down":
            self.flash = 1
        elif self.flash:
            Animation(flash=0, d=0.18, t="out_quad").start(self)


class Rest:
    """Keeps the second half of a double tap from what has just come up under the finger.

    It begins when something else stands there than was aimed at: another screen, a sheet, another
    step on the big button. Then the spot of the last touch takes none for a moment, and each
    touch in that moment begins it anew. Touches elsewhere are taken at once. The moment lasts for a
    time and for some frames: who cannot have seen what came up has not aimed at it.
    """

    def __init__(self) -> None:
        self._until = 0.0
        self._frame = 0
        self._spot: tuple[float, float] | None = None
        self._changed: Widget | None = None

    def begin(self, changed: Widget | None = None) -> None:
        """Something came up; `changed` is what takes no touch at all, wherever the last one was."""
        self._lengthen()
        self._changed = changed

    @property
    def lasts(self) -> bool:
        """Whether the moment is not over yet."""
        return bool(Clock.get_boottime() < self._until or Clock.frames < self._frame)

    def keeps_off(self, x: float, y: float) -> bool:
        """Whether a touch at this point of the window would be taken for the rest of another."""
        if not self.lasts:
            return False
        return self._is_near(x, y) or self._is_on_changed(x, y)

    def takes(self, x: float, y: float) -> bool:
        """The same of a touch that comes down now."""
        kept_off = self.keeps_off(x, y)
        self._spot = (x, y)
        if kept_off:
            self._lengthen()
        return kept_off

    def _lengthen(self) -> None:
        self._until = Clock.get_boottime() + REST_S
        self._frame = Clock.frames + REST_FRAMES

    def _is_near(self, x: float, y: float) -> bool:
        return self._spot is not None and dist(self._spot, (x, y)) < dp(NEAR_DP)

    def _is_on_changed(self, x: float, y: float) -> bool:
        one = self._changed
        return one is not None and bool(one.collide_point(*one.to_widget(x, y)))


rest: Final = Rest()

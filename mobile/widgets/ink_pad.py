"""A pad for a signature: one finger writes on it, and what it wrote can be taken back."""

from pathlib import Path
from typing import Any, Final

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, SmoothEllipse, SmoothLine
from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget

from mobile.widgets.look import load, theme
from shared.ink import NUMBERS_MAX, SIDE_MAX, STROKES_MAX, Curve, Ink, Point, paths, points

TENTHS: Final = 10  # of a dp: the unit that ink is kept in
NEAR: Final = 12  # tenths: a point nearer to the one before says nothing new
BENDS: Final = 6  # straight pieces that a curve is drawn with
WRITES: Final = (None, "left")  # a finger has no button
PEN_DP: Final = 1.5  # half the width of a line


class InkPad(Widget):
    """Writes with one finger, or the left button of a mouse; a second touch meanwhile is nothing.

    `on_ink` tells each stroke that was written or taken back. What was written on a pad of
    another shape (the phone was turned) is shown in the middle, as it was.
    """

    hint = StringProperty("")
    has_ink = BooleanProperty(defaultvalue=False)
    a11y = StringProperty("")

    __events__ = ("on_ink",)

    def __init__(self, **given: Any) -> None:
        self._strokes: list[list[int]] = []
        self._side: tuple[int, int] | None = None
        self._began_s = 0.0
        self._held: Any = None
        self._lines: dict[int, InstructionGroup] = {}
        super().__init__(**given)
        self._ink = InstructionGroup()
        self.canvas.add(self._ink)
        for name in ("pos", "size"):
            self.fbind(name, self._draw_all)

    @property
    def ink(self) -> Ink | None:
        """What stands on it; None where nothing does."""
        if not self._strokes or self._side is None:
            return None
        width, height = self._side
        strokes = tuple(tuple(one) for one in self._strokes)
        return Ink(width=width, height=height, strokes=strokes)

    @ink.setter
    def ink(self, ink: Ink | None) -> None:
        self._held = None
        self._strokes = [list(one) for one in ink.strokes] if ink is not None else []
        self._side = (ink.width, ink.height) if ink is not None else None
        last = max((one[-1] for one in self._strokes if one), default=0)
        self._began_s = Clock.get_boottime() - last / 1000
        self._draw_all()

    def undo(self) -> None:
        """Take the last stroke back."""
        if self._strokes and self._held is None:
            self._strokes.pop()
            self._told()

    def clear(self) -> None:
        """Take everything back."""
        if self._held is None:
            self._strokes.clear()
            self._told()

    def on_ink(self) -> None:
        """A stroke was written, or taken back."""

    def on_touch_down(self, touch: Any) -> bool:
        """A stroke begins, unless one is being written: a palm rests beside a finger."""
        if not self.collide_point(*touch.pos) or self.disabled:
            return False
        if getattr(touch, "is_mouse_scrolling", False):
            return False
        if self._held is not None or getattr(touch, "button", None) not in WRITES:
            return True
        if len(self._strokes) < STROKES_MAX and self._room():
            touch.grab(self)
            self._held = touch
            self._begin()
            self._strokes.append([])
            self._add(touch)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """The stroke goes on; what runs out of the pad stays at its edge."""
        if touch.grab_current is self and touch is self._held:
            self._add(touch)
            return True
        return touch.grab_current is None and bool(self.collide_point(*touch.pos))

    def on_touch_up(self, touch: Any) -> bool:
        """The stroke ends."""
        if touch.grab_current is self and touch is self._held:
            touch.ungrab(self)
            self._held = None
            self._told()
            return True
        return touch.grab_current is None and bool(self.collide_point(*touch.pos))

    def _begin(self) -> None:
        """The first stroke says how large the pad is and when the writing began."""
        if not self._strokes:
            sides = (self.width, self.height)
            width, height = (min(SIDE_MAX, max(1, round(x * TENTHS / dp(1)))) for x in sides)
            self._side = (width, height)
            self._began_s = Clock.get_boottime()

    def _add(self, touch: Any) -> None:
        stroke = self._strokes[-1]
        x, y = self._to_ink(touch.x, touch.y)
        if (stroke and max(abs(x - stroke[-3]), abs(y - stroke[-2])) < NEAR) or not self._room():
            return
        stroke.extend((x, y, max(0, round((Clock.get_boottime() - self._began_s) * 1000))))
        self._write(len(self._strokes) - 1)

    def _room(self) -> bool:
        return sum(len(one) for one in self._strokes) + 3 <= NUMBERS_MAX

    def _frame(self) -> tuple[float, float, float]:
        """How the ink lies on the pad: pixels a tenth, and where its left and upper edges are."""
        width, height = self._side or (1, 1)
        scale = min(self.width / width, self.height / height)
        return scale, self.center_x - width * scale / 2, self.center_y + height * scale / 2

    def _to_ink(self, x: float, y: float) -> tuple[int, int]:
        scale, left, top = self._frame()
        width, height = self._side or (1, 1)
        across, down = round((x - left) / scale), round((top - y) / scale)
        return min(max(across, 0), width), min(max(down, 0), height)

    def _told(self) -> None:
        self._draw_all()
        self.dispatch("on_ink")

    def _draw_all(self, *_: Any) -> None:
        self._ink.clear()
        self._lines.clear()
        for index in range(len(self._strokes)):
            self._draw(index)
        self.has_ink = bool(self._strokes)

    def _write(self, index: int) -> None:
        """A stroke as it is being written: from point to point, which is quick."""
        spots = points(self._alone(index))[0]
        self._show(index, spots)

    def _draw(self, index: int) -> None:
        """A stroke that was written: with the curves that every paper has."""
        spots = [spot for curves in paths(self._alone(index)) for spot in _bent(curves)]
        self._show(index, spots)

    def _alone(self, index: int) -> Ink:
        return Ink(width=1, height=1, strokes=(tuple(self._strokes[index]),))

    def _show(self, index: int, spots: list[Point]) -> None:
        group = self._lines.get(index)
        if group is None:
            group = self._lines[index] = InstructionGroup()
            self._ink.add(group)
            self.has_ink = True
        group.clear()
        scale, left, top = self._frame()
        pixels = [(left + x * scale, top - y * scale) for x, y in spots]
        pen = dp(PEN_DP)
        group.add(Color(*theme.text))
        if len(pixels) > 1:
            flat = [side for spot in pixels for side in spot]
            group.add(SmoothLine(points=flat, width=pen))
        for x, y in pixels[:1] + pixels[-1:]:
            group.add(SmoothEllipse(pos=(x - pen, y - pen), size=(2 * pen, 2 * pen)))


def _bent(curves: list[Curve]) -> list[Point]:
    """Points along curves, near enough to each other to look round."""
    found = [curves[0][0]] if curves else []
    for a, b, c, d in curves:
        if a == d:
            continue
        for step in range(1, BENDS + 1):
            t = step / BENDS
            u = 1 - t
            shares = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
            found.append(_mixed(shares, (a, b, c, d)))
    return found


def _mixed(shares: tuple[float, ...], spots: Curve) -> Point:
    x = sum(share * spot[0] for share, spot in zip(shares, spots, strict=True))
    y = sum(share * spot[1] for share, spot in zip(shares, spots, strict=True))
    return (x, y)


load(Path(__file__))

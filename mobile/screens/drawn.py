"""A card drawn on its canvas by a pen: one widget, however much stands on it."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from kivy.core.text import Label as Typesetter
from kivy.graphics import (
    Color,
    InstructionGroup,
    PopMatrix,
    PushMatrix,
    Rectangle,
    RoundedRectangle,
    SmoothLine,
    SmoothRoundedRectangle,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
    Translate,
)
from kivy.metrics import dp, sp
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from mobile.linebreak import broken
from mobile.screens.pen import Pen
from mobile.screens.sketch import Ink, Mark, Zone
from mobile.views.framing import cover
from mobile.widgets.look import glyph, text_width, theme

TEXTURES_MAX: Final = 700
Compose = Callable[[Pen], None]
_set_before: OrderedDict[tuple[Any, ...], Any] = OrderedDict()


def set_text(text: str, role: str, *, width: float = 0, wrap: bool = False) -> Any:
    """A text as a texture, at most so wide (0: as wide as it likes): broken, or cut to one line."""
    font, size = theme.font(role), theme.font_size(role)
    key = (text, role, int(width), wrap, size)
    return _kept(key, lambda: _set(text, role, (font, size), (width, wrap)))


def set_icon(icon: str, size: float, *, filled: bool = False) -> Any:
    """An icon as a texture."""
    font, pixels = "IconsFilled" if filled else "Icons", sp(size)

    def draw() -> Any:
        return Typesetter(text=glyph(icon), font_name=font, font_size=pixels)

    return _kept((icon, font, pixels), draw)


INK: Final = Ink(text=set_text, icon=set_icon)


class Drawn(Widget):
    """A card; `compose` says with a pen what stands on it, for whatever width it is given.

    A tap inside a zone is told as `on_zone` with the zone's name.
    """

    is_card = BooleanProperty(defaultvalue=True)
    pad_dp = NumericProperty(16)
    a11y = StringProperty("")

    __events__ = ("on_zone",)

    def __init__(self, compose: Compose | None = None, **given: Any) -> None:
        super().__init__(size_hint_y=None, height=dp(1), **given)
        self.zones: list[Zone] = []
        self._compose = compose
        self.marks: list[Mark] = []
        self._held: Zone | None = None
        with self.canvas:
            PushMatrix()
            self._at = Translate(0, 0)
            self._group = InstructionGroup()
            self.canvas.add(self._group)
            self._press = InstructionGroup()
            self.canvas.add(self._press)
            PopMatrix()
        self.fbind("pos", self._move)
        self.fbind("width", self._lay_out)

    def show(self, compose: Compose) -> None:
        """Draw something else."""
        self._compose = compose
        self._lay_out()

    def on_touch_down(self, touch: Any) -> bool:
        """Only what lies in a zone is pressed."""
        if getattr(touch, "is_mouse_scrolling", False) or not self.collide_point(*touch.pos):
            return False
        self._held = self._zone_at(touch)
        if self._held is None:
            return False
        touch.grab(self)
        self._show_press()
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """A finger that leaves the zone presses nothing any more."""
        if touch.grab_current is not self:
            return False
        if self._held is not None and self._zone_at(touch) != self._held:
            self._let_go()
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """A tap counts where it ends in the zone it began in."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        held = self._held
        self._let_go()
        if held is not None and self._zone_at(touch) == held:
            self.dispatch("on_zone", held.name)
        return True

    def on_zone(self, name: str) -> None:
        """A zone was tapped."""

    def _zone_at(self, touch: Any) -> Zone | None:
        x, y = touch.x - self.x, self.top - touch.y
        return next((zone for zone in reversed(self.zones) if zone.holds(x, y)), None)

    def _let_go(self) -> None:
        self._held = None
        self._press.clear()

    def _move(self, *_: Any) -> None:
        self._at.xy = (round(self.x), round(self.y))

    def _lay_out(self, *_: Any) -> None:
        if self._compose is None or self.width < dp(80):
            return
        pen = Pen(INK, self.width, pad=self.pad_dp)
        self._compose(pen)
        self.zones, self.marks = pen.zones, pen.marks
        self.a11y = "\n".join(pen.said)
        self.height = pen.y + pen.pad if pen.marks else 0
        self._paint(pen.marks)

    def _paint(self, marks: list[Mark]) -> None:
        group, height = self._group, self.height
        group.clear()
        if not marks:
            return
        if self.is_card:
            _box(group, Mark("box", 0, 0, self.width, height, "surface", None, dp(16)), height)
            _frame(group, Mark("frame", 0, 0, self.width, height, "outline", None, dp(16)), height)
        for mark in marks:
            _PAINT[mark.shape](group, mark, height)
        self._move()

    def _show_press(self) -> None:
        self._press.clear()
        zone = self._held
        if zone is not None:
            mark = Mark("box", zone.x, zone.y, zone.w, zone.h, "press", None, dp(12))
            _box(self._press, mark, self.height)


def _text(group: Any, mark: Mark, height: float) -> None:
    group.add(Color(*theme.tone(mark.tone)))
    place = (mark.x, round(height - mark.y - mark.h))
    group.add(Rectangle(texture=mark.texture, pos=place, size=(mark.w, mark.h)))


def _box(group: Any, mark: Mark, height: float) -> None:
    group.add(Color(*theme.tone(mark.tone)))
    place, size = (mark.x, height - mark.y - mark.h), (mark.w, mark.h)
    if mark.radius:
        radius = min(mark.radius, mark.w / 2, mark.h / 2)
        group.add(SmoothRoundedRectangle(pos=place, size=size, radius=[radius]))
    else:
        group.add(Rectangle(pos=place, size=size))


def _frame(group: Any, mark: Mark, height: float) -> None:
    group.add(Color(*theme.tone(mark.tone)))
    y = height - mark.y - mark.h
    shape = (mark.x + 0.5, y + 0.5, max(mark.w - 1, 1), max(mark.h - 1, 1), mark.radius)
    group.add(SmoothLine(rounded_rectangle=shape, width=dp(0.6)))


def _picture(group: Any, mark: Mark, height: float) -> None:
    """The middle of a picture, its corners rounded: a rounded box would bend it."""
    place, size = (mark.x, height - mark.y - mark.h), (mark.w, mark.h)
    part = mark.texture.get_region(*cover(mark.texture.size, mark.w / mark.h))
    radius = [mark.radius]
    group.add(StencilPush())
    group.add(RoundedRectangle(pos=place, size=size, radius=radius))
    group.add(StencilUse())
    group.add(Color(1, 1, 1, 1))
    group.add(Rectangle(texture=part, pos=place, size=size))
    group.add(StencilUnUse())
    group.add(RoundedRectangle(pos=place, size=size, radius=radius))
    group.add(StencilPop())


_PAINT: Final[dict[str, Callable[[Any, Mark, float], None]]] = {
    "text": _text,
    "box": _box,
    "frame": _frame,
    "picture": _picture,
}


def _set(text: str, role: str, font: tuple[str, float], room: tuple[float, bool]) -> Any:
    name, size = font
    width, wrap = room
    if width:
        lines = broken(text, width, lambda line: text_width(line, name, size), 0 if wrap else 1)
        text = "\n".join(lines)
    height = theme.line_height(role)
    return Typesetter(text=text or " ", font_name=name, font_size=size, line_height=height)


def _kept(key: tuple[Any, ...], draw: Callable[[], Any]) -> Any:
    """The texture of a typesetter, which is kept with it: it draws again what a pause has lost."""
    known = _set_before.get(key)
    if known is None:
        known = _set_before[key] = draw()
        known.refresh()
        if len(_set_before) > TEXTURES_MAX:
            _set_before.popitem(last=False)
    else:
        _set_before.move_to_end(key)
    return known.texture

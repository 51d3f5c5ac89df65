"""Pictures: small ones for lists, one to be looked at closely, and one to be drawn on."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any, Final

from kivy.graphics import (
    Color,
    InstructionGroup,
    Line,
    Rectangle,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
)
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from mobile.theme import rgba
from mobile.views import framing
from mobile.views.framing import Box, Glass
from mobile.widgets.hosting import later

SMALL_MAX: Final = 60  # thumbnails kept as textures, some 300 kB each
NEAR_DP: Final = 2.0  # a finger that moves less draws nothing new
WHEEL: Final = 1.2
THIN: Final = 0.007  # shares of the picture's width
THICK: Final = 0.018


class Thumbnails:
    """Small pictures by their files; the one not asked for the longest goes first."""

    def __init__(self, most: int = SMALL_MAX) -> None:
        self._most = most
        self._kept: OrderedDict[Path, Any] = OrderedDict()

    def of(self, path: Path) -> Any | None:
        """The picture in a file; None where there is none that can be shown."""
        if path not in self._kept:
            decoded = _decoded(path)
            if decoded is None:
                return None
            self._kept[path] = _texture(*decoded)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(path)
        return self._kept[path]

    def clear(self) -> None:
        """Let all of them go."""
        self._kept.clear()


thumbnails: Final = Thumbnails()


def read_beside(path: Path, told: Callable[[Any | None], None]) -> None:
    """Decode a picture in a thread of its own; `told` hears of its texture in the window's."""

    def read() -> None:
        decoded = _decoded(path)
        later(lambda: told(None if decoded is None else _texture(*decoded)))

    Thread(target=read, name="picture", daemon=True).start()


def _decoded(path: Path) -> tuple[tuple[int, int], bytes] | None:
    """The size and the pixels of a picture, or None where there is none to be shown."""
    from PIL import Image  # slow to load, and no first frame needs it

    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return None
    return picture.size, picture.tobytes()


def _texture(size: tuple[int, int], pixels: bytes) -> Any:
    texture = Texture.create(size=size, colorfmt="rgb")
    texture.blit_buffer(pixels, colorfmt="rgb", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


class Picture(Widget):
    """One picture, as large as there is room; two fingers, a double tap or a wheel enlarge it."""

    texture = ObjectProperty(None, allownone=True)
    a11y = StringProperty("")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.glass = Glass()
        self.shape = (4.0, 3.0)  # of what is shown, also before it is there
        self._path: Path | None = None
        self._fingers: dict[Any, tuple[float, float]] = {}
        self._group = InstructionGroup()
        self.canvas.add(self._group)
        for name in ("pos", "size", "texture"):
            self.fbind(name, self._draw)

    def look_at(self, small: Path | None, full: Path | None, shape: tuple[int, int]) -> None:
        """Show the small one at once, and the large one as soon as it is read."""
        if full == self._path and full is not None:
            return
        self.let_go()
        self.shape = (float(shape[0]), float(shape[1]))
        self.texture = thumbnails.of(small) if small is not None else None
        self._path = full
        self._draw()
        if full is not None:
            read_beside(full, lambda texture: self._read(full, texture))

    def let_go(self) -> None:
        """Show nothing, and keep nothing in memory."""
        self._path, self.texture = None, None
        self.glass = Glass()
        self._fingers.clear()

    @property
    def frame(self) -> Box:
        """The room there is."""
        return Box(self.x, self.y, self.width, self.height)

    @property
    def box(self) -> Box:
        """Where the whole picture lies."""
        return framing.seen(self.shape, self.frame, self.glass)

    def on_touch_down(self, touch: Any) -> bool:
        """A finger comes down on it."""
        if not self.collide_point(*touch.pos):
            return False
        if getattr(touch, "is_mouse_scrolling", False):
            self._zoom(WHEEL if touch.button == "scrolldown" else 1 / WHEEL, touch.pos)
            return True
        if touch.is_double_tap:
            by = framing.ZOOM_TAP if self.glass.zoom <= 1.0 else 1 / self.glass.zoom
            self._zoom(by, touch.pos)
            return True
        touch.grab(self)
        self._fingers[touch.uid] = touch.pos
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """One finger moves it, two make it larger."""
        if touch.grab_current is not self or touch.uid not in self._fingers:
            return False
        before = list(self._fingers.values())
        self._fingers[touch.uid] = touch.pos
        after = list(self._fingers.values())
        (x1, y1), (x2, y2) = _middle(before), _middle(after)
        moved = Glass(self.glass.zoom, self.glass.dx + x2 - x1, self.glass.dy + y2 - y1)
        if len(after) > 1:
            by = _apart(after) / max(_apart(before), dp(1))
            moved = framing.larger(self.frame, moved, by, (x2, y2))
        self._look(moved)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """A finger is lifted."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._fingers.pop(touch.uid, None)
        return True

    def _zoom(self, by: float, around: tuple[float, float]) -> None:
        self._look(framing.larger(self.frame, self.glass, by, around))

    def _look(self, glass: Glass) -> None:
        self.glass = framing.held(self.shape, self.frame, glass)
        self._draw()

    def _read(self, path: Path, texture: Any | None) -> None:
        if path == self._path and texture is not None:
            self.texture = texture

    def _draw(self, *_: Any) -> None:
        self._group.clear()
        if self.texture is None:
            return
        self.glass = framing.held(self.shape, self.frame, self.glass)
        box = self.box
        for one in (
            StencilPush(),
            Rectangle(pos=self.pos, size=self.size),
            StencilUse(),
            Color(1, 1, 1, 1),
            Rectangle(texture=self.texture, pos=(box.x, box.y), size=(box.w, box.h)),
            StencilUnUse(),
            Rectangle(pos=self.pos, size=self.size),
            StencilPop(),
        ):
            self._group.add(one)


class DrawingPad(Picture):
    """A picture to be drawn on. `on_stroke` tells each line: x, y, x, y, … in shares of it."""

    colour = StringProperty("#E0241B")
    thickness = NumericProperty(THICK)

    __events__ = ("on_stroke",)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._lines: tuple[tuple[str, float, tuple[float, ...]], ...] = ()
        self._going: list[float] = []
        self._ink = InstructionGroup()
        self.canvas.add(self._ink)
        for name in ("pos", "size"):
            self.fbind(name, self._redraw)

    def show_lines(self, lines: tuple[tuple[str, float, tuple[float, ...]], ...]) -> None:
        """Show these lines (colour, thickness, points), and no others."""
        self._lines = lines
        self._redraw()

    def on_stroke(self, points: tuple[float, ...]) -> None:
        """A line was drawn."""

    def on_touch_down(self, touch: Any) -> bool:
        """A line begins, if it begins on the picture."""
        if not self.box.holds(*touch.pos) or getattr(touch, "is_mouse_scrolling", False):
            return False
        if self._going:
            return True  # another finger draws already
        touch.grab(self)
        self._going = [*framing.share(self.box, *touch.pos)]
        self._redraw()
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """It goes on."""
        if touch.grab_current is not self:
            return False
        last = framing.spot(self.box, *self._going[-2:])
        if max(abs(last[0] - touch.x), abs(last[1] - touch.y)) >= dp(NEAR_DP):
            self._going += framing.share(self.box, *touch.pos)
            self._redraw()
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """It ends; a tap alone is a dot."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        points, self._going = tuple(self._going), []
        self.dispatch("on_stroke", points)
        return True

    def _redraw(self, *_: Any) -> None:
        self._ink.clear()
        box = self.box
        going = [(self.colour, self.thickness, tuple(self._going))] if self._going else []
        for colour, thickness, points in (*self._lines, *going):
            spots = [framing.spot(box, *points[at : at + 2]) for at in range(0, len(points), 2)]
            if len(spots) == 1:
                spots = [spots[0], (spots[0][0] + 0.1, spots[0][1])]
            flat = [part for one in spots for part in one]
            self._ink.add(Color(*rgba(colour)))
            width = max(thickness * box.w / 2, dp(1))
            self._ink.add(Line(points=flat, width=width, cap="round", joint="round"))


def _middle(spots: list[tuple[float, float]]) -> tuple[float, float]:
    return (sum(x for x, _ in spots) / len(spots), sum(y for _, y in spots) / len(spots))


def _apart(spots: list[tuple[float, float]]) -> float:
    (x1, y1), (x2, y2) = spots[0], spots[1]
    return float(max(abs(x1 - x2), abs(y1 - y2)))

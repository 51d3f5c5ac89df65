"""What a card is laid out with: texts, states, facts and notices, from the top down."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from kivy.metrics import dp, sp
from msgspec import Struct

Shape = Literal["text", "box", "frame", "picture"]
GAP: Final = 8
CONTROL: Final = 56
TOUCH: Final = 48
ICON: Final = 20
LABEL_SHARE: Final = 0.34  # of the width, for the names of facts
PAIR_SHARE: Final = 0.45  # of the width, at least, for a name beside a value


class Mark(Struct, frozen=True):
    """One thing drawn: y counts down from the top. A text and a picture bring their textures."""

    shape: Shape
    x: float
    y: float
    w: float
    h: float
    tone: str
    texture: Any = None
    radius: float = 0


class Zone(Struct, frozen=True):
    """Where a tap means something, and what is said of it aloud."""

    name: str
    label: str
    x: float
    y: float
    w: float
    h: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point (y from the top) is inside."""
        return self.x <= x <= self.x + self.w and self.y <= y <= self.y + self.h


class Ink(Struct, frozen=True):
    """Where textures come from: a text in a role, at most so wide (wrapped, or cut), or an icon."""

    text: Callable[..., Any]
    icon: Callable[..., Any]


class Sketch:
    """A card being laid out, without what can be tapped."""

    def __init__(self, ink: Ink, width: float, pad: float = 16) -> None:
        self.ink = ink
        self.pad = dp(pad)
        self.left = self.pad
        self.right = max(width - dp(pad), dp(pad) + 1)
        self.y = dp(pad)
        self.marks: list[Mark] = []
        self.said: dict[str, None] = {}
        self.zones: list[Zone] = []

    @property
    def width(self) -> float:
        """What is between the edges."""
        return self.right - self.left

    def set(self, text: str, role: str, *, width: float = 0, wrap: bool = False) -> Any:
        """A text as a texture, kept also as what a screen reader would say."""
        if text:
            self.said[text] = None
        return self.ink.text(text, role, width=width, wrap=wrap)

    def gap(self, height: float = GAP) -> None:
        """Leave room (dp)."""
        self.y += dp(height)

    def rule(self) -> None:
        """A thin line across, with room around it."""
        self.gap()
        self.line()
        self.gap()

    def line(self) -> None:
        """A thin line across."""
        self.marks.append(Mark("box", self.left, self.y, self.width, max(1, dp(1)), "outline"))
        self.y += dp(1)

    def text(
        self,
        text: str,
        role: str = "body",
        tone: str = "text",
        *,
        left: float = 0,
        right: float = 0,
    ) -> float:
        """A text that wraps between two indents (px); returns its height."""
        if not text:
            return 0.0
        texture = self.set(text, role, width=self.width - left - right, wrap=True)
        self.put(texture, self.left + left, self.y, tone)
        self.y += texture.height
        return float(texture.height)

    def head(self, icon: str, text: str, side: str = "") -> None:
        """A card's title, with its icon before it and a short word at its end."""
        room = 0.0
        if side:
            texture = self.set(side, "body_s", width=self.width / 2)
            room = texture.width + dp(GAP)
            self.put(texture, self.right - texture.width, self.y + dp(2), "text_2")
        top, indent = self.y, sp(ICON) + dp(10)
        height = self.text(text, "title_s", "text", left=indent, right=room)
        sign = self.ink.icon(icon, ICON)
        self.put(sign, self.left, top + (min(height, sp(24)) - sign.height) / 2, "text_2")
        self.gap(6)

    def mark(
        self, icon: str, text: str, role: str, tone: str, *, sign_tone: str = "text_2"
    ) -> None:
        """A text with a small icon before it."""
        sign, line = self.ink.icon(icon, 18, filled=True), self.ink.text("x", role)
        self.put(sign, self.left, self.y + (line.height - sign.height) / 2, sign_tone)
        self.text(text, role, tone, left=sign.width + dp(GAP))

    def fact(self, label: str, value: str, tone: str = "text") -> None:
        """A name and its value side by side; below each other where the name is long."""
        if not value:
            return
        name = self.set(label, "body_s")
        share = self.width * LABEL_SHARE
        self.gap(4)
        if name.width > share - dp(GAP):
            self.put(name, self.left, self.y, "text_2")
            self.y += name.height
            self.text(value, "body", tone)
        else:
            top = self.y
            self.text(value, "body", tone, left=share)
            self.put(name, self.left, top + (sp(20) - name.height) / 2, "text_2")
        self.gap(2)

    def pair(
        self, label: str, value: str, role: str = "body", tone: str = "text", *, end: str = ""
    ) -> None:
        """A name that wraps, and its value at the right edge (in role `end`, if another).

        Where both do not fit beside each other the value stands below, still at the right.
        """
        # A figure that is too wide for its line is set smaller, never torn apart.
        fits = [one for one in (end, role) if one and self.set(value, one).width <= self.width]
        last = self.set(value, fits[0] if fits else role, width=self.width, wrap=True)
        top, room = self.y, self.width - last.width - dp(12)
        below = room < self.width * PAIR_SHARE and self.set(label, role).width > room
        name = self.set(label, role, width=self.width if below else room, wrap=True)
        line = self.ink.text("x", role).height
        down = 0 if below else max(0, (last.height - line) / 2)
        self.put(name, self.left, top + down, tone)
        if below:
            # What takes several lines is read from the left, like any text.
            at = self.left if last.height > 2 * line else self.right - last.width
            self.put(last, at, top + name.height, tone)
            self.y = top + name.height + last.height
        else:
            self.put(last, self.right - last.width, top, tone)
            self.y = top + max(down + name.height, last.height)

    def chips(self, chips: Sequence[tuple[str, str, str]]) -> None:
        """Small states in a row (text, tone, icon); they go on below where the row is full."""
        x, height = self.left, sp(20) + dp(8)
        for text, tone, icon in chips:
            label = self.set(text, "label", width=self.width - dp(20))
            sign = self.ink.icon(icon, 16, filled=True) if icon else None
            extra = sign.width + dp(5) if sign is not None else 0
            width = label.width + extra + dp(20)
            if x > self.left and x + width > self.right:
                x, self.y = self.left, self.y + height + dp(6)
            self.marks.append(Mark("box", x, self.y, width, height, f"{tone}_c", None, height / 2))
            if sign is not None:
                self.put(sign, x + dp(10), self.y + (height - sign.height) / 2, written(tone))
            at = x + dp(10) + extra
            self.put(label, at, self.y + (height - label.height) / 2, written(tone))
            x += width + dp(6)
        self.y += height

    def notice(self, icon: str, text: str, tone: str) -> None:
        """A sentence on a ground of its tone."""
        pad, indent = dp(12), sp(ICON) + dp(10)
        texture = self.set(text, "body", width=self.width - 2 * pad - indent, wrap=True)
        height = max(texture.height, sp(ICON)) + 2 * pad
        self.marks.append(
            Mark("box", self.left, self.y, self.width, height, f"{tone}_c", None, dp(12))
        )
        sign = self.ink.icon(icon, ICON, filled=True)
        self.put(sign, self.left + pad, self.y + pad, tone)
        self.put(texture, self.left + pad + indent, self.y + pad, "text")
        self.y += height

    def bar(self, share: float, tone: str) -> None:
        """How far something is, as a line that fills."""
        height = dp(6)
        self.marks.append(
            Mark("box", self.left, self.y, self.width, height, "surface_3", None, height / 2)
        )
        if share > 0:
            width = max(height, self.width * min(1.0, share))
            self.marks.append(Mark("box", self.left, self.y, width, height, tone, None, height / 2))
        self.y += height

    def sign(self, icon: str, tone: str, *, size: float = ICON, y: float | None = None) -> None:
        """An icon at the left edge, without moving on."""
        texture = self.ink.icon(icon, size, filled=True)
        self.put(texture, self.left, self.y if y is None else y, tone)

    def put(self, texture: Any, x: float, y: float, tone: str) -> None:
        """Lay a texture down here (y from the top)."""
        self.marks.append(
            Mark("text", round(x), round(y), texture.width, texture.height, tone, texture)
        )


def written(tone: str) -> str:
    """The colour of what is written on the ground of a tone."""
    return "primary_c_fg" if tone == "primary" else tone

"""Buttons: with words, with an icon alone, and small ones that filter."""

from pathlib import Path
from typing import Any, Final

from kivy.metrics import dp, sp
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.floatlayout import FloatLayout

from mobile.widgets.look import load, theme
from mobile.widgets.press import Pressable

KINDS: Final = ("primary", "tonal", "outline", "text", "danger")
NONE: Final = (0, 0, 0, 0)


class PushButton(Pressable, FloatLayout):
    """A button with words, in one line or two; as wide as it is given room, never too low.

    `kind` says how loud it is; `compact` is for a button beside a text.
    """

    text = StringProperty("")
    icon = StringProperty("")
    kind = OptionProperty("primary", options=KINDS)
    compact = BooleanProperty(defaultvalue=False)
    fill = ColorProperty(NONE)
    ink = ColorProperty(NONE)  # may be given, on a ground of its own
    edge = ColorProperty(NONE)
    label_width = NumericProperty(0)
    natural = NumericProperty(0)

    def on_kv_post(self, _base: Any) -> None:
        """The rule was applied."""
        for name in ("kind", "disabled"):
            self.fbind(name, self._paint)
        for name in ("width", "icon", "compact"):
            self.fbind(name, self._fit)
        self.ids.label.fbind("natural", self._fit)
        if not self.ink[3]:
            self._paint()
        self._fit()

    def _paint(self, *_: Any) -> None:
        if self.disabled and self.kind != "text":
            self.fill, self.ink, self.edge = theme.surface_3, theme.text_2, NONE
            return
        self.fill, self.ink, self.edge = {
            "primary": (theme.primary, theme.primary_fg, NONE),
            "tonal": (theme.primary_c, theme.primary_c_fg, NONE),
            "outline": (theme.surface, theme.text, theme.control),
            "text": (NONE, theme.primary, NONE),
            "danger": (theme.danger_c, theme.danger, NONE),
        }[self.kind]

    def _fit(self, *_: Any) -> None:
        label = self.ids.label
        mark = sp(20) + dp(8) if self.icon else 0
        side = dp(12) if self.compact else dp(16)
        wanted = label.natural + 1
        self.natural = wanted + mark + 2 * side
        self.label_width = max(min(wanted, self.width - mark - 2 * side), 1)


class IconButton(Pressable, FloatLayout):
    """An icon to be pressed, with a name that is not shown."""

    icon = StringProperty("")
    icon_size = NumericProperty(24)
    filled = BooleanProperty(defaultvalue=False)
    tone = StringProperty("text")
    disc = ColorProperty(NONE)


class FilterChip(Pressable, FloatLayout):
    """A small switch above a list."""

    text = StringProperty("")
    active = BooleanProperty(defaultvalue=False)
    pill = NumericProperty(36)
    width_max = NumericProperty(0)


load(Path(__file__))

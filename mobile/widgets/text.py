"""Texts and icons: lines end where both languages allow it, long ones are cut on the right."""

from pathlib import Path
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.label import Label

from mobile.linebreak import broken
from mobile.widgets.look import load, text_width


class Para(Label):
    """Running text in a role and a tone; its height follows. `lines_max` cuts it short (0: never).

    `natural` is how many pixels wide it would be if no line had to be broken.
    """

    role = StringProperty("body")
    tone = StringProperty("text")
    lines_max = NumericProperty(0)
    natural = NumericProperty(0)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.fbind("lines_max", self._trigger_texture)
        for name in ("text", "font_size", "font_name"):
            self.fbind(name, self._measure_all)
        self._measure_all()

    def texture_update(self, *_: Any) -> None:
        """Set the lines first, then draw them."""
        width = self.text_size[0]
        text = self.text
        if width and text:
            text = "\n".join(broken(text, width, self._measure, int(self.lines_max)))
        self._label.text = text
        super().texture_update()

    def _measure_all(self, *_: Any) -> None:
        self.natural = max(self._measure(line) for line in self.text.split("\n"))

    def _measure(self, line: str) -> float:
        return text_width(line, self.font_name, self.font_size)


class Label1(Para):
    """One line, cut on the right where it is too long."""


class Icon(Label):
    """A mark of the icon font."""

    icon = StringProperty("")
    icon_size = NumericProperty(24)
    filled = BooleanProperty(defaultvalue=False)
    tone = StringProperty("text")


load(Path(__file__))

"""What is told in passing, with one thing that can be done about it."""

from pathlib import Path
from typing import Any

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from mobile.widgets.look import load


class Toast(BoxLayout):
    """A word that goes by itself. `tone` is empty, or `danger` for what was not done."""

    text = StringProperty("")
    action = StringProperty("")
    tone = StringProperty("")

    __events__ = ("on_act", "on_gone")

    def on_act(self) -> None:
        """The action was pressed."""

    def on_gone(self) -> None:
        """It was pressed away."""

    def on_touch_down(self, touch: Any) -> bool:
        """A touch on it reaches nothing below, and puts it away."""
        if not self.collide_point(*touch.pos):
            return False
        if not super().on_touch_down(touch):
            self.dispatch("on_gone")
        return True


load(Path(__file__))

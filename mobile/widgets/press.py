"""What can be pressed: it shows that it is, and says what it is called."""

from typing import Any

from kivy.animation import Animation
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior


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

"""What a customer answers with one finger: a box to tick, five stars, a button to be held."""

from pathlib import Path
from typing import Any, Final

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from mobile.widgets.buttons import IconButton
from mobile.widgets.look import load
from mobile.widgets.press import Pressable

HOLD_S: Final = 2.0
TICKS_A_S: Final = 30


class TickBox(Pressable, BoxLayout):
    """A sentence with a box before it; a press asks for the other by `on_flip`."""

    text = StringProperty("")
    active = BooleanProperty(defaultvalue=False)
    wrong = BooleanProperty(defaultvalue=False)

    __events__ = ("on_flip",)

    def on_release(self) -> None:
        """Ask for the other."""
        self.dispatch("on_flip", not self.active)

    def on_flip(self, active: bool) -> None:  # noqa: FBT001
        """The other is asked for."""


class Stars(BoxLayout):
    """As many stars as `names`, of which the first `value` shine; `on_pick` asks for a number."""

    value = NumericProperty(0)
    names = ListProperty()

    __events__ = ("on_pick",)

    def __init__(self, **given: Any) -> None:
        names = given.pop("names", ())
        super().__init__(**given)
        self.names = names

    def on_names(self, *_: Any) -> None:
        """Make a star for each."""
        self.clear_widgets()
        for place, name in enumerate(self.names, start=1):
            star = IconButton(icon="star", icon_size=36, a11y=name, pos_hint={"center_y": 0.5})
            star.bind(on_release=lambda _star, place=place: self.dispatch("on_pick", place))
            self.add_widget(star)
        self.on_value()

    def on_value(self, *_: Any) -> None:
        """Let as many shine."""
        for place, star in enumerate(reversed(self.children), start=1):
            star.filled = place <= self.value
            star.tone = "bird_bill" if place <= self.value else "control"

    def on_pick(self, value: int) -> None:
        """A star was pressed."""


class HoldButton(Pressable, FloatLayout):
    """A button that does something by `on_held` only when it was held for two seconds."""

    text = StringProperty("")
    share = NumericProperty(0)

    __events__ = ("on_held",)

    def on_state(self, _widget: Any, state: str) -> None:
        """Count while it is held."""
        Clock.unschedule(self._count)
        self.share = 0
        if state == "down":
            Clock.schedule_interval(self._count, 1 / TICKS_A_S)

    def on_held(self) -> None:
        """It was held long enough."""

    def _count(self, passed_s: float) -> bool:
        self.share = min(1.0, self.share + passed_s / HOLD_S)
        if self.share < 1:
            return True
        self.share = 0
        self.dispatch("on_held")
        return False


load(Path(__file__))

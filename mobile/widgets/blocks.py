"""What a screen's body is built of: cards, rows, headings, notices, and what is said of nothing."""

from pathlib import Path
from typing import Any, Final

from kivy.metrics import Metrics
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.image import Image
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from mobile.widgets.look import load
from mobile.widgets.press import Pressable

LARGE_TEXT: Final = 1.25  # from here on a name and its value stand one below the other
NONE: Final = (0, 0, 0, 0)


class Card(BoxLayout):
    """A ground for what belongs together. `tone` colours it: for what must not be overlooked."""

    tone = StringProperty("")
    flat = BooleanProperty(defaultvalue=False)


class Section(BoxLayout):
    """A heading in a list, and one thing that can be done with all of it."""

    text = StringProperty("")
    action = StringProperty("")
    tone = StringProperty("text_2")

    __events__ = ("on_act",)

    def on_act(self) -> None:
        """The action was pressed."""


class Row(Pressable, BoxLayout):
    """One line of a card: an icon, a title with what is below it, a value, and where it leads."""

    icon = StringProperty("")
    icon_tone = StringProperty("text_2")
    title = StringProperty("")
    subtitle = StringProperty("")
    value = StringProperty("")
    value_tone = StringProperty("text_2")
    leads = BooleanProperty(defaultvalue=True)
    title_role = StringProperty("body")
    badge = NumericProperty(0)


class KeyValue(BoxLayout):
    """A name and its value; one below the other where the text is large."""

    name = StringProperty("")
    value = StringProperty("")
    tone = StringProperty("text")
    stacked = BooleanProperty(defaultvalue=False)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.stacked = self.stacked or Metrics.fontscale >= LARGE_TEXT


class StepRow(Pressable, BoxLayout):
    """A step of something: done, now, or still to come, and when."""

    standing = OptionProperty("todo", options=("todo", "now", "done", "bad"))
    title = StringProperty("")
    subtitle = StringProperty("")
    value = StringProperty("")
    first = BooleanProperty(defaultvalue=False)
    last = BooleanProperty(defaultvalue=False)
    mark = StringProperty("")
    ink = StringProperty("text_3")


class Banner(BoxLayout):
    """A notice that stays until its reason is gone."""

    text = StringProperty("")
    icon = StringProperty("info")
    tone = StringProperty("info")
    action = StringProperty("")

    __events__ = ("on_act",)

    def on_act(self) -> None:
        """The action was pressed."""


class Empty(BoxLayout):
    """Why there is nothing to see, and what to do about it."""

    icon = StringProperty("inbox")
    title = StringProperty("")
    text = StringProperty("")
    action = StringProperty("")

    __events__ = ("on_act",)

    def on_act(self) -> None:
        """The action was pressed."""


class Figure(BoxLayout):
    """A number, and in words of what."""

    value = StringProperty("")
    label = StringProperty("")
    tone = StringProperty("text")


class Badge(Label):
    """How many; nothing at all for none. `letter` is the size of its digits, in pixels."""

    count = NumericProperty(0)
    letter = NumericProperty(12)


class Avatar(Label):
    """Somebody, by the first letters of their name."""


class Emblem(Image):
    """The bird."""


class Bar(Widget):
    """How much of something is done, from 0 to 1."""

    value = NumericProperty(0)
    tone = StringProperty("primary")


class Divider(Widget):
    """A thin line between two rows."""

    ink = ColorProperty(NONE)


class Tile(FloatLayout):
    """An icon on its own ground."""

    icon = StringProperty("")
    tone = StringProperty("neutral")


load(Path(__file__))

"""Choosing without typing: one of several, on or off, one more or one less."""

from pathlib import Path
from typing import Any, Final

from kivy.metrics import dp, sp
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from mobile.widgets.look import load, text_width, theme
from mobile.widgets.press import Pressable

KEY, TEXT, TONE = 0, 1, 2
MARK_DP: Final = 24


class ChoiceItem(Pressable, BoxLayout):
    """One answer, in a strip or in a list."""

    key = StringProperty("")
    text = StringProperty("")
    tone = StringProperty("primary")
    active = BooleanProperty(defaultvalue=False)
    listed = BooleanProperty(defaultvalue=False)


class Choice(BoxLayout):
    """One of `options`, each (key, text) or (key, text, tone); `value` is the key chosen.

    Side by side where that fits, else one below the other; `style` may insist on either. A press
    asks for a key by `on_pick` and changes nothing itself.
    """

    options = ListProperty()
    value = StringProperty("")
    style = OptionProperty("auto", options=("auto", "strip", "list"))
    listed = BooleanProperty(defaultvalue=False)

    __events__ = ("on_pick",)

    def __init__(self, **given: Any) -> None:
        # The handlers of these make widgets, which must have somewhere to go.
        options, value = given.pop("options", ()), given.pop("value", "")
        super().__init__(**given)
        for name in ("width", "style"):
            self.fbind(name, self._fit)
        self.value, self.options = value, options

    def on_options(self, *_: Any) -> None:
        """Make an item for each."""
        if len(self.children) != len(self.options):
            self.clear_widgets()
            for _option in self.options:
                item = ChoiceItem()
                item.bind(on_release=self._picked)
                self.add_widget(item)
        for item, option in zip(reversed(self.children), self.options, strict=True):
            item.key, item.text = option[KEY], option[TEXT]
            item.tone = option[TONE] if len(option) > TONE else "primary"
        self._fit()
        self.on_value()

    def on_value(self, *_: Any) -> None:
        """Mark what is chosen."""
        for item in self.children:
            item.active = item.key == self.value

    def on_pick(self, key: str) -> None:
        """An answer was pressed."""

    def _picked(self, item: ChoiceItem) -> None:
        self.dispatch("on_pick", item.key)

    def _fit(self, *_: Any) -> None:
        font, size = theme.font("label"), float(sp(theme.roles["label"].size))
        widest = max((text_width(one[TEXT], font, size) for one in self.options), default=0)
        room = self.width / max(len(self.options), 1) - dp(16) - sp(MARK_DP)
        fits = self.style == "strip" or (self.style == "auto" and widest <= room)
        self.listed = not fits
        for item in self.children:
            item.listed = self.listed


class Toggle(Pressable, BoxLayout):
    """On or off, with what that means. A press asks for the other by `on_flip`."""

    title = StringProperty("")
    subtitle = StringProperty("")
    active = BooleanProperty(defaultvalue=False)

    __events__ = ("on_flip",)

    def on_release(self) -> None:
        """Ask for the other."""
        self.dispatch("on_flip", not self.active)

    def on_flip(self, active: bool) -> None:  # noqa: FBT001
        """The other is asked for."""


class NumberPlate(Pressable, FloatLayout):
    """The number between less and more."""


class Stepper(BoxLayout):
    """How many: one less, one more. `text` is what stands between, such as `2 pcs`."""

    text = StringProperty("")
    less_a11y = StringProperty("")
    more_a11y = StringProperty("")
    can_less = BooleanProperty(defaultvalue=True)
    can_more = BooleanProperty(defaultvalue=True)
    natural = NumericProperty(0)

    __events__ = ("on_step", "on_edit")

    def on_step(self, by: int) -> None:
        """One more (1) or one less (-1) is asked for."""

    def on_edit(self) -> None:
        """The number itself was pressed: somebody wants to type it."""


load(Path(__file__))

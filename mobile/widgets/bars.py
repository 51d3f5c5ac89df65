"""The bars at the top and the bottom, the chips in them, and the strip of a week."""

from pathlib import Path
from typing import Any

from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.widgets.look import load
from mobile.widgets.press import Pressable


class Chip(BoxLayout):
    """A state in a word or two. Never wider than `width_max`, if that is set."""

    text = StringProperty("")
    icon = StringProperty("")
    tone = StringProperty("neutral")
    width_max = NumericProperty(0)


class SyncMark(Pressable, BoxLayout):
    """How the phone stands with the office: a `mobile.views.chip.SyncChip`, to be pressed."""

    chip = ObjectProperty(None, allownone=True)
    shown = BooleanProperty(defaultvalue=True)
    text = StringProperty("")
    icon = StringProperty("")
    tone = StringProperty("neutral")
    natural = NumericProperty(0)
    pill = NumericProperty(32)

    def on_chip(self, *_: Any) -> None:
        """Say what it says."""
        if self.chip is not None:
            self.text, self.icon, self.tone = self.chip.text, self.chip.icon, self.chip.tone
            self.a11y = self.chip.text


class AppBar(BoxLayout):
    """The top of a screen: the way back, its name, how the phone stands, and what else fits.

    Widgets put into it stand at its right end. The chip goes below the name where it is too wide
    to stand beside it. Without a `page` there is no way back and no chip.
    """

    page = ObjectProperty(None, allownone=True, rebind=True)
    title = StringProperty("")
    subtitle = StringProperty("")
    back = BooleanProperty(defaultvalue=False)
    large = BooleanProperty(defaultvalue=False)
    show_chip = BooleanProperty(defaultvalue=True)
    crowded = BooleanProperty(defaultvalue=False)
    _made_up = False

    def apply_class_lang_rules(self, *args: Any, **given: Any) -> None:
        """Remember when the bar itself is made up."""
        super().apply_class_lang_rules(*args, **given)
        self._made_up = True

    def on_kv_post(self, _base: Any) -> None:
        """The rule was applied."""
        for widget, name in (
            *((self, one) for one in ("width", "title", "subtitle", "back", "show_chip")),
            *(
                (self.ids.title, "natural"),
                (self.ids.subtitle, "natural"),
                (self.ids.chip, "natural"),
                (self.ids.end, "width"),
            ),
        ):
            widget.fbind(name, self._fit)
        self._fit()

    def add_widget(self, widget: Widget, *args: Any, **given: Any) -> None:
        """What a screen puts in goes to the end; what the rule puts in makes up the bar."""
        if self._made_up:
            self.ids.end.add_widget(widget, *args, **given)
        else:
            super().add_widget(widget, *args, **given)

    def _fit(self, *_: Any) -> None:
        least = self.width * (1 if self.large else 0.45)  # a large bar tells of no one thing below
        name = max(self.ids.title.natural, min(self.ids.subtitle.natural, least))
        taken = name + self.ids.end.width + dp(52 if self.back else 16) + dp(22)
        self.crowded = self.show_chip and taken + self.ids.chip.natural > self.width


class NavItem(Pressable, BoxLayout):
    """One place of the bottom bar."""

    key = StringProperty("")
    icon = StringProperty("")
    text = StringProperty("")
    active = BooleanProperty(defaultvalue=False)
    badge = NumericProperty(0)


class BottomBar(BoxLayout):
    """The places one can always go to: `items` are (key, icon, text, count)."""

    items = ListProperty()
    current = StringProperty("")
    inset = NumericProperty(0)

    __events__ = ("on_pick",)

    def __init__(self, **given: Any) -> None:
        # The handler of these makes widgets, which must have somewhere to go.
        items = given.pop("items", ())
        super().__init__(**given)
        self.items = items

    def on_items(self, *_: Any) -> None:
        """Make a place for each, or change those that are there."""
        if [one.key for one in reversed(self.children)] != [key for key, *_ in self.items]:
            self.clear_widgets()
            for key, *_rest in self.items:
                place = NavItem(key=key)
                place.bind(on_release=self._picked)
                self.add_widget(place)
        for place, (_, icon, text, count) in zip(reversed(self.children), self.items, strict=True):
            place.icon, place.text, place.badge = icon, text, count
        self.on_current()

    def on_current(self, *_: Any) -> None:
        """Mark where one is."""
        for place in self.children:
            place.active = place.key == self.current

    def on_pick(self, key: str) -> None:
        """A place was pressed."""

    def _picked(self, place: NavItem) -> None:
        self.dispatch("on_pick", place.key)


class WeekDay(Pressable, BoxLayout):
    """One day: its name, its number, and a dot for each job up to three."""

    date = StringProperty("")
    weekday = StringProperty("")
    number = StringProperty("")
    count = NumericProperty(0)
    chosen = BooleanProperty(defaultvalue=False)
    today = BooleanProperty(defaultvalue=False)


class WeekStrip(BoxLayout):
    """Seven days to choose from: `days` are `mobile.views.today.Day`."""

    days = ListProperty()

    __events__ = ("on_pick",)

    def __init__(self, **given: Any) -> None:
        # The handler of these makes widgets, which must have somewhere to go.
        days = given.pop("days", ())
        super().__init__(**given)
        self.days = days

    def on_days(self, *_: Any) -> None:
        """Show these days."""
        if len(self.children) != len(self.days):
            self.clear_widgets()
            for _day in self.days:
                cell = WeekDay()
                cell.bind(on_release=self._picked)
                self.add_widget(cell)
        for cell, day in zip(reversed(self.children), self.days, strict=True):
            cell.date, cell.weekday, cell.number = day.date, day.weekday, day.number
            cell.count, cell.chosen, cell.today = day.count, day.chosen, day.today
            cell.a11y = day.spoken

    def on_pick(self, date: str) -> None:
        """A day was pressed."""

    def _picked(self, cell: WeekDay) -> None:
        self.dispatch("on_pick", cell.date)


class Dots(Widget):
    """How many jobs: up to three dots."""

    count = NumericProperty(0)
    tone = StringProperty("primary")


load(Path(__file__))

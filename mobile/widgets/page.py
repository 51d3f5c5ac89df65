"""The frame of a screen and of a sheet, and how their bodies scroll."""

from pathlib import Path
from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.scrollview import ScrollView
from kivy.uix.stacklayout import StackLayout
from kivy.uix.widget import Widget

from mobile.shell import Args, Place, Shell
from mobile.widgets.look import load


class Page(BoxLayout):
    """One screen. It is made once, and shown with other `args` each time one goes there.

    A screen reads its view in `refresh` and draws it; the app calls that again when something
    was recorded or the office sent news. `nav` names its place in the bottom bar, if it has one.
    """

    nav = ""
    chip = ObjectProperty(None, allownone=True)

    def __init__(self, shell: Shell, **given: Any) -> None:
        self.shell = shell
        self.words = shell.words
        self.args: Args = {}
        super().__init__(**given)

    @property
    def kept(self) -> bool:
        """Whether one is kept here: the phone is in a customer's hands."""
        return False

    def show(self, args: Args) -> None:
        """Show what these say."""
        self.args = args
        self.refresh()

    def refresh(self) -> None:
        """Read the view anew and draw it."""

    def leave(self) -> None:
        """Another screen is shown from now on."""

    def step_back(self) -> bool:
        """Whether back was meant for something on this screen, which is done."""
        return False

    def show_outbox(self) -> None:
        """Show what waits for the office."""
        waits = self.chip is not None and self.chip.state == "unconfirmed"
        self.shell.go(Place("waiting" if waits else "outbox"))


class Column(ScrollView):
    """A body that scrolls; what is put into it stands one below the other."""

    content_height = NumericProperty(0)

    def add_widget(self, widget: Widget, *args: Any, **given: Any) -> None:
        """The first is the rule's own box; everything else goes into it."""
        if self.children:
            self.children[0].add_widget(widget, *args, **given)
        else:
            super().add_widget(widget, *args, **given)

    def remove_widget(self, widget: Widget, *args: Any, **given: Any) -> None:
        """Take something out."""
        if self.children and widget.parent is self.children[0]:
            self.children[0].remove_widget(widget, *args, **given)
        else:
            super().remove_widget(widget, *args, **given)

    def empty(self) -> None:
        """Take out everything."""
        self.children[0].clear_widgets()

    @property
    def box(self) -> BoxLayout:
        """Where its widgets are."""
        return self.children[0]


class Footer(BoxLayout):
    """The bottom of a screen or a sheet: what comes next."""


class Abreast(BoxLayout):
    """Buttons side by side where the words of all of them fit; else one below the other."""

    def add_widget(self, widget: Widget, *args: Any, **given: Any) -> None:
        """Take one more."""
        super().add_widget(widget, *args, **given)
        widget.fbind("natural", self.on_width)
        self.on_width()

    def remove_widget(self, widget: Widget, *args: Any, **given: Any) -> None:
        """Leave its room to the others."""
        widget.funbind("natural", self.on_width)
        super().remove_widget(widget, *args, **given)
        self.on_width()

    def on_width(self, *_: Any) -> None:
        """Lay them out anew; who says more has more room."""
        wanted = sum(one.natural + self.spacing for one in self.children) - self.spacing
        fits = wanted <= self.width
        self.orientation = "horizontal" if fits else "vertical"
        for one in self.children:
            one.size_hint_x = max(one.natural, 1) if fits else 1


class Spread(StackLayout):
    """Small things side by side, in as many lines as they need; none is wider than a line."""

    def add_widget(self, widget: Widget, *args: Any, **given: Any) -> None:
        """Take one more."""
        super().add_widget(widget, *args, **given)
        self.on_width()

    def on_width(self, *_: Any) -> None:
        """Let nobody be wider."""
        for child in self.children:
            if hasattr(child, "width_max"):
                child.width_max = self.width


class Sheet(FloatLayout):
    """What lies over a screen until it is answered; a touch beside it puts it away.

    What is put into it stands in its body; a `Footer` stands below that and does not scroll.
    """

    title = StringProperty("")

    def __init__(self, shell: Shell, **given: Any) -> None:
        self.shell = shell
        self.words = shell.words
        self.args: Args = {}
        super().__init__(**given)

    def show(self, args: Args) -> None:
        """Show what these say."""
        self.args = args
        self.refresh()

    def refresh(self) -> None:
        """Read the view anew and draw it."""

    def leave(self) -> None:
        """The sheet was put away."""

    def add_widget(self, widget: Widget, *args: Any, **given: Any) -> None:
        """The first is the rule's own panel; the rest goes into its body, or below that."""
        if "body" not in self.ids:
            super().add_widget(widget, *args, **given)
        elif isinstance(widget, Footer):
            self.ids.foot.add_widget(widget, *args, **given)
        else:
            self.ids.body.add_widget(widget, *args, **given)

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below is reached; a touch beside the panel puts the sheet away."""
        if not self.ids.panel.collide_point(*touch.pos):
            self.shell.close_sheet()
            return True
        super().on_touch_down(touch)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Nothing below is reached."""
        super().on_touch_move(touch)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Nothing below is reached."""
        super().on_touch_up(touch)
        return True


load(Path(__file__))

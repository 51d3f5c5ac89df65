"""The window's inside: one screen, the bottom bar below it, a sheet over it, a word in passing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import ListProperty, NumericProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from mobile.shell import Action
from mobile.widgets.look import load, theme
from mobile.widgets.page import Footer, Page, Sheet
from mobile.widgets.press import rest
from mobile.widgets.toast import Toast

READ_S: Final = 3.5
READ_CHAR_S: Final = 0.06
ACT_S: Final = 3.0


class Stage(FloatLayout):
    """What the app shows. The insets are the pixels that the device's own bars cover."""

    nav_items = ListProperty()
    nav_current = StringProperty("")
    inset_top = NumericProperty(0)
    inset_bottom = NumericProperty(0)
    lift = NumericProperty(0)

    __events__ = ("on_nav",)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.page: Page | None = None
        self.sheet: Sheet | None = None
        self._toast: Toast | None = None

    def on_nav(self, key: str) -> None:
        """A place of the bottom bar was pressed."""

    def put(self, page: Page) -> None:
        """Show a screen in place of the one there is."""
        if page is self.page:
            return
        if self.page is not None:
            self.page.leave()
        self.ids.host.clear_widgets()
        self.ids.host.add_widget(page)
        self.page = page
        rest.begin()

    def redraw(self) -> None:
        """Have what is shown read its view anew."""
        for shown in (self.page, self.sheet):
            if shown is not None:
                shown.refresh()

    def lay(self, sheet: Sheet | None) -> None:
        """Lay a sheet over the screen, or take it away."""
        if sheet is self.sheet:
            return
        if self.sheet is not None:
            self.sheet.leave()
            self.ids.over.remove_widget(self.sheet)
        if sheet is not None:
            self.hush()  # a word in passing must not lie over an answer
            self.ids.over.add_widget(sheet)
        self.sheet = sheet
        rest.begin()

    def on_touch_down(self, touch: Any) -> bool:
        """The second half of a double tap reaches nothing."""
        if not touch.is_mouse_scrolling and rest.takes(*touch.pos):
            return True
        return bool(super().on_touch_down(touch))

    def tell(self, text: str, action: Action | None, tone: str) -> None:
        """Say something in passing, in place of what was said before; never to a customer."""
        if self.page is not None and self.page.kept:
            return
        if self._toast is not None and self._toast.text == text and action is None:
            return  # said again with each letter that is typed, it would never be seen
        self.hush()
        toast = Toast(text=text, action=action[0] if action else "", tone=tone)
        toast.bind(on_gone=lambda *_: self.hush())
        if action is not None:
            act = action[1]
            toast.bind(on_act=lambda *_: self._acted(act))
        self.ids.word.add_widget(toast)
        toast.opacity = 0
        self._float()
        Clock.schedule_interval(self._float, 0)
        Animation(opacity=1, d=0.12).start(toast)
        self._toast = toast
        length_s = READ_S + READ_CHAR_S * len(text) + (ACT_S if action else 0)
        Clock.schedule_once(lambda _: self.hush(toast), length_s)

    def _float(self, *_: Any) -> None:
        """Keep what is said above the buttons of what is shown: a sheet's, or the screen's.

        With every frame: the screen may be another one, and its footer may grow.
        """
        front = self.sheet or self.page
        inside = front.walk(restrict=True) if front is not None else ()
        feet = [one.height for one in inside if isinstance(one, Footer)]
        bar = theme.size("nav") if self.nav_current and self.sheet is None else 0
        self.lift = float(max(feet, default=0) + bar + self.inset_bottom + dp(10))

    def _acted(self, act: Callable[[], None]) -> None:
        self.hush()
        act()

    def hush(self, toast: Toast | None = None) -> None:
        """Take away what is said, or only this, if it is still there."""
        if self._toast is not None and toast in (None, self._toast):
            self.ids.word.remove_widget(self._toast)
            self._toast = None
            Clock.unschedule(self._float)

    def step_back(self) -> bool:
        """Whether back was meant for something on the screen itself."""
        return self.page is not None and self.page.step_back()

    def scrolled(self) -> float | None:
        """How far the screen's body is scrolled."""
        found = _scroller(self.page)
        return None if found is None else float(found.scroll_y)

    def scroll(self, to: float | None) -> None:
        """Scroll the screen's body there, once it is laid out; what is short stays at the top."""
        found = _scroller(self.page)
        if found is not None and to is not None:
            Clock.schedule_once(lambda _: _scroll(found, to), 0)


def _scroll(body: ScrollView, to: float) -> None:
    body.scroll_y = to if body.children[0].height > body.height else 1.0


def _scroller(page: Widget | None) -> ScrollView | None:
    if page is None:
        return None
    return next((one for one in page.walk() if isinstance(one, ScrollView)), None)


load(Path(__file__))

"""A row of a long list: only those in sight exist, so each says beforehand how high it is."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from kivy.metrics import dp, sp
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.recycleview.views import RecycleDataViewBehavior
from msgspec import Struct

from mobile.linebreak import broken
from mobile.screens.ticking import Ticking
from mobile.shell import Args, Shell
from mobile.views.today import Emptiness
from mobile.views.work_order import Tone
from mobile.widgets.blocks import Empty
from mobile.widgets.look import load, text_width, theme
from mobile.widgets.page import Page
from mobile.widgets.press import Pressable

TITLE_LINES: Final = 2
SUBTITLE_LINES: Final = 4
LEADING: Final = 1.42  # a line's height with its air, as a multiple of its letters
VALUE_SHARE: Final = 0.36
TICKING: Final = ("today", "jobs")  # the lists whose cards have clocks


class Listed(Struct, frozen=True, kw_only=True):
    """What stands on a row. `key` is what a press tells."""

    key: str
    title: str
    subtitle: str = ""
    value: str = ""
    value_tone: Tone = "neutral"
    icon: str = ""
    icon_tone: Tone = "neutral"
    badge: int = 0


class ListedPage(Page):
    """A screen with a list: what stands on its rows depends on how wide it is."""

    _is_shown = False

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.ticking = Ticking(self._tick, self.shell)

    def show(self, args: Args) -> None:
        """Show what these say."""
        self._is_shown = True
        super().show(args)
        if self.nav in TICKING:
            self.ticking.begin()

    def leave(self) -> None:
        """Another screen is shown from now on."""
        self._is_shown = False
        self.ticking.stop()

    def retell(self) -> None:
        """Tell anew what a minute changes."""

    def _tick(self) -> None:
        if self._is_shown and self.get_parent_window() is not None:
            self.retell()

    def on_width(self, *_: Any) -> None:
        """Set the rows anew."""
        if self._is_shown and self.get_parent_window() is not None:
            self.refresh()


class ListRow(RecycleDataViewBehavior, Pressable, BoxLayout):
    """One row. `opened` is called with its key when it is pressed."""

    key = StringProperty("")
    icon = StringProperty("")
    icon_tone = StringProperty("neutral")
    title = StringProperty("")
    subtitle = StringProperty("")
    value = StringProperty("")
    value_tone = StringProperty("neutral")
    value_width = NumericProperty(0)
    opened = ObjectProperty(None, allownone=True)

    def on_release(self) -> None:
        """Tell which row it was."""
        if self.opened is not None:
            self.opened(self.key)


class NothingRow(RecycleDataViewBehavior, Empty):
    """Why a list is empty. `acted` is called when its button is pressed."""

    acted = ObjectProperty(None, allownone=True)

    def on_act(self) -> None:
        """Do what is offered."""
        if self.acted is not None:
            self.acted()


def nothing_row(
    nothing: Emptiness, icon: str, width: float, acted: Callable[[], None]
) -> dict[str, Any]:
    """What a `JobList` of this width shows instead of anything else."""
    room = width - dp(48)
    titles = broken(nothing.title, room, partial(_measured, role="title"), 9)
    texts = broken(nothing.text, room, partial(_measured, role="body"), 9)
    height = dp(72) + sp(44) + len(titles) * _lead("title") + len(texts) * _lead("body") + dp(24)
    button = max(theme.size("control"), sp(16) * 2 + dp(24)) if nothing.action else 0
    return {
        "viewclass": "NothingRow",
        "height": height + button,
        "icon": icon,
        "title": nothing.title,
        "text": nothing.text,
        "action": nothing.action,
        "acted": acted,
    }


def row(listed: Listed, width: float, opened: Callable[[str], None]) -> dict[str, Any]:
    """A row of a `JobList` of this width."""
    measure = partial(_measured, role="title_s")
    value = measure(listed.value) + dp(1) if listed.value else 0
    value = min(value, width * VALUE_SHARE)
    room = width - dp(28) - (sp(22) + dp(12) if listed.icon else 0) - value - dp(12)
    titles = broken(listed.title, room, partial(_measured, role="body_strong"), TITLE_LINES)
    told = partial(_measured, role="body_s")
    subtitles = broken(listed.subtitle, room, told, SUBTITLE_LINES) if listed.subtitle else []
    height = len(titles) * _lead("body_strong") + len(subtitles) * _lead("body_s") + dp(22)
    return {
        "viewclass": "ListRow",
        "height": max(height, theme.size("control")),
        "key": listed.key,
        "icon": listed.icon,
        "icon_tone": listed.icon_tone,
        "title": listed.title,
        "subtitle": listed.subtitle,
        "value": listed.value,
        "value_tone": listed.value_tone,
        "value_width": value,
        "opened": opened,
        "a11y": ", ".join(one for one in (listed.title, listed.value, listed.subtitle) if one),
    }


def _measured(text: str, role: str) -> float:
    return text_width(text, theme.font(role), theme.font_size(role))


def _lead(role: str) -> float:
    return theme.font_size(role) * LEADING


load(Path(__file__))

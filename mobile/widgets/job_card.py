"""The list of jobs. A card is drawn, not built: one widget however much stands on it."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kivy.graphics import (
    Color,
    InstructionGroup,
    PopMatrix,
    PushMatrix,
    Rectangle,
    SmoothLine,
    SmoothRoundedRectangle,
    Translate,
)
from kivy.metrics import Metrics, dp
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataViewBehavior
from kivy.uix.widget import Widget

from mobile.views.job_card import JobCard as CardView
from mobile.widgets.card_plan import Plan, plan
from mobile.widgets.look import load, theme
from mobile.widgets.press import Pressable
from mobile.widgets.textures import textures

PLANS_MAX: Final = 1024
HEAD_DP: Final = 24


@lru_cache(maxsize=PLANS_MAX)
def _planned(card: CardView, width: int, compact: bool, _look: tuple[str, float]) -> Plan:  # noqa: FBT001
    return plan(card, width, compact=compact)


def planned(card: CardView, width: float, *, compact: bool) -> Plan:
    """Where everything stands on a card of this width, in the look that is worn now."""
    return _planned(card, int(width), compact, (theme.name, Metrics.fontscale))


class JobCard(RecycleDataViewBehavior, Pressable, Widget):
    """One job. `opened` is called with its id when it is pressed."""

    card = ObjectProperty(None, allownone=True)
    compact = BooleanProperty(defaultvalue=False)
    opened = ObjectProperty(None, allownone=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        with self.canvas:
            PushMatrix()
            self._at = Translate(0, 0)
            self._shapes = InstructionGroup()
            self.canvas.add(self._shapes)
            self._press_colour = Color(0, 0, 0, 0)
            self._press = SmoothRoundedRectangle(size=(1, 1))
            PopMatrix()
        self._drawn: Plan | None = None
        for name in ("card", "compact", "width"):
            self.fbind(name, self._draw)
        self.fbind("pos", self._move)
        self.fbind("flash", self._show_press)
        self._draw()

    def on_release(self) -> None:
        """Open the job."""
        if self.opened is not None:
            self.opened(self.card.id)

    def _move(self, *_: Any) -> None:
        self._at.xy = (round(self.x), round(self.y))

    def _show_press(self, *_: Any) -> None:
        # Without a press it has no size: even what cannot be seen costs its surface.
        self._press.size = self.size if self.flash else (1, 1)
        self._press.radius = [theme.radius("l") if self.flash else 0.5]
        self._press_colour.rgba = (*theme.press[:3], theme.press[3] * self.flash)

    def _draw(self, *_: Any) -> None:
        if self.card is None or self.width < dp(80):
            return
        self.a11y = self.card.spoken
        found = planned(self.card, self.width, compact=self.compact)
        if found is self._drawn:
            return
        self._drawn = found
        self.size_hint_y, self.height = None, found.height
        self._shapes.clear()
        self._ground(found)
        for pill in found.pills:
            self._shapes.add(Color(*pill.colour))
            top = found.height - pill.top - pill.height
            shape = SmoothRoundedRectangle(pos=(pill.x, top), size=(pill.width, pill.height))
            shape.radius = [pill.radius]
            self._shapes.add(shape)
        for mark in found.marks:
            picture = textures.of(mark.text, mark.font, mark.size)
            width, height = picture.size
            bottom = found.height - mark.middle - height / 2
            self._shapes.add(Color(*mark.colour))
            at = (round(mark.x), round(bottom))
            self._shapes.add(Rectangle(texture=picture, size=(width, height), pos=at))

    def _ground(self, found: Plan) -> None:
        radius = theme.radius("l")
        shape = SmoothRoundedRectangle(pos=(0, 0), size=(self.width, found.height))
        shape.radius = [radius]
        edge = SmoothLine(width=dp(0.5))
        half = dp(0.5)
        inner = (self.width - 2 * half, found.height - 2 * half)
        edge.rounded_rectangle = (half, half, *inner, radius)
        for one in (Color(*theme.surface), shape, Color(*theme.outline), edge):
            self._shapes.add(one)


class ListHead(RecycleDataViewBehavior, Widget):
    """The heading of a part of the list."""

    text = StringProperty("")
    tone = StringProperty("text_2")


class JobList(RecycleView):
    """Jobs and headings: `entries` are cards, headings as texts, or whole rows as dicts with a
    `viewclass` and a `height`. A heading may be (text, tone). `on_open` tells a job's id.
    """

    entries = ListProperty()
    compact = BooleanProperty(defaultvalue=False)
    side = NumericProperty(dp(16))

    __events__ = ("on_open",)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name in ("entries", "compact", "width"):
            self.fbind(name, self._fill)

    def on_open(self, job: str) -> None:
        """A job was pressed."""

    def retell(self, cards: Mapping[str, CardView]) -> None:
        """Show these cards in place of those of the same jobs; nothing moves if none grows."""
        width = self.width - 2 * self.side
        fresh = {row["card"].id: row for row in self.data if "card" in row}
        changed = {
            one: cards[one] for one in fresh if one in cards and fresh[one]["card"] != cards[one]
        }
        for one, card in changed.items():
            if planned(card, width, compact=self.compact).height != fresh[one]["row_size"][1]:
                self.entries = [self._other(entry, cards) for entry in self.entries]
                return
        for one, card in changed.items():
            fresh[one]["card"] = card
        for view in self.view_adapter.views.values():
            if isinstance(view, JobCard) and view.card is not None and view.card.id in changed:
                view.card = changed[view.card.id]

    def _other(self, entry: Any, cards: Mapping[str, CardView]) -> Any:
        return cards.get(entry.id, entry) if isinstance(entry, CardView) else entry

    def _open(self, job: str) -> None:
        self.dispatch("on_open", job)

    def _fill(self, *_: Any) -> None:
        if self.width > dp(120):
            self.data = [self._row(entry) for entry in self.entries]

    def _row(self, entry: Any) -> dict[str, Any]:
        width = self.width - 2 * self.side
        if isinstance(entry, CardView):
            height = planned(entry, width, compact=self.compact).height
            shown = {"card": entry, "compact": self.compact, "opened": self._open}
            return {"viewclass": "JobCard", "row_size": (width, height), **shown}
        if isinstance(entry, dict):
            return {**entry, "row_size": (width, entry["height"])}
        text, tone = (entry, "text_2") if isinstance(entry, str) else entry
        height = max(dp(HEAD_DP), dp(HEAD_DP) * Metrics.fontscale * 0.8)
        return {"viewclass": "ListHead", "text": text, "tone": tone, "row_size": (width, height)}


load(Path(__file__))

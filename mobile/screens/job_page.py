"""The frame of a job's screens: its bar, its cards, and what comes next at the bottom."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.queries import Sheet
from mobile.screens import drafted, job_acts, job_cards
from mobile.screens.drawn import Compose, Drawn
from mobile.shell import Shell
from mobile.views.step import Step, step
from mobile.widgets.blocks import Empty
from mobile.widgets.look import load
from mobile.widgets.page import Footer, Page
from mobile.widgets.press import rest

AT_ONCE: Final = 9  # how many cards are built before the first frame
A_FRAME: Final = 3  # how many of the others with each frame after it

# A card: its name, the value it shows, and how that is drawn.
Card = tuple[str, Any, Compose]


class JobPage(Page):
    """One screen of a job. `args["id"]` names it; `draw` says what stands on it."""

    title = StringProperty("")
    subtitle = StringProperty("")

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.sheet: Sheet | None = None
        self.foot: Footer | None = None
        self.cards: dict[str, Drawn] = {}
        self._values: dict[str, Any] = {}
        self._names: list[str] = []
        self._empty: Empty | None = None
        self._deck = BoxLayout(orientation="vertical", size_hint_y=None, spacing=dp(12))
        self._deck.bind(minimum_height=self._deck.setter("height"))
        self.ids.body.add_widget(self._deck)
        self._pending: list[Card] = []

    def show(self, args: dict[str, str]) -> None:
        """Show this job, from its top."""
        if args != self.args:
            self.forget()
            self.title = self.subtitle = ""
            self.ids.body.scroll_y = 1
        super().show(args)

    def leave(self) -> None:
        """Its fields hear the keyboard no more."""
        drafted.let_go(self)

    def refresh(self) -> None:
        """Read the job anew and draw it; say so where it has left the phone."""
        self.sheet = self.shell.phone.queries.sheet(self.args.get("id", ""))
        if self.foot is not None:
            self.foot.opacity = 0 if self.sheet is None else 1
            self.foot.disabled = self.sheet is None
        if self.sheet is None:
            self._show_gone()
            return
        self.hush_empty()
        self.draw(self.sheet)

    def draw(self, sheet: Sheet) -> None:
        """Draw what is known of the job."""

    def tapped(self, name: str) -> None:
        """A zone of a card was tapped."""

    def lay(self, cards: Sequence[Card]) -> None:
        """Show these cards, the first ones at once; only what has changed is drawn anew."""
        if [name for name, _, _ in cards] != self._names:
            self._names = [name for name, _, _ in cards]
            self.cards = {name: one for name, one in self.cards.items() if name in self._names}
            self._values = {name: self._values[name] for name in self.cards}
            self._deck.clear_widgets()
        known = [card for card in cards if card[0] in self.cards]
        for name, value, compose in known:
            if self._values[name] != value:
                self._values[name] = value
                self.cards[name].show(compose)
        self._pending = [card for card in cards if self._is_out(card[0])]
        self._build(AT_ONCE)
        if self._pending:
            Clock.unschedule(self._build_more)
            Clock.schedule_interval(self._build_more, 0)

    def lay_all(self) -> None:
        """Build what is still to be built, now."""
        self._build(len(self._pending))

    def _is_out(self, name: str) -> bool:
        """Whether a card is not among those that are shown."""
        return name not in self.cards or self.cards[name].parent is None

    def _build_more(self, _passed: float) -> bool:
        self._build(A_FRAME)
        return bool(self._pending)

    def _build(self, count: int) -> None:
        for name, value, compose in self._pending[:count]:
            card = self.cards.get(name)
            if card is None:
                card = Drawn(compose, **self.style(name))
                card.bind(on_zone=self._zone)
                self.cards[name], self._values[name] = card, value
            self._deck.add_widget(card)
        del self._pending[:count]

    def style(self, _name: str) -> dict[str, Any]:
        """How a card is framed."""
        return {}

    def _zone(self, _card: Drawn, name: str) -> None:
        if self.sheet is not None:
            self.tapped(name)

    def forget(self) -> None:
        """Let go of everything that is shown: it is about another job."""
        self._pending.clear()
        self.cards, self._values, self._names = {}, {}, []
        self._deck.clear_widgets()
        self.ids.body.empty()
        self.ids.body.add_widget(self._deck)

    def say_empty(self, icon: str, title: str, text: str) -> None:
        """Say why there is nothing, below the cards."""
        self.hush_empty()
        self._empty = Empty(icon=icon, title=title, text=text)
        self.ids.body.add_widget(self._empty)

    def hush_empty(self) -> None:
        """There is something."""
        if self._empty is not None and self._empty.parent is not None:
            self.ids.body.remove_widget(self._empty)
        self._empty = None

    def _show_gone(self) -> None:
        self.forget()
        words = self.words
        icon = "assignment_turned_in"
        job = self.args.get("id", "")
        open_lines = [one for one in self.shell.phone.queries.outbox() if one.state != "safe"]
        code = "away" if any(one.job == job for one in open_lines) else "gone"
        self.say_empty(icon, words("job", code), words("job", f"{code}_detail"))


class StepFooter(Footer):
    """The big button at the bottom of a job, and what else may be done."""

    def __init__(
        self, page: JobPage, leads_to_checks: Callable[[], None] | None = None, **given: Any
    ) -> None:
        super().__init__(**given)
        self._page = page
        self._leads_to_checks = leads_to_checks
        self._step: Step | None = None
        self._button = Drawn(is_card=False, pad_dp=0)
        self._button.bind(on_zone=self._tapped)
        self.add_widget(self._button)

    def show(self, sheet: Sheet) -> None:
        """Show the next step; a new one takes no touch for a moment."""
        found = step(sheet, self._page.shell.phone.owner.person, self._page.words)
        if self._step is not None and found.action != self._step.action:
            rest.begin(self)
        if found != self._step:
            self._step = found
            self._button.show(partial(job_cards.next_step, step=found, words=self._page.words))

    def _tapped(self, _button: Widget, name: str) -> None:
        page = self._page
        if page.sheet is None or self._step is None:
            return
        if name == "more":
            page.shell.show_sheet("other", job=page.sheet.order.id)
            return
        if self._step.action == "checks" and self._leads_to_checks is not None:
            self._leads_to_checks()
            return
        rest.begin(self)
        job_acts.take(page.shell, page.sheet, self._step.action)


load(Path(__file__))

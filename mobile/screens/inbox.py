"""The inbox: what the office changed, until its person has seen it."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from mobile.screens import offers
from mobile.screens.offers import Offer
from mobile.shell import Args, Place, Shell
from mobile.views.inbox import InboxView, Told, inbox
from mobile.views.van import name
from mobile.widgets.blocks import Card, Empty, Section
from mobile.widgets.buttons import PushButton
from mobile.widgets.look import load
from mobile.widgets.page import Page

PAGE: Final = 8  # cards made at once: each costs as much as a frame of a slow phone


class NoticeCard(Card):
    """One notice, with what can be done about it."""

    told = ObjectProperty()
    lines = StringProperty("")
    leads = BooleanProperty(defaultvalue=False)


class InboxScreen(Page):
    """All notices, the new ones first."""

    nav = "inbox"
    any_unread = BooleanProperty(defaultvalue=False)
    subtitle = StringProperty("")

    def __init__(self, shell: Shell, **given: Any) -> None:
        self._shown: InboxView | None = None
        self._room = PAGE
        self._cards: dict[Told, NoticeCard] = {}
        super().__init__(shell, **given)

    def show(self, args: Args) -> None:
        """Begin with the newest."""
        self._room = PAGE
        self._shown = None
        super().show(args)

    def refresh(self) -> None:
        """Read the inbox anew and draw it, if it is another one."""
        queries = self.shell.phone.queries
        view = inbox(queries.inbox(), self._name_of, self.words, self.shell.now)
        if view == self._shown:
            return
        self._shown = view
        self.any_unread = bool(view.unread)
        self._draw(view)

    def more(self) -> None:
        """Make some more cards."""
        self._room += PAGE
        if self._shown is not None:
            self._draw(self._shown)

    def _draw(self, view: InboxView) -> None:
        """What there is room for, with the cards that are made already."""
        body = self.ids.body
        body.empty()
        if view.nothing is not None:
            nothing = view.nothing
            body.add_widget(Empty(icon="inbox", title=nothing.title, text=nothing.text))
        told = [*view.unread, *view.earlier]
        for index, one in enumerate(told[: self._room]):
            if index in (0, len(view.unread)):
                body.add_widget(Section(text=self._heading(view, index)))
            body.add_widget(self._card(one))
        rest = len(told) - self._room
        if rest > 0:
            text = self.words("inbox", "more", count=rest)
            button = PushButton(text=text, kind="outline", icon="expand_more")
            button.bind(on_release=lambda *_: self.more())
            body.add_widget(button)

    def see_all(self) -> None:
        """All of it has been seen."""
        if self._shown is not None:
            self._see(one.id for one in self._shown.unread)

    def _see(self, notices: Iterable[str]) -> None:
        self.shell.acknowledge(tuple(notices))

    def _card(self, told: Told) -> NoticeCard:
        if told in self._cards:
            return self._cards[told]
        card = self._cards[told] = NoticeCard(told=told, lines="\n".join(told.lines))
        found = list(self._offers(told))
        card.leads = bool(found)
        offers.put(card.ids.offers, found, compact=True)
        return card

    def _offers(self, told: Told) -> Iterator[Offer]:
        say = partial(self.words, "inbox")
        if told.unread:
            yield Offer(say("seen"), lambda: self._see([told.id]), "tonal")
        if told.job and self.shell.phone.queries.job_named(told.job) is not None:
            yield Offer(say("show_job"), lambda: self._open(told), "text")
        if told.op_id:
            yield Offer(say("show_entry"), lambda: self._show_entry(told), "text")

    def _show_entry(self, told: Told) -> None:
        self.shell.show_sheet("entry", id=told.op_id)

    def _open(self, told: Told) -> None:
        if told.unread:
            self.shell.acknowledge([told.id])
        self.shell.go(Place("work_order", {"id": told.job}))

    def _heading(self, view: InboxView, index: int) -> str:
        if index < len(view.unread):
            return f"{self.words('inbox', 'unread')} ({len(view.unread)})"
        return self.words("inbox", "earlier")

    def _name_of(self, identity: str) -> str:
        """What a job is to be done for, or what a part is called."""
        queries = self.shell.phone.queries
        order = queries.job_named(identity)
        if order is not None:
            return order.summary
        part = queries.part(identity)
        return name(part, self.words) if part is not None else ""


load(Path(__file__))

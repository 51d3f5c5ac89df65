"""The inbox: what the office changed, until its person has seen it."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from mobile.screens import offers
from mobile.screens.offers import Offer
from mobile.shell import Place, Shell
from mobile.views.inbox import InboxView, Told, inbox
from mobile.views.van import name
from mobile.widgets.blocks import Card, Empty, Section
from mobile.widgets.look import load
from mobile.widgets.page import Page

SHOWN_MAX: Final = 20


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
        super().__init__(shell, **given)

    def refresh(self) -> None:
        """Read the inbox anew and draw it, if it is another one."""
        queries = self.shell.phone.queries
        view = inbox(queries.inbox(), self._name_of, self.words, self.shell.now)
        if view == self._shown:
            return
        self._shown = view
        self.any_unread = bool(view.unread)
        body = self.ids.body
        body.empty()
        if view.nothing is not None:
            nothing = view.nothing
            body.add_widget(Empty(icon="inbox", title=nothing.title, text=nothing.text))
        if view.unread:
            body.add_widget(Section(text=self._heading("unread", view.unread)))
            for told in view.unread[:SHOWN_MAX]:
                body.add_widget(self._card(told))
        if view.earlier:
            body.add_widget(Section(text=self.words("inbox", "earlier")))
            for told in view.earlier[:SHOWN_MAX]:
                body.add_widget(self._card(told))

    def see_all(self) -> None:
        """All of it has been seen."""
        if self._shown is not None:
            self._see(one.id for one in self._shown.unread)

    def _see(self, notices: Iterable[str]) -> None:
        self.shell.phone.journal.acknowledge(tuple(notices))
        self.shell.refresh()

    def _card(self, told: Told) -> NoticeCard:
        card = NoticeCard(told=told, lines="\n".join(told.lines))
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
            self.shell.phone.journal.acknowledge([told.id])
        self.shell.go(Place("work_order", {"id": told.job}))

    def _heading(self, code: str, told: tuple[Told, ...]) -> str:
        return f"{self.words('inbox', code)} ({len(told)})"

    def _name_of(self, identity: str) -> str:
        """What a job is to be done for, or what a part is called."""
        queries = self.shell.phone.queries
        order = queries.job_named(identity)
        if order is not None:
            return order.summary
        part = queries.part(identity)
        return name(part, self.words) if part is not None else ""


load(Path(__file__))

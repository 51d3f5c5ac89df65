"""The page of a phone that the office has yet to let in; it makes way as soon as that is done."""

from pathlib import Path

from kivy.properties import ObjectProperty, StringProperty

from mobile import service
from mobile.keys import KeyLost
from mobile.screens import offers
from mobile.screens.offers import Offer
from mobile.shell import Place
from mobile.views.waiting import WaitingView, waiting
from mobile.widgets.look import load
from mobile.widgets.page import Page


class WaitingScreen(Page):
    """Shows the digits by which the office knows this phone."""

    icon = StringProperty("")
    title = StringProperty("")
    text = StringProperty("")
    digits = StringProperty("")
    note = StringProperty("")
    view = ObjectProperty(None, allownone=True)

    def refresh(self) -> None:
        """Say how it stands; go on where the office has let this phone in."""
        queries = self.shell.phone.queries
        told = queries.waiting()
        if not told.unconfirmed:
            self._go_on()
            return
        has_work = bool(told.pending or queries.jobs())
        view = waiting(self._digits(), self.shell.traffic, self.words, has_work=has_work)
        if view == self.view:
            return
        self.view = view
        self.icon, self.title, self.text = view.icon, view.title, view.text
        self.digits, self.note = view.digits, view.note
        offers.put(self.ids.offers, self._offers(view))

    def _digits(self) -> str:
        try:
            return service.digits(self.shell.phone)
        except KeyLost:  # which the next talk with the office tells of
            return ""

    def _offers(self, view: WaitingView) -> list[Offer]:
        acted = self.shell.ring if view.digits else self._enrol
        found = [Offer(view.button, acted, "tonal" if view.digits else "primary")]
        if view.beside:
            found.append(Offer(view.beside, self._go_on, "text"))
        return found

    def _enrol(self) -> None:
        self.shell.go(Place("enrol"))

    def _go_on(self) -> None:
        self.shell.go(Place("today"))


load(Path(__file__))

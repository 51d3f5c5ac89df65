"""Whose phone this is, and its PIN: confirmed, chosen, repeated, and asked for."""

from pathlib import Path
from typing import Any, Final

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.properties import BooleanProperty, StringProperty
from msgspec import Struct

from mobile.database import Full
from mobile.device import dice
from mobile.lock import DIGITS_MAX, unfit
from mobile.screens import offers
from mobile.screens.offers import Offer
from mobile.service import trouble
from mobile.shell import Args, Place
from mobile.views.pin import PinView, Step, pin, wait_text, wrong_text
from mobile.widgets.look import load
from mobile.widgets.page import Page

BACKSPACE, ENTER, PAD_ENTER = 8, 13, 271
STEPS: Final[tuple[Step, ...]] = ("welcome", "choose", "repeat", "unlock")


class Pad(Struct):
    """What has been typed and never leaves this process."""

    typed: str = ""
    first: str = ""


class PinScreen(Page):
    """`args` may name a `step`, and what comes `then` when the old PIN was right."""

    title = StringProperty("")
    text = StringProperty("")
    icon = StringProperty("")
    dots = StringProperty("")
    spoken = StringProperty("")
    fault = StringProperty("")
    asks = BooleanProperty(defaultvalue=True)
    told_below = BooleanProperty(defaultvalue=False)  # so that all digits are in sight
    goes_back = BooleanProperty(defaultvalue=False)

    def __init__(self, shell: Any, **given: Any) -> None:
        self._pad = Pad()
        self._step: Step = "unlock"
        self._waiting: Any = None
        super().__init__(shell, **given)

    def show(self, args: Args) -> None:
        """Begin a page."""
        self._pad = Pad()
        self.fault = ""
        named = args.get("step", "unlock")
        self._step = next((step for step in STEPS if step == named), "unlock")
        self.goes_back = "then" in args or args.get("from") == "me"
        Window.unbind(on_key_down=self._key_down)
        Window.bind(on_key_down=self._key_down)
        super().show(args)

    def leave(self) -> None:
        """Forget what was typed."""
        self._pad = Pad()
        Window.unbind(on_key_down=self._key_down)
        self._stop_waiting()

    def refresh(self) -> None:
        """Draw the page as far as so much has been typed."""
        view = self._view()
        self.title, self.text, self.icon = view.title, view.text, view.icon
        self.asks, self.dots, self.spoken = view.asks, view.dots, view.spoken
        self.told_below = view.step == "choose"
        offers.put(self.ids.offers, self._offers(view))
        if view.waits:
            self._wait()

    def press(self, key: str) -> None:
        """One key of the pad."""
        typed = self._pad.typed
        if key == "back":
            self._pad.typed = typed[:-1]
        elif len(typed) < DIGITS_MAX:
            self._pad.typed = typed + key
        self.shell.adapters.haptics.feel("tap")
        if not self._waiting:
            self.fault = ""
        self.refresh()

    def go_on(self) -> None:
        """The button was pressed."""
        if not self._view().ready:
            return
        {
            "welcome": self._choose,
            "choose": self._chosen,
            "repeat": self._repeated,
            "unlock": self._unlock,
            "forgot": self._enrol,
            "not_me": self._enrol,
        }[self._step]()

    def step_aside(self) -> None:
        """The quieter button: do without, or ask for help."""
        if self._step == "unlock":
            self._turn("forgot")
        elif self._step == "forgot":
            self._turn("unlock")
        elif self._step == "not_me":
            self._turn("welcome")
        else:
            self._done()

    def deny(self) -> None:
        """This is somebody else's phone."""
        self._turn("not_me")

    def _enrol(self) -> None:
        self.shell.go(Place("enrol"))

    def _turn(self, step: Step) -> None:
        self._step, self.fault = step, ""
        self._pad = Pad()
        self.refresh()

    def _view(self) -> PinView:
        owner = self.shell.phone.owner
        wait = self.shell.lock.wait_ms(self.shell.phone.clock.now()) if self._asks_old() else 0
        name = owner.name or owner.login
        return pin(self._step, self._pad.typed, name, self.words, wait_ms=wait)

    def _asks_old(self) -> bool:
        return self._step == "unlock"

    def _offers(self, view: PinView) -> list[Offer]:
        found = [Offer(view.button, self.go_on, enabled=view.ready)]
        if view.beside and not (self.goes_back and view.beside_is_later):
            found.append(Offer(view.beside, self.step_aside, "text"))
        if view.step == "welcome":
            found.append(Offer(self.words("pin", "not_me"), self.deny, "text"))
        return found

    def _choose(self) -> None:
        self._turn("choose")

    def _chosen(self) -> None:
        fault = unfit(self._pad.typed)
        if fault is not None:
            self._again(self.words("pin", fault))
            return
        self._step = "repeat"
        self._pad = Pad(first=self._pad.typed)
        self.refresh()

    def _repeated(self) -> None:
        if self._pad.typed != self._pad.first:
            self._step = "choose"
            self._again(self.words("pin", "differs"))
            return
        try:
            self.shell.lock.put(self._pad.typed, dice)
        except Full as full:
            self._again(self.words.explain(trouble(full)))
            return
        self.shell.note(self.words("pin", "done"))
        self._done()

    def _unlock(self) -> None:
        lock, now = self.shell.lock, self.shell.phone.clock.now()
        if not lock.opens(self._pad.typed, now):
            self._again(wrong_text(lock.tries_left(), self.words))
            return
        then = self.args.get("then", "")
        if then == "choose":
            self._choose()
        elif then == "drop":
            lock.drop()
            self.shell.note(self.words("settings", "pin_dropped"))
            self._done()
        else:
            self._pad = Pad()
            self.shell.unlock()

    def _again(self, fault: str) -> None:
        self._pad = Pad()
        self.fault = fault
        self.shell.adapters.haptics.feel("wrong")
        self.refresh()

    def _done(self) -> None:
        waits = self.shell.phone.queries.waiting().unconfirmed
        self.shell.go(Place("me" if self.goes_back else "waiting" if waits else "today"))

    def _wait(self) -> None:
        """Say how long one still has to wait, every second until that is over."""
        wait = self.shell.lock.wait_ms(self.shell.phone.clock.now())
        self.fault = wait_text(wait, self.words) if wait else ""
        if wait and self._waiting is None:
            self._waiting = Clock.schedule_interval(self._tick, 1.0)
        if not wait:
            self._stop_waiting()
            self.refresh()

    def _tick(self, _elapsed_s: float) -> None:
        if self.get_parent_window() is None:
            self._stop_waiting()
        else:
            self._wait()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _key_down(self, _window: Any, key: int, _code: int, text: str, _held: Any) -> bool:
        if self.get_parent_window() is None:
            return False
        if key in (ENTER, PAD_ENTER):
            self.go_on()
        elif key == BACKSPACE and self.asks:
            self.press("back")
        elif text and text in "0123456789" and self.asks:
            self.press(text)
        else:
            return False
        return True


load(Path(__file__))

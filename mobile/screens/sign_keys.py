"""The pad a signature is written on, and the keys with which a technician gets the phone back."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kivy.clock import Clock
from kivy.factory import Factory
from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from mobile.lock import DIGITS_MAX, DIGITS_MIN
from mobile.screens import pin
from mobile.texts import Words
from mobile.views.pin import wait_text, wrong_text
from mobile.widgets.bars import AppBar
from mobile.widgets.buttons import PushButton
from mobile.widgets.consent import HoldButton
from mobile.widgets.ink_pad import InkPad
from mobile.widgets.page import Column, Footer
from mobile.widgets.text import Para

if TYPE_CHECKING:
    from mobile.screens.sign_off import SignOffScreen

Act = tuple[str, str, Callable[[], None]]
# Of the pad, on a phone held across: the buttons beside it. Larger text takes more of it.
SIDE_SHARE: Final = 0.5
DOT: Final = "●"

assert pin.STEPS  # its rules hold the pad of digits


def pad(page: "SignOffScreen", words: Words, name: str, actions: tuple[Act, ...]) -> None:
    """A pad that fills the step, undo at its left and clear far from it, and what comes then."""
    frame = BoxLayout(padding=(dp(16), dp(12), dp(16), dp(12)))
    ink = InkPad(hint=words("sign_off", f"{name}_hint"), a11y=words("sign_off", f"{name}_hint"))
    ink.ink = getattr(page.begun, name)
    frame.add_widget(ink)
    page.ids.middle.add_widget(frame)
    tools, apart = _row(), _row()
    footer = Footer()
    footer.add_widget(tools)
    if page.fault:
        footer.add_widget(Para(text=page.fault, tone="danger"))
    for text, kind, act in actions:
        footer.add_widget(_button(text, kind, act))
    if page.wide:
        footer.add_widget(apart)
    kit = _Tools(ink, (tools, apart if page.wide else tools), words)
    kit.usual()

    def written(_ink: InkPad) -> None:
        page.fault = ""
        page.change(**{name: ink.ink})
        kit.usual()

    ink.bind(on_ink=written)
    if page.wide:
        side = Column(size_hint_x=SIDE_SHARE * page.shell.settings.text_scale)
        side.add_widget(footer)
        page.ids.middle.add_widget(side)
    else:
        page.ids.foot.add_widget(footer)


class _Tools:
    """Undo and clear, which stand apart; clear asks once."""

    def __init__(self, ink: InkPad, rows: tuple[BoxLayout, BoxLayout], words: Words) -> None:
        self._ink, self._rows, self._words = ink, rows, words

    def usual(self) -> None:
        """Take the last stroke back, or ask for all."""
        words, off = self._words, not self._ink.has_ink
        self._show(
            _small(words("sign_off", "undo"), "tonal", self._ink.undo, icon="undo", off=off),
            _small(words("sign_off", "clear"), "text", self._ask, icon="delete", off=off),
        )

    def _ask(self) -> None:
        words = self._words
        self._show(
            _small(words("sign_off", "keep"), "tonal", self.usual),
            _small(words("sign_off", "clear_all"), "danger", self._ink.clear, icon="delete"),
        )

    def _show(self, first: Widget, last: Widget) -> None:
        for row in self._rows:
            row.clear_widgets()
        self._rows[0].add_widget(first)
        self._rows[1].add_widget(Widget())
        self._rows[1].add_widget(last)


def _row() -> BoxLayout:
    return BoxLayout(size_hint_y=None, height=dp(48), spacing=dp(12))


def leave(page: "SignOffScreen") -> None:
    """The technician's PIN, or where there is none a button to be held."""
    words = page.words
    page.ids.head.add_widget(AppBar(title=words("sign_leave", "title"), show_chip=False))
    body = Column()
    page.ids.middle.add_widget(body)
    has_pin = page.shell.lock.is_set
    body.add_widget(
        Para(text=words("sign_leave", "pin" if has_pin else "hold_why"), role="body", tone="text_2")
    )
    if has_pin:
        _Digits(page, body)
    else:
        hold = HoldButton(text=words("sign_leave", "hold"))
        hold.bind(on_held=lambda *_: page.unlocked())
        body.add_widget(hold)
    footer = Footer()
    footer.add_widget(_button(words("sign_leave", "stay"), "text", page.step_back))
    page.ids.foot.add_widget(footer)


class _Digits:
    """The pad of digits. What is typed never leaves this object."""

    def __init__(self, page: "SignOffScreen", body: Column) -> None:
        self._page, self._typed = page, ""
        self._dots = Para(text="", role="display", tone="primary", halign="center")
        self._fault = Para(text="", tone="danger", halign="center")
        self._open = PushButton(text=page.words("sign_leave", "open"), disabled=True)
        self._open.bind(on_release=lambda *_: self._try())
        keys = Factory.PinPad()  # its rule gives it these two
        keys.press, keys.back_a11y = self._press, page.words("pin", "delete")
        for one in (self._dots, self._fault, keys, self._open):
            body.add_widget(one)
        self._wait()

    def _press(self, key: str) -> None:
        if key == "back":
            self._typed = self._typed[:-1]
        elif len(self._typed) < DIGITS_MAX:
            self._typed += key
        self._show()

    def _show(self) -> None:
        self._dots.text = " ".join(DOT for _ in self._typed)
        self._open.disabled = len(self._typed) < DIGITS_MIN or self._wait_ms() > 0

    def _try(self) -> None:
        lock, now = self._page.shell.lock, self._page.shell.phone.clock.now()
        if lock.opens(self._typed, now):
            self._page.unlocked()
            return
        self._typed = ""
        self._page.shell.adapters.haptics.feel("wrong")
        self._fault.text = wrong_text(lock.tries_left(), self._page.words)
        self._wait()

    def _wait_ms(self) -> int:
        return self._page.shell.lock.wait_ms(self._page.shell.phone.clock.now())

    def _wait(self, *_: Any) -> None:
        """Say how long one has to wait, until that is over."""
        wait = self._wait_ms()
        if wait:
            self._fault.text = wait_text(wait, self._page.words)
            Clock.schedule_once(self._again, 1.0)
        self._show()

    def _again(self, _passed: float) -> None:
        if self._fault.get_parent_window() is not None:
            self._fault.text = ""
            self._wait()


def _button(text: str, kind: str, act: Callable[[], Any]) -> PushButton:
    button = PushButton(text=text, kind=kind)
    button.bind(on_release=lambda *_: act())
    return button


def _small(
    text: str, kind: str, act: Callable[[], None], *, icon: str = "", off: bool = False
) -> PushButton:
    button = PushButton(text=text, kind=kind, icon=icon, compact=True, size_hint_x=None)
    button.bind(natural=lambda _button, natural: setattr(button, "width", natural))
    button.width, button.disabled = button.natural, off
    button.bind(on_release=lambda *_: act())
    return button

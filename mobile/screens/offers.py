"""Buttons that are there only while they can be pressed."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from kivy.metrics import dp
from msgspec import Struct

from mobile.widgets.buttons import PushButton

Kind = Literal["primary", "tonal", "outline", "text", "danger"]


class Offer(Struct, frozen=True):
    """What a button says, what it does, and how loud it is."""

    text: str
    act: Callable[[], None]
    kind: Kind = "primary"
    icon: str = ""
    enabled: bool = True


def put(box: Any, offers: Iterable[Offer], *, compact: bool = False) -> None:
    """Put a button for each into a box, in place of those that were there.

    Nothing is made anew where only the words or the loudness differ, so that a button that is
    being pressed stays under the finger.
    """
    wanted = list(offers)
    buttons = list(reversed(box.children))
    for button in buttons[len(wanted) :]:
        box.remove_widget(button)
    for index, offer in enumerate(wanted):
        if index >= len(buttons):
            buttons.append(_made(compact=compact))
            box.add_widget(buttons[index])
        _dress(buttons[index], offer)


def _made(*, compact: bool) -> PushButton:
    button = PushButton(compact=compact)
    if compact:
        button.size_hint_x = None
        button.fbind("natural", lambda one, natural: setattr(one, "width", natural))
    button.bind(on_release=lambda one: one.offered())
    return button


def _dress(button: PushButton, offer: Offer) -> None:
    button.offered = offer.act
    button.text, button.icon, button.kind = offer.text, offer.icon, offer.kind
    button.disabled = not offer.enabled
    if button.compact:
        button.width = max(button.natural, dp(48))

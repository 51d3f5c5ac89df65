"""What a phone says that the office has yet to let in: digits to compare, and how it goes on."""

from typing import Final

from msgspec import Struct

from mobile.texts import Words
from mobile.views.chip import Traffic
from mobile.views.today import Emptiness

DENIED: Final = "device_denied"


class WaitingView(Struct, frozen=True, kw_only=True):
    """What to say. Without `digits` the office has said no, and a new code is needed."""

    icon: str
    title: str
    text: str
    digits: str
    note: str
    button: str
    beside: str


def waiting(digits: str, traffic: Traffic, words: Words, *, has_work: bool) -> WaitingView:
    """The view. Who has work on the phone may go on with it meanwhile."""
    beside = words("waiting", "go_on") if has_work else ""
    trouble = traffic.trouble
    if trouble is not None and trouble.code == DENIED:
        return WaitingView(
            icon="block",
            title=words("waiting", "denied"),
            text=words.explain(trouble),
            digits="",
            note="",
            button=words("waiting", "new_code"),
            beside=beside,
        )
    return WaitingView(
        icon="hourglass_top",
        title=words("waiting", "title"),
        text=words("waiting", "text"),
        digits=digits,
        note=words("waiting", "offline" if traffic.reached is False else "by_itself"),
        button=words("waiting", "ask"),
        beside=beside,
    )


def unconfirmed(words: Words) -> Emptiness:
    """Why there are no jobs yet on a phone that the office has yet to let in."""
    return Emptiness(
        title=words("waiting", "nothing_title"),
        text=words("waiting", "nothing_text"),
        action=words("waiting", "show"),
    )

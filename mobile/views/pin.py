"""What the PIN's pages say: choosing one, and getting in with it."""

from typing import Final, Literal

from msgspec import Struct

from mobile.lock import DIGITS_MAX, DIGITS_MIN
from mobile.texts import Words

Step = Literal["welcome", "not_me", "choose", "repeat", "unlock", "forgot"]
SECOND_MS: Final = 1000


class PinView(Struct, frozen=True, kw_only=True):
    """One page: what it asks for, what went wrong, and whether the button may be pressed."""

    step: Step
    title: str
    text: str
    button: str
    ready: bool
    digits: int
    spoken: str
    asks: bool
    waits: bool = False


TITLES: Final[dict[Step, tuple[str, str, str]]] = {
    "welcome": ("welcome", "welcome_say", "set_pin"),
    "not_me": ("not_me", "not_me_say", "forgot_enrol"),
    "choose": ("set_title", "set_say", "next"),
    "repeat": ("again_title", "again_say", "next"),
    "unlock": ("unlock_title", "unlock_say", "unlock"),
    "forgot": ("forgot_title", "forgot_say", "forgot_enrol"),
}
ASKING: Final = ("choose", "repeat", "unlock")


def pin(step: Step, typed: str, name: str, words: Words, *, wait_ms: int = 0) -> PinView:
    """A page as far as so many digits have been typed; `wait_ms` until the next try."""
    asks = step in ASKING
    title, text, button = TITLES[step]
    return PinView(
        step=step,
        title=words("pin", title, name=name),
        text=words("pin", text),
        button=words("pin", button),
        ready=not asks or (DIGITS_MIN <= len(typed) <= DIGITS_MAX and not wait_ms),
        digits=len(typed),
        spoken=words("pin", "typed", count=len(typed)),
        asks=asks,
        waits=bool(wait_ms),
    )


def wait_text(wait_ms: int, words: Words) -> str:
    """How long one has to wait, in words; counts down by the second."""
    return words("pin", "wait", time=words.duration(wait_ms + SECOND_MS - 1))


def wrong_text(tries_left: int, words: Words) -> str:
    """That this was not the PIN."""
    if not tries_left:
        return words("pin", "wrong_wait")
    return words("pin", "wrong", count=tries_left)

"""What the PIN's pages say: choosing one, and getting in with it."""

from typing import Final, Literal

from msgspec import Struct

from mobile.lock import DIGITS_MAX, DIGITS_MIN
from mobile.texts import Words

Step = Literal["welcome", "not_me", "choose", "repeat", "unlock", "forgot"]
SECOND_MS: Final = 1000


class PinView(Struct, frozen=True, kw_only=True):
    """One page: what it asks for, and what can be done.

    `dots` show how much has been typed, `beside` is the quieter way on.
    """

    step: Step
    title: str
    text: str
    icon: str
    button: str
    beside: str
    beside_is_later: bool
    ready: bool
    dots: str
    spoken: str
    asks: bool
    waits: bool = False


class _Said(Struct, frozen=True):
    """The texts of a page, by their codes, and its icon."""

    title: str
    text: str
    button: str
    beside: str
    icon: str = ""


PAGES: Final[dict[Step, _Said]] = {
    "welcome": _Said("welcome", "welcome_say", "set_pin", "later", "badge"),
    "not_me": _Said("not_me", "not_me_say", "forgot_enrol", "back", "person_off"),
    "choose": _Said("set_title", "set_say", "next", "later"),
    "repeat": _Said("again_title", "again_say", "next", "later"),
    "unlock": _Said("unlock_title", "unlock_say", "unlock", "forgot"),
    "forgot": _Said("forgot_title", "forgot_say", "forgot_enrol", "back", "lock_reset"),
}
ASKING: Final = ("choose", "repeat", "unlock")


def pin(step: Step, typed: str, name: str, words: Words, *, wait_ms: int = 0) -> PinView:
    """A page as far as so many digits have been typed; `wait_ms` until the next try."""
    said = PAGES[step]
    asks = step in ASKING
    count = len(typed)
    return PinView(
        step=step,
        title=words("pin", said.title, name=name),
        text=words("pin", said.text),
        icon=said.icon,
        button=words("pin", said.button),
        beside=words("pin", said.beside),
        beside_is_later=said.beside == "later",
        ready=not asks or (DIGITS_MIN <= count <= DIGITS_MAX and not wait_ms),
        dots=("●" * count).ljust(DIGITS_MIN, "○") if asks else "",
        spoken=words("pin", "typed", count=count),
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

"""The sync chip: how this phone stands with the office, in its worst state and few words."""

from typing import Final, Literal

from msgspec import Struct

from mobile.queries import Waiting
from mobile.texts import Words
from shared.errors import Refused

State = Literal["up_to_date", "waiting", "sending", "offline", "needs_you", "unconfirmed"]
TONES: Final[dict[State, str]] = {
    "up_to_date": "success",
    "waiting": "info",
    "sending": "info",
    "offline": "warning",
    "needs_you": "danger",
    "unconfirmed": "warning",
}
ICONS: Final[dict[State, str]] = {
    "up_to_date": "cloud_done",
    "waiting": "cloud_upload",
    "sending": "sync",
    "offline": "cloud_off",
    "needs_you": "error",
    "unconfirmed": "hourglass_top",
}


class Traffic(Struct, frozen=True, kw_only=True):
    """What the couriers are at.

    `sent` of `total` changes are through while one is `talking`, and `photos_sent` of
    `photos_total` photos while their bytes are on their way. `reached` tells whether the last
    conversation reached the server (None: there was none yet). `trouble` is what a person must
    see to before the next one can succeed; `enough`, that the office takes no more changes for now.
    """

    talking: bool = False
    sent: int = 0
    total: int = 0
    photos_sent: int = 0
    photos_total: int = 0
    reached: bool | None = None
    trouble: Refused | None = None
    enough: bool = False


class SyncChip(Struct, frozen=True, kw_only=True):
    """A state, what it is called, and how it is drawn."""

    state: State
    text: str
    tone: str
    icon: str


def chip(traffic: Traffic, waiting: Waiting, words: Words) -> SyncChip:
    """The worst that is true of this phone."""
    state = _state(traffic, waiting)
    return SyncChip(
        state=state,
        text=_text(state, traffic, waiting, words),
        tone=TONES[state],
        icon=ICONS[state],
    )


def _state(traffic: Traffic, waiting: Waiting) -> State:
    if waiting.unconfirmed and traffic.reached is not False:
        return "unconfirmed"
    if waiting.attention or traffic.trouble is not None:
        return "needs_you"
    if traffic.reached is False:
        return "offline"
    if (traffic.talking and traffic.total) or traffic.photos_total:
        return "sending"
    if waiting.pending or waiting.photos or waiting.last_contact is None or traffic.reached is None:
        return "waiting"
    return "up_to_date"


def _text(state: State, traffic: Traffic, waiting: Waiting, words: Words) -> str:
    if state == "offline" and waiting.pending:
        return words("kit.sync", "offline_changes", count=waiting.pending)
    if state == "offline" and waiting.photos:
        return words("kit.sync", "offline_photos", count=waiting.photos)
    if state == "sending" and traffic.talking and traffic.total:
        return words("kit.sync", "sending", done=traffic.sent, count=traffic.total)
    if state == "sending":
        done, count = traffic.photos_sent, traffic.photos_total
        return words("kit.sync", "sending_photos", done=done, count=count)
    if state == "waiting" and waiting.photos and not waiting.pending:
        return words("kit.sync", "waiting_photos", count=waiting.photos)
    return words("kit.sync", state)

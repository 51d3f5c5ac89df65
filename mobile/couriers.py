"""The couriers: one thread a lane, watched, telling the window what they meet in its own thread."""

import platform
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from msgspec import structs

from mobile import enrolment, service
from mobile.courier import Busy, HandInLater, Report
from mobile.database import Missing
from mobile.device import dice, installation
from mobile.lane import Lane, Pace, Watchdog
from mobile.views.chip import Traffic
from mobile.wire import Throttled, Unreachable
from shared.errors import Refused, refuse_value

LOOK_S: Final = 10.0
END_S: Final = 2.0
DICE_BYTES: Final = 4
UNNAMED: Final = "phone"

Later = Callable[[Callable[[], None]], None]
Ended = Report | Exception


class Moved(Protocol):
    """Hears that the couriers got on."""

    def __call__(self, *, changed: bool) -> None:
        """`changed`: what is shown of the phone's work may be another now."""


class Couriers:
    """Talks to the office for one installation as long as the app runs.

    `moved` is called in the window's thread when `traffic` has changed.
    """

    def __init__(self, folder: Path, later: Later, moved: Moved) -> None:
        self.traffic = Traffic()
        self._folder = folder
        self._later = later
        self._moved = moved
        self._dog: Watchdog | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to talk."""
        if self._dog is None:
            self._dog = Watchdog(self._begin, time.monotonic)

    def look(self) -> None:
        """Replace a thread that shows no life. To be called every few seconds."""
        if self._dog is not None:
            self._dog.look()

    def ring(self) -> None:
        """Talk as soon as one may."""
        if self._dog is not None:
            self._dog.lane.ring()

    def stop(self) -> None:
        """End after the conversation that is going on; it is not waited for for long."""
        if self._dog is not None:
            self._dog.lane.abandon()
            self._dog = None
        if self._thread is not None:
            self._thread.join(END_S)

    def _begin(self) -> Lane:
        pace = Pace(dice=_share, monotonic=time.monotonic)
        lane = Lane(self._talk, pace, self._heard)
        self._thread = threading.Thread(target=lane.run, name="courier", daemon=True)
        self._thread.start()
        return lane

    def _talk(self, show_life: Callable[[], None]) -> Report:
        """One conversation, over a connection of this thread's own."""
        with service.opened(self._folder) as phone:
            if phone is None:
                raise Missing(str(self._folder))
            total = phone.queries.waiting().pending
            self._tell(talking=True, sent=0, total=total)

            def answered() -> None:
                show_life()
                sent = max(total - phone.queries.waiting().pending, 0)
                self._tell(talking=True, sent=sent, total=total)

            return service.talk(phone, ops_only=False, gently=True, progress=answered)

    def _heard(self, ended: Ended) -> None:
        """How a conversation ended, in the courier's thread."""
        self._later(lambda: self._take(ended))

    def _take(self, ended: Ended) -> None:
        known = structs.replace(self.traffic, talking=False, sent=0, total=0)
        if not isinstance(ended, Busy):  # another process of this phone talks: nothing is learnt
            known = structs.replace(known, reached=_reached(ended), trouble=_trouble(ended))
        self.traffic = known
        self._moved(changed=True)

    def _tell(self, *, talking: bool, sent: int, total: int) -> None:
        def take() -> None:
            changed = {"talking": talking, "sent": sent, "total": total}
            self.traffic = structs.replace(self.traffic, **changed)
            self._moved(changed=False)

        self._later(take)


def join(folder: Path, text: str, server: str, *, locked: bool = False) -> Refused | None:
    """Make a folder an installation by an enrolment text; why that was not done, or None.

    While it is locked only the server it belongs to is asked.

    An unfit text is refused under the code that `mobile.enrolment.Unfit` gives it.
    """
    try:
        invitation = enrolment.read(text, server=server or None)
        known = installation(folder) if locked else None
        if known is not None:
            enrolment.stay(invitation, known)
        service.enrol(folder, invitation, platform.node() or UNNAMED)
    except enrolment.Unfit as unfit:
        return refuse_value(unfit.code, field="code")
    except service.TROUBLES as wrong:
        return service.trouble(wrong)
    return None


def join_beside(
    joining: Callable[[], Refused | None], ended: Callable[[Refused | None], None]
) -> None:
    """Join in a thread beside the window's; `ended` is called in that thread."""
    threading.Thread(target=lambda: ended(joining()), name="enrolment", daemon=True).start()


def _reached(ended: Ended) -> bool | None:
    """Whether the server was reached; None where that is not known."""
    if isinstance(ended, Report):
        return not ended.timed_out
    if isinstance(ended, Unreachable):
        return False
    return True if isinstance(ended, service.TROUBLES) else None


def _trouble(ended: Ended) -> Refused | None:
    """What a person has to see to before it can go on."""
    if not isinstance(ended, service.TROUBLES):
        return None
    if isinstance(ended, Busy | HandInLater | Throttled | Unreachable):
        return None
    return service.trouble(ended)


def _share() -> float:
    """A random number from 0 to 1."""
    return int.from_bytes(dice(DICE_BYTES), "big") / 256**DICE_BYTES

"""The couriers: one thread a lane, watched, telling the window what they meet in its own thread."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from msgspec import structs

from mobile import enrolment, service
from mobile.adapters import device_name
from mobile.carrier import Delivery
from mobile.courier import Busy, HandInLater, Report
from mobile.database import Missing
from mobile.device import dice, installation
from mobile.lane import IDLE_S, POKED_S, Lane, Outcome, Pace as LanePace, Talk, Watchdog
from mobile.listener import Call, Listener
from mobile.views.chip import Traffic
from mobile.wire import Throttled, Unreachable
from shared.declared import look_into_records
from shared.errors import Refused, refuse_person, refuse_value
from sync import transfer
from sync.session import Sizes

END_S: Final = 2.0
DICE_BYTES: Final = 4
UNNAMED: Final = "phone"
NAME_CHARS_MAX: Final = 80
OFF: Final = refuse_person("taken_off")  # what is told as long as nothing new comes to this phone
DOUBTED: Final = refuse_person("log_doubted")  # what was sent counts all the same
OPS, FILES = "courier", "carrier"  # the lanes, by the names of their threads
POKES: Final = "listener"
NOWHERE: Final = ""  # the name of no network at all

Later = Callable[[Callable[[], None]], None]
Ended = Outcome | Exception

T = TypeVar("T")


class Moved(Protocol):
    """Hears that the couriers got on."""

    def __call__(self, *, changed: bool) -> None:
        """`changed`: what is shown of the phone's work may be another now."""


class Couriers:
    """Talks to the office for one installation as long as the app runs.

    Ops and news go by one thread, files by another, which waits while there are ops to hand in. A
    third one only listens for pokes, while somebody looks and there is a network.
    `moved` is called in the window's thread when `traffic` has changed; `metered` is asked in a
    thread of its own whether bytes cost money; `network` names the network one is on, empty where
    there is none, None where nobody can tell.
    """

    def __init__(
        self,
        folder: Path,
        later: Later,
        moved: Moved,
        metered: Callable[[], bool] = lambda: False,
        network: Callable[[], str | None] = lambda: None,
    ) -> None:
        look_into_records()  # the app has no thread before these
        self.traffic = Traffic()
        self._network = network
        self._here: str | None = None
        self._looked_at = True
        self._listener: Listener | None = None
        self._folder = folder
        self._later = later
        self._moved = moved
        self._metered = metered
        self._dogs: dict[str, Watchdog] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._sizes = Sizes()
        self._pace = transfer.Pace()
        self._held_up = False  # the office takes no more ops for a while
        self._counts = False  # photos are shown on their way

    def start(self) -> None:
        """Begin to talk, and to listen."""
        if not self._dogs:
            self._dogs[OPS] = Watchdog(self._begin_ops, time.monotonic)
            self._dogs[FILES] = Watchdog(self._begin_files, time.monotonic)
            self._here = self._network()
            self._listener = Listener(lambda: Call(self._folder), _pace(), self)
            self._tune()
            self._run(POKES, self._listener.run)

    def look(self) -> None:
        """Replace a thread that shows no life, and see whether there is a network again.

        To be called every few seconds.
        """
        for dog in self._dogs.values():
            dog.look()
        here = self._network()
        if self._dogs and here != self._here:
            self._here = here
            self._tune()
            if here != NOWHERE:
                self.ring()

    def rest(self) -> None:
        """Nobody looks: what waits goes all the same, and pokes are not listened for."""
        self._looked_at = False
        self._tune()

    def wake(self) -> None:
        """Somebody looks again."""
        self._looked_at = True
        self._tune()
        self.ring()

    def opened(self) -> None:
        """The office can be heard: that is a network, too."""
        self.ring()

    def poked(self) -> None:
        """There is news, perhaps."""
        if (dog := self._dogs.get(OPS)) is not None:
            dog.lane.poke()

    def lost(self) -> None:
        """Nobody pokes any more: ask again as often as without."""
        self.poked()

    def ring(self) -> None:
        """Talk as soon as one may; about files when there is nothing to say about ops."""
        if (dog := self._dogs.get(OPS)) is not None:
            dog.lane.ring()

    def stop(self) -> None:
        """End after the conversations that are going on; they are not waited for for long."""
        for dog in self._dogs.values():
            dog.lane.abandon()
        if self._listener is not None:
            self._listener.abandon()
        self._dogs = {}
        for thread in self._threads.values():
            thread.join(END_S)

    def _begin_ops(self) -> Lane:
        return self._begin(OPS, self._talk, self._heard)

    def _begin_files(self) -> Lane:
        return self._begin(FILES, self._carry, self._brought)

    def _begin(self, name: str, talk: Talk, told: Callable[[Ended], None]) -> Lane:
        lane = Lane(talk, _pace(self._idle_s if name == OPS else lambda: IDLE_S), told)
        self._run(name, lane.run)
        return lane

    def _run(self, name: str, work: Callable[[], None]) -> None:
        self._threads[name] = threading.Thread(target=work, name=name, daemon=True)
        self._threads[name].start()

    def _idle_s(self) -> float:
        """Where pokes come, asking now and then is enough."""
        return POKED_S if self._listener is not None and self._listener.is_poked else IDLE_S

    def _tune(self) -> None:
        """Listen where that is of use."""
        if self._listener is not None:
            wanted = self._looked_at and self._here != NOWHERE
            (self._listener.wake if wanted else self._listener.rest)()

    def _talk(self, show_life: Callable[[], None]) -> Report:
        """One conversation, over a connection of this thread's own."""
        with service.opened(self._folder) as phone:
            if phone is None:
                raise Missing(str(self._folder))
            total = phone.queries.waiting().pending
            off = phone.replica.identity().revoked
            self._tell(talking=True, sent=0, total=total, **({"trouble": OFF} if off else {}))

            def answered() -> None:
                show_life()
                sent = max(total - phone.queries.waiting().pending, 0)
                self._tell(talking=True, sent=sent, total=total)

            return service.talk(
                phone, ops_only=False, gently=True, sizes=self._sizes, progress=answered
            )

    def _carry(self, show_life: Callable[[], None]) -> Delivery:
        """Bring what files there are, over a connection of this thread's own."""
        with service.opened(self._folder) as phone:
            if phone is None:
                raise Missing(str(self._folder))
            total = phone.replica.left().photos

            def answered() -> None:
                show_life()
                self._counts = True
                sent = max(total - phone.replica.left().photos, 0)
                self._tell(photos_sent=sent, photos_total=total)

            def ops_wait() -> bool:
                return not self._held_up and bool(phone.replica.outgoing(1, 1))

            around = transfer.Around(ops_wait=ops_wait, metered=self._metered)
            return service.carry(phone, around, self._pace, progress=answered)

    def _heard(self, ended: Ended) -> None:
        """How a conversation about ops ended, in its thread: now is the time of the files."""
        self._held_up = isinstance(ended, HandInLater)
        if FILES in self._dogs and (self._held_up or not isinstance(ended, Exception)):
            self._dogs[FILES].lane.ring()
        self._later(lambda: self._take(ended))

    def _brought(self, ended: Ended) -> None:
        """How a conversation about files ended, in its thread.

        What goes wrong with files alone is told by what waits; the other lane tells of the rest.
        """
        if self._counts or (isinstance(ended, Delivery) and ended.set_aside):
            self._counts = False
            self._later(self._take_delivery)

    def _take(self, ended: Ended) -> None:
        known = structs.replace(self.traffic, talking=False, sent=0, total=0)
        if not isinstance(ended, Busy):  # another process of this phone talks: nothing is learnt
            trouble = _trouble(ended) or self._still_off(ended)
            enough = isinstance(ended, HandInLater)
            known = structs.replace(known, reached=_reached(ended), trouble=trouble, enough=enough)
            if _goes_well(known) and not _goes_well(self.traffic):
                self._tune()  # what kept it from listening may be over, too
        self.traffic = known
        self._moved(changed=True)

    def _still_off(self, ended: Ended) -> Refused | None:
        """What was wrong between phone and office stays so until they talk again."""
        known = self.traffic.trouble
        return known if known in (OFF, DOUBTED) and isinstance(ended, Exception) else None

    def _take_delivery(self) -> None:
        self.traffic = structs.replace(self.traffic, photos_sent=0, photos_total=0)
        self._moved(changed=True)

    def _tell(self, **changed: Any) -> None:
        def take() -> None:
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
        service.enrol(folder, invitation, device_name()[:NAME_CHARS_MAX] or UNNAMED)
    except enrolment.Unfit as unfit:
        return refuse_value(unfit.code, field="code")
    except service.TROUBLES as wrong:
        return service.trouble(wrong)
    return None


def beside(work: Callable[[], T], ended: Callable[[T], None]) -> None:
    """Do something slow in a thread beside the window's; `ended` is called in that thread."""
    threading.Thread(target=lambda: ended(work()), name="beside", daemon=True).start()


def _goes_well(traffic: Traffic) -> bool:
    return traffic.reached is True and traffic.trouble is None


def _reached(ended: Ended) -> bool | None:
    """Whether the server was reached; None where that is not known."""
    if not isinstance(ended, Exception):
        return not ended.timed_out
    if isinstance(ended, Unreachable):
        return False
    return True if isinstance(ended, service.TROUBLES) else None


def _trouble(ended: Ended) -> Refused | None:
    """What a person has to see to before it can go on."""
    if isinstance(ended, Report) and ended.revoked:
        return OFF
    if isinstance(ended, Report) and not ended.audit_ok:
        return DOUBTED
    if not isinstance(ended, service.TROUBLES):
        return None
    if isinstance(ended, Busy | HandInLater | Throttled | Unreachable):
        return None
    return service.trouble(ended)


def _pace(idle_s: Callable[[], float] = lambda: IDLE_S) -> LanePace:
    return LanePace(dice=_share, monotonic=time.monotonic, idle_s=idle_s)


def _share() -> float:
    """A random number from 0 to 1."""
    return int.from_bytes(dice(DICE_BYTES), "big") / 256**DICE_BYTES

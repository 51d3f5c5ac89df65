"""What may stand before the screens: trouble with the folder, nobody's phone yet, and the PIN."""

from typing import Final

from mobile.lock import Lock, has_passed
from mobile.shell import Place
from mobile.texts import Words
from shared.clock import At
from shared.errors import Refused

ENROL: Final = "enrol"
PIN: Final = "pin"
TROUBLE: Final = "trouble"
# The troubles out of which a new code leads, and the one in which nothing else is worth a try.
EMPTIED: Final = "emptied"
ENROL_HELPS: Final = {"enrol_again": "only", "phone_missing": "too", EMPTIED: "only"}
AWAY_MS_MAX: Final = 5 * 60_000  # longer than this, and the PIN is asked for again


class Gate:
    """Tells which place is to be shown. `trouble` is why the phone's work cannot be opened."""

    def __init__(self, lock: Lock) -> None:
        self.trouble: Refused | None = None
        self.is_locked = lock.is_set
        self._lock = lock
        self._left: At | None = None

    @property
    def is_open(self) -> bool:
        """Whether what is behind it may be shown and can be read."""
        return self.trouble is None and not self.is_locked

    def place(self, top: Place, words: Words, *, is_enrolled: bool) -> Place:
        """The end of the way, unless something stands before it."""
        if self.trouble is not None:
            args = {"reason": words.explain(self.trouble)}
            if self.trouble.code in ENROL_HELPS:
                args["enrol"] = ENROL_HELPS[self.trouble.code]
            if self.trouble.code == EMPTIED:
                args["emptied"] = "yes"
            return Place(TROUBLE, args)
        if not is_enrolled:
            return Place(ENROL)
        return Place(PIN) if self.is_locked and top.screen != ENROL else top

    def unlock(self) -> None:
        """The PIN was right."""
        self.is_locked = False

    def falls(self, trouble: Refused | None) -> bool:
        """Whether there is nothing behind it any more: the office had this phone emptied."""
        if trouble is None or trouble.code != EMPTIED:
            return False
        self.is_locked = False
        return True

    def lock(self) -> None:
        """Ask for the PIN, if there is one."""
        self.is_locked = self._lock.is_set

    def leave(self, now: At) -> None:
        """Another app comes to the front."""
        self._left = now

    def come_back(self, now: At) -> None:
        """After a while, by a clock that nobody can set, the PIN is asked for again."""
        left, self._left = self._left, None
        if left is not None and has_passed(AWAY_MS_MAX, left, now):
            self.lock()

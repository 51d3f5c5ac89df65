"""The PIN of this device: kept as a slow hash, with a throttle that outlives a restart."""

from hashlib import scrypt
from hmac import compare_digest
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, structs

from mobile.database import Full, room
from mobile.device import Dice, write_private
from shared.clock import At

FILE: Final = "pin.json"
DIGITS_MIN: Final = 4
DIGITS_MAX: Final = 8
FREE_TRIES: Final = 3
FIRST_WAIT_MS: Final = 30_000
WAIT_MS_MAX: Final = 15 * 60_000
SALT_BYTES: Final = 16
# About a tenth of a second and 32 MB: bearable on a phone, dear for whoever tries every PIN.
COST: Final = 2**15
BLOCK: Final = 8
MEMORY_BYTES_MAX: Final = 64 * 2**20
EASY: Final = ("0123456789012345678", "9876543210987654321")


class Pin(Struct, frozen=True, kw_only=True):
    """What is kept of a PIN. `failed` tries in a row, the last of them `since` then."""

    salt: str
    hash: str
    failed: int = 0
    since: At | None = None


class Lock:
    """The lock of one installation's folder. Nothing here leaves the device."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._counted: Pin | None = None  # tries that found no room on the disk

    @property
    def is_set(self) -> bool:
        """Whether a PIN stands before this phone's screens."""
        return self._path.exists()

    def put(self, digits: str, dice: Dice) -> None:
        """Set the PIN. Raises `mobile.database.Full`, and it is as it was."""
        assert unfit(digits) is None
        salt = dice(SALT_BYTES)
        with room():
            self._write(Pin(salt=salt.hex(), hash=_hash(digits, salt)))

    def drop(self) -> None:
        """Do without a PIN from now on."""
        self._path.unlink(missing_ok=True)
        self._counted = None

    def wait_ms(self, now: At) -> int:
        """How long one has to wait before the next try.

        Counted by the clock that nobody can set. A restart begins the wait anew.
        """
        known = self._read()
        wait = wait_after(known.failed) if known else 0
        if known is None or known.since is None or not wait:
            return 0
        if known.since.boot != now.boot:
            self._count(structs.replace(known, since=now))
            return wait
        return max(wait - (now.mono - known.since.mono), 0)

    def tries_left(self) -> int:
        """How many tries there are before one has to wait."""
        known = self._read()
        return max(FREE_TRIES - (known.failed if known else 0), 0)

    def opens(self, digits: str, now: At) -> bool:
        """Whether this is the PIN. A try is written down before it is looked at."""
        known = self._read()
        if known is None or self.wait_ms(now):
            return known is None
        self._count(structs.replace(known, failed=known.failed + 1, since=now))
        if not compare_digest(_hash(digits, bytes.fromhex(known.salt)), known.hash):
            return False
        self._count(structs.replace(known, failed=0, since=None))
        return True

    def _read(self) -> Pin | None:
        if self._counted is not None:
            return self._counted
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Pin)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError:
            # Nobody may get in by harming the file: a lock that no PIN opens asks to enrol again.
            return Pin(salt="", hash="")

    def _count(self, pin: Pin) -> None:
        """A full disk neither locks anybody out nor gives them more tries."""
        self._counted = pin
        try:
            with room():
                self._write(pin)
        except Full:
            return

    def _write(self, pin: Pin) -> None:
        write_private(self._path, msgspec.json.encode(pin) + b"\n")
        self._counted = None


def unfit(digits: str) -> str | None:
    """Why these digits are no PIN: a code of the texts, or None."""
    if not digits.isascii() or not digits.isdigit():
        return "digits_only"
    if len(digits) < DIGITS_MIN:
        return "too_short"
    if len(digits) > DIGITS_MAX:
        return "too_long"
    if len(set(digits)) == 1 or any(digits in row for row in EASY):
        return "too_easy"
    return None


def has_passed(ms: int, since: At, now: At) -> bool:
    """Whether so long has passed, by the clock that nobody can set; with a restart between, yes."""
    return since.boot != now.boot or now.mono - since.mono > ms


def wait_after(failed: int) -> int:
    """How many milliseconds so many wrong tries in a row cost: nothing at first, then doubling."""
    if failed < FREE_TRIES:
        return 0
    doublings = min(failed - FREE_TRIES, WAIT_MS_MAX.bit_length())
    return int(min(FIRST_WAIT_MS << doublings, WAIT_MS_MAX))


def _hash(digits: str, salt: bytes) -> str:
    return scrypt(digits.encode(), salt=salt, n=COST, r=BLOCK, p=1, maxmem=MEMORY_BYTES_MAX).hex()

"""The device itself: its clocks, its dice, its disk, and whose installation it is."""

import os
import shutil
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from shared.clock import At

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
FILE: Final = "device.json"
PRIVATE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
NS_PER_MS: Final = 1_000_000
INCARNATION_BYTES: Final = 16

Dice = Callable[[int], bytes]


class Garbled(Exception):
    """`device.json` is there and cannot be read."""


class Installation(Struct, frozen=True, kw_only=True):
    """Which server this installation belongs to, as which device, and who works with it.

    `key` is the thumbprint of the server's TLS key, when the enrolment text named one; `rescue` the
    key to which this device seals what it cannot hand in. By the `digits` the office knows this
    device's key before it lets it in.
    """

    server: str
    device: str
    person: str
    login: str
    name: str = ""
    code: str = ""
    key: str | None = None
    rescue: str = ""
    digits: str = ""


class Clock:
    """The clocks of this device.

    Where the system names no boot, this process is its own, and its clock need not run in sleep.
    """

    def __init__(self, boot_id: Path = BOOT_ID) -> None:
        self._boot = _boot(boot_id)
        self._process = urlsafe_b64encode(dice(INCARNATION_BYTES)).decode().rstrip("=")

    def now(self) -> At:
        """What the clocks say now, in milliseconds."""
        wall = time.time_ns() // NS_PER_MS
        if self._boot is None:
            mono = time.monotonic_ns() // NS_PER_MS
            return At(wall=wall, boot=self._process, mono=mono, src="monotonic")
        mono = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // NS_PER_MS
        return At(wall=wall, boot=self._boot, mono=mono, src="boottime")


def dice(count: int) -> bytes:
    """So many random bytes that nobody can foresee."""
    return os.urandom(count)


def free_bytes(folder: Path) -> int:
    """How much room is left where the phone keeps its work."""
    return shutil.disk_usage(folder).free


def installation(folder: Path) -> Installation | None:
    """Whose installation a folder is, or None before it is enrolled. Raises `Garbled`."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Installation)
    except msgspec.DecodeError as wrong:
        raise Garbled(f"{FILE}: {wrong}") from wrong


def install(folder: Path, known: Installation) -> None:
    """Write down whose installation this is."""
    write_private(folder / FILE, msgspec.json.format(msgspec.json.encode(known)) + b"\n")


def write_private(path: Path, content: bytes) -> None:
    """A whole file or none of it, for nobody else to read, on the disk when this returns."""
    _lasting(path.parent)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    settle_folder(path.parent)


def settle_folder(path: Path) -> None:
    """Have the names in a folder survive a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _lasting(folder: Path) -> None:
    """A folder that survives a power cut: made if it is not there.

    One with something in it does already. An empty one may have been made by a process that was
    killed before it could see to that.
    """
    if _holds_something(folder):
        return
    if folder.parent != folder:
        _lasting(folder.parent)
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    with suppress(PermissionError):  # of whoever made the folder for us
        settle_folder(folder.parent)


def _holds_something(folder: Path) -> bool:
    """Whether it is a folder with anything in it, as far as we may look into it."""
    try:
        with os.scandir(folder) as found:  # there may be many, and one will do
            return next(found, None) is not None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False


def _boot(path: Path) -> str | None:
    """Which boot this is, where the system says so and has a clock that runs in sleep."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    try:
        return path.read_text(encoding="ascii").strip() or None
    except OSError:
        return None

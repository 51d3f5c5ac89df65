"""Ballast: room that is held for the last things, and thrown off where the disk is full.

Other apps may fill a phone to the last byte. What a technician and a customer have to say then
still finds room: for a day's ops, a signature and its report. Photos never get it.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from mobile import evidence
from mobile.device import PRIVATE, free_bytes

FILE: Final = "reserve"
BYTES: Final = 4_000_000


def take_on(folder: Path) -> None:
    """Hold the room, if there is enough beside it."""
    path = folder / FILE
    if path.exists() or free_bytes(folder) < evidence.RESERVE_BYTES + BYTES:
        return
    with (
        suppress(OSError),
        os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, PRIVATE), "wb") as file,
    ):
        file.write(bytes(BYTES))


def throw_off(folder: Path) -> bool:
    """Let go of the room; whether there was any."""
    try:
        (folder / FILE).unlink()
    except OSError:
        return False
    return True

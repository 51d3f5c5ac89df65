"""What a server claims for itself: its port and its folder, and that it lives.

A process that holds leases has a file of its own locked for as long as it lives, however it ends.
Who finds the file without its lock knows that the process is dead, and need not wait.
"""

import fcntl
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from server.settings import Settings, Unfit

LIVING: Final = "living"  # a folder in the data folder
PRIVATE: Final = 0o600
WAITING_MAX: Final = 2_048  # connections that nobody has taken yet
PRIVATE_FOLDER: Final = 0o700
BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def line(settings: Settings) -> socket.socket:
    """The server's socket, which listens; raises `Unfit` where somebody else's does.

    It is no other server's as well: the two would share the requests.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # of connections gone by
            opened.bind(address)
            opened.listen(WAITING_MAX)
        except OSError:
            opened.close()
            raise
    except OSError as error:
        raise Unfit(f"port: cannot listen on {settings.public_url}: {error.strerror}") from error
    return opened


@contextmanager
def alone_in_its_folder(settings: Settings) -> Iterator[None]:
    """One process serves a folder with an embedded database; commands may write beside it."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(settings.data, os.O_RDONLY)
    try:
        if settings.is_embedded and not _locked(folder):
            raise Unfit(f"data: another server serves {settings.data} already")
        yield
    finally:
        os.close(folder)


def _locked(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def alive(data: Path, holder: str) -> Iterator[None]:
    """Be known as alive by who shares this machine and folder; without a place for it, by nobody.

    The file stays: it is the next one's proof that this one's leases are nobody's.
    """
    folder = data / LIVING
    try:
        folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        opened = os.open(folder / f"{_boot()}.{holder}", os.O_RDWR | os.O_CREAT, PRIVATE)
    except OSError:
        yield
        return
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def dead(data: Path) -> list[str]:
    """Holders that lived on this machine since it was started, and live no longer.

    A lock says nothing of another machine, or of one that was started anew.
    """
    boot = _boot()
    if not boot:
        return []
    found = sorted((data / LIVING).glob(f"{boot}.*"))
    return [path.name.removeprefix(f"{boot}.") for path in found if _is_let_go(path)]


def bury(data: Path, holders: Iterable[str]) -> None:
    """Forget dead holders, once nothing is theirs any more."""
    boot = _boot()
    for holder in holders:
        (data / LIVING / f"{boot}.{holder}").unlink(missing_ok=True)


def _is_let_go(path: Path) -> bool:
    try:
        opened = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return _locked(opened)
    finally:
        os.close(opened)


def _boot() -> str:
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""

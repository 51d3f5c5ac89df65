"""What a server claims for itself before it serves: its port, and its folder."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from server.settings import Settings, Unfit


def see_that_the_port_is_free(settings: Settings) -> None:
    """The real socket would share its port with another server's, and the two the requests."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # not of connections gone by
            probe.bind(address)
    except OSError as error:
        raise Unfit(f"port: cannot listen on {settings.public_url}: {error.strerror}") from error


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


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""Phones that are open: each has a line on which it is poked, and speaks at once when it is."""

import threading
import time
from http.client import HTTPConnection, HTTPException
from socket import SHUT_RDWR
from typing import Final

from sync.pokes import Ear
from tests.soak.device import Device

AGAIN_S: Final = 1.0
PIECE_BYTES: Final = 4_096


class Listener:
    """A thread that listens for one phone, and lines up anew when its line ends."""

    def __init__(self, device: Device, port: int) -> None:
        self._device, self._port = device, port
        self._over = threading.Event()
        self._connection: HTTPConnection | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.pokes = self.lines = 0
        self._thread.start()

    def stop(self) -> None:
        """Hang up."""
        self._over.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(SHUT_RDWR)
            except OSError:
                return  # it had ended by itself
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            self._connection = HTTPConnection("127.0.0.1", self._port, timeout=120)
            try:
                self._hear(self._connection)
            except (OSError, HTTPException):
                self._over.wait(AGAIN_S)
            finally:
                self._connection.close()

    def _hear(self, connection: HTTPConnection) -> None:
        access = self._device.shown.access
        connection.request("GET", "/pokes", headers={"Authorization": f"Bearer {access}"})
        response = connection.getresponse()
        if response.status != 200:
            self._over.wait(AGAIN_S)
            return
        self.lines += 1
        ear = Ear()
        while not self._over.is_set() and (piece := response.read1(PIECE_BYTES)):
            if "poke" in ear.take(piece):
                self.pokes += 1
                self._device.due = time.monotonic()

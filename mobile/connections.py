"""Connections to the server: to one key only where one is named, and cut off when it is time."""

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, socket
from ssl import SSLSocket
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError


class Leash:
    """Ends the connection of one wire from outside, whatever waits for it.

    A limit for the next bytes is none for all of them: a server that sends a byte a second would
    hold a thread for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket | None = None
        self._is_cut = False
        self._is_over = False

    def hold(self, opened: socket) -> None:
        """Take the newest connection; it is ended at once where its time is over already."""
        with self._lock:
            self._socket = opened
            if self._is_cut:
                _shut(opened)

    def cut(self) -> None:
        """End the connection and every later one."""
        with self._lock:
            self._is_over = True
            self._end()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End the connection unless the block is left in time."""
        is_left = False

        def expire() -> None:
            with self._lock:
                if not is_left:
                    self._end()

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                is_left = True
                self._is_cut = self._is_over

    def _end(self) -> None:
        self._is_cut = True
        if self._socket is not None:
            _shut(self._socket)


def _shut(opened: socket) -> None:
    """Not by the method of its class: that would take the encryption off under a reader's hands."""
    with suppress(OSError):
        socket.shutdown(opened, SHUT_RDWR)


def adapter(leash: Leash, key: str | None) -> HTTPAdapter:
    """Connections that the leash holds; over TLS to one key only, if one is named.

    Then no other proof is needed, and none by whom it was vouched for.
    """

    class Plain(HTTPConnection):
        """A connection that can be ended from outside."""

        def connect(self) -> None:
            super().connect()
            leash.hold(self.sock)

    class Private(HTTPSConnection):
        """A connection that says nothing before the other side has shown the right key."""

        def connect(self) -> None:
            super().connect()
            assert isinstance(self.sock, SSLSocket)
            if key is not None:
                shown = self.sock.getpeercert(binary_form=True)
                if shown is None or thumbprint(shown) != key:
                    self.close()
                    raise HTTPError("the server's key is not the one this device was enrolled with")
                self.is_verified = True
            leash.hold(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class PrivatePool(HTTPSConnectionPool):
        ConnectionCls = Private

    pools = {"http": PlainPool, "https": PrivatePool}

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            """As in the library, with connections of our own."""
            self.poolmanager = PoolManager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            """By way of a proxy, too."""
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = pools
            return manager

    return Adapter()


def thumbprint(certificate: bytes) -> str:
    """SHA-256 of a certificate's public key (DER, SubjectPublicKeyInfo), base64url, unpadded."""
    public = load_der_x509_certificate(certificate).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()

"""Inflation: request bodies that come compressed, opened before anybody reads them, to a limit."""

import zlib
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from server.problems import Problem

GZIP: Final = 16 + zlib.MAX_WBITS
ENCODING: Final = b"content-encoding"
LENGTH: Final = b"content-length"


class Inflation:
    """Opens gzip bodies. Neither what comes in nor what comes out may pass its limit (bytes)."""

    def __init__(self, app: ASGIApp, packed_max: int, bytes_max: int) -> None:
        self.app = app
        self.packed_max = packed_max
        self.bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body open. Raises `Problem`."""
        headers: list[Any] = list(scope.get("headers", []))
        encoding = next((value for name, value in headers if name == ENCODING), b"").lower()
        if scope["type"] != ScopeType.HTTP or encoding in (b"", b"identity"):
            await self.app(scope, receive, send)
            return
        if encoding != b"gzip" or scope["route_handler"].opt.get("streams"):
            raise Problem("wrong_encoding")
        body = inflated(await self._packed(receive), self.bytes_max)
        scope["headers"] = [
            *((name, value) for name, value in headers if name not in (ENCODING, LENGTH)),
            (LENGTH, str(len(body)).encode()),
        ]
        await self.app(scope, _once(body, receive), send)

    async def _packed(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return bytes(body)
            body += message.get("body", b"")
            if len(body) > self.packed_max:
                raise Problem("too_large")
            if not message.get("more_body", False):
                return bytes(body)


def inflated(packed: bytes, bytes_max: int) -> bytes:
    """The content of one gzip member that is whole and not larger than so. Raises `Problem`."""
    opener = zlib.decompressobj(GZIP)
    try:
        content = opener.decompress(packed, bytes_max + 1)
    except zlib.error as error:
        raise Problem("wrong_encoding") from error
    if len(content) > bytes_max:
        raise Problem("too_large")
    if not opener.eof or opener.unused_data:
        raise Problem("wrong_encoding")
    return content


def _once(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replay() -> Any:
        nonlocal told
        if told:
            return await receive()
        told = True
        whole: HTTPReceiveMessage = {"type": "http.request", "body": body, "more_body": False}
        return whole

    return replay

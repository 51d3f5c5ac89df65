"""Heads: how much of an address and of headers is listened to, before anybody takes them apart."""

from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

# The web framework keeps a thousand of them, with every part.
HEAD_BYTES_MAX: Final = 16_384
TOO_LARGE: Final = 431


def modest(app: Any) -> ASGIApp:
    """An app that hears of no request whose head is larger than so: 431, without a word."""

    async def listen(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or _bytes_of(scope) <= HEAD_BYTES_MAX:
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": TOO_LARGE, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return listen


def _bytes_of(scope: Any) -> int:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope["query_string"]) + len(scope.get("raw_path") or b"")

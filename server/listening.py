"""Listening: how much anybody may say, and for how long, before it is a request.

The HTTP server takes heads of any size and patience. Whoever holds a connection may neither fill
the memory with one nor keep the connection open for nothing.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from socket import socket
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from server.settings import Settings

# What is said without a head coming to its end or a piece of a body: nobody needs as much, and
# `api.modest` hears of less.
HEAD_BYTES_MAX: Final = 262_144
HEAD_S: Final = 30  # from the first byte of a head to its last
IDLE_S: Final = 30  # between two requests
STILL_S: Final = 30  # without a byte of an answer being taken
ASKED_AT_ONCE_MAX: Final = 8  # requests that follow each other before the first one is answered
STOP_S: Final = 10  # for the answers that are under way
# Whoever listens to what is new holds a connection; beyond so many others are sent away.
CONNECTIONS_MAX: Final = 4_096
BAD: Final = 400
TOO_LARGE: Final = 431
TIMED_OUT: Final = 408
STOPS: Final = (signal.SIGTERM, signal.SIGINT)

BODY_FOLLOWS: Final = frozenset({b"content-length", b"transfer-encoding"})

App = Callable[[Any, Any, Any], Awaitable[None]]  # of ASGI: scope, receive, send


class Modest(HttpToolsProtocol):
    """A connection that is ended where a head is too large or takes too long, or nobody listens."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._said = 0  # bytes, since anything came of them
        self._is_in_head = False
        self._patience: asyncio.TimerHandle | None = None
        self._stillness: asyncio.TimerHandle | None = None
        self._answered: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there, and has said nothing yet."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more, for whatever is asked."""
        self._wait_no_longer()
        self.resume_writing()
        super().connection_lost(exc)
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Something is said: of a head, of a body, or of what follows one."""
        self._said += len(data)
        super().data_received(data)
        if self._said > HEAD_BYTES_MAX:
            self._end(TOO_LARGE)
        elif self._patience is None and not self._is_answering:
            self._wait()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is over; it is refused where what follows could be taken for something else."""
        self._said = 0
        self._is_in_head = False
        self._wait_no_longer()
        if len(self.pipeline) >= ASKED_AT_ONCE_MAX:
            raise ValueError("too much is asked at once")
        upgrades = self.parser.should_upgrade()
        if upgrades and any(name in BODY_FOLLOWS for name, _ in self.headers):
            raise ValueError("a body would be read as the next request")
        super().on_headers_complete()
        if upgrades:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A piece of a body is there."""
        self._said = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Something is answered; what was begun to be asked meanwhile is waited for from now on."""
        super().on_response_complete()
        if self._is_in_head and self._patience is None and not self._is_answering:
            self._wait()

    def pause_writing(self) -> None:
        """Nobody takes what is answered; not for long."""
        super().pause_writing()
        if self._stillness is None:
            self._stillness = self.loop.call_later(STILL_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It is taken again."""
        if self._stillness is not None:
            self._stillness.cancel()
            self._stillness = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - nobody is told what is wrong
        """What is said is no request."""
        self._end(BAD)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, partial(_heard_out, app, cycle))

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _wait(self) -> None:
        self._patience = self.loop.call_later(HEAD_S, self._end, TIMED_OUT)

    def _wait_no_longer(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _end(self, status: int) -> None:
        """Hear no more: with a word, unless something else is answered, which comes to its end."""
        self._wait_no_longer()
        if self._is_answering and not self.pipeline and not self.cycle.more_body:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            return
        is_begun = self._is_in_head or self._said
        if is_begun and not self._is_answering and not self.transport.is_closing():
            end = b"content-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + end)
        self.transport.close()


async def _heard_out(
    app: App, cycle: RequestResponseCycle, scope: Any, receive: Any, send: Any
) -> None:
    """Let an app hear all that came of a body, also where whoever said it is gone by now."""

    async def next_of_all() -> Any:
        if cycle.body and not cycle.response_complete:
            came, cycle.body = bytes(cycle.body), bytearray()
            cycle.message_event.clear()
            cycle.flow.resume_reading()
            return {"type": "http.request", "body": came, "more_body": cycle.more_body}
        return await receive()

    await app(scope, next_of_all, send)


class Server(uvicorn.Server):
    """An app that is served until it is told to stop.

    One of several processes stops as well when the one that began them (`parent`) is gone.
    """

    def __init__(
        self,
        app: App,
        settings: Settings,
        *,
        ready: Callable[[], Any],
        let_go: Callable[[], Any],
        parent: int | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Modest,
                ws="none",
                lifespan="on",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_keep_alive=IDLE_S,
                timeout_graceful_shutdown=STOP_S,
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
            )
        )
        self._ready = ready
        self._let_go = let_go
        self._parent = parent

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Open, and say so."""
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Whether it is time to stop; asked again and again."""
        is_orphan = self._parent is not None and self._parent != os.getppid()
        return await super().on_tick(counter) or is_orphan

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Whoever tells it to stop is heard for as long as it serves, in the thread that can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in STOPS:
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in STOPS:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        """Let those go who listen, or their answers would be waited for, and then stop."""
        self._let_go()
        self.should_exit = True

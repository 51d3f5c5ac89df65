"""Serving the application until told to stop: in this process, or in several."""

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server
from litestar import Litestar
from litestar.types import ASGIApp

from server import api, claims
from server.app import STOP_S, create_app, open_office
from server.settings import Settings, fit

# A head may be no larger (`api.modest` hears of less); a body comes in pieces of this size.
BUFFER_BYTES: Final = 262_144
# Whoever listens holds a connection, and beyond so many nobody else is answered.
CONNECTIONS_MAX: Final = 4_096


def serve(settings: Settings, *, ready: Callable[[str], Any] | None = None) -> None:
    """Serve until SIGTERM or Ctrl+C. `ready` is told the address once the socket is open.

    Raises `server.settings.Unfit`, also where another server is at it already.
    """
    fit(settings)
    claims.see_that_the_port_is_free(settings)
    with claims.alone_in_its_folder(settings):
        if settings.workers > 1:
            _serve_many(settings, ready)
        else:
            asyncio.run(serve_one(settings, create_app(settings), ready))


async def serve_one(settings: Settings, app: Litestar, ready: Callable[[str], Any] | None) -> None:
    """Serve an app in this process until told to stop; `ready` hears where."""
    server = Server(api.modest(app), interface=Interfaces.ASGI, **_listening(settings))
    if ready is not None:
        server.on_startup(partial(ready, settings.public_url))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_stop, app, server.stop))
    _look_through_no_more()
    await server.serve()


def _stop(app: Litestar, stop: Callable[[], Any]) -> None:
    """Let those go who listen, or the server would wait for them, and then stop."""
    _let_go(app)
    stop()


def _let_go(app: Litestar) -> None:
    app.state["live"].close()
    app.state["pokes"].close()


def _serve_many(settings: Settings, ready: Callable[[str], Any] | None) -> None:
    open_office(settings).close()  # migrate and agree on the epoch before there are several
    many = Granian(
        "server.serving",
        interface=Interfaces.ASGI,
        workers=settings.workers,
        workers_kill_timeout=2 * STOP_S,
        respawn_failed_workers=True,  # one that is killed does not take the others with it
        **_listening(settings),
    )
    if ready is not None:
        many.on_startup(partial(ready, settings.public_url))
    os.register_at_fork(after_in_child=_end_when_told)
    many.serve(target_loader=partial(_worker, settings), wrap_loader=False)


def _worker(settings: Settings, *_: Sequence[Any]) -> ASGIApp:
    app = create_app(settings)
    app.on_startup.append(_let_go_when_told)
    _look_through_no_more()
    return api.modest(app)


def _look_through_no_more() -> None:
    """What is there before the first request stays for good: to look through all of it for garbage
    again and again would take a tenth of a second each time.
    """
    gc.collect()
    gc.freeze()


def _let_go_when_told(app: Litestar) -> None:
    """A process waits for those who listen before it ends, so it lets them go.

    The loop hears of a signal by a channel of its own, so what it does then is done as well.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(_let_go, app))


def _end_when_told() -> None:
    """Until it serves, a forked process has its parent's handlers, and would not hear of an end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _listening(settings: Settings) -> dict[str, Any]:
    return {
        "address": settings.host,
        "port": settings.port,
        "ssl_cert": settings.tls_certificate,
        "ssl_key": settings.tls_key,
        "http1_settings": HTTP1Settings(max_buffer_size=BUFFER_BYTES),
        "http2_settings": HTTP2Settings(max_headers_size=BUFFER_BYTES),
        "backpressure": CONNECTIONS_MAX,
        "log_enabled": False,
        "websockets": False,
    }

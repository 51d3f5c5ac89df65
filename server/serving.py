"""Serving the application until told to stop: in this process, or in several."""

import gc
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from socket import socket
from typing import Any, Final

import uvloop
from litestar import Litestar

from server import api, claims
from server.app import create_app, open_office
from server.listening import STOP_S, STOPS, Server
from server.settings import Settings, fit

MADE_BETWEEN_LOOKS: Final = 50_000  # things, by which somewhat more memory is in use
WATCHED: Final = frozenset({*STOPS, signal.SIGCHLD})
READY_EVERY_S: Final = 0.1
AGAIN_S: Final = 1.0  # before a process takes the place of one that ended


def serve(settings: Settings, *, ready: Callable[[str], Any] | None = None) -> None:
    """Serve until SIGTERM or Ctrl+C. `ready` is told the address once the socket is open.

    Raises `server.settings.Unfit`, also where another server is at it already.
    """
    fit(settings)
    _take_all_files()
    claims.line(settings).close()
    told = partial(ready or _nobody, settings.public_url)
    with claims.alone_in_its_folder(settings):
        if settings.workers > 1:
            _serve_many(settings, told)
        else:
            uvloop.run(serve_one(settings, create_app(settings), told))


def _take_all_files() -> None:
    """Have as many connections as the machine lets a process have, which is more than it has."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _nobody(_url: str) -> None:
    """Hear that it serves."""


async def serve_one(
    settings: Settings,
    app: Litestar,
    ready: Callable[[], Any] | None = None,
    shared: tuple[socket, int] | None = None,
) -> None:
    """Serve an app in this process until told to stop; `ready` hears when it does.

    One of several processes is given the line that they share, and whose child it is.
    """
    line, parent = shared or (claims.line(settings), None)
    _look_through_no_more()
    served = Server(
        api.modest(app),
        settings,
        ready=ready or partial(_nobody, settings.public_url),
        let_go=partial(_let_go, app),
        parent=parent,
    )
    await served.serve([line])


def _let_go(app: Litestar) -> None:
    app.state["live"].close()
    app.state["pokes"].close()


def _serve_many(settings: Settings, ready: Callable[[], Any]) -> None:
    """Serve in several processes, each followed by another where it ends of itself.

    One that ends before any of them serves ends all: the next ones would do no better.
    """
    open_office(settings).close()  # migrate and agree on the epoch before there are several
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    crew: set[int] = set()
    heard, told = os.pipe()
    try:
        with claims.line(settings) as line:
            crew |= {_begun(settings, line, told) for _ in range(settings.workers)}
            if not _serves(crew, heard):
                return
            ready()
            while signal.sigwait(WATCHED) == signal.SIGCHLD:
                gone = _ended(crew)
                crew -= gone
                if gone:
                    time.sleep(AGAIN_S)  # lest one that cannot serve is begun again and again
                    crew |= {_begun(settings, line, told) for _ in gone}
    finally:
        _end(crew)


def _serves(crew: set[int], heard: int) -> bool:
    """Wait until one of these processes serves; False where all are to end before.

    Raises `SystemExit` where one ended of itself.
    """
    while not select.select([heard], [], [], 0)[0]:
        said = signal.sigtimedwait(WATCHED, READY_EVERY_S)
        if said is not None and said.si_signo != signal.SIGCHLD:
            return False
        gone = _ended(crew)
        crew -= gone
        if gone:
            raise SystemExit("a process of the server ended before it served")
    return True


def _begun(settings: Settings, line: socket, told: int) -> int:
    """Another process that serves, by its id; once it does, it says so."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        ready = partial(os.write, told, b".")
        uvloop.run(serve_one(settings, create_app(settings), ready, shared=(line, parent)))
        code = 0
    except BaseException:  # noqa: BLE001 - nothing of this process may go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(crew: Collection[int]) -> set[int]:
    """Those of these processes that are no more."""
    return {one for one in crew if os.waitpid(one, os.WNOHANG)[0]}


def _end(crew: set[int]) -> None:
    """Have all stop; one that does not hear is killed."""
    for number, patience_s in ((signal.SIGTERM, 2 * STOP_S), (signal.SIGKILL, STOP_S)):
        for one in crew:
            with suppress(ProcessLookupError):
                os.kill(one, number)
        until = time.monotonic() + patience_s
        while crew and (left := until - time.monotonic()) > 0:
            signal.sigtimedwait({signal.SIGCHLD}, min(left, AGAIN_S))
            crew = crew - _ended(crew)


def _look_through_no_more() -> None:
    """What is there before the first request stays for good: to look through all of it for garbage
    again and again would take a tenth of a second each time. A push makes some ten thousand things
    that go with it; what is begun while it lasts is looked through for nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN_LOOKS)

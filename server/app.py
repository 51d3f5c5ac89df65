"""The composition root of the server: the only module that knows the real clock and dice."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any, Final, TextIO

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server
from litestar import Litestar, Request, Router
from litestar.concurrency import set_asyncio_executor
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope

from server import (
    api,
    claims,
    console,
    database,
    enrolment,
    keys,
    logs,
    migrations,
    notary,
    problems,
    queries,
    sessions,
    texts,
    throttle,
)
from server.api import Inflation
from server.keys import Dice
from server.ledger import Ledger
from server.library import ReadingRoom
from server.live import Live
from server.notary import Seal
from server.office import Contact, Office, kept_of
from server.sessions import PUBLIC, Actor
from server.settings import Settings, fit
from sync.ports import Unwritable
from sync.protocol import REQUEST_BYTES_MAX

Clock = Callable[[], int]

NOTARY_EVERY_S: Final = 0.5
TIDY_EVERY_MS: Final = 60_000
STOP_S: Final = 10
BESIDE: Final = 8  # connections of the notary, and of those who listen
# Of an address and all headers: the web framework keeps a thousand of them, with every part.
HEAD_BYTES_MAX: Final = 16_384
ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
# A page may say otherwise for itself.
UNLESS_SAID: Final = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)


def real_clock() -> int:
    """Unix time in ms."""
    return time.time_ns() // 1_000_000


def real_dice(count: int) -> bytes:
    """So many random bytes of the operating system."""
    return os.urandom(count)


def open_office(
    settings: Settings,
    *,
    clock: Clock = real_clock,
    dice: Dice = real_dice,
    stream: TextIO | None = None,
) -> Office:
    """Open the keys and the database, bring it to this version, and see whether it was put back."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    ours = keys.open_keys(settings.keys, dice)
    engine = database.open_engine(settings.books, connections=settings.threads + BESIDE)
    migrations.upgrade(engine)
    log = logs.open_log(stream or sys.stderr, clock, settings.log_level)
    logs.adopt_libraries(log)
    office = Office(
        settings=settings,
        keys=ours,
        texts=texts.load_texts(settings.assets, settings.language),
        log=log,
        now_ms=clock,
        dice=dice,
        reading=partial(database.reading, engine),
        writing=partial(database.writing, engine),
        close=engine.dispose,
        ledger=partial(_ledger, settings),
        library=ReadingRoom,
        pin=_pin(settings, ours),
        revision=queries.newest_revision() or "",
        contacts={},
    )
    _agree_on_epoch(office)
    return office


def _ledger(settings: Settings, connection: Any) -> Ledger:
    return Ledger(connection, settings.zone)


def _pin(settings: Settings, ours: keys.Keys) -> str:
    """The key by which phones know this server; none where a proxy shows them its own."""
    if settings.tls_certificate is not None:
        return keys.certificate_thumbprint(settings.tls_certificate)
    return "" if settings.public_url.startswith("https:") else ours.thumbprint


def _agree_on_epoch(office: Office) -> None:
    """Begin the first epoch, or a new one when the database is not the one that was left."""
    marked = keys.marked_epoch(office.keys.folder)
    publics = {key: signer.public_key() for key, signer in office.keys.notary.items()}
    with office.writing() as books:
        notary.publish_keys(books, publics)
        epoch = queries.epoch(books)
        if epoch is None or epoch != marked:
            epoch = office.begin_epoch(office.ledger(books), office.now_ms())
    if epoch != marked:
        keys.mark_epoch(office.keys.folder, epoch)


def create_app(
    settings: Settings,
    *,
    clock: Clock = real_clock,
    dice: Dice = real_dice,
    stream: TextIO | None = None,
) -> Litestar:
    """The whole server as an ASGI application. Never call it inside an event loop."""
    office = open_office(settings, clock=clock, dice=dice, stream=stream)
    pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="fieldfare")
    set_asyncio_executor(pool)
    recognise = {
        "session": partial(_by_session, office),
        "console": partial(_by_session, office),
        "device": partial(_by_device, office),
    }
    room = console.furnish(console.fill(settings.assets))
    live = Live(office)
    app = Litestar(
        route_handlers=[*api.ROUTES, console.router(room)],
        dependencies={
            "office": Provide(lambda: office, sync_to_thread=False),
            "actor": Provide(_actor, sync_to_thread=False),
        },
        guards=[sessions.guard(recognise), api.known_parameters],
        middleware=[
            DefineMiddleware(
                Inflation,
                packed_max=settings.limits.request_bytes_max,
                bytes_max=REQUEST_BYTES_MAX,
            )
        ],
        exception_handlers=problems.handlers(
            office.texts, office.log, dice, console.drawer(office)
        ),
        before_send=[_guarded],
        lifespan=[partial(_alive, office, pool), partial(_told, live)],
        request_max_body_size=REQUEST_BYTES_MAX,
        openapi_config=_openapi(),
        logging_config=None,
    )
    app.state["office"] = office
    app.state["room"] = room
    app.state["live"] = live
    return app


def _openapi() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer")
    return OpenAPIConfig(
        title="Fieldfare",
        version=version("fieldfare"),
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router("/schema", route_handlers=[], opt={"intent": PUBLIC}),
    )


def _actor(request: Request[Any, Any, Any]) -> Actor:
    actor = request.user
    assert isinstance(actor, Actor)
    return actor


def _by_session(office: Office, token: str) -> Actor | None:
    now = office.now_ms()
    with office.reading() as books:
        actor = sessions.person_of_session(books, token, now)
    if actor is not None and now - actor.seen_at >= sessions.SEEN_EVERY_MS:
        with office.writing() as books:
            sessions.seen(books, str(actor.session), now)
    return actor


def _by_device(office: Office, token: str) -> Actor | None:
    device = sessions.device_in(office.keys.session, token, office.now_ms())
    if device is None:
        return None
    with office.reading() as books:
        return sessions.person_of_device(books, device)


async def _guarded(message: Message, _scope: Scope) -> None:
    """What every answer tells a browser: take it for nothing but what it says it is."""
    if message["type"] == "http.response.start":
        headers = list(message.get("headers", []))
        said = {name.lower() for name, _ in headers}
        headers += [*ALWAYS, *(one for one in UNLESS_SAID if one[0] not in said)]
        message["headers"] = headers


@asynccontextmanager
async def _alive(office: Office, pool: ThreadPoolExecutor, _app: Litestar) -> AsyncIterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=_keep_books, args=(office, stop), name="notary", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        await asyncio.to_thread(thread.join, STOP_S)
        pool.shutdown(wait=True)
        office.close()


@asynccontextmanager
async def _told(live: Live, _app: Litestar) -> AsyncIterator[None]:
    """Consoles hear what changes for as long as the server lives."""
    looking = asyncio.create_task(live.follow())
    try:
        yield
    finally:
        live.close()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


def _keep_books(office: Office, stop: threading.Event) -> None:
    """Sign what was entered, at most every second, and tidy up every minute, until stopped."""
    seal = office.seal()
    tidied = office.now_ms()
    while not stop.wait(NOTARY_EVERY_S):
        try:
            notarise(office, seal)
            if office.now_ms() - tidied >= TIDY_EVERY_MS:
                tidied = office.now_ms()
                tidy(office)
        except database.Busy:
            continue
        except Exception as error:
            office.log.error(
                "notary failed", error=type(error).__name__, trace=logs.trace_of(error)
            )
    tidy(office)


def notarise(office: Office, seal: Seal) -> None:
    """Number the leaves that wait and sign the new head, if that is due."""
    now = office.now_ms()
    with office.reading() as books:
        due = notary.is_due(books, now)
    if due:
        with office.writing() as books:
            notary.notarise(books, seal, now)


def tidy(office: Office) -> None:
    """Write down when devices were heard of, and drop what is over."""
    now = office.now_ms()
    heard = dict(office.contacts)
    with office.writing() as books:
        for device, contact in heard.items():
            _note_contact(office, books, device, contact)
        sessions.sweep(books, now)
        minutes = max(office.settings.limits.window_minutes, throttle.DAY_MINUTES)
        throttle.sweep(books, now - minutes * throttle.MINUTE_MS)
    for device, contact in heard.items():
        if office.contacts.get(device) is contact:
            office.contacts.pop(device, None)


def _note_contact(office: Office, books: Any, device: str, contact: Contact) -> None:
    """Write one device down, by itself: what is wrong with one is nothing to the others."""
    try:
        with database.savepoint(books):
            enrolment.note_contact(books, device, kept_of(contact))
    except Unwritable as broken:
        office.log.error("a contact cannot be kept", device=device, error=str(broken))


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
    server = Server(app, interface=Interfaces.ASGI, **_listening(settings))
    if ready is not None:
        server.on_startup(partial(ready, settings.public_url))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_stop, app, server.stop))
    await server.serve()


def _stop(app: Litestar, stop: Callable[[], Any]) -> None:
    """Let those go who listen, or the server would wait for them, and then stop."""
    app.state["live"].close()
    stop()


def _serve_many(settings: Settings, ready: Callable[[str], Any] | None) -> None:
    open_office(settings).close()  # migrate and agree on the epoch before there are several
    many = Granian(
        "server.app",
        interface=Interfaces.ASGI,
        workers=settings.workers,
        workers_kill_timeout=2 * STOP_S,
        **_listening(settings),
    )
    if ready is not None:
        many.on_startup(partial(ready, settings.public_url))
    os.register_at_fork(after_in_child=_end_when_told)
    many.serve(target_loader=partial(_worker, settings), wrap_loader=False)


def _worker(settings: Settings, *_: Sequence[Any]) -> Litestar:
    return create_app(settings)


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
        "http1_settings": HTTP1Settings(max_buffer_size=HEAD_BYTES_MAX),
        "http2_settings": HTTP2Settings(max_headers_size=HEAD_BYTES_MAX),
        "log_enabled": False,
        "websockets": False,
    }

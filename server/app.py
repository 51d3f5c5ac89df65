"""The composition root of the server: the only module that knows the real clock and dice."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TextIO

from litestar import Litestar, Request, Router
from litestar.di import NamedDependency, Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope

from server import (
    api,
    console,
    database,
    evidence,
    keys,
    logs,
    migrations,
    notary,
    portal,
    problems,
    queries,
    rounds,
    sessions,
    texts,
)
from server.api import Inflation
from server.keys import Dice
from server.lately import Lately
from server.ledger import Ledger
from server.library import ReadingRoom
from server.live import Live
from server.office import Office, Release
from server.packs import Packs
from server.parts import Parts
from server.pokes import Pokes
from server.portions import Portions
from server.problems import Problem
from server.queries.verdicts import Verdicts
from server.sessions import PUBLIC, Actor, AnyConnection, Guard, Pass
from server.settings import Settings
from server.signals import Signals
from server.turnstile import Turnstile
from server.writers import Writers
from shared.declared import look_into_records
from sync.protocol import REQUEST_BYTES_MAX

Clock = Callable[[], int]

STOP_S: Final = 10
BESIDE: Final = 8  # connections of the notary, and of those who listen
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
    release: Release | None = None,
) -> Office:
    """Open the keys and the database, bring it to this version, and see whether it was put back."""
    look_into_records()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    ours = keys.open_keys(settings.keys, dice)
    store = evidence.open_evidence(settings.evidence, settings.evidence_keys)
    engine = database.open_engine(settings.books, connections=settings.threads + BESIDE)
    migrations.upgrade(engine)
    beside = database.beside(engine)
    log = logs.open_log(stream or sys.stderr, clock, settings.log_level)
    logs.adopt_libraries(log)
    office = Office(
        settings=settings,
        keys=ours,
        texts=texts.load_texts(settings.assets, settings.language),
        log=log,
        now_ms=clock,
        dice=dice,
        asking=partial(database.asking, _alone(settings, engine, beside)),
        reading=partial(database.reading, beside),
        writing=partial(database.writing, engine, queue=_queue(engine)),
        close=engine.dispose,
        ledger=partial(_ledger, settings),
        library=partial(ReadingRoom, kept=Portions()),
        evidence=store,
        parts=Parts(settings.uploads),
        pin=_pin(settings, ours),
        revision=queries.newest_revision() or "",
        release=release or Release(app=f"fieldfare {version('fieldfare')}"),
        contacts={},
        packs=Packs(),
        verdicts=Verdicts(),
        rooms={},
        turnstile=Turnstile(),
        lately=Lately(),
    )
    _agree_on_epoch(office)
    return office


def _queue(engine: Any) -> Writers | None:
    """Where those who write wait for each other: on PostgreSQL they do not."""
    return Writers(database.PATIENCE_MS) if database.is_sqlite(engine) else None


def _alone(settings: Settings, engine: Any, beside: Any) -> Any:
    """The engine for single questions: as many as exchanges have turns, and one for the rounds."""
    if database.is_sqlite(engine):
        return beside
    most = api.EXCHANGES_AT_ONCE_MAX + 1
    asks = database.open_engine(settings.books, connections=most, alone=True)
    return database.dispose_with(engine, asks)


def _ledger(settings: Settings, connection: Any, *, in_one_piece: bool = False) -> Ledger:
    return Ledger(connection, settings.zone, in_one_piece=in_one_piece)


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
    release: Release | None = None,
) -> Litestar:
    """The whole server as an ASGI application."""
    office = open_office(settings, clock=clock, dice=dice, stream=stream, release=release)
    app = build(settings.assets, settings.limits.request_bytes_max)
    move_in(app, office)
    return app


def build(assets: Path, packed_max: int) -> Litestar:
    """The routes and what stands before them; `packed_max` is how large a packed body may be.

    It knows no office: every request asks the one that has moved in last.
    """
    recognise = {"session": _by_session, "console": _by_session, "device": _by_device}
    room = console.furnish(console.fill(assets))
    app = Litestar(
        route_handlers=[*api.ROUTES, *portal.ROUTES, console.router(room)],
        dependencies={
            "office": Provide(_office, sync_to_thread=False),
            "actor": Provide(_actor, sync_to_thread=False),
        },
        guards=[_both(sessions.guard(recognise, _shown), api.known_parameters)],
        middleware=[
            DefineMiddleware(Inflation, packed_max=packed_max, bytes_max=REQUEST_BYTES_MAX)
        ],
        exception_handlers=problems.handlers(console.draw),
        before_send=[_guarded, api.as_tus],
        lifespan=[_alive, _told, *api.OPENED],
        request_max_body_size=REQUEST_BYTES_MAX,
        openapi_config=_openapi(),
        logging_config=None,
    )
    app.state["room"] = room
    app.state["portal"] = portal.furnish(assets)
    return app


def move_in(app: Litestar, office: Office) -> None:
    """From its next start on, an app is this office's."""
    signals = Signals(office.settings.books)
    app.state["office"] = office
    app.state["signals"] = signals
    app.state["live"] = Live(office, signals)
    app.state["pokes"] = Pokes(office, signals)


def _openapi() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer")
    return OpenAPIConfig(
        title="Fieldfare",
        version=version("fieldfare"),
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router(
            "/schema", route_handlers=[], opt={"intent": PUBLIC}, before_request=_one_page
        ),
    )


def _one_page(request: Request[Any, Any, Any]) -> None:
    """There is the document and nothing else: the framework would draw a page of its own."""
    if request.path_params:
        raise Problem("not_found")


def _office(request: Request[Any, Any, Any]) -> Office:
    office = request.app.state["office"]
    assert isinstance(office, Office)
    return office


def _actor(
    request: Request[Any, Any, Any],
    office: NamedDependency[Office],  # noqa: ARG001 - after it: side by side each would be a task
) -> Actor:
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
    times = (office.now_ms(), office.settings.limits.drain_days)
    shown = _shown(office, token)
    if shown is None:
        return None
    with office.reading() as books:
        return sessions.person_of_device(books, shown, times)


def _both(first: Guard, second: Guard) -> Guard:
    """Two guards as one: the framework copies the route for each that it asks."""

    async def admit(connection: AnyConnection, handler: BaseRouteHandler) -> None:
        await first(connection, handler)
        await second(connection, handler)

    return admit


def _shown(office: Office, token: str) -> Pass | None:
    return sessions.pass_in(office.keys.session, token, office.now_ms())


async def _guarded(message: Message, _scope: Scope) -> None:
    """What every answer tells a browser: take it for nothing but what it says it is."""
    if message["type"] == "http.response.start":
        headers = list(message.get("headers", []))
        said = {name.lower() for name, _ in headers}
        headers += [*ALWAYS, *(one for one in UNLESS_SAID if one[0] not in said)]
        message["headers"] = headers


@asynccontextmanager
async def _alive(app: Litestar) -> AsyncIterator[None]:
    office: Office = app.state["office"]
    pool = ThreadPoolExecutor(office.settings.threads, thread_name_prefix="fieldfare")
    asyncio.get_running_loop().set_default_executor(pool)
    stop = threading.Event()
    threads = rounds.begun(office, stop)
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            await asyncio.to_thread(thread.join, STOP_S)
        pool.shutdown(wait=True)
        office.close()


@asynccontextmanager
async def _told(app: Litestar) -> AsyncIterator[None]:
    """Consoles hear what changes, and phones that something does, as long as the server lives."""
    signals, live, pokes = (app.state[name] for name in ("signals", "live", "pokes"))
    looking = [asyncio.create_task(one) for one in (signals.run(), live.follow(), pokes.follow())]
    try:
        yield
    finally:
        live.close()
        pokes.close()
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)

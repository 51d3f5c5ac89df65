"""Evidence: where phones upload files, by tus 1.0 with some of its extensions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, ParamSpec, TypeVar

from litestar import Litestar, MediaType, Response, delete, head, patch, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.types import Message, Scope
from msgspec import Struct

from server import bringing, custody
from server.api import tus
from server.api.pacing import FILE_THREADS, counted, paces
from server.api.together import Together
from server.bringing import TOGETHER_MAX, Laid
from server.custody import INTENT, Checked, Wish
from server.office import AnyRequest, Office
from server.problems import FAULTS, Problem
from server.sessions import PUBLIC, Pass
from server.uploads import Upload
from shared.photos import PHOTO_BYTES_MAX

PATH: Final = "/evidence"
FLUSH_BYTES: Final = 256_000  # held in memory of one request
STILL_S: Final = 30  # without a byte; then what came is kept and the request is over
NO_CONTENT: Final = 204
CREATED: Final = 201
# Whoever asks is looked up in the thread that does what is asked, not in one of its own before.
UPLOADING: Final = {"intent": INTENT, "bearer": "device", "admits": True, "streams": True}
TUS: Final = ((b"tus-resumable", tus.VERSION.encode()), (b"tus-version", tus.VERSION.encode()))
OPTIONS: Final = {
    "Tus-Extension": tus.EXTENSIONS,
    "Tus-Max-Size": str(PHOTO_BYTES_MAX),
    "Tus-Checksum-Algorithm": tus.ALGORITHMS,
}
OVERRIDE: Final = "x-http-method-override"


Given = ParamSpec("Given")
Told = TypeVar("Told")


class Lane(Struct, frozen=True, kw_only=True):
    """The threads in which files are kept, and how many seconds a body may stand still.

    They are the lane's own: where a store hangs, everything but files goes on. In `books` whole
    files are written down.
    """

    threads: ThreadPoolExecutor
    still_s: float
    books: Together[Laid, Upload | Exception | None]


@asynccontextmanager
async def open_lane(app: Litestar) -> AsyncIterator[None]:
    """The media lane is open for as long as the server lives; its state may say `still_s`."""
    still_s = app.state.get("still_s", STILL_S)
    enter = partial(bringing.enter, app.state["office"])
    with (
        ThreadPoolExecutor(FILE_THREADS, thread_name_prefix="lane") as threads,
        # A thread of its own: those of the lane may all wait for files that are to be written down.
        ThreadPoolExecutor(1, thread_name_prefix="books") as apart,
    ):
        books = Together(enter, _device, apart, TOGETHER_MAX)
        app.state["lane"] = Lane(threads=threads, still_s=still_s, books=books)
        yield


def _device(laid: Laid) -> str:
    return laid.shown.device


class Piece(Struct, kw_only=True):
    """A piece of an upload that is being received: from where, how far it is, and its checksum."""

    upload: Upload
    start: int
    end: int
    checked: Checked | None = None


async def as_tus(message: Message, scope: Scope) -> None:
    """Every answer about an upload says by which version of tus, also one that refuses."""
    if message["type"] == "http.response.start" and scope["path"].startswith(PATH):
        message["headers"] = [*message.get("headers", []), *TUS]


@route(PATH, http_method=[HttpMethod.OPTIONS], opt={"intent": PUBLIC}, status_code=NO_CONTENT)
async def options() -> Response[None]:
    """What this server can do of tus."""
    return Response(None, status_code=NO_CONTENT, headers=OPTIONS)


@post(PATH, opt=UPLOADING, status_code=CREATED, responses=FAULTS, request_max_body_size=None)
async def create(request: AnyRequest, office: NamedDependency[Office]) -> Response[bytes]:
    """Begin an upload; its first piece may come along."""
    async with _asking(request):
        piece = await _create(request, office)
    place = f"{office.settings.public_path}{PATH}/{piece.upload.id}"
    headers = {"Location": place, **_at(piece.end)}
    return Response(b"", status_code=CREATED, headers=headers, media_type=MediaType.TEXT)


@head(PATH + "/{upload_id:str}", opt=UPLOADING, responses=FAULTS)
async def look(
    upload_id: FromPath[str],
    request: AnyRequest,
    office: NamedDependency[Office],
) -> Response[None]:
    """How much of an upload is here."""
    async with _asking(request):
        upload, offset = await _aside(request, _measure, office, _pass(request), upload_id)
    headers = {**_at(offset), "Upload-Length": str(upload.size)}
    return Response(None, headers=headers, media_type=MediaType.TEXT)


@patch(
    PATH + "/{upload_id:str}",
    opt=UPLOADING,
    status_code=NO_CONTENT,
    responses=FAULTS,
    request_max_body_size=None,
)
async def resume(
    upload_id: FromPath[str],
    request: AnyRequest,
    office: NamedDependency[Office],
) -> Response[None]:
    """Take the next piece of an upload."""
    return await _resume(upload_id, request, office)


@delete(PATH + "/{upload_id:str}", opt=UPLOADING, status_code=NO_CONTENT, responses=FAULTS)
async def end(
    upload_id: FromPath[str],
    request: AnyRequest,
    office: NamedDependency[Office],
) -> None:
    """Give an upload up."""
    await _end(upload_id, request, office)


@post(
    PATH + "/{upload_id:str}",
    opt=UPLOADING,
    status_code=NO_CONTENT,
    responses=FAULTS,
    request_max_body_size=None,
)
async def overridden(
    upload_id: FromPath[str],
    request: AnyRequest,
    office: NamedDependency[Office],
) -> Response[None]:
    """The same for a client on whose way something lets only POST through."""
    meant = request.headers.get(OVERRIDE, "").upper()
    if meant == HttpMethod.PATCH:
        return await _resume(upload_id, request, office)
    if meant != HttpMethod.DELETE:
        raise Problem("method_not_allowed")
    await _end(upload_id, request, office)
    return Response(None, status_code=NO_CONTENT)


async def _create(request: AnyRequest, office: Office) -> Piece:
    wish = tus.wish(request)
    if tus.is_body(request) and (request.content_length or wish.size) <= FLUSH_BYTES:
        upload, end = await _bring(request, office, wish)
        piece = Piece(upload=upload, start=0, end=end)
    else:
        upload, offset = await _aside(request, _begin, office, _pass(request), wish)
        piece = Piece(upload=upload, start=offset, end=offset, checked=tus.checksum(request))
        if offset == 0 and tus.is_body(request):
            await _receive(request, office, piece)
    return piece


async def _resume(upload_id: str, request: AnyRequest, office: Office) -> Response[None]:
    async with _asking(request):
        end = await _go_on(upload_id, request, office)
    return Response(None, status_code=NO_CONTENT, headers=_at(end))


async def _go_on(upload_id: str, request: AnyRequest, office: Office) -> int:
    if not tus.is_body(request):
        raise Problem("wrong_type")
    offset, checked = tus.number(request, "upload-offset"), tus.checksum(request)
    upload, size = await _aside(request, _measure, office, _pass(request), upload_id)
    if size != offset:
        raise Problem("wrong_offset")
    piece = Piece(upload=upload, start=offset, end=offset, checked=checked)
    if offset < upload.size:
        await _receive(request, office, piece)
    return piece.end


async def _end(upload_id: str, request: AnyRequest, office: Office) -> None:
    def let_go() -> None:
        actor = custody.admit(office, _pass(request))
        custody.end(office, custody.find(office, actor, upload_id))

    async with _asking(request):
        await _aside(request, let_go)


@asynccontextmanager
async def _asking(request: AnyRequest) -> AsyncIterator[None]:
    tus.see_the_version(request)
    async with counted(paces(request).files, _pass(request).device):
        yield


def _pass(request: AnyRequest) -> Pass:
    shown = request.user
    assert isinstance(shown, Pass)
    return shown


def _begin(office: Office, shown: Pass, wish: Wish) -> tuple[Upload, int]:
    upload = custody.begin(office, custody.admit(office, shown), wish)
    return upload, custody.end_of(office, upload)


def _measure(office: Office, shown: Pass, upload_id: str) -> tuple[Upload, int]:
    upload = custody.find(office, custody.admit(office, shown), upload_id)
    return upload, custody.end_of(office, upload)


def _bring_it(
    office: Office, shown: Pass, file: tuple[Wish, list[bytes]], checked: Checked | None
) -> tuple[Upload, int]:
    return custody.bring(office, partial(custody.admitted, office, shown), file, checked)


def _at(offset: int) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Cache-Control": "no-store"}


async def _receive(request: AnyRequest, office: Office, piece: Piece) -> None:
    """Take a body as it comes; whatever breaks it off, what came is kept. Raises `Problem`."""
    announced = request.content_length
    if announced is not None and piece.start + announced > piece.upload.size:
        raise Problem("too_large")
    held: list[bytes] = []
    count = 0  # kept along: bytes that come one by one are not added up anew each time
    broken: Exception | None = None
    try:
        async for some in _bodies(request):
            held.append(some)
            count += len(some)
            if piece.end + count > piece.upload.size:
                raise Problem("too_large")
            if count >= FLUSH_BYTES:
                await _aside(request, _flush, office, piece, held)
                held, count = [], 0
    except (TimeoutError, HTTPException) as error:
        broken = error
    await _aside(request, _conclude, office, piece, held, is_whole=broken is None)
    if broken is not None:
        raise Problem("cut") from broken


async def _bring(request: AnyRequest, office: Office, wish: Wish) -> tuple[Upload, int]:
    """Begin an upload with a small body, all in one go: most photos are one. Raises `Problem`."""
    checked = tus.checksum(request)
    held: list[bytes] = []
    left = wish.size
    broken: Exception | None = None
    try:
        async for some in _bodies(request):
            held.append(some)
            left -= len(some)
            if left < 0:  # at once: a body that does not say how long it is may have no end
                raise Problem("too_large")
    except (TimeoutError, HTTPException) as error:
        broken = error
    if broken is not None and not held:
        raise Problem("cut") from broken
    checked = checked if broken is None else None  # which is that of the whole body
    file = (wish, held)
    brought = await _bring_whole(request, office, file, checked)
    if brought is None:
        brought = await _aside(request, _bring_it, office, _pass(request), file, checked)
    if broken is not None:
        raise Problem("cut") from broken
    return brought


async def _bring_whole(
    request: AnyRequest, office: Office, file: tuple[Wish, list[bytes]], checked: Checked | None
) -> tuple[Upload, int] | None:
    """Take a whole file at once, unless it is not so plain. Raises `Problem`."""
    shown, books = _pass(request), _lane(request).books
    laying = partial(bringing.lay, office, shown, file, checked)
    async with paces(request).files.next(shown.device):
        with books.coming(shown.device):
            laid = await asyncio.get_running_loop().run_in_executor(_lane(request).threads, laying)
    if laid is None:
        return None
    told = await books.done(laid)
    if isinstance(told, Exception):
        raise told
    return None if told is None else (told, told.size)


async def _bodies(request: AnyRequest) -> AsyncIterator[bytes]:
    """What comes of a body. Raises `TimeoutError` where nothing comes any more."""
    loop, still_s = asyncio.get_running_loop(), _lane(request).still_s
    async with asyncio.timeout(still_s) as patience:
        async for some in request.stream():
            patience.reschedule(loop.time() + still_s)
            yield some


def _lane(request: AnyRequest) -> Lane:
    lane = request.app.state["lane"]
    assert isinstance(lane, Lane)
    return lane


async def _aside(
    request: AnyRequest,
    step: Callable[Given, Told],
    *given: Given.args,
    **named: Given.kwargs,
) -> Told:
    """Take a step in a thread of the lane, when it is this phone's turn."""
    loop = asyncio.get_running_loop()
    async with paces(request).files.next(_pass(request).device):
        return await loop.run_in_executor(_lane(request).threads, partial(step, *given, **named))


def _flush(office: Office, piece: Piece, held: list[bytes]) -> None:
    if held:
        piece.end = custody.take(office, piece.upload, piece.end, held, piece.checked)


def _conclude(office: Office, piece: Piece, held: list[bytes], *, is_whole: bool) -> None:
    """Keep what came, and make an end of a file that is all there."""
    _flush(office, piece, held)
    if piece.checked is not None and is_whole:
        custody.approve(office, piece.upload, (piece.start, piece.end), piece.checked)
    if piece.end == piece.upload.size and is_whole:
        custody.finish(office, piece.upload)
    else:
        office.parts.size(piece.upload.id)  # by which it survives a power cut

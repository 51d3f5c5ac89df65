"""Rescue files at the console: one is uploaded, looked at, and taken in by a second click."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, BinaryIO, Final

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from server import people, rescue
from server.console import frame, gate
from server.console.addresses import opt
from server.console.forms import Form
from server.office import AnyRequest, Office
from server.problems import Problem
from server.rescue import Draft, Told
from server.sessions import Actor
from shared.rescue import BYTES_MAX, Unfit

PATH: Final = "/rescue-files"
ISSUE: Final = "enrolment.issue"
FILE: Final = "file"
MARK: Final = "rescue|"  # of what this page sealed, and no other
PROOF_BYTES_MAX: Final = 1_000  # of what comes before the file
FLUSH_BYTES: Final = 1_000_000  # held in memory of one request
STILL_S: Final = 30


@get(PATH, opt=opt(ISSUE), sync_to_thread=True)
def choose(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """A file is chosen."""
    return _page(request, office, actor)


@post(
    PATH,
    opt={**opt(ISSUE), "streams": True},
    status_code=200,
    request_max_body_size=None,
)
async def look(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """What taking an uploaded file in would come to. It is kept for a while, for the next click."""
    draft = Draft(office, office.fresh_id())
    try:
        await _receive(request, office, actor, draft)
        told = await sync_to_thread(_rehearsed, office, draft)
    except Unfit as unfit:
        draft.drop()
        return await sync_to_thread(_refused, request, office, actor, unfit)
    except BaseException:
        draft.drop()
        raise
    sealed = gate.seal(office, actor, MARK + draft.name)
    return await sync_to_thread(_page, request, office, actor, {"told": told, "file": sealed})


@post(PATH + "/take", opt=opt(ISSUE), status_code=200, sync_to_thread=True)
def take(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """Take in the file that was looked at; sent twice, it is there once."""
    name = gate.unseal(office, actor, form.text(FILE))
    if name is None or not name.startswith(MARK):
        return _refused(request, office, actor, Unfit("rescue_gone"))
    draft = Draft(office, name.removeprefix(MARK))
    try:
        with draft.opened() as source:
            told = rescue.take_in(office, source, actor.person.id)
    except Unfit as unfit:
        return _refused(request, office, actor, unfit)
    draft.drop()
    return _page(request, office, actor, {"told": told})


def _rehearsed(office: Office, draft: Draft) -> Told:
    source: BinaryIO
    with draft.opened() as source:
        return rescue.rehearse(office, source)


def _refused(request: AnyRequest, office: Office, actor: Actor, unfit: Unfit) -> Response[str]:
    wrong = frame.speech_of(request, office).text("problems", unfit.code)
    return frame.refused(_page(request, office, actor, {"wrong": wrong}))


def _page(
    request: AnyRequest, office: Office, actor: Actor, more: dict[str, Any] | None = None
) -> Response[str]:
    context: dict[str, Any] = {"told": None, "file": "", "wrong": "", "whose": None, **(more or {})}
    told: Told | None = context["told"]
    if told is not None:
        with office.reading() as books:
            context["whose"] = people.find(books, told.person)
    return frame.page(request, office, actor, "rescue_files.html", context)


async def _receive(request: AnyRequest, office: Office, actor: Actor, draft: Draft) -> None:
    """The file of the form onto the disk. Raises `Problem` and `shared.rescue.Unfit`."""
    boundary = _boundary(request)
    upload = _Upload(office, actor)
    try:
        async for event in _events(request, boundary):
            if isinstance(event, MultipartSegment):
                upload.begin(event.name)
            elif event:
                upload.take(bytes(event))
            if upload.count >= FLUSH_BYTES:
                await sync_to_thread(draft.put, upload.given())
    except (TimeoutError, HTTPException) as broken:
        raise Problem("cut") from broken
    except (MultipartError, UnicodeDecodeError) as wrong:
        raise Problem("wrong_request") from wrong
    await sync_to_thread(draft.put, upload.given())


def _boundary(request: AnyRequest) -> str:
    """What parts the fields of a form that a browser sends with a file."""
    if (request.content_length or 0) > BYTES_MAX + PROOF_BYTES_MAX:
        raise Unfit("rescue_too_large")
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary: str = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise Problem("wrong_type")
    return boundary


class _Upload:
    """The fields of a form as they come: the proof that it is ours has to come before the file."""

    def __init__(self, office: Office, actor: Actor) -> None:
        self._fits = partial(gate.is_token, office, actor)
        self._proof = bytearray()
        self._name = ""
        self._held: list[bytes] = []
        self.count = 0

    def begin(self, name: str) -> None:
        """A field begins. Raises `Problem` where the file's does and nothing proved the form."""
        self._name = name
        if name == FILE and not self._fits(self._proof.decode("ascii")):
            raise Problem("stale_form")

    def take(self, some: bytes) -> None:
        """A piece of the field that began last."""
        if self._name == FILE:
            self._held.append(some)
            self.count += len(some)
        elif self._name == gate.PROOF_FIELD:
            self._proof += some
            if len(self._proof) > PROOF_BYTES_MAX:
                raise Problem("wrong_request")

    def given(self) -> list[bytes]:
        """What has come of the file since this was asked last."""
        held, self._held, self.count = self._held, [], 0
        return held


async def _events(request: AnyRequest, boundary: str) -> AsyncIterator[Any]:
    """Fields and pieces of them, as they come. Raises `TimeoutError` where nothing comes."""
    loop = asyncio.get_running_loop()
    with PushMultipartParser(boundary, max_segment_count=8) as parser:
        async with asyncio.timeout(STILL_S) as patience:
            async for some in request.stream():
                patience.reschedule(loop.time() + STILL_S)
                if some:
                    for event in parser.parse(some):
                        yield event


ROUTES: Final = [choose, look, take]

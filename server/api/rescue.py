"""Rescue files by another phone: it hands in what it cannot read, and hears how much it was."""

import asyncio
from typing import Final

from litestar import post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from msgspec import Struct

from server import rescue, throttle
from server.api.pacing import counted, paces
from server.custody import BYTES_PER_DAY_MAX, KILO, kilobytes
from server.office import AnyRequest, Office
from server.problems import FAULTS, Problem, enough_today
from server.rescue import Draft
from server.sessions import Actor
from shared.people import may
from shared.rescue import BYTES_MAX, Unfit

CARRIED: Final = "carried|"
FLUSH_BYTES: Final = 1_000_000  # held in memory of one request
STILL_S: Final = 30
INTENT: Final = "evidence.upload"


class Carried(Struct, frozen=True, kw_only=True):
    """How much was in a file; nothing more is the carrier's business."""

    ops: int
    files: int


@post(
    "/rescue",
    opt={"intent": INTENT, "bearer": "device", "streams": True},
    status_code=200,
    responses=FAULTS,
    request_max_body_size=None,
)
async def carry(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Carried:
    """Take in the rescue file of another phone, by one that only carries it.

    A revoked one hands in what it recorded itself, and that much a day: it carries nothing.
    """
    if actor.parting is not None or not may(actor.person.roles, INTENT):
        raise Problem("not_permitted")
    size = request.content_length
    if size is None:
        raise Problem("wrong_header")
    if size > BYTES_MAX:
        raise Problem("rescue_too_large")
    carried = paces(request).carried
    async with counted(carried, str(actor.device)):
        await sync_to_thread(_count, office, actor, size)
        with rescue.drafted(office) as draft:
            await _receive(request, draft)
            async with carried.next(str(actor.device)):
                return await sync_to_thread(_take, office, actor, draft)


def _count(office: Office, actor: Actor, size: int) -> None:
    """Let a device carry so much a day, as it may upload; each is noted. Raises `Problem`."""
    told = (f"{CARRIED}{actor.device}", BYTES_PER_DAY_MAX // KILO, kilobytes(size))
    with office.writing() as books:
        wait = throttle.strike_today(books, [told], office.now_ms())
    if wait:  # raised only now, so that the try is counted
        raise enough_today(wait)


async def _receive(request: AnyRequest, draft: Draft) -> None:
    """Take a body as it comes, onto the disk. Raises `Problem`."""
    held: list[bytes] = []
    count = 0
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(STILL_S) as patience:
            async for some in request.stream():
                patience.reschedule(loop.time() + STILL_S)
                held.append(some)
                count += len(some)
                if count >= FLUSH_BYTES:
                    await sync_to_thread(draft.put, held)
                    held, count = [], 0
    except (TimeoutError, HTTPException) as broken:
        raise Problem("cut") from broken
    await sync_to_thread(draft.put, held)


def _take(office: Office, actor: Actor, draft: Draft) -> Carried:
    try:
        with draft.opened() as source:
            told = rescue.take_in(office, source, actor.person.id, is_carried=True)
    except Unfit as unfit:
        raise Problem(unfit.code) from unfit
    return Carried(ops=told.ops, files=told.files)

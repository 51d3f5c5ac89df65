"""Listening: one stream for each phone that is in use, on which it is poked when there is news."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

from litestar import get
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent, ServerSentEventMessage

from server.office import AnyRequest, Office
from server.pokes import Crowded, Pokes
from server.problems import FAULTS, Problem, throttled
from server.sessions import Actor
from shared.people import may
from sync.pokes import POKE

CROWDED_S: Final = 300
MINUTE_S: Final = 60
Events = AsyncIterator[ServerSentEventMessage]


@get("/pokes", opt={"intent": "sync", "bearer": "device"}, responses=FAULTS)
async def listen(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> ServerSentEvent:
    """Be poked when there is news for this device, for as long as its token lasts."""
    desk: Pokes = request.app.state["pokes"]
    device, person = str(actor.device), actor.person
    if actor.parting is not None:
        raise Problem("device_revoked")
    if person.disabled or not may(person.roles, "sync"):
        raise Problem("not_permitted")
    try:
        desk.see_that_there_is_room(device)
    except Crowded:
        raise throttled(CROWDED_S) from None
    seconds = office.settings.limits.device_token_minutes * MINUTE_S
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return ServerSentEvent(_events(desk.listen(device, person.id, seconds)), headers=headers)


async def _events(listened: AsyncGenerator[bool]) -> Events:
    yield ServerSentEventMessage(comment="open")
    async with aclosing(listened) as heard:  # a seat is given up with its line
        async for is_poke in heard:
            yield _poke() if is_poke else ServerSentEventMessage(comment="alive")


def _poke() -> ServerSentEventMessage:
    return ServerSentEventMessage(event=POKE, data="1")

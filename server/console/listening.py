"""Listening: one stream of events for each open console, of ids and nothing else."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from server import sessions
from server.console.addresses import opt
from server.live import Crowded, Live, News, read_mark
from server.office import AnyRequest, Office
from server.problems import throttled
from server.sessions import COOKIE, Actor

RETRY_MS: Final = 3_000
CROWDED_S: Final = 60
Events = AsyncIterator[ServerSentEventMessage]


@get("/live", opt=opt("sign_in", "mark"))
async def live(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    mark: Annotated[str, QueryParameter(max_length=80)] = "",
) -> ServerSentEvent:
    """What changes from now on, or from where a page or a lost connection left off."""
    desk: Live = request.app.state["live"]
    after = read_mark(request.headers.get("last-event-id", "") or mark)
    recheck = partial(_who, office, request.cookies.get(COOKIE, ""))
    news = desk.listen(actor.person.id, after, recheck)
    try:
        desk.see_that_there_is_room(actor.person.id)
    except Crowded:
        raise throttled(CROWDED_S) from None
    return ServerSentEvent(_events(news), headers={"X-Accel-Buffering": "no"})


def _who(office: Office, token: str) -> Actor | None:
    with office.reading() as books:
        return sessions.person_of_session(books, token, office.now_ms())


async def _events(heard: AsyncIterator[News | None]) -> Events:
    yield ServerSentEventMessage(comment="open", retry=RETRY_MS)
    async for news in heard:
        yield _alive() if news is None else _message(news)


def _alive() -> ServerSentEventMessage:
    return ServerSentEventMessage(event="alive", data="1")


def _message(news: News) -> ServerSentEventMessage:
    told: dict[str, Any] = {"things": [f"{noun}:{one}" for noun, one in news.things]}
    if news.all:
        told["all"] = True
    return ServerSentEventMessage(
        event="changed", data=msgspec.json.encode(told).decode(), id=str(news.mark)
    )


ROUTES: Final = [live]

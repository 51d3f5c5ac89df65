"""Pacing: a phone has its turn before anything is done for it, or is told to come again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from litestar import Litestar
from msgspec import Struct

from server.office import AnyRequest
from server.problems import Problem
from server.turns import PATIENCE_S, Crowded, Turns

EXCHANGES_AT_ONCE_MAX: Final = 4  # more would hand the interpreter's lock round
EXCHANGES_OF_ONE_MAX: Final = 2  # one that is answered, and one that waits
UPLOADS_OF_ONE_MAX: Final = 8
FILE_THREADS: Final = 3  # likewise
CARRIED_AT_ONCE: Final = 2


class Paces(Struct, frozen=True, kw_only=True):
    """The turns of one process, for what phones ask: exchanges, pieces of files, rescue files."""

    exchanges: Turns
    files: Turns
    carried: Turns


@asynccontextmanager
async def open_paces(app: Litestar) -> AsyncIterator[None]:
    """Turns are given for as long as the server lives.

    Exchanges have half of the threads at most, so that the office always has the others; and no
    more than one interpreter can work at while some of them wait for the database.
    """
    seconds = asyncio.get_running_loop().time
    half = app.state["office"].settings.threads // 2
    app.state["paces"] = paced(min(half, EXCHANGES_AT_ONCE_MAX), seconds)
    yield


def paced(exchanges: int, seconds: Callable[[], float]) -> Paces:
    """The turns of a process that answers so many exchanges at once; `seconds` is its clock."""
    return Paces(
        exchanges=Turns(exchanges, seconds, of_one_max=EXCHANGES_OF_ONE_MAX, patience_s=PATIENCE_S),
        files=Turns(FILE_THREADS, seconds, of_one_max=UPLOADS_OF_ONE_MAX, patience_s=None),
        carried=Turns(CARRIED_AT_ONCE, seconds, of_one_max=1, patience_s=None),
    )


def paces(request: AnyRequest) -> Paces:
    """The turns of the process that has this request."""
    found = request.app.state["paces"]
    assert isinstance(found, Paces)
    return found


@asynccontextmanager
async def counted(turns: Turns, device: str) -> AsyncIterator[None]:
    """One of few requests of a phone, which has a turn for each of its steps.

    Raises `Problem`.
    """
    try:
        async with turns.standing(device):
            yield
    except Crowded as crowded:
        raise Problem("busy") from crowded

"""Addresses: of a job, of a list with its filters, and what a route says of itself."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar.params import QueryParameter

from server.marks import CHARS_MAX
from server.queries import Listed
from server.sessions import CONSOLE

After = Annotated[str | None, QueryParameter(max_length=CHARS_MAX)]
Query = Annotated[str, QueryParameter(max_length=100)]


def opt(intent: str, *takes: str, shows: str = "sign_in") -> dict[str, Any]:
    """What a route says of itself: the right it asks for, and the parameters it takes.

    `shows` is the right to read what it draws, where that is another one: some acts are open to the
    field, for jobs of their own, and the pages of the desk are not.
    """
    return {"intent": intent, "bearer": CONSOLE, "takes": takes, "shows": (shows,)}


def home(number: str) -> str:
    """The address of a job."""
    return f"/work-orders/{number}"


def listing(path: str, chosen: Mapping[str, Any]) -> str:
    """The address of a list with these filters; one that is empty is left out."""
    told = {name: value for name, value in chosen.items() if value}
    return f"{path}?{urlencode(told)}" if told else path


def following(path: str, chosen: Mapping[str, Any], listed: Listed) -> str | None:
    """The address of the page after this one, if there is one."""
    return listing(path, {**chosen, "after": listed.next}) if listed.next else None

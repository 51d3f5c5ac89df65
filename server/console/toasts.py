"""Toasts: a word about what was just done, carried to the next page, with the way back."""

from typing import Any, Final, Literal

import msgspec
from litestar.datastructures import Cookie
from msgspec import Struct

from server.console import gate
from server.office import AnyRequest, Office
from server.sessions import Actor
from shared.errors import Params

COOKIE: Final = "fieldfare_toast"
SECONDS: Final = 60
LIVE_HEADER: Final = "x-live"  # a script looks, nobody reads: the toast waits for the next page


class Undo(Struct, frozen=True, kw_only=True):
    """The opposite act, and how many acts the thing had seen when it was offered.

    `then` are further acts on the same thing, where what was done took more than one.
    """

    kind: str
    on: tuple[str, str]
    args: dict[str, Any]
    seen: int
    then: tuple[tuple[str, dict[str, Any]], ...] = ()


class Toast(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text of the group `toasts`, and a reason where something was not done as asked."""

    code: str
    params: Params = {}
    tone: Literal["done", "warning"] = "done"
    reason: str | None = None
    undo: Undo | None = None


def cookie(office: Office, actor: Actor, toast: Toast) -> Cookie:
    """A toast on its way to the next page."""
    told = msgspec.json.encode(toast).hex()
    return gate.choice_cookie(office, COOKIE, gate.seal(office, actor, told), SECONDS)


def taken(request: AnyRequest, office: Office, actor: Actor) -> Toast | None:
    """The toast that came along with a request for a page."""
    sealed = request.cookies.get(COOKIE)
    if not sealed or LIVE_HEADER in request.headers:
        return None
    told = gate.unseal(office, actor, sealed)
    return None if told is None else msgspec.json.decode(bytes.fromhex(told), type=Toast)


def eaten(office: Office) -> Cookie:
    """What takes a toast away once it is shown."""
    return gate.choice_cookie(office, COOKIE, "", 0)


def undo_of(office: Office, actor: Actor, toast: Toast | None) -> str:
    """The way back, as the toast's form carries it."""
    if toast is None or toast.undo is None:
        return ""
    return gate.seal(office, actor, msgspec.json.encode(toast.undo).hex())


def read_undo(office: Office, actor: Actor, sealed: str) -> Undo | None:
    """The way back that a form of this session brings."""
    told = gate.unseal(office, actor, sealed)
    return None if told is None else msgspec.json.decode(bytes.fromhex(told), type=Undo)

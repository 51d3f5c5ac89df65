"""The rail: where somebody can go, by what their roles may see."""

from collections.abc import Sequence
from typing import Final

from litestar import Litestar
from msgspec import Struct

from shared.people import may


class Stop(Struct, frozen=True, kw_only=True):
    """A place on the rail; `key` names its text and its count, `g` and the letter go there."""

    key: str
    path: str
    icon: str
    intent: str
    letter: str


STOPS: Final = (
    Stop(key="start", path="/", icon="home", intent="read.tickets", letter="s"),
    Stop(key="tickets", path="/tickets", icon="inbox", intent="read.tickets", letter="t"),
    Stop(key="board", path="/board", icon="view_timeline", intent="read.work_orders", letter="b"),
    Stop(key="conflicts", path="/conflicts", icon="alt_route", intent="read.conflicts", letter="c"),
    Stop(key="messages", path="/messages", icon="chat", intent="message.queue", letter="w"),
    Stop(key="feedback", path="/feedback", icon="star", intent="read.feedback", letter="f"),
    Stop(key="customers", path="/customers", icon="apartment", intent="read.tickets", letter="u"),
    Stop(key="stock", path="/stock", icon="inventory_2", intent="read.stock", letter="k"),
    Stop(key="money", path="/money", icon="payments", intent="payment.hand_over", letter="m"),
    Stop(key="phones", path="/phones", icon="mobile", intent="read.devices", letter="p"),
    Stop(key="policies", path="/policies", icon="timer", intent="read.tickets", letter="l"),
    Stop(key="foresight", path="/foresight", icon="lightbulb", intent="read.tickets", letter="o"),
    Stop(key="figures", path="/figures", icon="monitoring", intent="read.figures", letter="i"),
    Stop(key="people", path="/people", icon="group", intent="people.manage", letter="e"),
    Stop(key="audit", path="/audit", icon="verified_user", intent="read.audit", letter="a"),
)


def stops(app: Litestar, roles: Sequence[str]) -> list[Stop]:
    """The places that are there and that somebody with these roles may go to."""
    there = {route.path for route in app.routes}
    return [one for one in STOPS if one.path in there and may(tuple(roles), one.intent)]


def first(app: Litestar, roles: Sequence[str]) -> str:
    """Where somebody begins; who may see nothing of the office sees their own account."""
    return next((one.path for one in stops(app, roles)), "/account")

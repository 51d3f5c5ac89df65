"""What customers are to be told: what waits, of which ticket, and what the gateway was offered."""

from collections.abc import Collection
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, func, select, text

from server import rows
from server.queries.pages import Item, Listed, T, Window, page
from shared.messages import TOLD, WAITS

MESSAGE, TRY, TICKET = T["message"], T["gateway_try"], T["ticket"]
STANDS: Final = {"waiting": WAITS, "told": TOLD, "off": frozenset({"cancelled"})}
# As the index says it, which is used where the same is asked.
FOR_THE_GATEWAY: Final = "message.state = 'queued' AND message.channel = 'webhook'"
TRIES_KEPT: Final = 50  # of one message that are shown


class Offer(Struct, frozen=True, kw_only=True):
    """A message that is due at the gateway, its ticket's number, and how often it was tried."""

    message: Item
    number: str
    tries: int


def listed(connection: Connection, window: Window, stands: str) -> Listed:
    """Messages that stand so, with what they are about: what waits by when it was asked for."""
    wanted = _about().where(MESSAGE.c.state.in_(sorted(STANDS[stands])))
    oldest_first = stands == "waiting"
    return page(
        connection, wanted, window, (MESSAGE.c.at, MESSAGE.c.id), newest_first=not oldest_first
    )


def counts(connection: Connection) -> dict[str, int]:
    """How many messages there are of each state."""
    wanted = select(MESSAGE.c.state, func.count()).group_by(MESSAGE.c.state)
    return dict(connection.execute(wanted).all())


def waiting() -> Select[Any]:
    """How many customers do not know yet what they should."""
    return select(func.count()).where(MESSAGE.c.state.in_(sorted(WAITS)))


def of_ticket(connection: Connection, ticket: str) -> list[Item]:
    """All that the customer of a ticket was told or is to be told, the newest first."""
    wanted = select(MESSAGE).where(MESSAGE.c.ticket_id == ticket)
    found = connection.execute(wanted.order_by(MESSAGE.c.at.desc(), MESSAGE.c.id.desc()))
    return [dict(row._asdict()) for row in found]


def one(connection: Connection, identity: str) -> Item | None:
    """One message by its id, with what it is about."""
    row = connection.execute(_about().where(MESSAGE.c.id == identity)).one_or_none()
    return None if row is None else dict(row._asdict())


def tries(connection: Connection, messages: Collection[str]) -> dict[str, list[Item]]:
    """What the gateway was offered of messages, by message, the last try first."""
    wanted = (
        select(TRY)
        .where(TRY.c.message_id.in_(sorted(messages)))
        .order_by(TRY.c.message_id, TRY.c.n.desc())
    )
    found: dict[str, list[Item]] = {}
    for row in connection.execute(wanted):
        kept = found.setdefault(row.message_id, [])
        if len(kept) < TRIES_KEPT:
            kept.append(dict(row._asdict()))
    return found


def due(connection: Connection, now_ms: int) -> Offer | None:
    """What is to be brought to the gateway next, if anything is: what was asked for first."""
    last = (
        select(TRY.c.message_id, func.max(TRY.c.n).label("n"), func.max(TRY.c.next_at).label("at"))
        .join(MESSAGE, MESSAGE.c.id == TRY.c.message_id)
        .where(text(FOR_THE_GATEWAY))
        .group_by(TRY.c.message_id)
        .subquery()
    )
    wanted = (
        select(MESSAGE, TICKET.c.number, last.c.n.label("tries"))
        .select_from(
            MESSAGE.join(TICKET, TICKET.c.id == MESSAGE.c.ticket_id).outerjoin(
                last, last.c.message_id == MESSAGE.c.id
            )
        )
        .where(text(FOR_THE_GATEWAY), _is_due(last.c.at, now_ms))
        .order_by(MESSAGE.c.at, MESSAGE.c.id)
        .limit(1)
    )
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    told = dict(row._asdict())
    number, tried = told.pop("number"), told.pop("tries")
    return Offer(message=told, number=number or "", tries=tried or 0)


def begin(connection: Connection, one: Offer, holder: str, times: tuple[int, int]) -> None:
    """Write down that a message is being brought: from when (ms), and from when on it may again."""
    begun, following = times
    fresh = (one.message["id"], one.tries + 1, holder, begun, None, following, None, "")
    rows.add(connection, "gateway_try", (), [fresh])


def end(connection: Connection, key: tuple[str, int], values: tuple[Any, ...]) -> None:
    """Write down what became of a try: until when (ms), the next time (ms), status and fault."""
    columns = ("ended_at", "next_at", "status", "fault")
    rows.change(connection, "gateway_try", ("message_id", "n"), columns, [(*key, *values)])


def _is_due(at: ColumnElement[Any], now_ms: int) -> ColumnElement[bool]:
    return at.is_(None) | (at <= now_ms)


def _about() -> Select[Any]:
    customer, person = T["customer"], T["person"]
    joined = (
        MESSAGE.join(TICKET, TICKET.c.id == MESSAGE.c.ticket_id)
        .join(customer, customer.c.id == TICKET.c.customer_id)
        .outerjoin(person, person.c.id == MESSAGE.c.by)
    )
    return select(
        MESSAGE,
        TICKET.c.number,
        TICKET.c.problem,
        customer.c.name.label("customer"),
        person.c.name.label("by_name"),
    ).select_from(joined)

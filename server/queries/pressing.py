"""What presses: tickets by how much they do, in the order in which somebody should look.

How much a ticket presses is written down by the timekeeper when it has looked at it, and found in
order by an index. What somebody has said meanwhile, and whose time has come meanwhile, is reckoned
anew by whoever asks, so that the order is right at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Select, func, select, tuple_

from server.queries import clocks as books_of_clocks
from server.queries.clocks import WATCH
from server.queries.pages import PARTING, Item, Listed, T, Window
from server.queries.queue import (
    Sieve,
    joined,
    listed_columns,
    sifted,
    with_jobs,
)
from server.queries.reckoning import Reader
from server.queries.start import ROWS_MAX, Group
from shared.clocks import Clock
from shared.pressing import GROUP_MS, GROUPS, NEAR, RESTS, UNDONE, presses, rank
from shared.ticket import Ticket

FRESH_MAX: Final = 200  # tickets that are reckoned anew for one page
AT_RISK: Final = (NEAR + 1) * GROUP_MS  # below it a ticket is at risk
TICKET: Final = T["ticket"]
Row = tuple[int, str, Item]


class Latest(Struct, frozen=True, kw_only=True):
    """How much those tickets press (none: they do not) that may do so otherwise by now.

    `is_behind` where there are more of them than are reckoned for one page.
    """

    keys: Mapping[str, int | None] = {}
    is_behind: bool = False


def key_of(ticket: Ticket, clocks: Iterable[Clock], now: int) -> int | None:
    """How much a ticket presses, the least most: by group, then by when it is due (ms).

    One of which nothing is due goes by its age. One that is not open presses only as long as
    something goes on after it (`presses`): feedback, a return.
    """
    first = presses(ticket, clocks, now)
    if first is None and ticket.status not in UNDONE:
        return None
    group, at = (RESTS, ticket.opened_at) if first is None else rank(first, now)
    return group * GROUP_MS + min(max(at, 0), GROUP_MS - 1)


def group_of(key: int) -> str:
    """The group that a ticket is in."""
    return GROUPS[min(key // GROUP_MS, RESTS)]


def latest(reader: Reader, connection: Connection, now: int) -> Latest:
    """How much those tickets press of which more is known than was written down."""
    unread = books_of_clocks.unread(connection, books_of_clocks.place(connection))
    told = books_of_clocks.concerned(connection, unread)
    come = books_of_clocks.due(connection, now, FRESH_MAX + 1)
    wanted = sorted(told) + sorted({one.ticket_id for one in come} - told)
    if not wanted:
        return Latest()
    found = reader.standing(wanted[:FRESH_MAX])
    keys = {name: key_of(one.ticket, one.clocks, now) for name, one in found.items()}
    return Latest(keys=keys, is_behind=len(wanted) > FRESH_MAX)


def tickets(connection: Connection, window: Window, sieve: Sieve, known: Latest) -> Listed:
    """A page of tickets, what presses most first; each with its `key`, place and job."""
    after = window.after or (-1, "")
    rows = [*_kept(connection, window, sieve, known), *_fresh(connection, sieve, known)]
    rows = sorted((one for one in rows if one[:2] > after), key=lambda one: one[:2])
    items = [{**item, "key": key} for key, _, item in rows[: window.limit]]
    marks = [f"{key}{PARTING}{identity}" for key, identity, _ in rows[: window.limit]]
    with_jobs(connection, items)
    return Listed(items=items, next=marks[-1] if len(rows) > window.limit else None)


def _kept(connection: Connection, window: Window, sieve: Sieve, known: Latest) -> list[Row]:
    """The next tickets as they were written down, but for those of which more is known."""
    place = (WATCH.c.pressing, WATCH.c.ticket_id)
    wanted = _wanted(sieve).where(
        WATCH.c.pressing.is_not(None),
        tuple_(*place) > tuple_(*(window.after or (-1, ""))),
        WATCH.c.ticket_id.not_in(sorted(known.keys)),
    )
    if sieve.tab == "at_risk":
        wanted = wanted.where(WATCH.c.pressing < AT_RISK)
    found = connection.execute(wanted.order_by(*place).limit(window.limit + 1))
    return [_row(one._asdict()) for one in found]


def _wanted(sieve: Sieve) -> Select[Any]:
    own = select(*listed_columns(), WATCH.c.pressing).select_from(
        joined(WATCH.join(TICKET, TICKET.c.id == WATCH.c.ticket_id))
    )
    return sifted(own, sieve)


def _row(item: Item) -> Row:
    return (item.pop("pressing"), item["id"], item)


def _fresh(connection: Connection, sieve: Sieve, known: Latest) -> list[Row]:
    """Those of which more is known than was written down, by what is known."""
    end = AT_RISK if sieve.tab == "at_risk" else GROUP_MS * len(GROUPS)
    keys = {name: key for name, key in known.keys.items() if key is not None and key < end}
    if not keys:
        return []
    wanted = sifted(select(*listed_columns()).select_from(joined(TICKET)), sieve)
    found = connection.execute(wanted.where(TICKET.c.id.in_(sorted(keys))))
    return [(keys[row.id], row.id, dict(row._asdict())) for row in found]


def count_at_risk(connection: Connection, known: Latest) -> int:
    """How many tickets have a clock that is over, in doubt or near its end."""
    kept = (
        select(func.count())
        .select_from(WATCH)
        .where(WATCH.c.pressing < AT_RISK, WATCH.c.ticket_id.not_in(sorted(known.keys)))
    )
    fresh = sum(1 for key in known.keys.values() if key is not None and key < AT_RISK)
    return (connection.scalar(kept) or 0) + fresh


def at_risk(connection: Connection, reader: Reader, now: int) -> Group:
    """Tickets with a clock that is over, in doubt or near its end, the most pressing first."""
    known = latest(reader, connection, now)
    window, sieve = Window(limit=ROWS_MAX), Sieve(tab="at_risk")
    found = tickets(connection, window, sieve, known).items
    standing = reader.standing([one["id"] for one in found])
    for one in found:
        one["clock"] = presses(standing[one["id"]].ticket, standing[one["id"]].clocks, now)
    shown = [one for one in found if one["clock"] is not None]
    return count_at_risk(connection, known), shown

"""What clocks are reckoned from, which tickets are to be looked at, and how they stand."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct, structs
from sqlalchemy import ColumnElement, Connection, delete, select, update

from server import rows
from server.queries.frame import log_size
from server.queries.pages import Item, T
from server.rows import Values
from shared.calendars import PLAIN, WorkingCalendar, calendar_of
from shared.clocks import Clock
from shared.policy import CHOICE, PolicyChoice, ServicePolicy
from shared.prices import PriceList
from shared.records import Record, table
from shared.ticket import ENDS, Ticket
from shared.work_order import Assignment, WorkOrder

CLOCK, WATCH = T["clock"], T["clock_watch"]
TICKET, ORDER, ASSET, CONTRACT = T["ticket"], T["work_order"], T["asset"], T["contract"]
PLACE: Final = "timekeeper"  # the setting with how far the log was read
LEAVES_AT_ONCE_MAX: Final = 1_000
TICKETS_AT_ONCE_MAX: Final = 50
# What concerns every ticket that is open: rules, hours, and how long a warranty lasts.
FOR_ALL: Final = frozenset({"service_policy", "policy_choice", "working_calendar", "price_list"})
# What the server says of the clocks changes none of them.
OURS: Final = ("task.raise", "task.settle", "message.queue")
R = TypeVar("R", bound=Record)


class Place(Struct, frozen=True, kw_only=True):
    """How far the log was read: in which epoch, up to which leaf; since when time is kept (ms)."""

    epoch: str = ""
    number: int = 0
    since: int = 0


class Watched(Struct, frozen=True):
    """A ticket that is to be looked at, as its row says it now."""

    ticket_id: str
    next_at: int | None
    looked_at: int | None


class Known(Struct, frozen=True, kw_only=True):
    """All rows that the clocks of some tickets are reckoned from, by type."""

    rows: Mapping[type[Record], Sequence[Any]]

    def by(self, kind: type[R], name: str) -> dict[str, list[R]]:
        """Those of a type, by a field of theirs."""
        found: dict[str, list[R]] = {}
        for row in self.rows.get(kind, ()):
            found.setdefault(str(getattr(row, name)), []).append(row)
        return found

    def one(self, kind: type[R]) -> dict[str, R]:
        """Those of a type, by id."""
        return {row.id: row for row in self.rows.get(kind, ())}


class Catalog(Struct, frozen=True, kw_only=True):
    """The rules that hold for all tickets."""

    choice: PolicyChoice
    policies: Mapping[str, ServicePolicy]
    calendar: WorkingCalendar
    prices: tuple[PriceList, ...]


def place(connection: Connection) -> Place:
    """How far the log was read."""
    kept = rows.setting(connection, PLACE) or {}
    return Place(
        epoch=kept.get("epoch", ""), number=kept.get("number", 0), since=kept.get("since", 0)
    )


def keep_place(connection: Connection, now: Place) -> None:
    """Write down how far the log was read."""
    rows.keep_setting(connection, PLACE, structs.asdict(now))


def is_read(connection: Connection, here: Place) -> bool:
    """Whether the log goes no further."""
    return log_size(connection) == (here.epoch, here.number)


def touched(connection: Connection, since: Place) -> tuple[Place, dict[str, set[str]]]:
    """What the next leaves of the log speak of, ids by noun, and how far that is."""
    epoch, size = log_size(connection)
    first = since.number if since.epoch == epoch else 0
    until = min(size, first + LEAVES_AT_ONCE_MAX)
    leaf, op = T["leaf"], T["op"]
    wanted = (
        select(op.c.noun, op.c.on_id)
        .join(leaf, op.c.op_id == leaf.c.op_id)
        .where(
            leaf.c.epoch == epoch,
            leaf.c.number >= first,
            leaf.c.number < until,
            op.c.noun.is_not(None),
            op.c.kind.not_in(OURS),
        )
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for noun, identity in connection.execute(wanted):
        found.setdefault(noun, set()).add(identity)
    return structs.replace(since, epoch=epoch, number=until), found


def concerned(connection: Connection, things: Mapping[str, Collection[str]]) -> set[str]:
    """The tickets whose clocks may stand otherwise because of some things."""
    found = set(things.get("ticket", ()))
    ways: tuple[tuple[str, Callable[[Collection[str]], Any]], ...] = (
        ("work_order", lambda ids: select(ORDER.c.ticket_id).where(ORDER.c.id.in_(ids))),
        ("message", lambda ids: _through(T["message"].c.ticket_id, T["message"].c.id, ids)),
        ("site", lambda ids: _open(TICKET.c.site_id.in_(ids))),
        ("customer", lambda ids: _open(TICKET.c.customer_id.in_(ids))),
        (
            "asset",
            lambda ids: _open(TICKET.c.site_id.in_(_through(ASSET.c.site_id, ASSET.c.id, ids))),
        ),
        (
            "contract",
            lambda ids: _open(
                TICKET.c.customer_id.in_(_through(CONTRACT.c.customer_id, CONTRACT.c.id, ids))
            ),
        ),
    )
    for noun, way in ways:
        ids = things.get(noun)
        if ids:
            found |= set(connection.scalars(way(sorted(ids))))
    return found


def _through(column: ColumnElement[Any], key: ColumnElement[Any], ids: Collection[str]) -> Any:
    return select(column).where(key.in_(ids))


def _open(which: ColumnElement[bool]) -> Any:
    return select(TICKET.c.id).where(which, TICKET.c.status.not_in(sorted(ENDS)))


def mark(connection: Connection, tickets: Collection[str], number: int) -> None:
    """Have tickets looked at at once, because of what the log says up to a leaf.

    Each time leaves another mark: who looked before it does not wipe it out.
    """
    told = [(one, -number) for one in tickets]
    rows.change(connection, "clock_watch", ("ticket_id",), ("next_at",), told)
    fresh = [(one, -number, None) for one in tickets]
    rows.add(connection, "clock_watch", ("ticket_id",), fresh)


def mark_all(connection: Connection, now_ms: int) -> None:
    """Have every ticket looked at that has not come to its end, after those that are due before."""
    wanted = select(TICKET.c.id).where(TICKET.c.status.not_in(sorted(ENDS)))
    connection.execute(update(WATCH).where(WATCH.c.ticket_id.in_(wanted)).values(next_at=now_ms))


def due(connection: Connection, now_ms: int) -> list[Watched]:
    """The next tickets that are to be looked at."""
    wanted = (
        select(WATCH)
        .where(WATCH.c.next_at <= now_ms)
        .order_by(WATCH.c.next_at, WATCH.c.ticket_id)
        .limit(TICKETS_AT_ONCE_MAX)
    )
    return [Watched(*row) for row in connection.execute(wanted)]


def still(connection: Connection, watched: Collection[Watched]) -> set[Watched]:
    """Those of them of which nobody has said otherwise meanwhile."""
    ids = [one.ticket_id for one in watched]
    found = connection.execute(select(WATCH).where(WATCH.c.ticket_id.in_(ids)))
    return {Watched(*row) for row in found} & set(watched)


def known(connection: Connection, tickets: Collection[str]) -> Known:
    """All that the clocks of these tickets are reckoned from, and what was told of them."""
    first = _found(
        connection,
        {
            ("ticket", "id"): tickets,
            ("ticket_event", "ticket_id"): tickets,
            ("work_order", "ticket_id"): tickets,
            ("message", "ticket_id"): tickets,
        },
    )
    own: list[Ticket] = first.get(Ticket, [])
    orders = {one.id for one in first.get(WorkOrder, [])}
    customers = {one.customer_id for one in own}
    second = _found(
        connection,
        {
            ("site", "id"): {one.site_id for one in own},
            ("customer", "id"): customers,
            ("contract", "customer_id"): customers,
            ("asset", "id"): {one.asset_id for one in own if one.asset_id},
            ("assignment", "work_order_id"): orders,
            ("task", "home_id"): {*tickets, *orders},
        },
    )
    people = {one.person_id for one in second.get(Assignment, []) if one.until_ms is None}
    third = _found(connection, {("person", "id"): people})
    return Known(rows={**first, **second, **third})


def _found(
    connection: Connection, wanted: Mapping[rows.Place, Collection[str]]
) -> dict[type[Record], list[Any]]:
    found: dict[type[Record], list[Any]] = {}
    for row in rows.fetch_all(connection, wanted):
        found.setdefault(type(row), []).append(row)
    return found


def catalog(connection: Connection) -> Catalog:
    """The rules that hold now: all versions of policies, which is in force, hours, and prices."""
    kept = {kind: _all(connection, kind) for kind in (ServicePolicy, PriceList, WorkingCalendar)}
    choices = rows.fetch(connection, table(PolicyChoice), "id", {CHOICE})
    choice = next((one for one in choices if isinstance(one, PolicyChoice)), None)
    return Catalog(
        choice=choice or PolicyChoice(id=CHOICE),
        policies={one.id: one for one in kept[ServicePolicy] if isinstance(one, ServicePolicy)},
        calendar=calendar_of(
            one for one in kept[WorkingCalendar] if isinstance(one, WorkingCalendar)
        )
        or PLAIN,
        prices=tuple(one for one in kept[PriceList] if isinstance(one, PriceList)),
    )


def _all(connection: Connection, kind: type[Record]) -> list[Record]:
    own = T[table(kind)]
    return rows.fetch(connection, own.name, "id", set(connection.scalars(select(own.c.id))))


def keep(
    connection: Connection,
    reckoned: Mapping[str, tuple[str, Sequence[Clock], int | None]],
    now_ms: int,
) -> None:
    """Write down how tickets stand (by which policy, and when to look again), and nothing else."""
    connection.execute(delete(CLOCK).where(CLOCK.c.ticket_id.in_(sorted(reckoned))))
    told = [
        _row(ticket, policy, clock)
        for ticket, (policy, clocks, _) in reckoned.items()
        for clock in clocks
        if clock.state != "waiting"  # of which nothing is to be told
    ]
    rows.add(connection, "clock", (), told)
    watches = [(ticket, next_at, now_ms) for ticket, (_, _, next_at) in reckoned.items()]
    rows.upsert(connection, "clock_watch", ("ticket_id",), watches)


def _row(ticket: str, policy: str, clock: Clock) -> Values:
    return (
        ticket,
        clock.node,
        clock.limit,
        policy,
        clock.state,
        clock.reason,
        clock.start,
        clock.due,
        clock.warn_at,
        clock.stopped,
        clock.received,
        clock.rounds,
        clock.missed,
    )


def promised(connection: Connection, ticket: str, nodes: Collection[str]) -> int | None:
    """By when (ms) the first of these steps that is still waited for is due, if one is."""
    wanted = select(CLOCK.c.node, CLOCK.c.due).where(
        CLOCK.c.ticket_id == ticket,
        CLOCK.c.node.in_(sorted(nodes)),
        CLOCK.c.stopped.is_(None),
        CLOCK.c.due.is_not(None),
    )
    found = dict(connection.execute(wanted).all())
    return next((found[node] for node in nodes if node in found), None)


def of_ticket(connection: Connection, ticket: str) -> list[Item]:
    """How a ticket stood when it was last looked at, what is due first first."""
    found = connection.execute(
        select(CLOCK).where(CLOCK.c.ticket_id == ticket).order_by(CLOCK.c.due, CLOCK.c.node)
    )
    return [dict(row._asdict()) for row in found]

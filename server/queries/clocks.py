"""What clocks are reckoned from, which tickets are to be looked at, and how they stand."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, Final

from msgspec import Struct, structs
from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, or_, select, update

from server import rows, tree
from server.queries import money, policies
from server.queries.frame import log_size
from server.queries.pages import Item, T
from server.questions import Question
from server.rows import Values, among, listed
from shared.clocks import Clock
from shared.pressing import UNKNOWN
from shared.records import Record
from shared.standing import Rules
from shared.ticket import ENDS, Ticket
from shared.work_order import Assignment, WorkOrder

CLOCK, WATCH = T["clock"], T["clock_watch"]
LEAF, OP = T["leaf"], T["op"]
TICKET, ORDER, ASSET, CONTRACT = T["ticket"], T["work_order"], T["asset"], T["contract"]
FEEDBACK = T["feedback"]
PLACE: Final = "timekeeper"  # the setting with how far the log was read
LEAVES_AT_ONCE_MAX: Final = 1_000
TICKETS_AT_ONCE_MAX: Final = 50
# What concerns every ticket that is open: rules, hours, and how long a warranty lasts.
FOR_ALL: Final = frozenset({"service_policy", "policy_choice", "working_calendar", "price_list"})
SEEN: Final = (WATCH.c.ticket_id, WATCH.c.next_at, WATCH.c.looked_at)
# What the server says of the clocks changes none of them.
OURS: Final = ("task.raise", "task.settle", "message.queue")


_SUBJECTS: Final = (
    select(OP.c.noun, OP.c.on_id)
    .join(LEAF, OP.c.op_id == LEAF.c.op_id)
    .where(LEAF.c.epoch == bindparam("epoch"), OP.c.noun.is_not(None))
    .where(*(OP.c.kind != ours for ours in OURS))
    .distinct()
)
_SAID: Final = Question(
    _SUBJECTS.where(LEAF.c.number >= bindparam("first"), LEAF.c.number < bindparam("until"))
)
_DUE: Final = Question(
    select(*SEEN)
    .where(WATCH.c.next_at <= bindparam("now"))
    .order_by(WATCH.c.next_at, WATCH.c.ticket_id)
    .limit(bindparam("most"))
)


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


class Looked(Struct, frozen=True, kw_only=True):
    """How a ticket was found to stand: by which policy, how much it presses, when to look again."""

    policy_id: str = ""
    clocks: tuple[Clock, ...] = ()
    pressing: int | None = None
    next_at: int | None = None


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
    said = _SAID.ask(connection, epoch=epoch, first=first, until=until)
    return structs.replace(since, epoch=epoch, number=until), _by_noun(said)


def unread(connection: Connection, here: Place) -> dict[str, set[str]]:
    """What the log speaks of that nobody has read yet, numbered or not: the first so many."""
    epoch = tree.current_epoch(connection)
    if epoch is None:
        return {}
    first = here.number if here.epoch == epoch else 0
    number = LEAF.c.number
    later = _SUBJECTS.where(or_(number >= first, number.is_(None))).limit(LEAVES_AT_ONCE_MAX)
    return _by_noun(connection.execute(later, {"epoch": epoch}))


def _by_noun(things: Iterable[Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for noun, identity in things:
        found.setdefault(noun, set()).add(identity)
    return found


def concerned(connection: Connection, things: Mapping[str, Collection[str]]) -> set[str]:
    """The tickets whose clocks may stand otherwise because of some things."""
    found = set(things.get("ticket", ()))
    for noun, way in _ways(connection.dialect.name).items():
        ids = things.get(noun)
        if ids:
            found |= {ticket for (ticket,) in way.ask(connection, ids=listed(connection, ids))}
    return found


@cache
def _ways(dialect: str) -> Mapping[str, Question]:
    """How to get from things of each noun to their tickets."""

    def through(table: Any, column: str) -> Select[Any]:
        return select(table.c[column]).where(among(table.c.id, "ids", dialect))

    def still_open(which: ColumnElement[bool]) -> Select[Any]:
        return select(TICKET.c.id).where(which, *(TICKET.c.status != end for end in sorted(ENDS)))

    ways = {
        "work_order": through(ORDER, "ticket_id"),
        "message": through(T["message"], "ticket_id"),
        "feedback": through(FEEDBACK, "ticket_id"),
        "site": still_open(among(TICKET.c.site_id, "ids", dialect)),
        "customer": still_open(among(TICKET.c.customer_id, "ids", dialect)),
        "asset": still_open(TICKET.c.site_id.in_(through(ASSET, "site_id"))),
        "contract": still_open(TICKET.c.customer_id.in_(through(CONTRACT, "customer_id"))),
    }
    return {noun: Question(way) for noun, way in ways.items()}


def mark(connection: Connection, tickets: Collection[str], number: int) -> None:
    """Have tickets looked at at once, because of what the log says up to a leaf.

    Each time leaves another mark: who looked before it does not wipe it out.
    """
    told = [(one, -number) for one in tickets]
    rows.change(connection, "clock_watch", ("ticket_id",), ("next_at",), told)
    fresh = [(one, -number, None, UNKNOWN) for one in tickets]
    rows.add(connection, "clock_watch", ("ticket_id",), fresh)


def mark_all(connection: Connection, now_ms: int) -> None:
    """Have every ticket looked at that has not come to its end, after those that are due before."""
    said = select(FEEDBACK.c.ticket_id).where(FEEDBACK.c.state == "open")
    wanted = select(TICKET.c.id).where(
        or_(TICKET.c.status.not_in(sorted(ENDS)), TICKET.c.id.in_(said))
    )
    connection.execute(update(WATCH).where(WATCH.c.ticket_id.in_(wanted)).values(next_at=now_ms))


def due(connection: Connection, now_ms: int, at_most: int = TICKETS_AT_ONCE_MAX) -> list[Watched]:
    """The next tickets that are to be looked at."""
    return [Watched(*row) for row in _DUE.ask(connection, now=now_ms, most=at_most)]


def still(connection: Connection, watched: Collection[Watched]) -> set[Watched]:
    """Those of them of which nobody has said otherwise meanwhile."""
    ids = listed(connection, {one.ticket_id for one in watched})
    found = _still(connection.dialect.name).ask(connection, ids=ids)
    return {Watched(*row) for row in found} & set(watched)


@cache
def _still(dialect: str) -> Question:
    return Question(select(*SEEN).where(among(WATCH.c.ticket_id, "ids", dialect)))


def known(connection: Connection, tickets: Collection[str]) -> list[Record]:
    """All that the clocks of these tickets are reckoned from, and what was told of them."""
    first = rows.fetch_all(
        connection,
        {
            ("ticket", "id"): tickets,
            ("ticket_event", "ticket_id"): tickets,
            ("work_order", "ticket_id"): tickets,
            ("message", "ticket_id"): tickets,
        },
    )
    own = [one for one in first if isinstance(one, Ticket)]
    orders = {one.id for one in first if isinstance(one, WorkOrder)}
    customers = {one.customer_id for one in own}
    second = rows.fetch_all(
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
    given = [one for one in second if isinstance(one, Assignment)]
    people = {one.person_id for one in given if one.until_ms is None}
    return [*first, *second, *rows.fetch_all(connection, {("person", "id"): people})]


def rules(connection: Connection) -> Rules:
    """The rules that hold now: all versions of policies, which is in force, hours, and prices."""
    return Rules(
        choice=policies.choice(connection),
        policies={one.id: one for one in policies.versions(connection)},
        calendars=tuple(policies.calendars(connection)),
        prices=money.terms(connection),
    )


def keep(connection: Connection, reckoned: Mapping[str, Looked], now_ms: int) -> None:
    """Write down how tickets stand, and when to look again, and nothing else."""
    _gone(connection.dialect.name).tell(connection, ids=listed(connection, reckoned))
    told = [
        _row(ticket, one.policy_id, clock)
        for ticket, one in reckoned.items()
        for clock in one.clocks
        if clock.state != "waiting"  # of which nothing is to be told
    ]
    rows.add(connection, "clock", (), told)
    watches = [(ticket, one.next_at, now_ms, one.pressing) for ticket, one in reckoned.items()]
    rows.upsert(connection, "clock_watch", ("ticket_id",), watches)


@cache
def _gone(dialect: str) -> Question:
    return Question(delete(CLOCK).where(among(CLOCK.c.ticket_id, "ids", dialect)))


def _row(ticket: str, policy: str, clock: Clock) -> Values:
    return (
        ticket,
        clock.node,
        clock.about,
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

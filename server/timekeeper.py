"""The timekeeper: looks at the clocks of tickets, and tells the office what they ask for in time.

A job of one process at a time. Which tickets are concerned by what was said is read from the audit
log once that is numbered, so that a push costs nothing; what is due by itself is found by an index.
How a ticket stands is written down together with the acts that it causes, which have ids of their
own: killed anywhere, each is said once. By the server's clock alone: put back, it only waits.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from server import database, logs, notary, promises
from server.office import TIMER, Asked, Office
from server.queries import clocks as books_of_clocks
from server.queries.clocks import FOR_ALL, Catalog, Known, Watched
from shared import alarms
from shared.alarms import CODES, Alarm, Given, Moment, Patience, Told
from shared.casework import Request, case_of, day_of
from shared.clocks import Clock, clocks
from shared.ids import derive
from shared.messages import Message
from shared.ops import SYSTEM
from shared.people import Person
from shared.policy import ServicePolicy
from shared.prices import Contract, current
from shared.site import Asset, Customer, Site
from shared.tasks import Task
from shared.ticket import Ticket, TicketEvent
from shared.timetable import Timetable
from shared.work_order import Assignment, WorkOrder
from sync.protocol import WireOp

LEASE: Final = "timekeeper"
AGAIN_MS: Final = 3_600_000  # until a ticket that cannot be reckoned is tried again
LOOKS_AT_ONCE_MAX: Final = 4  # stretches of the log, and batches of tickets, with one turn


class Round(Struct, kw_only=True):
    """One process's way round the clocks: who goes it."""

    holder: str


class Reckoned(Struct, frozen=True, kw_only=True):
    """How one ticket stands, by which policy, what is to be said of it, and when to look again."""

    ticket_id: str
    policy_id: str = ""
    clocks: tuple[Clock, ...] = ()
    said: tuple[Asked, ...] = ()
    next_at: int | None = None


def keep_time(office: Office, way: Round) -> int:
    """Read on in the log, then look at the tickets that are due; returns at how many."""
    for _ in range(LOOKS_AT_ONCE_MAX):
        if not _read_on(office, way):
            break
    looked = 0
    for _ in range(LOOKS_AT_ONCE_MAX):
        found = _look(office, way)
        looked += found
        if found == 0:
            break
    return looked


def _read_on(office: Office, way: Round) -> bool:
    """Have those looked at that the next leaves of the log concern; whether there were any."""
    with office.reading() as books:
        if books_of_clocks.is_read(books, books_of_clocks.place(books)):
            return False
    now = office.now_ms()
    with office.writing() as books:
        if not notary.take_lease(books, LEASE, way.holder, now):
            return False
        here, things = books_of_clocks.touched(books, books_of_clocks.place(books))
        here = structs.replace(here, since=here.since or now)
        concerned = sorted(books_of_clocks.concerned(books, things))
        books_of_clocks.mark(books, concerned, here.number)
        if FOR_ALL & things.keys():
            books_of_clocks.mark_all(books, now)
        books_of_clocks.keep_place(books, here)
    return True


def _look(office: Office, way: Round) -> int:
    """Reckon the clocks of the next tickets that are due, and say what they ask for."""
    now = office.now_ms()
    with office.reading() as books:
        watched = books_of_clocks.due(books, now)
        if not watched:
            return 0
        rules = books_of_clocks.catalog(books)
        known = books_of_clocks.known(books, {one.ticket_id for one in watched})
        since = books_of_clocks.place(books).since
    reckoned = reckon(office, rules, known, Moment(now=now, since=since))
    with office.writing() as books:
        if not notary.take_lease(books, LEASE, way.holder, now):
            return 0
        return _keep(office, books, (watched, reckoned), now)


def _keep(
    office: Office,
    books: Any,
    found: tuple[Sequence[Watched], Mapping[str, Reckoned]],
    now: int,
) -> int:
    """Write down what was reckoned, but for tickets of which something was said meanwhile."""
    watched, reckoned = found
    current_ = books_of_clocks.still(books, watched)
    kept = {
        one.ticket_id: reckoned.get(one.ticket_id) or Reckoned(ticket_id=one.ticket_id)
        for one in current_
    }
    asked = [one for ticket in sorted(kept) for one in kept[ticket].said]
    fresh = asked and office.ledger(books).recall({one.id for one in asked})
    ops = [
        WireOp(lseq=place, id=one.id, body=office.body(one, SYSTEM, now, origin=TIMER))
        for place, one in enumerate(asked)
        if one.id not in fresh
    ]
    if ops:
        results = office.announce(books, ops, now)
        told = [f"{result.verdict}" for result in results]
        office.log.info("the clocks were told of", verdicts=told)
    books_of_clocks.keep(
        books,
        {one.ticket_id: (one.policy_id, one.clocks, one.next_at) for one in kept.values()},
        now,
    )
    return len(watched)


def reckon(office: Office, rules: Catalog, known: Known, at: Moment) -> dict[str, Reckoned]:
    """How tickets stand by all that is known; one that cannot be reckoned stops no other."""
    timetable = Timetable(rules.calendar)
    lists = Lists.of(known)
    found = {}
    for ticket in known.one(Ticket).values():
        try:
            found[ticket.id] = _standing_of(office, ticket, (lists, rules), (timetable, at))
        except database.Busy:
            raise
        except Exception as error:
            trace = logs.trace_of(error)
            office.log.error("a ticket cannot be reckoned", reference=ticket.id, trace=trace)
            found[ticket.id] = Reckoned(ticket_id=ticket.id, next_at=at.now + AGAIN_MS)
    return found


def _standing_of(
    office: Office, ticket: Ticket, by: tuple["Lists", Catalog], when: tuple[Timetable, Moment]
) -> Reckoned:
    (lists, rules), (timetable, at) = by, when
    request = lists.request(ticket, rules)
    policy = rules.policies.get(ticket.policy_id or "")  # C-01: what it was opened under
    standing: tuple[Clock, ...] = ()
    if policy is not None:
        standing = clocks(case_of(request), policy, timetable, at.now)
    return _reckoned(office, (ticket, policy, standing), lists, when)


class Lists(Struct, frozen=True, kw_only=True):
    """The rows of several tickets, each by what it belongs to."""

    events: Mapping[str, list[TicketEvent]]
    sites: Mapping[str, Site]
    customers: Mapping[str, Customer]
    assets: Mapping[str, Asset]
    contracts: Mapping[str, list[Contract]]
    orders: Mapping[str, list[WorkOrder]]
    assignments: Mapping[str, list[Assignment]]
    tasks: Mapping[str, list[Task]]
    messages: Mapping[str, list[Message]]
    names: Mapping[str, str]

    @classmethod
    def of(cls, known: Known) -> "Lists":
        """What is known, put in order."""
        return cls(
            events=known.by(TicketEvent, "ticket_id"),
            sites=known.one(Site),
            customers=known.one(Customer),
            assets=known.one(Asset),
            contracts=known.by(Contract, "customer_id"),
            orders=known.by(WorkOrder, "ticket_id"),
            assignments=known.by(Assignment, "work_order_id"),
            tasks=known.by(Task, "home_id"),
            messages=known.by(Message, "ticket_id"),
            names={one.id: one.name for one in known.one(Person).values()},
        )

    def request(self, ticket: Ticket, rules: Catalog) -> Request:
        """A ticket with all that its clocks depend on."""
        asset = self.assets.get(ticket.asset_id) if ticket.asset_id else None
        bare = Request(ticket=ticket, events=(), site=self.sites.get(ticket.site_id))
        return Request(
            ticket=ticket,
            events=self.events.get(ticket.id, []),
            site=bare.site,
            asset=asset,
            contracts=self.contracts.get(ticket.customer_id, []),
            prices=current(rules.prices, day_of(bare)),
            choice=rules.choice,
        )

    def given(self, ticket: Ticket) -> list[Given]:
        """The jobs of a ticket, each with whom it was given to."""
        return [
            Given(
                order=one,
                assignments=tuple(self.assignments.get(one.id, [])),
                names=self.names,
            )
            for one in self.orders.get(ticket.id, [])
        ]

    def unpromised(self, ticket: Ticket, at: Moment) -> tuple[Site, Customer] | None:
        """Where and whose a new ticket is, unless its customer has been told of it."""
        site = self.sites.get(ticket.site_id)
        customer = self.customers.get(ticket.customer_id)
        told = (one.template for one in self.messages.get(ticket.id, ()))
        first = max(at.since, at.now - promises.WITHIN_MS)
        is_news = ticket.number is not None and ticket.opened_at >= first
        if site is None or customer is None or not is_news or promises.TEMPLATE in told:
            return None
        return site, customer

    def alarms(self, ticket: Ticket) -> list[Task]:
        """What was told of a ticket and its jobs, and nobody has closed."""
        homes = (ticket.id, *(one.id for one in self.orders.get(ticket.id, [])))
        found = (task for home in homes for task in self.tasks.get(home, []))
        return [one for one in found if one.code in CODES and not one.done]


def _reckoned(
    office: Office,
    what: tuple[Ticket, ServicePolicy | None, tuple[Clock, ...]],
    lists: Lists,
    when: tuple[Timetable, Moment],
) -> Reckoned:
    ticket, policy, standing = what
    timetable, at = when
    limits = {one.id: one for one in policy.limits} if policy is not None else {}
    site = lists.sites.get(ticket.site_id)
    hours = timetable.hours(site.time_zone if site is not None else "")
    told = (
        alarms.of_clocks(ticket.id, standing, limits, at),
        alarms.of_orders(lists.given(ticket), _patience(office), hours, at),
    )
    said = [*_raised(told), *_settled(told, lists.alarms(ticket), standing)]
    due = promises.promised(standing, limits)
    place = lists.unpromised(ticket, at)
    if due is not None and place is not None:
        said.append(promises.promise(office, ticket, place, due))
    moments = [one.next_at for one in told if one.next_at is not None]
    return Reckoned(
        ticket_id=ticket.id,
        policy_id=policy.id if policy is not None else "",
        clocks=standing,
        said=tuple(said),
        next_at=min(moments, default=None),
    )


def _patience(office: Office) -> Patience:
    limits = office.settings.limits
    return Patience(
        minutes=limits.unaccepted_minutes, urgent_minutes=limits.unaccepted_urgent_minutes
    )


def _raised(told: Sequence[Told]) -> list[Asked]:
    return [
        Asked(
            id=one.op_id,
            kind="task.raise",
            on=one.on,
            args={"code": one.code, "params": dict(one.params)},
        )
        for one in _standing(told)
    ]


def _settled(told: Sequence[Told], tasks: Sequence[Task], now: tuple[Clock, ...]) -> list[Asked]:
    """What closes tasks that nothing asks for any more."""
    wanted = {one.task_id for one in _standing(told)}
    return [
        Asked(
            id=derive("settled", one.id),
            kind="task.settle",
            on=(one.home_noun, one.home_id),
            args={"task": one.id, "reason": alarms.why_over(one, now)},
        )
        for one in tasks
        if one.id not in wanted
    ]


def _standing(told: Sequence[Told]) -> list[Alarm]:
    return [alarm for one in told for alarm in one.alarms]

"""The timekeeper: looks at the clocks of tickets, and tells the office what they ask for in time.

A job of one process at a time. Which tickets are concerned by what was said is read from the audit
log once that is numbered, so that a push costs nothing; what is due by itself is found by an index.
How a ticket stands is written down together with the acts that it causes, which have ids of their
own: killed anywhere, each is said once. By the server's clock alone: put back, it only waits.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from server import database, logs, notary, phrasing, promises
from server.announcing import WITHIN_MS, About, announced
from server.office import TIMER, Asked, Office
from server.queries import clocks as books_of_clocks, pressing
from server.queries.clocks import FOR_ALL, Looked, Watched
from shared import alarms
from shared.alarms import CODES, Alarm, Given, Moment, Patience, Told
from shared.clocks import Clock
from shared.ids import derive
from shared.messages import Message
from shared.ops import SYSTEM
from shared.people import Person
from shared.records import Record
from shared.site import Customer, Site
from shared.standing import Grounds, Rules, Standing
from shared.tasks import Task
from shared.ticket import Ticket
from shared.wordings import MessageRules
from shared.work_order import Assignment, WorkOrder
from sync.protocol import WireOp

LEASE: Final = "timekeeper"
AGAIN_MS: Final = 3_600_000  # until a ticket that cannot be reckoned is tried again
LOOKS_AT_ONCE_MAX: Final = 4  # stretches of the log, and batches of tickets, with one turn


class Round(Struct, kw_only=True):
    """One process's way round the clocks: who goes it."""

    holder: str


class Reckoned(Struct, frozen=True, kw_only=True):
    """How one ticket stands, and what is to be said of it."""

    looked: Looked = Looked()
    said: tuple[Asked, ...] = ()


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
    with office.asking() as books:
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
    with office.asking() as books:
        watched = books_of_clocks.due(books, now)
    if not watched:
        return 0
    with office.reading() as books:
        rules = books_of_clocks.rules(books)
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
    kept = {one.ticket_id: reckoned.get(one.ticket_id) or Reckoned() for one in current_}
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
    books_of_clocks.keep(books, {name: one.looked for name, one in kept.items()}, now)
    return len(watched)


def reckon(
    office: Office, rules: Rules, known: Iterable[Record], at: Moment
) -> dict[str, Reckoned]:
    """How tickets stand by all that is known; one that cannot be reckoned stops no other."""
    with office.reading() as books:
        spoken = phrasing.rules(books)
    lists = Lists.of(Grounds(rules, known), spoken)
    found = {}
    for ticket in lists.grounds.one(Ticket).values():
        try:
            found[ticket.id] = _reckoned(office, lists, ticket, at)
        except database.Busy:
            raise
        except Exception as error:
            trace = logs.trace_of(error)
            office.log.error("a ticket cannot be reckoned", reference=ticket.id, trace=trace)
            found[ticket.id] = Reckoned(looked=_stuck(ticket, at))
    return found


class Lists(Struct, frozen=True, kw_only=True):
    """What several tickets stand by, and their jobs, tasks and messages, by what they belong to."""

    grounds: Grounds
    orders: Mapping[str, list[WorkOrder]]
    assignments: Mapping[str, list[Assignment]]
    tasks: Mapping[str, list[Task]]
    messages: Mapping[str, list[Message]]
    names: Mapping[str, str]
    spoken: MessageRules

    @classmethod
    def of(cls, grounds: Grounds, spoken: MessageRules) -> "Lists":
        """What is known, put in order."""
        return cls(
            grounds=grounds,
            orders=grounds.by(WorkOrder, "ticket_id"),
            assignments=grounds.by(Assignment, "work_order_id"),
            tasks=grounds.by(Task, "home_id"),
            messages=grounds.by(Message, "ticket_id"),
            names={one.id: one.name for one in grounds.one(Person).values()},
            spoken=spoken,
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

    def unpromised(self, known: Standing, at: Moment) -> tuple[Site, Customer] | None:
        """Where and whose a new ticket is, unless its customer has been told of it."""
        ticket, site, customer = known.ticket, known.site, known.customer
        told = (one.template for one in self.messages.get(ticket.id, ()))
        first = max(at.since, at.now - promises.WITHIN_MS)
        is_news = ticket.number is not None and ticket.opened_at >= first
        is_wanted = promises.TEMPLATE in self.spoken.automatic
        if site is None or customer is None or not is_news or not is_wanted:
            return None
        if promises.TEMPLATE in told:
            return None
        return site, customer

    def about(self, known: Standing) -> About | None:
        """What messages about a ticket name, where its site and its customer are known."""
        if known.site is None or known.customer is None or known.ticket.number is None:
            return None
        given = self.given(known.ticket)
        leads = (
            one.person_id
            for job in reversed(given)
            for one in job.assignments
            if one.until_ms is None and one.role == "lead"
        )
        return About(
            ticket=known.ticket,
            events=tuple(known.events),
            site=known.site,
            customer=known.customer,
            messages=self.messages.get(known.ticket.id, []),
            names=self.names,
            technician=self.names.get(next(leads, ""), ""),
        )

    def alarms(self, ticket: Ticket) -> list[Task]:
        """What was told of a ticket and its jobs, and nobody has closed."""
        homes = (ticket.id, *(one.id for one in self.orders.get(ticket.id, [])))
        found = (task for home in homes for task in self.tasks.get(home, []))
        return [one for one in found if one.code in CODES and not one.done]


def _reckoned(office: Office, lists: Lists, ticket: Ticket, at: Moment) -> Reckoned:
    known = lists.grounds.standing(ticket, at.now)
    limits = {one.id: one for one in known.policy.every} if known.policy is not None else {}
    hours = lists.grounds.hours(known.case)
    told = (
        alarms.of_clocks(ticket.id, known.clocks, limits, hours, at),
        alarms.of_orders(lists.given(ticket), _patience(office), hours, at),
    )
    said = [*_raised(told), *_settled(told, lists.alarms(ticket), known.clocks)]
    due = promises.promised(known.clocks, limits)
    place = lists.unpromised(known, at)
    if due is not None and place is not None:
        said.append(promises.promise(office, ticket, place, due))
    about = lists.about(known)
    if about is not None:
        since = max(at.since, at.now - WITHIN_MS)
        said += announced(office, about, lists.spoken.automatic, since)
    moments = [one.next_at for one in told if one.next_at is not None]
    looked = Looked(
        policy_id=known.policy.id if known.policy is not None else "",
        clocks=known.clocks,
        pressing=pressing.key_of(ticket, known.clocks, at.now),
        next_at=min(moments, default=None),
    )
    return Reckoned(looked=looked, said=tuple(said))


def _stuck(ticket: Ticket, at: Moment) -> Looked:
    """Of a ticket that cannot be reckoned it is known that it is there."""
    return Looked(pressing=pressing.key_of(ticket, (), at.now), next_at=at.now + AGAIN_MS)


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

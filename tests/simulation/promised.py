"""What must hold of promises in the weeks, whatever happened: a ticket's story is that of its acts,
its clocks follow from it and are the same everywhere, and nothing is promised or told twice.
"""

import json
from collections import Counter as Count
from collections.abc import Callable, Iterator
from typing import Any, Final

from hypothesis.stateful import invariant
from msgspec import Struct

from shared import casework
from shared.clocks import Clock
from shared.enquiry import Enquiry
from shared.feedback import Feedback
from shared.ids import derive
from shared.kinds import write_row
from shared.messages import TELLS, Message
from shared.policy import CHOICE, PolicyChoice, ServicePolicy
from shared.records import CATALOG, stream_of
from shared.ticket import Ticket, TicketEvent
from shared.work_order import Assignment, WorkOrder
from sync.memory import MemoryPhone
from sync.overlay import is_open
from sync.ports import Outboxed, Recorded
from tests.simulation.always import SEEN_LATE_MS
from tests.simulation.counter import MINUTE_MS, ZONE, Counter
from tests.simulation.reckoned import (
    Books,
    Rows,
    end_of_minute,
    every,
    lasts,
    of_the_field,
    shown_on,
    story,
    waited_for,
)

DONE: Final = ("diagnosed", "proposed", "resolved")
TOLD: Final = ("sent", "delivered")
LEAD_MS: Final = 2_000  # by so much a phone takes it for later than it is: answers travel
Meaning = tuple[tuple[str, ...], str, str]  # what happened, what is waited for, what is over


def _means(*events: str, pause: str = "", resume: str = "") -> Callable[[Any], Meaning]:
    return lambda _said: (events, pause, resume)


def _waits(said: Any) -> Meaning:
    return ((), said["reason"], "")


def _calls(said: Any) -> Meaning:
    again = ("reopened",) if said.get("satisfied") is False else ()
    return (("called_back", *again) if said["reached"] else (), "", "")


def _scope(said: Any) -> Meaning:
    return (("acknowledged", "withdrawn", "closed") if said["scope"] == "out" else (), "", "")


def _contact(said: Any) -> Meaning:
    return (("contacted",) if said["reached"] else (), "", "")


def _ended(said: Any) -> Meaning:
    waits = {
        "customer_not_in": "customer_absent",
        "customer_moved_date": "customer_date",
        "waits_for_part": "parts",
    }
    if said["outcome"] == "done":
        return (DONE, "", "")
    return (("diagnosed",) if said.get("diagnosis") else (), waits.get(said["outcome"], ""), "")


# What an act that was taken means to the clocks of its ticket, said a second time.
MEANS: Final[dict[str, Callable[[Any], Meaning]]] = {
    "ticket.open": _means("recorded"),
    "ticket.acknowledge": _means("acknowledged"),
    "ticket.inform": _means("progress_told"),
    "ticket.propose": _means("diagnosed", "proposed"),
    "ticket.resolve": _means(*DONE),
    "ticket.chase": _means(),
    "ticket.agree": _means(),
    "ticket.wait": _waits,
    "ticket.go_on": _means(resume="all"),
    "ticket.call_back": _calls,
    "ticket.decide_scope": _scope,
    "ticket.withdraw": _means("withdrawn"),
    "ticket.close": _means("closed"),
    "work_order.assign": _means("assigned"),
    "work_order.reassign": _means("assigned"),
    "work_order.contact": _contact,
    "work_order.depart": _means("departed"),
    "work_order.arrive": _means("arrived", resume="all"),
    "work_order.complete": _ended,
}


class Foreseen(Struct, frozen=True):
    """What a phone said of a ticket's clocks before it was heard, and the story it knew."""

    ticket: str
    lines: frozenset[str]
    clocks: tuple[Clock, ...]


class Promised(Counter):
    """The company with its desk, and what must hold of it."""

    def begin(self, lacks: frozenset[str] = frozenset()) -> None:
        self.versions: dict[str, bytes] = {}
        self.pinned: dict[str, str | None] = {}
        self.lines: dict[str, str] = {}
        self.reckoned: dict[str, tuple[str, int]] = {}
        self.over = False
        super().begin(lacks)

    def server_is_restored_from_its_backup(self, silently: bool) -> None:
        """What was published since is gone, and may be published otherwise."""
        super().server_is_restored_from_its_backup(silently)
        if self.backup is not None:
            self.versions, self.reckoned = {}, {}
            self.pinned = {row.id: row.policy_id for row in self.rows(Ticket)}

    # A story is that of its acts

    def line_of(self, op: Recorded) -> str:
        """The line that an act adds to a story, if it does."""
        known = self.lines.get(op.op_id)
        if known is None:
            known = self.lines[op.op_id] = derive(op.op_id, "event")
        return known

    def said(self, op: Recorded) -> Any:
        """The arguments of an act."""
        return json.loads(self.books.pages.raw[op.op_id])["args"]

    @invariant()
    def every_line_tells_what_was_done_when_it_was_done(self) -> None:
        """At the corrected time of its act, whenever that came, and however the acts came."""
        rows, known = self.books.pages.rows, set()
        for op in self.books.pages.ops.values():
            line = rows.get((TicketEvent, self.line_of(op)))
            if isinstance(line, TicketEvent):
                known.add(line.id)
                assert line.at == op.done_at
                assert line.received is None or line.received > line.at
                assert line.latest is None or line.at <= line.latest
                assert line.earliest is None or line.earliest <= line.at
            meant = MEANS.get(op.kind or "")
            if meant is None or op.verdict != "applied" or not self._has_a_ticket(op):
                continue
            events, pause, resume = meant(self.said(op))
            assert isinstance(line, TicketEvent)
            told = tuple(one for one in line.events if one != "reopened" or one in events)
            assert (told, line.pause, line.resume) == (events, pause, resume)
        assert {line.id for line in self.rows(TicketEvent)} == known

    def _has_a_ticket(self, op: Recorded) -> bool:
        noun, identity = op.on or ("", "")
        rows = self.books.pages.rows
        job = rows.get((WorkOrder, identity)) if noun == "work_order" else None
        ticket = job.ticket_id if isinstance(job, WorkOrder) else identity
        return (Ticket, ticket) in rows

    @invariant()
    def clocks_stood_still_while_something_was_waited_for(self) -> None:
        """As told moment by moment, in the order in which it was done."""
        told = story(self.books.pages.rows)
        for ticket in self.rows(Ticket):
            lines = sorted(told.get(ticket.id, ()), key=lambda one: (one.at, one.id))
            if not any(line.pause for line in lines):
                continue
            pauses = casework.pauses_of(lines, ZONE.key)
            for line in lines:
                standing = {one.reason for one in pauses if lasts(one, line.at)}
                assert standing == waited_for(lines, line.at, ZONE.key), (standing, lines)

    @invariant()
    def what_was_agreed_last_holds(self) -> None:
        """By when it was agreed, not by when the office heard of it."""
        told: dict[str, list[tuple[int, str]]] = {}
        for op in self.books.pages.ops.values():
            agreed = self._agreed_by(op)
            if agreed is not None:
                told.setdefault(agreed[0], []).append((op.done_at, agreed[1]))
        for ticket in self.rows(Ticket):
            agreements = told.get(ticket.id, [])
            last = max((at for at, _ in agreements), default=None)
            assert (last, ticket.agreed_visit) in [*agreements, (None, None)]

    def _agreed_by(self, op: Recorded) -> tuple[str, str] | None:
        """On which ticket an act agreed on a visit, and for when."""
        if op.kind not in ("ticket.agree", "work_order.contact") or op.verdict != "applied":
            return None
        said, (_, identity) = self.said(op), op.on or ("", "")
        if op.kind == "ticket.agree":
            return (identity, said["visit"]) if said.get("visit") else None
        job = self.books.pages.rows.get((WorkOrder, identity))
        if not (isinstance(job, WorkOrder) and said["reached"] and said.get("visit_at")):
            return None
        return (job.ticket_id, said["visit_at"])

    # Clocks follow from it

    @invariant()
    def a_clock_stops_when_it_was_done(self) -> None:
        """Whenever that was heard of: at the time of a line that says so."""
        told = story(self.books.pages.rows)
        for ticket, clocks in self._reckoned():
            times = {(one, line.at) for line in told.get(ticket.id, ()) for one in line.events}
            assert all((one.stopped_by, one.stopped) in times for one in clocks if one.stopped_by)

    def _reckoned(self) -> Iterator[tuple[Ticket, tuple[Clock, ...]]]:
        """The clocks of those tickets of which something was written since they were looked at."""
        books = None
        for ticket in self.rows(Ticket):
            stream = stream_of(("ticket", ticket.id))
            seq = self.books.pages.heads[stream].seq
            if self.reckoned.get(stream) == (self.books.epoch, seq):
                continue
            self.reckoned[stream] = (self.books.epoch, seq)
            books = books or Books(self.books.pages.rows)
            yield ticket, books.clocks(ticket, self.world.now_ms)

    # Nothing is promised or told twice

    @invariant()
    def a_version_of_a_policy_never_changes(self) -> None:
        here = {row.id: write_row(row) for row in self.rows(ServicePolicy)}
        assert all(here.get(name) == body for name, body in self.versions.items())
        self.versions = here
        editions = [
            (one.policy_id, one.name, one.number)
            for row in self.rows(PolicyChoice)
            for one in row.editions
        ]
        told = {(row.id, row.name, row.number) for row in self.rows(ServicePolicy)}
        assert set(editions) == told
        assert len({(name, number) for _, name, number in editions}) == len(editions)

    @invariant()
    def a_ticket_keeps_the_version_it_was_opened_under(self) -> None:
        """The newest then: here nothing is published, or put into force, for a later day."""
        for ticket in self.rows(Ticket):
            if ticket.id not in self.pinned:
                self.pinned[ticket.id] = self._in_force(ticket.opened_at)
            assert ticket.policy_id == self.pinned[ticket.id]

    def _in_force(self, at: int) -> str | None:
        choice = self.books.pages.rows.get((PolicyChoice, CHOICE))
        assert isinstance(choice, PolicyChoice)
        (chosen,) = choice.chosen
        policies = [row for row in self.rows(ServicePolicy) if row.name == chosen.policy]
        return str(max((row.number, row.id) for row in policies if row.at <= at)[1])

    @invariant()
    def an_enquiry_becomes_at_most_one_ticket(self) -> None:
        made = Count(row.enquiry_id for row in self.rows(Ticket) if row.enquiry_id)
        assert set(made.values()) <= {1}
        for row in self.rows(Enquiry):
            assert made[row.id] == (row.state == "opened")
            assert (row.ticket_id is not None) == (row.state in ("opened", "linked"))

    @invariant()
    def a_message_is_told_once(self) -> None:
        """Once, and again where it failed: whoever says so, and how often."""
        lines = {line.id for line in self.rows(TicketEvent)}
        told: Count[str] = Count()
        failed: Count[str] = Count()
        for op in self.books.pages.ops.values():
            _, message = op.on or ("", "")
            if op.verdict == "applied" and op.kind == "message.fail":
                failed[message] += 1
            elif op.verdict == "applied" and op.kind == "message.send":
                told[message] += self.line_of(op) in lines
        for row in self.rows(Message):
            least = int(row.state in TOLD and row.template in TELLS)
            assert least <= told[row.id] <= failed[row.id] + 1

    @invariant()
    def a_customer_counts_as_told_from_the_first_time(self) -> None:
        """Whoever told them, and whenever the office heard of that."""
        rows = self.books.pages.rows
        heard: dict[str, list[int]] = {}
        counted: dict[str, list[int]] = {}
        for op in self.books.pages.ops.values():
            if op.kind == "message.send" and op.verdict in ("applied", "merged"):
                _, identity = op.on or ("", "")
                message = rows.get((Message, identity))
                if isinstance(message, Message) and message.template in TELLS:
                    heard.setdefault(message.id, []).append(op.done_at)
                    if (TicketEvent, self.line_of(op)) in rows:
                        counted.setdefault(message.id, []).append(op.done_at)
        assert {one: min(at) for one, at in heard.items()} == {
            one: min(at) for one, at in counted.items()
        }

    @invariant()
    def what_a_technician_told_is_shown_as_told(self) -> None:
        """Whatever of its ticket comes before the office has heard of that."""
        for phone in self.phones:
            said: dict[str, str] = {}
            for entry in phone.all_ops():
                if entry.kind.startswith("message.") and is_open(entry) and entry.on_top:
                    said[entry.on[1]] = entry.kind
            shown = phone.shown(base=False) if said else {}
            for message, kind in said.items():
                row = shown.get((Message, message))
                told = isinstance(row, Message) and row.state in TOLD
                assert row is None or kind != "message.send" or told

    @invariant()
    def what_a_technician_heard_is_shown_while_its_ticket_is_here(self) -> None:
        """A complaint that the office has not heard of yet, whatever comes of its ticket before."""
        for phone in self.phones:
            said = [one for one in phone.all_ops() if one.kind == "feedback.record"]
            shown = phone.shown(base=False) if said else {}
            for entry in said:
                if is_open(entry) and entry.on_top and self._is_on_a_job_here(entry, shown):
                    assert (Feedback, entry.op_id) in shown

    def _is_on_a_job_here(self, entry: Outboxed, shown: Rows) -> bool:
        args = json.loads(entry.body)["args"]
        mine = [row for row in every(shown, Assignment) if row.work_order_id == args["work_order"]]
        theirs = any(row.person_id == entry.by for row in mine)
        return theirs and (Ticket, args["ticket"]) in shown

    # Phones reckon the same

    def sync(self, phone: int, faults: list[str], ops_max: int, small: bool) -> None:
        replica = self.phones[phone]
        foreseen = self._foreseen(replica) if not (faults or self.restored) else []
        super().sync(phone, faults, ops_max, small)
        if not self.restored:
            self.clocks_are_the_same_on(replica)
            self._came_true(foreseen)

    def clocks_are_the_same_on(self, replica: MemoryPhone) -> None:
        """Of each ticket of which a phone knows all that there is, once it has nothing to say."""
        if any(is_open(one) or one.on_top for one in replica.all_ops()):
            return
        now, rows = end_of_minute(self.world.now_ms), replica.shown(base=False)
        known = self._current(replica, rows)
        shown = shown_on(rows, known.keys(), now)
        books = Books(self.books.pages.rows) if shown else None
        for name, told in shown.items():
            assert books is not None
            assert told == of_the_field(books.clocks(known[name], now))

    def _current(self, replica: MemoryPhone, rows: Rows) -> dict[str, Ticket]:
        """The tickets of which a phone has read all that the office has, by id."""
        marks, heads = replica.marks(), self.books.pages.heads
        behind = {one for one, head in heads.items() if one not in marks}
        # What the office forgot when it was put back is known by nobody but the phone.
        gone = marks.keys() - heads.keys()
        behind |= gone | {one for one in marks.keys() - gone if marks[one].cursor != heads[one].seq}
        jobs = every(rows, WorkOrder)
        found = {}
        for ticket in every(rows, Ticket):
            things = [("site", ticket.site_id), ("customer", ticket.customer_id)]
            things += [("work_order", job.id) for job in jobs if job.ticket_id == ticket.id]
            streams = {CATALOG, *map(stream_of, (("ticket", ticket.id), *things))}
            if not streams & behind:
                found[ticket.id] = ticket
        return found

    def _foreseen(self, replica: MemoryPhone) -> list[Foreseen]:
        """What a phone whose clock is right says of tickets on which it has done something."""
        wrong = self.world.clock_error_ms.get(id(replica)) or id(replica) in self.world.stands_at
        if wrong or id(replica) in self.world.started or self.put_back:
            return []
        if all(one.verdict is not None for one in replica.all_ops()):
            return []
        rows = replica.shown(base=False)
        now = end_of_minute(self.world.now_ms + LEAD_MS)
        shown = shown_on(rows, self._current(replica, rows).keys(), now)
        told = story(rows)
        return [
            Foreseen(name, frozenset(line.id for line in told.get(name, ())), clocks)
            for name, clocks in shown.items()
        ]

    def _came_true(self, foreseen: list[Foreseen]) -> None:
        """It still holds, to the minute, where all of it was taken and nobody has done more."""
        rows = self.books.pages.rows
        books, told = Books(rows), story(rows)
        for one in foreseen:
            ticket = rows[Ticket, one.ticket]
            assert isinstance(ticket, Ticket)
            if {line.id for line in told.get(one.ticket, ())} != one.lines:
                continue
            after = of_the_field(books.clocks(ticket, end_of_minute(self.world.now_ms + LEAD_MS)))
            assert [clock.limit for clock in after] == [clock.limit for clock in one.clocks]
            for then, now in zip(one.clocks, after, strict=True):
                assert (then.stopped is None) == (now.stopped is None)
                assert abs((then.stopped or 0) - (now.stopped or 0)) <= SEEN_LATE_MS

    def teardown(self) -> None:
        super().teardown()
        for minutes in (0, 55, 24 * 60) if hasattr(self, "world") else ():
            self.world.tick(minutes * MINUTE_MS)
            for replica in self.phones:
                self.clocks_are_the_same_on(replica)

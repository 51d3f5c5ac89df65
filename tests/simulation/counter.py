"""What offices and phones do with tickets, at random: they answer, classify, agree and wait; make
tickets of what comes in; tell customers; publish policies and hours, whoever is offline meanwhile.
"""

import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.calendars import WorkingCalendar, calendar_id
from shared.enquiry import Enquiry
from shared.ids import derive
from shared.messages import Message
from shared.ops import SYSTEM
from shared.people import Person
from shared.policy import CHOICE, PolicyChoice
from shared.ticket import Ticket
from shared.visit import Visit
from shared.work_order import WorkOrder
from tests.simulation.whole import Whole
from tests.world import ANN, CHECKLIST, ORDER_ARGS, TICKET_ARGS, known

MAX: Final = known("max")  # who leads the service
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
TEAMS: Final = {name: known(f"team {name}") for name in ("day", "night")}
NAMES: Final = ("hotline", "workday")
ZONE: Final = ZoneInfo("Asia/Shanghai")
FIRST_DAY: Final = "2020-01-01"
# What the desk says of a ticket with one click.
SAID: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "answers": ("ticket.acknowledge", {"means": "phone"}),
    "informs": ("ticket.inform", {"means": "sms", "note": "on it"}),
    "proposes": ("ticket.propose", {"means": "email", "text": "a new board"}),
    "solves": ("ticket.resolve", {"means": "phone", "text": "press reset"}),
    "hears from them": ("ticket.chase", {}),
    "is urged": ("ticket.urge", {}),
    "calls in vain": ("ticket.call_back", {"means": "phone", "reached": False}),
    "calls back": ("ticket.call_back", {"means": "phone", "reached": True, "satisfied": True}),
    "takes up": ("ticket.call_back", {"means": "phone", "reached": True, "satisfied": False}),
    "goes on": ("ticket.go_on", {}),
    "withdraws": ("ticket.withdraw", {"reason": "sold"}),
    "closes": ("ticket.close", {"reason": "done"}),
    "takes it on": ("ticket.decide_scope", {"scope": "in"}),
    "refuses": ("ticket.decide_scope", {"scope": "out", "reason": "no lifts", "means": "phone"}),
}
OUTCOMES: Final = ("customer_not_in", "customer_moved_date", "waits_for_part", "unsafe")
HOW: Final = ("sent", "delivered", "failed", "cancelled")  # what becomes of a message
WEEKS: Final = (
    [[["09:00", "12:00"], ["13:00", "18:00"]]] * 5 + [[], []],
    [[["00:00", "24:00"]]] * 7,
    [[["22:00", "06:00"]]] * 6 + [[]],
)


def limits(factor: int) -> list[dict[str, Any]]:
    """The limits of a version: each so many times as long as in the first."""
    minutes = {"unit": "min", "amount": 5 * factor}
    waits = ["parts", "customer_date", "customer_absent", "mail_in"]
    until = {"start": "received", "stop": "resolved", "pauses": waits}
    hours = {"unit": "h", "amount": 2 * factor}
    return [
        {
            "id": "respond",
            "node": "respond",
            "start": "received",
            "stop": "acknowledged",
            **minutes,
        },
        {"id": "assign", "node": "assign", "start": "received", "stop": "assigned", **minutes},
        {"id": "contact", "node": "contact", "start": "assigned", "stop": "contacted", **minutes},
        {
            "id": "arrive",
            "node": "arrive",
            "start": "assigned",
            "stop": "arrived",
            "agreed": "may",
            "agreed_max": 24,
            "pauses": waits,
            **hours,
        },
        {"id": "diagnose", "node": "diagnose", "start": "arrived", "stop": "diagnosed", **minutes},
        {"id": "propose", "node": "propose", "start": "acknowledged", "stop": "proposed", **hours},
        {"id": "solve", "node": "solve", "calendar": "working", **until, **hours},
        {
            "id": "solve_urgent",
            "node": "solve",
            "when": {"urgency": ["urgent"]},
            "excusable": True,
            **until,
            "unit": "min",
            "amount": 40 * factor,
        },
        {
            "id": "repair",
            "node": "repair",
            "calendar": "working",
            "agreed": "may",
            **until,
            "unit": "working_day",
            "amount": factor,
        },
        {
            "id": "progress",
            "node": "progress",
            "start": "received",
            "stop": "progress_told",
            "every": True,
            "until": "resolved",
            "pauses": waits,
            **hours,
        },
        {
            "id": "call_back",
            "node": "call_back",
            "start": "resolved",
            "stop": "called_back",
            **hours,
        },
    ]


class Counter(Whole):
    """The company, with its desk: its customers are promised something, and hear of it."""

    def begin(self, lacks: frozenset[str] = frozenset()) -> None:
        self.written: dict[int, int] = {}
        super().begin(lacks)
        max_ = {"login": "max", "name": "Max", "roles": ["service_manager"]}
        said = self.world.office("master.put", ("person", MAX), {"row": max_}, by=SYSTEM)
        self.world.must(said)
        for name, team in TEAMS.items():
            told = {"row": {"name": name}}
            self.world.must(self.world.office("master.put", ("team", team), told, by=SYSTEM))
        for name, factor in zip(NAMES, (1, 3), strict=True):
            self.policy_is_published(name, factor)
        self.policy_is_chosen(NAMES[0])

    def tickets(self) -> list[Ticket]:
        """All there are, the oldest first."""
        return sorted(self.rows(Ticket), key=lambda row: row.id)

    def says(self, kind: str, pick: int, args: dict[str, Any], *, by: str = "") -> None:
        """Somebody in the office says something of a ticket; it may be refused."""
        found = self.tickets()
        if found:
            who = {"by": by} if by else {}
            self.world.office(kind, ("ticket", found[pick % len(found)].id), args, **who)

    def local(self, hours: int) -> str:
        """A wall time at the site, so many hours from now."""
        at = datetime.datetime.fromtimestamp(self.world.now_ms / 1000 + hours * 3600, ZONE)
        return at.strftime("%Y-%m-%dT%H:%M")

    # The desk

    def desk(self, pick: int, what: str) -> None:
        kind, args = SAID[what]
        self.says(kind, pick, args)

    def desk_classifies(self, pick: int, kind: str, urgency: str) -> None:
        self.says("ticket.classify", pick, {"kind": kind, "urgency": urgency})

    def desk_agrees(self, pick: int, hours: int, visit: bool) -> None:
        self.says("ticket.agree", pick, {"visit" if visit else "due": self.local(hours)})

    def desk_waits(self, pick: int, reason: str, hours: int) -> None:
        """For the customer's own date, if so many hours are named; else for as long as it takes."""
        until = {"until": self.local(hours)} if hours else {}
        self.says("ticket.wait", pick, {"reason": reason, **until})

    def leader_decides(self, pick: int, limit: str, said: str) -> None:
        told = {"limit": limit, "said": said} if said else {"limit": limit, "reason": "traffic"}
        self.says("ticket.settle_time" if said else "ticket.excuse", pick, told, by=MAX)

    # What comes in

    def somebody_writes(self, reference: int) -> None:
        """What was received twice is there once: the id follows from what tells it from others."""
        received = self.written.setdefault(reference, self.world.now_ms)
        told = {"channel": "email", "reference": f"<{reference}@mail>", "text": "It leaks again"}
        op_id = derive("enquiry", "email", told["reference"])
        op = self.world.op(
            "enquiry.receive",
            ("enquiry", ""),
            {**told, "received_at": received},
            by=SYSTEM,
            op_id=op_id,
        )
        self.world.hand_in([op], person=None)

    def desk_looks_at_what_came_in(self, pick: int, how: str, twice: bool) -> None:
        """It is made a ticket, added to one or refused, perhaps by two people at once."""
        found = sorted(self.rows(Enquiry), key=lambda row: row.id)
        if not found:
            return
        enquiry = found[pick % len(found)].id
        for _ in range(2 if twice else 1):
            if how == "open":
                told = {**TICKET_ARGS, "channel": "email", "enquiry": enquiry}
                self.world.office("ticket.open", ("ticket", ""), told)
            elif how == "link" and self.tickets():
                said = {"ticket": self.tickets()[pick % len(self.tickets())].id}
                self.world.office("enquiry.link", ("enquiry", enquiry), said)
            else:
                said = {"reason": "an advertisement"}
                self.world.office("enquiry.refuse", ("enquiry", enquiry), said)

    def a_job_is_made_of_a_ticket(self, pick: int, who: str) -> str:
        """Of any there is, also of one that has its jobs already: it is taken up again."""
        if not self.tickets():
            return self.world.job(who, checklist=CHECKLIST)
        ticket = self.tickets()[pick % len(self.tickets())].id
        args = {**ORDER_ARGS, "ticket": ticket, "checklist": CHECKLIST}
        made = self.world.office("work_order.create", ("work_order", ""), args)
        if made.verdict != "applied":
            return self.world.job(who, checklist=CHECKLIST)
        said = {"person": who, "role": "lead"}
        self.world.office("work_order.assign", ("work_order", made.id), said)
        return made.id

    # Messages

    def message_is_queued(self, pick: int, template: str) -> None:
        found = self.tickets()
        if found:
            told = {"template": template, "text": "We are on it", "language": "en"}
            said = {"ticket": found[pick % len(found)].id, **told}
            self.world.office("message.queue", ("message", ""), said)

    def office_tells(self, pick: int, how: str) -> None:
        found = sorted(self.rows(Message), key=lambda row: row.id)
        if found:
            self.world.office(*_about(found[pick % len(found)], how))

    def technician_tells(self, phone: int, pick: int, how: str) -> None:
        """A message that waits on the phone, by right of a job of its ticket."""
        shown = self.phones[phone].shown(base=False).values()
        found = sorted((row for row in shown if isinstance(row, Message)), key=lambda row: row.id)
        if not found:
            return
        kind, on, args = _about(found[pick % len(found)], how)
        ticket = found[pick % len(found)].ticket_id
        jobs = (row for row in shown if isinstance(row, WorkOrder) and row.ticket_id == ticket)
        job = min((row.id for row in jobs), default=None)
        if job is not None and kind != "message.cancel":
            self.tap(phone, kind, on, {**args, "work_order": job})

    def office_tells_while_a_phone_is_away(self, phone: int, order: str, how: str) -> None:
        """What a technician has told already, without a network."""
        order = self.theirs(phone, order)
        job = self.books.pages.rows.get((WorkOrder, order))
        if not isinstance(job, WorkOrder):
            return
        told = {"template": "progress", "text": "We are on it", "language": "en"}
        said = {**told, "ticket": job.ticket_id}
        message = self.world.office("message.queue", ("message", ""), said).id
        self.sync(phone, [], 200, False)
        on = ("message", message)
        self.tap(phone, "message.send", on, {"channel": "technician_sms", "work_order": order})
        self.time_passes(90)
        row = self.books.pages.rows.get((Message, message))
        if isinstance(row, Message):
            self.world.office(*_about(row, how))
        self.sync(phone, [], 200, False)

    # Visits

    def technician_calls(self, phone: int, order: str, reached: bool, hours: int) -> None:
        """The customer, before going there; they may agree on a time."""
        agreed = {"visit_at": self.local(hours)} if hours else {}
        said = {"means": "phone", "reached": reached, **agreed}
        self.tap(phone, "work_order.contact", ("work_order", order), said)

    def technician_hears_a_complaint(self, phone: int, order: str, kind: str) -> None:
        """Told on the spot, whoever else speaks of the ticket before the office hears of it."""
        job = self.phones[phone].shown(base=False).get((WorkOrder, order))
        if isinstance(job, WorkOrder):
            said = {
                "ticket": job.ticket_id,
                "kind": kind,
                "means": "in_person",
                "text": "Late again",
            }
            self.tap(phone, "feedback.record", ("feedback", ""), {**said, "work_order": order})

    def visit_ends_otherwise(self, phone: int, order: str, outcome: str) -> None:
        """With something that has to be waited for."""
        for verb in ("accept", "depart", "arrive", "start"):
            self.step(phone, order, verb)
        said = {"outcome": outcome, "diagnosis": "board burnt"}
        self.tap(phone, "work_order.complete", ("work_order", order), said)

    def visit_is_planned(self, order: str, who: str, hours: int) -> None:
        window = {"planned_from": self.local(hours), "planned_to": self.local(hours + 2)}
        self.world.office("visit.plan", ("work_order", order), {"person": who, **window})

    def visit_is_moved(self, pick: int, hours: int, fault: str) -> None:
        found = sorted(self.rows(Visit), key=lambda row: row.id)
        if found:
            visit = found[pick % len(found)]
            window = {"planned_from": self.local(hours), "planned_to": self.local(hours + 2)}
            said = {"visit": visit.id, "fault": fault, **window}
            self.world.office("visit.move", ("work_order", visit.work_order_id), said)

    def customer_puts_it_off_again(self, order: str, reason: str, hours: int, plans: bool) -> None:
        """Their own date passes, it is spoken of, and another one is named, or a visit planned."""
        job = self.books.pages.rows.get((WorkOrder, order))
        if not isinstance(job, WorkOrder):
            return
        on = ("ticket", job.ticket_id)
        self.world.office("ticket.wait", on, {"reason": reason, "until": self.local(hours)})
        self.time_passes(hours * 60 + 20)
        self.world.office("ticket.chase", on, {})
        self.time_passes(20)
        if plans:
            self.visit_is_planned(order, ANN, hours)
        else:
            self.world.office("ticket.wait", on, {"reason": reason, "until": self.local(hours)})
        self.world.office("ticket.chase", on, {})

    # Policies and hours

    def policy_is_published(self, name: str, factor: int) -> None:
        """Its next version: tickets that are open keep theirs."""
        choice = self.books.pages.rows.get((PolicyChoice, CHOICE))
        editions = choice.editions if isinstance(choice, PolicyChoice) else ()
        newest = max((one.number for one in editions if one.name == name), default=0)
        said = {"name": name, "after": newest, "valid_from": FIRST_DAY, "en": name, "zh": name}
        on = ("service_policy", "")
        told = {**said, "limits": limits(factor)}
        self.world.must(self.world.office("policy.publish", on, told, by=MAX))

    def policy_is_chosen(self, name: str) -> None:
        said = {"choice": {"policy": name, "valid_from": FIRST_DAY}}
        self.world.office("policy.choose", ("policy_choice", CHOICE), said, by=MAX)

    def hours_are_set(self, week: int, holiday: int, team: str = "") -> None:
        """Other hours of the company or a team, and a holiday in so many days, if any."""
        calendar = calendar_id(team)
        before = self.books.pages.rows.get((WorkingCalendar, calendar))
        day = self.local(holiday * 24)[:10]
        days = {"days": [{"date": day, "works": False}]} if holiday else {}
        said = {"week": WEEKS[week], "seen": before.version if before is not None else None}
        on = ("working_calendar", calendar)
        self.world.office("calendar.set", on, {**said, **days, "team": team}, by=MAX)

    def somebody_changes_teams(self, who: str, team: str) -> None:
        """Tickets that they have stay with the hours they had."""
        person = self.books.pages.rows.get((Person, who))
        assert isinstance(person, Person)
        told = {name: getattr(person, name) for name in ("login", "name", "roles", "van_id")}
        row = {**told, **({"team_id": team} if team else {})}
        self.world.office("master.put", ("person", who), {"row": row}, by=SYSTEM)

    # What comes in between

    def time_passes(self, minutes: int) -> None:
        self.world.tick(minutes * MINUTE_MS)

    def office_goes_on_while_a_phone_is_away(self, phone: int, order: str, minutes: int) -> None:
        """What was done there comes late and in pieces, behind what the office did since."""
        self.sync(phone, [], 200, False)
        order = self.theirs(phone, order)
        self.technician_calls(phone, order, reached=True, hours=3)
        self.time_passes(minutes)
        for verb in ("accept", "depart", "arrive"):
            self.step(phone, order, verb)
        self._office_agrees_on(order)
        self.policy_is_published(NAMES[0], 2)
        self.hours_are_set(1, holiday=0)
        self.time_passes(minutes)
        self.sync(phone, [], 1, False)

    def _office_agrees_on(self, order: str) -> None:
        job = self.books.pages.rows.get((WorkOrder, order))
        if isinstance(job, WorkOrder):
            on = ("ticket", job.ticket_id)
            self.world.office("ticket.agree", on, {"visit": self.local(5)})
            self.world.office("ticket.wait", on, {"reason": "parts"})


def _about(message: Message, how: str) -> tuple[str, tuple[str, str], dict[str, Any]]:
    """An act about a message: it was sent, delivered, failed, or is not wanted any more."""
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "sent": ("message.send", {"channel": "copy"}),
        "delivered": ("message.send", {"channel": "copy", "delivered": True}),
        "failed": ("message.fail", {"why": "no answer"}),
        "cancelled": ("message.cancel", {}),
    }
    kind, args = kinds[how]
    return kind, ("message", message.id), args

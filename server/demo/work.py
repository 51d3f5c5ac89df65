"""Six weeks of work around today: tickets, work orders, who goes, and when."""

from collections import Counter
from typing import Any, Final, NamedTuple

from msgspec import Struct

from server.demo.customers import Clients, Machine
from server.demo.masters import Catalog, Good, Staff, Technician
from server.demo.premises import DemoOp, Premises
from server.demo.stock import Stocked
from shared.ids import derive
from shared.prices import PriceList

WARRANTY_DAYS: Final = 730
OFFICE_FROM, OFFICE_MINUTES = 9 * 60, 420
TOLD_FROM, TOLD_MINUTES = 8 * 60, 45
DAY_MINUTES = 24 * 60
EARLY_FROM, EARLY_MINUTES = 7 * 60 + 40, 80
JUST_CALLED, JUST_CALLED_OF = 24, 6  # minutes ago: nobody was sent yet, and nobody is late
BUSY_FROM, BUSY_MINUTES = 8 * 60, 50
CALM_FROM, CALM_GAP = 8 * 60, 30
LATE_FROM: Final = 16 * 60
CALM_MINUTES: Final = (90, 60, 120, 75)
FAR: Final = 2
SETS_OFF: Final = 45  # minutes before a visit in which its technician is on the way
ANSWERED: Final = {"means": "phone"}
SLOW_EVERY, SLOW_MINUTES = 12, 25  # which calls had to wait for a first word, and how long
CHANNELS: Final = ("phone", "phone", "phone", "chat", "web", "email")
# How the jobs lie around today: (how many, the days, what becomes of them).
SPREAD: Final = (
    (26, range(1), "today"),
    (6, range(1), "unassigned"),
    (1, range(1), "declined"),
    (14, range(1, 7), "future"),
    (4, range(-3, 0), "cancelled"),
    (40, range(-35, 0), "past"),
)
# How the past visits ended, by turns; the others were done.
ENDINGS: Final = {
    0: "waits_for_part",
    3: "no_fault_found",
    5: "customer_not_in",
    7: "price_refused",
    13: "no_fault_found",
    15: "customer_moved_date",
    17: "unsafe",
    19: "taken_back",
    20: "waits_for_part",
}
ENDINGS_REPEAT: Final = 24
# After these somebody still waits.
UNFINISHED: Final = frozenset(
    {"waits_for_part", "customer_not_in", "customer_moved_date", "unsafe", "taken_back"}
)
WAITING_DAYS: Final = 2
BUSY_DAY: Final = 12
FIRST_TURN: Final = 4  # of the day's first work order: it still waits for its technician
UNBEGUN: Final = ("accepted", "accepted", "seen", "accepted", "assigned")
BEGUN: Final = ("working", "on_site", "working", "paused")
NOTES: Final = {
    "zh": ("", "", "请提前半小时电话联系", "带上同型号备件", "客户催过一次，请优先"),
    "en": ("", "", "Call half an hour before", "Bring a spare of the same model"),
}
PLANNED: Final = {"zh": ("按上次情况备", "", "客户要求换新"), "en": ("As last time", "", "")}


class Slot(Struct, frozen=True, kw_only=True):
    """Where a job lies: the n-th of its kind, so many days from today, and its fate."""

    n: int
    day: int
    fate: str


class Job(Struct, frozen=True, kw_only=True):
    """One planned visit to one machine. `start` and `end` are minutes after midnight there.

    `stage` is how far its technician has come this morning; `part` is planned for it, in the line
    with the id `line`.
    """

    ticket_id: str
    order_id: str
    visit_id: str
    machine: Machine
    slot: Slot
    technician: Technician
    start: int
    end: int
    stage: str
    part: Good | None
    line: str

    @property
    def ending(self) -> str:
        """How its visit ended, if it is over."""
        past = self.slot.fate == "past"
        return ENDINGS.get(self.slot.n % ENDINGS_REPEAT, "done") if past else "done"


class Work(Struct, frozen=True, kw_only=True):
    """All that the office did about jobs, the jobs, and the machines nobody has called about."""

    ops: list[DemoOp]
    jobs: list[Job]
    idle: list[Machine]


class Firm(NamedTuple):
    """What the company is when work comes in."""

    premises: Premises
    team: Staff
    goods: Catalog
    stocked: Stocked
    prices: PriceList


def jobs(firm: Firm, served: Clients) -> Work:
    """A hundred tickets with a work order each; the first technician has a full day today."""
    premises, team = firm.premises, firm.team
    written = {one["code"]: one for one in premises.read("jobs")["classes"]}
    waiting = sorted(served.machines, key=lambda one: premises.id("turn", one.id))
    called: list[Machine] = []
    taken: Counter[tuple[str, int]] = Counter()
    ops: list[DemoOp] = []
    made: list[Job] = []
    for slot in _slots():
        known = called if slot.fate == "past" else waiting
        machine = _next_machine(known, slot, written, team.technicians)
        known.remove(machine)
        called.append(machine)
        skill = written[machine.kind]["skill"]
        technician = _choose(firm, (machine, skill), slot, taken)
        job = _job(firm, (machine, skill), slot, technician, taken)
        asked = premises.draw(written[machine.kind]["jobs"], "asked", slot.n)
        office = _Office(firm, job, taken)
        ops += [*_opened(office, asked, skill), *_sent(office), *_changed(office, skill)]
        ops += _told(office)
        made.append(job)
    return Work(ops=ops, jobs=made, idle=waiting)


class _Office(NamedTuple):
    firm: Firm
    job: Job
    taken: Counter[tuple[str, int]]

    def op(self, kind: str, noun: str, args: dict[str, Any], *, minutes: int) -> DemoOp:
        """An act of the office about this job, so many minutes after the ticket was opened."""
        premises, job = self.firm.premises, self.job
        identity = premises.id("op", premises.day.isoformat(), job.slot.n, kind)
        day, since = self.opened()
        subject = {"ticket": job.ticket_id, "work_order": job.order_id}[noun]
        opens = kind in ("ticket.open", "work_order.create")
        role = "customer_service" if noun == "ticket" else "dispatcher"
        return DemoOp(
            id=subject if opens else identity,
            kind=kind,
            on=(noun, subject),
            args=args,
            by=self.firm.team.desk(role, job.slot.n),
            at=premises.at(day, since + minutes),
        )

    def opened(self) -> tuple[int, int]:
        """On which day (today is 0) the ticket was opened, how many minutes after midnight."""
        premises, slot = self.firm.premises, self.job.slot
        if slot.fate == "unassigned":
            return 0, premises.until - JUST_CALLED + slot.n % JUST_CALLED_OF * 2
        if slot.fate == "declined":
            return 0, EARLY_FROM + premises.roll(EARLY_MINUTES, "opened", slot.n)
        return min(slot.day, 0) - 1, OFFICE_FROM + premises.roll(OFFICE_MINUTES, "opened", slot.n)


def _slots() -> list[Slot]:
    slots = [Slot(n=n, day=0, fate="busy") for n in range(BUSY_DAY)]
    for many, days, fate in SPREAD:
        slots += [
            Slot(n=n, day=_day(days[index % len(days)], fate, n), fate=fate)
            for index, n in enumerate(range(len(slots), len(slots) + many))
        ]
    return slots


def _day(usual: int, fate: str, n: int) -> int:
    """On which day a job lies: what waits for somebody after a visit was visited lately."""
    waits = fate == "past" and ENDINGS.get(n % ENDINGS_REPEAT) in UNFINISHED
    return -1 - n % WAITING_DAYS if waits else usual


def _next_machine(
    waiting: list[Machine], slot: Slot, written: dict[str, Any], team: list[Technician]
) -> Machine:
    """The next one that calls; today one of everybody's own trade and zone, turn by turn."""
    if slot.fate not in ("busy", "today"):
        return waiting[0]
    mine = team[0] if slot.fate == "busy" else team[1 + slot.n % (len(team) - 1)]

    def foreign(machine: Machine) -> tuple[bool, bool]:
        elsewhere = not machine.private if slot.fate == "busy" else machine.zone not in mine.zones
        return (written[machine.kind]["skill"] not in mine.skills, elsewhere)

    return min(waiting, key=foreign)


def _choose(
    firm: Firm, need: tuple[Machine, str], slot: Slot, taken: Counter[tuple[str, int]]
) -> Technician:
    """Whoever has the skill and the fewest jobs that day; another zone counts as two more.

    The first technician has only this one busy day.
    """
    machine, skill = need
    premises, team = firm.premises, firm.team
    if slot.fate == "busy":
        return team.technicians[0]
    able = [one for one in team.technicians[1:] if skill in one.skills]

    def dear(one: Technician) -> tuple[int, int]:
        far = 0 if machine.zone in one.zones else FAR
        return (taken[one.code, slot.day] + far, premises.roll(97, one.code, slot.n))

    return min(able, key=dear)


def _job(
    firm: Firm,
    need: tuple[Machine, str],
    slot: Slot,
    technician: Technician,
    taken: Counter[tuple[str, int]],
) -> Job:
    premises, (machine, skill) = firm.premises, need
    today = premises.day.isoformat()
    planning = premises.id("op", today, slot.n, "visit.plan")
    start, end = _window(slot, technician, taken[technician.code, slot.day])
    if slot.fate not in ("unassigned", "declined"):
        taken[technician.code, slot.day] += 1
    return Job(
        ticket_id=premises.id("ticket", today, slot.n),
        order_id=premises.id("order", today, slot.n),
        visit_id=derive(planning, "visit"),
        machine=machine,
        slot=slot,
        technician=technician,
        start=start,
        end=end,
        stage=_stage(premises.until, slot, start, end),
        part=_part(firm, technician, skill, slot),
        line=derive(premises.id("op", today, slot.n, "parts.plan"), "planned"),
    )


def _window(slot: Slot, technician: Technician, turn: int) -> tuple[int, int]:
    """From when until when, in minutes after midnight."""
    if slot.fate == "busy":
        start = BUSY_FROM + (slot.n + FIRST_TURN) % BUSY_DAY * BUSY_MINUTES
        return start, start + BUSY_MINUTES
    start = CALM_FROM + int(technician.code[1:]) % 4 * 30 + turn * (max(CALM_MINUTES) + CALM_GAP)
    return start, start + CALM_MINUTES[slot.n % len(CALM_MINUTES)]


def _stage(until: int, slot: Slot, start: int, end: int) -> str:
    """How far somebody has come by now."""
    if slot.fate == "past":
        return "done"
    if slot.fate not in ("busy", "today") or slot.n == 0:
        return "assigned"
    if end <= until:
        return "done"
    if start - SETS_OFF <= until:
        begun = BEGUN[slot.n * 5 // 4 % len(BEGUN)]
        return begun if slot.fate == "today" and start + 25 < until else "en_route"
    return UNBEGUN[slot.n % len(UNBEGUN)]


def _part(firm: Firm, technician: Technician, skill: str, slot: Slot) -> Good | None:
    """What is planned for every other job: something of the trade that the van has."""
    fitting = [one for one in firm.stocked.in_van[technician.van_id] if skill in one.skills]
    if slot.n % 2 or not fitting or slot.fate == "cancelled":
        return None
    return firm.premises.draw(fitting, "planned", slot.n)


def _opened(office: _Office, asked: dict[str, Any], skill: str) -> list[DemoOp]:
    premises, goods = office.firm.premises, office.firm.goods
    machine, n = office.job.machine, office.job.slot.n
    summary, problem = asked[machine.language]
    ticket: dict[str, Any] = {
        "customer": machine.customer_id,
        "site": machine.site_id,
        "asset": machine.id,
        "problem": problem,
        "channel": premises.draw(CHANNELS, "channel", n),
        "priority": asked["priority"],
        "caller": machine.caller,
    }
    order: dict[str, Any] = {
        "ticket": office.job.ticket_id,
        "asset": machine.id,
        "summary": summary,
        "category": category_of(premises, machine),
        "service": asked["service"],
        "priority": asked["priority"],
        "checklist": goods.checklists[machine.kind][0],
        "skill": skill,
        "job_note": premises.draw(NOTES[machine.language], "note", n),
    }
    return [
        office.op("ticket.open", "ticket", ticket, minutes=0),
        office.op("ticket.acknowledge", "ticket", ANSWERED, minutes=_answered_after(n)),
        office.op("work_order.create", "work_order", order, minutes=8),
    ]


def _answered_after(turn: int) -> int:
    """Minutes until somebody answered: in time, but for one call in a dozen."""
    return SLOW_MINUTES if turn % SLOW_EVERY == SLOW_EVERY - 1 else 2 + turn % 6


def category_of(premises: Premises, machine: Machine) -> str:
    """Which charge category a job on a machine is opened under."""
    age = (premises.day - machine.delivered_on).days
    return "C" if age <= WARRANTY_DAYS else "A" if machine.private else "B"


def _sent(office: _Office) -> list[DemoOp]:
    job = office.job
    if job.slot.fate == "unassigned":
        return []
    lead = {"person": job.technician.id, "role": "lead"}
    sent = [office.op("work_order.assign", "work_order", lead, minutes=12)]
    if job.slot.fate == "declined":
        return sent
    if job.part is not None:
        note = office.firm.premises.draw(PLANNED[job.machine.language], "why", job.slot.n)
        line = {"part": job.part.id, "quantity": "1", "note": note}
        sent.append(office.op("parts.plan", "work_order", line, minutes=15))
    going = {"person": job.technician.id, **window(office.firm.premises, job, job.slot.day)}
    date = going["planned_from"]
    return [
        *sent,
        office.op("visit.plan", "work_order", going, minutes=13),
        # The day was chosen by the customer: until then no clock runs.
        office.op("ticket.wait", "ticket", {"reason": "customer_date", "until": date}, minutes=14),
    ]


def _changed(office: _Office, skill: str) -> list[DemoOp]:
    """What the office thought better of: cancelled, moved at the customer's wish, reassigned."""
    job = office.job
    if job.slot.fate == "cancelled":
        reason = {"zh": "客户已自行解决", "en": "The customer solved it"}[job.machine.language]
        return [
            office.op("work_order.cancel", "work_order", {"reason": reason}, minutes=40),
            office.op("ticket.withdraw", "ticket", {"reason": reason}, minutes=41),
        ]
    if job.slot.fate != "future":
        return []
    if job.slot.n % 5 == 0:
        later = window(office.firm.premises, job, job.slot.day + 1, LATE_FROM)
        moved = {"visit": job.visit_id, "fault": "customer", **later}
        return [office.op("visit.move", "work_order", moved, minutes=45)]
    return _given_away(office, skill) if job.slot.n % 5 == 1 else []


def _told(office: _Office) -> list[DemoOp]:
    """This morning everybody who still waits was told how far it has come (R-SLA-13)."""
    slot, (day, since) = office.job.slot, office.opened()
    is_done = slot.fate == "past" and office.job.ending not in UNFINISHED
    if is_done or slot.fate == "cancelled" or day == 0:
        return []
    minutes = -day * DAY_MINUTES + TOLD_FROM + slot.n % TOLD_MINUTES - since
    return [office.op("ticket.inform", "ticket", ANSWERED, minutes=minutes)]


def _given_away(office: _Office, skill: str) -> list[DemoOp]:
    job, taken = office.job, office.taken
    others = [
        one
        for one in office.firm.team.technicians[1:]
        if skill in one.skills and one != job.technician
    ]
    if not others:
        return []
    other = min(others, key=lambda one: taken[one.code, job.slot.day])
    taken[other.code, job.slot.day] += 1
    given = {"person": other.id, "reason": "原技术人员当天休假"}
    return [office.op("work_order.reassign", "work_order", given, minutes=45)]


def window(premises: Premises, job: Job, day: int, start: int | None = None) -> dict[str, str]:
    """As long a visit on a day, at the same hour unless another one is said."""
    first = job.start if start is None else start
    return {
        "planned_from": premises.wall(day, first),
        "planned_to": premises.wall(day, first + job.end - job.start),
    }

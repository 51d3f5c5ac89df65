"""Two weeks of work around today: tickets, work orders, who goes, and when."""

from collections import Counter
from typing import Any, Final, NamedTuple

from msgspec import Struct

from server.demo.customers import Clients, Machine
from server.demo.masters import Catalog, Staff, Technician
from server.demo.premises import DemoOp, Premises
from shared.ids import derive

WARRANTY_DAYS: Final = 730
OFFICE_FROM, OFFICE_MINUTES = 9 * 60, 420
BUSY_FROM, BUSY_MINUTES = 8 * 60, 50
CALM_FROM, CALM_MINUTES = 8 * 60 + 30, 120
CHANNELS: Final = ("phone", "phone", "phone", "chat", "web", "email")
# How the jobs lie around today: (how many, the days, what becomes of them).
SPREAD: Final = (
    (15, range(-7, 0), "past"),
    (15, range(1), "today"),
    (10, range(1, 7), "future"),
    (5, range(1), "unassigned"),
    (3, range(-3, 0), "cancelled"),
)
BUSY_DAY: Final = 12
NOTES: Final = {
    "zh": ("", "", "请提前半小时电话联系", "带上同型号备件", "客户催过一次，请优先"),
    "en": ("", "", "Call half an hour before", "Bring a spare of the same model"),
}


class Slot(Struct, frozen=True, kw_only=True):
    """Where a job lies: the n-th of its kind, so many days from today, and its fate."""

    n: int
    day: int
    fate: str


class Job(Struct, frozen=True, kw_only=True):
    """One planned visit to one machine. `start` and `end` are minutes after midnight there."""

    ticket_id: str
    order_id: str
    visit_id: str
    machine: Machine
    slot: Slot
    technician: Technician
    start: int
    end: int


class Work(Struct, frozen=True, kw_only=True):
    """All that the office did about jobs, and the jobs that somebody was sent to."""

    ops: list[DemoOp]
    jobs: list[Job]


def jobs(premises: Premises, team: Staff, served: Clients, goods: Catalog) -> Work:
    """Sixty tickets with a work order each; the first technician has a full day today."""
    written = {one["code"]: one for one in premises.read("jobs")["classes"]}
    waiting = sorted(served.machines, key=lambda one: premises.id("turn", one.id))
    taken: Counter[tuple[str, int]] = Counter()
    ops: list[DemoOp] = []
    sent: list[Job] = []
    for slot in _slots():
        machine = _next_machine(waiting, slot, written, team.technicians[0])
        skill = written[machine.kind]["skill"]
        technician = _choose(premises, team, (machine, skill), slot)
        turn = taken[technician.code, slot.day]
        taken[technician.code, slot.day] += 1
        job = _job(premises, machine, slot, technician, turn)
        asked = premises.draw(written[machine.kind]["jobs"], "asked", slot.n)
        office = _Office(premises, team, goods, job)
        ops += [*_opened(office, asked, skill), *_sent(office), *_changed(office, skill)]
        if slot.fate not in ("unassigned", "cancelled"):
            sent.append(job)
    return Work(ops=ops, jobs=sent)


class _Office(NamedTuple):
    premises: Premises
    team: Staff
    goods: Catalog
    job: Job

    def op(self, kind: str, noun: str, args: dict[str, Any], *, minutes: int) -> DemoOp:
        """An act of the office about this job, so many minutes after the ticket was opened."""
        premises, job = self.premises, self.job
        identity = premises.id("op", premises.day.isoformat(), job.slot.n, kind)
        subject = {"ticket": job.ticket_id, "work_order": job.order_id}[noun]
        opens = kind in ("ticket.open", "work_order.create")
        role = "customer_service" if kind == "ticket.open" else "dispatcher"
        since = OFFICE_FROM + premises.roll(OFFICE_MINUTES, "opened", job.slot.n)
        return DemoOp(
            id=subject if opens else identity,
            kind=kind,
            on=(noun, subject),
            args=args,
            by=self.team.desk(role, job.slot.n),
            at=premises.at(min(job.slot.day, 0) - 1, since + minutes),
        )


def _slots() -> list[Slot]:
    slots = [Slot(n=n, day=0, fate="busy") for n in range(BUSY_DAY)]
    for many, days, fate in SPREAD:
        slots += [
            Slot(n=len(slots) + index, day=days[index % len(days)], fate=fate)
            for index in range(many)
        ]
    return slots


def _next_machine(
    waiting: list[Machine], slot: Slot, written: dict[str, Any], busy: Technician
) -> Machine:
    for machine in waiting:
        known = written[machine.kind]["skill"] in busy.skills
        if slot.fate != "busy" or (machine.private and known):
            waiting.remove(machine)
            return machine
    raise AssertionError("more jobs than machines")


def _choose(premises: Premises, team: Staff, need: tuple[Machine, str], slot: Slot) -> Technician:
    """Somebody with the skill, from the zone if there is one; the first has only busy days."""
    machine, skill = need
    if slot.fate == "busy":
        return team.technicians[0]
    able = [one for one in team.technicians[1:] if skill in one.skills]
    near = [one for one in able if machine.zone in one.zones]
    return premises.draw(near or able, "technician", slot.n)


def _job(
    premises: Premises, machine: Machine, slot: Slot, technician: Technician, turn: int
) -> Job:
    first, minutes = (BUSY_FROM, BUSY_MINUTES) if slot.fate == "busy" else (CALM_FROM, CALM_MINUTES)
    today = premises.day.isoformat()
    planning = premises.id("op", today, slot.n, "visit.plan")
    return Job(
        ticket_id=premises.id("ticket", today, slot.n),
        order_id=premises.id("order", today, slot.n),
        visit_id=derive(planning, "visit"),
        machine=machine,
        slot=slot,
        technician=technician,
        start=first + turn * minutes,
        end=first + (turn + 1) * minutes,
    )


def _opened(office: _Office, asked: dict[str, Any], skill: str) -> list[DemoOp]:
    premises, _, goods, job = office
    machine, n = job.machine, job.slot.n
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
        "ticket": job.ticket_id,
        "asset": machine.id,
        "summary": summary,
        "category": _category(premises, machine),
        "service": asked["service"],
        "priority": asked["priority"],
        "checklist": goods.checklists[machine.kind][0],
        "skill": skill,
        "job_note": premises.draw(NOTES[machine.language], "note", n),
    }
    return [
        office.op("ticket.open", "ticket", ticket, minutes=0),
        office.op("work_order.create", "work_order", order, minutes=8),
    ]


def _category(premises: Premises, machine: Machine) -> str:
    age = (premises.day - machine.delivered_on).days
    return "C" if age <= WARRANTY_DAYS else "A" if machine.private else "B"


def _sent(office: _Office) -> list[DemoOp]:
    job = office.job
    if job.slot.fate == "unassigned":
        return []
    lead = {"person": job.technician.id, "role": "lead"}
    return [
        office.op("work_order.assign", "work_order", lead, minutes=12),
        office.op(
            "visit.plan",
            "work_order",
            {"person": job.technician.id, **_window(office, job.slot.day)},
            minutes=13,
        ),
    ]


def _changed(office: _Office, skill: str) -> list[DemoOp]:
    """What the office thought better of: cancelled, moved at the customer's wish, reassigned."""
    job = office.job
    if job.slot.fate == "cancelled":
        reason = {"zh": "客户已自行解决", "en": "The customer solved it"}[job.machine.language]
        return [office.op("work_order.cancel", "work_order", {"reason": reason}, minutes=40)]
    if job.slot.fate != "future":
        return []
    if job.slot.n % 5 == 0:
        moved = {"visit": job.visit_id, "fault": "customer", **_window(office, job.slot.day + 1)}
        return [office.op("visit.move", "work_order", moved, minutes=45)]
    others = [
        one for one in office.team.technicians if skill in one.skills and one != job.technician
    ]
    if job.slot.n % 5 == 1 and others:
        given = {"person": others[0].id, "reason": "原技术人员当天休假"}
        return [office.op("work_order.reassign", "work_order", given, minutes=45)]
    return []


def _window(office: _Office, day: int) -> dict[str, str]:
    premises, job = office.premises, office.job
    return {
        "planned_from": premises.wall(day, job.start),
        "planned_to": premises.wall(day, job.end),
    }

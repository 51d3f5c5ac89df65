"""What the demo company's office made of all that: next visits, supplies, stock, new calls."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from server.demo.customers import Machine
from server.demo.field import op_id
from server.demo.premises import DemoOp
from server.demo.work import LATE_FROM, UNFINISHED, Firm, Job, Work, window
from shared.ids import derive

REPEATS: Final = 2  # of the new calls: about machines that were mended lately
# The new calls: how many minutes ago, and how long each waited for a first word, if it had one. One
# has waited for hours, one a little too long; the others have time.
CALLS: Final = ((165, 4), (48, 4), (19, 5), (15, 4), (9, None), (3, None))
TO_VANS: Final = 4
AGAIN: Final = frozenset({"waits_for_part", "customer_not_in", "customer_moved_date"})
EVENING: Final = 19 * 60
PROPOSED: Final = {
    "zh": "备好配件后再次上门处理，时间另约",
    "en": "One more visit once everything for it is there; the time is to be agreed",
}
CALLED: Final = {"zh": "已电话联系客户，另约时间", "en": "Rang the customer; a new time is agreed"}


def afterwards(firm: Firm, work: Work) -> list[DemoOp]:
    """What the office did after the field; none of it is about today's jobs."""
    past = [job for job in work.jobs if job.slot.fate == "past"]
    open_ended = [job for job in past if job.ending in AGAIN]
    return [
        *(_proposed(firm, job) for job in past if job.ending in UNFINISHED),
        *(op for turn, job in enumerate(open_ended) for op in _again(firm, job, turn)),
        *_refilled(firm),
        *_counted(firm),
        *_brought_back(firm),
        *_called(firm, work),
    ]


class Act(NamedTuple):
    """The id, author and time of an act that is still to be said."""

    id: str
    by: str
    at: int

    def said(self, kind: str, on: tuple[str, str], args: dict[str, Any]) -> DemoOp:
        """The act, in these words."""
        return DemoOp(id=self.id, kind=kind, on=on, args=args, by=self.by, at=self.at)


def disputed(firm: Firm, work: Work) -> list[DemoOp]:
    """Two people changed the same thing without knowing of each other; a person decides."""
    job = next(one for one in work.jobs if one.slot.fate == "today")
    (made,) = (op for op in work.ops if op.id == job.order_id)
    seen = str(made.args["priority"])
    wanted = "urgent" if seen != "urgent" else "emergency"
    desk = _act(firm, "dispatcher", ("office edit", job.slot.n), 8 * 60 + 5)
    field = _act(firm, "dispatcher", ("field edit", job.slot.n), 8 * 60 + 40)
    on = ("work_order", job.order_id)
    return [
        desk.said("edit", on, {"fields": {"priority": [seen, wanted]}}),
        field._replace(by=job.technician.id).said(
            "edit", on, {"fields": {"priority": [seen, "low" if seen != "low" else "normal"]}}
        ),
    ]


def _proposed(firm: Firm, job: Job) -> DemoOp:
    """What comes after a visit that did not end it, as the customer heard in the evening."""
    told = _act(firm, "customer_service", ("propose", job.slot.n), EVENING, job.slot.day)
    args = {"means": "phone", "text": PROPOSED[job.machine.language]}
    return told.said("ticket.propose", ("ticket", job.ticket_id), args)


def _act(firm: Firm, role: str, names: tuple[str | int, ...], minutes: int, day: int = 0) -> Act:
    premises = firm.premises
    return Act(
        id=premises.id("after", premises.day.isoformat(), *names),
        by=firm.team.desk(role),
        at=premises.at(day, minutes),
    )


def _again(firm: Firm, job: Job, turn: int) -> Iterator[DemoOp]:
    """Every other job that needs one more visit gets it; the rest still waits for somebody."""
    if turn % 2:
        return
    premises, on = firm.premises, ("work_order", job.order_id)
    if job.ending == "waits_for_part":
        come = {"ordered": derive(op_id(premises, job, "parts.order"), "ordered")}
        told = _act(firm, "warehouse", ("supply", job.slot.n), 8 * 60 + turn)
        yield told.said("parts.supply", on, come)
    going = {
        "person": job.technician.id,
        **window(premises, job, 1 + turn // 2 % 5, LATE_FROM + 105),
    }
    told = _act(firm, "dispatcher", ("plan", job.slot.n), 8 * 60 + 20 + turn)
    yield told.said("visit.plan", on, going)
    ended = op_id(premises, job, "work_order.complete")
    task = derive(ended, "task", "plan_next_visit", job.order_id)
    told = _act(firm, "dispatcher", ("close", job.slot.n), 8 * 60 + 21 + turn)
    note = {"note": CALLED[job.machine.language]}
    yield told.said("task.close", ("task", task), note)


def _refilled(firm: Firm) -> Iterator[DemoOp]:
    """What went from the warehouse into the vans the evening before."""
    warehouse = firm.team.places["WH1"]
    for turn, driver in enumerate(firm.team.technicians[:TO_VANS]):
        part = firm.stocked.in_van[driver.van_id][turn]
        args = {"part": part.id, "quantity": "1", "to": driver.van_id}
        told = _act(firm, "warehouse", ("move", driver.code), 17 * 60 + turn, -1)
        yield told.said("stock.move", ("location", warehouse), args)


def _counted(firm: Firm) -> Iterator[DemoOp]:
    """One shelf held more than the books said."""
    warehouse, part = firm.team.places["WH1"], firm.goods.parts[0]
    counted = {"part": part.id, "counted": str(firm.stocked.pieces[warehouse, part.id] + 2)}
    told = _act(firm, "warehouse", ("count", part.number), 17 * 60 + 30, -1)
    yield told.said("stock.count", ("location", warehouse), counted)


def _brought_back(firm: Firm) -> Iterator[DemoOp]:
    """One more came back from a van than the books had in it: somebody has to count."""
    driver = firm.team.technicians[2]
    part = firm.stocked.in_van[driver.van_id][-1]
    more = firm.stocked.pieces[driver.van_id, part.id] + 1
    args = {"part": part.id, "quantity": str(more), "to": firm.team.places["WH1"]}
    told = _act(firm, "warehouse", ("back", driver.code), 8 * 60 + 50)
    yield told.said("stock.move", ("location", driver.van_id), args)


def _called(firm: Firm, work: Work) -> Iterator[DemoOp]:
    """The morning's calls that nobody has planned yet, some about machines mended lately."""
    written = {one["code"]: one for one in firm.premises.read("jobs")["classes"]}
    mended = [
        job.machine
        for job in work.jobs
        if job.slot.fate == "past" and job.slot.day > -15 and job.ending == "done"
    ]
    machines = [*mended[:REPEATS], *work.idle]
    for turn, (machine, (ago, waited)) in enumerate(zip(machines, CALLS, strict=False)):
        told = _lately(firm, ("call", turn), ago)
        asked = firm.premises.draw(written[machine.kind]["jobs"], "call", turn)
        yield told.said("ticket.open", ("ticket", told.id), _said(machine, asked, turn))
        if waited is not None:
            answer = _lately(firm, ("answer", turn), ago - waited)
            yield answer.said("ticket.acknowledge", ("ticket", told.id), {"means": "phone"})


def _lately(firm: Firm, names: tuple[str | int, ...], ago: int) -> Act:
    """An act of the desk so many minutes ago."""
    told = _act(firm, "customer_service", names, 0)
    return told._replace(at=firm.premises.before(ago))


def _said(machine: Machine, asked: dict[str, Any], turn: int) -> dict[str, Any]:
    return {
        "customer": machine.customer_id,
        "site": machine.site_id,
        "asset": machine.id,
        "problem": asked[machine.language][1],
        "channel": ("phone", "chat", "phone", "web")[turn % 4],
        "priority": asked["priority"],
        "caller": machine.caller,
    }

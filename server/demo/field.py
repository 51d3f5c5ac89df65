"""What the demo company's technicians did until this morning, as their phones would have said."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from server.demo.masters import Good
from server.demo.premises import DemoOp, Premises
from server.demo.trade import billed
from server.demo.work import Firm, Job
from shared.amounts import quantity_text
from shared.ids import derive

BEYOND_ONE_IN: Final = 8
PARTS_ONE_IN: Final = 3
OLD_PARTS: Final = ("returned", "with_customer", "scrapped", "kept")
WORDS: Final = {
    "zh": {
        "diagnosis": "检测后确认易损件老化",
        "done": "更换后试机三十分钟正常",
        "note": "已向客户说明使用注意事项。",
        "missing": "车上没有这个型号，客户同意等件。",
        "remark": {
            "customer_not_in": "按门铃无人应答，电话未接",
            "customer_moved_date": "客户来电，改约本周",
            "price_refused": "报价后客户表示考虑换新机",
            "unsafe": "配电箱无接地，已告知客户",
            "taken_back": "主板需返厂检测",
        },
        "pause": "等客户停电",
        "decline": "该机型没有操作证",
    },
    "en": {
        "diagnosis": "A worn part, found on inspection",
        "done": "Tested for thirty minutes",
        "note": "Use explained.",
        "missing": "Not in the van; the customer will wait for the part.",
        "remark": {
            "customer_not_in": "Nobody answered the bell or the phone",
            "customer_moved_date": "The customer rang and asked for another day",
            "price_refused": "The customer thinks about a new machine",
            "unsafe": "The board has no earth; the customer was told",
            "taken_back": "The board has to be tested in the workshop",
        },
        "pause": "Waits for the power to be cut",
        "decline": "No licence for this machine",
    },
}
AT_THE_DOOR: Final = ("customer_not_in", "customer_moved_date")

Step = tuple[str, dict[str, Any]]


class Vans(NamedTuple):
    """What is left in the vans while the technicians work."""

    firm: Firm
    used: Counter[tuple[str, str]]

    def take(self, job: Job, part: Good) -> bool:
        """Take one of a part out, if the books say that there is one."""
        place = (job.technician.van_id, part.id)
        if self.used[place] >= self.firm.stocked.pieces.get(place, 0):
            return False
        self.used[place] += 1
        return True


def done_in_the_field(firm: Firm, jobs: list[Job]) -> list[DemoOp]:
    """The life of every past job, and of today's as far as it has come by this morning."""
    vans = Vans(firm, Counter())
    return [op for job in jobs for op in _life(vans, job)]


def op_id(premises: Premises, job: Job, kind: str, place: int = 0) -> str:
    """The id of what was done on a job: the n-th act of a kind."""
    return premises.id("field", premises.day.isoformat(), job.slot.n, kind, place)


def _life(vans: Vans, job: Job) -> Iterator[DemoOp]:
    steps = list(_steps(vans, job))
    seen: Counter[str] = Counter()
    for place, (kind, args) in enumerate(steps):
        yield DemoOp(
            id=op_id(vans.firm.premises, job, kind, seen[kind]),
            kind=kind,
            on=("work_order", job.order_id),
            args=args,
            by=job.technician.id,
            at=vans.firm.premises.at(
                job.slot.day, _minute(vans.firm.premises, job, kind, (place, len(steps)))
            ),
            visit=job.visit_id if job.slot.fate != "declined" else None,
        )
        seen[kind] += 1


def _minute(premises: Premises, job: Job, kind: str, step: tuple[int, int]) -> int:
    """When a step was done: before, on the way to, and spread over a visit; never after now.

    `step` is its place among how many.
    """
    place, steps = step
    early = {
        "work_order.see": -55,
        "work_order.accept": -50,
        "work_order.decline": -40,
        "work_order.depart": -25,
        "work_order.arrive": -4,
        "work_order.start": 0,
        "work_order.complete": job.end - job.start - 2,
    }
    room = job.end - job.start - 8
    within = early.get(kind, 4 + place * room // (steps + 1))
    latest = premises.until - 1 if job.slot.day == 0 else job.end
    return min(job.start + within, latest - steps + place)


def _steps(vans: Vans, job: Job) -> Iterator[Step]:
    """What was done on one job, in order."""
    words = WORDS[job.machine.language]
    if job.slot.fate == "declined":
        yield ("work_order.see", {})
        yield ("work_order.decline", {"reason": words["decline"]})
    if job.slot.fate not in ("busy", "today", "past") or job.stage == "assigned":
        return
    yield ("work_order.see", {})
    if job.stage == "seen":
        return
    yield ("work_order.accept", {})
    if job.stage == "accepted":
        return
    yield ("work_order.depart", {})
    if job.stage == "en_route":
        return
    yield from _visit(vans, job)


def _visit(vans: Vans, job: Job) -> Iterator[Step]:
    words, outcome = WORDS[job.machine.language], job.ending
    remark = words["remark"].get(outcome, "") if isinstance(words["remark"], dict) else ""
    if job.stage == "done" and outcome == "customer_moved_date":
        yield ("work_order.complete", {"outcome": outcome, "remark": remark})
        return
    yield ("work_order.arrive", {})
    if job.stage == "on_site":
        return
    if outcome in AT_THE_DOOR:
        yield ("work_order.complete", {"outcome": outcome, "remark": remark})
        return
    yield ("work_order.start", {})
    yield from _answers(vans.firm, job)
    if job.stage == "working":
        return
    if job.stage == "paused":
        yield ("work_order.pause", {"reason": words["pause"]})
        return
    yield from _fitted(vans, job, outcome)
    done = words["done"] if outcome == "done" else ""
    report = {"outcome": outcome, "diagnosis": words["diagnosis"], "work_done": done}
    yield ("work_order.complete", {**report, "remark": remark})


def _answers(firm: Firm, job: Job) -> Iterator[Step]:
    """The checklist: all of it on a visit that is over, the first half on one that is not."""
    items = firm.goods.checklists[job.machine.kind][1]
    for item in items if job.stage == "done" else items[: len(items) // 2]:
        value = _answer(firm.premises, job, item)
        yield ("checklist.answer", {"item": item["code"], "value": value})


def _answer(premises: Premises, job: Job, item: dict[str, Any]) -> str:
    place = ("answer", job.slot.n, item["code"])
    if item["type"] == "number":
        return quantity_text(_measured(premises, item, place))
    if item["type"] == "choice":
        return str(premises.draw(item["choices"], *place)["code"])
    if item["type"] == "text":
        return str(WORDS[job.machine.language]["note"])
    return "fail" if premises.roll(BEYOND_ONE_IN * 2, *place) == 0 else "pass"


def _measured(premises: Premises, item: dict[str, Any], place: tuple[str | int, ...]) -> int:
    """A number between the limits, now and then beyond them, in thousandths of two digits."""
    low = item.get("low", 0)
    high = item.get("high", low + 50_000)
    room = high - low
    fine: int = low + room // 10 + premises.roll(room * 8 // 10, *place)
    value: int = fine if premises.roll(BEYOND_ONE_IN, "beyond", *place) else high + room // 10
    step: int = 10 ** max(0, len(str(room)) - 3)  # as fine as an instrument shows it
    return value // step * step


def _fitted(vans: Vans, job: Job, outcome: str) -> Iterator[Step]:
    """The parts that were used, booked by mistake, or missing; and a note for the customer."""
    words = WORDS[job.machine.language]
    if outcome == "waits_for_part":
        missing = _missing(vans.firm, job)
        yield ("parts.order", {**missing, "quantity": "1", "note": words["missing"]})
    elif outcome == "done":
        used = list(_used(vans, job))
        yield from used
        yield from billed(vans.firm, job, _first(vans.firm, used))
    yield ("note.add", {"text": words["note"], "audience": "customer"})


def _missing(firm: Firm, job: Job) -> dict[str, str]:
    """A part the warehouse knows, or, by turns, only what somebody calls it."""
    if job.slot.n % 3 == 0:
        return {
            "text": {"zh": "控制面板，铭牌已磨损", "en": "Control panel, plate worn off"}[
                job.machine.language
            ]
        }
    fitting = [one for one in firm.goods.parts if set(one.skills) & set(job.technician.skills)]
    return {"part": firm.premises.draw(fitting, "missing", job.slot.n).id}


def _first(firm: Firm, used: list[Step]) -> Good | None:
    """The part that was fitted, if one was."""
    fitted = next((args["part"] for kind, args in used if kind == "parts.use"), None)
    return next((one for one in firm.goods.parts if one.id == fitted), None)


def _used(vans: Vans, job: Job) -> Iterator[Step]:
    premises, n = vans.firm.premises, job.slot.n
    part = job.part
    if part is None and premises.roll(PARTS_ONE_IN, "fits", n) == 0:
        part = premises.draw(vans.firm.stocked.in_van[job.technician.van_id], "part", n)
    if part is None or not vans.take(job, part):
        return
    args = {"part": part.id, "location": job.technician.van_id, "quantity": "1"}
    if part.serialised:
        args["serial"] = f"SN{premises.roll(10**8, 'serial', n):08d}"
    if job.part is not None:
        args["planned"] = job.line
    yield ("parts.use", {**args, "old_part": premises.draw(OLD_PARTS, "old", n)})
    if n % 9 == 0 and not part.serialised and vans.take(job, part):
        yield ("parts.use", {**args, "quantity": "1"})
        yield ("parts.return", {"use": derive(op_id(premises, job, "parts.use", 1), "part")})

"""What the demo company's technicians did on past jobs, as their phones would have said it."""

from typing import Any, Final

from server.demo.masters import Catalog, Good
from server.demo.premises import DemoOp, Premises
from server.demo.stock import Stocked
from server.demo.work import Job, Work
from shared.amounts import quantity_text

BEYOND_ONE_IN: Final = 8
SECOND_VISIT_ONE_IN: Final = 6
PARTS_ONE_IN: Final = 2
WORDS: Final = {
    "zh": ("检测后更换易损件，运行正常。", "更换后试机三十分钟正常", "已向客户说明使用注意事项。"),
    "en": ("Worn part replaced; runs normally.", "Tested for thirty minutes", "Use explained."),
}


def done_in_the_field(
    premises: Premises, goods: Catalog, work: Work, stocked: Stocked
) -> list[DemoOp]:
    """The life of every past job, from acceptance to the end of its visit."""
    return [
        op
        for job in work.jobs
        if job.slot.fate == "past"
        for op in _visit(premises, job, goods, stocked.in_van[job.technician.van_id])
    ]


def _visit(premises: Premises, job: Job, goods: Catalog, van: list[Good]) -> list[DemoOp]:
    steps: list[tuple[str, dict[str, Any]]] = [
        ("work_order.accept", {}),
        ("work_order.depart", {}),
        ("work_order.arrive", {}),
        ("work_order.start", {}),
    ]
    for item in goods.checklists[job.machine.kind][1]:
        value = _answer(premises, job, item)
        steps.append(("checklist.answer", {"item": item["code"], "value": value}))
    waits = premises.roll(SECOND_VISIT_ONE_IN, "waits", job.slot.n) == 0
    if not waits and premises.roll(PARTS_ONE_IN, "fits", job.slot.n) == 0:
        steps.append(("parts.use", _part(premises, job, van)))
    diagnosis, done, note = WORDS[job.machine.language]
    steps.append(("note.add", {"text": note, "audience": "customer"}))
    outcome = "waits_for_part" if waits else "done"
    report = {"outcome": outcome, "diagnosis": diagnosis, "work_done": "" if waits else done}
    steps.append(("work_order.complete", report))
    return [
        _act(premises, job, kind, args, place=place) for place, (kind, args) in enumerate(steps)
    ]


def _act(premises: Premises, job: Job, kind: str, args: dict[str, Any], *, place: int) -> DemoOp:
    return DemoOp(
        id=premises.id("field", premises.day.isoformat(), job.slot.n, place),
        kind=kind,
        on=("work_order", job.order_id),
        args=args,
        by=job.technician.id,
        at=premises.at(job.slot.day, job.start - 20 + place * 7),
        visit=job.visit_id,
    )


def _answer(premises: Premises, job: Job, item: dict[str, Any]) -> str:
    place = ("answer", job.slot.n, item["code"])
    if item["type"] == "number":
        return quantity_text(_measured(premises, item, place))
    if item["type"] == "choice":
        return str(premises.draw(item["choices"], *place)["code"])
    if item["type"] == "text":
        return WORDS[job.machine.language][2]
    return "fail" if premises.roll(BEYOND_ONE_IN * 2, *place) == 0 else "pass"


def _measured(premises: Premises, item: dict[str, Any], place: tuple[str | int, ...]) -> int:
    """A number between the limits, now and then beyond them, in thousandths."""
    low = item.get("low", 0)
    high = item.get("high", low + 50_000)
    room = high - low
    value: int = low + room // 10 + premises.roll(room * 8 // 10, *place)
    return value if premises.roll(BEYOND_ONE_IN, "beyond", *place) else high + room // 10


def _part(premises: Premises, job: Job, van: list[Good]) -> dict[str, Any]:
    part = premises.draw(van, "part", job.slot.n)
    args = {"part": part.id, "location": job.technician.van_id, "quantity": "1"}
    serial = f"SN{premises.roll(10**8, 'serial', job.slot.n):08d}"
    return {**args, "serial": serial} if part.serialised else args

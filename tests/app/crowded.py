"""A folder of Ann's phone with one job that holds more of everything than any real one."""

from pathlib import Path
from typing import Any, Final

from tests.app.billed import charge, company, photograph
from tests.app.folders import LONG_ADDRESS, LONG_EN, LONG_NAME, LONG_ZH, Given
from tests.world import BOARD, DORA, FILTER, known

ITEMS: Final = 60
TYPES: Final = ("pass_fail", "number", "choice", "text")
CHOICES: Final = [
    {"code": "r22", "en": "R22", "zh": "R22"},
    {
        "code": "r410a",
        "en": "R410A, topped up within the last twelve months",
        "zh": "R410A，一年内补过",
    },
    {"code": "other", "en": "Another refrigerant", "zh": "其他制冷剂"},
]


def items() -> list[dict[str, Any]]:
    """Sixty checks of every type, some with very long names."""
    return [_item(index) for index in range(ITEMS)]


def _item(index: int) -> dict[str, Any]:
    kind = TYPES[index % len(TYPES)]
    long = index % 7 == 0
    item: dict[str, Any] = {
        "code": f"item_{index}",
        "type": kind,
        "en": f"{LONG_EN if long else 'Check'} {index}",
        "zh": f"{LONG_ZH if long else '检查'} {index}",
        "required": index % 3 == 0,
    }
    if kind == "number":
        item |= {"unit": "MPa", "low": 500, "high": 2500}
    if kind == "choice":
        item["choices"] = CHOICES
    return item


def slots() -> list[dict[str, Any]]:
    """Pictures that are asked for, most with very long names."""
    return [
        {
            "code": f"slot_{index}",
            "en": f"{LONG_EN} {index}",
            "zh": f"{LONG_ZH} {index}",
            "required": index % 2 == 0,
        }
        for index in range(5)
    ]


def crowded(folder: Path) -> str:
    """The job; returns its id. Both of its visits were Ann's, and the office changed it since."""
    given = Given(folder)
    given.cancelled_first_job()
    named = {"en": LONG_EN, "zh": LONG_ZH}
    checklist = given.put("checklist", "sixty", {**named, "items": items(), "photos": slots()})
    company(given)
    order = given.job(
        LONG_ZH,
        LONG_NAME,
        LONG_ADDRESS,
        priority="emergency",
        checklist=checklist,
        planned_from="2026-11-23T09:00",
        planned_to="2026-11-23T11:00",
        job_note=LONG_EN,
    )
    given.phone.sync()
    _visit_before(given, order)
    _plan(given, order)
    given.phone.sync()
    _work(given, order)
    photograph(given, order)
    charge(given, order)
    _contradict(given, order)
    given.phone.sync()
    given.say(order, ("note.add", {"text": LONG_ZH * 3, "audience": "internal"}))
    given.phone.connection.close()
    return order


def _visit_before(given: Given, order: str) -> None:
    """A first visit that waited for a part: the machine has a history."""
    steps: list[tuple[str, dict[str, Any]]] = [
        (f"work_order.{verb}", {}) for verb in ("accept", "depart", "arrive", "start")
    ]
    given.say(
        order,
        *steps,
        ("checklist.answer", {"item": "item_1", "value": "1.9"}),
        ("work_order.complete", {"outcome": "waits_for_part", "diagnosis": LONG_ZH}),
    )
    given.phone.sync()


def _plan(given: Given, order: str) -> None:
    on = ("work_order", order)
    for index in range(8):
        row = {"number": f"P-{index:04}", "en": f"{LONG_EN} {index}", "zh": f"{LONG_ZH} {index}"}
        part = given.put("part", f"part {index}", {**row, "type": "original", "unit": "piece"})
        planned = {"part": part, "quantity": str(1 + 111 * index), "note": LONG_EN}
        given.world.must(given.world.office("parts.plan", on, planned, by=DORA))


def _work(given: Given, order: str) -> None:
    steps: list[tuple[str, dict[str, Any]]] = [
        (f"work_order.{verb}", {}) for verb in ("depart", "arrive", "start")
    ]
    given.say(order, *steps)
    for index in range(0, ITEMS, 5):
        kind = TYPES[index % len(TYPES)]
        value = {"pass_fail": "fail", "number": "9.5", "choice": "r410a", "text": LONG_ZH}[kind]
        given.world.tick(60_000)
        given.say(order, ("checklist.answer", {"item": f"item_{index}", "value": value}))
    board = {"part": BOARD, "quantity": "1", "serial": "SN-0000-1111-2222-3333", "old_part": "kept"}
    ordered = {"text": LONG_EN, "quantity": "9999", "note": LONG_EN}
    given.say(order, ("parts.use", {"part": FILTER, "quantity": "1.5"}), ("parts.use", board))
    given.say(order, ("parts.order", ordered), ("parts.order", {"part": FILTER, "quantity": "2"}))


def _contradict(given: Given, order: str) -> None:
    """The office and the phone mean different things, and the site is described at length."""
    site = known("site 1")
    edit = {"fields": {"access_notes": [None, LONG_ADDRESS], "contact_name": [None, LONG_NAME]}}
    given.world.office("edit", ("site", site), edit, by=DORA)
    moved = {"fields": {"planned_from": ["2026-11-23T09:00", "2026-11-23T10:00"]}}
    given.world.office("edit", ("work_order", order), moved, by=DORA)
    wish = {"fields": {"planned_from": "2026-11-23T08:00"}}
    given.say(order, ("edit", wish))
    assert given.phone.queries.sheet(order) is not None

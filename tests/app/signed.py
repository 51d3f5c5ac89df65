"""Phones with something to be signed: two jobs of one place, and far too much on a bill."""

from pathlib import Path
from typing import Any, Final

from shared.ops import SYSTEM
from shared.prices import ORGANISATION
from tests.app import billed
from tests.app.folders import LONG_ADDRESS, LONG_EN, LONG_NAME, LONG_ZH, Given, window
from tests.world import BOARD, FILTER, known

LINES: Final = 40
COMPANY: Final = (LONG_NAME * 8)[:200]


def two_of_one_place(folder: Path) -> tuple[str, str]:
    """Two jobs of one customer and site, both finished and charged; returns their ids."""
    given = Given(folder)
    given.cancelled_first_job()
    billed.company(given)
    first = given.job("空调不制冷", "陈美玲", "云溪区桂月路 26 号 1203 室", **window(9, 10))
    second = _beside(given, "Water heater does not light")
    given.phone.sync()
    for order in (first, second):
        _finish(given, order, "done", "滤网堵塞", "清洗滤网并更换，试机正常")
        prices = known("prices 3")
        line = {"kind": "visit", "quantity": "1", "item": "visit"}
        given.say(order, ("charge.add", {"line": line, "price_list": prices}))
    given.phone.connection.close()
    return first, second


def _beside(given: Given, summary: str) -> str:
    """Another job at the place of the last one."""
    sites = {"customer": known("client 1"), "site": known("site 1"), "asset": known("asset 1")}
    world = given.world
    opened = {**sites, "problem": summary, "channel": "phone", "priority": "normal"}
    ticket = world.must(world.office("ticket.open", ("ticket", ""), opened)).id
    args = {"category": "A", "service": "repair", "priority": "normal", "summary": summary}
    created = {**args, "ticket": ticket, **window(10, 11)}
    order = world.must(world.office("work_order.create", ("work_order", ""), created)).id
    said = {"person": given.phone.replica.identity().person, "role": "lead"}
    world.must(world.office("work_order.assign", ("work_order", order), said))
    return str(order)


def overfull(folder: Path) -> str:
    """A job with more of everything than any real one, ended for want of a part; its id."""
    given = Given(folder)
    given.cancelled_first_job()
    billed.company(given)
    house = {"en": COMPANY, "zh": COMPANY, "phone": "4008001234"}
    on = ("organisation", ORGANISATION)
    given.world.must(given.world.office("master.put", on, {"row": house}, by=SYSTEM))
    order = given.job(LONG_ZH, LONG_NAME, LONG_ADDRESS, **window(9, 10))
    given.phone.sync()
    notes = [("note.add", {"text": LONG_EN * 3, "audience": "customer"})] * 2
    used = {"part": BOARD, "quantity": "1", "serial": "SN-0000-1111-2222-3333", "old_part": "kept"}
    work = [("parts.use", {"part": FILTER, "quantity": "1.5"}), ("parts.use", used), *notes]
    _finish(given, order, "waits_for_part", LONG_ZH * 6, LONG_EN * 4, *work)
    billed.charge(given, order)
    prices = known("prices 3")
    for index in range(LINES - 5):
        name = LONG_ZH if index % 4 == 0 else f"Line {index}"
        line = {"kind": "other", "quantity": "1.5", "name": name, "price": 12_345 * (index + 1)}
        given.say(order, ("charge.add", {"line": {**line, "tax": 600}, "price_list": prices}))
    given.phone.connection.close()
    return order


def _finish(
    given: Given, order: str, outcome: str, diagnosis: str, done: str, *work: tuple[str, Any]
) -> None:
    for verb in ("accept", "depart", "arrive", "start"):
        given.say(order, (f"work_order.{verb}", {}))
    given.world.tick(2_700_000)
    sheet = given.phone.queries.sheet(order)
    assert sheet is not None
    if sheet.checklist:
        bad = "fail" if outcome != "done" else "pass"
        given.say(order, ("checklist.answer", {"item": "leaks", "value": bad}))
        given.say(order, ("checklist.answer", {"item": "pressure", "value": "9.5"}))
    end = {"outcome": outcome, "diagnosis": diagnosis, "work_done": done}
    remark = {"remark": LONG_EN} if outcome != "done" else {}
    given.say(order, *work, ("work_order.complete", {**end, **remark}))

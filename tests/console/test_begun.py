"""What the office sees of jobs that were begun on phones: both numbers, and what stands in."""

from typing import Any

import msgspec
import pytest

from shared.clock import At
from shared.ops import SALT_BYTES, Op, encode
from sync.desk import Parcel
from sync.intake import receive
from sync.protocol import Result, WireOp
from tests.console.house import Console

PROVISIONAL = "K7Q-0012"


def job_of_a_technician(console: Console) -> tuple[str, str, str]:
    ((order, number, person),) = console.ask(
        "SELECT w.id, w.number, a.person_id FROM work_order w "
        "JOIN assignment a ON a.work_order_id = w.id AND a.until_ms IS NULL "
        "WHERE w.status = 'assigned' ORDER BY w.number LIMIT 1"
    )
    return str(order), str(number), str(person)


def from_a_phone(
    console: Console, kind: str, person: str, place: int, on: str = "", **args: Any
) -> Result:
    """What a phone says, as the next op of an incarnation of its own."""
    identity = console.office.fresh_id()
    op = Op(
        id=identity,
        kind=kind,
        v=1,
        on=("work_order", on or identity),
        by=person,
        origin="device",
        at=At(wall=console.now_ms, boot="b", mono=place, src="boottime"),
        salt="00" * SALT_BYTES,
        args=msgspec.Raw(msgspec.json.encode(args)),
    )
    wire = WireOp(lseq=place, id=op.id, body=encode(op))
    parcel = Parcel(
        ops=[wire],
        origins=frozenset({"device"}),
        person=None,
        received=console.now_ms,
        device="d" * 8,
        incarnation="i" * 32,
    )
    with console.office.writing() as books:
        (result,) = receive(console.office.ledger(books), parcel)
    return result


def begun(console: Console, *, place: int = 1, **more: Any) -> tuple[str, str]:
    """A job begun on the spot: its id, and the number of the one that it was begun beside."""
    beside, number, person = job_of_a_technician(console)
    said = {"beside": beside, "provisional": PROVISIONAL, "service": "repair", **more}
    result = from_a_phone(
        console, "work_order.begin", person, place, **{"summary": "Bracket is loose", **said}
    )
    return result.id, number


def number_of(console: Console, order: str) -> str:
    ((number,),) = console.ask("SELECT number FROM work_order WHERE id = ?", order)
    return str(number)


def test_it_is_found_by_either_number_and_says_what_it_was(new_console: Console) -> None:
    order, beside = begun(new_console)
    number = number_of(new_console, order)
    visitor = new_console.visitor()
    for asked in (PROVISIONAL, PROVISIONAL.lower(), number):
        assert visitor.get(f"/search?q={asked}").path == f"/work-orders/{number}"
    page = visitor.get(f"/work-orders/{number}")
    assert f"was {PROVISIONAL}" in page.text
    assert f"/work-orders/{beside}" in page.page.links()
    assert f"Begun on the spot as {PROVISIONAL}: Bracket is loose" in page.text
    chinese = new_console.visitor(language="zh").get(f"/work-orders/{number}").text
    assert f"原临时编号 {PROVISIONAL}" in chinese
    assert f"was {PROVISIONAL}" in visitor.get("/search?q=bracket").text


def test_of_two_called_the_same_both_are_found_and_a_task_says_so(new_console: Console) -> None:
    first, _ = begun(new_console)
    second, _ = begun(new_console, place=2)
    visitor = new_console.visitor()
    found = visitor.get(f"/search?q={PROVISIONAL}")
    assert found.path == f"/search?q={PROVISIONAL}"
    for order in (first, second):
        assert f"/work-orders/{number_of(new_console, order)}" in found.page.links()
    tasks = visitor.get("/tasks?code=alias_twice")
    assert f"Two jobs were begun as {PROVISIONAL}" in tasks.text
    assert number_of(new_console, first) in tasks.text
    assert f"/search?q={PROVISIONAL}" in tasks.page.links()


@pytest.mark.parametrize(("language", "says"), [("en", "was given up"), ("zh", "已被放弃")])
def test_work_on_a_job_whose_beginning_was_refused_stands_on_one_that_a_dispatcher_sees(
    new_console: Console, language: str, says: str
) -> None:
    order, beside = begun(new_console, summary="\u200b")
    _, _, person = job_of_a_technician(new_console)
    note = {"text": "Tightened", "audience": "internal"}
    kept = from_a_phone(new_console, "note.add", person, 2, order, **note)
    assert [flag.code for flag in kept.flags if flag.code == "orphan"] == ["orphan"]
    step = from_a_phone(new_console, "work_order.start", person, 3, order)
    assert (step.verdict, step.code) == ("conflict", "orphan")
    number = number_of(new_console, order)
    visitor = new_console.visitor(language=language)
    page = visitor.get(f"/work-orders/{number}")
    assert says in page.text
    assert "Tightened" in page.text
    tasks = visitor.get("/tasks?code=orphan")
    assert says in tasks.text
    assert f"/work-orders/{number}" in tasks.page.links()
    ((ticket,),) = new_console.ask(
        "SELECT t.number FROM ticket t JOIN work_order w ON w.ticket_id = t.id WHERE w.number = ?",
        beside,
    )
    mark = {"en": "A job without a beginning", "zh": "开单已放弃"}[language]
    assert mark in visitor.get(f"/tickets/{ticket}").text
    assert mark in visitor.get("/board").text
    ((conflict,),) = new_console.ask("SELECT id FROM conflict WHERE home_id = ?", order)
    assert visitor.get(f"/conflicts/{conflict}").status == 200

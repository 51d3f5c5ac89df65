"""Finding jobs and parts on the phone, and what its own van holds."""

from typing import Any

import msgspec
import pytest

from shared.amounts import thousandths
from shared.kinds import write_row
from shared.parts import Part
from sync.protocol import Row
from tests.mobile.phones import Phone
from tests.world import BOARD, FILTER, VAN_ANN

PARTS = 20_000


def found(phone: Phone, text: str) -> tuple[list[str], list[str]]:
    jobs, parts = phone.queries.find_jobs(text), phone.queries.find_parts(text)
    return ([job.id for job in jobs], [line.part.number for line in parts])


def test_a_job_is_found_by_whatever_somebody_remembers_of_it(phone: Phone) -> None:
    (job,) = phone.queries.jobs()
    assert job.number is not None
    remembered = ("陈", "main street", "HEAT pump", "5678", "s-1", job.number[-3:], "静 main")
    assert {text: found(phone, text)[0] for text in remembered} == {
        text: [phone.job] for text in remembered
    }
    forgotten = ("", "  ", "elm street", "张", "heat elm")
    assert {text: found(phone, text)[0] for text in forgotten} == {text: [] for text in forgotten}


def test_a_part_is_found_by_number_and_by_name_in_either_language(phone: Phone) -> None:
    """R2."""
    for text in ("f-1", "F-1", "filter", "滤", "过滤器", "ilt", "器 f-1"):
        assert found(phone, text)[1] == ["F-1"], text
    assert found(phone, "1")[1] == ["B-1", "F-1"]
    (line,) = phone.queries.find_parts("filter")
    assert (line.amount, line.quantity) == (10_000, "10")


def test_one_character_is_found_among_twenty_thousand_parts_without_reading_them(
    phone: Phone,
) -> None:
    rows = [Row("part", f"p{number}", _part(number)) for number in range(PARTS)]
    with phone.replica.transaction():
        phone.replica.take("catalog", rows, staged=False)
    assert len(found(phone, "阀")[1]) == 50
    assert found(phone, "阀 p-19999")[1] == ["P-19999"]
    assert found(phone, "P-00077")[1][0] == "P-00077"
    steps: list[Any] = []
    phone.connection.set_trace_callback(steps.append)
    phone.queries.find_parts("阀")
    phone.connection.set_trace_callback(None)
    assert len(steps) < 40
    named = phone.queries.part_named("P-00077")
    assert named is not None
    assert named.id == "p77"


def _part(number: int) -> Any:

    made = Part(
        id=f"p{number}",
        number=f"P-{number:05d}",
        en=f"Valve {number}",
        zh=f"阀门{number}",
        type="generic",
        unit="piece",
    )
    return msgspec.Raw(write_row(made))


def test_the_van_shows_what_it_holds_by_number(phone: Phone) -> None:
    """R2."""
    phone.work()
    phone.must("parts.use", {"part": "F-1", "quantity": "2.5"})
    van = phone.queries.van()
    assert van is not None
    assert van.location.id == VAN_ANN
    held = [(line.part.id, line.quantity, line.part.unit, line.recount) for line in van.lines]
    assert held == [(BOARD, "2", "piece", False), (FILTER, "7.5", "piece", False)]
    phone.must("parts.use", {"part": "F-1", "quantity": "9"})
    phone.sync()
    van = phone.queries.van()
    assert van is not None
    short = van.lines[1]
    assert (short.amount, short.recount) == (-thousandths("1.5"), True)


@pytest.mark.parametrize("text", ["F-1", "B-1"])
def test_a_part_is_named_by_its_whole_number_only(phone: Phone, text: str) -> None:
    named = phone.queries.part_named(text)
    assert named is not None
    assert named.number == text
    for other in (text[:-1], text.lower(), ""):
        assert phone.queries.part_named(other) is None

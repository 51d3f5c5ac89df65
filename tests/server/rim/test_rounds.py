"""The rounds that a server goes by itself: what they cost where there is nothing to do."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from server import arrivals, notary, rounds, seals, timekeeper
from tests.server.rim.company import Company, asked_of
from tests.server.rim.test_office_ops import opened


@pytest.fixture
def alone(tmp_path: Path) -> Company:
    """A company whose server goes no rounds by itself."""
    return Company(tmp_path / "data")


def go_round(company: Company) -> None:
    """What a server does every half a second."""
    office, seal = company.office, company.office.seal()
    rounds.notarise(office, seal)
    arrivals.announce(office, seal.holder)
    seals.look_again(office, seals.Round(holder=seal.holder))
    timekeeper.keep_time(office, timekeeper.Round(holder=seal.holder))


def test_a_round_with_nothing_to_do_is_nine_questions_and_no_transaction(alone: Company) -> None:
    opened(alone)
    for _ in range(3):
        go_round(alone)
        alone.now_ms += notary.HEAD_EVERY_MS
    asked = asked_of(alone.office)
    begun: list[Any] = []
    for way in (alone.office.asking, alone.office.reading, alone.office.writing):
        event.listen(way.args[0], "begin", begun.append)  # type: ignore[attr-defined]
    go_round(alone)
    assert ([one.split()[0] for one in asked], begun) == (["SELECT"] * 9, [])
    alone.office.close()

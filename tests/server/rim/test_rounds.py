"""The rounds that a server goes by itself: what they cost where there is nothing to do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from server import arrivals, notary, rounds, seals, timekeeper
from shared.records import Record
from tests.server.rim.company import Company, asked_of
from tests.server.rim.test_office_ops import opened
from tests.server.samples import put
from tests.server.test_open_sign_offs import ABOUT, NEVER, signed


@pytest.fixture
def alone(tmp_path: Path) -> Company:
    """A company whose server goes no rounds by itself."""
    return Company(tmp_path / "data")


def go_round(company: Company) -> None:
    """What a server looks for every half a second."""
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


def test_signatures_that_stay_open_are_looked_at_beside_whoever_writes(alone: Company) -> None:
    signed = [row for number in range(3) for row in signed_in_vain(number)]
    put(alone.office.writing.args[0], *ABOUT, *signed, entries=[])  # type: ignore[attr-defined]
    round_ = seals.Round(holder="anybody")
    with alone.office.writing() as books:
        books.exec_driver_sql("UPDATE sign_off SET version = version")
        assert seals.look_again(alone.office, round_) == 0
    alone.office.close()


def signed_in_vain(number: int) -> Iterator[Record]:
    """A sign-off that waits for what never comes."""
    return signed(number, "diverged", NEVER)

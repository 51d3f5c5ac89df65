"""Whatever comes is refused by name or told to wait, nothing is half written, nobody is told on."""

import json
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.lanes import Lanes
from tests.fuzz.mutants import bent, spoilt, written
from tests.fuzz.pushes import Desk, Envelopes, Pushes, opened
from tests.fuzz.sweeps import KINDS, run, sweep

QUICK = range(12)
MANY = range(1_000, 1_900)
GROWTH_MB_MAX = 60


def test_nothing_that_is_wrong_harms_the_books(tmp_path: Path) -> None:
    with opened(Pushes, tmp_path) as books:
        for kind in (Pushes, Envelopes, Desk, Lanes):
            run(kind(books.company), 1, QUICK)
        books.check()


def test_nothing_that_is_wrong_harms_a_phone() -> None:
    assert sweep("replies", 1, QUICK).cases == len(QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_many_things_that_are_wrong_do_no_harm_and_take_no_memory(name: str) -> None:
    swept = sweep(name, 1, MANY)
    assert swept.end_mb - swept.half_mb < GROWTH_MB_MAX


def test_a_case_is_the_same_each_time() -> None:

    honest = {"a": [1, {"b": "x"}], "c": None}
    told = [spoilt(written(bent(honest, Random(n))), Random(n)) for n in range(200)]
    assert told == [spoilt(written(bent(honest, Random(n))), Random(n)) for n in range(200)]
    assert honest == {"a": [1, {"b": "x"}], "c": None}
    assert sum(one != json.dumps(honest).encode() for one in told) > 180

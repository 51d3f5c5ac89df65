"""A push is written down in one piece; where some of it breaks, in parts, and the rest goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from server import throttle
from server.api.sync import OPS
from server.office import Release
from shared.kinds import REGISTRY
from shared.registry import Act, Outcome, Registry
from sync.protocol import Result
from tests.server.rim.company import Company, Phone, written_to
from tests.server.rim.test_round_trip import accept, begun, job, talk

ACCEPT = "work_order.accept"


def breaking(orders: set[str]) -> Release:
    """A release whose rule breaks down over some jobs."""
    rule = REGISTRY.kinds[ACCEPT]

    def reduce(state: Any, act: Act) -> Any:
        if act.on[1] in orders:
            raise ZeroDivisionError
        outcome = rule.reduce(state, act)
        assert isinstance(outcome, Outcome)
        return outcome

    kinds = {**REGISTRY.kinds, ACCEPT: structs.replace(rule, reduce=reduce)}
    return Release(app="fieldfare 1", registry=Registry(kinds.values(), REGISTRY.absorbs))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Company, set[str]]]:
    """A server on either database, and the jobs over which a rule breaks down there."""
    kind = "" if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")
    orders: set[str] = set()
    made = Company(tmp_path / "data", database=kind, release=breaking(orders))
    with made.client:
        yield made, orders


def push(company: Company, phone: Phone, orders: list[str]) -> tuple[list[Result], list[str]]:
    """A phone accepts jobs: what came of each, and what was said to the database."""
    first = begun(company, phone)
    ops = [
        {**accept(company, phone, order), "lseq": place} for place, order in enumerate(orders, 1)
    ]
    said = written_to(company.office)
    told = talk(company, phone, token=first.token, ops=ops)
    return told.results, said


def counted(company: Company, phone: Phone) -> int:
    """How many ops were counted of a phone today."""
    wanted = f"SELECT tries FROM throttle WHERE key = '{throttle.hashed(OPS + phone.device)}'"
    with company.office.reading() as books:
        return int(books.exec_driver_sql(wanted).scalar_one())


def test_what_is_all_well_is_written_down_in_one_piece(broken: tuple[Company, set[str]]) -> None:
    company, _ = broken
    results, said = push(company, company.phone(), [job(company), job(company)])
    assert [one.verdict for one in results] == ["applied", "applied"]
    assert [one for one in said if "SAVEPOINT" in one] == []


def test_an_op_on_which_a_rule_breaks_stops_only_itself_and_nothing_counts_twice(
    broken: tuple[Company, set[str]],
) -> None:
    company, orders = broken
    jobs, phone = [job(company) for _ in range(3)], company.phone()
    orders.add(jobs[1])
    results, said = push(company, phone, jobs)
    assert [(one.verdict, one.code) for one in results] == [
        ("applied", None),
        ("quarantined", "crashed"),
        ("applied", None),
    ]
    assert [one for one in said if one.startswith("SAVEPOINT")] != []
    assert counted(company, phone) == len(jobs)

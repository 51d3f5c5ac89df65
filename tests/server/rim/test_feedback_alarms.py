"""The office is told in time of what customers say: of each apart, also once a request is over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import notary
from server.office import Asked
from shared.ops import SYSTEM
from sync.protocol import WireOp
from tests.server.rim.company import Company
from tests.server.rim.lane import rows_of
from tests.server.rim.test_timekeeper import (
    hear,
    keep,
    later,
    opened,
    publish,
    said,
    tasks,
)

LIMITS = [
    {
        "id": "complaint_contact",
        "node": "complaint_contact",
        "start": "complained",
        "stop": "complainant_contacted",
        "amount": 1,
        "role": "customer_service",
        "escalation": [[0, ""], [100, "service_manager"]],
    },
    {
        "id": "low_score",
        "node": "low_score",
        "start": "scored_low",
        "stop": "manager_called",
        "amount": 48,
        "role": "service_manager",
        "escalation": [[0, ""]],
    },
]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server whose own rounds are not gone: each test goes them itself."""
    made = Company(tmp_path / "data")
    publish(made, LIMITS)
    keep(made)
    made.now_ms += notary.HEAD_EVERY_MS
    yield made
    made.office.close()


def complained(company: Company, ticket: str) -> str:
    told = {"ticket": ticket, "kind": "complaint", "means": "phone", "text": "Nobody came"}
    return written(company, told)


def written(company: Company, args: dict[str, Any]) -> str:
    """What a customer says, written down; its id."""
    identity, office = company.new_id(), company.office
    on = ("feedback", identity)
    asked = Asked(id=identity, kind="feedback.record", on=on, args=args)
    body = office.body(asked, SYSTEM, company.now_ms, origin="console")
    (result,) = office.receive([WireOp(lseq=0, id=identity, body=body)], None, company.now_ms)
    assert result.verdict == "applied", result
    return identity


def contacted(company: Company, feedback: str) -> None:
    told = {"means": "phone", "reached": True}
    said(company, company.new_id(), "feedback.contact", ("feedback", feedback), **told)


def test_a_complaint_warns_is_missed_and_goes_to_the_manager_after_its_request_was_closed(
    company: Company,
) -> None:
    ticket = opened(company)
    on = ("ticket", ticket)
    said(company, company.new_id(), "ticket.close", on, reason="filed unsolved")
    feedback = complained(company, ticket)
    hear(company)
    assert tasks(company) == []
    later(company, 46)
    keep(company)
    assert tasks(company) == [("clock_warns", "customer_service", False)]
    later(company, 15)
    keep(company)
    later(company, 60)
    keep(company)
    assert tasks(company) == [
        ("clock_warns", "customer_service", True),
        ("clock_overdue", "customer_service", False),
        ("clock_overdue", "service_manager", False),
    ]
    contacted(company, feedback)
    hear(company)
    assert [done for _, _, done in tasks(company)] == [True, True, True]


def test_of_two_complaints_on_one_ticket_each_is_told_of_and_settled_by_itself(
    company: Company,
) -> None:
    ticket = opened(company)
    first = complained(company, ticket)
    later(company, 5)
    complained(company, ticket)
    hear(company)
    clocks = [one for one in rows_of(company, "clock") if one.node == "complaint_contact"]
    assert {one.about for one in clocks} == {one.id for one in rows_of(company, "feedback")}
    later(company, 50)
    keep(company)
    assert tasks(company) == [("clock_warns", "customer_service", False)] * 2
    contacted(company, first)
    hear(company)
    assert sorted(tasks(company)) == [
        ("clock_warns", "customer_service", False),
        ("clock_warns", "customer_service", True),
    ]


def test_a_new_policy_looks_at_a_closed_ticket_of_which_something_is_open(
    company: Company,
) -> None:
    ticket = opened(company)
    complained(company, ticket)
    said(company, company.new_id(), "ticket.close", ("ticket", ticket), reason="filed")
    hear(company)
    publish(company, LIMITS, after=1)
    looked = [one.looked_at for one in rows_of(company, "clock_watch")]
    later(company, 1)
    hear(company)
    assert [one.looked_at for one in rows_of(company, "clock_watch")] > looked


def test_a_low_score_is_a_task_of_the_manager_at_once_and_overdue_after_two_days(
    company: Company,
) -> None:
    ticket = opened(company)
    told = {"means": "phone", "text": "Reset"}
    said(company, company.new_id(), "ticket.resolve", ("ticket", ticket), **told)
    low = {"ticket": ticket, "kind": "score", "means": "phone", "score": 1}
    identity = written(company, low)
    hear(company)
    assert tasks(company) == [("low_score", "service_manager", False)]
    later(company, 48 * 60 + 1)
    keep(company)
    assert ("clock_overdue", "service_manager", False) in tasks(company)
    called = {"means": "phone", "reached": True, "cause": "late", "measure": "sooner"}
    said(company, company.new_id(), "feedback.call", ("feedback", identity), **called)
    hear(company)
    assert [done for _, _, done in tasks(company)] == [True, True]

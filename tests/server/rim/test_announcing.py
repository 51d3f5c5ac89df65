"""What happens is told to the customer by itself, once, where the company says so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import links, notary
from shared.return_case import case_id
from shared.wordings import RULES, wording_id
from tests.server.rim.company import Company
from tests.server.rim.lane import rows_of
from tests.server.rim.test_timekeeper import (
    HOUR_MS,
    LIMITS,
    hear,
    job,
    keep,
    opened,
    publish,
    said,
)

ALL = ["opened", "visit_agreed", "on_the_way", "delayed", "progress", "result"]
ALL += ["return_decided", "survey"]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server whose own rounds are not gone: each test goes them itself."""
    made = Company(tmp_path / "data")
    publish(made, LIMITS)
    keep(made)
    made.now_ms += notary.HEAD_EVERY_MS
    yield made
    made.office.close()


def rules(company: Company, automatic: list[str], linked: list[str]) -> None:
    told = {"automatic": automatic, "linked": linked}
    said(company, company.new_id(), "message.set_rules", ("message_rules", RULES), **told)


def told(company: Company) -> dict[str, str]:
    """What waits to be told, by the message, once the timekeeper has looked."""
    hear(company)
    hear(company)
    found = rows_of(company, "message")
    assert len(found) == len({one.template for one in found})
    return {one.template: one.text for one in found}


def test_the_first_promise_carries_the_customers_link(company: Company) -> None:
    ticket = opened(company)
    text = told(company)["opened"]
    with company.office.reading() as books:
        address = links.address(company.office, books, ticket)
    assert text.endswith(f"Follow it here: {address}")


def test_a_company_that_wants_no_promise_by_itself_has_none(company: Company) -> None:
    rules(company, [], [])
    opened(company)
    assert told(company) == {}


def test_what_happens_is_told_by_itself_once_where_the_company_says_so(company: Company) -> None:
    rules(company, ALL, ["result"])
    ticket = opened(company)
    order = job(company, ticket)
    person = company.people["technician"]
    plan = {"planned_from": "2026-11-24T09:00", "planned_to": "2026-11-24T11:00"}
    on, at = ("work_order", order), ("ticket", ticket)
    said(company, company.new_id(), "visit.plan", on, person=person, **plan)
    found = told(company)
    assert sorted(found) == ["opened", "progress", "visit_agreed"]
    assert "will see to it" in found["progress"]
    assert "Tue 24 Nov, 09:00" in found["visit_agreed"]
    said(company, company.new_id(), "ticket.close", at, reason="All well")
    found = told(company)
    assert "/t/" in found["survey"]
    company.now_ms += HOUR_MS
    assert told(company) == found


def test_a_decision_on_a_return_is_told_with_its_reason(company: Company) -> None:
    rules(company, ["return_decided"], [])
    ticket = opened(company)
    at = ("ticket", ticket)
    said(company, company.new_id(), "return.ask", at, wish="return")
    no = {"granted": False, "means": "phone", "why": "Dropped into water"}
    said(company, company.new_id(), "return.decide", at, **no)
    found = told(company)
    assert sorted(found) == ["return_decided"]
    assert "it could not be granted: Dropped into water" in found["return_decided"]
    (case,) = rows_of(company, "return_case")
    assert (case.id, case.step) == (case_id(ticket), "refused")


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"fee": 12_000, "currency": "CNY"}, "it is granted. The fee to you is ¥120.00."),
        ({"borne_by": "company"}, "it is granted, at no cost to you."),
        ({"borne_by": "customer"}, "it is granted; what it costs is yours to pay."),
        ({}, "it is granted."),
    ],
)
def test_a_granted_return_is_told_with_what_it_costs(
    company: Company, terms: dict[str, Any], words: str
) -> None:
    """R-RET-07."""
    rules(company, ["return_decided"], [])
    at = ("ticket", opened(company))
    said(company, company.new_id(), "return.ask", at, wish="return")
    yes = {"granted": True, "means": "phone", "why": "Goodwill", **terms}
    said(company, company.new_id(), "return.decide", at, **yes)
    assert told(company)["return_decided"].endswith(f": {words}")


def test_a_decision_with_a_very_long_reason_is_told_as_far_as_a_message_holds(
    company: Company,
) -> None:
    rules(company, ["return_decided"], [])
    at = ("ticket", opened(company))
    said(company, company.new_id(), "return.ask", at, wish="return")
    no = {"granted": False, "means": "phone", "why": "水" * 4_000}
    said(company, company.new_id(), "return.decide", at, **no)
    text = told(company)["return_decided"]
    assert text.endswith(f"it could not be granted: {'水' * 999}…")


def test_what_happened_more_than_a_day_ago_is_no_news(company: Company) -> None:
    opened(company)
    told(company)
    ticket = opened(company)
    said(company, company.new_id(), "ticket.close", ("ticket", ticket), reason="All well")
    company.now_ms += 25 * HOUR_MS
    rules(company, ALL, [])
    assert "survey" not in told(company)


def test_the_company_s_own_words_are_what_the_customer_reads(company: Company) -> None:
    on = ("message_wording", wording_id("opened"))
    words = {"template": "opened", "text_en": "Hello from {company}: {number}", "text_zh": ""}
    said(company, company.new_id(), "message.word", on, **words)
    rules(company, ["opened"], [])
    opened(company)
    assert told(company)["opened"].startswith("Hello from ")
    assert "T-" in told(company)["opened"]

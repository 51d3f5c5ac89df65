"""Open tickets are listed by how much they press, at once right, and to the last of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server import notary
from server.office import Asked
from server.queries import pressing, queue
from server.queries.pages import Window
from server.queries.queue import Sieve
from server.queries.reckoning import Reader
from shared.ops import SYSTEM
from sync.protocol import WireOp
from tests.server.rim.company import Company
from tests.server.rim.test_timekeeper import LIMITS, keep, later, opened, publish, said

HOUR = 60  # minutes
COMPLAINT = {
    "id": "complaint_contact",
    "node": "complaint_contact",
    "start": "complained",
    "stop": "complainant_contacted",
    "amount": 1,
}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server whose own rounds are not gone: each test goes them itself."""
    made = Company(tmp_path / "data")
    publish(made, [*LIMITS, COMPLAINT])
    keep(made)
    made.now_ms += notary.HEAD_EVERY_MS
    yield made
    made.office.close()


def told(company: Company, kind: str, ticket: str, **args: str) -> None:
    said(company, company.new_id(), kind, ("ticket", ticket), **args)


def listed(company: Company, at_once: int = 50, tab: str = "open") -> list[tuple[str, str]]:
    """Every ticket as the list has them page by page, with its group."""
    found: list[tuple[str, str]] = []
    after = None
    while True:
        with company.office.reading() as books:
            reader = Reader(books, company.now_ms)
            known = pressing.latest(reader, books, company.now_ms)
            window, sieve = Window(limit=at_once, after=after), Sieve(tab=tab)
            page = pressing.tickets(books, window, sieve, known)
        found += [(one["id"], pressing.group_of(one["key"])) for one in page.items]
        if page.next is None:
            return found
        key, _, identity = page.next.partition("_")
        after = (int(key), identity)


def reckoned(company: Company) -> list[tuple[str, str]]:
    """The same, told from the clocks of each, with nothing written down."""
    with company.office.reading() as books:
        ids = [one["id"] for one in queue.tickets(books, Window(limit=500), Sieve()).items]
        standing = Reader(books, company.now_ms).standing(ids)
    keys = {
        name: pressing.key_of(one.ticket, one.clocks, company.now_ms)
        for name, one in standing.items()
    }
    ordered = sorted((key, name) for name, key in keys.items() if key is not None)
    return [(name, pressing.group_of(key)) for key, name in ordered]


def test_what_is_late_comes_first_then_what_is_nearly_due_then_the_rest_by_due_time(
    company: Company,
) -> None:
    late = opened(company)
    later(company, 60)
    near = opened(company)
    later(company, 130)
    calm = [opened(company)]
    later(company, 55)
    calm.append(opened(company))
    wanted = [(late, "late"), (near, "near"), *((one, "later") for one in calm)]
    assert listed(company) == wanted
    keep(company)
    assert listed(company) == wanted
    assert listed(company, tab="at_risk") == wanted[:2]


def test_a_story_that_has_just_changed_counts_at_once_and_not_after_the_next_round(
    company: Company,
) -> None:
    late, calm = opened(company), opened(company)
    keep(company)
    later(company, 5 * HOUR)
    keep(company)
    told(company, "ticket.withdraw", late, reason="mistake")
    assert [one for one, _ in listed(company)] == [calm]
    fresh = opened(company)
    assert listed(company) == [(calm, "late"), (fresh, "later")]
    assert listed(company) == reckoned(company)


def test_what_time_alone_makes_late_is_late_before_anybody_has_looked(company: Company) -> None:
    first = opened(company)
    keep(company)
    assert listed(company) == [(first, "later")]
    later(company, 5 * HOUR)
    assert listed(company) == [(first, "late")]
    assert listed(company, tab="at_risk") == [(first, "late")]


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_pages_lead_to_the_last_ticket_whatever_was_looked_at(
    company: Company, at_once: int
) -> None:
    for number in range(9):
        opened(company)
        later(company, 35)
        if number in (3, 6):
            keep(company)
    assert listed(company, at_once) == reckoned(company)
    assert len(listed(company, at_once)) == 9


def test_no_ticket_is_lost_where_more_has_changed_than_one_page_reckons(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pressing, "FRESH_MAX", 2)
    tickets = {opened(company) for _ in range(5)}
    with company.office.reading() as books:
        known = pressing.latest(Reader(books, company.now_ms), books, company.now_ms)
    assert (len(known.keys), known.is_behind) == (2, True)
    assert {one for one, _ in listed(company, 2)} == tickets
    keep(company)
    assert listed(company) == reckoned(company)


def test_what_is_at_risk_is_counted_as_it_is_listed(company: Company) -> None:
    for _ in range(3):
        opened(company)
        later(company, 2 * HOUR)
    for looked in (False, True):
        if looked:
            keep(company)
        with company.office.reading() as books:
            reader = Reader(books, company.now_ms)
            known = pressing.latest(reader, books, company.now_ms)
            count = pressing.count_at_risk(books, known)
            on_start = pressing.at_risk(books, reader, company.now_ms)
        assert count == on_start[0] == len(listed(company, tab="at_risk")) == 2
        assert [one["clock"].state for one in on_start[1]] == ["breached", "running"]


def complained(company: Company, ticket: str) -> None:
    """A customer complains of a request; there is an hour to reach them (R-SLA-41)."""
    words = {"ticket": ticket, "kind": "complaint", "means": "phone", "text": "It hums again"}
    op = company.new_id()
    asked = Asked(id=op, kind="feedback.record", on=("feedback", op), args=words)
    body = company.office.body(asked, SYSTEM, company.now_ms, origin="console")
    office = company.office
    (result,) = office.receive([WireOp(lseq=0, id=op, body=body)], None, company.now_ms)
    assert result.verdict == "applied", result


def test_a_complaint_about_a_closed_ticket_is_at_risk_like_any_other_and_not_among_open_ones(
    company: Company,
) -> None:
    ticket, quiet = opened(company), opened(company)
    for one in (ticket, quiet):
        told(company, "ticket.close", one, reason="done")
    complained(company, ticket)
    later(company, 50)
    for looked in (False, True):
        if looked:
            keep(company)
        assert listed(company, tab="at_risk") == [(ticket, "near")]
        assert listed(company) == []
        with company.office.reading() as books:
            reader = Reader(books, company.now_ms)
            count, rows = pressing.at_risk(books, reader, company.now_ms)
        assert (count, [one["clock"].node for one in rows]) == (1, ["complaint_contact"])

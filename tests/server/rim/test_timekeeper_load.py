"""However many tickets are open, a look is short, and a push pays nothing for the clocks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server import notary, timekeeper
from server.queries import clocks
from shared.alarms import Moment
from tests.server.rim.company import Company, asked_of, written_to
from tests.server.rim.lane import rows_of
from tests.server.rim.test_timekeeper import LIMITS, keep, later, number, opened, publish


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server whose own rounds are not gone."""
    made = Company(tmp_path / "data")
    publish(made, LIMITS)
    keep(made)
    made.now_ms += notary.HEAD_EVERY_MS
    yield made
    made.office.close()


def test_a_look_is_at_so_many_tickets_and_no_more(company: Company) -> None:
    most = clocks.TICKETS_AT_ONCE_MAX
    for _ in range(most * 2 + 3):
        opened(company)
    company.now_ms += notary.HEAD_EVERY_MS
    number(company)
    way = timekeeper.Round(holder="one")
    assert timekeeper.keep_time(company.office, way) == most * 2 + 3
    later(company, 181)
    with company.office.reading() as books:
        assert len(clocks.due(books, company.now_ms)) == most
    assert timekeeper.keep_time(company.office, way) == most * 2 + 3
    assert timekeeper.keep_time(company.office, way) == 0
    assert sum(one.code == "clock_warns" for one in rows_of(company, "task")) == most * 2 + 3


def test_a_look_at_many_tickets_asks_as_often_as_one_at_few(company: Company) -> None:
    counts = []
    for tickets, more in ((2, 2), (2, 0), (30, 28), (30, 0)):  # once, all is compiled
        for _ in range(more):
            opened(company)
        keep(company)
        company.now_ms += 10 * notary.LEASE_MS
        with company.office.writing() as books:
            clocks.mark_all(books, company.now_ms)
        asked, written = asked_of(company.office), written_to(company.office)
        way = timekeeper.Round(holder="one")
        assert timekeeper.keep_time(company.office, way) == tickets
        counts.append(len(asked) + len(written))
    assert counts[1] == counts[3]


def test_what_is_written_down_of_clocks_may_be_dropped_and_comes_back(company: Company) -> None:
    ticket = opened(company)
    keep(company)
    before = sorted((one.node, one.state, one.due) for one in rows_of(company, "clock"))
    with company.office.writing() as books:
        for table in ("clock", "clock_watch"):
            books.exec_driver_sql(f"DELETE FROM {table}")
        here = clocks.place(books)
        clocks.keep_place(books, clocks.Place(since=here.since))
    company.now_ms += 1
    keep(company)
    after = sorted((one.node, one.state, one.due) for one in rows_of(company, "clock"))
    assert (before, len(before)) == (after, 3)
    assert len(rows_of(company, "message")) == 1
    assert {one.ticket_id for one in rows_of(company, "clock_watch")} == {ticket}


def test_what_was_said_while_somebody_reckoned_is_reckoned_again(company: Company) -> None:
    ticket = opened(company)
    keep(company)
    office, at = company.office, Moment(now=company.now_ms)
    with office.writing() as books:
        clocks.mark(books, [ticket], 7)
    with office.reading() as books:
        watched = clocks.due(books, at.now)
        rules, known = clocks.rules(books), clocks.known(books, {ticket})
    reckoned = timekeeper.reckon(office, rules, known, at)
    with office.writing() as books:
        clocks.mark(books, [ticket], 8)  # another process has read on meanwhile
        timekeeper._keep(office, books, (watched, reckoned), at.now)
    with office.reading() as books:
        (left,) = clocks.due(books, at.now)
    assert (left.ticket_id, left.next_at) == (ticket, -8)

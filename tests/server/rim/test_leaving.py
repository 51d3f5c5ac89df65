"""A closed job leaves the phones by itself, and the feed forgets what says that rows are gone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import leaving
from server.leaving import DAY_MS, LOOK_EVERY_MS
from server.notary import LEASE_MS, take_lease
from shared.ids import derive
from shared.ops import SYSTEM
from shared.prices import KEEP_DAYS, ORGANISATION
from tests.server.rim.company import SITE, Company
from tests.server.rim.lane import rows_of
from tests.server.rim.test_round_trip import job


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A server whose own rounds are not gone: each test goes them itself."""
    made = Company(tmp_path / "data")
    yield made
    made.office.close()


def looked(company: Company, way: leaving.Round | None = None) -> int:
    """How many jobs a process puts away that has just been started."""
    return leaving.put_away(company.office, way or leaving.Round(holder="one"))


def forgets(company: Company, way: leaving.Round | None = None) -> int:
    return leaving.compact(company.office, way or leaving.Round(holder="one"))


def closed(company: Company) -> str:
    order = job(company)
    company.say("work_order.cancel", ("work_order", order), reason="sold")
    return order


def followed(company: Company) -> set[str]:
    """The kinds of streams that the technician's phones follow for a job."""
    mine = company.people["technician"]
    rows = [one for one in rows_of(company, "subscription") if one.person_id == mine]
    return {one.stream.partition(":")[0] for one in rows if one.reason.startswith("wo:")}


def said(company: Company) -> list[tuple[str, str, str]]:
    found = [one for one in rows_of(company, "op") if one.kind == "work_order.put_away"]
    return [(one.origin, one.by_id, one.verdict) for one in found]


def test_a_closed_job_leaves_the_phones_once_and_an_open_one_stays(company: Company) -> None:
    closed(company)
    company.now_ms += KEEP_DAYS * DAY_MS
    assert (looked(company), followed(company)) == (0, {"wo", "ticket", "site", "customer"})
    company.now_ms += 1
    assert (looked(company), followed(company)) == (1, set())
    assert (looked(company), said(company)) == (0, [("timer", SYSTEM, "applied")])
    job(company)
    company.now_ms += 10 * KEEP_DAYS * DAY_MS
    assert (looked(company), followed(company)) == (0, {"wo", "ticket", "site", "customer"})


def test_the_days_are_counted_from_the_last_that_was_heard_of_it_and_the_company_sets_them(
    company: Company,
) -> None:
    order = closed(company)
    company.put("organisation", ORGANISATION, en="x", zh="x", keep_days=3)
    company.now_ms += 2 * DAY_MS
    company.say("note.add", ("work_order", order), text="late", audience="internal")
    company.now_ms += 3 * DAY_MS
    assert looked(company) == 0
    company.now_ms += 1
    assert looked(company) == 1


def test_somebody_who_only_looked_at_it_does_not_keep_it_on_the_phones(company: Company) -> None:
    order = closed(company)
    company.now_ms += KEEP_DAYS * DAY_MS
    event = company.office.event("evidence.read", SYSTEM, ("work_order", order))
    with company.office.writing() as books:
        company.office.ledger(books).note_event(event)
    company.now_ms += 1
    assert looked(company) == 1


def test_one_process_at_a_time_puts_away_and_another_goes_on_when_it_is_gone(
    company: Company,
) -> None:
    one, other = (leaving.Round(holder=holder) for holder in ("one", "other"))
    closed(company)
    company.now_ms += KEEP_DAYS * DAY_MS + 1
    assert looked(company, one) == 1
    closed(company)
    company.now_ms += KEEP_DAYS * DAY_MS + 1
    with company.office.writing() as books:
        assert take_lease(books, leaving.JOBS, "one", company.now_ms)
    assert looked(company, other) == 0
    company.now_ms += LEASE_MS + LOOK_EVERY_MS
    assert [looked(company, other), len(said(company))] == [1, 2]


def test_it_looks_now_and_then_and_at_once_where_the_clock_was_put_back(company: Company) -> None:
    way = leaving.Round(holder="one")
    assert looked(company, way) == 0
    closed(company)
    company.put("organisation", ORGANISATION, en="x", zh="x", keep_days=1)
    company.now_ms += LOOK_EVERY_MS - 1
    looked(company, way)
    assert way.next_ms == company.now_ms + 1
    company.now_ms -= DAY_MS
    looked(company, way)
    assert way.next_ms == company.now_ms + LOOK_EVERY_MS


def gone(company: Company) -> str:
    """A job that is taken from its technician, which leaves four rows that are gone."""
    order = job(company)
    company.say("work_order.unassign", ("work_order", order))
    return order


def heads(company: Company) -> dict[str, tuple[int, int, int]]:
    return {
        re.sub(":.*", "", row.stream): (row.seq, row.min_seq, row.entries)
        for row in rows_of(company, "stream_head")
        if row.stream == f"tech:{company.people['technician']}"
    }


def test_rows_that_are_gone_for_as_long_as_the_company_wants_are_forgotten(
    company: Company,
) -> None:
    """C55."""
    gone(company)
    ((seq, min_seq, entries),) = heads(company).values()
    assert (min_seq, forgets(company)) == (0, 4)
    assert len(rows_of(company, "tombstone")) == 4
    company.now_ms += company.settings.limits.forget_days * DAY_MS
    assert forgets(company) == 0
    company.now_ms += 1
    assert forgets(company) == 3
    assert heads(company) == {"tech": (seq, seq - 1, entries - 3)}
    (last,) = rows_of(company, "tombstone")
    assert (last.seq, forgets(company)) == (seq, 0)


def test_a_row_that_came_back_is_not_forgotten(company: Company) -> None:
    order = gone(company)
    forgets(company)
    assigned: dict[str, Any] = {"person": company.people["technician"], "role": "lead"}
    company.say("work_order.assign", ("work_order", order), **assigned)
    ((seq, _, entries),) = heads(company).values()
    company.now_ms += company.settings.limits.forget_days * DAY_MS + 1
    forgets(company)
    assert heads(company) == {"tech": (seq, 0, entries)}
    assert rows_of(company, "tombstone") == []
    assert derive("subscription", SITE) not in followed(company)
